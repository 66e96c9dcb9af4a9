"""The task `quantize`: base + merged adapter → 8-bit classifier in compressed-tensors layout."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from transformers import AutoConfig

from nacre_model.adapters import add_to_base, backbone_linears, read_adapter
from nacre_model.batches import micro_batches
from nacre_model.models import HEAD_NAME, classify, load_classifier
from nacre_model.protocol import TaskContext, json_text, task
from nacre_model.tables import read_folds, read_tokens
from nacre_quantization.calibration import calibration_rows
from nacre_quantization.checks import LOGIT_TOLERANCE, check_quantized
from nacre_quantization.layerwise import LayerReport, quantize_layers
from nacre_quantization.packing import write_quantized

REPORT_FILE = "quantization.json"
CHECKED_ROWS = 32

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
)
"""Files that a tokenizer of the three families may consist of."""


@task("quantize")
def quantize(context: TaskContext) -> dict[str, float]:
    """Quantizes the float32 sum of base and adapter and writes it, once it has passed the checks.

    Writes config.json, model.safetensors, the base's tokenizer files and quantization.json.
    Raises what quantize_layers and check_quantized raise.
    """
    parameters, device = context.parameters, context.execution["device"]
    context.phase("loading")
    base = context.input("base")
    tokens = read_tokens(context.inputs_of("tokens"), len(context.labels))
    rows = calibration_rows(
        tokens, read_folds(context.input("folds")), parameters["calibration_rows"], parameters["seed"]
    )
    # The sum is quantized, never a 16-bit copy of it.
    model = load_classifier(base, len(context.labels), "float32", head_seed=0).to(device)
    add_to_base(model, read_adapter(context.input("adapter")))
    linears = list(backbone_linears(model))

    checked, calibration = (
        list(
            micro_batches(
                tokens,
                chosen,
                context.execution["micro_batch_tokens"],
                model.config.pad_token_id or 0,
                device,
            )
        )
        for chosen in (rows[:CHECKED_ROWS], rows)
    )
    context.spend("step")
    with torch.inference_mode():
        expected = torch.cat([classify(model, batch.input_ids, batch.lengths) for batch in checked])

    context.phase("quantizing")
    layers: list[LayerReport] = []
    count = model.config.get_text_config().num_hidden_layers
    context.check_stop()
    for layer in quantize_layers(
        model, calibration, parameters["method"], parameters["group_size"], parameters["damping"]
    ):
        layers.append(layer)
        context.emit("layer-quantized", layer=len(layers), layers=count, relative_error=layer.relative_error)
        context.check_stop()

    context.phase("writing")
    context.spend("load")
    # Tensors that are not quantized keep the dtype that the base says it has.
    dtype = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False).dtype
    write_quantized(model, context.output, context.labels, dtype or torch.float32)
    copy_tokenizer(base, context.output)
    architecture, head = type(model).__name__, getattr(model, HEAD_NAME).weight.detach()
    del model
    context.phase("checking")
    context.spend("step")
    difference = check_quantized(context.output, architecture, head, linears, checked, expected)
    context.spend("load")
    write_report(context, layers, len(rows), difference)
    errors = [linear.relative_error for layer in layers for linear in layer.linears]
    nearest = [linear.round_to_nearest_error for layer in layers for linear in layer.linears]
    return {
        "calibration_rows": float(len(rows)),
        "linears": float(len(errors)),
        "mean_relative_error": sum(errors) / len(errors),
        "mean_round_to_nearest_error": sum(nearest) / len(nearest),
        "logit_difference": difference,
    }


def copy_tokenizer(base: Path, folder: Path) -> None:
    """Copies the tokenizer files that the base has."""
    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)


def write_report(context: TaskContext, layers: list[LayerReport], rows: int, difference: float) -> None:
    """Writes quantization.json: how every linear was quantized, and at what error."""
    document = {
        "method": context.parameters["method"],
        "bits": 8,
        "calibration_rows": rows,
        "logit_difference": difference,
        "logit_tolerance": LOGIT_TOLERANCE,
        "layers": [
            {
                "relative_error": layer.relative_error,
                "linears": [asdict(linear) for linear in layer.linears],
            }
            for layer in layers
        ],
    }
    (context.output / REPORT_FILE).write_text(json_text(document) + "\n", encoding="utf-8")
