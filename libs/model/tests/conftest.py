"""Rows of a small arena, tiny real bases of the three families, and task contexts on disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

# Test modules are imported by path, so what they share has to be put on the path.
sys.path.insert(0, str(Path(__file__).parent))

import arena

from nacre_model import protocol
from nacre_model.base_models import make_base_model
from nacre_model.documents import schema
from nacre_model.protocol import TaskContext

FAMILIES = ["llama", "qwen2", "gemma2"]

torch.set_num_threads(1)


def tiny(family: str, **changes: Any) -> dict[str, Any]:
    """Parameters of a tiny base, 32 wide and not warmed up unless `changes` say so."""
    warm_up = {"on": "none", "rows": 40, "steps": 4, "batch": 8, "learning_rate": 4e-3}
    return {
        "family": family,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 600,
        "seed": 1,
        **changes,
        "warm_up": {**warm_up, **changes.get("warm_up", {})},
    }


def stage_of(task: str) -> dict[str, Any]:
    """A stage kind that the task computes, in its present version."""
    kind = {"make-base-model": "make_base", "train": "train_teacher"}.get(task, task.replace("-", "_"))
    return {"kind": kind, "version": schema("stage-versions")[kind]}


def make_context(
    folder: Path, task: str, parameters: dict[str, Any], inputs: dict[str, Path] | None = None
) -> TaskContext:
    """A context whose output and events lie in `folder`, which is made."""
    (folder / "output").mkdir(parents=True)
    return TaskContext(
        task=task,
        stage={**stage_of(task), "name": f"test/{task}", "key": "0" * 64},
        parameters=parameters,
        execution={"threads": 1, "device": "cpu", "micro_batch_tokens": 4096, "ranks": 1},
        inputs=inputs or {},
        output=folder / "output",
        events=folder / "events.jsonl",
    )


def write_request(context: TaskContext, **changes: Any) -> Path:
    """The request document of a context, beside its output; `changes` replace keys of it."""
    folder = context.output.parent
    document = {
        "nacre_request": 1,
        "task": context.task,
        "stage": context.stage,
        "parameters": context.parameters,
        "execution": context.execution,
        "inputs": {name: str(path) for name, path in context.inputs.items()},
        "output": str(context.output),
        "input_contents": dict.fromkeys(context.inputs, "0" * 64),
        "checkpoints": context.checkpoints,
        "events": str(context.events),
        "result": str(folder / "result.json"),
        **changes,
    }
    place = folder / "request.json"
    place.write_text(json.dumps(document), encoding="utf-8")
    return place


def events_of(context: TaskContext) -> list[dict[str, Any]]:
    """The events that a task has written."""
    assert context.events is not None
    return [json.loads(line) for line in context.events.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def rows() -> list[arena.Comparison]:
    return list(arena.draw(40, seed=3))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, rows: list[arena.Comparison]) -> Path:
    """Folder of a prepared source."""
    return arena.write_comparisons(tmp_path_factory.mktemp("prepared") / "train", rows)


@pytest.fixture(scope="session")
def latents(tmp_path_factory: pytest.TempPathFactory, rows: list[arena.Comparison]) -> Path:
    """Folder with latents.parquet of the same rows."""
    return arena.write_latents(tmp_path_factory.mktemp("latents") / "latents", rows)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Callable[[str], Path]:
    """Folder of a random tiny base by family, made once."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            parameters = {"labels": list(arena.LABELS), "tiny": tiny(family)}
            place = tmp_path_factory.mktemp(family) / "base"
            context = make_context(place, "make-base-model", parameters, {"text-train": prepared})
            make_base_model(context)
            made[family] = context.output
        return made[family]

    return folder


@pytest.fixture(autouse=True)
def _nobody_asked_to_stop():
    protocol._stop.asked = False
    yield
    protocol._stop.asked = False
