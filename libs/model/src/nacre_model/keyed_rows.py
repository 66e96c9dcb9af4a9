"""Parquet columns read strictly, and the refusals of rows that do not fit, each naming the first such row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nacre_model.protocol import InvalidData

Key = tuple[str, bool]
"""(example_id, swapped): what a row is, wherever it lies."""


def read_columns(path: Path, columns: Sequence[str], nullable: Sequence[str] = ()) -> pa.Table:
    """The given columns of a Parquet file.

    Raises InvalidData naming folder and file when it, or one of the columns, is missing, or when a
    column outside of `nullable` has an empty cell.
    """
    place = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise InvalidData(f"{place} is missing; the stage that makes it must run first")
    try:
        table = pq.read_table(path, columns=list(columns)).select(list(columns))
    except (pa.ArrowInvalid, KeyError) as error:
        raise InvalidData(f"{place} needs the columns {', '.join(columns)}: {str(error)[:120]}") from error
    for name in columns:
        if name not in nullable and table[name].null_count:
            raise InvalidData(f"{place}: column {name} has an empty cell")
    return table


def texts(table: pa.Table, name: str) -> np.ndarray:
    """A text column as object [N]."""
    return np.array(table[name].to_pylist(), dtype=object)


def row_name(key: Key) -> str:
    """How messages name a row."""
    return f"{key[0]} ({'swapped' if key[1] else 'as given'})"


def refuse(keys: Sequence[Key], bad: np.ndarray, place: str, problem: str) -> None:
    """Raise InvalidData naming the first row that `bad`, bool [N], marks, if there is one."""
    if bad.any():
        raise InvalidData(
            f"{place}: {row_name(keys[int(np.argmax(bad))])} {problem} ({int(bad.sum())} such rows)"
        )


def refuse_repeated(keys: Sequence[Key], place: str) -> None:
    """Raise InvalidData naming the first key that occurs a second time, if there is one."""
    if len(set(keys)) == len(keys):
        return
    seen: set[Key] = set()
    repeated = next(key for key in keys if key in seen or seen.add(key))
    raise InvalidData(f"{place}: {row_name(repeated)} occurs twice")


def refuse_missing(present: Iterable[Key], wanted: Sequence[Key], place: str) -> None:
    """Raise InvalidData naming the first wanted key that is not present, if there is one."""
    known = set(present)
    missing = [key for key in wanted if key not in known]
    if missing:
        raise InvalidData(f"{place}: {row_name(missing[0])} is missing ({len(missing)} such rows)")
