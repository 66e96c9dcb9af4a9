import multiprocessing
import os
import signal
import sys
import time

import pytest
from training_runs import events, history, result_of, write_request

from nacre_model.documents import fault
from nacre_model.entry import main
from nacre_model.protocol import TrainerStopped, request_stop
from nacre_model.training import train


def test_every_step_is_an_event_that_the_contract_accepts_and_a_line_of_the_history(job):
    run = job(epochs=2)
    train(run)
    lines, steps = events(run, "step-end"), history(run)
    assert [line["step"] for line in lines] == [step["step"] for step in steps] == list(range(1, 11))
    assert all(fault("task-event", line) is None for line in lines)
    assert lines[-1]["epoch"] == 2.0
    assert all(line["loss"] == step["loss"] for line, step in zip(lines, steps, strict=True))
    assert all(line["tokens"] <= line["padded_tokens"] for line in lines)
    assert set(steps[0]) == {"step", "loss", "learning_rate", "rows"}
    assert [line["phase"] for line in events(run, "phase-start")] == ["loading", "training", "writing"]


def test_a_stop_that_was_asked_for_is_obeyed_before_the_next_step(job):
    run = job()
    request_stop()
    with pytest.raises(TrainerStopped, match="step boundary"):
        train(run)
    assert events(run, "step-end") == []
    assert not list(run.output.iterdir())


def test_sigterm_ends_the_process_at_a_step_boundary_with_75(job):
    run = job(epochs=5000)
    request = write_request(run)
    # A fork of this process has torch imported already; the warm parent of CPU workers does the same.
    process = multiprocessing.get_context("fork").Process(
        target=lambda: sys.exit(main(["train", "--request", str(request)]))
    )
    process.start()
    try:
        deadline = time.monotonic() + 60
        while not (run.events.exists() and len(events(run, "step-end")) >= 2):
            assert process.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGTERM)
        process.join(20)
        assert process.exitcode == 75
    finally:
        process.kill()
    result = result_of(run)
    assert (result["exit_code"], result["error"]["type"]) == (75, "TrainerStopped")
    assert not list(run.output.iterdir())
