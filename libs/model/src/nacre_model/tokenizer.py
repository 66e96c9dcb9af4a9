"""Tokenizers: the one of a model folder, and a small byte-level BPE for tiny bases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import resources
from itertools import takewhile
from pathlib import Path

from tokenizers import Encoding, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from nacre_model.prompts import Encoded
from nacre_model.protocol import ContractViolation

SPECIAL_TOKENS = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
"""Special tokens of a tokenizer made here; their ids are 0, 1 and 2.

The end token also stands in for the unknown one, which a byte-level BPE never emits: some families'
tokenizer classes would add one of their own, beyond the model's vocabulary.
"""

WORDS_FILE = "words.txt"
"""Word list that ships with the package, one word a line: a floor for what the BPE knows."""


class TextEncoder:
    """The tokenizer of a model folder, used the way every stage uses it.

    `prefix` are the special tokens it puts before a text (a BOS, or none). It never puts one behind:
    a row ends at the token that the head reads. Special tokens that stand literally in a text are
    text here, so a user cannot write a BOS or EOS into a row.
    """

    prefix: list[int]

    def __init__(self, folder: Path) -> None:
        """Raises ContractViolation when the folder has no fast tokenizer."""
        from transformers import AutoTokenizer

        try:
            loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise ContractViolation(
                f"{folder.name}: no tokenizer that transformers can load: {error}"
            ) from error
        if not loaded.is_fast:
            raise ContractViolation(f"{folder.name}: no tokenizer.json; offsets need a fast tokenizer")
        marked = loaded("x", return_special_tokens_mask=True)
        special = zip(marked.input_ids, marked.special_tokens_mask, strict=True)
        self.prefix = [token for token, _ in takewhile(lambda pair: pair[1] == 1, special)]
        self._tokenizer: Tokenizer = loaded.backend_tokenizer
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def encode(self, text: str) -> Encoded:
        """Ids and offsets of a text, special tokens left out. Several threads may ask at the same time."""
        # Of the library's calls this one lets other threads of Python run.
        (encoding,) = self._tokenizer.encode_batch([text], add_special_tokens=False)
        return _Lazy(encoding)


class _Lazy(Encoded):
    """The library's encoding, whose lists are made when asked for: the starts of texts that fit never are."""

    def __init__(self, encoding: Encoding) -> None:
        self.__dict__["encoding"] = encoding

    @cached_property
    def ids(self) -> list[int]:
        return self.__dict__["encoding"].ids

    @cached_property
    def starts(self) -> list[int]:
        return [start for start, _end in self.__dict__["encoding"].offsets]


def committed_words() -> list[str]:
    """The word list of the package, in its order."""
    return resources.files("nacre_model").joinpath(WORDS_FILE).read_text(encoding="utf-8").split()


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """A byte-level BPE of at most vocab_size tokens: all 256 bytes are in it, so no text has an unknown one.

    Text is split as Qwen2 splits it, because transformers gives every qwen2 folder that splitting
    whatever its tokenizer.json says. The same texts in the same order give the same bytes.
    """
    from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIAL_TOKENS.values()),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_with_spaces(texts), trainer)
    beginning = SPECIAL_TOKENS["bos_token"]
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{beginning} $A", special_tokens=[(beginning, tokenizer.token_to_id(beginning))]
            ),
        ]
    )
    return tokenizer


def _with_spaces(texts: Iterable[str]) -> Iterator[str]:
    # A listed word stands in running text with a space before it far more often than without.
    for text in texts:
        yield text
        if " " not in text:
            yield f" {text}"


def save_tokenizer(tokenizer: Tokenizer, folder: Path, max_tokens: int) -> None:
    """Write a tokenizer so that AutoTokenizer loads it; max_tokens is what its model can take."""
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        padding_side="right",
        clean_up_tokenization_spaces=False,
        unk_token=SPECIAL_TOKENS["eos_token"],
        **SPECIAL_TOKENS,
    ).save_pretrained(folder)
