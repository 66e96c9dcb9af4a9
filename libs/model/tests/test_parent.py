"""No task outlives its starter, nor works on for one that stands still."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_entry import child_environment

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


def test_a_task_whose_starter_stands_still_asks_itself_to_stop():
    script = (
        TIE + "import time; from nacre_model.protocol import stop_requested\n"
        "print('ready', flush=True)\n"
        "while not stop_requested(): time.sleep(0.01)\n"
        "print('stopped')"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=child_environment(NACRE_LIFELINE_FD=str(reader), NACRE_LIFELINE_SILENCE_SECONDS="1.5"),
        pass_fds=[reader],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reader)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for _beat in range(10):
        os.write(writer, b".")
        time.sleep(0.3)
    assert process.poll() is None
    out, log = process.communicate(timeout=20)
    os.close(writer)
    assert (process.returncode, out) == (0, "stopped\n")
    assert "has not been heard of for 1.5 s" in log
