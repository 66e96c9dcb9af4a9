"""Templates and cutting: exact text, never too long, alike for both answers, the same again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nacre_model.prompts import (
    TEMPLATES,
    Encode,
    Encoded,
    Fields,
    cut,
    field_starts,
    fit,
    join_turns,
    render,
    shares,
)
from nacre_model.protocol import ContractViolation
from nacre_model.tokenizer import TextEncoder, save_tokenizer, train_tokenizer

FIELDS = Fields("Why?", "Because.", "Who knows")
ALPHABETS = ["abc de ", "你好世界。 ", "👩‍🚀é🇫🇷 x", '"\n\t"""', "\x00\x07 0123456789", " "]


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory) -> Encode:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer([render("blackpearl", FIELDS), "abc de abc de"], 400), folder, 512)
    return TextEncoder(folder).encode


def any_text(source: random.Random) -> str:
    alphabet = source.choice(ALPHABETS)
    return "".join(source.choice(alphabet) for _ in range(source.choice([0, 1, 5, 40, 200])))


def any_fields(seed: int) -> Fields:
    source = random.Random(seed)
    return Fields(*(any_text(source) for _ in range(3)))


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
    ("lengths", "available", "cap"),
    [
        ([10, 10, 10], 30, 10),
        ([10, 10, 10], 29, 9),
        # A short field leaves its share to the long ones.
        ([2, 100, 100], 42, 20),
        ([2, 5, 100], 42, 35),
        ([1, 2, 3], 100, 3),
        ([5, 5, 5], 0, 0),
        ([5, 5, 5], -4, 0),
        ([0, 0, 0], 0, 0),
    ],
)
def test_shares_are_the_largest_equal_ones_that_fit(lengths: list[int], available: int, cap: int):
    assert shares(lengths, available) == cap


def test_a_character_of_several_tokens_is_kept_whole_or_not_at_all():
    four_tokens_then_one = Encoded([1, 2, 3, 4, 5], [0, 0, 0, 0, 1])
    assert cut("😀x", four_tokens_then_one, 3) == ""
    assert cut("😀x", four_tokens_then_one, 4) == "😀"
    assert cut("😀x", four_tokens_then_one, 5) == "😀x"


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("seed", range(30))
def test_no_comparison_is_ever_longer_than_allowed(encode: Encode, template: str, seed: int):
    fields = any_fields(seed)
    empty = len(encode(render(template, Fields("", "", ""))).ids)
    for room in (empty, empty + 1, empty + 7, 64, 200):
        orders, truncated = fit(template, fields, room, encode)
        assert max(map(len, orders)) <= room
        whole = [encode(render(template, order)).ids for order in (fields, fields.swapped())]
        assert truncated == (max(map(len, whole)) > room)
        if not truncated:
            assert orders == whole


@pytest.mark.parametrize("seed", range(30))
def test_exchanging_the_answers_exchanges_the_orders(encode: Encode, seed: int):
    fields = any_fields(seed)
    for room in (48, 90):
        orders, truncated = fit("blackpearl", fields, room, encode)
        exchanged, also = fit("blackpearl", fields.swapped(), room, encode)
        assert exchanged == orders[::-1]
        assert also == truncated


def test_long_fields_are_cut_to_the_same_number_of_tokens(encode: Encode):
    fields = Fields("abc de " * 50, "abc de " * 90, "de abc " * 90)
    orders, truncated = fit("compact", fields, 100, encode)
    assert truncated
    assert 95 <= max(map(len, orders)) <= 100


def test_a_template_that_leaves_no_room_is_refused_with_its_length(encode: Encode):
    with pytest.raises(ContractViolation, match=r"prompt\.max_tokens: the template blackpearl alone has \d+"):
        fit("blackpearl", FIELDS, 3, encode)


def test_cut_text_fits_again_unchanged(encode: Encode, tmp_path: Path):
    # The tokens of a cut comparison, read back as text, are a comparison that fits as it is.
    fields = Fields("abc de " * 40, "你好世界。" * 20, "👩‍🚀é" * 20)
    parts = [encode(text) for text in (fields.prompt, fields.response_a, fields.response_b)]
    orders, _ = fit("compact", fields, 120, encode)
    cap = next(
        cap
        for cap in range(max(len(part.ids) for part in parts), -1, -1)
        if encode(
            render(
                "compact",
                kept := Fields(
                    *map(cut, (fields.prompt, fields.response_a, fields.response_b), parts, [cap] * 3)
                ),
            )
        ).ids
        == orders[0]
    )
    assert cap > 0
    assert fit("compact", kept, 120, encode) == (orders, False)
