"""Which weights a training ends with: the last ones, their moving average, or the best on dev rows.

What a choice keeps beside the trained parameters is part of every checkpoint, so a resumed training
ends with the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

AVERAGED_SHARE = 0.1
"""Share of the steps over which a moving average forgets all but 1/e of what it held."""
EVALUATIONS = 10
"""How often dev rows are scored, evenly over the steps and at the last one."""
DEV_LOSS = "dev_log_loss"
"""Key of a line of the history whose step was scored on dev rows."""


class Selection:
    """Keeps nothing: a training ends with the weights of its last step.

    kept: tensors by the name of the trained parameter that they may replace.
    """

    def __init__(self, trained: Mapping[str, Tensor], steps: int) -> None:
        self._trained, self._steps = trained, steps
        self.kept: dict[str, Tensor] = {}

    def after_step(self, history: list[dict[str, Any]]) -> None:
        """Look at the weights after a step, whose line is the last one of the history."""

    def finish(self) -> None:
        """Put what was kept in the place of the trained parameters."""
        with torch.no_grad():
            for name, tensor in self.kept.items():
                self._trained[name].copy_(tensor)

    def _keep_all(self) -> None:
        self.kept = {name: tensor.detach().clone() for name, tensor in self._trained.items()}


class MovingAverage(Selection):
    """kept = decay * kept + (1 - decay) * weights after each step, decay = 1 - 1 / (AVERAGED_SHARE * steps).

    Of the weights before the first step exp(-1 / AVERAGED_SHARE) is left at the end.
    """

    def __init__(self, trained: Mapping[str, Tensor], steps: int) -> None:
        super().__init__(trained, steps)
        self._keep_all()

    def after_step(self, history: list[dict[str, Any]]) -> None:
        share = 1 / max(1.0, AVERAGED_SHARE * self._steps)
        with torch.no_grad():
            for name, average in self.kept.items():
                average.lerp_(self._trained[name], share)


class BestOnDev(Selection):
    """Keeps the weights with the least mean log loss on dev rows, the earlier ones of equals.

    score: step → that loss. The loss of the weights kept is optimistic: they were chosen by it.
    """

    def __init__(self, trained: Mapping[str, Tensor], steps: int, score: Callable[[int], float]) -> None:
        super().__init__(trained, steps)
        self._score = score
        self._keep_all()

    def after_step(self, history: list[dict[str, Any]]) -> None:
        line = history[-1]
        if not evaluated(line["step"], self._steps):
            return
        best = min((earlier[DEV_LOSS] for earlier in history if DEV_LOSS in earlier), default=float("inf"))
        line[DEV_LOSS] = self._score(line["step"])
        if line[DEV_LOSS] < best:
            with torch.no_grad():
                for name, tensor in self.kept.items():
                    tensor.copy_(self._trained[name])


def evaluated(step: int, steps: int) -> bool:
    """Whether dev rows are scored after a step, 1 … steps: EVALUATIONS times, or after each where there are fewer."""
    return step * EVALUATIONS // steps > (step - 1) * EVALUATIONS // steps


def selection_of(
    method: str, trained: Mapping[str, Tensor], steps: int, score: Callable[[int], float]
) -> Selection:
    """The choice that a request's `selection` names: last, ema or best_dev."""
    if method == "ema":
        return MovingAverage(trained, steps)
    return BestOnDev(trained, steps, score) if method == "best_dev" else Selection(trained, steps)
