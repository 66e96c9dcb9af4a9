"""The task make-base-model: real families in tiny sizes, repeatable to the byte, warmed up or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import arena
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from conftest import FAMILIES, events_of, make_context, tiny
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from nacre_model.base_models import SLIDING_WINDOW, make_base_model
from nacre_model.documents import fault
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import (
    ContractViolation,
    InvalidData,
    NonFiniteLoss,
    TaskContext,
    TrainerStopped,
    request_stop,
)

Base = Callable[[str], Path]


def base_context(folder: Path, prepared: Path, latents: Path | None = None, **changes: Any) -> TaskContext:
    inputs = {"text-train": prepared} | ({} if latents is None else {"latents": latents})
    parameters = {"labels": list(arena.LABELS), "tiny": tiny(changes.pop("family", "llama"), **changes)}
    return make_context(folder, "make-base-model", parameters, inputs)


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_base_is_a_folder_that_plain_transformers_loads(base: Base, family: str):
    folder = base(family)
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= files_of(
        folder
    ).keys()
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert model.config.model_type == family
    assert not report["unexpected_keys"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.vocab_size == len(tokenizer)
    special = [model.config.bos_token_id, model.config.eos_token_id, model.config.pad_token_id]
    assert special == [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    logits = classify(load_classifier(folder, 3, "float32", 1), torch.tensor([[0, 5, 9]]), torch.tensor([3]))
    assert logits.isfinite().all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tokenizer_loaded_for_its_family_is_the_one_that_was_trained(base: Base, family: str):
    # transformers replaces parts of a tokenizer by the family's own where it knows one.
    loaded = AutoTokenizer.from_pretrained(base(family))
    saved = Tokenizer.from_file(str(base(family) / "tokenizer.json"))
    for text in (
        "  two  spaces\n\n",
        '"""kavoj ketu"""\n',
        "1984, it's 👩‍🚀",
        "漢字\x00\u200b",
        "<|endoftext|>",
    ):
        ids = loaded(text).input_ids
        assert ids == saved.encode(text).ids
        assert max(ids) < saved.get_vocab_size()


def test_gemma2_has_its_soft_cap_and_a_window_shorter_than_the_rows(base: Base, prepared: Path):
    config = AutoConfig.from_pretrained(base("gemma2"))
    assert config.attn_logit_softcapping == 50.0
    assert config.layer_types == ["sliding_attention", "full_attention"]
    text = " ".join(pq.read_table(prepared / "comparisons.parquet")["response_a"][0].as_py())
    assert config.sliding_window == SLIDING_WINDOW < 3 * len(text.split())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_request_gives_the_same_bytes(tmp_path: Path, prepared: Path, latents: Path, family: str):
    contents = []
    for name in ("first", "second"):
        # Whatever was drawn before must not matter.
        torch.rand(len(contents) + 1)
        context = base_context(tmp_path / name, prepared, latents, family=family, warm_up={"on": "latents"})
        make_base_model(context)
        contents.append(files_of(context.output))
    assert contents[0] == contents[1]


def test_another_seed_gives_other_weights_and_the_same_tokenizer(tmp_path: Path, prepared: Path, base: Base):
    context = base_context(tmp_path / "job", prepared, seed=2)
    make_base_model(context)
    mine, other = files_of(context.output), files_of(base("llama"))
    assert mine["tokenizer.json"] == other["tokenizer.json"]
    assert mine["model.safetensors"] != other["model.safetensors"]


@pytest.mark.parametrize("on", ["latents", "text"])
def test_a_warm_up_learns_and_tells_its_steps(tmp_path: Path, prepared: Path, latents: Path, on: str):
    context = base_context(tmp_path / "job", prepared, latents, warm_up={"on": on, "steps": 40})
    metrics = make_base_model(context)
    events = events_of(context)
    assert [fault("task-event", event) for event in events] == [None] * len(events)
    steps = [event for event in events if event["type"] == "step-end"]
    assert [event["step"] for event in steps] == list(range(1, 41))
    losses = [event["loss"] for event in steps]
    assert metrics["loss"] == pytest.approx(sum(losses[-4:]) / 4)
    assert metrics["loss"] < 0.9 * losses[0]
    rates = [event["learning_rate"] for event in steps]
    assert max(rates) == pytest.approx(4e-3)
    assert rates[-1] < 1e-4
    assert all(event["tokens"] <= event["padded_tokens"] for event in steps)


def test_a_warm_up_leaves_no_head_behind(tmp_path: Path, prepared: Path, latents: Path):
    context = base_context(tmp_path / "job", prepared, latents, warm_up={"on": "latents", "steps": 1})
    make_base_model(context)
    _, report = AutoModelForCausalLM.from_pretrained(context.output, output_loading_info=True)
    assert not report["unexpected_keys"]
    assert not report["missing_keys"]


def test_a_text_shorter_than_a_block_is_enough(tmp_path: Path):
    short = arena.write_comparisons(tmp_path / "train", list(arena.draw(1, seed=1)))
    context = base_context(tmp_path / "job", short, warm_up={"on": "text", "steps": 2})
    assert make_base_model(context)["loss"] > 0


def test_a_diverging_warm_up_is_told_by_its_step(tmp_path: Path, prepared: Path):
    context = base_context(
        tmp_path / "job", prepared, warm_up={"on": "text", "steps": 40, "learning_rate": 1e30}
    )
    with pytest.raises(NonFiniteLoss, match=r"warm-up step \d+"):
        make_base_model(context)


def test_a_stop_is_obeyed_between_steps(tmp_path: Path, prepared: Path):
    request_stop()
    with pytest.raises(TrainerStopped):
        make_base_model(base_context(tmp_path / "job", prepared))


def test_latents_without_latents_are_refused(tmp_path: Path, prepared: Path):
    with pytest.raises(ContractViolation, match=r"inputs\.latents"):
        make_base_model(base_context(tmp_path / "a", prepared, warm_up={"on": "latents"}))
    with pytest.raises(InvalidData, match=r"latents\.parquet is missing"):
        make_base_model(base_context(tmp_path / "b", prepared, prepared, warm_up={"on": "latents"}))


def test_a_row_with_another_number_of_grades_is_named(tmp_path: Path, prepared: Path, latents: Path):
    table = pq.read_table(latents / "latents.parquet").to_pylist()
    table[3]["grade_a"].append(0.0)
    (tmp_path / "broken").mkdir()
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "broken" / "latents.parquet")
    with pytest.raises(InvalidData, match="row 3"):
        make_base_model(
            base_context(tmp_path / "job", prepared, tmp_path / "broken", warm_up={"on": "latents"})
        )


def test_a_base_without_any_text_is_refused(tmp_path: Path):
    with pytest.raises(ContractViolation, match="text-<source>"):
        make_base_model(
            make_context(tmp_path / "a", "make-base-model", {"labels": [], "tiny": tiny("llama")})
        )
    empty = arena.write_comparisons(tmp_path / "train", [])
    with pytest.raises(InvalidData, match="no rows"):
        make_base_model(base_context(tmp_path / "b", empty))


@pytest.mark.parametrize("family", FAMILIES)
def test_sizes_are_those_of_the_request(base: Base, family: str):
    config = json.loads((base(family) / "config.json").read_text())
    sizes = tiny(family)
    for name in (
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
    ):
        assert config[name] == sizes[name]
    assert config["vocab_size"] <= sizes["vocab_size"]
