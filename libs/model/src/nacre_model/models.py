"""Preference classifiers: a causal backbone of transformers, read at the last real token by a linear head."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel

from nacre_model.protocol import ContractViolation

HEAD_NAME = "score"
HEAD_DEVIATION = 0.02
"""Standard deviation of a new head's weights, transformers' own for these families."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}

# A causal language model's folder has an output layer that a classifier does not use.
_expected_leftovers = {"lm_head.weight"}


def attention_implementation(config: PreTrainedConfig) -> str:
    """The attention of transformers that computes what the configuration says.

    `sdpa` drops a soft-cap of the attention logits without a word, so a model that has one
    (Gemma2) runs eager.
    """
    return "eager" if getattr(config, "attn_logit_softcapping", None) is not None else "sdpa"


def load_classifier(folder: Path, labels: int, dtype: str, head_seed: int) -> PreTrainedModel:
    """A sequence classifier on the backbone of a local Hugging Face folder, in eval mode.

    The backbone has `dtype` (a name of DTYPES; rotary frequencies stay float32). The head
    `model.score` is new whatever the folder holds: float32, (labels, hidden), normal with mean 0 and
    deviation HEAD_DEVIATION, a function of head_seed alone, so that heads of folds can be averaged.
    Safetensors only; code that lies in the folder is never run.

    Raises ContractViolation when the folder is no such model or its weights do not fit its
    configuration exactly (head and language-model output aside).
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        config.num_labels = labels
        config.use_cache = False
        if config.pad_token_id is None:
            end = config.eos_token_id
            config.pad_token_id = end[0] if isinstance(end, list) else end
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            dtype=DTYPES[dtype],
            attn_implementation=attention_implementation(config),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            # The head is made anew; any other mismatch is refused below.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except (OSError, ValueError) as error:
        raise ContractViolation(
            f"{folder.name}: not a model folder that transformers can load: {error}"
        ) from error
    head = f"{HEAD_NAME}.weight"
    faults = [
        *(f"missing {key}" for key in sorted(report["missing_keys"]) if key != head),
        *(f"unexpected {key}" for key in sorted(report["unexpected_keys"]) if key not in _expected_leftovers),
        *(f"other shape {entry[0]}" for entry in sorted(report["mismatched_keys"]) if entry[0] != head),
    ]
    if faults:
        raise ContractViolation(
            f"{folder.name}: weights and config.json do not belong together: {', '.join(faults[:5])}"
            f" ({len(faults)} in all); take both from one revision of the model"
        )
    if not isinstance(getattr(model, HEAD_NAME, None), nn.Linear):
        raise ContractViolation(
            f"{folder.name}: {type(model).__name__} has no linear head called {HEAD_NAME}"
        )
    assert_attention(model)
    setattr(model, HEAD_NAME, new_head(config.get_text_config().hidden_size, labels, head_seed))
    return model.eval()


def new_head(width: int, labels: int, seed: int) -> nn.Linear:
    """A float32 linear head without bias, weights normal(0, HEAD_DEVIATION) from the seed alone."""
    head = nn.Linear(width, labels, bias=False, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        head.weight.normal_(0.0, HEAD_DEVIATION, generator=generator)
    return head


def assert_attention(model: PreTrainedModel) -> None:
    """Raises ContractViolation when the model would run an attention that ignores its configuration."""
    wanted, actual = attention_implementation(model.config), model.config._attn_implementation
    if wanted == "eager" and actual != "eager":
        raise ContractViolation(f"attention {actual} drops the soft-cap of {type(model).__name__}; use eager")


def inner_classifier(model: nn.Module) -> PreTrainedModel:
    """The transformers classifier inside, with or without a peft wrapper around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def classify(model: nn.Module, input_ids: Tensor, lengths: Tensor) -> Tensor:
    """Logits (rows, labels) in float32 of right-padded input_ids (rows, longest), int64.

    lengths (rows,) counts the real tokens of each row; the head reads the last of them. No mask is
    needed: a causal backbone cannot look ahead into the padding, so a row's logits depend neither on
    its padding nor on its pad id. The head is applied to one position, not to all.
    """
    classifier = inner_classifier(model)
    backbone = getattr(classifier, classifier.base_model_prefix)
    # A cache would let transformers attend across rows, and costs memory that training cannot use.
    hidden = backbone(input_ids=input_ids, use_cache=False).last_hidden_state
    last = hidden[torch.arange(len(lengths), device=hidden.device), lengths - 1]
    # 16 bits are widened for the head; float64, which only tests compute in, stays what it is.
    return getattr(classifier, HEAD_NAME)(last.to(torch.promote_types(last.dtype, torch.float32)))
