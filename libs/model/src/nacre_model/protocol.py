"""What a task may count on: its request, its events, its stop signal, its errors and its registry.

Imports nothing heavy, so that a launcher, a warm parent or another package can read it at once.
"""

# The names are those of libs/contracts/src/errors.
# ruff: noqa: N818

from __future__ import annotations

import importlib
import json
import math
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from nacre_model.spending import Spending, SpendingClock

SECONDS_BETWEEN_SPENDING_EVENTS = 1.0


class TaskError(Exception):
    """A failure that a task reports on purpose.

    `type` is an error name of libs/contracts/src/errors, by which the activity decides what becomes
    of the stage; `exit_code` is the process' exit code. The message names the place and the remedy
    and never quotes private text.
    """

    type: ClassVar[str] = "TrainerCrashed"
    exit_code: ClassVar[int] = 1


class ContractViolation(TaskError):
    """The request, an input folder or a version is not what the contract promises."""

    type = "ContractViolation"
    exit_code = 64


class InvalidData(TaskError):
    """An input file has rows that the task cannot use."""

    type = "InvalidData"
    exit_code = 65


class NonFiniteLoss(TaskError):
    """A loss, gradient, logit or metric was NaN or infinite."""

    type = "NonFiniteLoss"
    exit_code = 70


class TrainerStopped(TaskError):
    """The task was asked to stop and stopped at a step boundary."""

    type = "TrainerStopped"
    exit_code = 75


class OutOfMemory(TaskError):
    """The task asked for more memory than its device has; a smaller micro-batch may fit."""

    type = "OutOfMemory"
    exit_code = 76


class DeviceFault(TaskError):
    """The device computed something else the second time, or does not answer."""

    type = "DeviceFault"
    exit_code = 77


class CheckpointRefused(TaskError):
    """The checkpoint to go on from is damaged or not of this stage; the next older one may do."""

    type = "CheckpointRefused"
    exit_code = 78


class DoesNotFit(TaskError):
    """One row alone does not fit into memory, or the output does not fit onto the disk."""

    type = "DoesNotFit"
    exit_code = 79


class CollectiveTimeout(TaskError):
    """A rank waited in vain for the others."""

    type = "CollectiveTimeout"
    exit_code = 80


_stop = SimpleNamespace(asked=False)


def request_stop() -> None:
    """Ask the running task to stop at its next step boundary; SIGTERM and the lifeline do so.

    A rank hears SIGTERM from its worker and from its launcher, the second perhaps while it handles the
    first: nothing with a lock, like threading.Event, may be touched here.
    """
    _stop.asked = True


def stop_requested() -> bool:
    """Whether the task has been asked to stop."""
    return bool(_stop.asked)


