"""The data steps as a straightforward script does them, and Nacre's tokenization beside it in the same process.

    data_baselines.py read CSV OUTPUT                        per-row json.loads, digests, one Parquet file
    data_baselines.py train COMPARISONS FOLDER               a byte-level BPE of 32k, as make-base-model trains one
    data_baselines.py tokenize COMPARISONS TOKENIZER FOLDER  the winner's cut token by token, and the task tokenize
    data_baselines.py task REQUEST                           a task in a process of its own
    data_baselines.py lengths COMPARISONS TOKENIZER          quantiles of tokens per cell

Each prints one JSON object with the time of the work, imports left out except for `task`.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

LABELS = ["model_a", "model_b", "tie"]
FIELDS = ["prompt", "response_a", "response_b"]
PROMPT_WORDS, ANSWER_WORDS, PROMPT_TOKENS = 256, 700, 256
"""The winner's bounds at 1,024 tokens."""


def timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the work answers, its seconds (of the clock, and of processors), and the peak of memory so far."""
    started, used = time.perf_counter(), cpu_seconds()
    answer = work()
    figures = {"seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds() - used}
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {**figures, "peak_bytes": peak * 1024, **answer}


def cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    return sum(os.times()[:4])


def run_task(request: Path) -> dict[str, Any]:
    """A task of nacre_model, started cold."""
    name = json.loads(request.read_text(encoding="utf-8"))["task"]
    subprocess.run([sys.executable, "-m", "nacre_model", name, "--request", request], check=True)
    return {}


def lengths(comparisons: Path, tokenizer: Path) -> dict[str, Any]:
    """How many tokens the cells of a prepared source have: mean, quantiles and most, turns joined."""
    from transformers import AutoTokenizer

    encode = AutoTokenizer.from_pretrained(tokenizer, local_files_only=True)
    table = pq.read_table(comparisons / "comparisons.parquet", columns=FIELDS)
    counts = {
        field: np.array(
            [
                len(encode("\n".join(turn or "" for turn in cell)).input_ids)
                for cell in table[field].to_pylist()
            ]
        )
        for field in FIELDS
    }
    cells = {"prompt": counts["prompt"], "answer": np.concatenate([counts[side] for side in FIELDS[1:]])}
    return {
        name: {
            "mean": round(float(tokens.mean()), 1),
            **{f"p{share:g}": int(np.percentile(tokens, share)) for share in (50, 90, 95, 99, 99.9)},
            "max": int(tokens.max()),
        }
        for name, tokens in cells.items()
    }


def read(file: Path, output: Path) -> dict[str, Any]:
    """The rows of a competition CSV as one Parquet file, pairs that occur again left out."""
    csv.field_size_limit(sys.maxsize)
    rows, seen = [], set()
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            turns = {
                field: [well_formed(turn) for turn in json.loads(row[field], strict=False)]
                for field in FIELDS
            }
            prompt = digest([normalised(turn) for turn in turns["prompt"]])
            answers = sorted(digest([normalised(turn) for turn in turns[side]]) for side in FIELDS[1:])
            pair = digest([prompt, *answers])
            if pair in seen:
                continue
            seen.add(pair)
            label = next(label for label in LABELS if row[f"winner_{label}"] == "1")
            rows.append(
                {"id": row["id"], **turns, "label": label, "prompt_group": prompt, "pair_group": pair}
            )
    pq.write_table(pa.Table.from_pylist(rows), output, compression="zstd")
    return {"rows": len(rows)}


def well_formed(turn: str | None) -> str | None:
    """The turn with U+FFFD for lone surrogates."""
    return None if turn is None else turn.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def normalised(turn: str | None) -> str | None:
    """The turn in the one form in which texts are compared."""
    return None if turn is None else re.sub(r"\s+", " ", unicodedata.normalize("NFKC", turn).lower()).strip()


def digest(parts: list[str | None]) -> str:
    """sha256 of a list."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def train(comparisons: Path, output: Path) -> dict[str, Any]:
    """Trains a tokenizer of 32,000 on the first comparisons of a source and saves it."""
    from nacre_model.base_models import MAX_POSITIONS, TOKENIZER_TEXTS, presented_texts
    from nacre_model.tokenizer import save_tokenizer, train_tokenizer

    tokenizer = train_tokenizer(presented_texts([comparisons], TOKENIZER_TEXTS), 32_000)
    save_tokenizer(tokenizer, output, MAX_POSITIONS)
    return {"vocabulary": tokenizer.get_vocab_size()}


