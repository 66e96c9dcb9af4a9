"""The task predict: logits of a quantized folder, computed in 8 bit."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModelForSequenceClassification

from nacre_model import protocol
from nacre_model.logits_tables import read_logits
from nacre_model.models import attention_implementation
from nacre_model.tables import read_folds, read_tokens
from nacre_quantization import predict as predict_module
from nacre_quantization.int8_linear import Int8Linear
from nacre_quantization.loading import load_quantized
from nacre_quantization.predict import Int8Witness, predict
from nacre_quantization.quantize import quantize


@pytest.fixture(scope="module", params=["llama", "qwen2", "gemma2"])
def workspace(request, tmp_path_factory, make_workspace):
    made = make_workspace(tmp_path_factory.mktemp(request.param), request.param, 64)
    quantize(made.quantize_context("quantized"))
    return made


def test_logits_are_those_that_plain_transformers_computes_row_by_row(workspace):
    metrics = predict(workspace.predict_context("logits", "quantized"))
    written = read_logits(workspace.root / "logits", workspace.labels)
    tokens = read_tokens({"train": workspace.root / "tokens"}, 3)
    assert written.keys() == tokens.keys()
    assert metrics["rows"] == len(tokens)
    assert metrics["int8_linears"] == 14
    plain = AutoModelForSequenceClassification.from_pretrained(workspace.root / "quantized").eval()
    plain.set_attn_implementation(attention_implementation(plain.config))
    with torch.inference_mode():
        expected = torch.cat(
            [
                plain(input_ids=torch.tensor(tokens.input_ids(row), dtype=torch.int64).unsqueeze(0)).logits
                for row in range(len(tokens))
            ]
        )
    # Padding and the number of rows in a product change the order of sums.
    torch.testing.assert_close(torch.from_numpy(written.logits), expected, rtol=0, atol=5e-5)


def test_the_same_request_gives_the_same_bytes(workspace):
    for output in ("first", "second"):
        predict(workspace.predict_context(output, "quantized"))
    first, second = (
        (workspace.root / output / "logits-00000.parquet").read_bytes() for output in ("first", "second")
    )
    assert first == second


def test_blind_rows_in_the_order_as_given(workspace):
    predict(workspace.predict_context("blind", "quantized", rows="blind", orders="as_given"))
    written = read_logits(workspace.root / "blind", workspace.labels)
    folds = read_folds(workspace.root / "folds")
    assert set(written.example_ids) == set(folds.example_ids[folds.blind])
    assert not written.swapped.any()
    assert len(written) == folds.blind.sum()


def test_events_count_the_rows(workspace):
    predict(workspace.predict_context("counted", "quantized"))
    events = [json.loads(line) for line in (workspace.root / "counted.events.jsonl").read_text().splitlines()]
    assert [event["phase"] for event in events if event["type"] == "phase-start"] == ["loading", "scoring"]
    last = [event for event in events if event["type"] == "rows-written"][-1]
    assert last["rows"] == last["total"] == 48


def test_logits_that_are_not_finite_are_refused_naming_a_row(workspace, tmp_path):
    quantized = workspace.root / "quantized"
    (tmp_path / "config.json").write_bytes((quantized / "config.json").read_bytes())
    tensors = load_file(quantized / "model.safetensors")
    tensors["model.norm.weight"][0] = float("inf")
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    context = workspace.predict_context("infinite", "quantized")
    context.inputs["model"] = tmp_path
    with pytest.raises(protocol.NonFiniteLoss, match="train:"):
        predict(context)
    assert not list((workspace.root / "infinite").iterdir())


def test_a_recipe_with_other_labels_is_refused(workspace):
    context = workspace.predict_context("two", "quantized")
    context.parameters["labels"] = [*workspace.labels, "neither"]
    with pytest.raises(protocol.ContractViolation, match="3 outputs for 4 labels"):
        predict(context)


def test_a_model_with_a_linear_that_is_not_8_bit_is_refused(workspace, monkeypatch):
    def load_with_one_wide_linear(*arguments):
        model = load_quantized(*arguments)
        columns = model.config.hidden_size
        model.set_submodule("model.layers.1.mlp.up_proj", nn.Linear(columns, 2 * columns, bias=False))
        return model

    monkeypatch.setattr(predict_module, "load_quantized", load_with_one_wide_linear)
    context = workspace.predict_context("wide", "quantized")
    with pytest.raises(
        protocol.ContractViolation, match=r"layers\.1\.mlp\.up_proj did not run as Int8Linear"
    ):
        predict(context)


def test_a_linear_that_did_not_run_is_named(workspace):
    model = load_quantized(workspace.root / "quantized")
    witness = Int8Witness(model)
    witness.batches = 1
    with pytest.raises(protocol.ContractViolation, match="did not run"):
        witness.assert_int8()
    model.model(input_ids=torch.ones(1, 4, dtype=torch.int64), use_cache=False)
    witness.assert_int8()


def test_a_linear_whose_codes_were_expanded_is_named(workspace):
    model = load_quantized(workspace.root / "quantized")
    witness = Int8Witness(model)
    linear = model.get_submodule("model.layers.0.mlp.down_proj")
    assert isinstance(linear, Int8Linear)
    linear.codes = linear.codes.float()
    model.model(input_ids=torch.ones(1, 4, dtype=torch.int64), use_cache=False)
    witness.batches = 1
    with pytest.raises(protocol.ContractViolation, match=r"layers\.0\.mlp\.down_proj"):
        witness.assert_int8()


def test_tokens_in_swapped_order_only_cannot_be_predicted_as_given(workspace, monkeypatch):
    read = predict_module.read_tokens

    def only_swapped(*arguments):
        tokens = read(*arguments)
        tokens.swapped[:] = True
        return tokens

    monkeypatch.setattr(predict_module, "read_tokens", only_swapped)
    context = workspace.predict_context("none", "quantized", orders="as_given")
    with pytest.raises(protocol.InvalidData, match="swapped"):
        predict(context)


OTHER_EXECUTIONS = [
    {"micro_batch_tokens": 40},
    *([{"device": "cuda"}] if torch.cuda.is_available() else []),
]


@pytest.mark.parametrize("execution", OTHER_EXECUTIONS, ids=str)
def test_another_execution_agrees_within_a_hundredth_of_a_logit(tmp_path, make_workspace, execution):
    made = make_workspace(tmp_path, "gemma2", 128)
    quantize(made.quantize_context("quantized"))
    predict(made.predict_context("logits", "quantized"))
    made.execution.update(execution)
    quantize(made.quantize_context("quantized-again"))
    predict(made.predict_context("logits-again", "quantized-again"))
    first, again = (read_logits(tmp_path / name, made.labels).logits for name in ("logits", "logits-again"))
    # Another order of sums in a Hessian moves a few codes by one.
    assert abs(first - again).max() < 0.01
