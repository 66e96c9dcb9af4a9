"""Targets of the warm-up stand at the token that ends their word, and say what the table says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import arena
import pytest
import torch

from nacre_model.latents import NO_GRADE, read_latents
from nacre_model.tokenizer import TextEncoder


@pytest.fixture(scope="module")
def encoder(base: Callable[[str], Path]) -> TextEncoder:
    return TextEncoder(base("llama"))


@pytest.mark.parametrize("swapped", [False, True])
def test_every_word_has_its_targets_where_it_ends(
    latents: Path, encoder: TextEncoder, rows: list[arena.Comparison], swapped: bool
):
    read = read_latents(latents, encoder)
    assert len(read) == 2 * len(rows)
    for number, comparison in enumerate(rows):
        row = read[2 * number + swapped]
        first, second = comparison.answers[::-1] if swapped else comparison.answers
        places = (row.grade != NO_GRADE).nonzero().squeeze(-1)
        words = [*first.words, *second.words]
        assert len(places) == len(words)
        for place, word in zip(places, words, strict=True):
            text = encoder._tokenizer.decode(row.input_ids[: place + 1].tolist())
            assert text.endswith(word)
        question = encoder._tokenizer.decode(row.input_ids[row.prompt].tolist())
        assert question.strip() == " ".join(comparison.prompt)
        assert (row.grade[places] - 2).tolist() == [*first.grades, *second.grades]
        assert row.on_topic[places].tolist() == [float(on) for on in (*first.on_topic, *second.on_topic)]
        means = [
            sum(grade * on for grade, on in zip(answer.grades, answer.on_topic, strict=True))
            / len(answer.words)
            for answer in (first, second)
        ]
        ends = places[len(first.words) - 1], places[-1]
        assert [float(row.running[end]) for end in ends] == pytest.approx(means)
        assert float(row.difference[ends[1]]) == pytest.approx(means[0] - means[1], abs=1e-6)
        assert row.final.nonzero().squeeze(-1).tolist() == list(range(int(ends[1]) + 1, len(row.input_ids)))
        assert float(row.difference[-1]) == pytest.approx(first.score - second.score, abs=1e-5)


def test_positions_outside_the_answers_have_no_target(latents: Path, encoder: TextEncoder):
    row = read_latents(latents, encoder)[0]
    outside = row.grade == NO_GRADE
    assert torch.equal(row.on_topic.isnan(), outside)
    assert torch.equal(row.running.isnan(), outside)
    assert row.difference[: int(outside.logical_not().nonzero()[0])].isnan().all()
