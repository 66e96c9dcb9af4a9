"""The task export-logits, and the loop that scores whole token tables for it and for predict."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from nacre_model.adapters import attach, read_adapter
from nacre_model.batches import MicroBatch, micro_batches
from nacre_model.label_folds import held_out_by_label, read_label_folds
from nacre_model.logits_checkpoints import ShardKeeper
from nacre_model.logits_ledger import cells_of, read_ledger, take_known
from nacre_model.logits_tables import LOGITS_SHARD_ROWS, LogitsOrigin, LogitsTable, write_logits_shard
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import NonFiniteLoss, TaskContext, task
from nacre_model.tables import TokenTable, read_folds, read_tokens, select_rows
from nacre_model.verdicts import memory_for

SECONDS_BETWEEN_EVENTS = 2.0
TOKENIZER_FILE = "tokenizer.json"


@task("export-logits")
def export_logits(context: TaskContext) -> dict[str, float]:
    """Logits of the base, with the adapter where one is given, for the chosen rows of the tokens.

    Cells of the inputs `ledger-<…>`, earlier exports of this very model, are taken over.
    """
    parameters = context.parameters
    context.phase("loading")
    tokens = read_tokens(context.inputs_of("tokens"), len(context.labels))
    folds = read_folds(context.input("folds")) if parameters["rows"] != "all" else None
    if folds is not None and "label-folds" in context.inputs:
        folds = held_out_by_label(folds, read_label_folds(context.input("label-folds"), folds))
    rows = select_rows(tokens, folds, parameters["rows"], parameters["fold"], parameters.get("second_fold"))
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
        _origin(context),
        read_ledger(context.inputs_of("ledger"), context.labels),
    )


def _origin(context: TaskContext) -> LogitsOrigin:
    """Whose logits this request makes."""
    parameters = context.parameters
    held_out = (parameters["fold"], parameters.get("second_fold"))
    tokenizer = context.input("base") / TOKENIZER_FILE
    return LogitsOrigin(
        teacher=context.input_contents.get("adapter"),
        base=context.input_contents.get("base"),
        held_out=tuple(sorted(fold for fold in held_out if fold is not None)),
        prompt=parameters["prompt"],
        tokenizer=hashlib.sha256(tokenizer.read_bytes()).hexdigest() if tokenizer.is_file() else None,
        precision=parameters["dtype"],
    )


def score_rows(
    context: TaskContext,
    tokens: TokenTable,
    rows: np.ndarray,
    score: Callable[[MicroBatch], Tensor],
    pad_token_id: int | None,
    origin: LogitsOrigin | None = None,
    known: Mapping[bytes, np.ndarray] | None = None,
) -> dict[str, float]:
    """Write the logits of `rows` (positions in tokens) into context.output, in the order of `rows`.

    Goes on from the shards of the checkpoint that the request names, and keeps each that it finishes.

    score: micro-batch → logits [n, labels]. origin: whose logits the shards say they are. known: logits by
    cell, which are not computed; None: rows have no cells. Each shard's rows are sorted by length for
    computing only. Emits rows-written (rows computed so far), stops between micro-batches when asked to.

    Raises CheckpointRefused where that checkpoint is damaged or of another stage, NonFiniteLoss naming
    the first row whose logits are not finite, and what memory_for raises.
    """
    labels, budget = context.labels, context.execution["micro_batch_tokens"]
    padded, reused, said = 0, 0, time.monotonic()
    context.spend("step")
    keeper = ShardKeeper(context, math.ceil(len(rows) / LOGITS_SHARD_ROWS))
    done = keeper.resume()
    computed = done * LOGITS_SHARD_ROWS
    for shard in range(done, keeper.shards):
        chosen = tokens.take(rows[shard * LOGITS_SHARD_ROWS : (shard + 1) * LOGITS_SHARD_ROWS])
        logits = np.empty((len(chosen), len(labels)), dtype=np.float32)
        cells = None if known is None else cells_of(chosen)
        missing = take_known(logits, cells, known)
        reused += len(chosen) - len(missing)
        computed += len(chosen) - len(missing)
        for batch in micro_batches(chosen, missing, budget, pad_token_id or 0, context.execution["device"]):
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
        table = LogitsTable(chosen.example_ids, chosen.swapped, logits, origin, cells)
        write_logits_shard(context.output, shard, labels, table)
        keeper.save(shard + 1)
        context.spend("step")
        context.emit("rows-written", rows=computed, total=len(rows))
    context.spend("load")
    return {
        "rows": float(len(rows)),
        "tokens": float(tokens.lengths[rows].sum()),
        "padded_tokens": float(padded),
        **({} if known is None else {"rows_from_ledger": float(reused)}),
    }
