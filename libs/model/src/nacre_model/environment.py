"""The execution class of a task: library set-up that makes its bytes repeatable, and what it ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

# Before transformers is imported: its load reports and progress bars are no news in a task's log,
# and whatever they would report is refused by load_classifier.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Read by tokenizers on first use: threads in a process that may fork, and would not change the ids.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# cuBLAS is deterministic only with a workspace of a fixed size.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def prepare_libraries(execution: dict[str, Any]) -> None:
    """Fix torch's threads to execution.threads and refuse every kernel that is not deterministic."""
    import torch

    torch.set_num_threads(execution["threads"])
    torch.use_deterministic_algorithms(True)
    # Filling fresh tensors with NaN would find reads of unwritten memory; none of ours leave any.
    torch.utils.deterministic.fill_uninitialized_memory = False


def environment(execution: dict[str, Any] | None) -> dict[str, str | int | None]:
    """What ran: versions, processor or GPU, threads. Recorded in the manifest, never hashed into a key.

    `execution` is None when the request could not be read; nothing but versions is known then.
    """
    facts: dict[str, str | int | None] = {
        "python": platform.python_version(),
        "torch": version("torch"),
        "transformers": version("transformers"),
        "system": platform.system(),
        "machine": platform.machine(),
    }
    if execution is None:
        return facts
    import torch

    on_gpu = execution["device"] == "cuda" and torch.cuda.is_available()
    return {
        **facts,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "gpu": torch.cuda.get_device_name() if on_gpu else None,
        "threads": execution["threads"],
        "ranks": execution["ranks"],
    }
