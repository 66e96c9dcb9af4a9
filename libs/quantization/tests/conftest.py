"""Tiny classifiers of the three families, an adapter, tokens and folds, all on disk as the stages hand them on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, LlamaConfig, Qwen2Config

from nacre_model.adapters import AdapterWeights, initial_adapter, write_adapter
from nacre_model.models import load_classifier
from nacre_model.protocol import TaskContext

LABELS = ["model_a", "model_b", "tie"]
VOCABULARY = 64
CONFIGURATIONS = {"llama": LlamaConfig, "qwen2": Qwen2Config, "gemma2": Gemma2Config}


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def write_base(folder: Path, family: str, width: int, dtype: str = "float32") -> Path:
    """A causal language model of two layers; every tensor is random, biases and norms too."""
    special = {"attn_logit_softcapping": 5.0, "sliding_window": 8} if family == "gemma2" else {}
    config = CONFIGURATIONS[family](
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        **({"head_dim": width // 4} if family == "gemma2" else {}),
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        initializer_range=0.08,
        **special,
    )
    torch.manual_seed(11)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            elif "embed" in name:
                parameter.copy_(torch.randn_like(parameter))
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text('{"version":"1.0"}')
    (folder / "tokenizer_config.json").write_text("{}")
    return folder


def write_random_adapter(folder: Path, base: Path) -> AdapterWeights:
    """An adapter of rank 4 with a head of deviation 0.3, so that logits are of the size of real ones."""
    folder.mkdir()
    made = initial_adapter(load_classifier(base, len(LABELS), "float32", head_seed=0), 4, 8.0, seed=5)
    generator = torch.Generator().manual_seed(6)
    factors = {
        name: (A, torch.randn(B.shape, generator=generator) * 0.02) for name, (A, B) in made.factors.items()
    }
    head = torch.randn(made.head.shape, generator=generator) * 0.3
    weights = AdapterWeights(made.rank, made.alpha, factors, head)
    write_adapter(folder, weights)
    return weights


def write_rows(tokens: Path, folds: Path, count: int = 24) -> None:
    """`count` examples in both orders, 5 to 30 tokens long; every fourth is blind, the others of two folds."""
    tokens.mkdir()
    folds.mkdir()
    generator = np.random.default_rng(7)
    ids = [f"train:{number}" for number in range(count)]
    rows = [(example_id, swapped) for example_id in ids for swapped in (False, True)]
    sequences = [
        generator.integers(3, VOCABULARY, size=generator.integers(5, 31)).astype(np.int32) for _ in rows
    ]
    pq.write_table(
        pa.table(
            {
                "example_id": [example_id for example_id, _ in rows],
                "swapped": [swapped for _, swapped in rows],
                "input_ids": pa.array([sequence.tolist() for sequence in sequences], pa.list_(pa.int32())),
                "label": pa.array([number % 3 for number in range(len(rows))], pa.int8()),
                "truncated": [False] * len(rows),
            }
        ),
        tokens / "tokens.parquet",
    )
    blind = [number % 4 == 3 for number in range(count)]
    pq.write_table(
        pa.table(
            {
                "example_id": ids,
                "source": ["train"] * count,
                "label": ["tie"] * count,
                "prompt_group": ids,
                "fold": pa.array([-1 if hidden else n % 2 for n, hidden in enumerate(blind)], pa.int32()),
                "blind": blind,
                "held_out_of": pa.array(
                    [[0, 1] if hidden else [n % 2] for n, hidden in enumerate(blind)], pa.list_(pa.int32())
                ),
            }
        ),
        folds / "folds.parquet",
    )


@dataclass
class Workspace:
    """Folders of one set of inputs, and requests on them as the activities send them."""

    root: Path
    adapter: AdapterWeights
    labels: list[str]
    execution: dict[str, object]

    def context(self, task: str, output: str, inputs: dict[str, str], **parameters: object) -> TaskContext:
        """A request of `task` that writes into the new folder `output`; inputs: input name → folder name."""
        folder = self.root / output
        folder.mkdir()
        return TaskContext(
            task=task,
            stage={"kind": task, "version": 1, "name": f"{task}.test", "key": "0" * 64},
            parameters={"labels": self.labels, **parameters},
            execution=dict(self.execution),
            inputs={name: self.root / place for name, place in inputs.items()},
            output=folder,
            events=self.root / f"{output}.events.jsonl",
        )

    def quantize_context(self, output: str, **changes: object) -> TaskContext:
        """A request of `quantize` with the recipe's defaults but for few rows."""
        parameters = {
            "method": "gptq",
            "group_size": 128,
            "calibration_rows": 16,
            "damping": 0.01,
            "seed": 3,
            **changes,
        }
        inputs = {"base": "base", "adapter": "adapter", "tokens-train": "tokens", "folds": "folds"}
        return self.context("quantize", output, inputs, **parameters)

    def predict_context(
        self, output: str, model: str, rows: str = "all", orders: str = "both"
    ) -> TaskContext:
        """A request of `predict` on the same rows."""
        inputs = {"model": model, "tokens-train": "tokens", **({"folds": "folds"} if rows == "blind" else {})}
        return self.context("predict", output, inputs, rows=rows, orders=orders)


@pytest.fixture(scope="session")
def make_workspace():
    """new_workspace(root, family, width, dtype) for tests: root is an empty folder."""
    return new_workspace


@pytest.fixture(scope="session")
def make_rows():
    """write_rows(tokens, folds, count) for tests."""
    return write_rows


def request_of(context: TaskContext) -> dict[str, object]:
    """The request document of a context, as the activity writes it."""
    return {
        "nacre_request": 1,
        "task": context.task,
        "stage": context.stage,
        "parameters": context.parameters,
        "execution": context.execution,
        "inputs": {name: str(folder) for name, folder in context.inputs.items()},
        "output": str(context.output),
        "input_contents": dict.fromkeys(context.inputs, "0" * 64),
        "checkpoints": context.checkpoints,
        "events": str(context.events),
        "result": str(context.output.with_suffix(".result.json")),
    }


@pytest.fixture(scope="session")
def make_request():
    """request_of(context) for tests."""
    return request_of


def new_workspace(root: Path, family: str, width: int, dtype: str = "float32") -> Workspace:
    """Base, adapter, tokens and folds of one family and width."""
    write_base(root / "base", family, width, dtype)
    adapter = write_random_adapter(root / "adapter", root / "base")
    write_rows(root / "tokens", root / "folds")
    execution = {"threads": 1, "device": "cpu", "micro_batch_tokens": 128, "ranks": 1}
    return Workspace(root, adapter, LABELS, execution)
