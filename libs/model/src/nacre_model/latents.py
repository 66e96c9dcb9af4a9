"""Rows of the synthetic arena's latents as training sequences with a target at every word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from torch import Tensor

from nacre_model.prompts import Fields, field_starts, render
from nacre_model.protocol import InvalidData
from nacre_model.tokenizer import TextEncoder

LATENTS_FILE = "latents.parquet"
TEMPLATE = "blackpearl"
"""Template in which a base sees its warm-up rows."""

NO_GRADE = -100
"""Grade class of a position that is no word of an answer; cross_entropy ignores it."""


@dataclass(frozen=True)
class LatentRow:
    """One presented comparison, all tensors (length,).

    grade: class 0..4 of the word (grades -2..2) that ends at the position, else NO_GRADE. on_topic: 1.0
    or 0.0 there, else NaN. running: mean over the answer's words so far of the grade, off-topic words
    counted 0, else NaN. difference: at words of the second answer the running mean of the first answer
    less its own; behind the answers the difference of the two latent scores; else NaN.
    prompt: whether the position is one of the prompt's; final: whether it lies behind both answers.
    """

    input_ids: Tensor
    prompt: Tensor
    grade: Tensor
    on_topic: Tensor
    running: Tensor
    difference: Tensor
    final: Tensor


def read_latents(folder: Path, encoder: TextEncoder) -> list[LatentRow]:
    """Every row of latents.parquet (libs/contracts/src/tables) in both answer orders.

    Raises InvalidData when a row has not one grade and one topic mark per word.
    """
    file = folder / LATENTS_FILE
    if not file.is_file():
        raise InvalidData(f"{folder.name}: {LATENTS_FILE} is missing; only a synthetic source has latents")
    rows = []
    for number, row in enumerate(pq.read_table(file).to_pylist()):
        for sides in ("ab", "ba"):
            try:
                rows.append(_latent_row(row, sides, encoder))
            except ValueError as error:
                raise InvalidData(f"{file.name}: row {number}: grades and words differ in count") from error
    return rows


def _latent_row(row: dict[str, Any], sides: str, encoder: TextEncoder) -> LatentRow:
    fields = Fields(row["prompt"], *(row[f"response_{side}"] for side in sides))
    text = render(TEMPLATE, fields)
    encoded = encoder.encode(text)
    ids = torch.tensor(encoder.prefix + encoded.ids)
    # Position of the token that ends at a character.
    ends = {end: len(encoder.prefix) + index for index, end in enumerate([*encoded.starts[1:], len(text)])}
    grade = torch.full((len(ids),), NO_GRADE)
    on_topic, running, difference = (torch.full((len(ids),), torch.nan) for _ in range(3))
    first_mean = 0.0
    place = 0
    beginning, *answers = field_starts(TEMPLATE, fields)
    prompt = torch.zeros(len(ids), dtype=torch.bool)
    prompt[[ends[end] for end in range(beginning + 1, beginning + len(fields.prompt) + 1) if end in ends]] = (
        True
    )
    for side, cursor in zip(sides, answers, strict=True):
        total = 0.0
        words = row[f"response_{side}"].split(" ")
        worth = zip(words, row[f"grade_{side}"], row[f"on_topic_{side}"], strict=True)
        for count, (word, value, relevant) in enumerate(worth, start=1):
            place = ends[cursor + len(word)]
            cursor += len(word) + 1
            total += value if relevant else 0.0
            grade[place] = round(value) + 2
            on_topic[place] = float(relevant)
            running[place] = total / count
            if side == sides[1]:
                difference[place] = first_mean - total / count
        if side == sides[0]:
            first_mean = total / len(words)
    final = torch.arange(len(ids)) > place
    difference[final] = row[f"score_{sides[0]}"] - row[f"score_{sides[1]}"]
    return LatentRow(ids, prompt, grade, on_topic, running, difference, final)
