"""Requests, events and results: the same corpus goes through zod in tools/export-schemas.test.ts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import make_context, write_request

from nacre_model.documents import fault, parse, read_request, result_place, write_result
from nacre_model.protocol import ContractViolation, NonFiniteLoss

CORPUS = Path(__file__).parent / "corpus"
KINDS = ["task-request", "task-event", "task-result", "checkpoint"]
TOKENIZE = {
    "labels": ["model_a", "model_b"],
    "template": "compact",
    "max_tokens": 64,
    "truncation": "per_field",
}


def merge_patch(document: Any, patch: Any) -> Any:
    """RFC 7396: null removes a key."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def corpus(kind: str) -> dict[str, Any]:
    return json.loads((CORPUS / f"{kind}.json").read_text(encoding="utf-8"))


VALID = [(kind, name) for kind in KINDS for name in corpus(kind)["valid"]]
INVALID = [(kind, case["name"]) for kind in KINDS for case in corpus(kind)["invalid"]]


@pytest.mark.parametrize(("kind", "name"), VALID)
def test_a_valid_document_of_the_corpus_has_no_fault(kind: str, name: str):
    assert fault(kind, corpus(kind)["valid"][name]) is None


@pytest.mark.parametrize(("kind", "name"), INVALID)
def test_an_invalid_document_of_the_corpus_has_a_fault(kind: str, name: str):
    documents = corpus(kind)
    case = next(case for case in documents["invalid"] if case["name"] == name)
    assert fault(kind, merge_patch(documents["valid"][case["of"]], case["merge"])) is not None


def test_a_fault_names_its_place():
    document = merge_patch(corpus("task-request")["valid"]["tokenize"], {"parameters": {"max_tokens": 3}})
    assert str(fault("task-request", document)).startswith("parameters.max_tokens: 3 is less than")


def test_a_fault_never_quotes_a_whole_document():
    document = {**corpus("task-request")["valid"]["tokenize"], "parameters": "x" * 100_000}
    assert len(str(fault("task-request", document))) < 300


@pytest.mark.parametrize("text", ["NaN", '{"loss": Infinity}', "[-Infinity]", "{", ""])
def test_what_is_not_json_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_a_request_becomes_a_context(tmp_path: Path):
    written = make_context(
        tmp_path / "job", "tokenize", TOKENIZE, {"base": tmp_path, "comparisons": tmp_path}
    )
    context, result = read_request(write_request(written), "tokenize")
    assert context.parameters == TOKENIZE
    assert context.labels == ["model_a", "model_b"]
    assert context.input("base") == tmp_path
    assert context.output == written.output
    assert result == tmp_path / "job" / "result.json"


def test_a_request_of_another_task_is_refused(tmp_path: Path):
    request = write_request(make_context(tmp_path / "job", "tokenize", TOKENIZE))
    with pytest.raises(ContractViolation, match="is tokenize, but merge was started"):
        read_request(request, "merge")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"kind": "tokenize", "version": 999}, "in version 999, this build has version"),
        ({"kind": "evaluate", "version": 1}, "this build has no such kind"),
    ],
)
def test_a_stage_of_another_version_is_refused(tmp_path: Path, stage: dict[str, Any], message: str):
    context = make_context(tmp_path / "job", "tokenize", TOKENIZE)
    with pytest.raises(ContractViolation, match=message):
        read_request(write_request(context, stage={**context.stage, **stage}), "tokenize")


def test_several_ranks_need_a_launcher_and_a_task_that_can_be_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    context = make_context(tmp_path / "job", "tokenize", TOKENIZE)
    request = write_request(context, execution={**context.execution, "ranks": 2})
    with pytest.raises(ContractViolation, match=r"2 ranks are started by python -m nacre_model\.launcher"):
        read_request(request, "tokenize")
    assert result_place(request) == tmp_path / "job" / "result.json"
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(ContractViolation, match=r"execution\.ranks: must be 1, tokenize cannot be shared"):
        read_request(request, "tokenize")
    assert result_place(request) == tmp_path / "job" / "result.json.rank1"


def test_a_missing_input_folder_is_named(tmp_path: Path):
    inputs = {"base": tmp_path / "nowhere"}
    request = write_request(make_context(tmp_path / "job", "tokenize", TOKENIZE, inputs))
    with pytest.raises(ContractViolation, match=r"inputs\.base: .*nowhere is not a folder"):
        read_request(request, "tokenize")


def test_an_output_folder_that_holds_something_is_refused(tmp_path: Path):
    context = make_context(tmp_path / "job", "tokenize", TOKENIZE)
    (context.output / "left-over").touch()
    with pytest.raises(ContractViolation, match="is not an empty folder"):
        read_request(write_request(context), "tokenize")


@pytest.mark.parametrize("text", ["", "not json", '{"nacre_request": NaN}', "[]", "null", '"text"'])
def test_a_file_that_is_no_request_is_refused(tmp_path: Path, text: str):
    place = tmp_path / "request.json"
    place.write_text(text)
    with pytest.raises(ContractViolation):
        read_request(place, "tokenize")
    assert result_place(place) is None


def test_a_missing_request_is_refused(tmp_path: Path):
    with pytest.raises(ContractViolation, match="not a readable request"):
        read_request(tmp_path / "request.json", "tokenize")


def test_a_result_replaces_nothing_until_it_is_whole(tmp_path: Path):
    place = tmp_path / "result.json"
    write_result(place, {"exit_code": 0})
    with pytest.raises(NonFiniteLoss):
        write_result(place, {"metrics": {"loss": float("nan")}})
    assert json.loads(place.read_text()) == {"exit_code": 0}
    assert list(tmp_path.iterdir()) == [place]
