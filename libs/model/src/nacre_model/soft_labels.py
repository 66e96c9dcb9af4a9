"""The labels that teachers give to training rows, joined under the label policy of the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from nacre_model.label_folds import NO_FOLD
from nacre_model.logits_tables import LogitsOrigin, LogitsTable, join_logits
from nacre_model.protocol import InvalidData
from nacre_model.tables import TokenTable

LabelPolicy = Literal["in_sample", "out_of_fold", "nested"]
HeldOut = frozenset[int]


def permitted_sets(policy: LabelPolicy, fold: int | None, count: int) -> list[HeldOut]:
    """The sets of held-out folds of the teachers that may label rows of the student of `fold`.

    count: number of folds. fold None (nothing is held out) is possible under in_sample alone.
    """
    if policy == "in_sample":
        return [frozenset() if fold is None else frozenset({fold})]
    if policy == "out_of_fold":
        return [frozenset({other}) for other in range(count)]
    return [frozenset({fold, other}) for other in range(count) if other != fold]


def teacher_of_row(policy: LabelPolicy, fold: int | None, label_fold: int) -> HeldOut | None:
    """The held-out folds of the one teacher that may label a row; None: the mean of all permitted ones.

    The mean is for rows that none of them has seen: rows without a label fold, and under nested the
    extra rows whose label fold is the student's own, which every pair with that fold holds out.
    """
    if policy == "in_sample":
        return permitted_sets(policy, fold, 0)[0]
    if label_fold == NO_FOLD or (policy == "nested" and label_fold == fold):
        return None
    return frozenset({label_fold}) if policy == "out_of_fold" else frozenset({fold, label_fold})


def join_soft_labels(
    tokens: TokenTable,
    rows: np.ndarray,
    tables: Mapping[str, LogitsTable],
    policy: LabelPolicy,
    fold: int | None,
    label_folds: np.ndarray,
    count: int,
) -> np.ndarray:
    """Labels of one teacher model for the chosen token rows, float32 [len(rows), labels], raw logits.

    tables: the logits of each of its trained copies, by input name. label_folds: int64 [len(rows)],
    read by other policies than in_sample. Where a label is the mean of several copies, its softmax is
    the mean of theirs.

    Raises InvalidData where a table does not say whose it is, is of a teacher that the policy does not
    permit or is there twice, one is absent, tables differ in base, prompt, tokenizer or precision; and
    as join_logits does for a missing or a foreign row.
    """
    by_set = _by_held_out(tables, permitted_sets(policy, fold, count), policy, fold)
    chosen = [teacher_of_row(policy, fold, label_fold) for label_fold in label_folds.tolist()]
    labels = np.empty((len(rows), next(iter(tables.values())).logits.shape[1]), dtype=np.float32)
    for held_out, (name, table) in by_set.items():
        of_set = np.array([each == held_out for each in chosen], dtype=np.bool_)
        labels[of_set] = join_logits(tokens, rows[of_set], table, name)
    unseen = np.array([each is None for each in chosen], dtype=np.bool_)
    if unseen.any():
        every = [join_logits(tokens, rows[unseen], table, name) for name, table in by_set.values()]
        labels[unseen] = _mean(np.stack(every))
    return labels


def _by_held_out(
    tables: Mapping[str, LogitsTable], permitted: list[HeldOut], policy: LabelPolicy, fold: int | None
) -> dict[HeldOut, tuple[str, LogitsTable]]:
    found: dict[HeldOut, tuple[str, LogitsTable]] = {}
    expected = f"label policy {policy} gives the student of fold {fold} teachers that held out"
    common: tuple[object, ...] | None = None
    for name, table in tables.items():
        origin = table.origin
        if origin is None:
            raise InvalidData(f"{name}: the files do not say whose logits they are; export them again")
        held_out = frozenset(origin.held_out)
        if held_out not in permitted:
            raise InvalidData(
                f"{name}: labels of a teacher that held out {_folds(held_out)}; {expected}"
                f" {' or '.join(_folds(each) for each in permitted)}"
            )
        if held_out in found:
            raise InvalidData(
                f"{name}: the teacher that held out {_folds(held_out)} is there already, as {found[held_out][0]}"
            )
        common = common or _circumstances(origin)
        if _circumstances(origin) != common:
            raise InvalidData(
                f"{name}: base, prompt, tokenizer or precision differ from those of {next(iter(tables))};"
                " labels of one teacher must be made alike"
            )
        found[held_out] = (name, table)
    absent = [each for each in permitted if each not in found]
    if absent:
        raise InvalidData(
            f"{', '.join(tables)}: {expected} {_folds(absent[0])}, and there are no logits of it"
            f" ({len(absent)} such teachers)"
        )
    return found


def _circumstances(origin: LogitsOrigin) -> tuple[object, ...]:
    return (origin.base, origin.prompt, origin.tokenizer, origin.precision)


def _folds(held_out: HeldOut) -> str:
    if not held_out:
        return "no fold"
    return f"fold{'s' if len(held_out) > 1 else ''} {' and '.join(map(str, sorted(held_out)))}"


def _mean(logits: np.ndarray) -> np.ndarray:
    """Logarithm of the mean of the softmaxes of float [tables, n, labels]."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    mean = np.logaddexp.reduce(log_probabilities, axis=0) - np.log(len(logits))
    return mean.astype(np.float32)
