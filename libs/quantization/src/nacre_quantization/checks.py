"""What must hold of a quantized folder before it becomes an artifact."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from torch import Tensor

from nacre_model.batches import MicroBatch
from nacre_model.models import HEAD_NAME, classify
from nacre_model.protocol import ContractViolation
from nacre_quantization.int8_linear import int8_linears
from nacre_quantization.loading import load_quantized

LOGIT_TOLERANCE = 0.1
"""Largest logit_difference of a quantized model. 8 bits cost about 0.01; a lost head, a missed layer or
a dropped soft-cap cost more than 0.1. What quality remains is measured on rows by later stages."""


def check_quantized(
    folder: Path,
    architecture: str,
    head: Tensor,
    linears: Collection[str],
    batches: Sequence[MicroBatch],
    expected: Tensor,
) -> float:
    """Loads the folder as predict will and compares it with what was quantized.

    architecture: class name of the unquantized classifier. head: its weight, float32. linears: names
    of the linears of its backbone. expected: its logits (rows, labels) for the batches, one after
    another. Returns their logit_difference.

    Raises ContractViolation, naming what is wrong, when architecture, head, linears or logits differ.
    """
    device = batches[0].input_ids.device
    model = load_quantized(folder, device, torch.float32)
    if model.config.architectures != [architecture] or type(model).__name__ != architecture:
        raise ContractViolation(
            f"quantized model: it became {model.config.architectures}, not {architecture}"
        )
    if not torch.equal(getattr(model, HEAD_NAME).weight, head.to(device)):
        raise ContractViolation("quantized model: the head differs from the adapter's; it must be left alone")
    odd = sorted(set(linears) ^ int8_linears(model).keys())
    if odd:
        raise ContractViolation(
            f"quantized model: {odd[0]} is quantized on one side only ({len(odd)} such linears)"
        )
    with torch.inference_mode():
        actual = torch.cat([classify(model, batch.input_ids, batch.lengths) for batch in batches])
    difference = logit_difference(actual, expected)
    # Written so that NaN is refused too.
    if not difference <= LOGIT_TOLERANCE:
        raise ContractViolation(
            f"quantized model: its logits differ from the unquantized ones by {difference:.3g}, at most"
            f" {LOGIT_TOLERANCE} is allowed; raise quantize.calibration_rows or lower quantize.group_size"
        )
    return difference


def logit_difference(actual: Tensor, expected: Tensor) -> float:
    """Root mean square of the difference of two tables of logits (rows, labels), in natural-log units.

    Each row's mean, which softmax does not see, is taken off. Where the expected logits have a root
    mean square above 1, the difference is a share of it.
    """
    error, norm = (
        (table - table.mean(dim=1, keepdim=True)).square().mean().sqrt().item()
        for table in (actual.double() - expected.double(), expected.double())
    )
    return error / max(1.0, norm)
