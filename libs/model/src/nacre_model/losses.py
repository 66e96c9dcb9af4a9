"""Losses of a row: cross-entropy with its vote, and its distance from every teacher.

All functions take logits [rows, labels] and return one float per row, [rows]. Gradients flow
into the student's logits only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of the distillation loss (libs/contracts/src/recipe/student.ts).

    With all weights 1 the loss is the mean of 1 + 2 * teachers terms, as the winner had it.
    """

    cross_entropy: float = 1.0
    kl: float = 1.0
    cosine: float = 1.0
    temperature: float = 1.0
    js: float = 0.0
    logit_mse: float = 0.0

    @classmethod
    def of(cls, losses: Mapping[str, Any], source: str | None = None) -> LossWeights:
        """The `losses` of a request, for rows of a source where one is given."""
        common = {name: value for name, value in losses.items() if name != "by_source"}
        return cls(**{**common, **losses.get("by_source", {}).get(source, {})})

    def terms(self, teachers: int) -> int:
        """Number of terms with a weight above 0, per teacher."""
        per_teacher = (self.kl, self.cosine, self.js, self.logit_mse)
        return (self.cross_entropy > 0) + teachers * sum(weight > 0 for weight in per_teacher)


def cross_entropy(student: Tensor, labels: Tensor) -> Tensor:
    """-log p(label). labels: int64 [rows]."""
    return functional.cross_entropy(student, labels, reduction="none")


def kl_divergence(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """KL(teacher || student) of both softmaxes at `temperature`, not multiplied by its square."""
    target = functional.log_softmax(teacher / temperature, dim=-1)
    return (target.exp() * (target - functional.log_softmax(student / temperature, dim=-1))).sum(-1)


def cosine_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """1 - cosine of the two probability vectors."""
    return 1 - functional.cosine_similarity(student.softmax(-1), teacher.softmax(-1), dim=-1)


def js_divergence(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Jensen-Shannon divergence of both softmaxes at `temperature`, in nats: at most log 2."""
    one = functional.log_softmax(student / temperature, dim=-1)
    other = functional.log_softmax(teacher / temperature, dim=-1)
    middle = torch.logaddexp(one, other) - math.log(2)
    return 0.5 * (one.exp() * (one - middle) + other.exp() * (other - middle)).sum(-1)


def centred_squared_error(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the logits, each less their mean over the labels, which no softmax sees."""
    centred = (logits - logits.mean(-1, keepdim=True) for logits in (student, teacher))
    return (next(centred) - next(centred)).square().mean(-1)


def distillation_loss(student: Tensor, labels: Tensor, teachers: Tensor, weights: LossWeights) -> Tensor:
    """The weighted sum of all terms over their number.

    teachers: [rows, teachers, labels], logits of the same rows in the same presented order; with no
    teacher the loss is cross-entropy alone, whatever the weights.
    """
    count = teachers.shape[1]
    if count == 0:
        return cross_entropy(student, labels)
    total = torch.zeros_like(student[:, 0])
    if weights.terms(count) == 0:
        return total
    if weights.cross_entropy > 0:
        total = total + weights.cross_entropy * cross_entropy(student, labels)
    each = student.unsqueeze(1)  # [rows, 1, labels] against [rows, teachers, labels]
    if weights.kl > 0:
        total = total + weights.kl * kl_divergence(each, teachers, weights.temperature).sum(1)
    if weights.cosine > 0:
        total = total + weights.cosine * cosine_distance(each, teachers).sum(1)
    if weights.js > 0:
        total = total + weights.js * js_divergence(each, teachers, weights.temperature).sum(1)
    if weights.logit_mse > 0:
        total = total + weights.logit_mse * centred_squared_error(each, teachers).sum(1)
    return total / weights.terms(count)
