"""The task merge: one adapter from the adapters of the folds.

The mean of the updates is mean(B_i A_i). Stacking every A and laying every B / K side by side gives
exactly that product at rank K * r, where the mean of A times the mean of B (the winner's way) leaves
out the covariance of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from nacre_model.adapters import AdapterWeights, read_adapter, write_adapter
from nacre_model.protocol import ContractViolation, TaskContext, task


@task("merge")
def merge(context: TaskContext) -> dict[str, float]:
    """Average the adapters and heads of the folds in float32."""
    context.phase("merging")
    adapters = {name: read_adapter(folder) for name, folder in context.inputs_of("adapter").items()}
    methods = {"product_mean": product_mean, "factor_mean": factor_mean}
    context.spend("step")
    merged = methods[context.parameters["method"]](adapters)
    context.spend("load")
    context.check_stop()
    write_adapter(context.output, merged)
    return {"adapters": float(len(adapters)), "rank": float(merged.rank)}


def product_mean(adapters: Mapping[str, AdapterWeights]) -> AdapterWeights:
    """The exact mean of the products B_i A_i as one adapter of rank K * r.

    alpha grows by K as well, so alpha / rank is what it was.
    """
    first = _require_alike(adapters)
    parts = list(adapters.values())
    factors = {
        name: (
            torch.cat([part.factors[name][0] for part in parts], dim=0),
            torch.cat([part.factors[name][1] for part in parts], dim=1) / len(parts),
        )
        for name in first.factors
    }
    return AdapterWeights(first.rank * len(parts), first.alpha * len(parts), factors, _mean_head(parts))


def factor_mean(adapters: Mapping[str, AdapterWeights]) -> AdapterWeights:
    """The means of A and of B apart, rank r: not the mean of the products."""
    first = _require_alike(adapters)
    parts = list(adapters.values())
    factors = {
        name: (
            torch.stack([part.factors[name][0] for part in parts]).mean(0),
            torch.stack([part.factors[name][1] for part in parts]).mean(0),
        )
        for name in first.factors
    }
    return AdapterWeights(first.rank, first.alpha, factors, _mean_head(parts))


def _mean_head(parts: list[AdapterWeights]) -> torch.Tensor:
    return torch.stack([part.head for part in parts]).mean(0)


def _require_alike(adapters: Mapping[str, AdapterWeights]) -> AdapterWeights:
    """The first adapter, once every other is known to be of the same base, rank and scale."""
    if not adapters:
        raise ContractViolation("merge: no input is called adapter-<fold>")
    names = list(adapters)
    first = adapters[names[0]]
    for name in names[1:]:
        other = adapters[name]
        pair = f"adapters {names[0]} and {name}"
        if (other.rank, other.alpha) != (first.rank, first.alpha):
            raise ContractViolation(
                f"{pair}: rank {first.rank} and {other.rank}, alpha {first.alpha:g} and {other.alpha:g};"
                " folds must be trained with the same adapter settings"
            )
        odd = sorted(other.factors.keys() ^ first.factors.keys())
        if odd:
            raise ContractViolation(f"{pair}: only one has {odd[0]} ({len(odd)} such linears); other bases?")
        for linear, (A, B) in first.factors.items():
            if other.factors[linear][0].shape != A.shape or other.factors[linear][1].shape != B.shape:
                raise ContractViolation(f"{pair}: {linear} has different shapes; other bases?")
        if other.head.shape != first.head.shape:
            raise ContractViolation(
                f"{pair}: heads of {tuple(first.head.shape)} and {tuple(other.head.shape)};"
                " other labels or bases?"
            )
    return first
