"""Processes that share every step compute what one alone computes, and stop and go on together."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from training_runs import digests, events, history, keep_checkpoints, loop_of, result_of, write_request

from nacre_model.documents import fault, parse
from nacre_model.entry import main
from nacre_model.training import train

DROPOUT = {"rank": 4, "alpha": 8, "dropout": 0.05}


def start(work, ranks):
    """Forks, which have torch imported, with the environment that the launcher gives its ranks."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def one(rank):
        os.environ.update(
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE=str(ranks),
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=str(port),
        )
        sys.exit(work())

    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=one, args=(rank,), daemon=True) for rank in range(ranks)]
    for process in processes:
        process.start()
    return processes


def codes(processes):
    """Exit codes once all have ended."""
    for process in processes:
        process.join(90)
        process.kill()
    return [process.exitcode for process in processes]


def train_with(run, ranks):
    """Start the ranks of a request."""
    run.execution = {**run.execution, "ranks": ranks}
    request = write_request(run)
    return start(lambda: main(["train", "--request", str(request)]), ranks)


def results(run, ranks):
    """What each rank has answered."""
    folder, name = run.output.parent, f"{run.output.name}.json"
    found = [parse((folder / f"{name}.rank{rank}").read_text()) for rank in range(ranks)]
    assert [fault("task-result", result) for result in found] == [None] * ranks
    return found


@pytest.fixture
def same_job(job, toy_rows):
    """Maker of contexts of one and the same stage: dropout, both orders of the answers."""
    inputs = None

    def make(**parameters):
        nonlocal inputs
        run = job(rows=toy_rows(41), inputs=inputs, budget=200, adapter=DROPOUT, **parameters)
        inputs = inputs or {"tokens-toy": run.input("tokens-toy")}
        return run

    return make


def test_ranks_share_the_dev_rows_and_choose_the_weights_that_one_rank_chooses(
    same_job, folds_folder, tmp_path
):
    folds = [(f"toy:{n:04d}", "toy", n % 3, False, [n % 3]) for n in range(41)]
    one, two = (same_job(epochs=2, fold=0, selection="best_dev", learning_rate=0.03) for _ in range(2))
    for run in (one, two):
        run.inputs["folds"] = folds_folder(tmp_path / "folds", folds)
        run.input_contents["folds"] = "2" * 64
    figures = train(one)
    assert codes(train_with(two, 2)) == [0, 0]
    losses = [[line.get("dev_log_loss") for line in history(run)] for run in (one, two)]
    assert losses[1] == pytest.approx(losses[0], abs=2e-4)
    assert losses[0].index(min(losses[0])) == losses[1].index(min(losses[1]))
    # Both ranks know the same loss, each having scored some of the rows.
    assert [result["metrics"]["best_dev_log_loss"] for result in results(two, 2)] == [min(losses[1])] * 2
    assert figures["best_dev_log_loss"] == min(losses[0])


def test_two_ranks_interrupted_and_resumed_give_the_bytes_of_two_that_were_not(same_job):
    whole, part, last = (same_job(epochs=10) for _ in range(3))
    assert codes(train_with(whole, 2)) == [0, 0]
    folder = keep_checkpoints(part)
    processes = train_with(part, 2)
    while not (part.events.exists() and len(events(part, "step-end")) >= 2):
        assert all(process.is_alive() for process in processes)
        time.sleep(0.02)
    # One of them is told; the other must not wait for it in vain.
    os.kill(processes[1].pid, signal.SIGTERM)
    assert codes(processes) == [75, 75]
    [written] = events(part, "checkpoint-written")
    assert [path.name for path in folder.iterdir()] == [str(written["step"])]
    assert 2 <= written["step"] < 60
    for result in results(part, 2):
        assert result["error"]["type"] == "TrainerStopped"
        assert f"after step {written['step']} of 60, with the checkpoint" in result["error"]["message"]
    keep_checkpoints(last, folder / str(written["step"]))
    assert codes(train_with(last, 2)) == [0, 0]
    assert digests(last.output) == digests(whole.output)
    assert len(digests(whole.output)) == 3
    assert [result["metrics"] for result in results(last, 2)] == [
        result["metrics"] for result in results(whole, 2)
    ]
    # The leading rank alone writes events.
    steps = [event["step"] for event in events(last, "step-end")]
    assert steps == list(range(written["step"] + 1, 61))
    assert events(last, "time-spent")[-1]["seconds"]["wait"] > 0


def test_one_rank_and_two_have_the_same_float64_parameters_after_fifty_steps(same_job, tmp_path):
    def parameters(ranks):
        run = same_job(epochs=9, global_batch=15)
        run.execution = {**run.execution, "ranks": ranks}
        place = tmp_path / f"{ranks}.safetensors"

        def work():
            loop = loop_of(run)
            loop.model.double()
            loop.run()
            if loop.ranks.leads:
                save_file({name: p.detach() for name, p in loop.trained.items()}, place)
            loop.ranks.leave()
            return 0

        assert codes(start(work, ranks)) == [0] * ranks
        return load_file(place)

    one, two = parameters(1), parameters(2)
    # 82 rows: the last step of each epoch has 7.
    assert max((one[name] - two[name]).abs().max().item() for name in one) <= 1e-9
    assert any(not torch.equal(one[name], two[name]) for name in one)


def test_a_step_with_fewer_rows_than_ranks_is_shared_too(same_job):
    run = same_job(global_batch=27)
    # 82 rows in steps of 27 leave one row.
    assert codes(train_with(run, 2)) == [0, 0]
    assert [line["rows"] for line in parse((run.output / "history.json").read_text())["steps"]] == [
        27,
        27,
        27,
        1,
    ]


def test_ranks_agree_on_a_step_that_is_not_finite(same_job, base, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in base("llama").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    tensors["model.embed_tokens.weight"][20] = float("nan")
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    run = same_job()
    run.inputs = {**run.inputs, "base": broken}
    assert codes(train_with(run, 2)) == [70, 70]
    first, second = results(run, 2)
    assert first["error"] == second["error"]
    assert "model.embed_tokens.weight itself" in first["error"]["message"]


@pytest.mark.slow
def test_the_launchers_ranks_save_at_its_sigterm_and_forks_go_on_to_the_same_bytes(same_job):
    whole, part, last = (same_job(epochs=12) for _ in range(3))
    assert codes(train_with(whole, 2)) == [0, 0]
    folder = keep_checkpoints(part)
    with launched(part) as launcher:
        while not (part.events.exists() and len(events(part, "step-end")) >= 2):
            assert launcher.poll() is None
            time.sleep(0.02)
        launcher.terminate()
        assert launcher.wait(60) == 75
    assert result_of(part)["error"]["type"] == "TrainerStopped"
    [written] = events(part, "checkpoint-written")
    keep_checkpoints(last, folder / str(written["step"]))
    assert codes(train_with(last, 2)) == [0, 0]
    assert digests(last.output) == digests(whole.output)


def launched(run):
    """The launcher with two ranks of a request, as a worker starts it."""
    run.execution = {**run.execution, "ranks": 2}
    source = str(Path(__file__).parents[2] / "src")
    return subprocess.Popen(
        [sys.executable, "-m", "nacre_model.launcher", "train", "--request", str(write_request(run))],
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
    )
