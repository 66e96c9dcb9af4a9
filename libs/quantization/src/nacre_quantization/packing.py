"""The compressed-tensors layout `pack-quantized`, W8A16: what a quantized classifier is on disk.

Per linear `<name>.weight_packed` int32 (out, in / 4, rounded up), `<name>.weight_scale` bfloat16 and
`<name>.weight_shape` int64 (out, in) take the place of `<name>.weight`. Packing and the form of the
configuration are the library's own, so that transformers and vLLM read the folder.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32, unpack_from_int32
from compressed_tensors.quantization import QuantizationConfig
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from nacre_model.models import HEAD_NAME
from nacre_quantization.gptq import QuantizedWeight
from nacre_quantization.int8_linear import Int8Linear, int8_linears

WEIGHTS_FILE = "model.safetensors"
FORMAT = "pack-quantized"
BITS = 8
CODES_PER_WORD = 4

PACKED, SCALE, SHAPE = "weight_packed", "weight_scale", "weight_shape"


def pack_weight(weight: QuantizedWeight) -> dict[str, Tensor]:
    """The three tensors of a linear on the CPU, by the last part of their names."""
    return {
        # On a GPU the library's scatter would be refused as not deterministic.
        PACKED: pack_to_int32(weight.codes.cpu(), BITS).contiguous(),
        SCALE: weight.scales.cpu().contiguous(),
        SHAPE: torch.tensor(weight.codes.shape, dtype=torch.int64),
    }


def unpack_weight(tensors: Mapping[str, Tensor]) -> QuantizedWeight:
    """What pack_weight packed."""
    shape = torch.Size(tensors[SHAPE].tolist())
    return QuantizedWeight(unpack_from_int32(tensors[PACKED], BITS, shape), tensors[SCALE])


def quantization_config(linears: Mapping[str, Int8Linear]) -> dict[str, Any]:
    """`quantization_config` of config.json for linears by name.

    One config group per group size, with the names of its linears as targets; where all linears
    share one, the target is their class. The head is ignored: without that transformers loads the
    folder and runs it with a random head.
    """
    members: dict[tuple[str, int | None], list[str]] = {}
    for name, linear in linears.items():
        weight = linear.quantized_weight
        group_size = weight.group_size if weight.strategy == "group" else None
        members.setdefault((weight.strategy, group_size), []).append(name)
    groups = {
        f"group_{number}": {
            "targets": ["Linear"] if len(members) == 1 else names,
            "weights": {
                "num_bits": BITS,
                "type": "int",
                "symmetric": True,
                "strategy": strategy,
                "group_size": group_size,
            },
        }
        for number, ((strategy, group_size), names) in enumerate(members.items())
    }
    document = {
        "quant_method": "compressed-tensors",
        "format": FORMAT,
        "quantization_status": "compressed",
        "config_groups": groups,
        "ignore": [HEAD_NAME],
    }
    # The library's own check of the document; what it adds are defaults.
    QuantizationConfig.model_validate(document)
    return document


def write_quantized(model: PreTrainedModel, folder: Path, labels: Sequence[str], dtype: torch.dtype) -> None:
    """Writes config.json and model.safetensors of a classifier whose backbone linears are Int8Linear.

    dtype: of all other tensors but the head, which stays float32. Equal models give equal bytes.
    """
    config = copy.deepcopy(model.config)
    linears = int8_linears(model)
    config.architectures = [type(model).__name__]
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    config.dtype = dtype
    config.quantization_config = quantization_config(linears)
    config.to_json_file(folder / "config.json")

    tensors: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        if isinstance(module, Int8Linear):
            packed = pack_weight(module.quantized_weight)
            tensors.update({f"{name}.{part}": tensor for part, tensor in packed.items()})
            if module.bias is not None:
                tensors[f"{name}.bias"] = module.bias.to(dtype)
        else:
            kept = torch.float32 if name == HEAD_NAME else dtype
            for part, parameter in module.named_parameters(recurse=False):
                tensors[f"{name}.{part}"] = parameter.detach().to(kept)
    save_file(
        {name: tensors[name].cpu().contiguous() for name in sorted(tensors)},
        folder / WEIGHTS_FILE,
        {"format": "pt"},
    )
