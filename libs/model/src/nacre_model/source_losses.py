"""The loss of every training row under the weights that the recipe gives to its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nacre_model.losses import LossWeights, distillation_loss


class SourceLosses:
    """The weights of the losses for N rows.

    losses: those of a request; its by_source replaces single weights for the rows of a source.
    example_ids: [N], each <source>:<id>.
    """

    def __init__(self, losses: Mapping[str, Any], example_ids: Sequence[str]) -> None:
        sources = [example_id.partition(":")[0] for example_id in example_ids]
        of_source = {source: LossWeights.of(losses, source) for source in dict.fromkeys(sources)}
        self._weights = list(dict.fromkeys(of_source.values()))
        places = {source: self._weights.index(weights) for source, weights in of_source.items()}
        self._of_row = np.array([places[source] for source in sources], dtype=np.int64)

    @property
    def needs_votes(self) -> np.ndarray:
        """Whether a row has cross-entropy in its loss, bool [N]."""
        return np.array([weights.cross_entropy > 0 for weights in self._weights])[self._of_row]

    def __call__(self, rows: np.ndarray, logits: Tensor, labels: Tensor, teachers: Tensor) -> Tensor:
        """Loss of the given rows, [n]: as distillation_loss, all tensors on one device.

        rows: positions, int64 [n]. Without teachers it is cross-entropy, whatever the weights.
        """
        kinds = self._of_row[rows]
        if (kinds == kinds[0]).all():
            return distillation_loss(logits, labels, teachers, self._weights[kinds[0]])
        total = torch.zeros_like(logits[:, 0])
        for kind in np.unique(kinds):
            chosen = torch.from_numpy(np.flatnonzero(kinds == kind)).to(logits.device)
            part = distillation_loss(logits[chosen], labels[chosen], teachers[chosen], self._weights[kind])
            total = total.index_add(0, chosen, part)
        return total
