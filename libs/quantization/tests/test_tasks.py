"""The tasks are found by the module that NACRE_TASK_MODULES names, and keep to the contract's documents."""

import json
import os
import subprocess
import sys

import pytest

from nacre_model import protocol
from nacre_model.documents import fault
from nacre_model.logits_tables import read_logits
from nacre_quantization import tasks


@pytest.fixture
def _fresh_registry(monkeypatch):
    """A process that has imported neither task yet."""
    monkeypatch.setattr(protocol, "_tasks", {})
    for module in ("tasks", "quantize", "predict"):
        monkeypatch.delitem(sys.modules, f"{tasks.__package__}.{module}")


@pytest.mark.usefixtures("_fresh_registry")
def test_both_tasks_are_found_through_the_environment(monkeypatch):
    monkeypatch.setenv("NACRE_TASK_MODULES", "nacre_quantization.tasks")
    assert protocol.find_task("quantize").__module__ == "nacre_quantization.quantize"
    assert protocol.find_task("predict").__module__ == "nacre_quantization.predict"


@pytest.mark.usefixtures("_fresh_registry")
def test_without_it_nobody_defines_them(monkeypatch):
    monkeypatch.delenv("NACRE_TASK_MODULES", raising=False)
    with pytest.raises(protocol.ContractViolation, match="NACRE_TASK_MODULES"):
        protocol.find_task("quantize")


def test_requests_and_events_are_those_of_the_contract(tmp_path, make_workspace, make_request):
    workspace = make_workspace(tmp_path, "llama", 64)
    for task, context in (
        (tasks.quantize, workspace.quantize_context("quantized")),
        (tasks.predict, workspace.predict_context("logits", "quantized")),
    ):
        assert fault("task-request", make_request(context)) is None
        task(context)
        events = [json.loads(line) for line in context.events.read_text().splitlines()]
        assert [fault("task-event", event) for event in events] == [None] * len(events)


@pytest.mark.slow
def test_both_tasks_run_by_hand_from_a_shell(tmp_path, make_workspace, make_request):
    workspace = make_workspace(tmp_path, "qwen2", 64)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "NACRE_TASK_MODULES": "nacre_quantization.tasks",
    }
    for context in (
        workspace.quantize_context("quantized"),
        workspace.predict_context("logits", "quantized"),
    ):
        request = tmp_path / f"{context.task}.json"
        request.write_text(json.dumps(make_request(context)))
        subprocess.run(
            [sys.executable, "-m", "nacre_model", context.task, "--request", str(request)],
            env=environment,
            check=True,
        )
        result = json.loads(context.output.with_suffix(".result.json").read_text())
        assert fault("task-result", result) is None
        assert result["error"] is None
    assert len(read_logits(tmp_path / "logits", workspace.labels)) == 48
