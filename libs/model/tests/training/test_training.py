import json
import math
import multiprocessing
import os
import shutil
import signal
import sys
import time

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from nacre_model.adapters import attach, read_adapter, write_adapter
from nacre_model.documents import fault
from nacre_model.entry import main
from nacre_model.models import load_classifier
from nacre_model.protocol import ContractViolation, InvalidData, NonFiniteLoss, TrainerStopped, request_stop
from nacre_model.tables import LogitsTable, write_logits_shard
from nacre_model.training import (
    Step,
    TrainingLoop,
    learning_rate,
    plan_steps,
    read_training_rows,
    starting_adapter,
    train,
)

FAMILIES = ["llama", "qwen2", "gemma2"]
LABELS = ["model_a", "model_b", "tie"]
FILES = ["adapter_config.json", "adapter_model.safetensors", "history.json"]


@pytest.fixture
def job(base, tokens_folder, toy_rows, context, train_parameters, tmp_path):
    """Maker of a train context on toy rows: job(family, rows, inputs, budget, **parameters)."""

    def make(family="llama", rows=None, inputs=None, budget=1024, **parameters):
        folder = tokens_folder(
            tmp_path / f"toy-{time.monotonic_ns()}", toy_rows(40) if rows is None else rows
        )
        every = {"base": base(family), "tokens-toy": folder, **(inputs or {})}
        return context("train", train_parameters(**parameters), every, budget)

    return make


def loop_of(job):
    parameters = job.parameters
    model = load_classifier(job.input("base"), len(job.labels), parameters["dtype"], parameters["seed"])
    attach(model, starting_adapter(job, model), trainable=True)
    return TrainingLoop(job, model, read_training_rows(job))


def gradient(job):
    """Gradient of one step over all rows after a small move, so that A has a gradient as well."""
    loop = loop_of(job)
    trained = {name: p for name, p in loop.model.named_parameters() if p.requires_grad}
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in trained.values():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    loss, tokens, padded = loop.accumulate(Step(1, 1.0, np.arange(len(loop.rows.tokens))))
    return torch.cat([parameter.grad.flatten() for parameter in trained.values()]), loss, tokens, padded


def history(job):
    return json.loads((job.output / "history.json").read_text())["steps"]


def events(job, kind):
    lines = [json.loads(line) for line in job.events.read_text().splitlines()]
    return [line for line in lines if line["type"] == kind]


def write_teacher(folder, rows, logits):
    folder.mkdir()
    table = LogitsTable(
        np.array([row[0] for row in rows], dtype=object),
        np.array([row[1] for row in rows]),
        np.asarray(logits, dtype=np.float32),
    )
    write_logits_shard(folder, 0, LABELS[: table.logits.shape[1]], table)
    return folder


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
    loop.accumulate(Step(1, 1.0, np.array([3])))
    once = parameter.grad.clone()
    parameter.grad = None
    loop.accumulate(Step(1, 1.0, np.array([3, 3])))
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


def test_only_adapter_and_head_change(job):
    run = job()
    loop = loop_of(run)
    before = {name: p.detach().clone() for name, p in loop.model.named_parameters()}
    loop.run()
    for name, parameter in loop.model.named_parameters():
        learns = name.endswith(("lora_A", "lora_B", "score.weight"))
        assert torch.equal(parameter, before[name]) != learns, name
        assert (parameter.grad is None) or learns


def test_weight_decay_shrinks_factors_and_leaves_the_head_alone(job):
    free, decayed = job(weight_decay=0.0, epochs=1), job(weight_decay=30.0, epochs=1)
    for run in (free, decayed):
        train(run)
    one, other = read_adapter(free.output), read_adapter(decayed.output)
    name = "model.layers.0.mlp.up_proj"
    assert other.factors[name][0].norm() < 0.7 * one.factors[name][0].norm()
    assert other.head.norm() > 0.9 * one.head.norm()


def test_rows_held_out_of_a_fold_have_no_influence(job, toy_rows, folds_folder, tmp_path):
    rows = toy_rows(12)
    folds = folds_folder(
        tmp_path / "folds",
        [(f"toy:{n:04d}", "toy", n % 2, n == 0, [0, 1] if n == 0 else [n % 2]) for n in range(12)],
    )
    poisoned = [
        (i, s, [1, 40, 41], 2) if int(i[-4:]) % 2 == 0 else (i, s, ids, label) for i, s, ids, label in rows
    ]
    runs = [job(rows=these, inputs={"folds": folds}, fold=0) for these in (rows, poisoned)]
    assert [train(run)["rows"] for run in runs] == [12, 12]
    assert (runs[0].output / FILES[1]).read_bytes() == (runs[1].output / FILES[1]).read_bytes()


