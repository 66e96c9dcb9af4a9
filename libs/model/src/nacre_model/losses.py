"""Losses of a row: cross-entropy with its vote, and its distance from every teacher.

All functions take logits [rows, labels] and return one float per row, [rows]. Gradients flow
into the student's logits only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

    @classmethod
    def of(cls, losses: Mapping[str, float]) -> LossWeights:
        """The `losses` of a request."""
        return cls(**losses)

    def terms(self, teachers: int) -> int:
        """Number of terms with a weight above 0, per teacher."""
        return (self.cross_entropy > 0) + teachers * ((self.kl > 0) + (self.cosine > 0))


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


def distillation_loss(student: Tensor, labels: Tensor, teachers: Tensor, weights: LossWeights) -> Tensor:
    """The weighted sum of all terms over their number.

    teachers: [rows, teachers, labels], logits of the same rows in the same presented order; with no
    teacher the loss is cross-entropy alone, whatever the weights.
    """
    count = teachers.shape[1]
    if count == 0:
        return cross_entropy(student, labels)
    total = torch.zeros_like(student[:, 0])
    if weights.cross_entropy > 0:
        total = total + weights.cross_entropy * cross_entropy(student, labels)
    each = student.unsqueeze(1)  # [rows, 1, labels] against [rows, teachers, labels]
    if weights.kl > 0:
        total = total + weights.kl * kl_divergence(each, teachers, weights.temperature).sum(1)
    if weights.cosine > 0:
        total = total + weights.cosine * cosine_distance(each, teachers).sum(1)
    return total / weights.terms(count)
