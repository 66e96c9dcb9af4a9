"""A quantized folder as a classifier that stays quantized in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from accelerate import init_empty_weights
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel

from nacre_model.adapters import backbone_linears
from nacre_model.models import HEAD_NAME, assert_attention, attention_implementation
from nacre_model.protocol import ContractViolation
from nacre_quantization.gptq import QuantizedWeight
from nacre_quantization.int8_linear import Int8Linear
from nacre_quantization.packing import (
    BITS,
    CODES_PER_WORD,
    FORMAT,
    PACKED,
    SCALE,
    SHAPE,
    WEIGHTS_FILE,
    unpack_weight,
)


def load_quantized(
    folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype | None = None
) -> PreTrainedModel:
    """The sequence classifier of a folder that write_quantized wrote, in eval mode, for classify().

    Every linear of the backbone is an Int8Linear; its 16-bit weight never exists outside of a call.
    dtype: of all other tensors and of the computation, config.json's own by default; the head is
    float32 as ever. Nothing is trained, no gradient is kept.

    Raises ContractViolation for a folder in another layout, and for tensors that are missing, not
    expected or of another shape, naming them.
    """
    config = read_config(folder)
    # from_config overwrites the configuration's own.
    dtype = dtype or config.dtype or torch.float32
    with init_empty_weights(include_buffers=False):
        model = AutoModelForSequenceClassification.from_config(
            config, attn_implementation=attention_implementation(config), dtype=torch.float32
        )
    assert_attention(model)
    linears = backbone_linears(model)
    shapes = {f"{name}.{part}": None for name in linears for part in (PACKED, SCALE, SHAPE)}
    for name, parameter in model.named_parameters():
        if name.removesuffix(".weight") not in linears:
            shapes[name] = parameter.shape
    tensors = read_tensors(folder, shapes, device)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not name.endswith(SCALE):
            tensors[name] = tensor.to(torch.float32 if name.startswith(HEAD_NAME) else dtype)
    for name, linear in linears.items():
        parts = {part: tensors.pop(f"{name}.{part}") for part in (PACKED, SCALE, SHAPE)}
        weight = checked_weight(f"{folder.name}: {name}", linear, parts)
        model.set_submodule(name, Int8Linear(weight.codes, weight.scales, tensors.pop(f"{name}.bias", None)))
    model.load_state_dict(tensors, strict=False, assign=True)
    return model.to(device).requires_grad_(False).eval()


def read_config(folder: Path) -> PreTrainedConfig:
    """config.json of a quantized folder, without its quantization_config.

    Raises ContractViolation when the folder is not in the layout that write_quantized writes.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ContractViolation(f"{folder.name}: no model folder: {str(error)[:120]}") from error
    layout = getattr(config, "quantization_config", None) or {}
    weights = [group.get("weights") or {} for group in layout.get("config_groups", {}).values()]
    if (
        layout.get("format") != FORMAT
        or HEAD_NAME not in layout.get("ignore", [])
        or not weights
        or any((scheme.get("num_bits"), scheme.get("symmetric")) != (BITS, True) for scheme in weights)
    ):
        raise ContractViolation(
            f"{folder.name}/config.json: quantization_config is not {FORMAT} with symmetric {BITS}-bit weights"
            f" and {HEAD_NAME} ignored; give a folder that the task quantize wrote"
        )
    # transformers would call for its own loader, which expands the weights.
    del config.quantization_config
    config.use_cache = False
    return config


def read_tensors(
    folder: Path, shapes: Mapping[str, torch.Size | None], device: torch.device | str
) -> dict[str, Tensor]:
    """All tensors of the weights file, which must be exactly those of `shapes`; None stands for any shape.

    Raises ContractViolation naming the first tensors that are missing, not expected or of another shape.
    """
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="pt", device=str(device)) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError) as error:
        raise ContractViolation(
            f"{folder.name}/{WEIGHTS_FILE} cannot be read: {str(error)[:120]}; quantize again"
        ) from error
    faults = [
        *(f"missing {name}" for name in sorted(shapes.keys() - tensors.keys())),
        *(f"unexpected {name}" for name in sorted(tensors.keys() - shapes.keys())),
        *(
            f"other shape {name}"
            for name in sorted(shapes.keys() & tensors.keys())
            if shapes[name] not in (None, tensors[name].shape)
        ),
    ]
    if faults:
        raise ContractViolation(
            f"{folder.name}: weights and config.json do not belong together: {', '.join(faults[:5])}"
            f" ({len(faults)} in all); quantize again"
        )
    return tensors


def checked_weight(place: str, linear: nn.Linear, parts: Mapping[str, Tensor]) -> QuantizedWeight:
    """Codes and scales of a linear, when they have its shape.

    Raises ContractViolation naming `place` when they do not.
    """
    columns, rows = linear.in_features, linear.out_features
    packed, scales = parts[PACKED], parts[SCALE]
    if (
        parts[SHAPE].tolist() != [rows, columns]
        or (packed.dtype, tuple(packed.shape)) != (torch.int32, (rows, -(-columns // CODES_PER_WORD)))
        or (scales.dtype, scales.shape[:-1]) != (torch.bfloat16, (rows,))
        or columns % scales.shape[1] != 0
    ):
        raise ContractViolation(f"{place}: its codes or scales are not those of a linear ({rows}, {columns})")
    return unpack_weight(parts)
