"""The tasks are found by the module that NACRE_TASK_MODULES names."""

import sys

import pytest

from nacre_model import protocol
from nacre_quantization import tasks


@pytest.fixture(autouse=True)
def _fresh_registry(monkeypatch):
    """A process that has imported neither task yet."""
    monkeypatch.setattr(protocol, "_tasks", {})
    for module in ("tasks", "quantize", "predict"):
        monkeypatch.delitem(sys.modules, f"{tasks.__package__}.{module}")


def test_both_tasks_are_found_through_the_environment(monkeypatch):
    monkeypatch.setenv("NACRE_TASK_MODULES", "nacre_quantization.tasks")
    assert protocol.find_task("quantize").__module__ == "nacre_quantization.quantize"
    assert protocol.find_task("predict").__module__ == "nacre_quantization.predict"


def test_without_it_nobody_defines_them(monkeypatch):
    monkeypatch.delenv("NACRE_TASK_MODULES", raising=False)
    with pytest.raises(protocol.ContractViolation, match="NACRE_TASK_MODULES"):
        protocol.find_task("quantize")
