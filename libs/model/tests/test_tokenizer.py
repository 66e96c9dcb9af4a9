"""The byte-level BPE of tiny bases, and the way every stage reads a tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from nacre_model.protocol import ContractViolation
from nacre_model.tokenizer import (
    SPECIAL_TOKENS,
    TextEncoder,
    committed_words,
    save_tokenizer,
    train_tokenizer,
)

TEXTS = ["the quick brown fox", "the lazy dog", "foxes and dogs in 1984"] * 5
HARD_TEXTS = [
    "👩‍🚀 🇫🇷 emoji",
    "你好，世界。漢字かな交じり文",
    "\x00\x01\x07\x1b[31m\x7f control",
    "zero\u200bwidth, r\u0301 combining, \u202eright to left",
    "\u00a0 \t\r\n  spaces  ",
    "ﷺ ẞ İ",
    "\U0010ffff",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer(TEXTS, 400), place, 512)
    return place


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_no_token_is_ever_unknown_and_every_text_comes_back(folder: Path, text: str):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(text).input_ids
    assert None not in ids
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_every_byte_has_a_token_of_its_own(folder: Path):
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= vocabulary.keys()


def test_the_same_texts_give_the_same_bytes(folder: Path, tmp_path: Path):
    save_tokenizer(train_tokenizer(iter(TEXTS), 400), tmp_path, 512)
    names = sorted(file.name for file in folder.iterdir())
    assert names == sorted(file.name for file in tmp_path.iterdir())
    assert [(folder / name).read_bytes() for name in names] == [
        (tmp_path / name).read_bytes() for name in names
    ]


@pytest.mark.parametrize("size", [300, 400, 2048])
def test_the_vocabulary_keeps_its_limit(size: int):
    tokenizer = train_tokenizer([*TEXTS, *(f"word{n} {n * 7919}" for n in range(500))], size)
    assert 259 <= tokenizer.get_vocab_size() <= size


def test_special_tokens_have_the_first_ids(folder: Path):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (0, 1, 2)


def test_a_row_begins_with_bos_and_ends_without_eos(folder: Path):
    encoder = TextEncoder(folder)
    assert encoder.prefix == [0]
    assert (
        encoder.prefix + encoder.encode("the fox").ids
        == AutoTokenizer.from_pretrained(folder)("the fox").input_ids
    )


def test_a_tokenizer_that_adds_an_eos_adds_none_here(folder: Path, tmp_path: Path):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 0), ("<eos>", 1)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL_TOKENS).save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path)("fox").input_ids[-1] == 1
    assert TextEncoder(tmp_path).prefix == [0]
    assert 1 not in TextEncoder(tmp_path).encode("fox").ids


def test_a_tokenizer_without_bos_gets_none(folder: Path, tmp_path: Path):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL_TOKENS).save_pretrained(tmp_path)
    assert TextEncoder(tmp_path).prefix == []


def test_a_special_token_in_a_text_is_text(folder: Path):
    ids = TextEncoder(folder).encode("an <eos> and a <bos> and a <pad>").ids
    assert not {0, 1, 2} & set(ids)


def test_offsets_point_at_characters(folder: Path):
    text = "the 👩 fox"
    starts = TextEncoder(folder).encode(text).starts
    assert starts == sorted(starts)
    assert starts.count(text.index("👩")) > 1
    assert max(starts) < len(text)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path):
    with pytest.raises(ContractViolation, match=tmp_path.name):
        TextEncoder(tmp_path)


def test_a_tokenizer_truncates_and_pads_nothing_by_itself(folder: Path, tmp_path: Path):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=64)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL_TOKENS).save_pretrained(tmp_path)
    text = "the quick brown fox and the lazy dog"
    assert TextEncoder(tmp_path).encode(text).ids == TextEncoder(folder).encode(text).ids


def test_the_committed_words_are_words():
    words = committed_words()
    assert len(words) == len(set(words)) >= 100
    assert all(word.isalpha() for word in words)


def test_a_model_without_a_fast_tokenizer_is_no_excuse_to_run_code(tmp_path: Path):
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": ["evil.Evil", None]}})
    )
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    Tokenizer(models.BPE()).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ContractViolation):
        TextEncoder(tmp_path)
