"""Documents between TypeScript and the tasks, held to the JSON Schemas exported from zod."""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from nacre_model.protocol import ContractViolation, TaskContext, json_text

SHARED_TASKS = ("train",)
"""Tasks whose work several ranks share."""

# The key whose constant tells the alternatives of a document apart.
_discriminators = {"task-request": "task", "task-event": "type"}


@cache
def schema(name: str) -> dict[str, Any]:
    """An exported document: the JSON Schemas task-request, task-event, task-result, or stage-versions."""
    text = resources.files("nacre_model").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def fault(name: str, document: Any) -> str | None:
    """The most telling fault of a document, with its place first, or None when the schema accepts it."""
    rules = schema(name)
    key = _discriminators.get(name)
    if key is not None:
        constant = document.get(key) if isinstance(document, dict) else None
        branches = {branch["properties"][key]["const"]: branch for branch in rules["oneOf"]}
        if not isinstance(constant, str) or constant not in branches:
            return f"{key}: must be one of {', '.join(branches)}"
        # One branch alone gives a sentence; all of them together give a page.
        rules = branches[constant]
    error = best_match(Draft202012Validator(rules).iter_errors(document))
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path) or name
    # The message repeats the offending value, which may be a whole document.
    return f"{place}: {error.message[:200]}"


def parse(text: str) -> Any:
    """JSON without NaN and infinities, which Python's parser would let through.

    Raises ValueError for anything else.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def check_version(stage: dict[str, Any]) -> None:
    """Raises ContractViolation when a stage is of another version than this build of the tasks computes.

    The versions come from libs/stages; other bytes under an old key would be worse than no bytes.
    """
    mine = schema("stage-versions").get(stage["kind"])
    if mine != stage["version"]:
        have = "no such kind" if mine is None else f"version {mine}"
        raise ContractViolation(
            f"stage.version: {stage['kind']} is asked for in version {stage['version']}, this build has {have};"
            " let worker and Python tasks come from one commit"
        )


def read_request(path: Path, task: str) -> tuple[TaskContext, Path]:
    """The request in a file as (what the task sees, where its result goes).

    Raises ContractViolation when the file is no request of this task, when an input folder is
    missing, when the stage is of another version, or when the output folder is missing or not empty.
    """
    try:
        document = parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractViolation(f"{path}: not a readable request: {error}") from error
    found = fault("task-request", document)
    if found is not None:
        raise ContractViolation(f"{path}: {found}")
    if document["task"] != task:
        raise ContractViolation(f"{path}: task: is {document['task']}, but {task} was started")
    check_version(document["stage"])
    inputs = {name: Path(folder) for name, folder in document["inputs"].items()}
    for name, folder in inputs.items():
        if not folder.is_dir():
            raise ContractViolation(f"{path}: inputs.{name}: {folder} is not a folder")
    output = Path(document["output"])
    if not output.is_dir() or any(output.iterdir()):
        raise ContractViolation(f"{path}: output: {output} is not an empty folder; make it or empty it")
    rank = rank_of(document["execution"])
    if rank is not None and task not in SHARED_TASKS:
        raise ContractViolation(f"{path}: execution.ranks: must be 1, {task} cannot be shared by ranks")
    context = TaskContext(
        task=task,
        stage=document["stage"],
        parameters=document["parameters"],
        execution=document["execution"],
        inputs=inputs,
        output=output,
        events=Path(document["events"]) if rank in (None, 0) else None,
        input_contents=document["input_contents"],
        checkpoints=document["checkpoints"],
    )
    return context, result_of(Path(document["result"]), rank)


def rank_of(execution: dict[str, Any]) -> int | None:
    """Which of several ranks this process is, from the launcher; None where one process is all.

    Raises ContractViolation when several are asked for and no launcher has started this one.
    """
    if execution["ranks"] == 1:
        return None
    if "RANK" not in os.environ:
        raise ContractViolation(
            f"execution.ranks: {execution['ranks']} ranks are started by python -m nacre_model.launcher"
        )
    return int(os.environ["RANK"])


def result_of(place: Path, rank: int | None) -> Path:
    """Where a rank answers: beside the result, which the launcher makes of the answers of all ranks."""
    return place if rank is None else place.with_name(f"{place.name}.rank{rank}")


def result_place(path: Path) -> Path | None:
    """Where a request wants its result, if at least that can be read: a refused request is answered too."""
    try:
        document = parse(path.read_text(encoding="utf-8"))
        place = Path(document["result"])
        with contextlib.suppress(ContractViolation):
            place = result_of(place, rank_of(document["execution"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place if place.parent.is_dir() else None


def write_result(place: Path, document: dict[str, Any]) -> None:
    """Write a result so that a reader sees all of it or nothing."""
    beside = place.with_name(f"{place.name}.part")
    beside.write_text(json_text(document) + "\n", encoding="utf-8")
    os.replace(beside, place)
