"""`python -m nacre_model.launcher TASK --request request.json`: the ranks of one task.

torchrun is not used: it turns every rank's exit code into 1, puts ranks into sessions of their own,
kills them 30 s after SIGTERM, and leaves them alive when it is killed itself. Here all ranks stay in
the launcher's process group, the first one that fails decides the exit code, and the kernel kills
them when the launcher dies.

One rank needs nobody to watch over it, so the launcher then runs the task in its own process. The
schema of the request allows no more today; `launch` is what several ranks will be started with.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nacre_model.documents import parse
from nacre_model.entry import main as run_task
from nacre_model.parent import tie_to_starter

GRACE_SECONDS = 30.0
"""How long the other ranks may take to stop after the first one has failed."""


def launch(command: Sequence[str], ranks: int, grace: float = GRACE_SECONDS) -> int:
    """Run `command` once per rank with RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set.

    SIGTERM is passed on to every rank. The exit code is 0 when all ranks ended with 0, else that of
    the first rank that did not (128 + signal number for a rank that was killed); then the others are
    asked to stop, and killed after `grace` seconds.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {"WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    lifeline = os.environ.get("NACRE_LIFELINE_FD")
    kept = [] if lifeline is None else [int(lifeline)]
    processes = []
    for rank in range(ranks):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "NACRE_PARENT_PID": str(os.getpid())}
        environment = {**os.environ, **shared, **own}
        processes.append(subprocess.Popen(command, env=environment, pass_fds=kept))
    signal.signal(signal.SIGTERM, lambda _number, _frame: _tell(processes, signal.SIGTERM))
    failed = 0
    deadline = math.inf
    while True:
        codes = [process.poll() for process in processes]
        if failed == 0:
            failed = next((code for code in codes if code), 0)
            if failed != 0:
                _tell(processes, signal.SIGTERM)
                deadline = time.monotonic() + grace
        if None not in codes:
            return failed if failed >= 0 else 128 - failed
        if time.monotonic() > deadline:
            _tell(processes, signal.SIGKILL)
        time.sleep(0.05)


def _tell(processes: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


def _ranks(arguments: Sequence[str]) -> int:
    """Ranks that the request asks for; 1 when it cannot be read, so that the task itself refuses it."""
    try:
        document = parse(Path(arguments[arguments.index("--request") + 1]).read_text(encoding="utf-8"))
        return int(document["execution"]["ranks"])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return 1


def main(arguments: list[str]) -> int:
    """Start the ranks of a task and return the exit code that decides."""
    ranks = _ranks(arguments)
    if ranks <= 1:
        return run_task(arguments)
    tie_to_starter()
    return launch([sys.executable, "-m", "nacre_model", *arguments], ranks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
