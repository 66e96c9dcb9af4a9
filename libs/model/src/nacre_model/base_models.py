"""Task `make-base-model`: a tiny base in a real family's architecture, for machines without a GPU.

A fixture: what the recipe reaches on it says nothing about real models, least of all after a warm-up
on latents, which hands it nearly all of the synthetic task.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

from nacre_model.models import attention_implementation
from nacre_model.prompts import Fields, join_turns, render
from nacre_model.protocol import ContractViolation, InvalidData, TaskContext, task
from nacre_model.tokenization import comparisons_file
from nacre_model.tokenizer import (
    SPECIAL_TOKENS,
    TextEncoder,
    committed_words,
    save_tokenizer,
    train_tokenizer,
)
from nacre_model.warm_up import warm_up_on_latents, warm_up_on_text

MAX_POSITIONS = 4096
"""Longest sequence of a tiny base."""

SLIDING_WINDOW = 32
"""Window of every second Gemma2 layer: shorter than the sequences, so that it changes what they compute."""

TOKENIZER_TEXTS = 20_000
"""Comparisons that train the tokenizer: the first of each source, at most so many in all."""


@task("make-base-model")
def make_base_model(context: TaskContext) -> dict[str, float]:
    """Writes a Hugging Face folder: config.json, model.safetensors (float32), tokenizer files.

    Metrics: parameters, vocabulary, and the last warm-up loss where there is a warm-up.
    Raises InvalidData when the inputs hold no text at all.
    """
    tiny = context.parameters["tiny"]
    folders = list(context.inputs_of("text").values())
    if not folders:
        raise ContractViolation("inputs: a base needs at least one text-<source> to train its tokenizer on")
    context.phase("training the tokenizer")
    texts = list(presented_texts(folders, TOKENIZER_TEXTS))
    if not texts:
        raise InvalidData(f"{', '.join(folder.name for folder in folders)}: no rows, so no text")
    context.spend("step")
    tokenizer = train_tokenizer([*committed_words(), *texts], tiny["vocab_size"])
    save_tokenizer(tokenizer, context.output, MAX_POSITIONS)
    context.check_stop()
    model = new_model(tiny, tokenizer)
    figures = {"parameters": model.num_parameters(), "vocabulary": tokenizer.get_vocab_size()}
    encoder = TextEncoder(context.output)
    warm_up = tiny["warm_up"]
    if warm_up["on"] == "latents":
        figures["loss"] = warm_up_on_latents(context, model, encoder, warm_up)
    elif warm_up["on"] == "text":
        figures["loss"] = warm_up_on_text(context, model, encoder, texts, warm_up)
    context.phase("writing")
    context.spend("load")
    model.eval().save_pretrained(context.output)
    return figures


def presented_texts(folders: list[Path], limit: int) -> Iterator[str]:
    """Comparisons of prepared sources as the winner's template presents them, the first `limit` of them."""
    left = limit
    for folder in folders:
        with pq.ParquetFile(comparisons_file(folder)) as source:
            for batch in source.iter_batches(columns=["prompt", "response_a", "response_b"]):
                for row in batch.slice(0, left).to_pylist():
                    yield render("blackpearl", Fields(*(join_turns(row[name]) for name in row)))
                left -= min(left, batch.num_rows)
                if left == 0:
                    return


def new_model(tiny: dict[str, Any], tokenizer: Tokenizer) -> PreTrainedModel:
    """A causal language model with random float32 weights, a function of tiny.seed."""
    config = configuration(tiny, tokenizer)
    torch.manual_seed(tiny["seed"])
    return AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation=attention_implementation(config)
    )


def configuration(tiny: dict[str, Any], tokenizer: Tokenizer) -> PreTrainedConfig:
    """The configuration of a tiny base: the family's own structure in the sizes of tinyModelSchema."""
    special = {f"{name}_id": tokenizer.token_to_id(token) for name, token in SPECIAL_TOKENS.items()}
    sizes = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": tiny["hidden_size"],
        "intermediate_size": tiny["intermediate_size"],
        "num_hidden_layers": tiny["num_hidden_layers"],
        "num_attention_heads": tiny["num_attention_heads"],
        "num_key_value_heads": tiny["num_key_value_heads"],
        "max_position_embeddings": MAX_POSITIONS,
        # The families' 0.02 suits widths of thousands; at 64 it leaves every attention uniform for hundreds of steps.
        "initializer_range": tiny["hidden_size"] ** -0.5,
        "tie_word_embeddings": True,
        "use_cache": False,
        **special,
    }
    match tiny["family"]:
        case "llama":
            return LlamaConfig(**sizes)
        case "qwen2":
            return Qwen2Config(**sizes)
        case "gemma2":
            width = tiny["hidden_size"] // tiny["num_attention_heads"]
            return Gemma2Config(
                **sizes,
                head_dim=width,
                query_pre_attn_scalar=width,
                sliding_window=SLIDING_WINDOW,
                attn_logit_softcapping=50.0,
                final_logit_softcapping=30.0,
            )
        case family:
            raise ContractViolation(f"parameters.tiny.family: {family} is none of llama, qwen2, gemma2")
