"""What survives truncation, against counts by hand."""

from __future__ import annotations

import pytest

from nacre_model.prompts import Side
from nacre_model.retention import FIELDS, Retention
from nacre_model.truncation import Kept

TEN = Side.of(["0123456789"])
TURNS = Side.of(["01234", "678", "abcdefghij"])


def figures_of(*comparisons: tuple[list[Side], Kept]) -> dict[str, float]:
    retention = Retention()
    for sides, kept in comparisons:
        retention.add(sides, kept)
    return retention.figures()


def test_a_source_without_a_comparison_has_lost_nothing():
    figures = figures_of()
    assert figures == {
        "comparisons": 0,
        **{f"kept_{name}": 1.0 for name in (*FIELDS, "last_turn")},
        **{f"cut_{name}": 0 for name in (*FIELDS, "last_turn")},
    }


def test_what_is_whole_or_empty_counts_as_kept_and_has_no_quantiles():
    figures = figures_of(([TEN, TURNS, Side.of([])], (((0, 10),), ((0, 20),), ())))
    assert figures["comparisons"] == 1
    assert all(value == 1 for name, value in figures.items() if name.startswith("kept_"))
    assert all(value == 0 for name, value in figures.items() if name.startswith("cut_"))
    assert not any(name.endswith(("p10", "p50", "p90")) for name in figures)


def test_shares_are_of_all_text_and_quantiles_of_the_comparisons_that_lost_some():
    # Of eleven prompts of ten characters one is whole and the others keep 0 to 9.
    figures = figures_of(*(([TEN, TEN, TEN], (((0, kept),), ((0, 10),), ((0, 10),))) for kept in range(11)))
    assert figures["kept_prompt"] == pytest.approx(55 / 110)
    assert figures["cut_prompt"] == 10
    assert [figures[f"kept_prompt_{part}"] for part in ("p10", "p50", "p90")] == [0.0, 0.4, 0.8]
    assert figures["cut_response_a"] == figures["cut_response_b"] == 0
    # The newest turn is of the three fields together.
    assert figures["kept_last_turn"] == pytest.approx((55 + 220) / 330)
    assert figures["cut_last_turn"] == 10


def test_the_newest_turn_is_whole_where_only_older_ones_are_cut():
    figures = figures_of(([TURNS, TURNS, TEN], (((10, 20),), ((3, 6), (10, 20)), ((0, 10),))))
    assert figures["kept_prompt"] == 10 / 20
    assert figures["kept_response_a"] == 13 / 20
    assert figures["kept_last_turn"] == 1
    assert figures["cut_last_turn"] == 0


def test_the_newest_turn_is_lost_where_ends_are_cut_though_most_text_is_kept():
    figures = figures_of(([TURNS, TURNS, TURNS], (((0, 11),), ((0, 10),), ((0, 20),))))
    assert figures["kept_prompt"] == 11 / 20
    assert figures["kept_last_turn"] == pytest.approx(11 / 30)
    assert figures["kept_last_turn_p50"] == pytest.approx(11 / 30)
