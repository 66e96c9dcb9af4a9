"""Symmetric 8-bit quantization of one weight matrix, by GPTQ or by rounding to nearest.

GPTQ is Frantar, Ashkboos, Hoefler, Alistarh 2022, "GPTQ: Accurate Post-Training Quantization for
Generative Pre-trained Transformers" (arXiv 2210.17323). Pure functions of tensors: no module, no file.

Arithmetic is float64 from the Hessian's sum onwards: a block's errors then reach later columns by
one matrix product with the same codes as by single steps, and a Cholesky factor of 14,336 columns
needs little damping. On data-centre GPUs float64 is as fast as float32 without tensor cores.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import torch
from torch import Tensor

from nacre_model.protocol import InvalidData, NonFiniteLoss

logger = logging.getLogger(__name__)

LOWEST_CODE, HIGHEST_CODE = -128, 127
CODE_RADIUS = 127.5
"""Scale = largest magnitude / CODE_RADIUS, so that both ends of the code range are used."""

FALLBACK_GROUP = 64
BLOCK_COLUMNS = 128
DAMPING_ATTEMPTS = 4


@dataclass(frozen=True)
class QuantizedWeight:
    """codes: int8 (out, in). scales: bfloat16 (out, in / group). Weight = codes * their group's scale."""

    codes: Tensor
    scales: Tensor

    @property
    def group_size(self) -> int:
        """Columns that share a scale; all of them when there is one scale per output channel."""
        return self.codes.shape[1] // self.scales.shape[1]

    @property
    def strategy(self) -> str:
        """`group` or `channel`, compressed-tensors' words."""
        return "channel" if self.scales.shape[1] == 1 else "group"


def effective_group_size(columns: int, group_size: int) -> int:
    """The group that a linear of `columns` inputs gets: group_size if it divides them, else
    FALLBACK_GROUP if that does, else all columns (one scale per output channel)."""
    for candidate in (group_size, FALLBACK_GROUP):
        if columns % candidate == 0:
            return candidate
    return columns


def make_hessian(columns: int, device: torch.device | str = "cpu") -> Tensor:
    """An empty sum for accumulate_hessian: float64 (columns, columns)."""
    return torch.zeros(columns, columns, dtype=torch.float64, device=device)


def accumulate_hessian(hessian: Tensor, activations: Tensor) -> None:
    """Adds XᵀX of float32 activations X (tokens, columns) to the Hessian, in place.

    The product is float32 (one micro-batch), the sum over micro-batches float64. The factor 2 of
    the paper's H = 2XXᵀ cancels and is left out.
    """
    activations = activations.float()
    hessian += activations.T @ activations


