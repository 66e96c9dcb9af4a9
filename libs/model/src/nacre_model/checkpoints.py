"""Checkpoints of a training: written whole or not at all, and refused unless they are of this very stage.

A checkpoint <folder>/<step>/ holds adapter and head, the optimizer's moments and the history so far;
randomness needs nothing, every draw is a function of the row and the epoch. checkpoint.json
(libs/contracts/src/artifact/checkpoint.ts) is written last and says what the others are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from nacre_model.documents import fault, parse
from nacre_model.environment import environment
from nacre_model.protocol import CheckpointRefused, TaskContext, json_text

CHECKPOINT_FILE = "checkpoint.json"
WEIGHTS_FILE = "adapter.safetensors"
OPTIMIZER_FILE = "optimizer.safetensors"
HISTORY_FILE = "history.json"
FILES = (WEIGHTS_FILE, HISTORY_FILE, OPTIMIZER_FILE)
"""What a checkpoint consists of beside checkpoint.json."""

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""State of AdamW per parameter."""

PARTIAL_SUFFIX = ".part"
QUOTED_CHARACTERS = 80


@dataclass
class Progress:
    """How far a training is, between two steps.

    step: steps done. padded_tokens: tokens computed in them, padding included. history: a line of
    history.json per step.
    """

    step: int = 0
    padded_tokens: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class TrainedState:
    """What steps change: parameters by name in the model, and the AdamW that has them.

    steps: optimizer steps of the whole training.
    """

    parameters: Mapping[str, nn.Parameter]
    optimizer: torch.optim.AdamW
    steps: int


def write_checkpoint(
    folder: Path, context: TaskContext, state: TrainedState, progress: Progress
) -> tuple[Path, int]:
    """Write a checkpoint into `folder`; returns (the checkpoint's own folder, its bytes).

    It lies in <step>.part until every file and the folder are on the disk, and becomes <step> by a
    rename: whoever sees <step> sees all of it, also after a power cut.
    """
    part, place = folder / f"{progress.step}{PARTIAL_SUFFIX}", folder / str(progress.step)
    for left_over in (part, place):
        shutil.rmtree(left_over, ignore_errors=True)
    part.mkdir(parents=True)
    save_file(_weights(state), part / WEIGHTS_FILE)
    save_file(_moments(state), part / OPTIMIZER_FILE)
    history = {"padded_tokens": progress.padded_tokens, "steps": progress.history}
    (part / HISTORY_FILE).write_text(json_text(history) + "\n", encoding="utf-8")
    files = []
    for name in FILES:
        _settle(part / name)
        size = (part / name).stat().st_size
        files.append({"path": name, "sha256": _sha256(part / name), "size": size})
    document = {
        "nacre_checkpoint": 1,
        "stage": {key: context.stage[key] for key in ("kind", "version", "key")},
        "parameters": context.parameters,
        "input_contents": context.input_contents,
        "step": progress.step,
        "steps": state.steps,
        "environment": environment(context.execution),
        "files": files,
    }
    (part / CHECKPOINT_FILE).write_text(json_text(document) + "\n", encoding="utf-8")
    _settle(part / CHECKPOINT_FILE)
    _settle(part)
    part.rename(place)
    _settle(folder)
    return place, sum(file.stat().st_size for file in place.iterdir())


def remove_partial(folder: Path) -> None:
    """Remove what a process that was killed while it saved has left in a folder of checkpoints."""
    for part in folder.glob(f"*{PARTIAL_SUFFIX}"):
        shutil.rmtree(part)


