"""Training on toy rows for tests: the loop of a context, and what a finished run has written."""

from __future__ import annotations

import json
from typing import Any

from nacre_model.adapters import attach
from nacre_model.models import load_classifier
from nacre_model.protocol import TaskContext
from nacre_model.training import TrainingLoop, read_training_rows, starting_adapter

LABELS = ["model_a", "model_b", "tie"]
FAMILIES = ["llama", "qwen2", "gemma2"]
FILES = ["adapter_config.json", "adapter_model.safetensors", "history.json"]


def loop_of(job: TaskContext) -> TrainingLoop:
    """The loop that `train` would run, before its first step."""
    parameters = job.parameters
    model = load_classifier(job.input("base"), len(job.labels), parameters["dtype"], parameters["seed"])
    attach(model, starting_adapter(job, model), trainable=True)
    return TrainingLoop(job, model, read_training_rows(job))


def history(job: TaskContext) -> list[dict[str, Any]]:
    """The steps of history.json."""
    return json.loads((job.output / "history.json").read_text())["steps"]


def events(job: TaskContext, kind: str) -> list[dict[str, Any]]:
    """The events of one type that a run has emitted."""
    assert job.events is not None
    lines = [json.loads(line) for line in job.events.read_text().splitlines()]
    return [line for line in lines if line["type"] == kind]
