"""The task train: LoRA and head of one model, from votes alone or from votes and teachers.

A plain loop. A step's rows are fixed by the seed (sampling.py); how they are cut into micro-batches
is not part of the result: the step's loss is the sum over its rows divided by global_batch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from nacre_model.adapters import (
    AdapterWeights,
    attach,
    detached,
    initial_adapter,
    read_adapter,
    write_adapter,
)
from nacre_model.batches import MicroBatch, micro_batches
from nacre_model.losses import LossWeights, distillation_loss
from nacre_model.models import HEAD_NAME, classify, load_classifier
from nacre_model.protocol import ContractViolation, InvalidData, NonFiniteLoss, TaskContext, json_text, task
from nacre_model.sampling import epoch_order, example_hashes, global_batches, step_count
from nacre_model.tables import (
    NO_LABEL,
    TokenTable,
    join_logits,
    read_folds,
    read_logits,
    read_tokens,
    select_rows,
)

HISTORY_FILE = "history.json"
BETAS = (0.9, 0.95)
FACTOR_NAMES = ("lora_A", "lora_B")
NAMED_ROWS = 8
"""Rows that an error message names at most."""


@dataclass(frozen=True)
class TrainingRows:
    """What is learned from. labels: int64 [N]; teachers: float32 [N, teachers, labels], raw logits."""

    tokens: TokenTable
    labels: Tensor
    teachers: Tensor


@dataclass(frozen=True)
class Step:
    """One optimizer step: rows are positions in TrainingRows; number counts from 1."""

    number: int
    epoch: float
    rows: np.ndarray


@task("train")
def train(context: TaskContext) -> dict[str, float]:
    """Train adapter and head; write them as a peft folder beside history.json."""
    parameters, device = context.parameters, context.execution["device"]
    context.phase("loading")
    rows = read_training_rows(context)
    model = load_classifier(
        context.input("base"), len(context.labels), parameters["dtype"], head_seed=parameters["seed"]
    )
    attach(model, starting_adapter(context, model), trainable=True)
    model.to(device)
    context.phase("training")
    history, padded = TrainingLoop(context, model, rows).run()
    context.phase("writing")
    write_adapter(context.output, detached(model, parameters["adapter"]["alpha"]))
    (context.output / HISTORY_FILE).write_text(json_text({"steps": history}) + "\n", encoding="utf-8")
    return {
        "rows": float(len(rows.tokens)),
        "steps": float(len(history)),
        "tokens": float(rows.tokens.lengths.sum() * parameters["epochs"]),
        "padded_tokens": float(padded),
        "first_loss": history[0]["loss"],
        "last_loss": history[-1]["loss"],
    }


def read_training_rows(context: TaskContext) -> TrainingRows:
    """The rows of the tokens that fold trains on, with the logits of every teacher.

    Raises InvalidData where tokens, folds and logits do not hold the same rows, or a row without a
    vote would need one.
    """
    parameters, labels = context.parameters, context.labels
    every = read_tokens(context.inputs_of("tokens"), len(labels))
    with_folds = parameters["fold"] is not None or "folds" in context.inputs
    folds = read_folds(context.input("folds")) if with_folds else None
    chosen = select_rows(every, folds, "training", parameters["fold"])
    if parameters["swap_answers"] == "none":
        chosen = chosen[~every.swapped[chosen]]
    teachers = np.empty((len(chosen), len(parameters["teachers"]), len(labels)), dtype=np.float32)
    for index, name in enumerate(parameters["teachers"]):
        logits = read_logits(context.input(f"logits-{name}"), labels)
        teachers[:, index] = join_logits(every, chosen, logits, f"logits of {name}")
    tokens = every.take(chosen)
    without_vote = np.flatnonzero(tokens.labels == NO_LABEL)
    if len(without_vote) and (not parameters["teachers"] or parameters["losses"]["cross_entropy"] > 0):
        raise InvalidData(
            f"{tokens.name(without_vote[0])} has no label ({len(without_vote)} such rows):"
            " cross-entropy needs one; give such rows to a source that is not trained on"
        )
    return TrainingRows(tokens, torch.from_numpy(tokens.labels), torch.from_numpy(teachers))


def starting_adapter(context: TaskContext, model: PreTrainedModel) -> AdapterWeights:
    """A new adapter, or the LoRA factors of the input `adapter`; the head is new in both cases.

    Raises ContractViolation when the input has other adapter settings.
    """
    rank, alpha = context.parameters["adapter"]["rank"], context.parameters["adapter"]["alpha"]
    fresh = initial_adapter(model, rank, alpha, context.parameters["seed"])
    if "adapter" not in context.inputs:
        return fresh
    earlier = read_adapter(context.input("adapter"))
    if (earlier.rank, earlier.alpha) != (rank, alpha):
        raise ContractViolation(
            f"inputs.adapter has rank {earlier.rank} and alpha {earlier.alpha:g},"
            f" the parameters {rank} and {alpha:g}"
        )
    return AdapterWeights(rank, alpha, earlier.factors, fresh.head)


def learning_rate(step: int, steps: int, warmup_steps: int, peak: float) -> float:
    """Linear warm-up, then half a cosine down to 0, for step 1 … steps.

    The warm-up is cut to a tenth of the steps; the peak is reached at its end.
    """
    warmup = min(warmup_steps, steps // 10)
    if step <= warmup:
        return peak * step / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - 1 - warmup) / (steps - warmup)))


def plan_steps(parameters: dict[str, Any], tokens: TokenTable) -> Iterator[Step]:
    """Every step of the training, in order: a function of seed, epochs, global_batch and the rows' keys."""
    hashes = example_hashes(tokens.example_ids)
    per_epoch = step_count(len(tokens), parameters["global_batch"], 1)
    for epoch in range(parameters["epochs"]):
        order = epoch_order(parameters["seed"], epoch, hashes, tokens.swapped)
        for index, rows in enumerate(global_batches(order, parameters["global_batch"]), start=1):
            yield Step(epoch * per_epoch + index, epoch + index / per_epoch, rows)


