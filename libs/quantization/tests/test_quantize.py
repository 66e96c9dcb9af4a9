"""The task quantize on the three families: what it writes is what plain transformers reads."""

import hashlib
import json
import weakref

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from nacre_model import protocol
from nacre_model.adapters import add_to_base, backbone_linears
from nacre_model.batches import micro_batches
from nacre_model.models import assert_attention, classify, load_classifier
from nacre_model.tables import read_folds, read_tokens
from nacre_quantization import layerwise
from nacre_quantization.calibration import calibration_rows
from nacre_quantization.gptq import accumulate_hessian, make_hessian, quantize_weight, round_to_nearest
from nacre_quantization.int8_linear import int8_linears
from nacre_quantization.loading import load_quantized
from nacre_quantization.packing import unpack_weight
from nacre_quantization.quantize import quantize

FAMILIES = ["llama", "qwen2", "gemma2"]
# Per width: columns per scale of the attention's and of down_proj's inputs (twice as wide).
GROUPS = {64: (64, 128), 96: (96, 64), 128: (128, 128)}

PARTS = ("weight_packed", "weight_scale", "weight_shape")


@pytest.fixture(scope="module", params=[(family, width) for family in FAMILIES for width in GROUPS], ids=str)
def quantized(request, tmp_path_factory, make_workspace):
    """A workspace whose folder `quantized` the task has written, and its family and width."""
    family, width = request.param
    workspace = make_workspace(tmp_path_factory.mktemp(f"{family}-{width}"), family, width)
    quantize(workspace.quantize_context("quantized"))
    return workspace, family, width


def plain_transformers(folder, dtype=torch.float32, attention=None):
    model, report = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=dtype, attn_implementation=attention, output_loading_info=True
    )
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model.eval()


def exact_sum(workspace):
    model = load_classifier(workspace.root / "base", len(workspace.labels), "float32", head_seed=0)
    add_to_base(model, workspace.adapter)
    return model


