"""Task `tokenize`: the comparisons of one prepared source as token ids, in both answer orders."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nacre_model.prompts import Side
from nacre_model.protocol import InvalidData, TaskContext, task
from nacre_model.retention import FIELDS, Retention
from nacre_model.tokenizer import TextEncoder
from nacre_model.truncation import Fitted, Truncation

COMPARISONS_FILE = "comparisons.parquet"
TOKENS_FILE = "tokens.parquet"
ROWS_PER_STEP = 1024
"""Comparisons held in memory at a time."""

_columns = ["example_id", *FIELDS, "label"]
_tokens_schema = pa.schema(
    [
        ("example_id", pa.string()),
        ("swapped", pa.bool_()),
        ("input_ids", pa.list_(pa.int32())),
        ("label", pa.int8()),
        ("truncated", pa.bool_()),
    ]
)
_when_swapped = {"model_a": "model_b", "model_b": "model_a"}


@task("tokenize")
def tokenize(context: TaskContext) -> dict[str, float]:
    """Writes tokens.parquet (libs/contracts/src/tables): each comparison as given, then swapped.

    Metrics: rows (tokenized, both orders counted), truncated, tokens, longest, and what the truncation
    keeps (Retention.figures).

    Raises ContractViolation when max_tokens leaves no room for the template.
    """
    context.phase("tokenizing")
    encoder = TextEncoder(context.input("base"))
    parameters = context.parameters
    truncation = Truncation(
        parameters["truncation"],
        parameters["template"],
        parameters["max_tokens"] - len(encoder.prefix),
        encoder.encode,
    )
    retention = Retention()
    figures = {"rows": 0, "truncated": 0, "tokens": 0, "longest": 0}
    with (
        pq.ParquetFile(comparisons_file(context.input("comparisons"))) as source,
        pq.ParquetWriter(context.output / TOKENS_FILE, _tokens_schema, compression="zstd") as writer,
        ThreadPoolExecutor(context.execution["threads"]) as threads,
    ):
        total = 2 * source.metadata.num_rows
        for batch in source.iter_batches(batch_size=ROWS_PER_STEP, columns=_columns):
            context.check_stop()
            context.spend("step")
            comparisons = batch.to_pylist()
            sides = [[Side.of(comparison[name]) for name in FIELDS] for comparison in comparisons]
            rows = []
            # Each comparison for itself, so that the threads change nothing but the time.
            for number, fitted in enumerate(threads.map(truncation.fit, sides)):
                retention.add(sides[number], fitted.kept)
                rows.extend(token_rows(context, encoder.prefix, comparisons[number], fitted))
            context.spend("load")
            writer.write_table(pa.Table.from_pylist(rows, schema=_tokens_schema))
            lengths = [len(row["input_ids"]) for row in rows]
            figures["rows"] += len(rows)
            figures["truncated"] += sum(row["truncated"] for row in rows)
            figures["tokens"] += sum(lengths)
            figures["longest"] = max(figures["longest"], *lengths)
            context.emit("rows-written", rows=figures["rows"], total=total)
    return figures | retention.figures()


def comparisons_file(folder: Path) -> Path:
    """The table of a prepared source.

    Raises InvalidData when the folder has none.
    """
    file = folder / COMPARISONS_FILE
    if not file.is_file():
        raise InvalidData(f"{folder.name}: {COMPARISONS_FILE} is missing; is the input a prepared source?")
    return file


def token_rows(
    context: TaskContext, prefix: list[int], comparison: dict[str, Any], fitted: Fitted
) -> Iterator[dict[str, Any]]:
    """The two rows of one comparison, in the columns of tokens.parquet.

    Raises InvalidData when its label is none of the recipe's.
    """
    label, labels = comparison["label"], context.labels
    if label is not None and label not in labels:
        raise InvalidData(
            f"{comparison['example_id']}: label {label[:40]} is none of {', '.join(labels)};"
            " drop such rows or add the label to the recipe"
        )
    for swapped, ids in zip((False, True), fitted.orders, strict=True):
        presented = _when_swapped.get(label, label) if swapped else label
        yield {
            "example_id": comparison["example_id"],
            "swapped": swapped,
            "input_ids": prefix + ids,
            "label": None if presented is None else labels.index(presented),
            "truncated": fitted.truncated,
        }
