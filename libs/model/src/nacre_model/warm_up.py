"""Full-parameter warm-up of a tiny base, so that adapters find something to build on.

LoRA on a frozen random backbone learns almost nothing, and a minute of causal-language-model training
does not change that; dense targets at every word of the synthetic arena do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from nacre_model.latents import NO_GRADE, LatentRow, read_latents
from nacre_model.protocol import InvalidData, NonFiniteLoss, TaskContext
from nacre_model.tokenizer import TextEncoder

WARM_STEPS_SHARE = 0.05
"""Share of the steps over which the learning rate rises to its peak."""

RELEVANCE_WEIGHT = 4.0
"""Weight of the relevance targets: until a base sees which words are on topic it learns nothing else."""

TOPIC_WIDTH = 16
"""Dimensions in which a word and a prompt are compared."""

MAX_GRADIENT_NORM = 1.0
BLOCK = 128
"""Tokens of one row of the causal-language-model warm-up."""

Batch = list[LatentRow]


class LatentHeads(nn.Module):
    """Temporary heads that read the latents off the hidden states; thrown away with the warm-up.

    `topic` compares the embedding of a word with those of the prompt: it tells the embeddings which
    words belong together long before any attention finds the prompt.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.topic = nn.Linear(width, TOPIC_WIDTH, bias=False)
        self.topic_bias = nn.Parameter(torch.zeros(()))
        self.grade = nn.Linear(width, 5)
        self.on_topic = nn.Linear(width, 1)
        self.running = nn.Linear(width, 1)
        self.difference = nn.Linear(width, 1)
        self.final = nn.Linear(width, 1)


def warm_up_on_latents(
    context: TaskContext, model: PreTrainedModel, encoder: TextEncoder, settings: dict[str, Any]
) -> float:
    """Train every parameter on word grades, relevance, running means and score differences.

    Returns the mean loss of the last tenth of the steps.
    """
    context.phase("reading latents")
    rows = read_latents(context.input("latents"), encoder)
    if not rows:
        raise InvalidData("latents: no rows to warm up on")
    heads = LatentHeads(model.config.hidden_size)
    scale = _deviation(rows)
    pad = model.config.pad_token_id

    def loss(indices: Tensor) -> tuple[Tensor, int, int]:
        batch = [rows[index] for index in indices.tolist()]
        input_ids = pad_sequence([row.input_ids for row in batch], True, pad)
        embedded = model.get_input_embeddings()(input_ids)
        hidden = model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state
        real = sum(len(row.input_ids) for row in batch)
        return latent_loss(heads, embedded, hidden, batch, scale), real, input_ids.numel()

    return _train(context, [*model.parameters(), *heads.parameters()], len(rows), settings, loss)


def latent_loss(heads: LatentHeads, embedded: Tensor, hidden: Tensor, batch: Batch, scale: float) -> Tensor:
    """Weighted sum of the means over the positions that have each target.

    embedded and hidden (rows, longest, width): first and last hidden states. Cross-entropy of grade
    and (RELEVANCE_WEIGHT times) of relevance, read off the hidden states and off the embeddings;
    twice the squared error of the running mean and of the running difference; the squared error of
    the final score difference in units of its deviation `scale`.
    """

    def padded(name: str, fill: float) -> Tensor:
        return pad_sequence([getattr(row, name) for row in batch], True, fill)

    grade = functional.cross_entropy(heads.grade(hidden).flatten(0, 1), padded("grade", NO_GRADE).flatten())
    on_topic, running, difference = (padded(name, math.nan) for name in ("on_topic", "running", "difference"))
    known, final = ~on_topic.isnan(), padded("final", False)
    between = ~difference.isnan() & ~final
    words, middle, end = hidden[known], hidden[between], hidden[final]
    relevance = functional.binary_cross_entropy_with_logits(
        heads.on_topic(words).squeeze(-1), on_topic[known]
    )
    topics = heads.topic(embedded)
    asked = padded("prompt", False).unsqueeze(-1)
    question = (topics * asked).sum(1, keepdim=True) / asked.sum(1, keepdim=True).clamp(min=1)
    likeness = (topics * question).sum(-1) + heads.topic_bias
    relevance = relevance + functional.binary_cross_entropy_with_logits(likeness[known], on_topic[known])
    mean = functional.mse_loss(heads.running(words).squeeze(-1), running[known])
    step = functional.mse_loss(heads.difference(middle).squeeze(-1), difference[between])
    score = functional.mse_loss(heads.final(end).squeeze(-1), difference[final] / scale)
    return grade + RELEVANCE_WEIGHT * relevance + 2 * mean + 2 * step + score


