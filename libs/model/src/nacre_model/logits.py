"""The task export-logits, and the loop that scores whole token tables for it and for predict."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from nacre_model.adapters import attach, read_adapter
from nacre_model.batches import MicroBatch, micro_batches
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import NonFiniteLoss, TaskContext, task
from nacre_model.tables import (
    LOGITS_SHARD_ROWS,
    LogitsTable,
    TokenTable,
    read_folds,
    read_tokens,
    select_rows,
    write_logits_shard,
)
from nacre_model.verdicts import memory_for

SECONDS_BETWEEN_EVENTS = 2.0


@task("export-logits")
def export_logits(context: TaskContext) -> dict[str, float]:
    """Logits of the base, with the adapter where one is given, for the chosen rows of the tokens."""
    parameters = context.parameters
    context.phase("loading")
    tokens = read_tokens(context.inputs_of("tokens"), len(context.labels))
    folds = read_folds(context.input("folds")) if parameters["rows"] != "all" else None
    rows = select_rows(tokens, folds, parameters["rows"], parameters["fold"])
    # Without an adapter the head is a new one of a fixed seed: a base alone knows no labels.
    model = load_classifier(context.input("base"), len(context.labels), parameters["dtype"], head_seed=0)
    if "adapter" in context.inputs:
        attach(model, read_adapter(context.input("adapter")))
    model.to(context.execution["device"])
    context.phase("scoring")
    return score_rows(
        context,
        tokens,
        rows,
        lambda batch: classify(model, batch.input_ids, batch.lengths),
        model.config.pad_token_id,
    )


def score_rows(
    context: TaskContext,
    tokens: TokenTable,
    rows: np.ndarray,
    score: Callable[[MicroBatch], Tensor],
    pad_token_id: int | None,
) -> dict[str, float]:
    """Write the logits of `rows` (positions in tokens) into context.output, in the order of `rows`.

    score: micro-batch → logits [n, labels]. Each shard's rows are sorted by length for computing
    only. Emits rows-written (rows computed so far), stops between micro-batches when asked to.

    Raises NonFiniteLoss naming the first row whose logits are not finite, and what memory_for raises.
    """
    labels, budget = context.labels, context.execution["micro_batch_tokens"]
    computed, padded, said = 0, 0, time.monotonic()
    context.spend("step")
    for shard, start in enumerate(range(0, len(rows), LOGITS_SHARD_ROWS)):
        chosen = tokens.take(rows[start : start + LOGITS_SHARD_ROWS])
        logits = np.empty((len(chosen), len(labels)), dtype=np.float32)
        every = np.arange(len(chosen))
        for batch in micro_batches(chosen, every, budget, pad_token_id or 0, context.execution["device"]):
            context.check_stop()
            with torch.inference_mode(), memory_for(batch, chosen):
                logits[batch.rows] = score(batch).float().cpu().numpy()
            computed += len(batch.rows)
            padded += batch.padded_tokens
            if time.monotonic() - said > SECONDS_BETWEEN_EVENTS:
                context.emit("rows-written", rows=computed, total=len(rows))
                said = time.monotonic()
        finite = np.isfinite(logits).all(axis=1)
        if not finite.all():
            row = chosen.name(int(np.argmin(finite)))
            raise NonFiniteLoss(
                f"{row}: its logits are not finite ({int((~finite).sum())} rows of shard {shard})"
            )
        context.spend("load")
        write_logits_shard(
            context.output, shard, labels, LogitsTable(chosen.example_ids, chosen.swapped, logits)
        )
        context.spend("step")
        context.emit("rows-written", rows=computed, total=len(rows))
    context.spend("load")
    return {
        "rows": float(len(rows)),
        "tokens": float(tokens.lengths[rows].sum()),
        "padded_tokens": float(padded),
    }
