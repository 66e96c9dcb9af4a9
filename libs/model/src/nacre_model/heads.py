"""The head that a training starts from where it is not a new one: the words for the labels as the base says them."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor
from transformers import PreTrainedModel

from nacre_model.protocol import ContractViolation

LABEL_WORDS = {"model_a": "A", "model_b": "B", "tie": "tie"}
"""What a language model would answer to the template's question which answer is better."""

OUTPUT_LAYER = "lm_head.weight"


def head_of_words(model: PreTrainedModel, folder: Path, labels: list[str]) -> Tensor:
    """Head whose row of a label is the output layer's row of its word, float32 [labels, hidden].

    model: the classifier of the base in `folder`. A word of several tokens has the mean of their rows.
    The first logits of the classifier are then those that the language model has for these words.

    Raises ContractViolation where the base has no tokenizer or no output layer, or two words are the same tokens.
    """
    place = folder / "tokenizer.json"
    if not place.is_file():
        raise ContractViolation(f"{folder.name}: lm_head_tokens needs the base's tokenizer.json; use seeded")
    tokenizer = Tokenizer.from_file(str(place))
    words = [tokenizer.encode(LABEL_WORDS[label], add_special_tokens=False).ids for label in labels]
    if len(set(map(tuple, words))) < len(labels) or not all(words):
        raise ContractViolation(
            f"{folder.name}: its tokenizer does not tell {', '.join(LABEL_WORDS[label] for label in labels)}"
            " apart; use seeded"
        )
    return torch.stack([_output_rows(model, folder, ids).mean(0) for ids in words])


def _output_rows(model: PreTrainedModel, folder: Path, ids: list[int]) -> Tensor:
    """Rows of the language model's output layer, float32 [len(ids), hidden]."""
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            if OUTPUT_LAYER in tensors.keys():  # noqa: SIM118 - it is no mapping
                layer = tensors.get_slice(OUTPUT_LAYER)
                return torch.cat([layer[index : index + 1] for index in ids]).float()
    if not model.config.tie_word_embeddings:
        raise ContractViolation(f"{folder.name}: {OUTPUT_LAYER} is missing; use seeded")
    return model.get_input_embeddings().weight.detach()[ids].float()