def quantize_weight(
    weight: Tensor, hessian: Tensor, group_size: int, damping: float, name: str
) -> QuantizedWeight:
    """GPTQ codes of a weight (out, in) for inputs whose XᵀX is `hessian` (in, in), float64.

    group_size divides the columns (see effective_group_size). damping: share of the mean diagonal
    that is added to the diagonal. Columns whose input was always 0 carry no error to others and are
    rounded to nearest: other rows may use them. `name` is the linear's name, for messages.

    Raises NonFiniteLoss when weight or Hessian are not finite, InvalidData when no damping makes the
    Hessian positive definite.
    """
    if not (weight.isfinite().all() and hessian.isfinite().all()):
        raise NonFiniteLoss(
            f"{name}: its weight or its inputs on the calibration rows are NaN or infinite;"
            " run the stage before it again, or leave those rows out"
        )
    factor = inverse_factor(hessian, damping, name)
    work = weight.to(torch.float64, copy=True)
    rows, columns = work.shape
    codes = torch.empty(rows, columns, dtype=torch.int8, device=weight.device)
    scales = torch.empty(rows, columns // group_size, dtype=torch.bfloat16, device=weight.device)
    # A block holds whole groups: a group's scale is taken from columns that have all earlier errors.
    block = group_size * max(1, BLOCK_COLUMNS // group_size) if group_size < columns else BLOCK_COLUMNS

    # Algorithm 1 of the paper (section 3.4): quantize a block column by column, let each column's
    # error move the rest of the block at once and the columns after it in one product at its end.
    for start in range(0, columns, block):
        stop = min(start + block, columns)
        errors = torch.zeros(rows, stop - start, dtype=torch.float64, device=weight.device)
        for column in range(start, stop):
            if column % group_size == 0:
                group_scale = scales_of(work[:, column : column + group_size])
                scales[:, column // group_size] = group_scale
                step = group_scale.double()
            codes[:, column] = nearest_codes(work[:, column], step)
            errors[:, column - start] = (work[:, column] - codes[:, column] * step) / factor[column, column]
            work[:, column + 1 : stop] -= torch.outer(
                errors[:, column - start], factor[column, column + 1 : stop]
            )
        work[:, stop:] -= errors @ factor[start:stop, stop:]
    return QuantizedWeight(codes, scales)


def round_to_nearest(weight: Tensor, group_size: int) -> QuantizedWeight:
    """The codes nearest to a weight (out, in), each group of columns with its own scale."""
    rows, columns = weight.shape
    groups = weight.double().reshape(rows, columns // group_size, group_size)
    scales = scales_of(groups)
    codes = nearest_codes(groups, scales.double().unsqueeze(-1))
    return QuantizedWeight(codes.reshape(rows, columns), scales)


def dequantize(codes: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """The weight (out, in) in `dtype` that codes and scales stand for.

    Exact in float32: an 8-bit code times a scale of 8 significant bits.
    """
    rows, columns = codes.shape
    groups = codes.reshape(rows, scales.shape[1], -1).to(dtype)
    return (groups * scales.to(dtype).unsqueeze(-1)).reshape(rows, columns)


def squared_output_error(weight: Tensor, quantized: QuantizedWeight, hessian: Tensor) -> tuple[float, float]:
    """(‖(W − Q)X‖², ‖WX‖²), from XᵀX alone."""
    exact = weight.double()
    error = exact - dequantize(quantized.codes, quantized.scales, torch.float64)
    # A sum of squares that cancels to 0 may come out a rounding error below it.
    return tuple(max(0.0, ((matrix @ hessian) * matrix).sum().item()) for matrix in (error, exact))


def scales_of(groups: Tensor) -> Tensor:
    """bfloat16 scale of each group of weights (…, columns); 1 where all of them are 0."""
    scales = (groups.abs().amax(dim=-1) / CODE_RADIUS).to(torch.bfloat16)
    return torch.where(scales == 0, torch.ones_like(scales), scales)


def nearest_codes(weight: Tensor, step: Tensor) -> Tensor:
    """int8 codes whose multiples of `step` are nearest to the weight; ties to even, ends clamped."""
    return (weight / step).round().clamp(LOWEST_CODE, HIGHEST_CODE).to(torch.int8)


def inverse_factor(hessian: Tensor, damping: float, name: str) -> Tensor:
    """Upper triangular U with UᵀU = (H + damping · mean diagonal)⁻¹: the paper's Cholesky kernel (section 3.3).

    Dead columns (diagonal 0) get a diagonal of 1, which cuts them off from all others. When the
    factorization fails, damping is raised tenfold, with a warning.

    Raises InvalidData after DAMPING_ATTEMPTS failures.
    """
    diagonal = hessian.diagonal()
    dead = diagonal == 0
    mean = diagonal[~dead].mean() if not dead.all() else diagonal.new_ones(())
    for attempt in range(DAMPING_ATTEMPTS):
        share = damping * 10**attempt
        damped = hessian + torch.diag(torch.where(dead, 1.0, share * mean))
        # Factoring the matrix with its order reversed gives U by one triangular solve.
        lower, failed = torch.linalg.cholesky_ex(damped.flip(0, 1))
        if not failed:
            identity = torch.eye(len(lower), dtype=lower.dtype, device=lower.device)
            return torch.linalg.solve_triangular(lower, identity, upper=False).flip(0, 1)
        logger.warning(
            "%s: its Hessian is not positive definite with damping %g; trying %g."
            " More calibration_rows or a larger quantize.damping avoid this",
            name,
            share,
            share * 10,
        )
    raise InvalidData(
        f"{name}: its Hessian is not positive definite even with damping {share:g};"
        " raise quantize.calibration_rows or quantize.damping"
    )
