"""Truncation: never too long, alike for both answers, the same again, and each policy what it says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from nacre_model.prompts import TEMPLATES, Encode, Encoded, Fields, Side, render
from nacre_model.protocol import ContractViolation
from nacre_model.tokenizer import TextEncoder, save_tokenizer, train_tokenizer
from nacre_model.truncation import (
    LEAST_ROUND_TOKENS,
    MARKER,
    POLICIES,
    Measured,
    Truncation,
    kept_text,
    shares,
)

ALPHABETS = ["abc de ", "你好世界。 ", "👩‍🚀é🇫🇷 x", '"\n\t"""', "\x00\x07 0123456789", " ", MARKER]
MARKING = ["keep_last_turns", "keep_first_and_last_turns"]
SEEDS = range(25)

every_policy = pytest.mark.parametrize("policy", list(POLICIES))


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory) -> Encode:
    folder = tmp_path_factory.mktemp("tokenizer")
    texts = [render("blackpearl", Fields("Why?", "Because.", "Who knows")), f"abc de abc de {MARKER}"]
    save_tokenizer(train_tokenizer(texts, 400), folder, 512)
    return TextEncoder(folder).encode


def any_text(source: random.Random) -> str | None:
    alphabet = source.choice(ALPHABETS)
    return "".join(source.choice(alphabet) for _ in range(source.choice([0, 1, 5, 40, 200]))) or None


def any_sides(seed: int) -> list[Side]:
    """Up to five rounds of any length; now and then a side has a turn more or fewer than the others."""
    source = random.Random(seed)
    rounds = source.choice([0, 1, 1, 2, 3, 5])
    return [
        Side.of([any_text(source) for _ in range(max(rounds + source.choice([0] * 8 + [-1, 1]), 0))])
        for _ in range(3)
    ]


def sides_of(*fields: Sequence[str]) -> list[Side]:
    return [Side.of(turns) for turns in fields]


def whole(sides: Sequence[Side]) -> Fields:
    return Fields(*(side.text for side in sides))


def swapped(sides: Sequence[Side]) -> list[Side]:
    return [sides[0], sides[2], sides[1]]


def rooms(encode: Encode, template: str) -> list[int]:
    empty = len(encode(render(template, Fields("", "", ""))).ids)
    return [empty, empty + 1, empty + 7, empty + 40, 200, 700]


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
    text = Measured("😀x😀", Encoded(list(range(9)), [0, 0, 0, 0, 1, 2, 2, 2, 2]))
    kept = [[text.head(text.whole, cap)[1], text.tail(text.whole, cap)[0]] for cap in range(10)]
    assert kept == [[0, 3]] * 4 + [[1, 2], [2, 1], [2, 1], [2, 1], [2, 1], [3, 0]]


def test_a_marker_stands_before_a_piece_that_does_not_follow_on():
    assert kept_text("one two three", ((0, 13),)) == "one two three"
    assert kept_text("one two three", ((0, 3),)) == "one"
    assert kept_text("one two three", ((8, 13),)) == "[...] three"
    assert kept_text("one two three", ((0, 3), (8, 13))) == "one [...] three"
    assert kept_text("one two three", ((1, 3), (4, 6), (8, 13))) == "[...] ne [...] tw [...] three"
    assert kept_text("one two three", ((0, 3), (13, 13))) == "one [...] "
    assert kept_text("one two three", ((13, 13),)) == "[...] "
    assert kept_text("one two three", ()) == ""


@every_policy
@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("seed", SEEDS)
def test_no_comparison_is_ever_longer_than_allowed(encode: Encode, template: str, policy: str, seed: int):
    sides = any_sides(seed)
    for room in rooms(encode, template):
        fitted = Truncation(policy, template, room, encode).fit(sides)
        assert max(map(len, fitted.orders)) <= room
        assert fitted.truncated == (fitted.fields != whole(sides))


@every_policy
@pytest.mark.parametrize("seed", SEEDS)
def test_the_ids_are_those_of_the_whole_text_once_built(encode: Encode, policy: str, seed: int):
    for room in rooms(encode, "compact"):
        fitted = Truncation(policy, "compact", room, encode).fit(any_sides(seed))
        texts = [render("compact", order) for order in (fitted.fields, fitted.fields.swapped())]
        assert fitted.orders == [encode(text).ids for text in texts]


