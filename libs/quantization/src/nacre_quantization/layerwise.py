"""Quantizing a classifier's backbone one decoder layer at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from nacre_model.adapters import backbone_linears
from nacre_model.batches import MicroBatch
from nacre_quantization.gptq import (
    QuantizedWeight,
    accumulate_hessian,
    effective_group_size,
    make_hessian,
    quantize_weight,
    round_to_nearest,
    squared_output_error,
)
from nacre_quantization.int8_linear import Int8Linear

Method = Literal["gptq", "round_to_nearest"]


@dataclass(frozen=True)
class LinearReport:
    """How one linear was quantized.

    group_size: columns per scale. strategy: `group` or `channel`. relative_error: ‖(W − Q)X‖ / ‖WX‖
    for the calibration inputs X, 0 where WX is 0; round_to_nearest_error: the same for the nearest
    codes. Both are in-sample: on other rows GPTQ's advantage is smaller.
    """

    name: str
    group_size: int
    strategy: str
    relative_error: float
    round_to_nearest_error: float


@dataclass(frozen=True)
class LayerReport:
    """One decoder layer: its linears, and the root of their summed squared errors over that of their norms."""

    linears: list[LinearReport]
    relative_error: float


@torch.no_grad()
def quantize_layers(
    model: PreTrainedModel, batches: Sequence[MicroBatch], method: Method, group_size: int, damping: float
) -> Iterator[LayerReport]:
    """Replaces every linear of the backbone by an Int8Linear, in place; one report after each layer.

    The inputs of a layer are those that the layers before it give once quantized, so that it makes
    up for their errors (Frantar et al. 2022, section 4). Padding takes no part. There are never more
    than one layer's Hessians, and the states of all calibration tokens once.

    Raises what quantize_weight raises.
    """
    backbone = getattr(model, model.base_model_prefix)
    states = [layer_arguments(backbone, batch.input_ids)[0] for batch in batches]
    for index in range(len(backbone.layers)):
        prefix = f"{model.base_model_prefix}.layers.{index}."
        linears = {
            name: linear for name, linear in backbone_linears(model).items() if name.startswith(prefix)
        }
        hessians = layer_hessians(backbone, index, linears, batches, states)
        reports, errors, norms = [], 0.0, 0.0
        for name, linear in linears.items():
            group = effective_group_size(linear.in_features, group_size)
            # Popped: the Hessian of a wide linear is larger than the linear.
            chosen, nearest_error, error, norm = quantize_linear(
                linear.weight, hessians.pop(name), method, group, damping, name
            )
            reports.append(
                LinearReport(name, group, chosen.strategy, ratio(error, norm), ratio(nearest_error, norm))
            )
            errors, norms = errors + error, norms + norm
            bias = None if linear.bias is None else linear.bias.detach()
            model.set_submodule(name, Int8Linear(chosen.codes, chosen.scales, bias))
        for position, batch in enumerate(batches):
            states[position] = run_layer(backbone, index, batch, states[position])
        yield LayerReport(reports, ratio(errors, norms))


def quantize_linear(
    weight: Tensor, hessian: Tensor, method: Method, group_size: int, damping: float, name: str
) -> tuple[QuantizedWeight, float, float, float]:
    """(chosen weight, ‖(W − N)X‖² of the nearest codes N, ‖(W − Q)X‖² of the chosen Q, ‖WX‖²)."""
    chosen = nearest = round_to_nearest(weight, group_size)
    if method == "gptq":
        chosen = quantize_weight(weight, hessian, group_size, damping, name)
    nearest_error, _ = squared_output_error(weight, nearest, hessian)
    return chosen, nearest_error, *squared_output_error(weight, chosen, hessian)


def layer_hessians(
    backbone: nn.Module,
    index: int,
    linears: Mapping[str, nn.Linear],
    batches: Sequence[MicroBatch],
    states: Sequence[Tensor],
) -> dict[str, Tensor]:
    """Hessian of each of a layer's linears (see accumulate_hessian) over the real tokens of all batches.

    states: what enters the layer, (rows, longest, hidden) per batch.
    """
    hessians = {
        name: make_hessian(linear.in_features, linear.weight.device) for name, linear in linears.items()
    }
    for batch, entering in zip(batches, states, strict=True):
        width = batch.input_ids.shape[1]
        real = torch.arange(width, device=batch.lengths.device) < batch.lengths.unsqueeze(1)

        def listener(hessian: Tensor, real: Tensor = real) -> Any:
            return lambda _module, arguments: accumulate_hessian(hessian, arguments[0][real])

        handles = [
            linear.register_forward_pre_hook(listener(hessians[name])) for name, linear in linears.items()
        ]
        try:
            run_layer(backbone, index, batch, entering)
        finally:
            for handle in handles:
                handle.remove()
    return hessians


def run_layer(backbone: nn.Module, index: int, batch: MicroBatch, states: Tensor) -> Tensor:
    """What decoder layer `index` makes of the states (rows, longest, hidden) that enter it."""
    _, arguments = layer_arguments(backbone, batch.input_ids)
    return backbone.layers[index](states, **arguments[index])


def layer_arguments(backbone: nn.Module, input_ids: Tensor) -> tuple[Tensor, list[dict[str, Any]]]:
    """What the backbone would hand to its decoder layers for right-padded input_ids (rows, longest).

    Returns the embedded states (rows, longest, hidden) that enter the first layer, and for every
    layer its keyword arguments (mask, rotary embeddings …): families differ in them, Gemma2 from
    layer to layer. The layers are passed over, so this costs one embedding.
    """
    layers = list(backbone.layers)
    entering: list[Tensor] = []
    arguments: list[dict[str, Any]] = []

    def pass_over(states: Tensor, **keywords: Any) -> Tensor:
        entering.append(states)
        arguments.append(keywords)
        return states

    for layer in layers:
        layer.forward = pass_over
    try:
        backbone(input_ids=input_ids, use_cache=False)
    finally:
        for layer in layers:
            del layer.forward
    return entering[0], arguments


def ratio(squared_error: float, squared_norm: float) -> float:
    """Root of the quotient of two sums of squares; 0 where the norm is."""
    return (squared_error / squared_norm) ** 0.5 if squared_norm > 0 else 0.0
