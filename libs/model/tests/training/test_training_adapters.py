import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from training_runs import FILES, history, loop_of

from nacre_model.adapters import read_adapter
from nacre_model.models import load_classifier
from nacre_model.protocol import ContractViolation
from nacre_model.training import starting_adapter, train


def test_only_adapter_and_head_change(job):
    run = job()
    loop = loop_of(run)
    before = {name: p.detach().clone() for name, p in loop.model.named_parameters()}
    loop.run()
    for name, parameter in loop.model.named_parameters():
        learns = name.endswith(("lora_A", "lora_B", "score.weight"))
        assert torch.equal(parameter, before[name]) != learns, name
        assert (parameter.grad is None) or learns


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
        train(job(inputs={"adapter": earlier.output}, adapter={"rank": 2, "alpha": 8, "dropout": 0.0}))


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


def test_peft_takes_the_trained_folder(job, base):
    run = job("gemma2")
    train(run)
    model = PeftModel.from_pretrained(load_classifier(base("gemma2"), 3, "float32", 0), str(run.output))
    assert torch.equal(model.get_base_model().score.weight, read_adapter(run.output).head)
