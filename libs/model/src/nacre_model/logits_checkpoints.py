"""The shards of an export as its checkpoints: a killed export loses the shard it was at, and no other."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from nacre_model.checkpoint_folders import read_folder, remove_partial, write_folder
from nacre_model.logits_tables import logits_file
from nacre_model.protocol import TaskContext


class ShardKeeper:
    """Keeps the finished shards of an export of so many shards; does nothing where the request says so.

    A checkpoint's step is the number of finished shards, and its files are those shards. One is written
    after each shard but the last: a shard takes long where anything is worth keeping, and is small.
    """

    def __init__(self, context: TaskContext, shards: int) -> None:
        self._context = context
        self.shards = shards
        """Shards of the whole export."""

    def resume(self) -> int:
        """Put the shards of the checkpoint that the request names into the output; returns how many.

        Raises CheckpointRefused as read_folder does.
        """
        settings = self._context.checkpoints
        if settings is None:
            return 0
        remove_partial(Path(settings["folder"]))
        if settings["resume"] is None:
            return 0
        started, folder = time.monotonic(), Path(settings["resume"])
        done = read_folder(folder, self._context, self.shards, _names)
        for name in _names(done):
            shutil.copyfile(folder / name, self._context.output / name)
        self._context.emit("checkpoint-loaded", step=done, seconds=time.monotonic() - started)
        return done

    def save(self, done: int) -> None:
        """Keep the first `done` shards of the output, unless they are all."""
        settings = self._context.checkpoints
        if settings is None or done >= self.shards:
            return
        self._context.spend("checkpoint")
        started = time.monotonic()

        def fill(part: Path) -> list[str]:
            for name in _names(done):
                # Shards are never written to again, so that a second name will do.
                os.link(self._context.output / name, part / name)
            return _names(done)

        place, size = write_folder(Path(settings["folder"]), self._context, done, self.shards, fill)
        seconds = time.monotonic() - started
        self._context.emit("checkpoint-written", step=done, folder=str(place), bytes=size, seconds=seconds)


def _names(shards: int) -> list[str]:
    return [logits_file(shard) for shard in range(shards)]
