"""label-folds.parquet: the fold whose teachers hold a row out and may label it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nacre_model.keyed_rows import read_columns, refuse_missing, refuse_repeated, row_name, texts
from nacre_model.protocol import InvalidData
from nacre_model.tables import FoldTable

LABEL_FOLDS_FILE = "label-folds.parquet"
NO_FOLD = -1


def read_label_folds(folder: Path, folds: FoldTable) -> np.ndarray:
    """Label fold of each row of `folds`, int64 [N]; NO_FOLD where no model trains on the row.

    Raises InvalidData, naming the row, where both tables do not hold the same examples, an example
    occurs twice, or a row that some fold trains on has a label fold that does not hold it out: a dev
    row another than its own, an extra row one that is no fold or, where it is held out of some, none
    of those.
    """
    table = read_columns(Path(folder) / LABEL_FOLDS_FILE, ["example_id", "label_fold"]).combine_chunks()
    keys = [(example_id, False) for example_id in texts(table, "example_id")]
    wanted = [(example_id, False) for example_id in folds.example_ids]
    refuse_repeated(keys, LABEL_FOLDS_FILE)
    refuse_missing(keys, wanted, LABEL_FOLDS_FILE)
    foreign = set(keys) - set(wanted)
    if foreign:
        raise InvalidData(f"{LABEL_FOLDS_FILE}: {row_name(min(foreign))} is not in the folds")
    by_key = dict(zip(keys, table["label_fold"].to_pylist(), strict=True))
    label_folds = np.array([by_key[key] for key in wanted], dtype=np.int64)
    for key, label_fold, held_out, blind in zip(
        wanted, label_folds.tolist(), folds.held_out_of, folds.blind.tolist(), strict=True
    ):
        trained_on = not blind and len(held_out) < folds.count
        allowed = (held_out or set(range(folds.count))) if trained_on else {NO_FOLD}
        if label_fold not in allowed:
            raise InvalidData(
                f"{LABEL_FOLDS_FILE}: {row_name(key)} has label fold {label_fold}, whose teachers do not hold"
                " it out; assign the label folds again from these folds"
            )
    return label_folds


def held_out_by_label(folds: FoldTable, label_folds: np.ndarray) -> FoldTable:
    """The folds as teachers see them: a row is also held out of its label fold, extra rows included."""
    held_out_of = [
        held_out | {label_fold} if label_fold != NO_FOLD else held_out
        for held_out, label_fold in zip(folds.held_out_of, label_folds.tolist(), strict=True)
    ]
    return replace(folds, held_out_of=held_out_of)
