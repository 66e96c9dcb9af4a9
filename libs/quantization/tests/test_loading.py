"""Folders that load_quantized refuses, and what it says."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from nacre_model.protocol import ContractViolation
from nacre_quantization.loading import load_quantized
from nacre_quantization.quantize import quantize

QUERY = "model.layers.0.self_attn.q_proj"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, make_workspace):
    workspace = make_workspace(tmp_path_factory.mktemp("llama"), "llama", 64)
    quantize(workspace.quantize_context("quantized"))
    return workspace.root / "quantized"


@pytest.fixture
def folder(pristine, tmp_path):
    """A copy of a good folder, to be spoilt."""
    return shutil.copytree(pristine, tmp_path / "quantized")


def change_tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def change_config(folder, change):
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    "name", ["score.weight", f"{QUERY}.weight_scale", "model.norm.weight", f"{QUERY}.weight_packed"]
)
def test_a_missing_tensor_is_named(folder, name):
    change_tensors(folder, lambda tensors: tensors.pop(name))
    with pytest.raises(ContractViolation, match=f"missing {name}.*quantize again"):
        load_quantized(folder)


@pytest.mark.parametrize("name", ["lm_head.weight", f"{QUERY}.weight", f"{QUERY}.weight_zero_point"])
def test_an_unexpected_tensor_is_named(folder, name):
    change_tensors(folder, lambda tensors: tensors.update({name: torch.zeros(4, 4)}))
    with pytest.raises(ContractViolation, match=f"unexpected {name}"):
        load_quantized(folder)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("score.weight", torch.zeros(2, 64)),
        ("model.norm.weight", torch.zeros(63)),
        (f"{QUERY}.weight_shape", torch.tensor([64, 63])),
        (f"{QUERY}.weight_packed", torch.zeros(64, 8, dtype=torch.int32)),
        (f"{QUERY}.weight_scale", torch.ones(64, 3, dtype=torch.bfloat16)),
        (f"{QUERY}.weight_scale", torch.ones(64, 1)),
    ],
)
def test_a_tensor_of_another_shape_or_dtype_is_named(folder, name, tensor):
    change_tensors(folder, lambda tensors: tensors.update({name: tensor}))
    with pytest.raises(ContractViolation, match=name.removesuffix(f".{name.rpartition('.')[2]}")):
        load_quantized(folder)


def test_weights_that_are_cut_short_are_refused(folder):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(ContractViolation, match=r"model\.safetensors cannot be read"):
        load_quantized(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.pop("quantization_config"),
        lambda config: config["quantization_config"].update(format="int-quantized"),
        lambda config: config["quantization_config"].update(ignore=[]),
        lambda config: config["quantization_config"]["config_groups"]["group_0"]["weights"].update(
            num_bits=4
        ),
        lambda config: config["quantization_config"]["config_groups"]["group_0"]["weights"].update(
            symmetric=False
        ),
    ],
)
def test_another_layout_is_refused(folder, change):
    change_config(folder, change)
    with pytest.raises(ContractViolation, match="quantization_config is not pack-quantized"):
        load_quantized(folder)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ContractViolation, match="no model folder"):
        load_quantized(tmp_path)


def test_nothing_of_the_model_is_left_on_the_meta_device(pristine):
    model = load_quantized(pristine)
    tensors = [*model.parameters(), *model.buffers()]
    assert not any(tensor.is_meta for tensor in tensors)
    assert not any(tensor.requires_grad for tensor in tensors)
    assert not model.training
