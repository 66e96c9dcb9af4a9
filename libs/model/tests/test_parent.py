"""No task outlives its starter, and the launcher's ranks end together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_entry import child_environment

from nacre_model.launcher import launch

TIE = "from nacre_model.parent import tie_to_starter; tie_to_starter();"
READY_AND_SLEEP = "import time; print('ready', flush=True); time.sleep(60)"


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tie is Linux's")
def test_the_kernel_kills_a_task_whose_starter_is_killed():
    starter = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {TIE + READY_AND_SLEEP!r}],"
        " env={**os.environ, 'NACRE_PARENT_PID': str(os.getpid())}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], env=child_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        task = int(process.stdout.readline())
        assert alive(task)
        process.kill()
    assert wait_for(lambda: not alive(task))


def test_a_task_whose_starter_died_before_it_began_ends_at_once():
    script = TIE + "print('went on')"
    # This process is the parent; the number is another's, as after an adoption.
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=child_environment(NACRE_PARENT_PID="1"),
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (75, "")


def test_a_task_asks_itself_to_stop_when_its_lifeline_breaks():
    script = (
        TIE + "import time; from nacre_model.protocol import stop_requested\n"
        "print('ready', flush=True)\n"
        "while not stop_requested(): time.sleep(0.01)\n"
        "print('stopped')"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=child_environment(NACRE_LIFELINE_FD=str(reader)),
        pass_fds=[reader],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reader)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert process.poll() is None
    os.close(writer)
    out, log = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "stopped\n")
    assert "is gone" in log


def test_a_task_that_does_not_listen_is_ended_after_the_grace():
    script = (
        "import os, time; from nacre_model.parent import hold_lifeline\n"
        "hold_lifeline(int(os.environ['NACRE_LIFELINE_FD']), grace=0.1)\n"
        "time.sleep(60)"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=child_environment(NACRE_LIFELINE_FD=str(reader)),
        pass_fds=[reader],
    )
    os.close(reader)
    os.close(writer)
    assert process.wait(20) == 75


def rank_script(folder: Path, body: str) -> list[str]:
    """A rank that tells its environment in `folder`, then does `body`."""
    script = (
        "import json, os, signal, sys, time\n"
        "rank = int(os.environ['RANK'])\n"
        "names = ['RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'NACRE_PARENT_PID']\n"
        "facts = {name: os.environ[name] for name in names} | {'group': os.getpgrp(), 'pid': os.getpid()}\n"
        f"place = f'{folder}/{{rank}}'\n"
        "open(place + '.part', 'w').write(json.dumps(facts))\n"
        f"os.replace(place + '.part', place)\n{body}"
    )
    return [sys.executable, "-c", script]


def told(folder: Path, ranks: int) -> list[dict[str, str | int]]:
    return [json.loads((folder / str(rank)).read_text()) for rank in range(ranks)]


def test_ranks_know_each_other_and_share_one_process_group(tmp_path: Path):
    assert launch(rank_script(tmp_path, ""), ranks=2) == 0
    first, second = told(tmp_path, 2)
    assert (first["RANK"], second["RANK"]) == ("0", "1")
    assert first["WORLD_SIZE"] == "2"
    assert first["MASTER_PORT"] == second["MASTER_PORT"]
    assert first["group"] == second["group"] == os.getpgrp()
    assert first["NACRE_PARENT_PID"] == str(os.getpid())


def test_the_first_rank_that_fails_decides_and_the_others_stop(tmp_path: Path):
    # The others must have begun, or there is nothing to see of how they end.
    body = (
        f"others = [f'{tmp_path}/{{other}}' for other in (0, 2)]\n"
        "while rank == 1 and not all(map(os.path.exists, others)): time.sleep(0.01)\n"
        "sys.exit(70) if rank == 1 else time.sleep(60)"
    )
    started = time.monotonic()
    assert launch(rank_script(tmp_path, body), ranks=3) == 70
    assert time.monotonic() - started < 30
    assert not any(alive(int(facts["pid"])) for facts in told(tmp_path, 3) if "pid" in facts)


def test_a_rank_that_does_not_stop_is_killed_after_the_grace(tmp_path: Path):
    body = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"other = '{tmp_path}/0'\n"
        "while rank == 1 and not os.path.exists(other): time.sleep(0.01)\n"
        "sys.exit(65) if rank == 1 else time.sleep(60)"
    )
    assert launch(rank_script(tmp_path, body), ranks=2, grace=0.2) == 65


def test_a_rank_that_is_killed_counts_as_failed(tmp_path: Path):
    assert (
        launch(rank_script(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"), ranks=1) == 128 + signal.SIGKILL
    )


def test_sigterm_reaches_every_rank(tmp_path: Path):
    body = (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\nopen(f'{rank}-ready', 'w')\ntime.sleep(60)"
    )
    command = rank_script(tmp_path, body)
    script = f"import sys; from nacre_model.launcher import launch; sys.exit(launch({command!r}, 2))"
    process = subprocess.Popen([sys.executable, "-c", script], env=child_environment(), cwd=tmp_path)
    assert wait_for(lambda: all((tmp_path / f"{rank}-ready").exists() for rank in range(2)))
    process.terminate()
    assert process.wait(20) == 75
