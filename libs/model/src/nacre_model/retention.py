"""How much of each field survives truncation: counts over the comparisons of one source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nacre_model.prompts import Side
from nacre_model.truncation import Kept, Span, Spans

FIELDS = ("prompt", "response_a", "response_b")
LAST_TURN = "last_turn"
"""The newest turn of each of the three fields, together: what a voter had just read."""

QUANTILES = {"p10": 0.10, "p50": 0.50, "p90": 0.90}


class Retention:
    """Shares of text in characters, markers not counted; an empty text survives whole."""

    def __init__(self) -> None:
        self._comparisons = 0
        self._characters = dict.fromkeys((*FIELDS, LAST_TURN), 0)
        self._kept = dict.fromkeys((*FIELDS, LAST_TURN), 0)
        self._shares: dict[str, list[float]] = {name: [] for name in (*FIELDS, LAST_TURN)}

    def add(self, sides: Sequence[Side], kept: Kept) -> None:
        """Count a comparison: its fields as they were, and what a truncation keeps of each."""
        self._comparisons += 1
        last = [0, 0]
        for name, side, spans in zip(FIELDS, sides, kept, strict=True):
            self._count(name, len(side.text), _within(spans, (0, len(side.text))))
            start, end = side.turn(0)
            last = [last[0] + end - start, last[1] + _within(spans, (start, end))]
        self._count(LAST_TURN, *last)

    def figures(self) -> dict[str, float]:
        """Per field and for the last turn: kept_<name>, the share of all its text; cut_<name>, the
        comparisons in which it lost some; and where there are any, kept_<name>_p10, _p50 and _p90, the
        share that survives in those.

        A quantile is the share of one comparison: at least that part of them keeps at most as much.
        """
        figures: dict[str, float] = {"comparisons": self._comparisons}
        for name, shares in self._shares.items():
            characters = self._characters[name]
            figures[f"kept_{name}"] = self._kept[name] / characters if characters else 1.0
            figures[f"cut_{name}"] = len(shares)
            if shares:
                quantiles = np.quantile(shares, list(QUANTILES.values()), method="inverted_cdf")
                figures |= {
                    f"kept_{name}_{quantile}": float(share)
                    for quantile, share in zip(QUANTILES, quantiles, strict=True)
                }
        return figures

    def _count(self, name: str, characters: int, kept: int) -> None:
        self._characters[name] += characters
        self._kept[name] += kept
        if kept < characters:
            self._shares[name].append(kept / characters)


def _within(spans: Spans, place: Span) -> int:
    """Characters of the spans that lie within a place."""
    return sum(max(min(end, place[1]) - max(start, place[0]), 0) for start, end in spans)
