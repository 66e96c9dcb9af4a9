"""Stateless sample order: which rows an optimizer step takes, as a function of the seed alone.

Every draw hashes (seed, epoch, example_id, swapped) with a counter-based 64-bit hash. Rank,
micro-batch, history and the order in which rows are listed have no influence, so a step can be
found again after any interruption.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def hash_text(text: str) -> int:
    """64-bit hash of a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def example_hashes(example_ids: Sequence[str]) -> np.ndarray:
    """hash_text of each id, uint64: computed once, used in every epoch."""
    return np.array([hash_text(example_id) for example_id in example_ids], dtype=np.uint64)


def epoch_order(seed: int, epoch: int, hashes: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """Positions 0 … N - 1 in the order in which an epoch visits the rows, int64.

    hashes: example_hashes of the N rows; swapped: bool [N].
    """
    draws = row_draws(seed, epoch, hashes, swapped)
    # The last keys settle equal draws without looking at positions.
    return np.lexsort((swapped, hashes, draws))


def paired_order(seed: int, epoch: int, hashes: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """As epoch_order, but the two orders of an example stand beside each other, as given first."""
    draws = row_draws(seed, epoch, hashes, np.zeros(len(hashes), dtype=np.bool_))
    return np.lexsort((swapped, hashes, draws))


def alternating(seed: int, epoch: int, hashes: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """Which rows an epoch visits where every example shows one order, and the other one in the next epoch.

    bool [N]. Which order an example begins with is a draw of its own.
    """
    coins = row_draws(hash_text(f"alternate:{seed}"), 0, hashes, np.zeros(len(hashes), dtype=np.bool_))
    return ((coins & np.uint64(1)).astype(np.int64) + epoch) % 2 == swapped


def row_draws(seed: int, epoch: int, hashes: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """One draw per row, uint64 [N]: a function of (seed, epoch, example id, swapped), uniform."""
    draws = mix(hashes ^ mix(np.uint64(seed)))
    return mix(draws ^ mix(np.uint64(2 * epoch) + swapped.astype(np.uint64)))


def mix(values: np.ndarray | np.uint64) -> np.ndarray:
    """splitmix64's output function (Steele, Lea, Flood 2014): a bijection that spreads every bit."""
    mixed = np.atleast_1d(np.asarray(values, dtype=np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
