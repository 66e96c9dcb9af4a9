"""Tiny real models, token tables and task contexts for the tests of training, logits and merging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, LlamaConfig, PreTrainedConfig, Qwen2Config

from nacre_model import protocol
from nacre_model.protocol import TaskContext

LABELS = ["model_a", "model_b", "tie"]
VOCABULARY = 48

torch.set_num_threads(1)


def configuration(family: str, layers: int = 2) -> PreTrainedConfig:
    """A family's architecture at width 32, grouped-query attention included."""
    common: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "initializer_range": 0.2,
    }
    if family == "gemma2":
        return Gemma2Config(**common, head_dim=8, query_pre_attn_scalar=8, sliding_window=16)
    return {"llama": LlamaConfig, "qwen2": Qwen2Config}[family](**common)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a random base of a family, made once."""
    made: dict[str, Path] = {}

    def make(family: str) -> Path:
        if family not in made:
            torch.manual_seed(11)
            folder = tmp_path_factory.mktemp(family)
            AutoModelForCausalLM.from_config(configuration(family)).save_pretrained(folder)
            made[family] = folder
        return made[family]

    return make


Rows = Sequence[tuple[str, bool, list[int], int | None]]


@pytest.fixture(scope="session")
def tokens_folder() -> Callable[[Path, Rows], Path]:
    """Writer of tokens.parquet: tokens_folder(folder, rows of (example_id, swapped, input_ids, label))."""
    return _write_tokens


@pytest.fixture(scope="session")
def folds_folder() -> Callable[..., Path]:
    """Writer of folds.parquet: folds_folder(folder, rows of (example_id, source, fold, blind, held_out_of))."""
    return _write_folds


@pytest.fixture(scope="session")
def toy_rows() -> Callable[..., list[tuple]]:
    """Maker of rows whose vote is told by one token near the end; toy_rows(count, seed, labels, source)."""
    return _toy_rows


def _write_tokens(folder: Path, rows: Rows) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ids, swapped, sequences, labels = zip(*rows, strict=True) if rows else ((), (), (), ())
    table = pa.table(
        {
            "example_id": pa.array(ids, pa.string()),
            "swapped": pa.array(swapped, pa.bool_()),
            "input_ids": pa.array(sequences, pa.list_(pa.int32())),
            "label": pa.array(labels, pa.int8()),
            "truncated": pa.array([False] * len(rows), pa.bool_()),
        }
    )
    pq.write_table(table, folder / "tokens.parquet")
    return folder


def _write_folds(folder: Path, rows: Sequence[tuple[str, str, int, bool, list[int]]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ids, sources, folds, blind, held_out_of = zip(*rows, strict=True)
    table = pa.table(
        {
            "example_id": pa.array(ids, pa.string()),
            "source": pa.array(sources, pa.string()),
            "label": pa.array(["tie"] * len(rows), pa.string()),
            "prompt_group": pa.array(ids, pa.string()),
            "fold": pa.array(folds, pa.int32()),
            "blind": pa.array(blind, pa.bool_()),
            "held_out_of": pa.array(held_out_of, pa.list_(pa.int32())),
        }
    )
    pq.write_table(table, folder / "folds.parquet")
    return folder


def _toy_rows(count: int, seed: int = 0, labels: int = 3, source: str = "toy") -> list[tuple]:
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = int(draw.integers(labels))
        filler = draw.integers(10, VOCABULARY, size=int(draw.integers(3, 24))).tolist()
        for swapped in (False, True):
            # Exchanging the answers exchanges the first two labels and leaves a tie.
            shown = {0: 1, 1: 0}.get(label, label) if swapped else label
            rows.append((f"{source}:{number:04d}", swapped, [1, *filler, 3 + shown, 9], shown))
    return rows


@pytest.fixture
def context(tmp_path: Path) -> Callable[..., TaskContext]:
    """Maker of contexts: context(task, parameters, inputs, budget) with a fresh output folder."""
    made = 0

    def make(
        task: str, parameters: dict[str, Any], inputs: dict[str, Path], budget: int = 1024
    ) -> TaskContext:
        nonlocal made
        made += 1
        output = tmp_path / f"output-{made}"
        output.mkdir()
        execution = {"threads": 1, "device": "cpu", "micro_batch_tokens": budget, "ranks": 1}
        stage = {"kind": task, "version": 1, "name": f"{task} of a test", "key": "0" * 64}
        events = tmp_path / f"events-{made}.jsonl"
        contents = dict.fromkeys(inputs, "1" * 64)
        return TaskContext(task, stage, parameters, execution, inputs, output, events, contents)

    return make


@pytest.fixture
def train_parameters() -> Callable[..., dict[str, Any]]:
    """Parameters of the task train with the given ones replaced."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "labels": LABELS,
            "role": "teacher",
            "fold": None,
            "epochs": 1,
            "learning_rate": 5e-3,
            "warmup_steps": 2,
            "weight_decay": 0.0,
            "max_gradient_norm": 1.0,
            "global_batch": 16,
            "adapter": {"rank": 4, "alpha": 8, "dropout": 0.0},
            "swap_answers": "double",
            "seed": 1234,
            "dtype": "float32",
            "teachers": [],
            "losses": {"cross_entropy": 1, "kl": 1, "cosine": 1, "temperature": 1},
            **changes,
        }

    return make


@pytest.fixture
def job(
    base: Callable[[str], Path],
    tokens_folder: Callable[[Path, Rows], Path],
    toy_rows: Callable[..., list[tuple]],
    context: Callable[..., TaskContext],
    train_parameters: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> Callable[..., TaskContext]:
    """Maker of a train context on toy rows: job(family, rows, inputs, budget, **parameters)."""
    made = 0

    def make(
        family: str = "llama",
        rows: Rows | None = None,
        inputs: dict[str, Path] | None = None,
        budget: int = 1024,
        **parameters: Any,
    ) -> TaskContext:
        nonlocal made
        made += 1
        folder = tokens_folder(tmp_path / f"toy-{made}", toy_rows(40) if rows is None else rows)
        every = {"base": base(family), "tokens-toy": folder, **(inputs or {})}
        return context("train", train_parameters(**parameters), every, budget)

    return make


@pytest.fixture(autouse=True)
def _no_stop_is_left_over() -> Any:
    yield
    protocol._stop.asked = False
