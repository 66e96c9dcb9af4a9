"""The Parquet tables of a task as numpy arrays: tokens and folds, and the joins between them.

Columns and file names are those of libs/contracts/src/tables. A row's key is (example_id, swapped);
every join is by key with exact counts, never by position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from nacre_model.keyed_rows import (
    Key,
    read_columns,
    refuse,
    refuse_missing,
    refuse_repeated,
    row_name,
    texts,
)
from nacre_model.protocol import InvalidData

TOKENS_FILE = "tokens.parquet"
FOLDS_FILE = "folds.parquet"
NO_LABEL = -1

RowChoice = Literal["all", "training", "held_out", "dev", "dev_and_blind", "blind"]


@dataclass(frozen=True)
class TokenTable:
    """Token sequences of N rows, flat.

    example_ids: object [N]. swapped: bool [N]. labels: int64 [N], the index into labels as
    presented, NO_LABEL where a row has no vote. values: int32, all sequences one after another;
    row n is values[offsets[n]:offsets[n + 1]]; offsets: int64 [N + 1].
    """

    example_ids: np.ndarray
    swapped: np.ndarray
    labels: np.ndarray
    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.example_ids)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 [N]."""
        return np.diff(self.offsets)

    def keys(self) -> list[Key]:
        """Key of each row."""
        return list(zip(self.example_ids.tolist(), self.swapped.tolist(), strict=True))

    def input_ids(self, row: int) -> np.ndarray:
        """Token ids of one row, int32."""
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def name(self, row: int) -> str:
        """How messages name a row."""
        return row_name((self.example_ids[row], bool(self.swapped[row])))

    def take(self, rows: np.ndarray) -> TokenTable:
        """The table of the given rows, in their order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # Position of every token of the result in `values`.
        source = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return TokenTable(
            self.example_ids[rows], self.swapped[rows], self.labels[rows], self.values[source], offsets
        )


@dataclass(frozen=True)
class FoldTable:
    """folds.parquet: where each train and extra row may be used.

    example_ids, sources: object [N]. folds: int64 [N], the dev fold or -1. blind: bool [N].
    held_out_of: per row the folds whose models must not train on it.
    """

    example_ids: np.ndarray
    sources: np.ndarray
    folds: np.ndarray
    blind: np.ndarray
    held_out_of: list[frozenset[int]]

    @property
    def count(self) -> int:
        """Number of folds."""
        return int(self.folds.max(initial=-1)) + 1


def read_tokens(folders: Mapping[str, Path], label_count: int) -> TokenTable:
    """The token tables of several sources (name → folder), one after another in the given order.

    Raises InvalidData for a missing file or column, an empty sequence, a label outside of
    0 … label_count - 1, a key that occurs twice, or no row at all.
    """
    columns = ["example_id", "swapped", "input_ids", "label"]
    parts = [
        read_columns(Path(folder) / TOKENS_FILE, columns, nullable=["label"]) for folder in folders.values()
    ]
    if not parts or sum(part.num_rows for part in parts) == 0:
        raise InvalidData(f"tokens of {', '.join(folders) or 'no source'}: there is no row to work on")
    table = pa.concat_tables(parts).combine_chunks()
    # cast: an offset of 32 bits overflows at 2^31 tokens.
    sequences = table["input_ids"].cast(pa.large_list(pa.int32())).combine_chunks()
    if isinstance(sequences, pa.ChunkedArray):
        sequences = sequences.chunk(0)
    start = sequences.offsets[0].as_py()
    labels = table["label"].fill_null(NO_LABEL).to_numpy().astype(np.int64)
    tokens = TokenTable(
        example_ids=texts(table, "example_id"),
        swapped=table["swapped"].to_numpy().astype(np.bool_),
        labels=labels,
        values=sequences.values.to_numpy(zero_copy_only=False)[start:],
        offsets=sequences.offsets.to_numpy() - start,
    )
    keys = tokens.keys()
    refuse_repeated(keys, "tokens")
    refuse(keys, tokens.lengths < 1, "tokens", "has no token; tokenize the source again")
    voted = table["label"].is_valid().to_numpy()
    outside = voted & ((labels < 0) | (labels >= label_count))
    refuse(keys, outside, "tokens", f"has a label outside of 0 … {label_count - 1}; do the labels agree?")
    return tokens


def read_folds(folder: Path) -> FoldTable:
    """folds.parquet of a folder.

    Raises InvalidData for a missing file or column or an example_id that occurs twice.
    """
    table = read_columns(
        Path(folder) / FOLDS_FILE, ["example_id", "source", "fold", "blind", "held_out_of"]
    ).combine_chunks()
    folds = FoldTable(
        example_ids=texts(table, "example_id"),
        sources=texts(table, "source"),
        folds=table["fold"].to_numpy().astype(np.int64),
        blind=table["blind"].to_numpy().astype(np.bool_),
        held_out_of=[frozenset(folds or ()) for folds in table["held_out_of"].to_pylist()],
    )
    refuse_repeated([(example_id, False) for example_id in folds.example_ids], FOLDS_FILE)
    return folds


def select_rows(
    tokens: TokenTable,
    folds: FoldTable | None,
    choice: RowChoice,
    fold: int | None,
    second_fold: int | None = None,
) -> np.ndarray:
    """Positions of the chosen rows in the order of the tokens, int64.

    training: rows that are held out neither of `fold` nor of `second_fold`; with fold None, rows that
    at least one fold trains on. held_out: the other rows, blind ones included. dev: dev rows of
    `fold`; dev_and_blind: blind rows as well. Without folds only `all` (and `training`, which is then the same) can be
    chosen.

    Raises InvalidData where tokens and folds do not hold the same examples: a token row that folds
    does not know, or an example of folds without tokens in either order; sources of folds may be
    left out altogether, save where a fold's training rows are chosen. Raises it too when nothing is
    chosen.
    """
    if folds is None and choice not in ("all", "training"):
        raise InvalidData(f"rows: {choice} needs the folds as an input")
    if folds is None or choice == "all":
        return np.arange(len(tokens), dtype=np.int64)
    position = {example_id: row for row, example_id in enumerate(folds.example_ids.tolist())}
    held = np.fromiter(
        (position.get(example_id, -1) for example_id in tokens.example_ids.tolist()), np.int64, len(tokens)
    )
    refuse(tokens.keys(), held < 0, FOLDS_FILE, "is in the tokens but not in the folds")
    whole = choice == "training" and fold is not None
    given = set(folds.sources.tolist() if whole else folds.sources[held].tolist())
    refuse_missing(
        tokens.keys(),
        [
            (example_id, swapped)
            for example_id, source in zip(folds.example_ids.tolist(), folds.sources.tolist(), strict=True)
            if source in given
            for swapped in (False, True)
        ],
        "tokens",
    )
    if choice in ("training", "held_out"):
        withheld = {fold, second_fold} - {None}
        allowed = [
            withheld.isdisjoint(held_out) if withheld else len(held_out) < folds.count
            for held_out in folds.held_out_of
        ]
        trained_on = np.array(allowed, dtype=np.bool_) & ~folds.blind
        chosen = trained_on if choice == "training" else ~trained_on
    else:
        dev = ~folds.blind & (folds.folds == fold)
        chosen = {"blind": folds.blind, "dev": dev, "dev_and_blind": folds.blind | dev}[choice]
    rows = np.flatnonzero(chosen[held])
    if len(rows) == 0:
        raise InvalidData(
            f"rows: no row is {choice.replace('_', ' ')} for fold {fold}; look at the folds' counts"
        )
    return rows
