"""How a comparison becomes text: templates, and cutting that treats both answers alike.

Only texts here; `Encode` is the tokenizer's side. A text is always built first and tokenized whole,
so that whoever has the text gets the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nacre_model.protocol import ContractViolation

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


def cut(text: str, encoded: Encoded, cap: int) -> str:
    """The longest beginning of a text that holds at most its first `cap` tokens and no part of a character.

    Where one character is several tokens and not all of them fit, the character goes.
    """
    return text if len(encoded.ids) <= cap else text[: encoded.starts[cap]]


def fit(template: str, fields: Fields, max_tokens: int, encode: Encode) -> tuple[list[list[int]], bool]:
    """Token ids of a comparison, as given and swapped, neither longer than max_tokens; whether it was cut.

    Both orders carry the same cut texts: if one of them is too long, both are cut. Each field keeps
    its beginning up to a common number of tokens, the largest that lets both orders fit.

    Raises ContractViolation when the template alone is longer than max_tokens.
    """

    def both(candidate: Fields) -> list[list[int]]:
        return [encode(render(template, order)).ids for order in (candidate, candidate.swapped())]

    orders = both(fields)
    if max(map(len, orders)) <= max_tokens:
        return orders, False
    texts = (fields.prompt, fields.response_a, fields.response_b)
    parts = [encode(text) for text in texts]
    overhead = len(encode(render(template, Fields("", "", ""))).ids)
    cap = shares([len(part.ids) for part in parts], max_tokens - overhead)
    while cap >= 0:
        cut_fields = Fields(*(cut(text, part, cap) for text, part in zip(texts, parts, strict=True)))
        orders = both(cut_fields)
        # Tokens may merge or split where a field meets the template, so the whole text decides.
        if max(map(len, orders)) <= max_tokens:
            return orders, True
        cap -= 1
    raise ContractViolation(
        f"prompt.max_tokens: the template {template} alone has {overhead} tokens with this tokenizer,"
        f" {max_tokens} are allowed; raise max_tokens or use the template compact"
    )
