"""The log loss of a training's dev rows between its steps, by which weights are chosen (selection.py)."""

from __future__ import annotations

import math
import time

import torch
from transformers import PreTrainedModel

from nacre_model.batches import micro_batches
from nacre_model.dropout import AdapterDropout
from nacre_model.losses import cross_entropy
from nacre_model.models import classify
from nacre_model.protocol import NonFiniteLoss, TaskContext
from nacre_model.ranks import Ranks
from nacre_model.tables import TokenTable
from nacre_model.verdicts import memory_for


class DevScorer:
    """Scores dev rows, which the ranks share, with the model as it is at the time.

    dev: None where the training has none; it is never asked then. dropout: the one of the model's adapters.
    """

    def __init__(
        self,
        context: TaskContext,
        model: PreTrainedModel,
        dev: TokenTable | None,
        ranks: Ranks,
        dropout: AdapterDropout | None,
    ) -> None:
        self._context, self._model, self._dev, self._ranks = context, model, dev, ranks
        self._dropout = dropout

    def __call__(self, step: int) -> float:
        """Mean log loss per dev row after a step, the same on every rank; emits evaluation-end.

        Raises NonFiniteLoss, and what memory_for raises.
        """
        if self._dev is None:
            raise ValueError("this training has no dev rows")
        self._context.spend("evaluation")
        started = time.perf_counter()
        if self._dropout is not None:
            self._dropout.on = False
        total = self._total(self._dev)
        if self._dropout is not None:
            self._dropout.on = True
        rows = len(self._dev)
        loss = total / rows
        if not math.isfinite(loss):
            raise NonFiniteLoss(
                f"step {step}: the log loss of the dev rows is {loss}; lower the learning rate"
            )
        seconds = time.perf_counter() - started
        self._context.emit("evaluation-end", step=step, rows=rows, loss=loss, seconds=seconds)
        return loss

    def _total(self, dev: TokenTable) -> float:
        execution = self._context.execution
        device, budget = execution["device"], execution["micro_batch_tokens"]
        total = torch.zeros(1, dtype=torch.float64, device=device)
        mine = self._ranks.share(dev.lengths)
        for batch in micro_batches(dev, mine, budget, self._model.config.pad_token_id or 0, device):
            with torch.inference_mode(), memory_for(batch, dev):
                logits = classify(self._model, batch.input_ids, batch.lengths)
                total += cross_entropy(
                    logits.double(), torch.from_numpy(dev.labels[batch.rows]).to(device)
                ).sum()
        self._ranks.sum_([total])
        return float(total)
