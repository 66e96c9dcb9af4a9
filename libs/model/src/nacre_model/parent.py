"""A task never outlives the process that started it.

Two ties, each used when the starter asks for it by an environment variable; a task started by hand
from a shell has neither:

- NACRE_PARENT_PID, the starter's process id: the kernel kills the task when that process dies.
- NACRE_LIFELINE_FD, the number of an inherited pipe's read end whose only write end the starter
  holds: end of file means that the starter is gone, also where another process stands between.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

from nacre_model.protocol import TrainerStopped, request_stop

_PR_SET_PDEATHSIG = 1

GRACE_SECONDS = 20.0
"""How long a task whose lifeline broke may take to reach a step boundary."""


def die_with(parent: int) -> None:
    """Have the kernel kill this process by SIGKILL once `parent`, its parent process, has died.

    Ends this process at once when the parent is dead already.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # A parent that died before the call sends no signal any more.
    if os.getppid() != parent:
        os._exit(TrainerStopped.exit_code)


def hold_lifeline(descriptor: int, grace: float = GRACE_SECONDS) -> None:
    """Watch a pipe in a thread: at its end ask the task to stop, after `grace` seconds end the process."""

    def watch() -> None:
        while os.read(descriptor, 4096):
            pass
        print("nacre_model: the process that started this task is gone; stopping", file=sys.stderr)
        request_stop()
        threading.Event().wait(grace)
        os._exit(TrainerStopped.exit_code)

    os.set_inheritable(descriptor, False)
    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def tie_to_starter() -> None:
    """Take up the ties that the environment names."""
    parent = os.environ.get("NACRE_PARENT_PID")
    if parent is not None and sys.platform == "linux":
        die_with(int(parent))
    descriptor = os.environ.get("NACRE_LIFELINE_FD")
    if descriptor is not None:
        hold_lifeline(int(descriptor))