@dataclass
class TaskContext:
    """One request, as a task sees it.

    stage: {kind, version, name, key}. parameters: hashed into the stage key. execution: {threads, device,
    micro_batch_tokens, ranks}, never hashed. inputs: folder of each input artifact, read only.
    output: an empty folder for the files of the artifact. events: file to which JSON lines are
    appended, or None to drop them, as every rank but the first does. input_contents: content_id of each
    input. checkpoints: {folder, every_seconds, resume}, or None where the task keeps none.
    """

    task: str
    stage: dict[str, Any]
    parameters: dict[str, Any]
    execution: dict[str, Any]
    inputs: dict[str, Path]
    output: Path
    events: Path | None = None
    input_contents: dict[str, str] = field(default_factory=dict)
    checkpoints: dict[str, Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _clock: SpendingClock = field(default_factory=SpendingClock, repr=False)
    _told: float = field(default=-math.inf, repr=False)

    @property
    def labels(self) -> list[str]:
        """Classes in the order of head outputs; two or three of them."""
        return list(self.parameters["labels"])

    def input(self, name: str) -> Path:
        """Folder of a required input.

        Raises ContractViolation when the request does not name it.
        """
        folder = self.inputs.get(name)
        if folder is None:
            raise ContractViolation(f"inputs.{name}: the task {self.task} needs it and the request has none")
        return folder

    def inputs_of(self, kind: str) -> dict[str, Path]:
        """Folders of the inputs called `<kind>-<name>`, by name, in the order of the names."""
        prefix = f"{kind}-"
        found = {
            name.removeprefix(prefix): path for name, path in self.inputs.items() if name.startswith(prefix)
        }
        return dict(sorted(found.items()))

    def emit(self, type: str, **fields: Any) -> None:
        """Append one event (an object of taskEventSchema; `at` is added) and hand it to the system at once.

        Raises NonFiniteLoss when a figure is NaN or infinite: no document of Nacre carries one.
        """
        line = json_text({"at": time.time(), "type": type, **fields})
        if self.events is None:
            return
        # One write to a file opened for appending: a reader never sees half a line of two writers.
        with self._lock, self.events.open("ab", buffering=0) as stream:
            stream.write(line.encode() + b"\n")

    def phase(self, name: str) -> None:
        """Say what the task does from now on (`loading`, `training`, `writing` …)."""
        self.emit("phase-start", phase=name)

    def spend(self, category: Spending) -> None:
        """Count the time of this process as `category` from now on; until the first call it is `load`."""
        self._clock.switch(category)
        self.tell_spending()

    def tell_spending(self, at_once: bool = False) -> None:
        """Emit time-spent; nothing where the last one is less than a second old, save `at_once`."""
        now = time.monotonic()
        if at_once or now - self._told >= SECONDS_BETWEEN_SPENDING_EVENTS:
            self._told = now
            self.emit("time-spent", seconds=self._clock.seconds())

    def check_stop(self) -> None:
        """Called at step boundaries: raises TrainerStopped once a stop has been asked for."""
        self.tell_spending()
        if stop_requested():
            raise TrainerStopped(f"{self.stage['name']}: stopped at a step boundary, as asked")


def json_text(document: Any) -> str:
    """Compact JSON with real Unicode.

    Raises NonFiniteLoss for NaN or infinity, which are not JSON.
    """
    try:
        return json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError as error:
        raise NonFiniteLoss(f"a figure is NaN or infinite and cannot be written: {list(document)}") from error


Task = Callable[[TaskContext], dict[str, float]]
"""A task writes the files of its artifact into context.output and returns small figures by name."""

_tasks: dict[str, Task] = {}

TASK_MODULES = {
    "make-base-model": "nacre_model.base_models",
    "tokenize": "nacre_model.tokenization",
    "train": "nacre_model.training",
    "export-logits": "nacre_model.logits",
    "merge": "nacre_model.merging",
}
"""Modules of this package that define tasks, imported on demand."""


def task(name: str) -> Callable[[Task], Task]:
    """Register a function as the task of that name."""

    def register(function: Task) -> Task:
        known = _tasks.get(name)
        if known is not None and known.__module__ != function.__module__:
            raise ContractViolation(
                f"task {name}: both {known.__module__} and {function.__module__} define it"
            )
        _tasks[name] = function
        return function

    return register


def foreign_modules() -> list[str]:
    """Modules named by NACRE_TASK_MODULES (separated by colons or commas), found on PYTHONPATH."""
    return [name for name in re.split(r"[:,\s]+", os.environ.get("NACRE_TASK_MODULES", "")) if name]


def find_task(name: str) -> Task:
    """The function of a task, from this package or from a module of NACRE_TASK_MODULES.

    Raises ContractViolation when nobody defines it.
    """
    if name not in _tasks:
        for module in [TASK_MODULES[name]] if name in TASK_MODULES else foreign_modules():
            importlib.import_module(module)
    if name not in _tasks:
        known = ", ".join(sorted({*TASK_MODULES, *_tasks}))
        raise ContractViolation(
            f"task {name}: nobody defines it; known are {known}; name further modules in NACRE_TASK_MODULES"
        )
    return _tasks[name]