def test_swap_answers_none_trains_on_rows_as_given_alone(job):
    run = job(swap_answers="none")
    assert train(run)["rows"] == 40
    assert not read_training_rows(run).tokens.swapped.any()


def test_a_carried_over_adapter_gives_its_factors_but_not_its_head(job, tmp_path):
    earlier = job(learning_rate=2e-2)
    train(earlier)
    run = job(inputs={"adapter": earlier.output})
    model = load_classifier(run.input("base"), 3, "float32", run.parameters["seed"])
    start, carried = starting_adapter(run, model), read_adapter(earlier.output)
    for name, (A, B) in carried.factors.items():
        assert torch.equal(start.factors[name][0], A)
        assert torch.equal(start.factors[name][1], B)
    assert torch.equal(start.head, model.score.weight)
    assert not torch.equal(start.head, carried.head)
    train(run)
    with pytest.raises(ContractViolation, match="rank 4 and alpha 8, the parameters 2 and 8"):
        train(job(inputs={"adapter": earlier.output}, adapter={"rank": 2, "alpha": 8}))


def test_every_fold_starts_from_the_same_factors_and_head(job, folds_folder, tmp_path):
    folds = folds_folder(
        tmp_path / "folds", [(f"toy:{n:04d}", "toy", n % 2, False, [n % 2]) for n in range(40)]
    )
    starts = []
    for fold in (0, 1):
        run = job(inputs={"folds": folds}, fold=fold)
        starts.append(
            starting_adapter(run, load_classifier(run.input("base"), 3, "float32", run.parameters["seed"]))
        )
    assert torch.equal(starts[0].head, starts[1].head)
    assert all(torch.equal(A, starts[1].factors[name][0]) for name, (A, _) in starts[0].factors.items())


def test_a_student_approaches_a_fixed_teacher(job, toy_rows, tmp_path):
    rows = toy_rows(120)
    wanted = torch.tensor([[2.0, 0.0, -1.0], [-1.0, 1.0, 1.0], [0.0, -2.0, 1.0]])
    # The teacher answers by the token that tells the vote; the votes themselves are noise here.
    teacher = write_teacher(tmp_path / "t", rows, [wanted[row[3]].tolist() for row in rows])
    draw = np.random.default_rng(5)
    noisy = [(i, s, ids, int(draw.integers(3))) for i, s, ids, _ in rows]
    losses = {"cross_entropy": 0, "kl": 1, "cosine": 1, "temperature": 1}
    run = job(
        rows=noisy,
        inputs={"logits-big": teacher},
        role="student",
        teachers=["big"],
        losses=losses,
        epochs=5,
        learning_rate=1e-2,
    )
    train(run)
    steps = [step["loss"] for step in history(run)]
    assert np.mean(steps[-5:]) < 0.2 * np.mean(steps[:3])


def test_a_swapped_row_learns_from_the_teachers_logits_of_that_very_row(job, toy_rows, tmp_path):
    rows = toy_rows(6)
    values = np.random.default_rng(0).normal(size=(2, 12, 3)).astype(np.float32)
    order = np.random.default_rng(1).permutation(12)
    folders = {
        f"logits-{name}": write_teacher(tmp_path / name, [rows[n] for n in order], values[index][order])
        for index, name in enumerate(("one", "two"))
    }
    data = read_training_rows(job(rows=rows, inputs=folders, teachers=["two", "one"]))
    for position in range(12):
        key = (data.tokens.example_ids[position], bool(data.tokens.swapped[position]))
        source = [row[:2] for row in rows].index(key)
        assert data.teachers[position, 0].tolist() == values[1][source].tolist()
        assert data.teachers[position, 1].tolist() == values[0][source].tolist()


def test_a_teacher_without_logits_for_a_row_or_without_any_is_refused(job, toy_rows, tmp_path):
    rows = toy_rows(6)
    teacher = write_teacher(tmp_path / "t", rows[:-1], np.zeros((11, 3)))
    with pytest.raises(InvalidData, match=r"logits of big: toy:0005 \(swapped\) is missing"):
        train(job(rows=rows, inputs={"logits-big": teacher}, teachers=["big"]))
    with pytest.raises(ContractViolation, match="logits-big"):
        train(job(rows=rows, teachers=["big"]))


