"""Classifiers of three real families: strict loading, pooling at the last real token, padding without effect."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import FAMILIES
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from nacre_model.models import HEAD_DEVIATION, assert_attention, classify, load_classifier, new_head
from nacre_model.protocol import ContractViolation

Base = Callable[[str], Path]
LENGTHS = torch.tensor([60, 7, 33, 1])


def some_ids(vocabulary: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(3, vocabulary, (len(LENGTHS), int(LENGTHS.max())), generator=generator)


@pytest.fixture
def copied(tmp_path: Path, base: Base) -> Callable[[str], Path]:
    def copy(family: str) -> Path:
        return Path(shutil.copytree(base(family), tmp_path / family))

    return copy


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, {"format": "pt"})


def change_config(folder: Path, **changes: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_padding_has_no_influence(base: Base, family: str, dtype: str):
    model = load_classifier(base(family), 3, dtype, head_seed=1)
    ids = some_ids(model.config.vocab_size)
    padded = ids.clone()
    for row, length in zip(padded, LENGTHS, strict=True):
        row[length:] = model.config.pad_token_id
    assert torch.equal(classify(model, ids, LENGTHS), classify(model, padded, LENGTHS))


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_transformers(base: Base, family: str):
    model = load_classifier(base(family), 3, "float32", head_seed=1)
    ids = some_ids(model.config.vocab_size)
    for row, length in zip(ids, LENGTHS, strict=True):
        row[length:] = model.config.pad_token_id
    # transformers pools at the last token that is not padding.
    torch.testing.assert_close(classify(model, ids, LENGTHS), model(input_ids=ids).logits, rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_alone_and_in_a_batch_agree(base: Base, family: str):
    model = load_classifier(base(family), 3, "float32", head_seed=1)
    ids = some_ids(model.config.vocab_size)
    alone = [
        classify(model, ids[row : row + 1, :length], LENGTHS[row : row + 1])
        for row, length in enumerate(LENGTHS)
    ]
    torch.testing.assert_close(torch.cat(alone), classify(model, ids, LENGTHS), rtol=0, atol=1e-5)


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_and_its_logits_are_float32_whatever_the_base(
    base: Base, family: str, dtype: str, labels: int
):
    model = load_classifier(base(family), labels, dtype, head_seed=1)
    assert next(model.model.parameters()).dtype == getattr(torch, dtype)
    assert model.score.weight.dtype == torch.float32
    logits = classify(model, some_ids(model.config.vocab_size), LENGTHS)
    assert logits.dtype == torch.float32
    assert logits.shape == (4, labels)


@pytest.mark.parametrize("family", FAMILIES)
def test_rotary_frequencies_stay_float32_in_a_bfloat16_model(base: Base, family: str):
    model = load_classifier(base(family), 3, "bfloat16", head_seed=1)
    kinds = {buffer.dtype for name, buffer in model.named_buffers() if name.endswith("inv_freq")}
    assert kinds == {torch.float32}


def test_a_head_is_a_function_of_its_seed(base: Base):
    first, again, other = (
        load_classifier(base("llama"), 3, "float32", seed).score.weight for seed in (7, 7, 8)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(load_classifier(base("qwen2"), 3, "bfloat16", 7).score.weight, first)


def test_a_new_head_is_normal_with_the_stated_deviation():
    weight = new_head(4096, 3, seed=0).weight.detach()
    assert abs(float(weight.std()) - HEAD_DEVIATION) < 5e-4
    assert abs(float(weight.mean())) < 5e-4


def test_gemma2_computes_its_soft_cap(copied: Callable[[str], Path]):
    # A cap of 0.01 leaves attention almost uniform, so a model that drops it is far off.
    folder = copied("gemma2")
    change_config(folder, attn_logit_softcapping=0.01)
    change_weights(folder, lambda tensors: [tensors[name].mul_(20) for name in tensors if "q_proj" in name])
    capped = load_classifier(folder, 3, "float32", head_seed=1)
    change_config(folder, attn_logit_softcapping=1e6)
    free = load_classifier(folder, 3, "float32", head_seed=1)
    ids = some_ids(capped.config.vocab_size)
    assert capped.config._attn_implementation == "eager"
    assert (classify(capped, ids, LENGTHS) - classify(free, ids, LENGTHS)).abs().max() > 1e-3


def test_gemma2_under_an_attention_that_drops_the_soft_cap_is_refused(base: Base):
    model = AutoModelForSequenceClassification.from_pretrained(base("gemma2"), attn_implementation="sdpa")
    with pytest.raises(ContractViolation, match="drops the soft-cap"):
        assert_attention(model)


def test_gemma2_looks_no_further_back_than_its_window(copied: Callable[[str], Path]):
    folder = copied("gemma2")
    change_config(folder, layer_types=["sliding_attention", "sliding_attention"])
    model = load_classifier(folder, 3, "float32", head_seed=1)
    ids = some_ids(model.config.vocab_size)[:1]
    far = ids.clone()
    # Two layers of a window of 32 reach 62 tokens back, one layer 31; the row has 60.
    model.model.layers = model.model.layers[:1]
    far[0, : 60 - 32] = 3
    length = torch.tensor([60])
    assert torch.equal(classify(model, ids, length), classify(model, far, length))
    near = ids.clone()
    near[0, 60 - 32] = 3 if ids[0, 60 - 32] != 3 else 4
    assert not torch.equal(classify(model, ids, length), classify(model, near, length))


def test_a_missing_tensor_is_an_error_not_a_random_layer(copied: Callable[[str], Path]):
    folder = copied("llama")
    change_weights(folder, lambda tensors: tensors.pop("model.layers.1.mlp.up_proj.weight"))
    with pytest.raises(ContractViolation, match=r"missing model\.layers\.1\.mlp\.up_proj\.weight"):
        load_classifier(folder, 3, "float32", head_seed=1)


def test_a_tensor_that_the_model_has_no_place_for_is_an_error(copied: Callable[[str], Path]):
    folder = copied("llama")
    change_weights(folder, lambda tensors: tensors.update({"model.layers.2.bias": torch.zeros(3)}))
    with pytest.raises(ContractViolation, match=r"unexpected model\.layers\.2\.bias"):
        load_classifier(folder, 3, "float32", head_seed=1)


def test_a_tensor_of_another_shape_is_an_error(copied: Callable[[str], Path]):
    folder = copied("qwen2")
    change_weights(folder, lambda tensors: tensors.update({"model.norm.weight": torch.ones(16)}))
    with pytest.raises(ContractViolation, match=r"other shape model\.norm\.weight"):
        load_classifier(folder, 3, "float32", head_seed=1)


def test_the_output_layer_of_a_language_model_is_left_aside(copied: Callable[[str], Path]):
    folder = copied("llama")
    change_config(folder, tie_word_embeddings=False)
    change_weights(
        folder,
        lambda tensors: tensors.update({"lm_head.weight": tensors["model.embed_tokens.weight"].clone()}),
    )
    assert load_classifier(folder, 3, "float32", head_seed=1).score.weight.shape == (3, 32)


def test_a_model_without_a_pad_token_gets_its_end_token(copied: Callable[[str], Path]):
    folder = copied("llama")
    change_config(folder, pad_token_id=None)
    assert load_classifier(folder, 3, "float32", head_seed=1).config.pad_token_id == 1


def test_weights_in_a_pickle_are_refused(copied: Callable[[str], Path]):
    folder = copied("llama")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ContractViolation, match="not a model folder"):
        load_classifier(folder, 3, "float32", head_seed=1)


@pytest.mark.parametrize("content", [None, "{}", '{"model_type": "unheard-of"}'])
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ContractViolation, match="not a model folder"):
        load_classifier(tmp_path, 3, "float32", head_seed=1)


def test_code_that_lies_in_a_folder_is_never_run(copied: Callable[[str], Path]):
    folder = copied("llama")
    change_config(folder, model_type="evil", auto_map={"AutoConfig": "evil.Config"})
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ContractViolation):
        load_classifier(folder, 3, "float32", head_seed=1)
