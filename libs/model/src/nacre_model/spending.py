"""What a process has done with its time since it was started (issue 4, part 11: every second is accounted for)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal, get_args

Spending = Literal["load", "step", "evaluation", "checkpoint", "wait"]
"""The categories of spendingSchema (libs/contracts/src/trainer/task-event.ts)."""

_imported = time.monotonic()

# Of the fields of /proc/<pid>/stat after the command's name: the start in clock ticks since boot.
_start_field = 19


def process_age() -> float:
    """Seconds since this process was started, or forked off a warm parent; imports are in it.

    Only Linux tells; elsewhere the age counts from the import of this module.
    """
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        started = int(fields[_start_field]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError):
        return time.monotonic() - _imported


class SpendingClock:
    """Seconds by category since the process' start; one category runs at any time, `load` at first."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = dict.fromkeys(get_args(Spending), 0.0)
        self._running: Spending = "load"
        self._since = time.monotonic() - process_age()

    def switch(self, category: Spending) -> None:
        """Let `category` run from now on."""
        now = time.monotonic()
        self._seconds[self._running] += now - self._since
        self._running, self._since = category, now

    def seconds(self) -> dict[str, float]:
        """All categories until now, in seconds; their sum is the age of the process."""
        self.switch(self._running)
        return dict(self._seconds)
