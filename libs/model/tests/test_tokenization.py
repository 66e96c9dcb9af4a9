"""The task tokenize on real tokenizers of tiny bases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import arena
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import events_of, make_context
from transformers import AutoTokenizer

from nacre_model.documents import fault
from nacre_model.prompts import Fields, render
from nacre_model.protocol import InvalidData, TaskContext, TrainerStopped, request_stop
from nacre_model.tokenization import tokenize

Base = Callable[[str], Path]


def parameters(labels: int = 3, max_tokens: int = 128, truncation: str = "per_field") -> dict[str, object]:
    return {
        "labels": list(arena.LABELS[:labels]),
        "template": "blackpearl",
        "max_tokens": max_tokens,
        "truncation": truncation,
    }


def tokens_of(context: TaskContext) -> pa.Table:
    tokenize(context)
    return pq.read_table(context.output / "tokens.parquet")


def comparisons(folder: Path, label: str | None, **fields: list[str | None]) -> Path:
    folder.mkdir()
    columns = {"prompt": ["p"], "response_a": ["first"], "response_b": ["second"], **fields}
    row = {"example_id": "train:7", "label": label, **columns}
    schema = pa.schema(
        [
            ("example_id", pa.string()),
            ("label", pa.string()),
            *((name, pa.list_(pa.string())) for name in ("prompt", "response_a", "response_b")),
        ]
    )
    pq.write_table(pa.Table.from_pylist([row], schema=schema), folder / "comparisons.parquet")
    return folder


def test_every_row_stands_as_given_and_then_swapped(
    tmp_path: Path, base: Base, prepared: Path, rows: list[arena.Comparison]
):
    inputs = {"base": base("llama"), "comparisons": prepared}
    context = make_context(tmp_path / "job", "tokenize", parameters(), inputs)
    table = tokens_of(context).to_pydict()
    assert table["example_id"] == [f"train:{number}" for number in range(len(rows)) for _ in range(2)]
    assert table["swapped"] == [False, True] * len(rows)
    tokenizer = AutoTokenizer.from_pretrained(base("llama"))
    for number, row in enumerate(rows):
        texts = [" ".join(row.prompt), *(" ".join(answer.words) for answer in row.answers)]
        fields = Fields(*texts)
        for place, order in ((2 * number, fields), (2 * number + 1, fields.swapped())):
            # Anyone's tokenizer gives the same ids for the same text.
            assert table["input_ids"][place] == tokenizer(render("blackpearl", order)).input_ids


def test_the_table_is_that_of_the_contract(tmp_path: Path, base: Base, prepared: Path):
    context = make_context(
        tmp_path / "job", "tokenize", parameters(), {"base": base("qwen2"), "comparisons": prepared}
    )
    schema = tokens_of(context).schema
    assert {field.name: str(field.type) for field in schema} == {
        "example_id": "string",
        "swapped": "bool",
        "input_ids": "list<element: int32>",
        "label": "int8",
        "truncated": "bool",
    }


@pytest.mark.parametrize(
    ("label", "labels", "given", "swapped"),
    [
        ("model_a", 3, 0, 1),
        ("model_b", 3, 1, 0),
        ("tie", 3, 2, 2),
        ("model_a", 2, 0, 1),
        ("model_b", 2, 1, 0),
        (None, 3, None, None),
    ],
)
def test_labels_follow_the_presented_order(
    tmp_path: Path, base: Base, label: str | None, labels: int, given: int | None, swapped: int | None
):
    inputs = {"base": base("llama"), "comparisons": comparisons(tmp_path / "source", label)}
    context = make_context(tmp_path / "job", "tokenize", parameters(labels), inputs)
    assert tokens_of(context)["label"].to_pylist() == [given, swapped]


def test_a_label_that_the_recipe_lacks_is_refused_by_its_row(tmp_path: Path, base: Base):
    inputs = {"base": base("llama"), "comparisons": comparisons(tmp_path / "source", "tie")}
    with pytest.raises(InvalidData, match=r"train:7: label tie is none of model_a, model_b"):
        tokenize(make_context(tmp_path / "job", "tokenize", parameters(labels=2), inputs))


def test_null_turns_and_empty_answers_are_rows_like_others(tmp_path: Path, base: Base):
    source = comparisons(tmp_path / "source", "tie", response_a=[None], response_b=[])
    context = make_context(
        tmp_path / "job", "tokenize", parameters(), {"base": base("llama"), "comparisons": source}
    )
    ids = tokens_of(context)["input_ids"].to_pylist()
    assert ids[0] == ids[1]


def test_long_rows_are_cut_and_counted(tmp_path: Path, base: Base, prepared: Path):
    inputs = {"base": base("llama"), "comparisons": prepared}
    context = make_context(tmp_path / "job", "tokenize", parameters(max_tokens=40), inputs)
    metrics = tokenize(context)
    table = pq.read_table(context.output / "tokens.parquet").to_pydict()
    lengths = [len(ids) for ids in table["input_ids"]]
    assert max(lengths) == metrics["longest"] <= 40
    assert sum(lengths) == metrics["tokens"]
    assert metrics["truncated"] == sum(table["truncated"]) > 0
    assert metrics["rows"] == len(lengths)


def test_metrics_say_what_the_truncation_keeps(tmp_path: Path, base: Base, prepared: Path):
    inputs = {"base": base("llama"), "comparisons": prepared}
    figures = {
        limit: tokenize(make_context(tmp_path / str(limit), "tokenize", parameters(max_tokens=limit), inputs))
        for limit in (512, 40)
    }
    for metrics in figures.values():
        assert metrics["comparisons"] == metrics["rows"] / 2 == 40
        # Every row is one round here.
        assert metrics["cut_last_turn"] == metrics["truncated"] / 2
    assert figures[512]["kept_response_a"] == figures[512]["kept_last_turn"] == 1
    assert "kept_response_a_p50" not in figures[512]
    assert 0 < figures[40]["kept_response_a_p10"] <= figures[40]["kept_response_a_p90"] < 1


@pytest.mark.parametrize(
    ("policy", "newest"), [("per_field", False), ("token_popping", False), ("keep_last_turns", True)]
)
def test_the_recipe_chooses_the_truncation(tmp_path: Path, base: Base, policy: str, newest: bool):
    turns = ["old " * 60, "new"]
    source = comparisons(tmp_path / "source", "tie", prompt=turns, response_a=turns, response_b=turns)
    inputs = {"base": base("llama"), "comparisons": source}
    context = make_context(tmp_path / "job", "tokenize", parameters(truncation=policy), inputs)
    ids = tokens_of(context)["input_ids"].to_pylist()
    text = AutoTokenizer.from_pretrained(base("llama")).decode(ids[0], skip_special_tokens=True)
    assert text.count("new") == (3 if newest else 0)


def test_the_same_request_gives_the_same_bytes(tmp_path: Path, base: Base, prepared: Path):
    contents = []
    for name in ("first", "second"):
        inputs = {"base": base("llama"), "comparisons": prepared}
        context = make_context(tmp_path / name, "tokenize", parameters(), inputs)
        tokenize(context)
        contents.append((context.output / "tokens.parquet").read_bytes())
    assert contents[0] == contents[1]


def test_threads_change_nothing_but_the_time(tmp_path: Path, base: Base, prepared: Path):
    contents = []
    for threads in (1, 2):
        inputs = {"base": base("qwen2"), "comparisons": prepared}
        context = make_context(tmp_path / str(threads), "tokenize", parameters(max_tokens=40), inputs)
        context.execution["threads"] = threads
        metrics = tokenize(context)
        assert metrics["truncated"] > 0
        contents.append((metrics, (context.output / "tokens.parquet").read_bytes()))
    assert contents[0] == contents[1]


def test_progress_is_told_in_events_of_the_contract(tmp_path: Path, base: Base, prepared: Path):
    context = make_context(
        tmp_path / "job", "tokenize", parameters(), {"base": base("llama"), "comparisons": prepared}
    )
    tokenize(context)
    events = events_of(context)
    assert [fault("task-event", event) for event in events] == [None] * len(events)
    assert events[-1]["rows"] == events[-1]["total"] == 80


def test_a_stop_is_obeyed_before_the_next_rows(tmp_path: Path, base: Base, prepared: Path):
    request_stop()
    inputs = {"base": base("llama"), "comparisons": prepared}
    with pytest.raises(TrainerStopped):
        tokenize(make_context(tmp_path / "job", "tokenize", parameters(), inputs))


def test_a_folder_that_is_no_prepared_source_is_refused(tmp_path: Path, base: Base):
    inputs = {"base": base("llama"), "comparisons": base("llama")}
    with pytest.raises(InvalidData, match=r"comparisons\.parquet is missing"):
        tokenize(make_context(tmp_path / "job", "tokenize", parameters(), inputs))