def test_a_row_without_a_vote_is_refused_unless_only_teachers_are_learned_from(job, toy_rows, tmp_path):
    rows = [*toy_rows(6)[:-1], ("toy:0005", True, [1, 3], None)]
    with pytest.raises(InvalidData, match=r"toy:0005 \(swapped\) has no label \(1 such rows\)"):
        train(job(rows=rows))
    teacher = write_teacher(tmp_path / "t", rows, np.zeros((12, 3)))
    losses = {"cross_entropy": 0, "kl": 1, "cosine": 0, "temperature": 2}
    train(job(rows=rows, inputs={"logits-big": teacher}, teachers=["big"], losses=losses))


def test_two_labels_train_as_well(job, toy_rows):
    run = job(rows=toy_rows(80, labels=2), labels=["model_a", "model_b"], epochs=3, learning_rate=1e-2)
    train(run)
    losses = [step["loss"] for step in history(run)]
    assert losses[0] < 1.0
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert read_adapter(run.output).head.shape == (2, 32)


def test_a_bfloat16_base_trains_float32_factors(job, toy_rows):
    run = job("qwen2", rows=toy_rows(80), dtype="bfloat16", epochs=3, learning_rate=1e-2)
    loop = loop_of(run)
    dtypes = {p.dtype for p in loop.model.parameters() if p.requires_grad}
    assert dtypes == {torch.float32}
    assert loop.model.model.layers[0].mlp.up_proj.base.weight.dtype == torch.bfloat16
    train(run)
    losses = [step["loss"] for step in history(run)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert all(tensor.dtype == torch.float32 for tensor in load_file(run.output / FILES[1]).values())


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


def test_every_step_is_an_event_that_the_contract_accepts_and_a_line_of_the_history(job):
    run = job(epochs=2)
    train(run)
    lines, steps = events(run, "step-end"), history(run)
    assert [line["step"] for line in lines] == [step["step"] for step in steps] == list(range(1, 11))
    assert all(fault("task-event", line) is None for line in lines)
    assert lines[-1]["epoch"] == 2.0
    assert all(line["loss"] == step["loss"] for line, step in zip(lines, steps, strict=True))
    assert all(line["tokens"] <= line["padded_tokens"] for line in lines)
    assert set(steps[0]) == {"step", "loss", "learning_rate", "rows"}
    assert [line["phase"] for line in events(run, "phase-start")] == ["loading", "training", "writing"]


def test_a_row_that_makes_the_loss_infinite_is_named_with_its_step(job, base, toy_rows, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(base("llama"), broken)
    tensors = load_file(broken / "model.safetensors")
    tensors["model.embed_tokens.weight"][8] = float("nan")
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    rows = toy_rows(40)
    rows[9] = (*rows[9][:2], [1, 8, 12, 3], 0)
    run = job(rows=rows, inputs={"base": broken})
    with pytest.raises(NonFiniteLoss, match=r"step \d: .* toy:0004 \(swapped\) \(1 of 16\)"):
        train(run)
    assert not list(run.output.iterdir())


def test_a_stop_that_was_asked_for_is_obeyed_before_the_next_step(job):
    run = job()
    request_stop()
    with pytest.raises(TrainerStopped, match="step boundary"):
        train(run)
    assert events(run, "step-end") == []
    assert not list(run.output.iterdir())


def test_sigterm_ends_the_process_at_a_step_boundary_with_75(job, tmp_path):
    run = job(epochs=5000)
    request = {
        "nacre_request": 1,
        "task": "train",
        "stage": {**run.stage, "kind": "train_teacher"},
        "parameters": run.parameters,
        "execution": run.execution,
        "inputs": {name: str(folder) for name, folder in run.inputs.items()},
        "output": str(run.output),
        "events": str(run.events),
        "result": str(tmp_path / "result.json"),
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    # A fork of this process has torch imported already; the warm parent of CPU workers does the same.
    process = multiprocessing.get_context("fork").Process(
        target=lambda: sys.exit(main(["train", "--request", str(tmp_path / "request.json")]))
    )
    process.start()
    try:
        deadline = time.monotonic() + 60
        while not (run.events.exists() and len(events(run, "step-end")) >= 2):
            assert process.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGTERM)
        process.join(20)
        assert process.exitcode == 75
    finally:
        process.kill()
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["exit_code"], result["error"]["type"]) == (75, "TrainerStopped")
    assert not list(run.output.iterdir())


def test_peft_takes_the_trained_folder(job, base):
    run = job("gemma2")
    train(run)
    model = PeftModel.from_pretrained(load_classifier(base("gemma2"), 3, "float32", 0), str(run.output))
    assert torch.equal(model.get_base_model().score.weight, read_adapter(run.output).head)
