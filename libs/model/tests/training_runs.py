"""Training on toy rows for tests: the loop of a context, and what a finished run has written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from nacre_model.protocol import TaskContext, TrainerStopped, request_stop
from nacre_model.ranks import Ranks
from nacre_model.schedule import Step
from nacre_model.training import training_loop
from nacre_model.training_loop import Figures, TrainingLoop

LABELS = ["model_a", "model_b", "tie"]
FAMILIES = ["llama", "qwen2", "gemma2"]
FILES = ["adapter_config.json", "adapter_model.safetensors", "history.json"]


def loop_of(job: TaskContext) -> TrainingLoop:
    """The loop that `train` would run, before its first step."""
    return training_loop(job, Ranks.join(job.execution))


def history(job: TaskContext) -> list[dict[str, Any]]:
    """The steps of history.json."""
    return json.loads((job.output / "history.json").read_text())["steps"]


def events(job: TaskContext, kind: str) -> list[dict[str, Any]]:
    """The events of one type that a run has emitted."""
    assert job.events is not None
    lines = [json.loads(line) for line in job.events.read_text().splitlines()]
    return [line for line in lines if line["type"] == kind]


def keep_checkpoints(job: TaskContext, resume: Path | None = None, every_seconds: float = 3600) -> Path:
    """Let a run keep checkpoints, and go on from one; returns their folder."""
    folder = job.output.parent / f"{job.output.name}-kept"
    job.checkpoints = {
        "folder": str(folder),
        "every_seconds": every_seconds,
        "resume": None if resume is None else str(resume),
    }
    return folder


def stop_during(loop: TrainingLoop, step: int) -> str:
    """Run a loop that is asked to stop while it computes a step; returns what it says then."""
    gradient = loop.gradient

    def then_stop(current: Step) -> Figures:
        if current.number == step:
            request_stop()
        return gradient(current)

    loop.gradient = then_stop
    try:
        loop.run()
    except TrainerStopped as stopped:
        return str(stopped)
    raise AssertionError(f"the run went on after step {step}")


def write_request(job: TaskContext, **changes: Any) -> Path:
    """The request of a run, beside its output; `changes` replace keys of it."""
    document = {
        "nacre_request": 1,
        "task": job.task,
        "stage": {**job.stage, "kind": "train_teacher"},
        "parameters": job.parameters,
        "execution": job.execution,
        "inputs": {name: str(folder) for name, folder in job.inputs.items()},
        "input_contents": job.input_contents,
        "checkpoints": job.checkpoints,
        "output": str(job.output),
        "events": str(job.events),
        "result": str(job.output.parent / f"{job.output.name}.json"),
        **changes,
    }
    place = job.output.parent / f"{job.output.name}-request.json"
    place.write_text(json.dumps(document), encoding="utf-8")
    return place


def result_of(job: TaskContext) -> dict[str, Any]:
    """What a run has answered to write_request's request."""
    return json.loads((job.output.parent / f"{job.output.name}.json").read_text())


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of a folder by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
