"""The ledger of logits: what a model has said of a row is not asked again.

A cell is the answer of one model to one sequence of tokens. The sequence holds the content of the row, the
order of its answers, the template and the tokenizer; who hands out a ledger sees to the rest: its cells are of
the same base, adapter, precision, device and version of the stage (libs/activities/src/stages/export-logits.ts).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nacre_model.keyed_rows import read_columns
from nacre_model.logits_tables import CELL_BYTES
from nacre_model.tables import TokenTable


def cells_of(tokens: TokenTable) -> list[bytes]:
    """Name of the cell of each row: a blake2b digest of its token ids as little-endian int32."""
    return [
        hashlib.blake2b(tokens.input_ids(row).astype("<i4").tobytes(), digest_size=CELL_BYTES).digest()
        for row in range(len(tokens))
    ]


def read_ledger(folders: Mapping[str, Path], labels: Sequence[str]) -> dict[bytes, np.ndarray]:
    """Logits, float32 [labels], by cell, of all shards in the folders; of equal cells the first one read.

    Raises InvalidData for a shard without cells or with an empty one, naming it.
    """
    columns = ["cell", *(f"logit_{label}" for label in labels)]
    known: dict[bytes, np.ndarray] = {}
    for folder in folders.values():
        for shard in sorted(Path(folder).glob("logits-*.parquet")):
            table = read_columns(shard, columns)
            logits = np.stack([table[name].to_numpy().astype(np.float32) for name in columns[1:]], axis=1)
            for cell, values in zip(table["cell"].to_pylist(), logits, strict=True):
                known.setdefault(cell, values)
    return known


def take_known(
    logits: np.ndarray, cells: Sequence[bytes] | None, known: Mapping[bytes, np.ndarray] | None
) -> np.ndarray:
    """Put what is known into `logits`, [rows, labels]; returns the positions of the other rows, int64."""
    if cells is None or not known:
        return np.arange(len(logits))
    missing = []
    for row, cell in enumerate(cells):
        if cell in known:
            logits[row] = known[cell]
        else:
            missing.append(row)
    return np.array(missing, dtype=np.int64)
