"""Micro-batches: rows sorted by length, cut under a token budget, padded on the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from nacre_model.tables import TokenTable


@dataclass(frozen=True)
class MicroBatch:
    """Rows that go through the model together.

    rows: positions in the token table, int64 [n]. input_ids: int64 [n, width], padded on the right
    with `pad_token_id`. lengths: int64 [n], real tokens of each row.
    """

    rows: np.ndarray
    input_ids: torch.Tensor
    lengths: torch.Tensor

    @property
    def tokens(self) -> int:
        """Real tokens."""
        return int(self.lengths.sum())

    @property
    def padded_tokens(self) -> int:
        """Tokens computed, padding included."""
        return self.input_ids.numel()


def cut(lengths: np.ndarray, token_budget: int) -> list[np.ndarray]:
    """Positions of each micro-batch, int64, longest rows first.

    rows x longest row never exceeds `token_budget`, save where one row alone does. Depends only on
    the lengths and their order; equal lengths keep their order.
    """
    order = np.argsort(-lengths, kind="stable")
    parts = []
    start = 0
    while start < len(order):
        size = max(1, token_budget // int(lengths[order[start]]))
        parts.append(order[start : start + size])
        start += size
    return parts


def micro_batches(
    tokens: TokenTable,
    rows: np.ndarray,
    token_budget: int,
    pad_token_id: int,
    device: torch.device | str = "cpu",
) -> Iterator[MicroBatch]:
    """The chosen rows of a token table as micro-batches, longest rows first."""
    lengths = tokens.lengths[rows]
    for part in cut(lengths, token_budget):
        widths = lengths[part]
        padded = np.full((len(part), int(widths.max())), pad_token_id, dtype=np.int64)
        for line, row in zip(padded, rows[part], strict=True):
            sequence = tokens.input_ids(row)
            line[: len(sequence)] = sequence
        yield MicroBatch(
            rows=rows[part],
            input_ids=torch.from_numpy(padded).to(device),
            lengths=torch.from_numpy(widths).to(device),
        )