@every_policy
@pytest.mark.parametrize("seed", SEEDS)
def test_exchanging_the_answers_exchanges_what_is_kept(encode: Encode, policy: str, seed: int):
    sides = any_sides(seed)
    for room in rooms(encode, "blackpearl"):
        truncation = Truncation(policy, "blackpearl", room, encode)
        fitted, exchanged = truncation.fit(sides), truncation.fit(swapped(sides))
        assert exchanged.orders == fitted.orders[::-1]
        assert exchanged.fields == fitted.fields.swapped()
        assert exchanged.kept == (fitted.kept[0], fitted.kept[2], fitted.kept[1])
        assert exchanged.truncated == fitted.truncated


@every_policy
@pytest.mark.parametrize("seed", SEEDS)
def test_a_cut_comparison_is_not_cut_again(encode: Encode, policy: str, seed: int):
    for room in rooms(encode, "compact"):
        truncation = Truncation(policy, "compact", room, encode)
        fitted = truncation.fit(any_sides(seed))
        fields = fitted.fields
        again = truncation.fit(sides_of([fields.prompt], [fields.response_a], [fields.response_b]))
        assert (again.fields, again.orders, again.truncated) == (fields, fitted.orders, False)


@every_policy
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_is_in_order_and_is_the_text_but_for_markers(encode: Encode, policy: str, seed: int):
    sides = any_sides(seed)
    for room in rooms(encode, "compact"):
        fitted = Truncation(policy, "compact", room, encode).fit(sides)
        fields = (fitted.fields.prompt, fitted.fields.response_a, fitted.fields.response_b)
        for side, text, spans in zip(sides, fields, fitted.kept, strict=True):
            assert all(0 <= start <= end <= len(side.text) for start, end in spans)
            assert all(end < start for (_, end), (start, _) in pairwise(spans))
            assert text == kept_text(side.text, spans)
            if policy not in MARKING:
                assert side.text.startswith(text)


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "token_popping"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_comparison_that_fits_is_left_alone(encode: Encode, policy: str, seed: int):
    sides = any_sides(seed)
    texts = [render("compact", order) for order in (whole(sides), whole(sides).swapped())]
    room = max(len(encode(text).ids) for text in texts)
    assert not Truncation(policy, "compact", room, encode).fit(sides).truncated
    if room > rooms(encode, "compact")[0]:
        assert Truncation(policy, "compact", room - 1, encode).fit(sides).truncated


@every_policy
def test_a_template_that_leaves_no_room_is_refused_with_its_length(encode: Encode, policy: str):
    with pytest.raises(ContractViolation, match=r"prompt\.max_tokens: the template blackpearl alone has \d+"):
        Truncation(policy, "blackpearl", 3, encode)


@every_policy
def test_a_limit_is_made_use_of(encode: Encode, policy: str):
    sides = sides_of(*(["abc de " * 50] * 3, ["abc de " * 90] * 3, ["de abc " * 90] * 3))
    fitted = Truncation(policy, "compact", 300, encode).fit(sides)
    assert fitted.truncated
    assert 280 <= max(map(len, fitted.orders)) <= 300


def test_per_field_cuts_long_fields_to_the_same_number_of_tokens(encode: Encode):
    sides = sides_of(["abc de " * 50], ["abc de " * 90], ["abc de " * 90])
    fields = Truncation("per_field", "compact", 100, encode).fit(sides).fields
    assert fields.prompt == fields.response_a == fields.response_b != ""


def popped(sides: Sequence[Side], limit: int, encode: Encode) -> list[int]:
    """Lengths that the winner's loop leaves of three fields, from the description of it: words, then one
    token at a time off the longer answer, and off each in turn once both are equal."""
    words = [256, 700, 700]
    texts = [" ".join(side.text.split(" ")[:cap]) for side, cap in zip(sides, words, strict=True)]
    prompt, first, second = (encode(text).ids for text in texts)
    if len(prompt) + len(first) + len(second) > limit:
        prompt = prompt[:256]
        turn = 0
        while len(first) + len(second) > limit - len(prompt):
            if len(first) > len(second) or (len(first) == len(second) and turn % 2 == 0):
                first.pop()
            else:
                second.pop()
            turn += 1
    return [len(prompt), len(first), len(second)]


