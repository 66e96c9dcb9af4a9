"""Folders of checkpoints: written whole or not at all, and refused unless they are of this very stage.

A checkpoint <folder>/<step>/ holds the files of its task. checkpoint.json
(libs/contracts/src/artifact/checkpoint.ts) is written last and says what the others are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nacre_model.documents import fault, parse
from nacre_model.environment import environment
from nacre_model.protocol import CheckpointRefused, TaskContext, json_text

CHECKPOINT_FILE = "checkpoint.json"
PARTIAL_SUFFIX = ".part"
QUOTED_CHARACTERS = 80


def write_folder(
    folder: Path, context: TaskContext, step: int, steps: int, fill: Callable[[Path], list[str]]
) -> tuple[Path, int]:
    """Write the checkpoint of a step into `folder`; returns (the checkpoint's own folder, its bytes).

    fill: writes the files into the folder it is given and returns their names. They lie in <step>.part
    until every file and the folder are on the disk, and become <step> by a rename: whoever sees <step>
    sees all of it, also after a power cut.
    """
    part, place = folder / f"{step}{PARTIAL_SUFFIX}", folder / str(step)
    for left_over in (part, place):
        shutil.rmtree(left_over, ignore_errors=True)
    part.mkdir(parents=True)
    files = []
    for name in fill(part):
        _settle(part / name)
        size = (part / name).stat().st_size
        files.append({"path": name, "sha256": _sha256(part / name), "size": size})
    document = {
        "nacre_checkpoint": 1,
        "stage": {key: context.stage[key] for key in ("kind", "version", "key")},
        "parameters": context.parameters,
        "input_contents": context.input_contents,
        "step": step,
        "steps": steps,
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


def read_folder(folder: Path, context: TaskContext, steps: int, files: Callable[[int], list[str]]) -> int:
    """The step of the checkpoint `folder`, its files checked; files: step → their names, sorted.

    Raises CheckpointRefused, naming the difference, unless it is whole, undamaged, and of this stage,
    these parameters, inputs and steps. The commit it was made by does not matter: the stage's version
    says what is computed.
    """
    try:
        document = parse((folder / CHECKPOINT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refused(folder, f"{CHECKPOINT_FILE} cannot be read, so it is not whole: {error}") from error
    found = fault("checkpoint", document)
    if found is not None:
        raise refused(folder, f"{CHECKPOINT_FILE}: {found}")
    mine = {
        "stage": {name: context.stage[name] for name in ("kind", "version")},
        "parameters": context.parameters,
        "input_contents": context.input_contents,
        "steps": steps,
    }
    theirs = {name: document[name] for name in mine}
    theirs["stage"] = {name: document["stage"][name] for name in mine["stage"]}
    # The key is a digest of all that: where it alone differs there is nothing better to name.
    difference = _difference("", theirs, mine) or _difference(
        "stage.key", document["stage"]["key"], context.stage["key"]
    )
    if difference is not None:
        raise refused(folder, difference)
    if document["step"] > steps:
        raise refused(folder, f"step {document['step']} lies beyond the plan's {steps} steps")
    _check_files(folder, document["files"], files(document["step"]))
    return document["step"]


def refused(folder: Path, difference: str) -> CheckpointRefused:
    """The error of a checkpoint that cannot be used, with what is wrong."""
    return CheckpointRefused(
        f"checkpoint {folder.name}: {difference}; go on from an older one or from the beginning"
    )


def _check_files(folder: Path, files: list[dict[str, Any]], expected: list[str]) -> None:
    listed = sorted(file["path"] for file in files)
    if listed != expected:
        raise refused(
            folder, f"{CHECKPOINT_FILE} lists {', '.join(listed) or 'no file'}, not {', '.join(expected)}"
        )
    for file in files:
        place = folder / file["path"]
        if not place.is_file():
            raise refused(folder, f"{place.name} is missing")
        size = place.stat().st_size
        if size != file["size"]:
            raise refused(folder, f"{place.name} has {size} bytes, was written with {file['size']}")
        digest = _sha256(place)
        if digest != file["sha256"]:
            raise refused(folder, f"{place.name} has sha256 {digest}, was written with {file['sha256']}")


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
