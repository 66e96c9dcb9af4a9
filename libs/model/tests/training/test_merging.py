import pytest
import torch
from training_runs import events

from nacre_model.adapters import (
    AdapterWeights,
    attach,
    backbone_linears,
    initial_adapter,
    read_adapter,
    write_adapter,
)
from nacre_model.merging import factor_mean, merge, product_mean
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import ContractViolation

FOLDS = 3
IDS = torch.tensor([[1, 5, 9, 20, 31], [1, 7, 8, 0, 0]])
LENGTHS = torch.tensor([5, 3])


def logits(model):
    with torch.inference_mode():
        return classify(model, IDS, LENGTHS)


@pytest.fixture
def model(base):
    return lambda family="llama": load_classifier(base(family), 3, "float32", head_seed=5)


@pytest.fixture
def folds(model):
    """Adapters of three folds that have learned different things."""

    def make(family="llama"):
        fresh = initial_adapter(model(family), 4, 6.0, seed=1)
        generator = torch.Generator().manual_seed(2)

        def moved(tensor, size):
            return tensor + size * torch.randn(tensor.shape, generator=generator)

        return {
            str(fold): AdapterWeights(
                4,
                6.0,
                {name: (moved(A, 0.1), moved(B, 0.1)) for name, (A, B) in fresh.factors.items()},
                moved(fresh.head, 0.3),
            )
            for fold in range(FOLDS)
        }

    return make


def dense_mean(adapters, name):
    """mean of alpha / r * B A in double precision."""
    updates = [
        part.scale * part.factors[name][1].double() @ part.factors[name][0].double() for part in adapters
    ]
    return torch.stack(updates).mean(0)


def update(weights, name):
    A, B = weights.factors[name]
    return weights.scale * B.double() @ A.double()


def test_the_mean_of_products_is_exact_at_rank_times_folds(folds):
    adapters = folds()
    merged = product_mean(adapters)
    assert (merged.rank, merged.scale) == (4 * FOLDS, 1.5)
    for name in merged.factors:
        exact = dense_mean(adapters.values(), name)
        assert (update(merged, name) - exact).norm() <= 1e-6 * exact.norm()


def test_the_mean_of_factors_is_another_update_and_lacks_exactly_the_covariance(folds):
    adapters = folds()
    merged = factor_mean(adapters)
    assert merged.rank == 4
    for name, (A, B) in merged.factors.items():
        exact = dense_mean(adapters.values(), name)
        assert (update(merged, name) - exact).norm() > 0.05 * exact.norm()
        covariance = sum(
            merged.scale * (part.factors[name][1] - B).double() @ (part.factors[name][0] - A).double()
            for part in adapters.values()
        )
        assert (update(merged, name) + covariance / FOLDS - exact).norm() <= 1e-5 * exact.norm()


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma2"])
def test_the_merged_adapter_gives_the_logits_of_weights_merged_densely(model, folds, family, tmp_path):
    adapters = folds(family)
    write_adapter(tmp_path, product_mean(adapters))
    merged, dense = model(family), model(family)
    attach(merged, read_adapter(tmp_path))
    with torch.no_grad():
        for name, linear in backbone_linears(dense).items():
            linear.weight.copy_((linear.weight.double() + dense_mean(adapters.values(), name)).float())
        dense.score.weight.copy_(torch.stack([part.head.double() for part in adapters.values()]).mean(0))
    assert (logits(merged) - logits(dense)).abs().max() < 1e-5


@pytest.mark.parametrize("method", ["product_mean", "factor_mean"])
def test_heads_are_averaged_and_equal_inputs_give_equal_bytes(folds, context, tmp_path, method):
    adapters = folds()
    inputs = {}
    for fold, weights in adapters.items():
        (tmp_path / fold).mkdir()
        write_adapter(tmp_path / fold, weights)
        inputs[f"adapter-{fold}"] = tmp_path / fold
    runs = [context("merge", {"method": method}, order) for order in (inputs, dict(reversed(inputs.items())))]
    assert merge(runs[0])["adapters"] == FOLDS
    runs[0].tell_spending(at_once=True)
    assert events(runs[0], "time-spent")[-1]["seconds"]["step"] > 0
    merge(runs[1])
    mean = torch.stack([part.head.double() for part in adapters.values()]).mean(0)
    assert torch.allclose(read_adapter(runs[0].output).head.double(), mean, atol=1e-7)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (runs[0].output / name).read_bytes() == (runs[1].output / name).read_bytes()


def test_one_fold_alone_merges_to_itself(folds):
    only = dict(list(folds().items())[:1])
    for merged in (product_mean(only), factor_mean(only)):
        assert merged.rank == 4
        assert all(torch.equal(merged.factors[name][1], B) for name, (_, B) in only["0"].factors.items())


@pytest.mark.parametrize("method", [product_mean, factor_mean])
def test_adapters_that_do_not_belong_together_are_refused_by_name(folds, method):
    adapters = folds()
    first = adapters["0"]
    name = "model.layers.1.self_attn.q_proj"

    def refused(other, message):
        with pytest.raises(ContractViolation, match=message):
            method({**adapters, "2": other})

    refused(AdapterWeights(8, 6.0, first.factors, first.head), "rank 4 and 8")
    refused(AdapterWeights(4, 7.0, first.factors, first.head), "alpha 6 and 7")
    fewer = {key: value for key, value in first.factors.items() if key != name}
    refused(AdapterWeights(4, 6.0, fewer, first.head), f"0 and 2: only one has {name}")
    other_shape = {**first.factors, name: (torch.zeros(4, 40), first.factors[name][1])}
    refused(AdapterWeights(4, 6.0, other_shape, first.head), f"{name} has different shapes")
    refused(AdapterWeights(4, 6.0, first.factors, first.head[:2]), r"heads of \(3, 32\) and \(2, 32\)")
    with pytest.raises(ContractViolation, match="no input"):
        method({})
