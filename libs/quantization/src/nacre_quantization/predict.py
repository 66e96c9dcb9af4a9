"""The task `predict`: logits of a quantized classifier."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import PreTrainedModel

from nacre_model.adapters import backbone_linears
from nacre_model.batches import MicroBatch
from nacre_model.logits import score_rows
from nacre_model.models import classify
from nacre_model.protocol import ContractViolation, InvalidData, TaskContext, task
from nacre_model.tables import read_folds, read_tokens, select_rows
from nacre_quantization.int8_linear import int8_linears
from nacre_quantization.loading import load_quantized


@task("predict")
def predict(context: TaskContext) -> dict[str, float]:
    """Writes the logits of the chosen rows, all of them computed by Int8Linear, and asserts that they were.

    Computes in the dtype of the folder's config.json. Raises ContractViolation when the model keeps
    or runs a linear in 16 bit, NonFiniteLoss for logits that are not finite.
    """
    parameters = context.parameters
    context.phase("loading")
    tokens = read_tokens(context.inputs_of("tokens"), len(context.labels))
    folds = read_folds(context.input("folds")) if parameters["rows"] == "blind" else None
    rows = select_rows(tokens, folds, parameters["rows"], None)
    if parameters["orders"] == "as_given":
        rows = rows[~tokens.swapped[rows]]
        if len(rows) == 0:
            raise InvalidData("tokens: no row is as given, all are swapped; tokenize the source again")
    model = load_quantized(context.input("model"), context.execution["device"])
    if model.config.num_labels != len(context.labels):
        raise ContractViolation(
            f"model: its head has {model.config.num_labels} outputs for {len(context.labels)} labels;"
            " quantize again with the labels of this recipe"
        )
    witness = Int8Witness(model)

    def score(batch: MicroBatch) -> Tensor:
        witness.batches += 1
        return classify(model, batch.input_ids, batch.lengths)

    context.phase("scoring")
    metrics = score_rows(context, tokens, rows, score, model.config.pad_token_id)
    witness.assert_int8()
    return {**metrics, "int8_linears": float(len(witness.runs))}


class Int8Witness:
    """Counts the calls of every Int8Linear of a model beside the micro-batches that it is given."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.batches = 0
        self.runs = dict.fromkeys(int8_linears(model), 0)
        for name, linear in int8_linears(model).items():
            linear.register_forward_hook(self._counter(name))

    def assert_int8(self) -> None:
        """Raises ContractViolation unless the backbone's linears are Int8Linear, all of them, each
        still holds int8 codes, and each ran once per micro-batch."""
        wide = list(backbone_linears(self.model))
        now = int8_linears(self.model)
        changed = [
            name
            for name in self.runs
            if name not in now or now[name].codes.dtype != torch.int8 or self.runs[name] != self.batches
        ]
        if wide or changed or not self.runs:
            place = (wide + changed or ["the backbone"])[0]
            raise ContractViolation(
                f"model: {place} did not run as Int8Linear in each of {self.batches} micro-batches;"
                " give a folder that the task quantize wrote"
            )

    def _counter(self, name: str) -> Callable[..., None]:
        def count(*_: object) -> None:
            self.runs[name] += 1

        return count
