"""Contexts, events and the registry of tasks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import events_of, make_context

from nacre_model import protocol
from nacre_model.protocol import (
    ContractViolation,
    NonFiniteLoss,
    TrainerStopped,
    find_task,
    request_stop,
    task,
)


def test_events_are_lines_with_a_time(tmp_path: Path):
    context = make_context(tmp_path / "job", "train", {})
    context.phase("loading")
    context.emit("rows-written", rows=1, total=2)
    first, second = events_of(context)
    assert first == {"at": first["at"], "type": "phase-start", "phase": "loading"}
    assert second["rows"] == 1
    assert second["at"] >= first["at"] > 1.6e9


def test_an_event_is_on_disk_when_emit_returns(tmp_path: Path):
    context = make_context(tmp_path / "job", "train", {})
    context.phase("first")
    assert context.events is not None
    assert json.loads(context.events.read_bytes())["phase"] == "first"


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
def test_a_figure_that_is_no_number_never_reaches_the_events(tmp_path: Path, figure: float):
    context = make_context(tmp_path / "job", "train", {})
    context.phase("training")
    with pytest.raises(NonFiniteLoss):
        context.emit("step-end", loss=figure)
    assert len(events_of(context)) == 1


def test_a_stop_is_obeyed_at_the_next_step_boundary(tmp_path: Path):
    context = make_context(tmp_path / "job", "train", {})
    context.check_stop()
    request_stop()
    with pytest.raises(TrainerStopped, match="test/train"):
        context.check_stop()


def test_inputs_are_found_by_kind_in_the_order_of_their_names(tmp_path: Path):
    names = ["tokens-train", "base", "tokens-extra", "logits-a"]
    context = make_context(tmp_path / "job", "train", {}, {name: tmp_path / name for name in names})
    assert list(context.inputs_of("tokens").items()) == [
        ("extra", tmp_path / "tokens-extra"),
        ("train", tmp_path / "tokens-train"),
    ]


def test_an_input_that_the_request_lacks_is_named(tmp_path: Path):
    with pytest.raises(ContractViolation, match=r"inputs\.folds"):
        make_context(tmp_path / "job", "train", {}).input("folds")


@pytest.mark.parametrize("name", sorted(protocol.TASK_MODULES))
def test_every_own_task_is_found(name: str):
    assert callable(find_task(name))


def test_a_task_that_nobody_defines_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NACRE_TASK_MODULES", raising=False)
    with pytest.raises(ContractViolation, match="NACRE_TASK_MODULES"):
        find_task("evaluate")


@pytest.mark.parametrize("separator", [":", ",", ", "])
def test_foreign_tasks_come_from_the_modules_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
):
    text = "from nacre_model.protocol import task\n@task('foreign')\ndef foreign(context):\n    return {'one': 1.0}\n"
    (tmp_path / "foreign_one.py").write_text("")
    (tmp_path / "foreign_two.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(protocol, "_tasks", {})
    monkeypatch.setenv("NACRE_TASK_MODULES", f"foreign_one{separator}foreign_two")
    sys.modules.pop("foreign_two", None)
    assert find_task("foreign")(None) == {"one": 1.0}  # type: ignore[arg-type]


def test_two_modules_cannot_define_one_task(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "_tasks", {})

    def mine(context: protocol.TaskContext) -> dict[str, float]:
        return {}

    task("shared")(mine)
    mine.__module__ = "another"
    with pytest.raises(ContractViolation, match="both another and test"):
        task("shared")(lambda context: {})


# A trace sends SIGTERM again at every line that handling it runs, whatever that calls.
HEARD_WHILE_HEARD = """
import signal
import subprocess
import sys

from nacre_model import protocol

left = 20


def again(frame, event, argument):
    global left
    if left > 0:
        left -= 1
        signal.raise_signal(signal.SIGTERM)
    return again


def hear(number, frame):
    sys.settrace(again)
    protocol.request_stop()


signal.signal(signal.SIGTERM, hear)
signal.raise_signal(signal.SIGTERM)
sys.settrace(None)
sys.exit(0 if protocol.stop_requested() and left < 20 else 1)
"""


def test_a_stop_is_heard_while_another_one_is():
    """A rank hears SIGTERM from its worker and from its launcher."""
    source = str(Path(protocol.__file__).parents[1])
    command = [sys.executable, "-c", HEARD_WHILE_HEARD]
    heard = subprocess.run(command, env={"PYTHONPATH": source}, timeout=20, check=False)
    assert heard.returncode == 0