@pytest.mark.parametrize("seed", range(30))
def test_token_popping_leaves_what_the_winners_loop_leaves(encode: Encode, seed: int):
    source = random.Random(seed)
    # One token a word, so that a cut text has as many tokens as were kept.
    sizes = [source.choice([3, 100, 250, 300, 600, 900]) for _ in range(3)]
    sides = sides_of(*(["abc" + " de" * (size - 1)] for size in sizes))
    template = len(encode(render("compact", Fields("", "", ""))).ids)
    fields = Truncation("token_popping", "compact", 1024, encode).fit(sides).fields
    kept = [len(encode(text).ids) for text in (fields.prompt, fields.response_a, fields.response_b)]
    expected = popped(sides, 1024 - template, encode)
    # A token that the loop would leave to one of two equal answers is left to neither.
    if expected[1] != expected[2] and kept[1] == kept[2]:
        expected[1:] = [min(expected[1:])] * 2
    assert kept == expected


def test_token_popping_cuts_words_of_what_would_fit(encode: Encode):
    sides = sides_of(["abc" + " de" * 299], ["abc"], ["de"])
    fitted = Truncation("token_popping", "compact", 1024, encode).fit(sides)
    assert fitted.truncated
    assert len(fitted.fields.prompt.split(" ")) == 256


def rounds(*lengths: int) -> list[Side]:
    """Rounds of a distinct letter each, with so many words in each of the three texts."""
    turns = [" ".join([chr(ord("a") + number) * 3] * length) for number, length in enumerate(lengths)]
    return sides_of(turns, turns, turns)


def letters(text: str) -> str:
    """The rounds of which something is left."""
    return "".join(sorted(set(text) & set("abcdefgh")))


@pytest.mark.parametrize(("policy", "kept"), [("keep_last_turns", "de"), ("keep_first_and_last_turns", "ae")])
def test_whole_rounds_are_kept_by_their_worth(encode: Encode, policy: str, kept: str):
    sides = rounds(20, 20, 20, 20, 20)
    size = sum(len(encode(f"{letter * 3} " * 20).ids) for letter in "de") * 3
    fitted = Truncation(policy, "compact", size + 60, encode).fit(sides)
    for text in (fitted.fields.prompt, fitted.fields.response_a, fitted.fields.response_b):
        assert letters(text) == kept
        assert text.count(MARKER) == 1
        assert text.endswith(sides[0].text.split("\n")[-1])
        assert text.startswith("aaa") == (policy == "keep_first_and_last_turns")


@pytest.mark.parametrize("policy", MARKING)
def test_the_newest_round_keeps_both_ends_where_it_alone_is_too_long(encode: Encode, policy: str):
    sides = sides_of(["old", "one " * 99 + "two"], ["old", "three " * 99 + "four"], ["old", "short"])
    fields = Truncation(policy, "compact", 120, encode).fit(sides).fields
    assert fields.prompt.startswith(f"{MARKER} one one")
    assert fields.prompt.endswith("one two")
    assert fields.response_a.endswith("three four")
    assert fields.prompt.count(MARKER) == fields.response_a.count(MARKER) == 2
    assert fields.response_b == f"{MARKER} short"


def test_a_round_is_left_out_rather_than_cut_to_a_few_tokens(encode: Encode):
    sides = rounds(200, 5)
    newest = 3 * len(encode("bbb " * 5).ids)
    template = len(encode(render("compact", Fields("", "", ""))).ids)
    lengths = [
        len(
            Truncation("keep_last_turns", "compact", template + newest + more, encode)
            .fit(sides)
            .fields.prompt
        )
        for more in (60, LEAST_ROUND_TOKENS + 60)
    ]
    assert lengths[0] == len(f"{MARKER} bbb bbb bbb bbb bbb") < lengths[1]


@pytest.mark.parametrize("policy", MARKING)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_gap_is_marked_and_nothing_else(encode: Encode, policy: str, seed: int):
    sides = any_sides(seed)
    for room in rooms(encode, "compact"):
        fitted = Truncation(policy, "compact", room, encode).fit(sides)
        if fitted.kept == ((), (), ()):
            # No room even for markers.
            assert fitted.fields == Fields("", "", "")
            continue
        fields = (fitted.fields.prompt, fitted.fields.response_a, fitted.fields.response_b)
        for side, text, spans in zip(sides, fields, fitted.kept, strict=True):
            gaps = [start for (_, end), (start, _) in pairwise([(0, 0), *spans]) if start > end]
            own = sum(side.text[start:end].count(MARKER) for start, end in spans)
            assert text.count(MARKER) - own == len(gaps)
            # The end is never left out in silence.
            assert side.text == "" or spans[-1][1] == len(side.text)
