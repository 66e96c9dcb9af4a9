"""The warm parent: same bytes as a cold start, and no child without it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import arena
import pytest
from conftest import make_context, tiny, write_request
from test_entry import child_environment
from test_launcher import PARAMETERS, TASKS
from test_parent import alive, wait_for

import nacre_model
from nacre_model.warm import source_digest

SLEEPER = "import os, time\nprint('ready', os.getpid(), os.getpgrp(), flush=True)\ntime.sleep(120)\n"


class Server:
    """A running warm parent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "warm.sock"
        (folder / "modules").mkdir()
        (folder / "modules" / "sleeper.py").write_text(SLEEPER)
        source = child_environment()["PYTHONPATH"]
        self.environment = child_environment(PYTHONPATH=f"{source}:{folder / 'modules'}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nacre_model.warm", "--socket", str(self.path)],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = self.message()

    def message(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def send(self, line: bytes) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.path))
        client.sendall(line)
        return client

    def start(self, *argv: str, **changes: Any) -> socket.socket:
        order = {"id": "one", "argv": argv, "cwd": str(self.folder), "env": self.environment, "log": None}
        return self.send(json.dumps({**order, **changes}).encode() + b"\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for the tests that leave it as it was."""
    started = Server(tmp_path_factory.mktemp("server"))
    yield started
    started.process.kill()
    started.process.wait()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """One that the test may end."""
    started = Server(tmp_path)
    yield started
    started.process.kill()
    started.process.wait()


def sleeping_child(server: Server) -> int:
    """Process id of a child that sleeps."""
    client = server.start("sleeper")
    word, pid, group = client.makefile().readline().split()
    assert (word, pid) == ("ready", group)
    assert server.message() == {"start": "one", "pid": int(pid)}
    return int(pid)


def launcher_with_ranks(server: Server, folder: Path) -> tuple[int, list[int]]:
    """Process ids of a launcher in a child and of its two ranks, which go on until they are asked to stop."""
    modules = server.folder / "modules"
    (modules / "played.py").write_text(TASKS)
    (modules / "played_launcher.py").write_text(
        "import sys, nacre_model.protocol as p\n"
        "p._tasks.pop('train'); p.TASK_MODULES['train'] = 'played'\n"
        "from nacre_model import launcher; sys.exit(launcher.main(sys.argv[1:]))\n"
    )
    context = make_context(folder / "job", "train", PARAMETERS)
    context.stage["name"] = "stopped"
    request = write_request(context, execution={**context.execution, "ranks": 2})
    server.start("played_launcher", "train", "--request", str(request), log=str(folder / "log"))
    launcher = server.message()["pid"]
    places = [folder / "job" / f"{rank}.pid" for rank in range(2)]
    assert wait_for(lambda: all(place.exists() for place in places))
    return launcher, [int(place.read_text()) for place in places]


def test_a_digest_changes_with_every_source_and_with_nothing_else(tmp_path: Path):
    package = tmp_path / "package"
    (package / "part").mkdir(parents=True)
    (package / "part" / "a.py").write_text("a = 1\n")
    (package / "words.txt").write_text("word\n")
    first = source_digest([package])
    lines = [
        f"package/{name}\0{hashlib.sha256(text).hexdigest()}\n"
        for name, text in (("part/a.py", b"a = 1\n"), ("words.txt", b"word\n"))
    ]
    assert first == hashlib.sha256("".join(lines).encode()).hexdigest()
    (package / "part" / "a.pyc").write_bytes(b"compiled")
    assert source_digest([package]) == first
    (package / "part" / "a.py").write_text("a = 2\n")
    assert source_digest([package]) != first


@pytest.mark.slow
def test_a_warm_task_gives_the_bytes_of_a_cold_one(server: Server, tmp_path: Path):
    rows = list(arena.draw(30, seed=8))
    prepared = arena.write_comparisons(tmp_path / "train", rows)
    latents = arena.write_latents(tmp_path / "latents", rows)
    parameters = {"labels": list(arena.LABELS), "tiny": tiny("gemma2", warm_up={"on": "latents", "steps": 5})}
    contents, results = [], []
    for name in ("cold", "warm"):
        inputs = {"text-train": prepared, "latents": latents}
        context = make_context(tmp_path / name, "make-base-model", parameters, inputs)
        arguments = ["make-base-model", "--request", str(write_request(context))]
        if name == "cold":
            command = [sys.executable, "-m", "nacre_model.launcher", *arguments]
            assert subprocess.run(command, env=child_environment(), check=False).returncode == 0
        else:
            client = server.start("nacre_model.launcher", *arguments, log=str(tmp_path / "log"))
            assert server.message()["start"] == "one"
            assert client.makefile().read() == ""
            ended = server.message()
            assert (ended["exit"], ended["code"], ended["signal"]) == ("one", 0, None)
        contents.append({file.name: file.read_bytes() for file in context.output.iterdir()})
        results.append(json.loads((tmp_path / name / "result.json").read_text()))
    assert contents[0] == contents[1]
    assert results[0] == results[1]


@pytest.mark.slow
def test_the_server_says_what_it_is_and_nobody_else_may_ask(server: Server):
    package = Path(nacre_model.__file__).parent
    assert server.ready == {"ready": server.process.pid, "digest": source_digest([package])}
    assert stat.S_IMODE(server.path.stat().st_mode) == 0o600
    threads = [task / "comm" for task in Path(f"/proc/{server.process.pid}/task").iterdir()]
    # jemalloc's own thread is stopped and started by its fork handlers; OpenMP's would be lost in a child.
    others = {thread.read_text().strip() for thread in threads[1:]}
    assert others <= {"jemalloc_bg_thd"}


@pytest.mark.slow
def test_ends_of_children_are_told_apart_and_a_bad_line_harms_nobody(server: Server, tmp_path: Path):
    for line, id in ((b"not json\n", None), (b'{"id": "x"}\n', "x"), (b"[]\n", None), (b"", None)):
        client = server.send(line)
        client.shutdown(socket.SHUT_WR)
        message = server.message()
        assert (message["refused"], message["id"]) == (True, id)
    server.start("sleeper", env={**server.environment, "NACRE_LIFELINE_SILENCE_SECONDS": "long"})
    assert server.message()["refused"]
    # Nothing was forked for it.
    assert Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text() == ""
    log = tmp_path / "log"
    server.start("nacre_model", "merge", "--request", "/nowhere.json", log=str(log))
    pid = server.message()["pid"]
    assert server.message() == {"exit": "one", "pid": pid, "code": 64, "signal": None}
    assert "ContractViolation" in log.read_text()
    child = sleeping_child(server)
    os.killpg(child, signal.SIGTERM)
    assert server.message() == {"exit": "one", "pid": child, "code": None, "signal": signal.SIGTERM}
    client = server.start("no_such_module")
    server.message()
    assert "no_such_module" in client.makefile().read()
    assert server.message()["code"] == 1


@pytest.mark.slow
def test_children_of_a_silent_owner_are_asked_to_stop_and_the_others_go_on(server: Server):
    patient = sleeping_child(server)
    client = server.start("sleeper", env={**server.environment, "NACRE_LIFELINE_SILENCE_SECONDS": "2"})
    child = int(client.makefile().readline().split()[1])
    server.message()
    assert server.process.stdin is not None
    for _beat in range(8):
        server.process.stdin.write(".")
        server.process.stdin.flush()
        time.sleep(0.4)
    assert alive(child)
    assert server.message() == {"exit": "one", "pid": child, "code": None, "signal": signal.SIGTERM}
    assert alive(patient)
    os.killpg(patient, signal.SIGKILL)
    assert server.message()["pid"] == patient


@pytest.mark.slow
def test_a_launcher_in_a_child_forks_its_ranks_into_its_own_group(server: Server, tmp_path: Path):
    launcher, ranks = launcher_with_ranks(server, tmp_path)
    assert {os.getpgid(rank) for rank in ranks} == {launcher}
    os.kill(launcher, signal.SIGTERM)
    assert server.message() == {"exit": "one", "pid": launcher, "code": 75, "signal": None}
    assert not any(map(alive, ranks))


@pytest.mark.slow
def test_a_killed_server_leaves_no_child_nor_rank(own_server: Server, tmp_path: Path):
    launcher, ranks = launcher_with_ranks(own_server, tmp_path)
    children = [sleeping_child(own_server), launcher, *ranks]
    own_server.process.kill()
    own_server.process.wait()
    assert wait_for(lambda: not any(alive(child) for child in children))


@pytest.mark.slow
def test_a_server_whose_owner_is_gone_ends_with_its_children(own_server: Server):
    child = sleeping_child(own_server)
    assert own_server.process.stdin is not None
    own_server.process.stdin.close()
    assert own_server.process.wait(20) == 0
    assert wait_for(lambda: not alive(child))


@pytest.mark.slow
def test_a_server_with_threads_of_its_own_refuses_to_start(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-m", "nacre_model.warm", "--socket", str(tmp_path / "s")],
        env=child_environment(OMP_NUM_THREADS="2"),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "OMP_NUM_THREADS=1" in ended.stderr
