"""Where memory ends: a smaller micro-batch gives the same training, a row alone that does not fit is named."""

import multiprocessing
import resource
import sys
from pathlib import Path

import pytest
import torch
from training_runs import loop_of, result_of, write_request

from nacre_model.documents import fault
from nacre_model.entry import main

MARGIN = 192 << 20
"""Bytes that a task may take beyond what its imports have."""


def parameters_after(run, double):
    loop = loop_of(run)
    if double:
        loop.model.double()
    assert loop.run().step == 50
    return torch.cat([parameter.detach().flatten() for parameter in loop.trained.values()])


@pytest.mark.parametrize(("double", "tolerance"), [(True, 1e-9), (False, 1e-4)], ids=["float64", "float32"])
def test_half_the_token_budget_gives_the_same_parameters_after_fifty_steps(
    job, toy_rows, double, tolerance, record_property
):
    inputs = {"rows": toy_rows(40), "epochs": 10, "adapter": {"rank": 4, "alpha": 8, "dropout": 0.05}}
    whole = parameters_after(job(budget=400, **inputs), double)
    halved = parameters_after(job(budget=200, **inputs), double)
    drift = (whole - halved).abs().max().item()
    record_property("drift", drift)
    assert drift <= tolerance
    # Other cuts sum in another order: equal bytes would mean that the budget is not obeyed.
    assert drift > 0


def outcome_within(run):
    """Exit code and result of a run in a process that may take MARGIN bytes more than it has."""
    request = write_request(run)

    def task():
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MARGIN, size + MARGIN))
        sys.exit(main(["train", "--request", str(request)]))

    process = multiprocessing.get_context("fork").Process(target=task)
    process.start()
    process.join(120)
    result = result_of(run)
    assert fault("task-result", result) is None
    assert result["exit_code"] == process.exitcode
    return process.exitcode, result["error"]


def rows_of(count, tokens):
    return [(f"toy:{number:04d}", False, [1, *[9] * (tokens - 1)], number % 3) for number in range(count)]


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is obeyed by Linux only")
def test_a_real_lack_of_memory_is_told_apart_by_the_rows_of_the_micro_batch(job):
    # Eager attention: a row of n tokens needs several matrices of 4 n² floats.
    many, one = rows_of(24, 400), rows_of(1, 5000)
    code, error = outcome_within(job("gemma2", rows=many, budget=24 * 400, global_batch=24))
    assert (code, error["type"]) == (76, "OutOfMemory")
    assert "micro-batch of 24 rows, 9600 tokens with padding" in error["message"]
    assert outcome_within(job("gemma2", rows=many, budget=400, global_batch=24)) == (0, None)
    code, error = outcome_within(job("gemma2", rows=one, budget=24 * 400))
    assert (code, error["type"]) == (79, "DoesNotFit")
    assert error["message"].startswith("toy:0000 (as given): its 5000 tokens alone do not fit into memory")


def test_a_task_whose_result_cannot_be_written_has_failed(job, tmp_path):
    request = write_request(job(), result=str(tmp_path / "nowhere" / "result.json"))
    assert main(["train", "--request", str(request)]) == 1
