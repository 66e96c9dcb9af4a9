"""When a training saves its state, and where it goes on from."""

from __future__ import annotations

import time
from pathlib import Path

from nacre_model.checkpoint_folders import remove_partial
from nacre_model.checkpoints import Progress, TrainedState, read_checkpoint, write_checkpoint
from nacre_model.protocol import TaskContext
from nacre_model.ranks import Ranks

LARGEST_SHARE = 0.02
"""Share of the time that saving may cost: the interval grows until the last one's cost is below it."""


class CheckpointKeeper:
    """The checkpoints of one training; does nothing where the request asks for none.

    Every rank reads, since each has the whole state; only the leading one writes.
    """

    def __init__(self, context: TaskContext, state: TrainedState, ranks: Ranks) -> None:
        self._context, self._state, self._ranks = context, state, ranks
        self.saved_step = 0
        """Step of the newest checkpoint, 0 while there is none."""
        self._saved_at = time.monotonic()
        self._cost = 0.0

    def resume(self) -> Progress:
        """The progress of the checkpoint that the request names, put into the state; none: the beginning.

        Raises CheckpointRefused as read_checkpoint does.
        """
        settings = self._context.checkpoints
        if settings is None:
            return Progress()
        if self._ranks.leads:
            remove_partial(Path(settings["folder"]))
        if settings["resume"] is None:
            return Progress()
        started = time.monotonic()
        progress = read_checkpoint(Path(settings["resume"]), self._context, self._state)
        self.saved_step = progress.step
        self._saved_at = time.monotonic()
        self._context.emit("checkpoint-loaded", step=progress.step, seconds=self._saved_at - started)
        return progress

    def due(self) -> bool:
        """Whether the least interval is over, and saving costs little beside the time since the last one.

        What saving costs is known after the first time only.
        """
        settings = self._context.checkpoints
        passed = time.monotonic() - self._saved_at
        return (
            settings is not None
            and passed >= settings["every_seconds"]
            and self._cost <= LARGEST_SHARE * passed
        )

    def save(self, progress: Progress) -> None:
        """Write a checkpoint and announce it, unless this step is saved already.

        Every rank calls it where one does at a stop; at other times the leading one alone.
        """
        settings = self._context.checkpoints
        if settings is None or progress.step == self.saved_step:
            return
        self.saved_step = progress.step
        if not self._ranks.leads:
            return
        self._context.spend("checkpoint")
        started = time.monotonic()
        place, size = write_checkpoint(Path(settings["folder"]), self._context, self._state, progress)
        self._saved_at = time.monotonic()
        self._cost = self._saved_at - started
        self._context.emit(
            "checkpoint-written", step=progress.step, folder=str(place), bytes=size, seconds=self._cost
        )