@dataclass(frozen=True)
class TrainingLoop:
    """The optimizer steps of one request.

    The model stays in eval mode: no dropout of a family's own may draw random numbers.
    """

    context: TaskContext
    model: PreTrainedModel
    rows: TrainingRows

    def run(self) -> tuple[list[dict[str, Any]], int]:
        """All steps; returns the steps of history.json and the number of tokens computed.

        Raises TrainerStopped at a step boundary, NonFiniteLoss naming step and rows.
        """
        parameters = self.context.parameters
        steps = step_count(len(self.rows.tokens), parameters["global_batch"], parameters["epochs"])
        head = list(getattr(self.model, HEAD_NAME).parameters())
        factors = [p for name, p in self.model.named_parameters() if name.endswith(FACTOR_NAMES)]
        optimizer = torch.optim.AdamW(
            [
                {"params": factors, "weight_decay": parameters["weight_decay"]},
                {"params": head, "weight_decay": 0.0},
            ],
            betas=BETAS,
        )
        history: list[dict[str, Any]] = []
        padded_in_all = 0
        for step in plan_steps(parameters, self.rows.tokens):
            self.context.check_stop()
            started = time.perf_counter()
            loss, tokens, padded = self.accumulate(step)
            norm = torch.nn.utils.clip_grad_norm_([*factors, *head], parameters["max_gradient_norm"])
            if not (math.isfinite(loss) and torch.isfinite(norm)):
                raise NonFiniteLoss(self.blame(step))
            rate = learning_rate(step.number, steps, parameters["warmup_steps"], parameters["learning_rate"])
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            padded_in_all += padded
            mean = loss / len(step.rows)
            history.append({"step": step.number, "loss": mean, "learning_rate": rate, "rows": len(step.rows)})
            self.context.emit(
                "step-end",
                step=step.number,
                steps=steps,
                epoch=step.epoch,
                loss=mean,
                learning_rate=rate,
                tokens=tokens,
                padded_tokens=padded,
                seconds=time.perf_counter() - started,
            )
        return history, padded_in_all

    def accumulate(self, step: Step) -> tuple[float, int, int]:
        """Add the step's gradient to the parameters; returns (sum of row losses, tokens, padded tokens)."""
        losses, tokens, padded = [], 0, 0
        for batch in self.batches(step.rows):
            each = self.losses(batch)
            (each.sum() / self.context.parameters["global_batch"]).backward()
            losses.append(each.detach())
            tokens += batch.tokens
            padded += batch.padded_tokens
        return float(torch.cat(losses).sum()), tokens, padded

    def batches(self, chosen: np.ndarray) -> Iterator[MicroBatch]:
        """The chosen rows as micro-batches under the request's token budget, on its device."""
        execution = self.context.execution
        return micro_batches(
            self.rows.tokens,
            chosen,
            execution["micro_batch_tokens"],
            self.model.config.pad_token_id or 0,
            execution["device"],
        )

    def losses(self, batch: MicroBatch) -> Tensor:
        """Loss of each row of a micro-batch, [n]."""
        logits = classify(self.model, batch.input_ids, batch.lengths)
        chosen = torch.from_numpy(batch.rows)
        return distillation_loss(
            logits,
            self.rows.labels[chosen].to(logits.device),
            self.rows.teachers[chosen].to(logits.device),
            LossWeights.of(self.context.parameters["losses"]),
        )

    def blame(self, step: Step) -> str:
        """Run a step's rows one by one and say which have a loss or gradient that is not finite."""
        bad = []
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        for row in step.rows:
            self.model.zero_grad(set_to_none=True)
            loss = self.losses(next(self.batches(np.array([row])))).sum()
            loss.backward()
            norm = torch.nn.utils.get_total_norm([p.grad for p in trained if p.grad is not None])
            if not (torch.isfinite(loss) and torch.isfinite(norm)):
                bad.append(self.rows.tokens.name(row))
        named = ", ".join(bad[:NAMED_ROWS]) or "no row alone, only their sum"
        return (
            f"step {step.number}: loss or gradient is not finite; rows that cause it: {named}"
            f" ({len(bad)} of {len(step.rows)}); lower the learning rate or look at these rows"
        )
