"""The rows that a training learns from: tokens, votes and the logits of teachers, joined by key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nacre_model.keyed_rows import refuse_missing
from nacre_model.label_folds import NO_FOLD, held_out_by_label, read_label_folds
from nacre_model.logits_tables import LogitsTable, read_logits
from nacre_model.protocol import InvalidData, TaskContext
from nacre_model.soft_labels import join_soft_labels
from nacre_model.source_losses import SourceLosses
from nacre_model.tables import NO_LABEL, FoldTable, TokenTable, read_folds, read_tokens, select_rows


@dataclass(frozen=True)
class TrainingRows:
    """What is learned from. labels: int64 [N]; teachers: float32 [N, teachers, labels], raw logits.

    dev: the dev rows of the fold, as given, where weights are chosen by them.
    """

    tokens: TokenTable
    labels: Tensor
    teachers: Tensor
    dev: TokenTable | None = None


def read_training_rows(context: TaskContext) -> TrainingRows:
    """The rows of the tokens that fold trains on, of all sources or of the given ones, with the teachers' logits.

    A teacher whose request has label folds holds its own out, too. A student learns from the teachers
    that its label policy permits.

    Raises InvalidData where tokens, folds and logits do not hold the same rows, a row without a vote
    would need one, or as join_soft_labels does.
    """
    parameters, labels = context.parameters, context.labels
    every = read_tokens(context.inputs_of("tokens"), len(labels))
    with_folds = parameters["fold"] is not None or "folds" in context.inputs
    folds = read_folds(context.input("folds")) if with_folds else None
    label_folds = None
    if folds is not None and "label-folds" in context.inputs:
        label_folds = read_label_folds(context.input("label-folds"), folds)
        if parameters["role"] == "teacher":
            folds = held_out_by_label(folds, label_folds)
    chosen = select_rows(every, folds, "training", parameters["fold"], parameters.get("second_fold"))
    if "sources" in parameters:
        chosen = _of_sources(every, chosen, parameters["sources"])
    if parameters["swap_answers"] == "none":
        chosen = chosen[~every.swapped[chosen]]
    elif parameters["swap_answers"] != "double":
        keys = [(every.example_ids[row], bool(every.swapped[row])) for row in chosen]
        refuse_missing(keys, [(example_id, not swapped) for example_id, swapped in keys], "tokens")
    policy = parameters.get("label_policy", "in_sample")
    if policy != "in_sample":
        context.input("label-folds")
    of_row = _label_folds_of(every, chosen, folds, label_folds)
    teachers = np.empty((len(chosen), len(parameters["teachers"]), len(labels)), dtype=np.float32)
    for index, name in enumerate(parameters["teachers"]):
        teachers[:, index] = join_soft_labels(
            every,
            chosen,
            _logits_of(context, name),
            policy,
            parameters["fold"],
            of_row,
            0 if folds is None else folds.count,
        )
    tokens = every.take(chosen)
    without_vote = tokens.labels == NO_LABEL
    if parameters["teachers"]:
        without_vote &= SourceLosses(parameters["losses"], tokens.example_ids.tolist()).needs_votes
    without_vote = np.flatnonzero(without_vote)
    if len(without_vote):
        raise InvalidData(
            f"{tokens.name(without_vote[0])} has no label ({len(without_vote)} such rows):"
            " cross-entropy needs one; give such rows to a source that is not trained on, or take cross-entropy"
            " out of its losses (student.losses.by_source)"
        )
    dev = None
    if parameters.get("selection") == "best_dev":
        held_out = select_rows(every, folds, "dev", parameters["fold"])
        dev = every.take(held_out[~every.swapped[held_out]])
    return TrainingRows(tokens, torch.from_numpy(tokens.labels), torch.from_numpy(teachers), dev)


def _of_sources(tokens: TokenTable, rows: np.ndarray, sources: list[str]) -> np.ndarray:
    """Those of the rows whose example is of one of the sources.

    Raises InvalidData naming a source that has none.
    """
    of_row = np.array([example_id.partition(":")[0] for example_id in tokens.example_ids[rows].tolist()])
    for source in sources:
        if source not in of_row:
            raise InvalidData(f"sources: {source} has no row to train on; take it out of the recipe's stage")
    return rows[np.isin(of_row, sources)]


def _label_folds_of(
    tokens: TokenTable, rows: np.ndarray, folds: FoldTable | None, label_folds: np.ndarray | None
) -> np.ndarray:
    """Label fold of each chosen row, int64 [len(rows)]; NO_FOLD everywhere without label folds."""
    if folds is None or label_folds is None:
        return np.full(len(rows), NO_FOLD, dtype=np.int64)
    position = {example_id: row for row, example_id in enumerate(folds.example_ids.tolist())}
    return label_folds[[position[example_id] for example_id in tokens.example_ids[rows].tolist()]]


def _logits_of(context: TaskContext, teacher: str) -> dict[str, LogitsTable]:
    """Every table of a teacher's logits by input name: `logits-<teacher>`, or one per set of held-out folds."""
    whole = f"logits-{teacher}"
    names = [name for name in sorted(context.inputs) if name == whole or name.startswith(f"{whole}.")]
    return {name: read_logits(context.input(name), context.labels) for name in names or [whole]}
