"""LoRA dropout whose masks are a function of the row, never of the machine.

Whether a feature is kept is a bit of hash(seed, epoch, example id, swapped, module, token position,
feature), so it depends neither on micro-batch, padding and rank, nor on what was computed before
(design, section 6: stateless randomness).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nacre_model.sampling import hash_text, row_draws

# splitmix64's constants as the signed numbers that torch has; its products wrap as they should.
_golden, _first, _second = (
    constant - 2**64 for constant in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)

DRAWS_PER_HASH = 4
"""Draws of 16 bits that one 64-bit hash gives; a mask costs a quarter of the hashes so."""


def mix(values: Tensor) -> Tensor:
    """sampling.mix on int64 tensors, which hold the bits of its uint64."""
    mixed = values + _golden
    for shift, factor in ((30, _first), (27, _second)):
        # torch's shift keeps the sign: the bits it draws in are masked out.
        mixed = mixed.bitwise_xor_((mixed >> shift) & ((1 << (64 - shift)) - 1)).mul_(factor)
    return mixed.bitwise_xor_((mixed >> 31) & ((1 << 33) - 1))


class AdapterDropout:
    """The masks of all adapters of one model.

    rate: share of features left out, 0 < rate < 1, kept in steps of 2^-16. `scale` is what the kept
    ones are multiplied by, so that the expectation is what it was.
    """

    def __init__(self, rate: float, seed: int) -> None:
        self._threshold = round(rate * 2**16)
        self._seed = hash_text(f"dropout:{seed}")
        self._rows: Tensor | None = None
        self.scale = 2**16 / (2**16 - self._threshold)
        self.on = True
        """False while a model is only asked: its adapters then see everything."""

    def choose(self, epoch: int, hashes: np.ndarray, swapped: np.ndarray, device: torch.device) -> None:
        """Say which rows the next forward is of.

        epoch counts from 0; hashes: example_hashes of the rows, uint64 [n]; swapped: bool [n].
        """
        draws = row_draws(self._seed, epoch, hashes, swapped)
        self._rows = torch.from_numpy(draws.view(np.int64)).to(device)

    def keep(self, module: int, inputs: Tensor) -> Tensor:
        """Which features the adapter of a module sees, bool of the shape of inputs (n, positions, features).

        module: hash of its name, of 64 bits with sign.
        """
        if self._rows is None or inputs.shape[0] != len(self._rows):
            raise ValueError("dropout: choose() the rows of a micro-batch before its forward")
        positions, features = inputs.shape[1:]
        blocks = -(-features // DRAWS_PER_HASH)
        device = inputs.device
        rows = mix(self._rows ^ module)
        tokens = mix(rows[:, None] ^ torch.arange(positions, device=device))
        hashes = mix(tokens[..., None] ^ torch.arange(blocks, device=device))
        draws = hashes.view(torch.int16)[..., :features]
        return draws >= self._threshold - 2**15


def module_hash(name: str) -> int:
    """Hash of a module's name as the signed number that torch computes with."""
    return hash_text(name) - 2**63
