"""The plan of a training: its optimizer steps in order, and the learning rate of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nacre_model.sampling import alternating, epoch_order, example_hashes, paired_order
from nacre_model.tables import TokenTable


@dataclass(frozen=True)
class Step:
    """One optimizer step.

    number counts from 1. rows: positions in TrainingRows, int64. epoch_index: the epoch it belongs to,
    from 0. epoch: epochs done after it, fractional.
    """

    number: int
    epoch: float
    rows: np.ndarray
    epoch_index: int = 0


def learning_rate(step: int, steps: int, warmup_steps: int, peak: float) -> float:
    """Linear warm-up, then half a cosine down to 0, for step 1 … steps.

    The warm-up is cut to a tenth of the steps; the peak is reached at its end.
    """
    warmup = min(warmup_steps, steps // 10)
    if step <= warmup:
        return peak * step / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - 1 - warmup) / (steps - warmup)))


def plan_steps(parameters: dict[str, Any], tokens: TokenTable) -> Iterator[Step]:
    """Every step of the training, in order.

    A function of seed (order_seed where there is one), epochs, global_batch, swap_answers and the rows' keys.
    """
    hashes = example_hashes(tokens.example_ids)
    per_epoch = planned_steps({**parameters, "epochs": 1}, tokens)
    for epoch in range(parameters["epochs"]):
        order = visits(parameters, epoch, hashes, tokens.swapped)
        for index, rows in enumerate(global_batches(order, parameters["global_batch"]), start=1):
            yield Step(epoch * per_epoch + index, epoch + index / per_epoch, rows, epoch)


def planned_steps(parameters: dict[str, Any], tokens: TokenTable) -> int:
    """How many steps plan_steps gives."""
    rows = len(tokens) // 2 if parameters["swap_answers"] == "alternate" else len(tokens)
    return step_count(rows, parameters["global_batch"], parameters["epochs"])


def visits(parameters: dict[str, Any], epoch: int, hashes: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """Positions of the rows that an epoch visits, in its order, int64."""
    seed = parameters.get("order_seed", parameters["seed"])
    if parameters["swap_answers"] == "paired":
        return paired_order(seed, epoch, hashes, swapped)
    order = epoch_order(seed, epoch, hashes, swapped)
    if parameters["swap_answers"] == "alternate":
        return order[alternating(seed, epoch, hashes, swapped)[order]]
    return order


def global_batches(order: np.ndarray, global_batch: int) -> list[np.ndarray]:
    """The steps of an epoch: `global_batch` rows each; the last one has what is left.

    The smaller last step is kept, and its loss is still a sum over rows divided by `global_batch`:
    every row weighs the same.
    """
    return [order[start : start + global_batch] for start in range(0, len(order), global_batch)]


def step_count(rows: int, global_batch: int, epochs: int) -> int:
    """Optimizer steps of a whole training."""
    return epochs * -(-rows // global_batch)
