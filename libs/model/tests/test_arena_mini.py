"""Real votes through every truncation policy; they may not stand in this repository."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import arena
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import make_context
from tokenizers import Tokenizer

from nacre_model.prompts import Side
from nacre_model.retention import FIELDS
from nacre_model.tokenization import tokenize
from nacre_model.tokenizer import save_tokenizer, train_tokenizer
from nacre_model.truncation import MARKER, POLICIES

ROOT = Path(__file__).parents[3]
KEPT = {
    ("votes", "per_field"): (88, 91.6, 83.7, 77.8, 82.2),
    ("votes", "token_popping"): (89, 84.4, 84.0, 78.3, 81.5),
    ("votes", "keep_last_turns"): (88, 91.6, 83.8, 77.8, 82.3),
    ("votes", "keep_first_and_last_turns"): (88, 91.6, 83.8, 77.8, 82.3),
    ("conversations", "per_field"): (112, 92.6, 58.9, 59.4, 39.9),
    ("conversations", "token_popping"): (112, 87.5, 59.7, 60.4, 39.0),
    ("conversations", "keep_last_turns"): (112, 77.7, 62.5, 58.0, 95.1),
    ("conversations", "keep_first_and_last_turns"): (112, 76.1, 61.6, 60.4, 95.1),
}
"""Comparisons that are cut, and the shares in % that survive of the prompt, of both answers and of the newest
turn: the table of docs/data.md."""


def read_arena(file: Path) -> list[dict[str, Any]]:
    """Rows of a CSV in the competition's format, in the columns of comparisons.parquet."""
    with file.open(encoding="utf-8", newline="") as source:
        return [
            {
                "example_id": f"{file.stem}:{row['id']}",
                **{name: json.loads(row[name]) for name in FIELDS},
                "label": next((label for label in arena.LABELS if row.get(f"winner_{label}") == "1"), None),
            }
            for row in csv.DictReader(source)
        ]


def in_threes(votes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conversations of three rounds, each round a vote: there is none of more than one in arena-mini."""
    return [
        {
            **votes[first],
            **{name: [turn for vote in votes[first : first + 3] for turn in vote[name]] for name in FIELDS},
        }
        for first in range(0, len(votes), 3)
    ]


@pytest.fixture(scope="module")
def sources() -> dict[str, list[dict[str, Any]]]:
    """Comparisons of arena-mini; where it is absent the test is skipped, or fails if NACRE_REQUIRE names it."""
    folder = ROOT / os.environ.get("NACRE_ARENA_MINI", "../shared/data/arena-mini")
    if not (folder / "train.csv").exists():
        absent = "no folder arena-mini; set NACRE_ARENA_MINI to a folder in the competition’s format"
        if "arena-mini" in os.environ.get("NACRE_REQUIRE", "").split(","):
            pytest.fail(f"NACRE_REQUIRE names arena-mini, but there is {absent}")
        pytest.skip(absent)
    csv.field_size_limit(1 << 24)
    return {
        "votes": read_arena(folder / "test.csv"),
        "conversations": in_threes(read_arena(folder / "train.csv")[::2]),
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, sources: dict[str, list[dict[str, Any]]]) -> Path:
    """Folder with a tokenizer that was trained on the votes."""
    folder = tmp_path_factory.mktemp("arena") / "base"
    texts = [Side.of(row[name]).text for row in sources["votes"] for name in FIELDS]
    save_tokenizer(train_tokenizer(texts, 4096), folder, 1024)
    return folder


@pytest.mark.parametrize(("source", "max_tokens"), [("votes", 512), ("conversations", 1024)])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_real_votes_go_through_every_truncation(
    tmp_path: Path,
    sources: dict[str, list[dict[str, Any]]],
    base: Path,
    policy: str,
    source: str,
    max_tokens: int,
):
    rows = sources[source]
    (tmp_path / "comparisons").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "comparisons" / "comparisons.parquet")
    parameters = {
        "labels": list(arena.LABELS),
        "template": "blackpearl",
        "max_tokens": max_tokens,
        "truncation": policy,
    }
    inputs = {"base": base, "comparisons": tmp_path / "comparisons"}
    context = make_context(tmp_path / "job", "tokenize", parameters, inputs)
    figures = tokenize(context)
    table = pq.read_table(context.output / "tokens.parquet").to_pydict()
    assert len(table["input_ids"]) == 2 * len(rows) == figures["rows"]
    assert max(map(len, table["input_ids"])) == figures["longest"] <= max_tokens

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    texts = tokenizer.decode_batch([ids[1:] for ids in table["input_ids"]])
    marked = 0
    for number, row in enumerate(rows):
        given, exchanged = texts[2 * number : 2 * number + 2]
        prompt, answers = given.split('"""\nAnswer A:\n"""')
        first, second = answers.removesuffix('"""\n').split('"""\nAnswer B:\n"""')
        assert exchanged == f'{prompt}"""\nAnswer A:\n"""{second}"""\nAnswer B:\n"""{first}"""\n'
        kept = [prompt.removeprefix('User question:\n"""'), first, second]
        whole = [Side.of(row[name]).text for name in FIELDS]
        assert table["truncated"][2 * number] == table["truncated"][2 * number + 1] == (kept != whole)
        marked += MARKER in given
    assert (marked > 0) == policy.startswith("keep_")
    # Anyone's tokenizer gives the same ids for the same text.
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    assert [[0, *each.ids] for each in encoded] == table["input_ids"]

    shares = [100 * figures[f"kept_{name}"] for name in (*FIELDS, "last_turn")]
    assert [sum(table["truncated"]) / 2, *shares] == pytest.approx(KEPT[source, policy], abs=0.05)
