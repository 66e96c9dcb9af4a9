"""What keeps a quantized folder from becoming an artifact."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from nacre_model.adapters import add_to_base, backbone_linears
from nacre_model.batches import micro_batches
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import ContractViolation
from nacre_model.tables import read_tokens
from nacre_quantization.checks import LOGIT_TOLERANCE, check_quantized, logit_difference
from nacre_quantization.quantize import quantize

ARCHITECTURE = "Qwen2ForSequenceClassification"


@pytest.fixture(scope="module")
def quantized(tmp_path_factory, make_workspace):
    """A good folder and the other arguments of check_quantized for it."""
    workspace = make_workspace(tmp_path_factory.mktemp("qwen2"), "qwen2", 96)
    quantize(workspace.quantize_context("quantized"))
    model = load_classifier(workspace.root / "base", 3, "float32", head_seed=0)
    add_to_base(model, workspace.adapter)
    tokens = read_tokens({"train": workspace.root / "tokens"}, 3)
    batches = list(micro_batches(tokens, range_of(8), 128, 0))
    with torch.inference_mode():
        expected = torch.cat([classify(model, batch.input_ids, batch.lengths) for batch in batches])
    return (
        workspace.root / "quantized",
        workspace.adapter.head,
        list(backbone_linears(model)),
        batches,
        expected,
    )


def range_of(count):
    return torch.arange(count).numpy()


@pytest.fixture
def folder(quantized, tmp_path):
    return shutil.copytree(quantized[0], tmp_path / "quantized")


def check(folder, quantized, architecture=ARCHITECTURE):
    _, head, linears, batches, expected = quantized
    return check_quantized(folder, architecture, head, linears, batches, expected)


def change_tensor(folder, name, change):
    tensors = load_file(folder / "model.safetensors")
    tensors[name] = change(tensors[name])
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def test_a_good_folder_passes_with_its_logit_difference(folder, quantized):
    assert 0 < check(folder, quantized) < LOGIT_TOLERANCE / 2


def test_a_head_that_lost_its_last_bits_is_refused(folder, quantized):
    change_tensor(folder, "score.weight", lambda head: head.bfloat16().float())
    with pytest.raises(ContractViolation, match="head differs"):
        check(folder, quantized)


def test_a_linear_with_other_scales_is_refused(folder, quantized):
    change_tensor(folder, "model.layers.1.mlp.down_proj.weight_scale", lambda scale: scale * 2)
    with pytest.raises(ContractViolation, match="logits differ"):
        check(folder, quantized)


def test_logits_that_are_not_a_number_are_refused(folder, quantized):
    change_tensor(folder, "model.norm.weight", lambda weight: weight * float("nan"))
    with pytest.raises(ContractViolation, match="logits differ"):
        check(folder, quantized)


def test_another_architecture_is_refused(folder, quantized):
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["Qwen2ForCausalLM"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ContractViolation, match="Qwen2ForCausalLM"):
        check(folder, quantized)


def test_a_linear_that_is_quantized_on_one_side_only_is_named(folder, quantized):
    path, head, linears, batches, expected = quantized
    with pytest.raises(ContractViolation, match=r"layers\.0\.self_attn\.q_proj"):
        check_quantized(path, ARCHITECTURE, head, linears[1:], batches, expected)


def test_the_difference_ignores_what_softmax_does_not_see_and_is_relative_for_large_logits():
    logits = torch.tensor([[1.0, -1.0, 0.0], [0.5, 0.0, -0.5]])
    assert logit_difference(logits + 7, logits) == pytest.approx(0, abs=1e-6)
    error = torch.tensor([[0.1, -0.1, 0.0], [0.1, -0.1, 0.0]])
    assert logit_difference(logits + error, logits) == pytest.approx((0.02 / 3) ** 0.5, rel=1e-4)
    assert logit_difference(101 * logits, 100 * logits) == pytest.approx(0.01, rel=1e-3)
