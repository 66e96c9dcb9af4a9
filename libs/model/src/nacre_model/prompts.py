"""How a comparison becomes text: the templates and the three fields in them.

Only texts here; `Encode` is the tokenizer's side, truncation.py says which text is kept. A text is
always built first and tokenized whole, so that whoever has the text gets the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

TEMPLATES = {
    # The winner's training template, to the letter.
    "blackpearl": (
        'User question:\n"""{prompt}"""\nAnswer A:\n"""{response_a}"""\nAnswer B:\n"""{response_b}"""\n'
    ),
    "compact": "prompt\n{prompt}\nA\n{response_a}\nB\n{response_b}\n",
}
"""Text around the three fields, by name."""


@dataclass(frozen=True)
class Fields:
    """The three texts of one presented comparison: prompt, first answer, second answer."""

    prompt: str
    response_a: str
    response_b: str

    def swapped(self) -> Fields:
        """The same comparison with its answers exchanged."""
        return replace(self, response_a=self.response_b, response_b=self.response_a)


@dataclass(frozen=True)
class Encoded:
    """Token ids of a text and, per token, where in the text it begins (character offset)."""

    ids: list[int]
    starts: list[int]


Encode = Callable[[str], Encoded]
"""Tokenizes a text without special tokens."""


def join_turns(turns: Sequence[str | None]) -> str:
    """Turns of one side of a conversation, one after another; a null turn is an empty text."""
    return "\n".join(turn or "" for turn in turns)


@dataclass(frozen=True)
class Side:
    """One field of a comparison, whole: its turns joined, and where each begins (characters)."""

    text: str
    turn_starts: tuple[int, ...]

    @classmethod
    def of(cls, turns: Sequence[str | None]) -> Side:
        """The side that has these turns."""
        starts = accumulate((len(turn or "") + len("\n") for turn in turns), initial=0)
        return cls(join_turns(turns), tuple(islice(starts, len(turns))))

    def turn(self, age: int) -> tuple[int, int]:
        """Where a turn begins and ends, the line break behind it included; 0 is the newest turn.

        Turns older than all there are stand at the beginning and are empty.
        """
        bounds = (*self.turn_starts, len(self.text))
        place = len(self.turn_starts) - 1 - age
        return (bounds[place], bounds[place + 1]) if place >= 0 else (0, 0)


def render(template: str, fields: Fields) -> str:
    """The text that is tokenized."""
    return "".join(_pieces(template, fields))


def field_starts(template: str, fields: Fields) -> tuple[int, int, int]:
    """Where in the rendered text the prompt, the first and the second answer begin (characters)."""
    pieces = _pieces(template, fields)
    prompt, first, second = (sum(map(len, pieces[:before])) for before in (1, 3, 5))
    return prompt, first, second


def _pieces(template: str, fields: Fields) -> list[str]:
    # Placeholders are looked for in the template alone: a field may contain what looks like one.
    before, rest = TEMPLATES[template].split("{prompt}")
    between, rest = rest.split("{response_a}")
    beside, end = rest.split("{response_b}")
    return [before, fields.prompt, between, fields.response_a, beside, fields.response_b, end]