def warm_up_on_text(
    context: TaskContext,
    model: PreTrainedModel,
    encoder: TextEncoder,
    texts: list[str],
    settings: dict[str, Any],
) -> float:
    """Train every parameter to predict the next token of the presented texts, cut into blocks.

    Returns the mean loss of the last tenth of the steps, in nats per token.
    """
    stream = [token for text in texts for token in (*encoder.prefix, *encoder.encode(text).ids)]
    if len(stream) < 2:
        raise InvalidData("text: too few tokens to predict one from another")
    length = min(BLOCK, len(stream) - 1)
    blocks = torch.tensor(stream).unfold(0, length + 1, length)

    def loss(indices: Tensor) -> tuple[Tensor, int, int]:
        batch = blocks[indices]
        logits = model(input_ids=batch[:, :-1], use_cache=False).logits
        total = functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        return total, batch[:, 1:].numel(), batch[:, 1:].numel()

    return _train(context, list(model.parameters()), len(blocks), settings, loss)


def _train(
    context: TaskContext,
    parameters: list[nn.Parameter],
    rows: int,
    settings: dict[str, Any],
    loss_of: Callable[[Tensor], tuple[Tensor, int, int]],
) -> float:
    """AdamW with a cosine schedule for a fixed number of steps.

    loss_of gives (loss, tokens, padded tokens) of the rows of a step.
    """
    context.phase("warming up")
    steps, batch, peak = settings["steps"], settings["batch"], settings["learning_rate"]
    optimizer = torch.optim.AdamW(parameters, lr=peak, betas=(0.9, 0.98), weight_decay=0.0)
    order = _orders(rows, batch, context.parameters["tiny"]["seed"])
    rising = max(1, round(steps * WARM_STEPS_SHARE))
    losses = []
    for step in range(steps):
        context.check_stop()
        started = time.monotonic()
        falling = 0.5 * (1 + math.cos(math.pi * max(0, step - rising) / max(1, steps - rising)))
        rate = peak * min((step + 1) / rising, falling)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, tokens, padded = loss_of(next(order))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise NonFiniteLoss(
                f"{context.stage['name']}: warm-up step {step + 1}: loss {losses[-1]}; lower the rate"
            )
        context.emit(
            "step-end",
            step=step + 1,
            steps=steps,
            epoch=(step + 1) * batch / rows,
            loss=losses[-1],
            learning_rate=rate,
            tokens=tokens,
            padded_tokens=padded,
            seconds=time.monotonic() - started,
        )
    last = losses[-max(1, steps // 10) :]
    return sum(last) / len(last)


def _orders(rows: int, batch: int, seed: int) -> Iterator[Tensor]:
    """Batches of row numbers without end: a new order of all rows every epoch, a function of the seed."""
    epoch = 0
    left = torch.empty(0, dtype=torch.long)
    while True:
        while len(left) < batch:
            generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
            left = torch.cat([left, torch.randperm(rows, generator=generator)])
            epoch += 1
        yield left[:batch]
        left = left[batch:]


def _deviation(rows: Batch) -> float:
    final = torch.stack([row.difference[-1] for row in rows])
    return max(float(final.std(correction=0)), 1e-6)
