"""The rows that a training learns from: tokens, votes and the logits of teachers, joined by key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nacre_model.protocol import InvalidData, TaskContext
from nacre_model.tables import (
    NO_LABEL,
    TokenTable,
    join_logits,
    read_folds,
    read_logits,
    read_tokens,
    select_rows,
)


@dataclass(frozen=True)
class TrainingRows:
    """What is learned from. labels: int64 [N]; teachers: float32 [N, teachers, labels], raw logits."""

    tokens: TokenTable
    labels: Tensor
    teachers: Tensor


def read_training_rows(context: TaskContext) -> TrainingRows:
    """The rows of the tokens that fold trains on, with the logits of every teacher.

    Raises InvalidData where tokens, folds and logits do not hold the same rows, or a row without a
    vote would need one.
    """
    parameters, labels = context.parameters, context.labels
    every = read_tokens(context.inputs_of("tokens"), len(labels))
    with_folds = parameters["fold"] is not None or "folds" in context.inputs
    folds = read_folds(context.input("folds")) if with_folds else None
    chosen = select_rows(every, folds, "training", parameters["fold"])
    if parameters["swap_answers"] == "none":
        chosen = chosen[~every.swapped[chosen]]
    teachers = np.empty((len(chosen), len(parameters["teachers"]), len(labels)), dtype=np.float32)
    for index, name in enumerate(parameters["teachers"]):
        logits = read_logits(context.input(f"logits-{name}"), labels)
        teachers[:, index] = join_logits(every, chosen, logits, f"logits of {name}")
    tokens = every.take(chosen)
    without_vote = np.flatnonzero(tokens.labels == NO_LABEL)
    if len(without_vote) and (not parameters["teachers"] or parameters["losses"]["cross_entropy"] > 0):
        raise InvalidData(
            f"{tokens.name(without_vote[0])} has no label ({len(without_vote)} such rows):"
            " cross-entropy needs one; give such rows to a source that is not trained on"
        )
    return TrainingRows(tokens, torch.from_numpy(tokens.labels), torch.from_numpy(teachers))
