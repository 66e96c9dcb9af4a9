"""LoRA adapters: how they are made, attached to a model, and kept as a folder that peft reads.

Hu et al. 2021, arXiv 2106.09685. The update of a linear is alpha / rank * B A, with A [rank, in] and
B [out, rank] in float32 whatever the dtype of the base.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from nacre_model.dropout import AdapterDropout, module_hash
from nacre_model.models import HEAD_NAME
from nacre_model.protocol import ContractViolation, json_text
from nacre_model.sampling import hash_text

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"

# peft wraps a model twice, so its names of tensors start so.
_prefix = "base_model.model."
_head_key = f"{_prefix}{HEAD_NAME}.weight"


@dataclass(frozen=True)
class AdapterWeights:
    """An adapter with its head, apart from any model; all tensors float32.

    factors: per name of a linear (`model.layers.0.self_attn.q_proj`) A [rank, in] and B [out, rank].
    head: [labels, hidden].
    """

    rank: int
    alpha: float
    factors: Mapping[str, tuple[Tensor, Tensor]]
    head: Tensor

    @property
    def scale(self) -> float:
        """Factor of B A in the update of a weight."""
        return self.alpha / self.rank


class LoRALinear(nn.Module):
    """A frozen linear plus scale * B A, the only part that learns.

    Input (..., in) → output (..., out) in the dtype of the input; with dropout, which B A then sees
    its input through, (rows, positions, in).
    """

    def __init__(
        self,
        base: nn.Linear,
        A: Tensor,
        B: Tensor,
        scale: float,
        dropout: AdapterDropout | None = None,
        name: str = "",
    ) -> None:
        super().__init__()
        self.base = base
        self.lora_A = nn.Parameter(A)
        self.lora_B = nn.Parameter(B)
        self.scale = scale
        self.dropout = dropout
        self.module = module_hash(name)
        # Per token A and B cost rank * (in + out) multiplications three times over (forward and two
        # gradients), the summed weight in * out once more than a frozen one, and fewer passes over
        # memory (measured break-even: a quarter). Only float32 keeps the sum; 16 bits swallow it.
        self.sums_weight = (
            base.weight.dtype == torch.float32
            and 12 * A.shape[0] * (base.in_features + base.out_features)
            > base.in_features * base.out_features
        )

    def forward(self, inputs: Tensor) -> Tensor:
        if self.dropout is not None and self.dropout.on:
            seen = torch.where(self.dropout.keep(self.module, inputs), inputs, 0)
            return self.base(inputs) + self.update(seen) * self.dropout.scale
        if self.sums_weight:
            weight = torch.addmm(self.base.weight, self.lora_B, self.lora_A, alpha=self.scale)
            return functional.linear(inputs, weight, self.base.bias)
        return self.base(inputs) + self.update(inputs)

    def update(self, inputs: Tensor) -> Tensor:
        """scale * B A inputs."""
        reduced = functional.linear(inputs, self.lora_A.to(inputs.dtype))
        return functional.linear(reduced, self.lora_B.to(inputs.dtype)) * self.scale


def backbone_linears(model: PreTrainedModel) -> dict[str, nn.Linear]:
    """Every linear of the backbone by its name in the classifier, the head left out."""
    prefix = f"{model.base_model_prefix}."
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.startswith(prefix)
    }


def initial_adapter(model: PreTrainedModel, rank: int, alpha: float, seed: int) -> AdapterWeights:
    """A new adapter on every linear of the backbone, with the head that the model has.

    A is kaiming-uniform as in peft, B zero, so the model computes what it did. A depends on the seed
    and the name of its linear alone.
    """
    factors = {}
    for name, linear in backbone_linears(model).items():
        generator = torch.Generator().manual_seed(hash_text(f"{seed}:{name}") >> 1)
        A = torch.empty(rank, linear.in_features)
        nn.init.kaiming_uniform_(A, a=math.sqrt(5), generator=generator)
        factors[name] = (A, torch.zeros(linear.out_features, rank))
    return AdapterWeights(rank, alpha, factors, getattr(model, HEAD_NAME).weight.detach().float().clone())


def attach(
    model: PreTrainedModel,
    weights: AdapterWeights,
    trainable: bool = False,
    dropout: AdapterDropout | None = None,
) -> None:
    """Put the adapter on the linears of the backbone and the head in the place of the model's.

    The base is frozen; with `trainable` factors and head learn. The tensors are copied. With `dropout`
    every forward needs the rows that it is of (AdapterDropout.choose).

    Raises ContractViolation when the adapter does not fit the model, naming the tensor.
    """
    _require_fit(model, weights)
    model.requires_grad_(False)
    device = next(model.parameters()).device
    for name, (A, B) in weights.factors.items():
        parent, _, child = name.rpartition(".")
        linear = model.get_submodule(name)
        adapted = LoRALinear(
            linear, A.clone().to(device), B.clone().to(device), weights.scale, dropout, name
        ).requires_grad_(False)
        adapted.lora_A.requires_grad_(trainable)
        adapted.lora_B.requires_grad_(trainable)
        setattr(model.get_submodule(parent), child, adapted)
    _set_head(model, weights.head, trainable)


def detached(model: PreTrainedModel, alpha: float) -> AdapterWeights:
    """The adapter and head of a model they were attached to, copied to the CPU."""
    adapted = {name: module for name, module in model.named_modules() if isinstance(module, LoRALinear)}
    factors = {
        name: (module.lora_A.detach().cpu().clone(), module.lora_B.detach().cpu().clone())
        for name, module in adapted.items()
    }
    rank = next(iter(factors.values()))[0].shape[0]
    return AdapterWeights(rank, alpha, factors, getattr(model, HEAD_NAME).weight.detach().cpu().clone())


def add_to_base(model: PreTrainedModel, weights: AdapterWeights) -> None:
    """Add the adapter to the weights of the backbone, summed in float32, and put its head in place.

    Afterwards the model has plain linears. Give it a float32 base where the sum must be exact.

    Raises ContractViolation when the adapter does not fit the model, naming the tensor.
    """
    _require_fit(model, weights)
    with torch.no_grad():
        for name, linear in backbone_linears(model).items():
            A, B = (factor.to(linear.weight.device) for factor in weights.factors[name])
            linear.weight.copy_(torch.addmm(linear.weight.float(), B, A, alpha=weights.scale))
    _set_head(model, weights.head, trainable=False)


def write_adapter(folder: Path, weights: AdapterWeights) -> None:
    """Write the folder that peft.PeftModel.from_pretrained reads; equal weights give equal bytes.

    The name of the base is left empty: an artifact's bytes name no path and no other artifact.
    """
    whole_alpha = int(weights.alpha) if float(weights.alpha).is_integer() else weights.alpha
    config = {
        "base_model_name_or_path": "",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": whole_alpha,
        "lora_dropout": 0.0,
        "modules_to_save": [HEAD_NAME],
        "peft_type": "LORA",
        "r": weights.rank,
        "target_modules": sorted({name.rpartition(".")[2] for name in weights.factors}),
        "task_type": "SEQ_CLS",
        "use_dora": False,
        "use_rslora": False,
    }
    tensors = {_head_key: weights.head}
    for name, (A, B) in weights.factors.items():
        tensors[f"{_prefix}{name}.lora_A.weight"] = A
        tensors[f"{_prefix}{name}.lora_B.weight"] = B
    partial = folder / f"{WEIGHTS_FILE}.partial"
    save_file({key: tensors[key].float().contiguous() for key in sorted(tensors)}, partial, {"format": "pt"})
    os.replace(partial, folder / WEIGHTS_FILE)
    (folder / CONFIG_FILE).write_text(json_text(config) + "\n", encoding="utf-8")


def read_adapter(folder: Path) -> AdapterWeights:
    """Read a folder that write_adapter or peft wrote.

    Raises ContractViolation, naming the tensor or the key, for anything but plain LoRA on linears
    with a head called `score`.
    """
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS_FILE)
    except (OSError, ValueError, SafetensorError) as error:
        raise ContractViolation(f"{folder.name}: not an adapter folder: {str(error)[:120]}") from error
    plain = {"peft_type": "LORA", "bias": "none", "use_rslora": False, "use_dora": False}
    for key, value in plain.items():
        if config.get(key, value) != value:
            raise ContractViolation(f"{folder.name}/{CONFIG_FILE}: {key} must be {value}, not {config[key]}")
    head = tensors.pop(_head_key, None)
    if head is None:
        raise ContractViolation(f"{folder.name}: the head {_head_key} is missing")
    rank = int(config["r"])
    factors = {}
    for key in sorted(key for key in tensors if key.endswith(".lora_A.weight")):
        name = key.removeprefix(_prefix).removesuffix(".lora_A.weight")
        A, B = tensors.pop(key), tensors.pop(f"{_prefix}{name}.lora_B.weight", None)
        if B is None or A.shape[0] != rank or B.shape[1] != rank:
            raise ContractViolation(f"{folder.name}: {key} has no partner lora_B of rank {rank}")
        factors[name] = (A.float(), B.float())
    if tensors or not factors:
        raise ContractViolation(f"{folder.name}: {min(tensors, default='lora_A')} is no part of plain LoRA")
    return AdapterWeights(rank, float(config["lora_alpha"]), factors, head.float())


def _require_fit(model: PreTrainedModel, weights: AdapterWeights) -> None:
    linears = backbone_linears(model)
    odd = sorted(linears.keys() ^ weights.factors.keys())
    if odd:
        raise ContractViolation(
            f"adapter: {odd[0]} is not on both sides ({len(odd)} such linears); other base?"
        )
    for name, (A, B) in weights.factors.items():
        if (B.shape[0], A.shape[1]) != tuple(linears[name].weight.shape):
            raise ContractViolation(f"adapter: {name} has another shape than the base's linear; other base?")
    head = getattr(model, HEAD_NAME)
    if weights.head.shape != head.weight.shape:
        raise ContractViolation(
            f"adapter: the head is {tuple(weights.head.shape)}, the model's {tuple(head.weight.shape)};"
            " do the labels agree?"
        )


def _set_head(model: PreTrainedModel, weight: Tensor, trainable: bool) -> None:
    head = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    head.weight = nn.Parameter(weight.clone().to(next(model.parameters()).device), requires_grad=trainable)
    setattr(model, HEAD_NAME, head)