def read_checkpoint(folder: Path, context: TaskContext, state: TrainedState) -> Progress:
    """Put parameters and optimizer where the checkpoint `folder` was; returns how far that is.

    Raises CheckpointRefused, naming the difference, unless it is whole, undamaged, and of this stage,
    these parameters, inputs and steps. Nothing has been changed then. The commit it was made by does
    not matter: the stage's version says what is computed.
    """
    try:
        document = parse((folder / CHECKPOINT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(folder, f"{CHECKPOINT_FILE} cannot be read, so it is not whole: {error}") from error
    found = fault("checkpoint", document)
    if found is not None:
        raise _refused(folder, f"{CHECKPOINT_FILE}: {found}")
    mine = {
        "stage": {name: context.stage[name] for name in ("kind", "version")},
        "parameters": context.parameters,
        "input_contents": context.input_contents,
        "steps": state.steps,
    }
    theirs = {name: document[name] for name in mine}
    theirs["stage"] = {name: document["stage"][name] for name in mine["stage"]}
    # The key is a digest of all that: where it alone differs there is nothing better to name.
    difference = _difference("", theirs, mine) or _difference(
        "stage.key", document["stage"]["key"], context.stage["key"]
    )
    if difference is not None:
        raise _refused(folder, difference)
    if document["step"] > state.steps:
        raise _refused(folder, f"step {document['step']} lies beyond the plan's {state.steps} steps")
    _check_files(folder, document["files"])
    return _restore(folder, state, document["step"])


def _check_files(folder: Path, files: list[dict[str, Any]]) -> None:
    listed = sorted(file["path"] for file in files)
    if listed != sorted(FILES):
        raise _refused(
            folder, f"{CHECKPOINT_FILE} lists {', '.join(listed) or 'no file'}, not {', '.join(FILES)}"
        )
    for file in files:
        place = folder / file["path"]
        if not place.is_file():
            raise _refused(folder, f"{place.name} is missing")
        size = place.stat().st_size
        if size != file["size"]:
            raise _refused(folder, f"{place.name} has {size} bytes, was written with {file['size']}")
        digest = _sha256(place)
        if digest != file["sha256"]:
            raise _refused(folder, f"{place.name} has sha256 {digest}, was written with {file['sha256']}")


def _restore(folder: Path, state: TrainedState, step: int) -> Progress:
    try:
        weights, moments = load_file(folder / WEIGHTS_FILE), load_file(folder / OPTIMIZER_FILE)
        history = parse((folder / HISTORY_FILE).read_text(encoding="utf-8"))
        progress = Progress(step, int(history["padded_tokens"]), list(history["steps"]))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _refused(folder, f"its files cannot be read: {error}") from error
    if [line.get("step") for line in progress.history] != list(range(1, step + 1)):
        raise _refused(folder, f"{HISTORY_FILE} does not hold the steps 1 to {step}")
    _check_tensors(folder, WEIGHTS_FILE, weights, _weights(state))
    expected = {
        f"{name}.{moment}": torch.zeros(()) if moment == "step" else parameter
        for name, parameter in state.parameters.items()
        for moment in MOMENTS
    }
    _check_tensors(folder, OPTIMIZER_FILE, moments, expected)
    with torch.no_grad():
        for name, parameter in state.parameters.items():
            parameter.copy_(weights[name])
            # What load_file gives is a view of the file, which the caller may remove. AdamW keeps its step
            # counts on the CPU wherever the moments are.
            state.optimizer.state[parameter] = {
                moment: moments[f"{name}.{moment}"].to(
                    "cpu" if moment == "step" else parameter.device, copy=True
                )
                for moment in MOMENTS
            }
    return progress


def _check_tensors(
    folder: Path, file: str, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    odd = sorted(found.keys() ^ expected.keys())
    if odd:
        side = "holds" if odd[0] in found else "lacks"
        raise _refused(folder, f"{file} {side} {odd[0]}, unlike this model ({len(odd)} such tensors)")
    for name, tensor in expected.items():
        was, is_ = (f"{value.dtype} {list(value.shape)}" for value in (found[name], tensor))
        if was != is_:
            raise _refused(folder, f"{file}: {name} was {was}, is {is_}")


def _difference(place: str, was: Any, is_: Any) -> str | None:
    """The first difference of two documents, with its place, or None where they are equal."""
    if isinstance(was, dict) and isinstance(is_, dict):
        for name in sorted(was.keys() | is_.keys()):
            inner = f"{place}.{name}" if place else name
            if name not in was or name not in is_:
                return f"{inner}: {'was absent' if name in is_ else 'is absent'}"
            found = _difference(inner, was[name], is_[name])
            if found is not None:
                return found
        return None
    if was == is_:
        return None
    return f"{place}: was {_quoted(was)}, is {_quoted(is_)}"


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:QUOTED_CHARACTERS]


def _refused(folder: Path, difference: str) -> CheckpointRefused:
    return CheckpointRefused(
        f"checkpoint {folder.name}: {difference}; go on from an older one or from the beginning"
    )


def _weights(state: TrainedState) -> dict[str, Tensor]:
    return {name: parameter.detach().contiguous() for name, parameter in state.parameters.items()}


def _moments(state: TrainedState) -> dict[str, Tensor]:
    return {
        f"{name}.{moment}": state.optimizer.state[parameter][moment].contiguous()
        for name, parameter in state.parameters.items()
        for moment in MOMENTS
    }


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _settle(place: Path) -> None:
    """Return once a file, or the names in a folder, are on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
