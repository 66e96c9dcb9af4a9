"""The execution class of a task: library set-up that makes its bytes repeatable, and what it ran on."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from importlib.metadata import version
from typing import Any

_settings = {
    # Load reports and progress bars are no news in a task's log, and load_classifier refuses whatever
    # they would report.
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_OFFLINE": "1",
    # Threads of tokenizers would neither survive a fork nor change the ids.
    "TOKENIZERS_PARALLELISM": "false",
    # cuBLAS is deterministic only with a workspace of a fixed size.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def settle_environment() -> None:
    """Set the environment variables of the libraries where the user has not."""
    for name, value in _settings.items():
        os.environ.setdefault(name, value)
    # Where it is installed transformers imports it, half a second, for a way to generate text that no task uses.
    sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]


settle_environment()


def prepare_libraries(execution: dict[str, Any]) -> None:
    """Fix torch's threads to execution.threads and refuse every kernel that is not deterministic."""
    # A child of the warm parent has the imports of that parent, but an environment of its own.
    settle_environment()
    import torch

    torch.set_num_threads(execution["threads"])
    # What use_deterministic_algorithms(True) does, less an import of the compiler, which takes a second.
    torch.set_deterministic_debug_mode("error")
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

    gpu = None
    # A device that does not answer has no name either.
    with contextlib.suppress(RuntimeError):
        if execution["device"] == "cuda" and torch.cuda.is_available():
            gpu = torch.cuda.get_device_name()
    return {
        **facts,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "gpu": gpu,
        "threads": execution["threads"],
        "ranks": execution["ranks"],
    }