def test_plain_transformers_computes_the_same_logits(quantized):
    workspace, _, _ = quantized
    ours = load_quantized(workspace.root / "quantized")
    plain = plain_transformers(workspace.root / "quantized", attention=ours.config._attn_implementation)
    input_ids = torch.randint(3, 64, (5, 30), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        theirs = plain(input_ids=input_ids, use_cache=False).logits
        states = plain.model(input_ids=input_ids, use_cache=False).last_hidden_state
        assert torch.equal(ours.model(input_ids=input_ids, use_cache=False).last_hidden_state, states)
        mine = classify(ours, input_ids, torch.full((5,), 30))
    # transformers applies the head to every token, so that its sums run in another order.
    torch.testing.assert_close(mine, theirs, rtol=0, atol=2e-5)


def test_logits_stay_close_to_those_of_the_unquantized_sum(quantized):
    workspace, _, _ = quantized
    input_ids = torch.randint(3, 64, (5, 30), generator=torch.Generator().manual_seed(1))
    lengths = torch.full((5,), 30)
    with torch.inference_mode():
        exact = classify(exact_sum(workspace), input_ids, lengths)
        ours = classify(load_quantized(workspace.root / "quantized"), input_ids, lengths)
    assert 0 < (ours - exact).abs().max() < 0.05 * exact.std()


def test_linears_keep_less_than_six_tenths_of_their_16_bit_bytes_after_a_forward(quantized):
    workspace, _, _ = quantized
    model = load_quantized(workspace.root / "quantized")
    input_ids = torch.randint(3, 64, (2, 12), generator=torch.Generator().manual_seed(1))
    classify(model, input_ids, torch.tensor([12, 12]))
    kept = sum(
        tensor.nbytes
        for linear in int8_linears(model).values()
        for name, tensor in [*linear.named_buffers(), *linear.named_parameters()]
        if name != "bias"
    )
    assert kept < 0.6 * sum(2 * linear.codes.numel() for linear in int8_linears(model).values())
    assert not backbone_linears(model)


def test_the_head_is_the_adapters_in_float32(quantized):
    workspace, _, _ = quantized
    head = load_file(workspace.root / "quantized" / "model.safetensors")["score.weight"]
    assert head.dtype == torch.float32
    assert torch.equal(head, workspace.adapter.head)


def test_the_report_names_every_linear_with_its_group_and_errors(quantized):
    workspace, _, width = quantized
    report = json.loads((workspace.root / "quantized" / "quantization.json").read_text())
    linears = [linear for layer in report["layers"] for linear in layer["linears"]]
    narrow, wide = GROUPS[width]
    assert {linear["name"] for linear in linears} == set(backbone_linears(exact_sum(workspace)))
    for linear in linears:
        columns = 2 * width if linear["name"].endswith("down_proj") else width
        assert linear["group_size"] == (wide if columns == 2 * width else narrow)
        assert linear["strategy"] == ("channel" if linear["group_size"] == columns else "group")
        assert 0 < linear["relative_error"] < 0.02
        assert linear["relative_error"] < linear["round_to_nearest_error"]


def test_configuration_keeps_the_architecture_and_names_the_labels(quantized):
    workspace, family, _ = quantized
    config = json.loads((workspace.root / "quantized" / "config.json").read_text())
    assert config["architectures"] == [f"{family.capitalize()}ForSequenceClassification"]
    assert config["id2label"] == {str(index): label for index, label in enumerate(workspace.labels)}
    assert config["quantization_config"]["ignore"] == ["score"]
    assert config["pad_token_id"] == 0
    if family == "gemma2":
        assert config["attn_logit_softcapping"] == 5.0


def test_codes_of_the_second_layer_come_from_the_inputs_that_the_quantized_first_layer_gives(quantized):
    workspace, _, _ = quantized
    tokens = read_tokens({"train": workspace.root / "tokens"}, len(workspace.labels))
    rows = calibration_rows(tokens, read_folds(workspace.root / "folds"), 16, 3)
    model = load_quantized(workspace.root / "quantized")
    name = "model.layers.1.self_attn.k_proj"
    weight = exact_sum(workspace).get_submodule(name).weight
    hessian = make_hessian(weight.shape[1])
    for batch in micro_batches(tokens, rows, 128, 0):
        real = torch.arange(batch.input_ids.shape[1]) < batch.lengths.unsqueeze(1)
        seen = []
        handle = model.get_submodule(name).register_forward_pre_hook(
            lambda _module, arguments, seen=seen: seen.append(arguments[0])
        )
        classify(model, batch.input_ids, batch.lengths)
        handle.remove()
        accumulate_hessian(hessian, seen[0][real])
    stored = model.get_submodule(name).quantized_weight
    expected = quantize_weight(weight, hessian, stored.group_size, 0.01, name)
    assert torch.equal(stored.codes, expected.codes)
    assert torch.equal(stored.scales, expected.scales)


def test_the_tokenizer_comes_along_and_events_count_the_layers(quantized):
    workspace, _, _ = quantized
    folder = workspace.root / "quantized"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "quantization.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (folder / name).read_bytes() == (workspace.root / "base" / name).read_bytes()
    lines = (workspace.root / "quantized.events.jsonl").read_text().splitlines()
    layers = [event for event in map(json.loads, lines) if event["type"] == "layer-quantized"]
    assert [(event["layer"], event["layers"]) for event in layers] == [(1, 2), (2, 2)]


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(tmp_path, make_workspace):
    workspace = make_workspace(tmp_path, "llama", 64)
    for output, seed in (("first", 3), ("second", 3), ("third", 4)):
        quantize(workspace.quantize_context(output, seed=seed))
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert (
        digests(tmp_path / "first")["model.safetensors"] != digests(tmp_path / "third")["model.safetensors"]
    )


def test_round_to_nearest_stores_the_nearest_codes_of_the_float32_sum(tmp_path, make_workspace):
    workspace = make_workspace(tmp_path, "qwen2", 128)
    metrics = quantize(workspace.quantize_context("nearest", method="round_to_nearest", group_size=64))
    tensors = load_file(tmp_path / "nearest" / "model.safetensors")
    for name, linear in backbone_linears(exact_sum(workspace)).items():
        stored = unpack_weight({part: tensors[f"{name}.{part}"] for part in PARTS})
        expected = round_to_nearest(linear.weight, 64)
        assert torch.equal(stored.codes, expected.codes)
        assert torch.equal(stored.scales, expected.scales)
        if linear.bias is not None:
            assert torch.equal(tensors[f"{name}.bias"], linear.bias)
    assert metrics["mean_relative_error"] == metrics["mean_round_to_nearest_error"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bfloat16_base_stays_one_and_computes_as_plain_transformers_does(tmp_path, make_workspace, family):
    workspace = make_workspace(tmp_path, family, 128, "bfloat16")
    quantize(workspace.quantize_context("quantized"))
    ours = load_quantized(tmp_path / "quantized")
    assert ours.model.embed_tokens.weight.dtype == torch.bfloat16
    assert ours.score.weight.dtype == torch.float32
    assert ours.model.rotary_emb.inv_freq.dtype == torch.float32
    assert_attention(ours)
    plain = plain_transformers(tmp_path / "quantized", torch.bfloat16, ours.config._attn_implementation)
    input_ids = torch.randint(3, 64, (3, 20), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        plain(input_ids=input_ids)
        mine, theirs = (
            model.model(input_ids=input_ids, use_cache=False).last_hidden_state for model in (ours, plain)
        )
    assert torch.equal(mine, theirs)


def test_no_hessian_outlives_its_layer(tmp_path, make_workspace, monkeypatch):
    workspace = make_workspace(tmp_path, "llama", 64)
    context = workspace.quantize_context("quantized")
    made, alive = [], []

    def remembered(columns, device):
        hessian = make_hessian(columns, device)
        made.append(weakref.ref(hessian))
        return hessian

    monkeypatch.setattr(layerwise, "make_hessian", remembered)
    monkeypatch.setattr(
        context, "check_stop", lambda: alive.append(sum(reference() is not None for reference in made))
    )
    quantize(context)
    assert len(made) == 14
    assert alive == [0, 0, 0]


def test_a_stop_between_layers_leaves_no_model_behind(tmp_path, make_workspace, monkeypatch):
    workspace = make_workspace(tmp_path, "llama", 64)
    context = workspace.quantize_context("stopped")
    monkeypatch.setattr(protocol._stop, "asked", False)
    emit = context.emit

    def stop_after_the_first_layer(type, **fields):
        emit(type, **fields)
        if type == "layer-quantized":
            protocol.request_stop()

    monkeypatch.setattr(context, "emit", stop_after_the_first_layer)
    with pytest.raises(protocol.TrainerStopped):
        quantize(context)
    assert not list((tmp_path / "stopped").iterdir())
    context.tell_spending(at_once=True)
    lines = [json.loads(line) for line in (tmp_path / "stopped.events.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines].count("layer-quantized") == 1
    spent = lines[-1]["seconds"]
    assert min(spent["load"], spent["step"]) > 0


def test_an_adapter_of_another_base_is_refused(tmp_path, make_workspace):
    workspace = make_workspace(tmp_path, "llama", 64)
    (tmp_path / "other").mkdir()
    make_workspace(tmp_path / "other", "llama", 128)
    context = workspace.quantize_context("quantized")
    context.inputs["adapter"] = tmp_path / "other" / "adapter"
    with pytest.raises(protocol.ContractViolation, match="adapter"):
        quantize(context)
    assert not list((tmp_path / "quantized").iterdir())
