"""A task never outlives the process that started it, nor works on for one that stands still.

Ties, each used when the starter asks for it by an environment variable; a task started by hand
from a shell has none:

- NACRE_PARENT_PID, the starter's process id: the kernel kills the task when that process dies.
- NACRE_LIFELINE_FD, the number of an inherited pipe's read end whose only write end the starter
  holds: end of file means that the starter is gone, also where another process stands between.
- NACRE_LIFELINE_SILENCE_SECONDS: the starter writes to that pipe all the time, and silence for so
  long means that it is stopped or hangs. Its work has been given to another one by then: the device
  must be free.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

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


def hold_lifeline(
    descriptor: int,
    stop: Callable[[], object] = request_stop,
    grace: float = GRACE_SECONDS,
    silence: float | None = None,
) -> None:
    """Watch a pipe in a thread: at its end, or after `silence` seconds without a byte, call `stop`; after
    `grace` further seconds end the process. Without `silence` only the end counts.
    """

    def watch() -> None:
        while True:
            ready, _, _ = select.select([descriptor], [], [], silence)
            if not ready:
                why = f"has not been heard of for {silence:g} s"
                break
            if not os.read(descriptor, 4096):
                why = "is gone"
                break
        print(f"nacre_model: the process that started this task {why}; stopping", file=sys.stderr)
        stop()
        threading.Event().wait(grace)
        os._exit(TrainerStopped.exit_code)

    os.set_inheritable(descriptor, False)
    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def hold_lifeline_of_environment(stop: Callable[[], object] = request_stop) -> None:
    """Hold the lifeline that the environment names, if it names one."""
    descriptor = os.environ.get("NACRE_LIFELINE_FD")
    if descriptor is not None:
        silence = os.environ.get("NACRE_LIFELINE_SILENCE_SECONDS")
        hold_lifeline(int(descriptor), stop, silence=None if silence is None else float(silence))


def tie_to_starter(lifeline: bool = True) -> None:
    """Take up the ties that the environment names; `lifeline` False leaves that one for later."""
    parent = os.environ.get("NACRE_PARENT_PID")
    if parent is not None and sys.platform == "linux":
        die_with(int(parent))
    if lifeline:
        hold_lifeline_of_environment()
