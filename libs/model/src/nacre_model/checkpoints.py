"""Checkpoints of a training: written whole or not at all, and refused unless they are of this very stage.

A checkpoint <folder>/<step>/ holds adapter and head, the optimizer's moments, the history so far and,
where not the last weights will be chosen, those that may be (selection.py); randomness needs nothing,
every draw is a function of the row and the epoch. checkpoint_folders.py says how it is written and read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from nacre_model.checkpoint_folders import read_folder, refused, write_folder
from nacre_model.documents import parse
from nacre_model.protocol import TaskContext, json_text

WEIGHTS_FILE = "adapter.safetensors"
OPTIMIZER_FILE = "optimizer.safetensors"
HISTORY_FILE = "history.json"
FILES = (WEIGHTS_FILE, HISTORY_FILE, OPTIMIZER_FILE)
"""What every checkpoint consists of beside checkpoint.json."""
KEPT_FILE = "kept.safetensors"
"""What it holds as well where the training may end with other weights than its last."""

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""State of AdamW per parameter."""


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

    steps: optimizer steps of the whole training. kept: other weights of these parameters, by name, that
    the training may end with; empty where it ends with the last.
    """

    parameters: Mapping[str, nn.Parameter]
    optimizer: torch.optim.AdamW
    steps: int
    kept: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """What its checkpoints consist of beside checkpoint.json, sorted."""
        return sorted([*FILES, KEPT_FILE] if self.kept else FILES)


def write_checkpoint(
    folder: Path, context: TaskContext, state: TrainedState, progress: Progress
) -> tuple[Path, int]:
    """Write a checkpoint into `folder`; returns (the checkpoint's own folder, its bytes).

    As write_folder does it: whole or not at all.
    """

    def fill(part: Path) -> list[str]:
        save_file(_weights(state), part / WEIGHTS_FILE)
        save_file(_moments(state), part / OPTIMIZER_FILE)
        if state.kept:
            save_file(dict(state.kept), part / KEPT_FILE)
        history = {"padded_tokens": progress.padded_tokens, "steps": progress.history}
        (part / HISTORY_FILE).write_text(json_text(history) + "\n", encoding="utf-8")
        return state.files

    return write_folder(folder, context, progress.step, state.steps, fill)


def read_checkpoint(folder: Path, context: TaskContext, state: TrainedState) -> Progress:
    """Put parameters and optimizer where the checkpoint `folder` was; returns how far that is.

    Raises CheckpointRefused, naming the difference, unless it is whole, undamaged, and of this stage,
    these parameters, inputs and steps. Nothing has been changed then. The commit it was made by does
    not matter: the stage's version says what is computed.
    """
    step = read_folder(folder, context, state.steps, lambda _: state.files)
    return _restore(folder, state, step)


def _restore(folder: Path, state: TrainedState, step: int) -> Progress:
    try:
        weights, moments = load_file(folder / WEIGHTS_FILE), load_file(folder / OPTIMIZER_FILE)
        kept = load_file(folder / KEPT_FILE) if state.kept else {}
        history = parse((folder / HISTORY_FILE).read_text(encoding="utf-8"))
        progress = Progress(step, int(history["padded_tokens"]), list(history["steps"]))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise refused(folder, f"its files cannot be read: {error}") from error
    if [line.get("step") for line in progress.history] != list(range(1, step + 1)):
        raise refused(folder, f"{HISTORY_FILE} does not hold the steps 1 to {step}")
    _check_tensors(folder, WEIGHTS_FILE, weights, _weights(state))
    _check_tensors(folder, KEPT_FILE, kept, state.kept)
    expected = {
        f"{name}.{moment}": torch.zeros(()) if moment == "step" else parameter
        for name, parameter in state.parameters.items()
        for moment in MOMENTS
    }
    _check_tensors(folder, OPTIMIZER_FILE, moments, expected)
    with torch.no_grad():
        for name, tensor in state.kept.items():
            tensor.copy_(kept[name])
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
        raise refused(folder, f"{file} {side} {odd[0]}, unlike this model ({len(odd)} such tensors)")
    for name, tensor in expected.items():
        was, is_ = (f"{value.dtype} {list(value.shape)}" for value in (found[name], tensor))
        if was != is_:
            raise refused(folder, f"{file}: {name} was {was}, is {is_}")


def _weights(state: TrainedState) -> dict[str, Tensor]:
    return {name: parameter.detach().contiguous() for name, parameter in state.parameters.items()}


def _moments(state: TrainedState) -> dict[str, Tensor]:
    return {
        f"{name}.{moment}": state.optimizer.state[parameter][moment].contiguous()
        for name, parameter in state.parameters.items()
        for moment in MOMENTS
    }
