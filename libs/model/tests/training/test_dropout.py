import numpy as np
import pytest
import torch
from training_runs import history, loop_of

from nacre_model import sampling
from nacre_model.dropout import AdapterDropout, mix, module_hash
from nacre_model.sampling import example_hashes
from nacre_model.schedule import Step
from nacre_model.training import train

RATE = 0.05
DROPOUT = {"rank": 4, "alpha": 8, "dropout": 0.3}


def masks(ids, swapped=False, epoch=0, module="q", positions=40, features=50, rate=RATE, seed=7):
    """The mask of rows with the given ids, bool [rows, positions, features]."""
    dropout = AdapterDropout(rate, seed)
    dropout.choose(epoch, example_hashes(ids), np.full(len(ids), swapped), torch.device("cpu"))
    return dropout.keep(module_hash(module), torch.empty(len(ids), positions, features))


IDS = [f"train:{number}" for number in range(100)]


def test_the_hash_is_the_one_of_the_sample_order():
    values = np.random.default_rng(0).integers(2**64, size=10_000, dtype=np.uint64)
    ours = mix(torch.from_numpy(values.view(np.int64)))
    assert np.array_equal(ours.numpy().view(np.uint64), sampling.mix(values))


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
def test_the_share_that_is_kept_is_the_one_asked_for_in_every_row_position_and_feature(rate):
    kept = masks(IDS, rate=rate).double()
    deviation = (rate * (1 - rate)) ** 0.5
    assert kept.mean().item() == pytest.approx(1 - rate, abs=5 * deviation / kept.numel() ** 0.5)
    for over in ((1, 2), (0, 2), (0, 1)):
        count = kept.numel() / kept.mean(over).numel()
        # Of a hundred shares none lies five deviations away.
        assert (kept.mean(over) - (1 - rate)).abs().max() < 5 * deviation / count**0.5
    assert AdapterDropout(rate, 7).scale * (1 - rate) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    "other",
    [
        {"module": "k"},
        {"epoch": 1},
        {"swapped": True},
        {"seed": 8},
        {"ids": [f"other:{number}" for number in range(100)]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_masks_of_another_module_epoch_order_seed_or_row_are_uncorrelated(other):
    one, another = masks(IDS).flatten(), masks(**{"ids": IDS, **other}).flatten()
    correlation = np.corrcoef(one.numpy(), another.numpy())[0, 1]
    assert abs(correlation) < 5 / len(one) ** 0.5


def test_neighbouring_features_and_positions_are_uncorrelated():
    kept = masks(IDS).double().numpy() - (1 - RATE)
    for one, another in (
        *((kept[..., :-step], kept[..., step:]) for step in (1, 2, 3, 4, 8)),
        *((kept[:, :-step], kept[:, step:]) for step in (1, 2, 3)),
    ):
        correlation = (one * another).mean() / (RATE * (1 - RATE))
        assert abs(correlation) < 5 / one.size**0.5


def test_a_mask_depends_on_neither_the_rows_beside_it_nor_the_padding_behind_it():
    alone = masks(["train:9"], positions=12)
    beside = masks(IDS[5:20], positions=40)
    assert torch.equal(alone[0], beside[4, :12])


def gradient(run):
    """Gradient of a step in float64, with factors away from their start so that A has one as well."""
    loop = loop_of(run)
    loop.model.double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in loop.trained.values():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    figures = loop.gradient(Step(1, 1.0, np.arange(len(loop.rows.tokens)), epoch_index=1))
    return torch.cat([parameter.grad.flatten() for parameter in loop.trained.values()]), figures


# The softmax of transformers' eager attention, Gemma2's, is float32 whatever the model is.
@pytest.mark.parametrize(("family", "tolerance"), [("llama", 1e-12), ("qwen2", 1e-12), ("gemma2", 1e-6)])
def test_how_rows_are_cut_and_padded_does_not_change_the_gradient_under_dropout(job, family, tolerance):
    whole, figures = gradient(job(family, budget=100_000, adapter=DROPOUT))
    without, _ = gradient(job(family, budget=100_000))
    assert (without - whole).norm() > 0.05 * whole.norm()
    for budget in (1, 64, 300):
        part, other = gradient(job(family, budget=budget, adapter=DROPOUT))
        assert (part - whole).norm() <= tolerance * whole.norm()
        assert other.loss == pytest.approx(figures.loss, rel=tolerance)
        assert other.padded_tokens < figures.padded_tokens


def test_an_adapter_sees_its_input_without_what_is_dropped_and_scaled_up(job):
    loop = loop_of(job(adapter=DROPOUT))
    linear = loop.model.model.layers[0].self_attn.q_proj
    with torch.no_grad():
        linear.lora_B.normal_()
    inputs = torch.randn(2, 5, 32)
    loop.dropout.choose(0, example_hashes(["a", "b"]), np.array([False, True]), torch.device("cpu"))
    kept = loop.dropout.keep(linear.module, inputs)
    update = (inputs * kept / 0.7) @ linear.lora_A.T @ linear.lora_B.T * 2
    assert torch.allclose(linear(inputs), linear.base(inputs) + update, atol=1e-4)


def test_a_training_with_dropout_learns_and_is_another_one(job, toy_rows):
    rows = toy_rows(160)
    run = job(rows=rows, epochs=3, learning_rate=1e-2, adapter={**DROPOUT, "dropout": RATE})
    train(run)
    losses = [step["loss"] for step in history(run)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    plain = job(rows=rows, epochs=3, learning_rate=1e-2)
    train(plain)
    assert history(plain)[1]["loss"] != history(run)[1]["loss"]


def test_without_dropout_no_adapter_has_any(job):
    loop = loop_of(job())
    assert loop.dropout is None
    assert loop.model.model.layers[0].self_attn.q_proj.dropout is None
