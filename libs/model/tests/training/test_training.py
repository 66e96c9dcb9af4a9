import math

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from training_runs import FAMILIES, FILES, history, loop_of

from nacre_model.adapters import read_adapter, write_adapter
from nacre_model.models import load_classifier
from nacre_model.schedule import Step, learning_rate, plan_steps
from nacre_model.training import starting_adapter, train
from nacre_model.training_rows import read_training_rows


def gradient(job):
    """Gradient of one step over all rows after a small move, so that A has a gradient as well."""
    loop = loop_of(job)
    trained = {name: p for name, p in loop.model.named_parameters() if p.requires_grad}
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in trained.values():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    every = np.arange(len(loop.rows.tokens))
    loss, tokens, padded = loop.accumulate(Step(1, 1.0, every), every)
    return torch.cat([parameter.grad.flatten() for parameter in trained.values()]), loss, tokens, padded


@pytest.mark.parametrize("family", FAMILIES)
def test_how_a_step_is_cut_into_micro_batches_does_not_change_its_gradient(job, family):
    whole, loss, tokens, padded = gradient(job(family, budget=100_000))
    for budget in (1, 64, 300):
        part, other_loss, other_tokens, other_padded = gradient(job(family, budget=budget))
        assert (part - whole).norm() <= 1e-6 * whole.norm()
        assert other_loss == pytest.approx(loss, rel=1e-6)
        assert other_tokens == tokens
        assert other_padded < padded
    assert other_tokens <= other_padded


def test_a_row_weighs_the_same_in_a_smaller_last_step(job, toy_rows):
    rows = toy_rows(5)
    loop = loop_of(job(rows=rows, global_batch=8))
    sizes = [len(step.rows) for step in plan_steps(loop.context.parameters, loop.rows.tokens)]
    assert sizes == [8, 2]
    parameter = loop.model.score.weight
    loop.accumulate(Step(1, 1.0, np.array([3])), np.array([3]))
    once = parameter.grad.clone()
    parameter.grad = None
    loop.accumulate(Step(1, 1.0, np.array([3, 3])), np.array([3, 3]))
    assert torch.allclose(parameter.grad, 2 * once, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_training_lowers_the_loss_on_votes_that_can_be_learned(job, toy_rows, family):
    run = job(family, rows=toy_rows(160), epochs=3, learning_rate=1e-2)
    figures = train(run)
    losses = [step["loss"] for step in history(run)]
    assert len(losses) == figures["steps"] == 60
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert sorted(path.name for path in run.output.iterdir()) == FILES


def test_the_same_request_gives_the_same_bytes_and_another_seed_does_not(job):
    first, again, other = job(), job(), job(seed=4)
    for run in (first, again, other):
        train(run)
    for name in FILES:
        assert (first.output / name).read_bytes() == (again.output / name).read_bytes()
    assert (first.output / FILES[1]).read_bytes() != (other.output / FILES[1]).read_bytes()


def test_three_steps_equal_a_plain_loop_with_peft_and_padding_masks(job, toy_rows):
    run = job("llama", rows=toy_rows(24), epochs=1, warmup_steps=0, budget=200, weight_decay=0.1)
    train(run)

    model = load_classifier(run.input("base"), 3, "float32", run.parameters["seed"])
    start = run.output.parent / "start"
    start.mkdir()
    write_adapter(start, starting_adapter(run, model))
    theirs = PeftModel.from_pretrained(model, str(start), is_trainable=True).eval()
    named = {name: p for name, p in theirs.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for name, p in named.items() if "lora_" in name], "weight_decay": 0.1},
            {"params": [p for name, p in named.items() if "lora_" not in name], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.95),
    )
    rows = read_training_rows(run)
    for index, step in enumerate(plan_steps(run.parameters, rows.tokens)):
        sequences = [torch.from_numpy(rows.tokens.input_ids(row)).long() for row in step.rows]
        padded = torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True)
        logits = theirs(input_ids=padded, attention_mask=(padded != 0).long()).logits
        torch.nn.functional.cross_entropy(logits, rows.labels[step.rows]).backward()
        torch.nn.utils.clip_grad_norm_(named.values(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 5e-3 * 0.5 * (1 + math.cos(math.pi * index / 3))
        optimizer.step()
        optimizer.zero_grad()
    assert index == 2
    theirs.save_pretrained(start)
    ours, reference = (load_file(folder / "adapter_model.safetensors") for folder in (run.output, start))
    assert ours.keys() == reference.keys()
    for name, tensor in reference.items():
        assert (ours[name] - tensor).abs().max() < 2e-5, name


def test_weight_decay_shrinks_factors_and_leaves_the_head_alone(job):
    free, decayed = job(weight_decay=0.0, epochs=1), job(weight_decay=30.0, epochs=1)
    for run in (free, decayed):
        train(run)
    one, other = read_adapter(free.output), read_adapter(decayed.output)
    name = "model.layers.0.mlp.up_proj"
    assert other.factors[name][0].norm() < 0.7 * one.factors[name][0].norm()
    assert other.head.norm() > 0.9 * one.head.norm()


def test_two_labels_train_as_well(job, toy_rows):
    run = job(rows=toy_rows(80, labels=2), labels=["model_a", "model_b"], epochs=3, learning_rate=1e-2)
    train(run)
    losses = [step["loss"] for step in history(run)]
    assert losses[0] < 1.0
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert read_adapter(run.output).head.shape == (2, 32)


def test_the_schedule_warms_up_linearly_and_ends_near_zero():
    rates = [learning_rate(step, 100, 5, 2.0) for step in range(1, 101)]
    assert rates[:6] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0, 2.0])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[5 + 95 // 2] == pytest.approx(1.0, abs=0.05)
    assert 0 < rates[-1] < 0.01


def test_a_warm_up_longer_than_a_tenth_of_the_steps_is_cut():
    rates = [learning_rate(step, 30, 100, 1.0) for step in range(1, 31)]
    assert rates.index(max(rates)) == 2
    assert learning_rate(1, 1, 100, 1.0) == 1.0
