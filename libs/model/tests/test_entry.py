"""`python -m nacre_model`: exit codes, result files and events of every way a task can end."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import events_of, make_context, write_request
from safetensors import SafetensorError

from nacre_model import protocol
from nacre_model.documents import fault
from nacre_model.entry import main
from nacre_model.protocol import (
    CheckpointRefused,
    CollectiveTimeout,
    DeviceFault,
    DoesNotFit,
    InvalidData,
    NonFiniteLoss,
    OutOfMemory,
    TaskContext,
    TaskError,
    TrainerStopped,
)

MERGE = {"method": "product_mean"}
Outcome = tuple[int, dict[str, Any]]


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs a function as the task merge; returns exit code and result document."""

    def run(function: Callable[[TaskContext], dict[str, float]], **changes: Any) -> Outcome:
        monkeypatch.setattr(protocol, "_tasks", {"merge": function})
        context = make_context(tmp_path / "job", "merge", MERGE)
        code = main(["merge", "--request", str(write_request(context, **changes))])
        result = json.loads((tmp_path / "job" / "result.json").read_text())
        assert fault("task-result", result) is None
        assert result["exit_code"] == code
        events = events_of(context) if context.events and context.events.exists() else []
        assert [fault("task-event", event) for event in events] == [None] * len(events)
        return code, result

    return run


def failing(error: BaseException) -> Callable[[TaskContext], dict[str, float]]:
    def function(context: TaskContext) -> dict[str, float]:
        raise error

    return function


def test_a_task_that_ends_well_is_told_so(outcome: Callable[..., Outcome], tmp_path: Path):
    code, result = outcome(lambda context: {"rows": 3})
    assert code == 0
    assert result["metrics"] == {"rows": 3.0}
    assert result["error"] is None
    assert result["environment"]["threads"] == 1
    assert result["environment"]["torch"].startswith("2.")
    types = [
        json.loads(line)["type"] for line in (tmp_path / "job" / "events.jsonl").read_text().splitlines()
    ]
    assert types == ["task-start", "memory-peak", "time-spent", "task-end"]


@pytest.mark.parametrize(
    "error",
    [
        InvalidData,
        NonFiniteLoss,
        TrainerStopped,
        OutOfMemory,
        DeviceFault,
        CheckpointRefused,
        DoesNotFit,
        CollectiveTimeout,
    ],
)
def test_an_error_of_the_protocol_has_its_name_and_exit_code(
    outcome: Callable[..., Outcome], error: type[TaskError]
):
    code, result = outcome(failing(error("train:7: why")))
    assert code == error.exit_code
    assert result["error"] == {"type": error.type, "message": "train:7: why"}


@pytest.mark.parametrize(
    ("error", "kind", "expected"),
    [
        (MemoryError("8 GiB"), "OutOfMemory", 76),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "OutOfMemory", 76),
        (OSError(errno.ENOSPC, "No space left on device", "/output/a"), "DoesNotFit", 79),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "DoesNotFit", 79),
        (RuntimeError("CUDA error: uncorrectable ECC error encountered"), "DeviceFault", 77),
        (RuntimeError("CUDA error: device-side assert triggered"), "TrainerCrashed", 1),
        (KeyError("a bug"), "TrainerCrashed", 1),
        (KeyboardInterrupt(), "TrainerCrashed", 1),
    ],
)
def test_other_failures_are_told_apart(
    outcome: Callable[..., Outcome], error: BaseException, kind: str, expected: int
):
    code, result = outcome(failing(error))
    assert (code, result["error"]["type"]) == (expected, kind)
    assert result["metrics"] == {}


def test_a_metric_that_is_no_number_fails_the_task_by_its_name(outcome: Callable[..., Outcome]):
    code, result = outcome(lambda context: {"rows": 1.0, "loss": float("nan")})
    assert code == 70
    assert "loss" in result["error"]["message"]


def test_a_refused_request_is_answered_where_it_wants_its_answer(outcome: Callable[..., Outcome]):
    code, result = outcome(lambda context: {}, parameters={"method": "median"})
    assert code == 64
    assert result["error"]["type"] == "ContractViolation"
    assert "parameters.method" in result["error"]["message"]


@pytest.mark.parametrize("arguments", [[], ["merge"], ["merge", "--request"], ["--unknown"]])
def test_a_command_line_that_is_none_has_the_exit_code_of_a_refused_request(arguments: list[str]):
    assert main(arguments) == 64


def test_a_request_that_is_not_there_has_no_result(tmp_path: Path):
    assert main(["merge", "--request", str(tmp_path / "none.json")]) == 64
    assert list(tmp_path.iterdir()) == []


def test_threads_are_those_of_the_request_and_kernels_deterministic(outcome: Callable[..., Outcome]):
    import torch

    def function(context: TaskContext) -> dict[str, float]:
        return {
            "threads": torch.get_num_threads(),
            "deterministic": torch.are_deterministic_algorithms_enabled(),
        }

    code, result = outcome(function)
    torch.use_deterministic_algorithms(False)
    assert code == 0
    assert result["metrics"] == {"threads": 1.0, "deterministic": 1.0}


@pytest.mark.slow
def test_sigterm_ends_a_real_training_step_loop_with_75(tmp_path: Path, prepared: Path, latents: Path):
    from conftest import tiny

    parameters = {
        "labels": ["model_a", "model_b", "tie"],
        "tiny": tiny("llama", hidden_size=64, warm_up={"on": "text", "steps": 100_000}),
    }
    context = make_context(tmp_path / "job", "make-base-model", parameters, {"text-train": prepared})
    arguments = ["-m", "nacre_model", "make-base-model", "--request", str(write_request(context))]
    process = subprocess.Popen([sys.executable, *arguments], env=child_environment())
    assert context.events is not None
    while process.poll() is None and "step-end" not in (
        context.events.read_text() if context.events.exists() else ""
    ):
        time.sleep(0.1)
    process.terminate()
    assert process.wait(30) == 75
    result = json.loads((tmp_path / "job" / "result.json").read_text())
    assert result["error"]["type"] == "TrainerStopped"
    assert not (context.output / "model.safetensors").exists()


def child_environment(**more: str) -> dict[str, str]:
    """This process' environment with the package on the path."""
    source = str(Path(__file__).parents[1] / "src")
    return {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1", **more}
