"""Templates and fields: exact text, and where in it everything stands."""

from __future__ import annotations

import pytest

from nacre_model.prompts import TEMPLATES, Fields, Side, field_starts, join_turns, render

FIELDS = Fields("Why?", "Because.", "Who knows")


def test_blackpearl_is_the_winners_training_template_to_the_letter():
    assert render("blackpearl", FIELDS) == (
        'User question:\n"""Why?"""\nAnswer A:\n"""Because."""\nAnswer B:\n"""Who knows"""\n'
    )


def test_a_field_that_looks_like_a_placeholder_stays_text():
    fields = Fields("{response_a}", "{response_b}{prompt}", "{}")
    assert render("compact", fields) == "prompt\n{response_a}\nA\n{response_b}{prompt}\nB\n{}\n"


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_fields_begin_where_the_text_says(template: str):
    prompt, first, second = field_starts(template, FIELDS)
    text = render(template, FIELDS)
    assert text[prompt:].startswith("Why?")
    assert text[first:].startswith("Because.")
    assert text[second:].startswith("Who knows")


def test_turns_stand_one_after_another_and_a_null_turn_is_empty():
    assert join_turns(["one", None, "three"]) == "one\n\nthree"
    assert join_turns([None]) == ""
    assert join_turns([]) == ""


@pytest.mark.parametrize(
    ("turns", "spans"),
    [
        (["one", None, "three"], [(5, 10), (4, 5), (0, 4), (0, 0)]),
        (["one"], [(0, 3), (0, 0)]),
        ([None, None], [(1, 1), (0, 1), (0, 0)]),
        ([], [(0, 0)]),
    ],
)
def test_a_turn_is_found_in_the_joined_text_by_its_age(turns: list[str | None], spans: list[tuple[int, int]]):
    side = Side.of(turns)
    assert side.text == join_turns(turns)
    assert [side.turn(age) for age in range(len(turns) + 1)] == spans
