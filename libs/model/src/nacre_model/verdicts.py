"""What a failure means: which error of the contract, which exit code, which remedy."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nacre_model.protocol import DeviceFault, DoesNotFit, OutOfMemory, TaskError

if TYPE_CHECKING:
    from nacre_model.batches import MicroBatch
    from nacre_model.tables import TokenTable

# torch's CPU allocator, oneDNN and C++ itself raise RuntimeErrors that only their text tells apart.
_memory_texts = ("OutOfMemoryError", "can't allocate memory", "bad_alloc", "out of memory")
_disk_text = os.strerror(errno.ENOSPC)


def verdict(failure: BaseException) -> tuple[str, int, str]:
    """(error name, exit code, message) of what ended a task."""
    if isinstance(failure, TaskError):
        return failure.type, failure.exit_code, str(failure)
    text = f"{type(failure).__name__}: {failure}"
    if ran_out_of_memory(failure):
        return OutOfMemory.type, OutOfMemory.exit_code, text
    # safetensors and pyarrow tell a full disk by its text alone.
    if isinstance(failure, Exception) and (
        getattr(failure, "errno", None) == errno.ENOSPC or _disk_text in text
    ):
        place = getattr(failure, "filename", None) or "the task's folders"
        message = f"the disk of {place} is full; free space or give the worker a larger disk"
        return DoesNotFit.type, DoesNotFit.exit_code, message
    # A failed assertion on the device is a fault of the program: another device would fail as well.
    if "CUDA error" in text and "device-side assert" not in text:
        return DeviceFault.type, DeviceFault.exit_code, text
    return TaskError.type, TaskError.exit_code, text


def ran_out_of_memory(failure: BaseException) -> bool:
    """Whether the device's or the CPU's allocator had nothing left."""
    if isinstance(failure, MemoryError):
        return True
    text = f"{type(failure).__name__}: {failure}"
    return isinstance(failure, RuntimeError) and any(part in text for part in _memory_texts)


@contextmanager
def memory_for(batch: MicroBatch, tokens: TokenTable) -> Iterator[None]:
    """Computation on one micro-batch of `tokens`.

    Where memory runs out in it, raises OutOfMemory if the micro-batch held more than one row, so that
    half the budget may fit, and DoesNotFit if it was one row alone.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out_of_memory(error):
            raise
        rows, width = batch.input_ids.shape
        if rows > 1:
            raise OutOfMemory(
                f"a micro-batch of {rows} rows, {rows * width} tokens with padding, does not fit into memory;"
                " lower execution.micro_batch_tokens"
            ) from error
        raise DoesNotFit(
            f"{tokens.name(batch.rows[0])}: its {width} tokens alone do not fit into memory;"
            " lower prompt.max_tokens or use a device with more memory"
        ) from error
