"""Every second of a task's process is in one category, also of one that was stopped."""

from __future__ import annotations

import itertools
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import events_of, make_context, write_request

from nacre_model import protocol
from nacre_model.documents import fault
from nacre_model.entry import main
from nacre_model.protocol import TaskContext, request_stop
from nacre_model.spending import SpendingClock, process_age

MERGE = {"method": "product_mean"}


def in_fork(context: TaskContext) -> float:
    """Run a request as a child of the warm parent does; returns when it was started, seconds since the epoch."""
    request = str(write_request(context))
    began = time.time()
    process = multiprocessing.get_context("fork").Process(
        target=lambda: main(["merge", "--request", request])
    )
    process.start()
    process.join(30)
    return began


@pytest.mark.parametrize("stopped", [False, True])
def test_categories_sum_up_to_the_age_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: bool
):
    def work(context: TaskContext) -> dict[str, float]:
        time.sleep(0.3)
        for category in ("step", "wait", "step", "evaluation", "checkpoint", "step"):
            context.spend(category)
            time.sleep(0.3)
        if stopped:
            request_stop()
        context.check_stop()
        return {}

    monkeypatch.setattr(protocol, "_tasks", {"merge": work})
    context = make_context(tmp_path / "job", "merge", MERGE)
    began = in_fork(context)
    told = [event for event in events_of(context) if event["type"] == "time-spent"]
    assert [fault("task-event", event) for event in told] == [None] * len(told)
    seconds = told[-1]["seconds"]
    # Both ends are seen from outside, where a busy machine lets this process wait.
    assert sum(seconds.values()) == pytest.approx(told[-1]["at"] - began, rel=0.01, abs=0.1)
    assert seconds["step"] >= 0.9
    assert all(seconds[name] >= 0.3 for name in ("load", "wait", "evaluation", "checkpoint"))
    # At the first call, once a second, and at the end.
    assert 2 < len(told) <= 2 + sum(seconds.values())
    gaps = [later["at"] - earlier["at"] for earlier, later in itertools.pairwise(told[:-1])]
    assert all(gap > 0.99 for gap in gaps)


def test_the_age_of_a_process_counts_from_before_its_imports():
    code = "import time; time.sleep(0.5); from nacre_model.spending import process_age; print(process_age())"
    source = str(Path(__file__).parents[1] / "src")
    began = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=True
    )
    assert 0.5 <= float(said.stdout) <= time.monotonic() - began + 0.02


def test_a_clock_loses_nothing_between_categories():
    before = process_age()
    clock = SpendingClock()
    for category in ("step", "wait", "load") * 50:
        clock.switch(category)
    assert before - 0.02 <= sum(clock.seconds().values()) <= process_age() + 0.02
