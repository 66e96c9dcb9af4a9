"""Rows like the synthetic arena's (libs/data/src/arena), drawn here so that tests need no other part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nacre_model.tokenizer import committed_words

TOPICS, GRADES, WORDS_PER_GRADE = 3, 5, 8
LABELS = ("model_a", "model_b", "tie")


@dataclass(frozen=True)
class Answer:
    words: list[str]
    grades: list[float]
    on_topic: list[bool]
    score: float


@dataclass(frozen=True)
class Comparison:
    prompt: list[str]
    answers: tuple[Answer, Answer]
    probabilities: np.ndarray
    vote: str


def draw(rows: int, seed: int) -> Iterator[Comparison]:
    """Comparisons whose votes depend on which words of an answer are on the prompt's topic."""
    random = np.random.default_rng(seed)
    words = np.array(committed_words()).reshape(TOPICS, GRADES, WORDS_PER_GRADE)
    for _ in range(rows):
        topic = random.integers(TOPICS)
        prompt = [words[topic, random.integers(GRADES), random.integers(WORDS_PER_GRADE)] for _ in range(6)]
        answers = (_answer(random, words, topic), _answer(random, words, topic))
        difference = answers[0].score - answers[1].score
        first, second = 1 / (1 + np.exp(1 - difference)), 1 / (1 + np.exp(1 + difference))
        probabilities = np.array([first, second, 1 - first - second])
        yield Comparison(prompt, answers, probabilities, str(random.choice(LABELS, p=probabilities)))


def _answer(random: np.random.Generator, words: np.ndarray, topic: int) -> Answer:
    length = int(random.integers(8, 25))
    on_topic = random.random(length) < random.uniform(0.2, 0.8)
    worth = 1.1 * random.normal(size=2)
    noisy = np.where(on_topic, *worth) + 0.7 * random.normal(size=length)
    grades = np.clip(np.rint(noisy), -2, 2).astype(int)
    other = (topic + 1 + random.integers(TOPICS - 1)) % TOPICS
    chosen = [
        words[topic if on else other, grade + 2, random.integers(WORDS_PER_GRADE)]
        for on, grade in zip(on_topic, grades, strict=True)
    ]
    score = 3 * float((grades * on_topic).mean()) + 0.5 * float(sum(1 / n for n in range(1, length + 1)))
    return Answer(chosen, grades.astype(float).tolist(), on_topic.tolist(), score)


def write_comparisons(folder: Path, rows: list[Comparison], source: str = "train") -> Path:
    """comparisons.parquet of a prepared source in `folder`, which is made."""
    folder.mkdir(parents=True)
    table = pa.table(
        {
            "example_id": [f"{source}:{number}" for number in range(len(rows))],
            "id": [str(number) for number in range(len(rows))],
            "source": [source] * len(rows),
            "model_a": pa.array([None] * len(rows), pa.string()),
            "model_b": pa.array([None] * len(rows), pa.string()),
            "prompt": [[" ".join(row.prompt)] for row in rows],
            "response_a": [[" ".join(row.answers[0].words)] for row in rows],
            "response_b": [[" ".join(row.answers[1].words)] for row in rows],
            "label": [row.vote for row in rows],
            "prompt_group": [str(number) for number in range(len(rows))],
            "pair_group": [str(number) for number in range(len(rows))],
        }
    )
    pq.write_table(table, folder / "comparisons.parquet")
    return folder


def write_latents(folder: Path, rows: list[Comparison]) -> Path:
    """latents.parquet in `folder`, which is made."""
    folder.mkdir(parents=True)
    columns: dict[str, list[object]] = {"prompt": [" ".join(row.prompt) for row in rows]}
    for side, index in (("a", 0), ("b", 1)):
        answers = [row.answers[index] for row in rows]
        columns[f"response_{side}"] = [" ".join(answer.words) for answer in answers]
        columns[f"grade_{side}"] = [answer.grades for answer in answers]
        columns[f"on_topic_{side}"] = [answer.on_topic for answer in answers]
        columns[f"score_{side}"] = [answer.score for answer in answers]
    for index, label in enumerate(LABELS):
        columns[f"p_{label}"] = [float(row.probabilities[index]) for row in rows]
    pq.write_table(pa.table(columns), folder / "latents.parquet")
    return folder
