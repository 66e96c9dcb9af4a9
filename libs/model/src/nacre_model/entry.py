"""What `python -m nacre_model` does: one task, one result file, one exit code."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from nacre_model.documents import read_request, result_place, write_result
from nacre_model.environment import environment, prepare_libraries
from nacre_model.parent import tie_to_starter
from nacre_model.protocol import (
    ContractViolation,
    NonFiniteLoss,
    TaskContext,
    TaskError,
    find_task,
    request_stop,
)
from nacre_model.verdicts import verdict


def main(arguments: list[str]) -> int:
    """Run one task and return its exit code (libs/contracts/src/trainer/exit-codes.ts).

    The result file is written also when the task fails, and when the request is refused if the
    request can be read that far. The human log goes to stderr.
    """
    parser = argparse.ArgumentParser(prog="python -m nacre_model", description=main.__doc__)
    parser.add_argument("task", help="name of the task, e.g. train")
    parser.add_argument("--request", required=True, type=Path, help="request file (JSON)")
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:
        return ContractViolation.exit_code if end.code else 0
    signal.signal(signal.SIGTERM, lambda _number, _frame: request_stop())
    tie_to_starter()
    place: Path | None = None
    execution: dict[str, Any] | None = None
    try:
        context, place = read_request(chosen.request, chosen.task)
        execution = context.execution
        result = {"exit_code": 0, "metrics": run(context), "error": None}
    except BaseException as failure:
        place = place or result_place(chosen.request)
        kind, code, message = verdict(failure)
        if code == TaskError.exit_code:
            traceback.print_exception(failure)
        print(f"nacre_model {chosen.task}: {kind}: {message}", file=sys.stderr)
        result = {"exit_code": code, "metrics": {}, "error": {"type": kind, "message": message}}
    if place is not None:
        try:
            write_result(place, {"nacre_result": 1, "environment": environment(execution), **result})
        except OSError as failure:
            # The exit code says the same, and a full disk has no room for more.
            print(f"nacre_model {chosen.task}: the result cannot be written: {failure}", file=sys.stderr)
            return int(result["exit_code"]) or verdict(failure)[1]
    return int(result["exit_code"])


def run(context: TaskContext) -> dict[str, float]:
    """Run the task of a request between its start and end events; returns its metrics.

    Raises NonFiniteLoss when a metric is NaN or infinite.
    """
    started = time.monotonic()
    context.emit("task-start", task=context.task, pid=os.getpid())
    prepare_libraries(context.execution)
    function = find_task(context.task)
    try:
        metrics = {name: float(value) for name, value in function(context).items()}
    finally:
        # A device that does not answer must not hide what it failed with.
        with contextlib.suppress(RuntimeError):
            context.emit("memory-peak", bytes=memory_peak(context.execution["device"]))
        context.tell_spending(at_once=True)
    wild = [name for name, value in metrics.items() if not math.isfinite(value)]
    if wild:
        raise NonFiniteLoss(f"{context.stage['name']}: {', '.join(wild)} is NaN or infinite")
    context.emit("task-end", seconds=time.monotonic() - started)
    return metrics


def memory_peak(device: str) -> int:
    """Peak bytes of this process: device memory on a GPU, the resident set elsewhere."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
