"""Logits as Parquet shards: whose they are, how they are written and read, and how rows find theirs.

Columns, file names and metadata are those of libs/contracts/src/tables. A row's key is (example_id,
swapped); every join is by key with exact counts, never by position.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nacre_model.keyed_rows import (
    Key,
    read_columns,
    refuse,
    refuse_missing,
    refuse_repeated,
    row_name,
    texts,
)
from nacre_model.protocol import InvalidData, json_text
from nacre_model.tables import TokenTable

LOGITS_SHARD_ROWS = 4096
LOGITS_ORIGIN_KEY = b"nacre.origin"
CELL_BYTES = 16
"""Of the digest of a row's tokens (logits_ledger.py)."""


def logits_file(shard: int) -> str:
    """Name of the shard-th file of a logits artifact."""
    return f"logits-{shard:05d}.parquet"


@dataclass(frozen=True)
class LogitsOrigin:
    """Whose logits a table holds.

    teacher: content_id of the adapter, None for a base alone. base: content_id of the base. held_out:
    folds that the adapter's training held out. prompt: how rows became text (template, max_tokens,
    truncation). tokenizer: sha256 of the base's tokenizer.json, None where it has none. precision:
    dtype of the base's forward.
    """

    teacher: str | None
    base: str | None
    held_out: tuple[int, ...]
    prompt: dict[str, Any]
    tokenizer: str | None
    precision: str

    def text(self) -> str:
        """As JSON, keys sorted: equal origins give equal bytes."""
        return json_text(dict(sorted(asdict(self).items())))

    @staticmethod
    def of(text: bytes) -> LogitsOrigin:
        """From the JSON of `text`."""
        document = json.loads(text)
        return LogitsOrigin(**{**document, "held_out": tuple(document["held_out"])})


@dataclass(frozen=True)
class LogitsTable:
    """Raw logits of N rows: float32 [N, labels], in the presented order of each row.

    origin: None where it is unknown. cells: name of each row's cell in the ledger, None where they have
    none; written, and read by read_ledger alone.
    """

    example_ids: np.ndarray
    swapped: np.ndarray
    logits: np.ndarray
    origin: LogitsOrigin | None = None
    cells: Sequence[bytes] | None = None

    def __len__(self) -> int:
        return len(self.example_ids)

    def keys(self) -> list[Key]:
        """Key of each row."""
        return list(zip(self.example_ids.tolist(), self.swapped.tolist(), strict=True))


def read_logits(folder: Path, labels: Sequence[str]) -> LogitsTable:
    """All shards of a logits artifact, in order.

    Raises InvalidData for a missing shard or column, shards of different origin, a key that occurs
    twice or a value that is not finite.
    """
    place = Path(folder).name
    shards = sorted(Path(folder).glob("logits-*.parquet"))
    if [shard.name for shard in shards] != [
        logits_file(number) for number in range(len(shards))
    ] or not shards:
        raise InvalidData(f"{place}: logits shards are missing; export the logits again")
    columns = ["example_id", "swapped", *(f"logit_{label}" for label in labels)]
    table = pa.concat_tables([read_columns(shard, columns) for shard in shards]).combine_chunks()
    origins = {(pq.read_metadata(shard).metadata or {}).get(LOGITS_ORIGIN_KEY) for shard in shards}
    if len(origins) > 1:
        raise InvalidData(f"{place}: its shards are of different models; export the logits again")
    origin = origins.pop()
    result = LogitsTable(
        example_ids=texts(table, "example_id"),
        swapped=table["swapped"].to_numpy().astype(np.bool_),
        logits=np.stack([table[f"logit_{label}"].to_numpy().astype(np.float32) for label in labels], axis=1),
        origin=None if origin is None else LogitsOrigin.of(origin),
    )
    keys = result.keys()
    refuse_repeated(keys, place)
    refuse(keys, ~np.isfinite(result.logits).all(axis=1), place, "has a logit that is not finite")
    return result


def join_logits(tokens: TokenTable, rows: np.ndarray, logits: LogitsTable, name: str) -> np.ndarray:
    """Logits of the chosen token rows, float32 [len(rows), labels], each row's own order.

    Raises InvalidData, naming the row, when a chosen row has no logits or a logits row belongs to no
    token row.
    """
    found = {key: position for position, key in enumerate(logits.keys())}
    keys = tokens.keys()
    refuse_missing(list(found), [keys[row] for row in rows], name)
    foreign = found.keys() - set(keys)
    if foreign:
        raise InvalidData(
            f"{name}: {row_name(min(foreign))} is not in the tokens; the logits are of other data"
        )
    return logits.logits[[found[keys[row]] for row in rows]]


def write_logits_shard(folder: Path, shard: int, labels: Sequence[str], rows: LogitsTable) -> Path:
    """Write one shard of at most LOGITS_SHARD_ROWS rows; equal rows of equal origin give equal bytes.

    The file appears under its name only when it is complete.
    """
    if not 0 < len(rows) <= LOGITS_SHARD_ROWS:
        raise ValueError(f"a shard holds 1 to {LOGITS_SHARD_ROWS} rows, not {len(rows)}")
    columns: dict[str, pa.Array] = {
        "example_id": pa.array(rows.example_ids.tolist(), pa.string()),
        "swapped": pa.array(rows.swapped, pa.bool_()),
    }
    if rows.cells is not None:
        columns["cell"] = pa.array(rows.cells, pa.binary(CELL_BYTES))
    for index, label in enumerate(labels):
        columns[f"logit_{label}"] = pa.array(np.ascontiguousarray(rows.logits[:, index]), pa.float32())
    table = pa.table(columns)
    path = Path(folder) / logits_file(shard)
    temporary = path.with_suffix(".partial")
    with pq.ParquetWriter(temporary, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        if rows.origin is not None:
            writer.add_key_value_metadata({LOGITS_ORIGIN_KEY: rows.origin.text()})
    os.replace(temporary, path)
    return path
