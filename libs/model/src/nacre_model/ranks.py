"""The processes that share every step of a training: who computes which rows, and their sums.

One rank starts nothing. More are started by the launcher, which names them by RANK, WORLD_SIZE,
MASTER_ADDR and MASTER_PORT; they meet through gloo on the CPU and NCCL on GPUs.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as distributed
from torch import Tensor

from nacre_model.protocol import CollectiveTimeout

TIMEOUT_SECONDS = 600.0
"""How long a rank waits for the others (NACRE_COLLECTIVE_TIMEOUT_SECONDS replaces it): longer than any
step, load or save of the leading rank."""


class Ranks:
    """This process among those that share a training.

    rank: 0 … count - 1. Every method is called by all ranks in the same order. Where a rank waits in
    vain, because another one died or hangs, CollectiveTimeout is raised.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank = rank
        self.count = count

    @classmethod
    def join(cls, execution: Mapping[str, Any]) -> Ranks:
        """Meet the other ranks of a request with this `execution`; one rank meets nobody.

        Raises CollectiveTimeout when they do not come.
        """
        count = int(execution["ranks"])
        if count == 1:
            return cls(0, 1)
        ranks = cls(int(os.environ["RANK"]), count)
        timeout = float(os.environ.get("NACRE_COLLECTIVE_TIMEOUT_SECONDS", TIMEOUT_SECONDS))
        backend = "nccl" if execution["device"] == "cuda" else "gloo"
        if backend == "nccl":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
            # Else NCCL's watchdog ends the process by SIGABRT at a timeout, and nobody says what it was.
            os.environ.setdefault("TORCH_NCCL_BLOCKING_WAIT", "1")
        ranks._together(
            lambda: distributed.init_process_group(
                backend, rank=ranks.rank, world_size=count, timeout=timedelta(seconds=timeout)
            )
        )
        return ranks

    @property
    def leads(self) -> bool:
        """Whether this rank writes files and events."""
        return self.rank == 0

    def share(self, lengths: np.ndarray) -> np.ndarray:
        """Positions of a step's rows that this rank computes, ascending, int64.

        lengths: tokens of each row, int64 [n]. Longest first to the rank with the fewest tokens: a
        function of the lengths and the number of ranks alone, so that all ranks agree without a word.
        """
        if self.count == 1:
            return np.arange(len(lengths))
        loads = [(0, rank) for rank in range(self.count)]
        mine = []
        for row in np.argsort(-np.asarray(lengths), kind="stable"):
            load, rank = heapq.heappop(loads)
            heapq.heappush(loads, (load + int(lengths[row]), rank))
            if rank == self.rank:
                mine.append(int(row))
        return np.array(sorted(mine), dtype=np.int64)

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over the ranks, the same bits on all of them.

        One collective per dtype: the order of additions then depends on nothing but the shapes.
        """
        if self.count == 1:
            return
        for dtype in sorted({tensor.dtype for tensor in tensors}, key=str):
            parts = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([part.detach().reshape(-1) for part in parts])
            self._together(lambda summed=flat: distributed.all_reduce(summed))
            for part, piece in zip(parts, flat.split([part.numel() for part in parts]), strict=True):
                part.detach().copy_(piece.view_as(part))

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on some rank."""
        if self.count == 1:
            return flag
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        votes = torch.tensor([int(flag)], device=device)
        self._together(lambda: distributed.all_reduce(votes))
        return bool(votes.item())

    def barrier(self) -> None:
        """Wait until all ranks are here."""
        if self.count > 1:
            self._together(distributed.barrier)

    def leave(self) -> None:
        """Part from the others; nothing is shared afterwards."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()

    def _together(self, meet: Callable[[], Any]) -> None:
        try:
            meet()
        except RuntimeError as error:
            # A rank that died closes its connections; one that hangs lets the timeout pass.
            raise CollectiveTimeout(
                f"rank {self.rank} of {self.count} waited in vain for the others: {error}"
            ) from error
