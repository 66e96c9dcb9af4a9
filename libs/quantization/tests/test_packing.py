"""The layout on disk, against compressed-tensors' own reader."""

import pytest
import torch
from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
from compressed_tensors.quantization import QuantizationScheme
from torch.nn import functional

from nacre_quantization.gptq import dequantize, round_to_nearest
from nacre_quantization.int8_linear import Int8Linear
from nacre_quantization.packing import pack_weight, quantization_config, unpack_weight


def weight_of(rows, columns):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(4))


def int8_linear(rows, columns, group_size):
    quantized = round_to_nearest(weight_of(rows, columns), group_size)
    return Int8Linear(quantized.codes, quantized.scales)


@pytest.mark.parametrize(("columns", "group_size"), [(256, 128), (96, 96), (90, 30), (33, 33), (1, 1)])
def test_what_is_packed_unpacks_and_the_library_reads_the_same_weight(columns, group_size):
    quantized = round_to_nearest(weight_of(6, columns), group_size)
    packed = pack_weight(quantized)
    assert packed["weight_packed"].shape == (6, -(-columns // 4))
    unpacked = unpack_weight(packed)
    assert torch.equal(unpacked.codes, quantized.codes)
    assert torch.equal(unpacked.scales, quantized.scales)
    config = quantization_config({"layer": Int8Linear(quantized.codes, quantized.scales)})
    scheme = QuantizationScheme.model_validate(config["config_groups"]["group_0"])
    read = PackedQuantizationCompressor.decompress(
        {**packed, "weight_scale": packed["weight_scale"].float()}, scheme
    )
    assert torch.equal(read["weight"], dequantize(quantized.codes, quantized.scales, torch.float32))


def test_linears_that_share_a_group_size_are_named_by_their_class():
    config = quantization_config({"a": int8_linear(4, 256, 128), "b": int8_linear(8, 128, 64)})
    assert [group["targets"] for group in config["config_groups"].values()] == [["a"], ["b"]]
    config = quantization_config({"a": int8_linear(4, 256, 128), "b": int8_linear(8, 512, 128)})
    assert [group["targets"] for group in config["config_groups"].values()] == [["Linear"]]
    assert config["config_groups"]["group_0"]["weights"]["group_size"] == 128


def test_channels_and_groups_have_a_config_group_each():
    config = quantization_config(
        {"a": int8_linear(4, 96, 96), "b": int8_linear(8, 192, 64), "c": int8_linear(4, 33, 33)}
    )
    groups = list(config["config_groups"].values())
    assert [group["targets"] for group in groups] == [["a", "c"], ["b"]]
    assert [(group["weights"]["strategy"], group["weights"]["group_size"]) for group in groups] == [
        ("channel", None),
        ("group", 64),
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_int8_linear_multiplies_with_its_dequantized_weight_and_adds_its_bias(dtype):
    quantized = round_to_nearest(weight_of(12, 64), 64)
    bias = torch.randn(12, generator=torch.Generator().manual_seed(5)).to(dtype)
    linear = Int8Linear(quantized.codes, quantized.scales, bias)
    inputs = torch.randn(2, 5, 64, generator=torch.Generator().manual_seed(6)).to(dtype)
    weight = quantized.codes.to(dtype) * quantized.scales.to(dtype)
    assert torch.equal(linear(inputs), functional.linear(inputs, weight, bias))
    assert linear(inputs).dtype == dtype
    assert str(linear) == "Int8Linear(in_features=64, out_features=12, group_size=64)"
