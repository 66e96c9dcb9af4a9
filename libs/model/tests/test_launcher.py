"""The launcher's ranks end together, and what the first of them that failed says is the task's answer."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import make_context, write_request
from test_entry import child_environment
from test_parent import alive, wait_for

from nacre_model.documents import fault

TASKS = """
import os, signal, sys, time
from nacre_model.protocol import CollectiveTimeout, InvalidData, NonFiniteLoss, stop_requested, task

@task("train")
def train(context):
    rank, place = os.environ["RANK"], context.output.parent
    if (context.stage["name"], rank) == ("not yet listening", "1"):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    (place / f"{rank}.part").write_text(str(os.getpid()))
    os.replace(place / f"{rank}.part", place / f"{rank}.pid")
    while len(list(place.glob("*.pid"))) < context.execution["ranks"]:
        time.sleep(0.01)
    match context.stage["name"], rank:
        case "one fails", "1":
            raise NonFiniteLoss("step 3: rows r1")
        case "one is killed", "1":
            os.kill(os.getpid(), signal.SIGKILL)
        case "one waited", "0":
            raise CollectiveTimeout("waited in vain")
        case "one waited", "1":
            time.sleep(0.5)
            raise InvalidData("row 7")
        case "deaf", "0":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "deaf", "1":
            raise InvalidData("row 7")
        case "done", _:
            return {"rank": float(rank)}
    while not stop_requested() or context.stage["name"] == "deaf":
        time.sleep(0.01)
    # A checkpoint that takes its time.
    time.sleep(float(os.environ.get("SAVE_SECONDS", 0)))
    (place / f"{rank}.saved").touch()
    context.check_stop()