def tokenize(comparisons: Path, tokenizer: Path, folder: Path, max_tokens: int) -> dict[str, Any]:
    """Both ways over the same rows, each into its file; loading the tokenizer is part of each."""
    baseline = timed(lambda: tokenize_plainly(comparisons, tokenizer, folder, max_tokens))
    nacre = timed(lambda: tokenize_by_task(comparisons, tokenizer, folder, max_tokens))
    return {"baseline": baseline, "nacre": nacre}


def tokenize_plainly(comparisons: Path, folder: Path, output: Path, max_tokens: int) -> dict[str, Any]:
    """One call of the fast tokenizer per text, tokens popped off one by one, all rows held until the end."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    rows = []
    for row in pq.read_table(
        comparisons / "comparisons.parquet", columns=["example_id", *FIELDS]
    ).to_pylist():
        texts = ["\n".join(turn or "" for turn in row[field]) for field in FIELDS]
        prompt, first, second = cut(tokenizer, texts, max_tokens)
        for swapped, (a, b) in ((False, (first, second)), (True, (second, first))):
            text = f'User question:\n"""{prompt}"""\nAnswer A:\n"""{a}"""\nAnswer B:\n"""{b}"""\n'
            rows.append(
                {"example_id": row["example_id"], "swapped": swapped, "input_ids": tokenizer(text).input_ids}
            )
    pq.write_table(pa.Table.from_pylist(rows), output / "baseline.parquet", compression="zstd")
    return {"rows": len(rows), "tokens": sum(len(row["input_ids"]) for row in rows)}


def cut(tokenizer: Any, texts: list[str], max_tokens: int) -> list[str]:
    """The winner's truncation (docs of the competition's first place): words, then tokens off the longer answer."""
    limits = (PROMPT_WORDS, ANSWER_WORDS, ANSWER_WORDS)
    texts = [" ".join(text.split(" ")[:limit]) for text, limit in zip(texts, limits, strict=True)]
    prompt, first, second = (tokenizer(text, add_special_tokens=False).input_ids for text in texts)
    if len(prompt) + len(first) + len(second) <= max_tokens:
        return texts
    prompt = prompt[:PROMPT_TOKENS]
    while len(prompt) + len(first) + len(second) > max_tokens:
        (first if len(first) >= len(second) else second).pop()
    return [tokenizer.decode(ids) for ids in (prompt, first, second)]


def tokenize_by_task(comparisons: Path, tokenizer: Path, output: Path, max_tokens: int) -> dict[str, Any]:
    """The task tokenize in this process, with one thread."""
    from nacre_model.protocol import TaskContext
    from nacre_model.tokenization import tokenize as task

    parameters = {
        "labels": LABELS,
        "template": "blackpearl",
        "max_tokens": max_tokens,
        "truncation": "per_field",
    }
    figures = task(
        TaskContext(
            task="tokenize",
            stage={"kind": "tokenize", "version": 0, "name": "tokenize", "key": ""},
            parameters=parameters,
            execution={"threads": 1, "device": "cpu", "micro_batch_tokens": 1, "ranks": 1},
            inputs={"base": tokenizer, "comparisons": comparisons},
            output=output,
        )
    )
    return {"rows": figures["rows"], "tokens": figures["tokens"]}


def main() -> int:
    """Run one step and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    steps = parser.add_subparsers(dest="step", required=True)
    for name, paths in {
        "read": ["file", "output"],
        "train": ["comparisons", "output"],
        "tokenize": ["comparisons", "tokenizer", "folder"],
        "task": ["request"],
        "lengths": ["comparisons", "tokenizer"],
    }.items():
        step = steps.add_parser(name)
        for path in paths:
            step.add_argument(path, type=Path)
    parser.add_argument("--max-tokens", type=int, default=1024, help="longest row")
    chosen = parser.parse_args()
    match chosen.step:
        case "read":
            answer = timed(lambda: read(chosen.file, chosen.output))
        case "train":
            import nacre_model.base_models  # noqa: F401  (torch takes seconds)

            answer = timed(lambda: train(chosen.comparisons, chosen.output))
        case "task":
            answer = timed(lambda: run_task(chosen.request))
        case "lengths":
            answer = lengths(chosen.comparisons, chosen.tokenizer)
        case _:
            import transformers  # noqa: F401

            answer = tokenize(chosen.comparisons, chosen.tokenizer, chosen.folder, chosen.max_tokens)
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
