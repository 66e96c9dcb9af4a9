"""Which text of a comparison is kept when all of it is too long.

A policy yields what it would keep, from most to least; `Truncation` takes the first that fits once built
into the template and tokenized whole. What is kept are spans of
characters of each field, so that any policy can be counted (retention.py) and none has to be decoded.
Every policy treats both answers alike: exchanged answers are cut in the same places.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, takewhile
from math import ceil

from nacre_model.prompts import Encode, Encoded, Fields, Side, render
from nacre_model.protocol import ContractViolation

MARKER = "[...]"
"""Stands before a piece of text that does not follow on what is kept before it."""

LEAST_ROUND_TOKENS = 80
"""A round that does not fit whole is left out unless this many tokens are left for it (the bound of
DaoyuanLi2816's 4th place in the competition)."""

Span = tuple[int, int]
Spans = tuple[Span, ...]
"""What is kept of one field: where pieces of its text begin and end, in order. An empty piece says that
text before it is left out."""

Kept = tuple[Spans, Spans, Spans]
"""What is kept of the prompt, the first and the second answer."""

NOTHING: Kept = ((), (), ())


@dataclass(frozen=True)
class Room:
    """How long a row may be: whole rows, their three fields together, and a marker, in tokens."""

    row: int
    fields: int
    marker: int
    encode: Encode


Policy = Callable[[Sequence[Side], Room], Iterator[Kept]]


@dataclass(frozen=True)
class Fitted:
    """A comparison that fits: token ids as given and swapped, the texts in them, what they keep."""

    orders: list[list[int]]
    fields: Fields
    kept: Kept
    truncated: bool


def shares(lengths: Sequence[int], available: int) -> int:
    """The largest cap under which min(length, cap) adds up to at most `available`.

    A field shorter than its equal share leaves the rest to the longer ones; which field is which
    does not matter, so exchanging the answers exchanges their shares.
    """
    cap, open_fields, left = 0, len(lengths), max(available, 0)
    for length in sorted(lengths):
        if length * open_fields > left:
            return left // open_fields
        cap, left, open_fields = length, left - length, open_fields - 1
    return cap


class Measured:
    """A text and where its tokens begin: spans of it by number of tokens, never with half a character."""

    def __init__(self, text: str, encoded: Encoded) -> None:
        self.whole: Span = (0, len(text))
        self._starts = encoded.starts

    def tokens(self, span: Span) -> int:
        """Tokens that begin within a span."""
        return bisect_left(self._starts, span[1]) - bisect_left(self._starts, span[0])

    def head(self, span: Span, cap: int) -> Span:
        """The longest beginning of a span with at most its first `cap` tokens."""
        first = bisect_left(self._starts, span[0])
        return span if self.tokens(span) <= cap else (span[0], self._starts[first + cap])

    def tail(self, span: Span, cap: int) -> Span:
        """The longest end of a span with at most its last `cap` tokens."""
        if self.tokens(span) <= cap:
            return span
        end = bisect_left(self._starts, span[1])
        token = end - cap
        # The tokens of one character begin where it does: all of them or none.
        while token < end and self._starts[token] == self._starts[token - 1]:
            token += 1
        return (self._starts[token], span[1]) if token < end else (span[1], span[1])

    def ends(self, span: Span, cap: int, marker: int) -> Spans:
        """The span, or as much of its beginning as of its end as fits into `cap` tokens with a marker."""
        if self.tokens(span) <= cap:
            return (span,)
        room = max(cap - marker, 0)
        head, tail = self.head(span, room // 2), self.tail(span, room - room // 2)
        return (head, tail) if head[0] < head[1] else (tail,)


def per_field(sides: Sequence[Side], room: Room) -> Iterator[Kept]:
    """Each field keeps its beginning, up to a number of tokens that is the same for all three."""
    yield _all(sides)
    fields = [Measured(side.text, room.encode(side.text)) for side in sides]
    for cap in range(shares([field.tokens(field.whole) for field in fields], room.fields), -1, -1):
        yield _kept((field.head(field.whole, cap),) for field in fields)


def token_popping(sides: Sequence[Side], room: Room) -> Iterator[Kept]:
    """The winner's cut: words first, then the prompt to a quarter, then tokens off the longer answer.

    At 1,024 tokens the numbers are the winner's (256 and 700 words, 256 tokens of the prompt); for
    other limits they are in proportion. Popping off the longer answer until both are equal, and then
    off each in turn, ends where neither is longer than their common share.
    """
    words = [ceil(limit * room.row / 1024) for limit in (256, 700, 700)]
    capped = [side.text[: _words_end(side.text, cap)] for side, cap in zip(sides, words, strict=True)]
    yield _kept(((0, len(text)),) for text in capped)
    prompt, *answers = (Measured(text, room.encode(text)) for text in capped)
    quarter = ceil(room.row / 4)
    left = room.fields - min(prompt.tokens(prompt.whole), quarter)
    for cap in range(shares([answer.tokens(answer.whole) for answer in answers], left), -1, -1):
        yield _kept(
            [
                (prompt.head(prompt.whole, quarter),),
                *((answer.head(answer.whole, cap),) for answer in answers),
            ]
        )
    for cap in range(quarter - 1, 0, -1):
        yield _kept([(prompt.head(prompt.whole, cap),), (), ()])


def keep_last_turns(sides: Sequence[Side], room: Room) -> Iterator[Kept]:
    """Whole rounds from the newest back, then both ends of each text of the next one."""
    return _keep_rounds(sides, room, range(_rounds(sides)))


def keep_first_and_last_turns(sides: Sequence[Side], room: Room) -> Iterator[Kept]:
    """The newest round, the first one, then as keep_last_turns."""
    count = _rounds(sides)
    return _keep_rounds(sides, room, [0, count - 1, *range(1, count - 1)][:count])


POLICIES: dict[str, Policy] = {
    "per_field": per_field,
    "token_popping": token_popping,
    "keep_last_turns": keep_last_turns,
    "keep_first_and_last_turns": keep_first_and_last_turns,
}
"""Policies by their name in the recipe, prompt.truncation."""


class Truncation:
    """One policy for one template, limit and tokenizer."""

    def __init__(self, policy: str, template: str, max_tokens: int, encode: Encode) -> None:
        """max_tokens: of a row without special tokens.

        Raises ContractViolation when the template alone is longer than max_tokens.
        """
        self._template = template
        self._policy = POLICIES[policy]
        overhead = len(encode(render(template, Fields("", "", ""))).ids)
        if overhead > max_tokens:
            raise ContractViolation(
                f"prompt.max_tokens: the template {template} alone has {overhead} tokens with this tokenizer,"
                f" {max_tokens} are allowed; raise max_tokens or use the template compact"
            )
        marker = len(encode(f" {MARKER} ").ids)
        self._room = Room(max_tokens, max_tokens - overhead, marker, encode)

    def fit(self, sides: Sequence[Side]) -> Fitted:
        """A comparison in both orders, neither longer than max_tokens.

        sides: prompt, first and second answer. Both orders carry the same cut texts: if one of them
        is too long, both are cut.
        """
        refused: Kept | None = None
        for kept in chain(self._policy(sides, self._room), [NOTHING]):
            if kept == refused:
                continue
            fields = Fields(*(kept_text(side.text, spans) for side, spans in zip(sides, kept, strict=True)))
            texts = (render(self._template, order) for order in (fields, fields.swapped()))
            # Tokens may merge or split where a field meets the template, so the whole text decides.
            encoded = (self._room.encode(text).ids for text in texts)
            orders = list(takewhile(lambda ids: len(ids) <= self._room.row, encoded))
            if len(orders) == 2:
                return Fitted(orders, fields, kept, kept != _all(sides))
            refused = kept
        raise AssertionError("the template alone was measured, and now it does not fit")


def kept_text(text: str, spans: Spans) -> str:
    """The kept pieces of a text; a marker stands before a piece that does not follow on what is before it."""
    pieces = []
    for (_, before), (start, end) in pairwise(((0, 0), *spans)):
        if start > before:
            pieces.append(f" {MARKER} " if before > 0 else f"{MARKER} ")
        pieces.append(text[start:end])
    return "".join(pieces)


def _rounds(sides: Sequence[Side]) -> int:
    return max(len(side.turn_starts) for side in sides)


def _keep_rounds(sides: Sequence[Side], room: Room, by_worth: Sequence[int]) -> Iterator[Kept]:
    """Rounds, named by their age, in the order of their worth: whole while they fit, then the ends of one."""
    yield _all(sides)
    fields = [Measured(side.text, room.encode(side.text)) for side in sides]
    turns = [[side.turn(age) for side in sides] for age in range(len(by_worth))]
    counts = [[field.tokens(span) for field, span in zip(fields, spans, strict=True)] for spans in turns]

    def chosen(left: int) -> dict[int, list[Spans]]:
        rounds: dict[int, list[Spans]] = {}
        for age in by_worth:
            if sum(counts[age]) <= left:
                rounds[age] = [(span,) for span in turns[age]]
                left -= sum(counts[age])
                continue
            if not rounds or left >= LEAST_ROUND_TOKENS:
                cap = shares(counts[age], left)
                rounds[age] = [
                    field.ends(span, cap, room.marker) for field, span in zip(fields, turns[age], strict=True)
                ]
            break
        return rounds

    for left in range(room.fields, -1, -1):
        rounds = chosen(left)
        if len(rounds) < len(by_worth):
            # Each field says that rounds are missing.
            rounds = chosen(max(left - len(sides) * room.marker, 0))
        yield _kept(
            tuple(span for age in sorted(rounds, reverse=True) for span in rounds[age][place])
            for place in range(len(sides))
        )


def _all(sides: Sequence[Side]) -> Kept:
    return _kept(((0, len(side.text)),) for side in sides)


def _kept(fields: Iterable[Spans]) -> Kept:
    """The spans of three fields, adjoining ones made one; an empty one stays only where text before it is missing."""
    prompt, first, second = map(_joined, fields)
    return prompt, first, second


def _joined(spans: Spans) -> Spans:
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        elif end > 0:
            joined.append((start, end))
    return tuple(joined)


def _words_end(text: str, count: int) -> int:
    """Where the first `count` words of a text end, words being what single spaces part."""
    words = text.split(" ", count)
    return len(text) - len(words[count]) - 1 if len(words) > count else len(text)
