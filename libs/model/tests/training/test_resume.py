"""Whatever interrupts a training, and however often: its files are those of a run that nothing interrupts."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from training_runs import (
    digests,
    events,
    history,
    keep_checkpoints,
    loop_of,
    result_of,
    stop_during,
    write_request,
)

from nacre_model import checkpoint_folders, protocol
from nacre_model.protocol import CheckpointRefused
from nacre_model.training import train

DROPOUT = {"rank": 4, "alpha": 8, "dropout": 0.05}


@pytest.fixture
def same_job(job, toy_rows):
    """Maker of contexts of one and the same stage: 10 steps in 2 epochs, dropout, both orders of the answers."""
    inputs = None

    def make():
        nonlocal inputs
        run = job(rows=toy_rows(40), inputs=inputs, budget=200, epochs=2, adapter=DROPOUT)
        inputs = inputs or {"tokens-toy": run.input("tokens-toy")}
        return run

    return make


def go_on(run):
    protocol._stop.asked = False
    return train(run)


@pytest.mark.parametrize("stops", [(1,), (5,), (9,), (2, 3, 7)])
def test_a_training_interrupted_at_any_step_ends_with_the_same_bytes_and_figures(same_job, stops):
    whole = same_job()
    figures = train(whole)
    resume = None
    for step in stops:
        part = same_job()
        folder = keep_checkpoints(part, resume)
        assert f"after step {step} of 10" in stop_during(loop_of(part), step)
        protocol._stop.asked = False
        resume = folder / str(step)
    last, kept = same_job(), digests(resume)
    keep_checkpoints(last, resume)
    assert go_on(last) == figures
    assert digests(resume) == kept
    assert digests(last.output) == digests(whole.output)
    assert len(digests(whole.output)) == 3
    assert [line["step"] for line in events(last, "step-end")] == list(range(stops[-1] + 1, 11))
    [loaded] = events(last, "checkpoint-loaded")
    assert loaded["step"] == stops[-1]


def test_the_second_training_of_a_student_is_resumed_to_the_bytes_of_one_that_was_not(same_job):
    first = same_job()
    train(first)

    def second():
        run = same_job()
        run.parameters.update(head={"init": "keep"}, order_seed=1334, sources=["toy"])
        run.inputs["adapter"], run.input_contents["adapter"] = first.output, "2" * 64
        return run

    whole, part, last = second(), second(), second()
    figures = train(whole)
    assert figures["first_loss"] < history(first)[0]["loss"]
    folder = keep_checkpoints(part)
    stop_during(loop_of(part), 4)
    protocol._stop.asked = False
    keep_checkpoints(last, folder / "4")
    assert train(last) == figures
    assert digests(last.output) == digests(whole.output)
    other = same_job()
    keep_checkpoints(other, folder / "4")
    with pytest.raises(CheckpointRefused, match=r"input_contents\.adapter: is absent"):
        train(other)


def test_checkpoints_by_time_change_nothing_and_any_of_them_can_be_gone_on_from(same_job):
    whole, kept = same_job(), same_job()
    train(whole)
    folder = keep_checkpoints(kept, every_seconds=1e-9)
    # Saving costs more than 2 % of so short a step.
    train(kept)
    steps = [event["step"] for event in events(kept, "checkpoint-written")]
    assert steps == sorted(int(path.name) for path in folder.iterdir())
    assert steps[0] == 1
    assert digests(kept.output) == digests(whole.output)
    last = same_job()
    keep_checkpoints(last, folder / str(steps[-1]))
    train(last)
    assert digests(last.output) == digests(whole.output)


def test_a_stop_before_the_first_step_is_done_leaves_no_checkpoint(same_job):
    run = same_job()
    folder = keep_checkpoints(run)
    protocol.request_stop()
    with pytest.raises(protocol.TrainerStopped, match="after step 0 of 10, with no checkpoint to go on from"):
        train(run)
    assert not folder.exists()


def test_a_stop_at_the_step_that_was_gone_on_from_writes_nothing(same_job):
    part, again = same_job(), same_job()
    folder = keep_checkpoints(part)
    stop_during(loop_of(part), 4)
    kept = keep_checkpoints(again, folder / "4")
    with pytest.raises(protocol.TrainerStopped, match="after step 4 of 10, with the checkpoint of step 4"):
        train(again)
    assert not kept.exists()


def in_fork(target):
    """Run in a fork, which has torch imported; returns its exit code, negative for a signal."""
    process = multiprocessing.get_context("fork").Process(target=target)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.parametrize("settled", range(1, 6))
def test_a_process_killed_while_it_saves_leaves_a_part_that_is_ignored_and_removed(
    same_job, monkeypatch, settled
):
    whole, killed, last = same_job(), same_job(), same_job()
    train(whole)
    folder = keep_checkpoints(killed)
    stop_during(loop_of(killed), 3)
    protocol._stop.asked = False
    keep_checkpoints(killed, folder / "3")

    def killed_in_the_middle():
        settle, calls = checkpoint_folders._settle, iter(range(1, 100))

        def or_die(place):
            if next(calls) == settled:
                os.kill(os.getpid(), signal.SIGKILL)
            settle(place)

        monkeypatch.setattr(checkpoint_folders, "_settle", or_die)
        stop_during(loop_of(killed), 6)

    assert in_fork(killed_in_the_middle) == -signal.SIGKILL
    assert sorted(path.name for path in folder.iterdir()) == ["3", "6.part"]
    last.checkpoints = dict(killed.checkpoints)
    assert go_on(last)["steps"] == 10
    assert [path.name for path in folder.iterdir()] == ["3"]
    assert digests(last.output) == digests(whole.output)


def test_a_part_is_no_checkpoint(same_job):
    run = same_job()
    folder = keep_checkpoints(run)
    stop_during(loop_of(run), 3)
    protocol._stop.asked = False
    (folder / "3").rename(folder / "3.part")
    keep_checkpoints(run, folder / "3")
    with pytest.raises(CheckpointRefused, match="not whole"):
        train(run)
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_a_process_ended_by_sigterm_goes_on_in_another_one_to_the_same_bytes(job):
    whole = job(epochs=40, adapter=DROPOUT)
    inputs = {"tokens-toy": whole.input("tokens-toy")}
    part, last = (job(inputs=inputs, epochs=40, adapter=DROPOUT) for _ in range(2))
    folder = keep_checkpoints(part)
    began = time.time()
    with started(part) as process:
        while not (part.events.exists() and len(events(part, "step-end")) >= 3):
            assert process.poll() is None
            time.sleep(0.02)
        process.terminate()
        assert process.wait(60) == 75
    [written] = events(part, "checkpoint-written")
    spent = events(part, "time-spent")[-1]
    # What the process did before its first line of Python is in it.
    assert sum(spent["seconds"].values()) == pytest.approx(spent["at"] - began, rel=0.01, abs=0.1)
    assert min(spent["seconds"][name] for name in ("load", "step", "checkpoint")) > 0
    assert result_of(part)["error"]["type"] == "TrainerStopped"
    assert f"after step {written['step']} of 200" in result_of(part)["error"]["message"]
    keep_checkpoints(last, folder / str(written["step"]))
    with started(last) as process:
        assert process.wait(120) == 0
    figures = train(whole)
    assert result_of(last)["metrics"] == figures
    assert digests(last.output) == digests(whole.output)


def started(run):
    source = str(Path(__file__).parents[2] / "src")
    return subprocess.Popen(
        [sys.executable, "-m", "nacre_model", "train", "--request", str(write_request(run))],
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
    )
