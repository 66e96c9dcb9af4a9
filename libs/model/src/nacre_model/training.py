"""The task train: LoRA and head of one model, from votes alone or from votes and teachers."""

from __future__ import annotations

from dataclasses import replace

from transformers import PreTrainedModel

from nacre_model.adapters import (
    AdapterWeights,
    attach,
    detached,
    initial_adapter,
    read_adapter,
    write_adapter,
)
from nacre_model.dropout import AdapterDropout
from nacre_model.heads import head_of_words
from nacre_model.models import load_classifier
from nacre_model.protocol import ContractViolation, TaskContext, json_text, task
from nacre_model.ranks import Ranks
from nacre_model.schedule import plan_steps
from nacre_model.selection import DEV_LOSS
from nacre_model.training_loop import TrainingLoop
from nacre_model.training_rows import read_training_rows

HISTORY_FILE = "history.json"


@task("train")
def train(context: TaskContext) -> dict[str, float]:
    """Train adapter and head; write them as a peft folder beside history.json.

    Every rank trains; the leading one writes.
    """
    context.phase("loading")
    ranks = Ranks.join(context.execution)
    loop = training_loop(context, ranks)
    context.phase("training")
    progress = loop.run()
    context.phase("writing")
    if ranks.leads:
        write_adapter(context.output, detached(loop.model, context.parameters["adapter"]["alpha"]))
        history = json_text({"steps": progress.history}) + "\n"
        (context.output / HISTORY_FILE).write_text(history, encoding="utf-8")
    ranks.leave()
    tokens = loop.rows.tokens
    lengths = tokens.lengths
    scored = [line[DEV_LOSS] for line in progress.history if DEV_LOSS in line]
    return {
        "rows": float(len(tokens)),
        "steps": float(progress.step),
        "tokens": float(sum(lengths[step.rows].sum() for step in plan_steps(context.parameters, tokens))),
        "padded_tokens": float(progress.padded_tokens),
        "first_loss": progress.history[0]["loss"],
        "last_loss": progress.history[-1]["loss"],
        **({"best_dev_log_loss": min(scored)} if scored else {}),
    }


def training_loop(context: TaskContext, ranks: Ranks) -> TrainingLoop:
    """The loop of a request before its first step: rows, and the base with the adapter it starts from."""
    parameters = context.parameters
    rows = read_training_rows(context)
    model = load_classifier(
        context.input("base"), len(context.labels), parameters["dtype"], head_seed=parameters["seed"]
    )
    rate = parameters["adapter"]["dropout"]
    dropout = AdapterDropout(rate, parameters["seed"]) if rate > 0 else None
    attach(model, starting_adapter(context, model), trainable=True, dropout=dropout)
    model.to(context.execution["device"])
    return TrainingLoop(context, model, rows, ranks, dropout)


def starting_adapter(context: TaskContext, model: PreTrainedModel) -> AdapterWeights:
    """A new adapter, or the LoRA factors of the input `adapter`, and the head that head.init says.

    seeded (the default): a new one of the seed; keep: that of the input `adapter`, new where there is none;
    lm_head_tokens: head_of_words.

    Raises ContractViolation when the input has other adapter settings, and as head_of_words does.
    """
    rank, alpha = context.parameters["adapter"]["rank"], context.parameters["adapter"]["alpha"]
    init = context.parameters.get("head", {}).get("init", "seeded")
    fresh = initial_adapter(model, rank, alpha, context.parameters["seed"])
    if init == "lm_head_tokens":
        fresh = replace(fresh, head=head_of_words(model, context.input("base"), context.labels))
    if "adapter" not in context.inputs:
        return fresh
    earlier = read_adapter(context.input("adapter"))
    if (earlier.rank, earlier.alpha) != (rank, alpha):
        raise ContractViolation(
            f"inputs.adapter has rank {earlier.rank} and alpha {earlier.alpha:g},"
            f" the parameters {rank} and {alpha:g}"
        )
    return earlier if init == "keep" else replace(earlier, head=fresh.head)
