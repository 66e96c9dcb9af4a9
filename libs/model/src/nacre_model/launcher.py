"""`python -m nacre_model.launcher TASK --request request.json`: the ranks of one task.

torchrun is not used: it turns every rank's exit code into 1, puts ranks into sessions of their own,
kills them 30 s after SIGTERM, and leaves them alive when it is killed itself. Here all ranks stay in
the launcher's process group, the first one that fails decides what is answered, and the kernel kills
them when the launcher dies.

One rank needs nobody to watch over it, so the launcher then runs the task in its own process. As a
child of the warm parent, which has all imports done, it forks its ranks; else each is a new
interpreter.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nacre_model.documents import parse, result_of, result_place, write_result
from nacre_model.entry import main as run_task
from nacre_model.environment import environment
from nacre_model.parent import die_with, hold_lifeline_of_environment, tie_to_starter
from nacre_model.protocol import CollectiveTimeout, TrainerStopped

GRACE_SECONDS = 30.0
"""How long the other ranks may take to stop after the first one has failed."""

LATER_SECONDS = 2.0
"""How long a rank that waited in vain for the others leaves them to say what ended them."""

Start = Callable[[dict[str, str]], int]
"""Starts one rank with these additional environment variables; returns its process id."""


class Rank:
    """One started rank and how it ended."""

    def __init__(self, number: int, pid: int) -> None:
        self.number = number
        self.pid = pid
        self.code: int | None = None
        """Exit code, minus the signal's number for a rank that was killed; None while it lives."""

    def poll(self) -> int | None:
        """How it has ended, if it has."""
        if self.code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def tell(self, number: signal.Signals) -> None:
        """Send a signal while it lives."""
        if self.code is None:
            os.kill(self.pid, number)


def launch(start: Start, count: int, grace: float = GRACE_SECONDS) -> Rank:
    """Start `count` ranks with RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set; returns the
    rank that decides how the task ended, once all have.

    SIGTERM is passed on to every rank, which then take the time that their checkpoint takes. The first
    rank that fails decides, and the others are asked to stop and killed after `grace` seconds; one
    that failed because it waited in vain for the others only decides when nothing else has failed.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {
        "WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        # All ranks are on this machine; gloo would look for the machine's name in the network.
        "GLOO_SOCKET_IFNAME": "lo",
        "NACRE_PARENT_PID": str(os.getpid()),
    }
    ranks = [
        Rank(number, start({**shared, "RANK": str(number), "LOCAL_RANK": str(number)}))
        for number in range(count)
    ]

    def stop_all(*_signal: Any) -> None:
        for rank in ranks:
            rank.tell(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop_all)
    # Only now: a thread would not live on in a forked rank, and ranks have their own tie to this process.
    hold_lifeline_of_environment(stop_all)
    first: Rank | None = None
    seen = told = math.inf
    while True:
        living = [rank for rank in ranks if rank.poll() is None]
        failed = [rank for rank in ranks if rank.code not in (None, 0, TrainerStopped.exit_code)]
        now = time.monotonic()
        if failed and told == math.inf:
            seen = min(seen, now)
            first = next((rank for rank in failed if not _waited(rank)), failed[0])
            if not _waited(first) or now - seen > LATER_SECONDS:
                stop_all()
                told = now
        if not living:
            return first or next((rank for rank in ranks if rank.code != 0), ranks[0])
        if now - told > grace:
            for rank in living:
                rank.tell(signal.SIGKILL)
        time.sleep(0.05)


def _waited(rank: Rank) -> bool:
    return rank.code == CollectiveTimeout.exit_code


def start_interpreter(arguments: Sequence[str], own: dict[str, str]) -> int:
    """A rank as a new interpreter. It inherits what the starter had this process inherit: a rank that
    outlives everybody keeps the locks of its GPUs.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "NACRE_LIFELINE_FD"}
    command = [sys.executable, "-m", "nacre_model", *arguments]
    return os.posix_spawn(sys.executable, command, {**inherited, **own})


def start_fork(arguments: Sequence[str], own: dict[str, str]) -> int:
    """A rank as a fork of this process, which has all imports done and has computed nothing."""
    launcher = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid != 0:
        return pid
    code = 1
    try:
        die_with(launcher)
        os.environ.update(own)
        code = run_task(list(arguments))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def keep_lifeline_to_itself() -> None:
    """Ranks read no lifeline: each byte of it has one reader."""
    descriptor = os.environ.get("NACRE_LIFELINE_FD")
    if descriptor is not None:
        os.set_inheritable(int(descriptor), False)


def _request(arguments: Sequence[str]) -> Path | None:
    try:
        return Path(arguments[arguments.index("--request") + 1])
    except (ValueError, IndexError):
        return None


def _count(request: Path | None) -> int:
    """Ranks that a request asks for; 1 when it cannot be read, so that the task itself refuses it."""
    try:
        return int(parse(request.read_text(encoding="utf-8"))["execution"]["ranks"]) if request else 1
    except (OSError, ValueError, KeyError, TypeError):
        return 1


def answer(request: Path, deciding: Rank) -> int:
    """Make the deciding rank's result the task's; returns the exit code that says the same.

    A rank that was killed has left none: it is answered for as a lost node, or as stopped as asked where
    SIGTERM came before it listened.
    """
    place = result_place(request)
    code = deciding.code or 0
    if code >= 0:
        if place is not None and result_of(place, deciding.number).exists():
            os.replace(result_of(place, deciding.number), place)
        return code
    if -code == signal.SIGTERM:
        kind, exit_code = TrainerStopped.type, TrainerStopped.exit_code
        message = f"rank {deciding.number} was asked to stop before its task had begun"
    else:
        kind, exit_code = "NodeLost", 128 - code
        message = f"rank {deciding.number} was killed by {signal.Signals(-code).name}"
    print(f"nacre_model: {message}; the other ranks were ended", file=sys.stderr)
    if place is not None:
        result = {"exit_code": exit_code, "metrics": {}, "error": {"type": kind, "message": message}}
        write_result(place, {"nacre_result": 1, "environment": environment(None), **result})
    return exit_code


def main(arguments: list[str]) -> int:
    """Start the ranks of a task and return the exit code that decides."""
    request = _request(arguments)
    count = _count(request)
    if request is None or count <= 1:
        return run_task(arguments)
    keep_lifeline_to_itself()
    tie_to_starter(lifeline=False)
    start = start_fork if "torch" in sys.modules else start_interpreter
    return answer(request, launch(lambda own: start(arguments, own), count))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
