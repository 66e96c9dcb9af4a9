"""How rows are shared by ranks, and what their sums are."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from nacre_model.protocol import CollectiveTimeout
from nacre_model.ranks import Ranks

random = np.random.default_rng(3)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [0, 1, 7, 64])
def test_every_row_belongs_to_one_rank_and_all_agree(count: int, rows: int):
    lengths = random.integers(1, 1024, rows)
    shares = [Ranks(rank, count).share(lengths) for rank in range(count)]
    assert sorted(np.concatenate(shares).tolist()) == list(range(rows))
    assert all(share.tolist() == sorted(share.tolist()) for share in shares)


def test_ranks_differ_by_one_row_at_most_where_rows_are_equal():
    shares = [Ranks(rank, 3).share(np.full(64, 100)) for rank in range(3)]
    assert sorted(map(len, shares)) == [21, 21, 22]


def test_tokens_are_balanced():
    # Long tails, as prompts have them.
    lengths = np.minimum(random.lognormal(6, 0.8, 64), 1024).astype(int)
    loads = [lengths[Ranks(rank, 8).share(lengths)].sum() for rank in range(8)]
    assert max(loads) <= 1.05 * (sum(loads) / 8)


def meet(work: Callable[[Ranks], None], ranks: int, timeout: str = "20") -> list[int | None]:
    """Runs `work` in forks that are ranks of each other; their exit codes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def one(rank: int) -> None:
        os.environ.update(
            RANK=str(rank),
            WORLD_SIZE=str(ranks),
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=str(port),
            GLOO_SOCKET_IFNAME="lo",
            NACRE_COLLECTIVE_TIMEOUT_SECONDS=timeout,
        )
        torch.set_num_threads(1)
        try:
            joined = Ranks.join({"ranks": ranks, "device": "cpu"})
            work(joined)
            joined.leave()
        except CollectiveTimeout as error:
            print(error, file=sys.stderr)
            os._exit(CollectiveTimeout.exit_code)
        os._exit(0)

    processes = [multiprocessing.get_context("fork").Process(target=one, args=(r,)) for r in range(ranks)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        process.kill()
    return [process.exitcode for process in processes]


def test_sums_are_the_same_bits_on_every_rank_and_every_time(tmp_path: Path):
    def work(ranks: Ranks) -> None:
        generator = torch.Generator().manual_seed(ranks.rank)
        single = [torch.randn(5, 3, generator=generator), torch.randn((), generator=generator)]
        double = torch.randn(4, generator=generator, dtype=torch.float64)
        for time in range(2):
            tensors = [tensor.clone() for tensor in (*single, double)]
            ranks.sum_(tensors)
            save_file(dict(zip("abc", tensors, strict=True)), tmp_path / f"{ranks.rank}-{time}")
        assert ranks.any(ranks.rank == 1)
        assert not ranks.any(False)
        ranks.barrier()

    assert meet(work, 3) == [0, 0, 0]
    found = [
        list(map(load_file(tmp_path / f"{rank}-{time}").get, "abc")) for rank in range(3) for time in range(2)
    ]
    for tensors in found:
        assert all(torch.equal(mine, first) for mine, first in zip(tensors, found[0], strict=True))
    parts = [torch.randn(5, 3, generator=torch.Generator().manual_seed(rank)) for rank in range(3)]
    torch.testing.assert_close(found[0][0], sum(parts, torch.zeros(5, 3)), rtol=0, atol=1e-6)


def test_a_rank_that_waits_for_a_dead_one_says_so():
    def work(ranks: Ranks) -> None:
        if ranks.rank == 1:
            os._exit(3)
        ranks.any(False)

    assert meet(work, 2) == [80, 3]


def test_a_rank_that_waits_for_a_hanging_one_gives_up_after_the_timeout():
    def work(ranks: Ranks) -> None:
        if ranks.rank == 1:
            import time

            time.sleep(4)
            os._exit(3)
        ranks.any(False)

    assert meet(work, 2, timeout="1") == [80, 3]


def test_one_rank_starts_nothing():
    alone = Ranks.join({"ranks": 1, "device": "cpu"})
    value = torch.ones(2)
    alone.sum_([value])
    assert alone.leads
    assert alone.any(True)
    assert not alone.any(False)
    assert value.tolist() == [1, 1]
    assert not torch.distributed.is_initialized()
    alone.barrier()
    alone.leave()
