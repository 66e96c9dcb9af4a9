"""The optimizer steps of one training.

A step's rows are fixed by the seed (sampling.py); how they are shared by ranks and cut into
micro-batches is not part of the result: the step's loss is the sum over its rows divided by
global_batch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from nacre_model.batches import MicroBatch, micro_batches
from nacre_model.checkpoint_keeper import CheckpointKeeper
from nacre_model.checkpoints import Progress, TrainedState
from nacre_model.dev_scores import DevScorer
from nacre_model.dropout import AdapterDropout
from nacre_model.models import HEAD_NAME, classify
from nacre_model.protocol import DeviceFault, NonFiniteLoss, TaskContext, TrainerStopped, stop_requested
from nacre_model.ranks import Ranks
from nacre_model.sampling import example_hashes
from nacre_model.schedule import Step, learning_rate, plan_steps, planned_steps
from nacre_model.selection import selection_of
from nacre_model.source_losses import SourceLosses
from nacre_model.training_rows import TrainingRows
from nacre_model.verdicts import memory_for

BETAS = (0.9, 0.95)
FACTOR_NAMES = ("lora_A", "lora_B")
NAMED_ROWS = 8
"""Rows that an error message names at most."""


@dataclass(frozen=True)
class Figures:
    """What all ranks together have computed of a step.

    loss: sum of the rows' losses. norm: of the gradient before it is clipped, a tensor without
    dimensions. tokens, padded_tokens: real ones, and those computed.
    """

    loss: float
    norm: Tensor
    tokens: int
    padded_tokens: int

    @property
    def finite(self) -> bool:
        """Whether the step may be taken."""
        return math.isfinite(self.loss) and math.isfinite(float(self.norm))

    def same_as(self, other: Figures) -> bool:
        """Whether loss and norm are the same, NaN being the same as NaN."""
        pairs = ((self.loss, other.loss), (float(self.norm), float(other.norm)))
        return all(mine == theirs or (math.isnan(mine) and math.isnan(theirs)) for mine, theirs in pairs)


class TrainingLoop:
    """The optimizer steps of one request.

    The model stays in eval mode: no dropout of a family's own may draw random numbers. dropout: the
    one that the model's adapters were attached with.
    """

    def __init__(
        self,
        context: TaskContext,
        model: PreTrainedModel,
        rows: TrainingRows,
        ranks: Ranks,
        dropout: AdapterDropout | None = None,
    ) -> None:
        self.context, self.model, self.rows, self.ranks, self.dropout = context, model, rows, ranks, dropout
        self.trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self._hashes = example_hashes(rows.tokens.example_ids)
        self.scorer = DevScorer(context, model, rows.dev, ranks, dropout)
        self._row_losses = SourceLosses(context.parameters["losses"], rows.tokens.example_ids.tolist())

    def run(self) -> Progress:
        """All steps that are left, from the request's checkpoint on or from the beginning.

        Raises TrainerStopped at a step boundary once a checkpoint is written, NonFiniteLoss naming step,
        rows and tensor, DeviceFault, and what CheckpointKeeper.resume and memory_for raise.
        """
        parameters = self.context.parameters
        steps = planned_steps(parameters, self.rows.tokens)
        optimizer = self.new_optimizer()
        selection = selection_of(parameters.get("selection", "last"), self.trained, steps, self.scorer)
        state = TrainedState(self.trained, optimizer, steps, selection.kept)
        keeper = CheckpointKeeper(self.context, state, self.ranks)
        progress = keeper.resume()
        for step in plan_steps(parameters, self.rows.tokens):
            if step.number <= progress.step:
                continue
            self.at_boundary(keeper, progress, steps)
            self.context.spend("step")
            started = time.perf_counter()
            figures = self.gradient(step)
            if not figures.finite:
                self.refuse(step, figures)
            rate = learning_rate(step.number, steps, parameters["warmup_steps"], parameters["learning_rate"])
            for group in optimizer.param_groups:
                group["lr"] = rate
            torch.nn.utils.clip_grads_with_norm_(
                self.trained.values(), parameters["max_gradient_norm"], figures.norm
            )
            optimizer.step()
            self.model.zero_grad(set_to_none=True)
            mean = figures.loss / len(step.rows)
            progress.step = step.number
            progress.padded_tokens += figures.padded_tokens
            progress.history.append(
                {"step": step.number, "loss": mean, "learning_rate": rate, "rows": len(step.rows)}
            )
            self.context.emit(
                "step-end",
                step=step.number,
                steps=steps,
                epoch=step.epoch,
                loss=mean,
                learning_rate=rate,
                tokens=figures.tokens,
                padded_tokens=figures.padded_tokens,
                seconds=time.perf_counter() - started,
            )
            selection.after_step(progress.history)
        selection.finish()
        self.context.spend("load")
        return progress

    def new_optimizer(self) -> torch.optim.AdamW:
        """AdamW whose decay shrinks the factors only."""
        head = list(getattr(self.model, HEAD_NAME).parameters())
        factors = [p for name, p in self.trained.items() if name.endswith(FACTOR_NAMES)]
        decay = self.context.parameters["weight_decay"]
        groups = [{"params": factors, "weight_decay": decay}, {"params": head, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, betas=BETAS)

    def at_boundary(self, keeper: CheckpointKeeper, progress: Progress, steps: int) -> None:
        """Between two steps: save when it is time, or stop on all ranks when one was asked to.

        Raises TrainerStopped.
        """
        self.context.spend("wait")
        stopping = self.ranks.any(stop_requested())
        if stopping or keeper.due():
            keeper.save(progress)
        if stopping:
            # A rank that ends would have the others ended, the one that saves among them.
            self.context.spend("wait")
            self.ranks.barrier()
            kept = f"the checkpoint of step {keeper.saved_step}" if keeper.saved_step else "no checkpoint"
            raise TrainerStopped(
                f"{self.context.stage['name']}: stopped at a step boundary, as asked, after step"
                f" {progress.step} of {steps}, with {kept} to go on from"
            )

    def gradient(self, step: Step) -> Figures:
        """Leave the step's gradient, summed over ranks, in the parameters, whatever was there before."""
        self.model.zero_grad(set_to_none=True)
        lengths = self.rows.tokens.lengths[step.rows]
        loss, tokens, padded = self.accumulate(step, step.rows[self.ranks.share(lengths)])
        trained = self.trained.values()
        for parameter in trained:
            # A rank may have no row of a short last step.
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in trained]
        figures = torch.tensor([loss, tokens, padded], dtype=gradients[0].dtype, device=gradients[0].device)
        self.context.spend("wait")
        self.ranks.sum_([*gradients, figures])
        self.context.spend("step")
        loss, tokens, padded = figures.tolist()
        return Figures(loss, torch.nn.utils.get_total_norm(gradients), int(tokens), int(padded))

    def accumulate(self, step: Step, rows: np.ndarray) -> tuple[float, int, int]:
        """Add the gradient of some of a step's rows; returns (sum of their losses, tokens, padded tokens)."""
        losses, tokens, padded = [], 0, 0
        for batch in self.batches(rows):
            with memory_for(batch, self.rows.tokens):
                each = self.losses(batch, step.epoch_index)
                (each.sum() / self.context.parameters["global_batch"]).backward()
            losses.append(each.detach())
            tokens += batch.tokens
            padded += batch.padded_tokens
        return float(torch.cat(losses).sum()) if losses else 0.0, tokens, padded

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

    def losses(self, batch: MicroBatch, epoch: int) -> Tensor:
        """Loss of each row of a micro-batch of an epoch (from 0), [n]."""
        if self.dropout is not None:
            swapped = self.rows.tokens.swapped[batch.rows]
            self.dropout.choose(epoch, self._hashes[batch.rows], swapped, batch.input_ids.device)
        logits = classify(self.model, batch.input_ids, batch.lengths)
        chosen = torch.from_numpy(batch.rows)
        return self._row_losses(
            batch.rows,
            logits,
            self.rows.labels[chosen].to(logits.device),
            self.rows.teachers[chosen].to(logits.device),
        )

    def refuse(self, step: Step, figures: Figures) -> NoReturn:
        """Say what became of a step whose figures are not finite: it is done again with the same parameters.

        Raises NonFiniteLoss when it comes out the same, DeviceFault when it does not. Parameters and
        optimizer are as before the step.
        """
        print_of_first = self.gradient_print()
        again = self.gradient(step)
        if not again.same_as(figures) or self.gradient_print() != print_of_first:
            raise DeviceFault(
                f"step {step.number}: loss {figures.loss} and gradient norm {float(figures.norm)} became"
                f" {again.loss} and {float(again.norm)} when the step was done again with the same parameters;"
                " the device or its memory is at fault"
            )
        raise NonFiniteLoss(self.blame(step))

    def gradient_print(self) -> list[tuple[int, float]]:
        """Finite elements of every parameter's gradient and their sum: what another gradient has otherwise."""
        return [
            (int(p.grad.isfinite().sum()), float(p.grad.double().nan_to_num(0, 0, 0).sum()))
            for p in self.trained.values()
            if p.grad is not None
        ]

    def blame(self, step: Step) -> str:
        """Run a step's rows one by one and say which have a loss or gradient that is not finite, and where."""
        rows: list[str] = []
        tensor = next((f"{name} itself" for name, p in self.model.named_parameters() if not _finite(p)), None)
        for row in step.rows:
            self.model.zero_grad(set_to_none=True)
            loss, _, _ = self.accumulate(step, np.array([row]))
            wild = [name for name, p in self.trained.items() if p.grad is not None and not _finite(p.grad)]
            if wild or not math.isfinite(loss):
                rows.append(self.rows.tokens.name(row))
                tensor = tensor or (f"the gradient of {wild[0]}" if wild else "the loss")
        self.model.zero_grad(set_to_none=True)
        named = ", ".join(rows[:NAMED_ROWS]) or "no row alone, only their sum"
        return (
            f"step {step.number}: loss or gradient is not finite, twice; rows that cause it: {named}"
            f" ({len(rows)} of {len(step.rows)}); first tensor that is not finite: {tensor or 'their sum'};"
            " lower the learning rate or look at these rows"
        )


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
