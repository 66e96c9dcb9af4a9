"""`python -m nacre_model.warm --socket PATH`: a parent with all imports done that forks one child per task.

Importing torch and transformers takes 4 to 25 s, a fork 20 to 200 ms. Linux only.

A client connects to the socket (mode 0600) and writes one JSON line {id, argv, cwd, env, log}: argv[0] is a
module run as `python -m` would, env the whole environment, log a file for stderr or null. The connection is
the child's stdout; its end of file is the end of the child. On its own stdout the server writes JSON lines:
{ready, digest} once, then {start, pid} and {exit, pid, code, signal} per id, and {refused, id, reason} for
a line that is no such task or cannot be forked; id is null where it cannot be read. `digest` is
`source_digest`; whoever finds another digest on disk starts another server. End of file on stdin, or the
server's death, kills every child. Bytes on stdin are the owner's signs of life: a child whose env has
NACRE_LIFELINE_SILENCE_SECONDS is asked to stop after so long a silence, and killed after a grace.

No tensor operation may ever run here: a child of a process whose OpenMP has worked hangs.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import importlib
import json
import math
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from nacre_model.parent import GRACE_SECONDS, die_with
from nacre_model.protocol import TASK_MODULES, foreign_modules

# transformers imports lazily; what these pull in is most of what a task waits for.
_heavy = [
    "torch",
    "pyarrow.parquet",
    "accelerate",
    "nacre_model.launcher",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama",
    "transformers.models.qwen2.modeling_qwen2",
    "transformers.models.gemma2.modeling_gemma2",
]


def source_digest(folders: list[Path]) -> str:
    """sha256 of the lines `<name of the folder>/<path>\\0<sha256 of the file>\\n`, sorted, of every .py,
    .json and .txt file under the folders: the same from any language.
    """
    lines = [
        f"{folder.name}/{file.relative_to(folder).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n"
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix in {".py", ".json", ".txt"}
    ]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def import_everything() -> list[Path]:
    """Import whatever a task may need; returns the folders of the packages that tasks come from."""
    modules = [
        importlib.import_module(name) for name in (*_heavy, *TASK_MODULES.values(), *foreign_modules())
    ]
    packages = {module.__name__.partition(".")[0] for module in modules[len(_heavy) :]}
    return sorted(_folder(sys.modules[name]) for name in packages)


def _folder(package: ModuleType) -> Path:
    return Path(str(package.__file__)).parent


SILENCE_CHECK_SECONDS = 0.5


@dataclass
class Child:
    """A task that runs. silence: seconds without a sign of the owner's life after which it is ended;
    told: what it has been told for that.
    """

    id: str
    silence: float
    started: float
    told: signal.Signals | None = None


class WarmServer:
    """The event loop: clients, children, and the pipe that ties the server to its owner."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        self._listener.bind(str(path))
        os.umask(before)
        self._listener.listen(64)
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(0, selectors.EVENT_READ, self._read_stdin)
        self._selector.register(reader, selectors.EVENT_READ, lambda: self._reap(reader))
        self._children: dict[int, Child] = {}
        self._heard = time.monotonic()
        self._open = True

    def serve(self) -> None:
        """Fork children until stdin ends, then kill those that are left."""
        while self._open:
            for key, _events in self._selector.select(SILENCE_CHECK_SECONDS if self._children else None):
                key.data()
            self._end_children_of_the_silent()
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _read_stdin(self) -> None:
        self._open = bool(os.read(0, 4096))
        self._heard = time.monotonic()

    def _end_children_of_the_silent(self) -> None:
        now = time.monotonic()
        for pid, child in self._children.items():
            silent = now - max(self._heard, child.started)
            number = signal.SIGKILL if silent > child.silence + GRACE_SECONDS else signal.SIGTERM
            if silent > child.silence and child.told is not number:
                child.told = number
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, number)

    def _accept(self) -> None:
        client, _address = self._listener.accept()
        client.setblocking(False)
        received = bytearray()
        self._selector.register(client, selectors.EVENT_READ, lambda: self._receive(client, received))

    def _receive(self, client: socket.socket, received: bytearray) -> None:
        try:
            chunk = client.recv(1 << 16)
        except OSError:
            chunk = b""  # The client is gone: what it has sent is no whole task.
        received += chunk
        if chunk and not received.endswith(b"\n"):
            return
        self._selector.unregister(client)
        with client:
            order: Any = None
            try:
                order = json.loads(received)
                argv, env = [str(part) for part in order["argv"]], dict(order["env"])
                self._fork(client, str(order["id"]), argv, env, str(order["cwd"]), order.get("log"))
            # A task that cannot be forked must not end those that run.
            except (ValueError, KeyError, TypeError, OSError) as error:
                id = order.get("id") if isinstance(order, dict) else None
                say(refused=True, id=id, reason=f"cannot be started: {type(error).__name__}: {error}")

    def _fork(
        self, client: socket.socket, id: str, argv: list[str], env: dict[str, str], cwd: str, log: str | None
    ) -> None:
        server = os.getpid()
        silence = float(env.get("NACRE_LIFELINE_SILENCE_SECONDS", math.inf))
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            run_child(client, server, argv, env, cwd, log)
        # Here as well as in the child: whoever reads `start` may signal the group at once.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)
        self._children[pid] = Child(id, silence, time.monotonic())
        say(start=id, pid=pid)

    def _reap(self, reader: int) -> None:
        os.read(reader, 4096)
        for pid, child in list(self._children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._children[pid]
                killed = os.WIFSIGNALED(status)
                code = None if killed else os.WEXITSTATUS(status)
                say(exit=child.id, pid=pid, code=code, signal=os.WTERMSIG(status) if killed else None)


def run_child(
    client: socket.socket, server: int, argv: list[str], env: dict[str, str], cwd: str, log: str | None
) -> NoReturn:
    """Become the task: own process group, fresh signals, the client's socket as stdout; never returns."""
    code = 1
    try:
        die_with(server)
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        client.setblocking(True)
        os.dup2(client.fileno(), 1)
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if log else client.fileno()
        os.dup2(errors, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.closerange(3, 256)
        os.chdir(cwd)
        os.environ.clear()
        # The child's own tie to the server stands; a descriptor of the client means nothing here.
        os.environ.update(
            {name: value for name, value in env.items() if not name.startswith("NACRE_LIFELINE")}
        )
        os.environ["NACRE_PARENT_PID"] = str(server)
        sys.argv = argv
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def say(**message: Any) -> None:
    """Write one JSON line to the owner."""
    print(json.dumps(message), flush=True)


def main() -> None:
    """Import, report and serve."""
    parser = argparse.ArgumentParser(prog="python -m nacre_model.warm")
    parser.add_argument("--socket", required=True, type=Path, help="path of the unix socket to listen on")
    path = parser.parse_args().socket
    if os.environ.get("OMP_NUM_THREADS") != "1":
        sys.exit("nacre_model.warm: start it with OMP_NUM_THREADS=1; a child sets its own threads")
    folders = import_everything()
    gc.collect()
    # Objects that exist now are shared with the children as long as the collector does not touch them.
    gc.freeze()
    server = WarmServer(path)
    say(ready=os.getpid(), digest=source_digest(folders))
    server.serve()


if __name__ == "__main__":
    main()