"""

STARTER = """
import os, subprocess, sys
subprocess.run(sys.argv[1:], env={**os.environ, "NACRE_PARENT_PID": str(os.getpid())})
"""

SITE = """
import nacre_model.entry as entry, nacre_model.protocol as protocol
protocol.TASK_MODULES["train"] = "played"
entry.prepare_libraries = lambda execution: None
entry.environment = lambda execution: {}
"""


class Job:
    """One started launcher; with `starter` another process has started it, and is `process`."""

    def __init__(
        self, folder: Path, name: str, ranks: int = 2, starter: bool = False, **environment: Any
    ) -> None:
        context = make_context(folder, "train", PARAMETERS)
        context.stage["name"] = name
        self.folder, self.ranks, self.marker = folder, ranks, f"MARK-{folder.name}-{name}"
        request = write_request(context, execution={**context.execution, "ranks": ranks})
        source = child_environment()["PYTHONPATH"]
        (folder / "modules").mkdir()
        (folder / "modules" / "played.py").write_text(TASKS)
        # Every interpreter of the job finds the played task, and imports no torch for it.
        (folder / "modules" / "sitecustomize.py").write_text(SITE)
        script = (
            "import sys; from nacre_model import launcher; launcher.launch.__defaults__ = (1.0,);"
            " sys.exit(launcher.main(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", script, "train", "--request", str(request)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER, *command] if starter else command,
            env=child_environment(
                PYTHONPATH=f"{folder / 'modules'}:{source}", MARK=self.marker, **environment
            ),
            start_new_session=True,
            **({"pass_fds": [int(environment["HELD"])]} if "HELD" in environment else {}),
        )

    def begun(self) -> list[int]:
        """Process ids of the ranks once all have begun."""
        places = [self.folder / f"{rank}.pid" for rank in range(self.ranks)]
        assert wait_for(lambda: all(place.exists() for place in places))
        return [int(place.read_text()) for place in places]

    def end(self) -> tuple[int, dict[str, Any]]:
        """Exit code and result."""
        code = self.process.wait(40)
        result = json.loads((self.folder / "result.json").read_text())
        assert fault("task-result", result) is None
        return code, result

    def living(self) -> list[int]:
        """Processes of the job, by their group and by the mark in their environment."""
        found = []
        for pid in (int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()):
            try:
                marked = self.marker.encode() in Path(f"/proc/{pid}/environ").read_bytes()
                if marked or os.getpgid(pid) == self.process.pid:
                    found.append(pid)
            except OSError:
                continue
        return [pid for pid in found if alive(pid)]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Any]:
    """Maker of jobs, none of which outlives the test."""
    jobs = []

    def make(name: str, **environment: Any) -> Job:
        jobs.append(Job(tmp_path / name.replace(" ", "-"), name, **environment))
        return jobs[-1]

    yield make
    for started in jobs:
        for pid in started.living():
            os.kill(pid, signal.SIGKILL)
        started.process.wait()


PARAMETERS = {
    "labels": ["model_a", "model_b", "tie"],
    "role": "teacher",
    "fold": None,
    "epochs": 1,
    "learning_rate": 0.1,
    "warmup_steps": 0,
    "weight_decay": 0.0,
    "max_gradient_norm": 1.0,
    "global_batch": 2,
    "adapter": {"rank": 1, "alpha": 1, "dropout": 0},
    "swap_answers": "none",
    "seed": 1,
    "dtype": "float32",
    "teachers": [],
    "losses": {"cross_entropy": 1, "kl": 0, "cosine": 0, "temperature": 1},
}


def test_ranks_of_a_task_that_is_done_answer_by_the_first(job):
    code, result = job("done").end()
    assert (code, result["exit_code"], result["metrics"]) == (0, 0, {"rank": 0.0})


def test_the_first_rank_that_fails_decides_and_the_others_stop(job):
    started = job("one fails")
    code, result = started.end()
    assert (code, result["error"]) == (70, {"type": "NonFiniteLoss", "message": "step 3: rows r1"})
    assert started.living() == []
    assert (started.folder / "0.saved").exists()


def test_a_rank_that_only_waited_in_vain_does_not_decide(job):
    code, result = job("one waited").end()
    assert (code, result["error"]["type"]) == (65, "InvalidData")


def test_a_rank_that_is_killed_is_a_lost_node_named_by_rank_and_signal(job):
    started = job("one is killed")
    code, result = started.end()
    assert code == result["exit_code"] == 137
    assert result["error"] == {"type": "NodeLost", "message": "rank 1 was killed by SIGKILL"}
    assert started.living() == []


def test_a_rank_that_does_not_stop_is_killed_after_the_grace(job):
    started = job("deaf")
    assert started.end()[0] == 65
    assert started.living() == []


def test_a_checkpoint_that_takes_longer_than_the_grace_is_waited_for_by_every_rank(job):
    # The grace of a job is 1 s.
    started = job("stopped", SAVE_SECONDS="3")
    started.begun()
    started.process.terminate()
    code, result = started.end()
    assert (code, result["error"]["type"]) == (75, "TrainerStopped")
    assert all((started.folder / f"{rank}.saved").exists() for rank in range(2))


def test_a_stop_that_comes_before_a_rank_listens_is_a_stop_as_asked(job):
    started = job("not yet listening")
    started.begun()
    started.process.terminate()
    code, result = started.end()
    message = "rank 1 was asked to stop before its task had begun"
    assert (code, result["error"]) == (75, {"type": "TrainerStopped", "message": message})
    assert started.living() == []


def test_nothing_is_left_when_the_starter_is_killed(job):
    started = job("starter is killed", starter=True)
    ranks = started.begun()
    assert len(started.living()) == 2 + len(ranks)
    started.process.kill()
    assert wait_for(lambda: started.living() == [])


def test_nothing_is_left_when_the_launcher_is_killed(job):
    started = job("launcher is killed")
    ranks = started.begun()
    assert sorted(started.living()) == sorted([started.process.pid, *ranks])
    started.process.kill()
    assert wait_for(lambda: started.living() == [])


@pytest.mark.parametrize("starter", ["stands still", "is gone"])
def test_nothing_is_left_when_the_starter_is_silent_or_closes_the_lifeline(job, starter):
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)
    started = job(
        f"starter {starter}",
        NACRE_LIFELINE_FD=str(reader),
        NACRE_LIFELINE_SILENCE_SECONDS="1" if starter == "stands still" else "60",
        HELD=str(reader),
    )
    os.close(reader)
    os.write(writer, b".")
    if starter == "is gone":
        started.begun()
        os.close(writer)
    assert started.end()[0] == 75
    assert started.living() == []
    if starter == "stands still":
        os.close(writer)


def test_an_orphan_rank_keeps_the_lock_of_its_device_as_long_as_it_lives(job, tmp_path):
    with (tmp_path / "gpu-0.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        started = job("orphans", HELD=str(lock.fileno()))
        ranks = started.begun()

    def held() -> bool:
        with (tmp_path / "gpu-0.lock").open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    # The worker's own descriptor is closed; the ranks alone hold it.
    assert held()
    os.kill(ranks[0], signal.SIGSTOP)
    started.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    assert held()
    started.process.kill()
    assert wait_for(lambda: not held())
    assert started.living() == []
