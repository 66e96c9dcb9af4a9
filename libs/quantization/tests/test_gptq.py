"""GPTQ codes and their errors, against a dense implementation by explicit inverses."""

import logging

import pytest
import torch

from nacre_model.protocol import InvalidData, NonFiniteLoss
from nacre_quantization.gptq import (
    accumulate_hessian,
    dequantize,
    effective_group_size,
    make_hessian,
    quantize_weight,
    round_to_nearest,
    scales_of,
    squared_output_error,
)


def correlated_inputs(rows: int, columns: int, seed: int, sample: int) -> torch.Tensor:
    """Activations (rows, columns) of a few common factors, as in a language model; the seed fixes the mixing."""
    mixing = torch.randn(columns, columns, generator=torch.Generator().manual_seed(seed))
    mixing *= torch.logspace(0, -2, columns).unsqueeze(1)
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(sample)) @ mixing


def hessian_of(inputs: torch.Tensor) -> torch.Tensor:
    hessian = make_hessian(inputs.shape[1])
    accumulate_hessian(hessian, inputs)
    return hessian


def weight_of(rows: int, columns: int, seed: int = 3) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * 0.05


def dense_reference(weight, hessian, group_size, damping):
    """Column by column, each with the inverse of what is left of the Hessian (the paper's equation 2)."""
    work = weight.double().clone()
    damped = hessian + damping * hessian.diagonal().mean() * torch.eye(len(hessian), dtype=torch.float64)
    codes = torch.empty_like(weight, dtype=torch.int8)
    scales = torch.empty(weight.shape[0], weight.shape[1] // group_size, dtype=torch.bfloat16)
    for column in range(weight.shape[1]):
        if column % group_size == 0:
            largest = work[:, column : column + group_size].abs().amax(dim=1)
            scales[:, column // group_size] = (largest / 127.5).bfloat16()
        scale = scales[:, column // group_size].double()
        codes[:, column] = (work[:, column] / scale).round().clamp(-128, 127).to(torch.int8)
        inverse = torch.linalg.inv(damped[column:, column:])
        error = (work[:, column] - codes[:, column] * scale) / inverse[0, 0]
        work[:, column:] -= torch.outer(error, inverse[0])
    return codes, scales


@pytest.mark.parametrize(
    ("columns", "group_size"),
    [(128, 128), (256, 128), (192, 64), (256, 64), (96, 96), (200, 200), (276, 138), (90, 30)],
)
def test_codes_equal_a_dense_column_by_column_reference_exactly(columns, group_size):
    weight = weight_of(24, columns)
    hessian = hessian_of(correlated_inputs(4 * columns, columns, seed=1, sample=2))
    quantized = quantize_weight(weight, hessian, group_size, 0.01, "linear")
    codes, scales = dense_reference(weight, hessian, group_size, 0.01)
    assert torch.equal(quantized.codes, codes)
    assert torch.equal(quantized.scales, scales)
    assert not torch.equal(quantized.codes, round_to_nearest(weight, group_size).codes)


@pytest.mark.parametrize(("columns", "group_size"), [(128, 128), (128, 64), (96, 96)])
def test_output_error_on_fresh_correlated_inputs_is_at_most_four_fifths_of_round_to_nearests(
    columns, group_size
):
    weight = weight_of(64, columns)
    calibration = correlated_inputs(2048, columns, seed=1, sample=2)
    fresh = correlated_inputs(2048, columns, seed=1, sample=9)
    chosen = quantize_weight(weight, hessian_of(calibration), group_size, 0.01, "linear")
    error, _ = squared_output_error(weight, chosen, hessian_of(fresh))
    nearest, _ = squared_output_error(weight, round_to_nearest(weight, group_size), hessian_of(fresh))
    assert error**0.5 <= 0.8 * nearest**0.5


def test_output_error_from_the_hessian_is_that_of_the_outputs():
    weight = weight_of(16, 64)
    inputs = correlated_inputs(512, 64, seed=1, sample=2)
    chosen = round_to_nearest(weight, 64)
    error, norm = squared_output_error(weight, chosen, hessian_of(inputs))
    difference = weight.double() - dequantize(chosen.codes, chosen.scales, torch.float64)
    assert error == pytest.approx((inputs.double() @ difference.T).square().sum().item(), rel=1e-5)
    assert norm == pytest.approx((inputs.double() @ weight.double().T).square().sum().item(), rel=1e-5)


def test_without_correlation_gptq_is_round_to_nearest():
    weight = weight_of(16, 128)
    identity = torch.eye(128, dtype=torch.float64)
    chosen = quantize_weight(weight, identity, 64, 0.01, "linear")
    assert torch.equal(chosen.codes, round_to_nearest(weight, 64).codes)


def test_round_to_nearest_is_within_half_a_step_but_for_the_clamped_end():
    weight = weight_of(32, 256)
    chosen = round_to_nearest(weight, 128)
    step = chosen.scales.double().repeat_interleave(128, dim=1)
    distance = (weight.double() - dequantize(chosen.codes, chosen.scales, torch.float64)).abs() / step
    # +127.5 steps is clamped to 127, and the scale's rounding to bfloat16 moves the end by 127.5 / 256.
    assert distance.max() <= 1.01
    assert distance[chosen.codes != 127].max() <= 0.5
    assert chosen.codes.min() == -128


def test_a_group_of_zeros_stays_zero():
    weight = weight_of(8, 128)
    weight[:, 64:] = 0
    hessian = hessian_of(correlated_inputs(512, 128, seed=1, sample=2))
    hessian[64:, :64] = 0
    hessian[:64, 64:] = 0
    chosen = quantize_weight(weight, hessian, 64, 0.01, "linear")
    assert (chosen.codes[:, 64:] == 0).all()
    assert dequantize(chosen.codes, chosen.scales, torch.float32).isfinite().all()
    assert (scales_of(torch.zeros(3, 4, dtype=torch.float64)) == 1).all()


def test_columns_whose_input_was_always_zero_are_rounded_to_nearest():
    weight = weight_of(16, 128)
    inputs = correlated_inputs(512, 128, seed=1, sample=2)
    dead = torch.tensor([0, 17, 127])
    inputs[:, dead] = 0
    chosen = quantize_weight(weight, hessian_of(inputs), 128, 0.01, "linear")
    step = chosen.scales.double()
    expected = (weight[:, dead].double() / step).round().clamp(-128, 127).to(torch.int8)
    assert torch.equal(chosen.codes[:, dead], expected)


def test_a_layer_that_saw_no_input_at_all_is_rounded_to_nearest():
    weight = weight_of(16, 64)
    chosen = quantize_weight(weight, make_hessian(64), 64, 0.01, "linear")
    assert torch.equal(chosen.codes, round_to_nearest(weight, 64).codes)


def test_a_hessian_that_is_not_positive_definite_gets_more_damping_and_a_warning_with_the_layer(caplog):
    hessian = torch.tensor([[1.0, 2.0], [2.0, 1.0]], dtype=torch.float64)
    with caplog.at_level(logging.WARNING):
        chosen = quantize_weight(weight_of(4, 2), hessian, 2, 0.01, "layers.3.mlp.down_proj")
    assert chosen.codes.shape == (4, 2)
    assert "layers.3.mlp.down_proj" in caplog.text
    assert "calibration_rows" in caplog.text


def test_a_hessian_that_no_damping_mends_is_refused_with_the_layer():
    hessian = torch.tensor([[1.0, 1e6], [1e6, 1.0]], dtype=torch.float64)
    with pytest.raises(InvalidData, match=r"layers\.3\.mlp\.down_proj.*damping"):
        quantize_weight(weight_of(4, 2), hessian, 2, 0.01, "layers.3.mlp.down_proj")


@pytest.mark.parametrize("place", ["weight", "hessian"])
def test_a_value_that_is_not_finite_is_refused_with_the_layer(place):
    weight, hessian = weight_of(4, 8), torch.eye(8, dtype=torch.float64)
    (weight if place == "weight" else hessian)[2, 3] = float("nan")
    with pytest.raises(NonFiniteLoss, match="q_proj"):
        quantize_weight(weight, hessian, 8, 0.01, "q_proj")


def test_fewer_rows_than_columns_are_enough_with_damping():
    weight = weight_of(16, 128)
    hessian = hessian_of(correlated_inputs(20, 128, seed=1, sample=2))
    chosen = quantize_weight(weight, hessian, 128, 0.01, "linear")
    error, norm = squared_output_error(weight, chosen, hessian)
    assert error < 1e-3 * norm


@pytest.mark.parametrize(
    ("columns", "wanted", "given"),
    [(256, 128, 128), (576, 128, 64), (96, 128, 96), (64, 128, 64), (96, 32, 32), (128, 128, 128)],
)
def test_the_group_is_the_wanted_one_else_64_else_the_whole_channel(columns, wanted, given):
    assert effective_group_size(columns, wanted) == given


def test_the_hessian_of_two_batches_is_the_sum_of_theirs():
    inputs = correlated_inputs(64, 32, seed=1, sample=2)
    hessian = make_hessian(32)
    accumulate_hessian(hessian, inputs[:40])
    accumulate_hessian(hessian, inputs[40:])
    assert hessian.dtype == torch.float64
    torch.testing.assert_close(hessian, inputs.double().T @ inputs.double(), rtol=1e-5, atol=1e-5)
