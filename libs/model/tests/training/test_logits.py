import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from nacre_model import logits as logits_module
from nacre_model.adapters import AdapterWeights, attach, initial_adapter, read_adapter, write_adapter
from nacre_model.documents import fault
from nacre_model.logits import export_logits
from nacre_model.logits_tables import LogitsOrigin, read_logits
from nacre_model.merging import product_mean
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import InvalidData, NonFiniteLoss, TrainerStopped, request_stop
from nacre_model.tables import read_tokens

LABELS = ["model_a", "model_b", "tie"]
PROMPT = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}


@pytest.fixture
def job(base, tokens_folder, toy_rows, context, tmp_path):
    """Maker of an export-logits context on 30 toy rows in both orders."""
    tokens = tokens_folder(tmp_path / "toy", toy_rows(30))

    def make(family="llama", inputs=None, budget=256, rows="all", fold=None, dtype="float32", **pair):
        parameters = {"labels": LABELS, "rows": rows, "fold": fold, "prompt": PROMPT, "dtype": dtype, **pair}
        every = {"base": base(family), "tokens-toy": tokens, **(inputs or {})}
        return context("export-logits", parameters, every, budget)

    return make


@pytest.fixture
def adapter(base, tmp_path):
    """Folder of an adapter that changes the base, by family and number of folds merged into it."""

    def make(family="llama", folds=1):
        fresh = initial_adapter(load_classifier(base(family), 3, "float32", 0), 4, 8.0, seed=1)
        generator = torch.Generator().manual_seed(2)
        parts = {
            str(fold): AdapterWeights(
                4,
                8.0,
                {
                    n: (A, 0.1 * torch.randn(B.shape, generator=generator))
                    for n, (A, B) in fresh.factors.items()
                },
                torch.randn(fresh.head.shape, generator=generator),
            )
            for fold in range(folds)
        }
        folder = tmp_path / f"adapter-{family}-{folds}"
        folder.mkdir()
        write_adapter(folder, product_mean(parts))
        return folder

    return make


def one_by_one(job):
    """Logits of every token row, each alone and without padding."""
    model = load_classifier(job.input("base"), 3, job.parameters["dtype"], 0)
    if "adapter" in job.inputs:
        attach(model, read_adapter(job.input("adapter")))
    tokens = read_tokens(job.inputs_of("tokens"), 3)
    rows = []
    with torch.inference_mode():
        for row in range(len(tokens)):
            ids = torch.tensor(tokens.input_ids(row).tolist()).unsqueeze(0)
            rows.append(classify(model, ids, torch.tensor([ids.shape[1]]))[0])
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma2"])
@pytest.mark.parametrize("folds", [1, 3])
def test_logits_are_those_of_each_row_alone_in_the_order_of_the_tokens(job, adapter, family, folds):
    run = job(family, {"adapter": adapter(family, folds)})
    figures = export_logits(run)
    written = read_logits(run.output, LABELS)
    assert figures["rows"] == len(written) == 60
    assert written.keys() == read_tokens(run.inputs_of("tokens"), 3).keys()
    assert np.abs(written.logits - one_by_one(run)).max() < 1e-5
    assert written.logits.std() > 0.1


def test_a_base_alone_has_logits_too(job):
    run = job()
    export_logits(run)
    assert np.abs(read_logits(run.output, LABELS).logits - one_by_one(run)).max() < 1e-5


def test_the_token_budget_changes_nothing_beyond_rounding_and_equal_requests_give_equal_bytes(job, adapter):
    inputs = {"adapter": adapter()}
    runs = [job(inputs=inputs, budget=budget) for budget in (256, 256, 40)]
    for run in runs:
        export_logits(run)
    tables = [read_logits(run.output, LABELS).logits for run in runs]
    name = "logits-00000.parquet"
    assert (runs[0].output / name).read_bytes() == (runs[1].output / name).read_bytes()
    assert np.abs(tables[0] - tables[2]).max() < 1e-5


def test_shards_follow_one_another_in_the_order_of_the_tokens(job, monkeypatch):
    monkeypatch.setattr(logits_module, "LOGITS_SHARD_ROWS", 25)
    run, whole = job(), job()
    export_logits(run)
    monkeypatch.undo()
    export_logits(whole)
    names = sorted(path.name for path in run.output.iterdir())
    assert names == [f"logits-0000{shard}.parquet" for shard in range(3)]
    assert read_logits(run.output, LABELS).keys() == read_logits(whole.output, LABELS).keys()
    run.tell_spending(at_once=True)
    lines = [json.loads(line) for line in run.events.read_text().splitlines()]
    spent = [line["seconds"] for line in lines if line["type"] == "time-spent"][-1]
    assert min(spent["load"], spent["step"]) > 0
    progress = [line for line in lines if line["type"] == "rows-written"]
    assert [(line["rows"], line["total"]) for line in progress] == [(25, 60), (50, 60), (60, 60)]
    assert all(fault("task-event", line) is None for line in lines)


def test_dev_and_blind_rows_alone_can_be_chosen(job, folds_folder, tmp_path):
    folds = folds_folder(
        tmp_path / "folds",
        [
            (f"toy:{n:04d}", "toy", -1 if n == 0 else n % 3, n == 0, [0, 1, 2] if n == 0 else [n % 3])
            for n in range(30)
        ],
    )
    run = job(inputs={"folds": folds}, rows="dev_and_blind", fold=1)
    export_logits(run)
    written = read_logits(run.output, LABELS)
    assert written.example_ids[~written.swapped].tolist() == [
        f"toy:{n:04d}" for n in range(30) if n == 0 or n % 3 == 1
    ]
    blind = job(inputs={"folds": folds}, rows="blind")
    export_logits(blind)
    assert read_logits(blind.output, LABELS).keys() == [("toy:0000", False), ("toy:0000", True)]


def test_the_rows_that_a_pair_of_folds_and_their_label_folds_hold_out_are_those_no_teacher_of_them_saw(
    job, adapter, folds_folder, tmp_path
):
    # 24 train rows in three folds, the last six extra rows that every fold's student trains on.
    every = [(f"toy:{n:04d}", "toy", n % 3, False, [n % 3]) for n in range(24)]
    every += [(f"toy:{n:04d}", "toy", -1, False, []) for n in range(24, 30)]
    folds = folds_folder(tmp_path / "folds", every)
    label_folds = tmp_path / "label-folds"
    label_folds.mkdir()
    table = {"example_id": [row[0] for row in every], "label_fold": [n % 3 for n in range(30)]}
    pq.write_table(pa.table(table), label_folds / "label-folds.parquet")
    inputs = {"folds": folds, "label-folds": label_folds, "adapter": adapter()}
    run = job(inputs=inputs, rows="held_out", fold=0, second_fold=2)
    run.input_contents.update(base="b" * 64, adapter="a" * 64)
    export_logits(run)
    written = read_logits(run.output, LABELS)
    assert written.example_ids[~written.swapped].tolist() == [f"toy:{n:04d}" for n in range(30) if n % 3 != 1]
    assert written.origin == LogitsOrigin("a" * 64, "b" * 64, (0, 2), PROMPT, None, "float32")


def test_a_bfloat16_base_writes_float32_logits_near_those_of_float32(job, adapter):
    inputs = {"adapter": adapter()}
    runs = [job(inputs=inputs, dtype=dtype) for dtype in ("float32", "bfloat16")]
    for run in runs:
        export_logits(run)
    exact, rough = (read_logits(run.output, LABELS).logits for run in runs)
    assert np.abs(exact - rough).max() < 0.1 * np.abs(exact).max()


def test_a_row_whose_logits_are_not_finite_is_named_and_nothing_is_written(
    job, base, tokens_folder, toy_rows, tmp_path
):
    broken = tmp_path / "broken"
    shutil.copytree(base("llama"), broken)
    tensors = load_file(broken / "model.safetensors")
    tensors["model.embed_tokens.weight"][8] = float("inf")
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    rows = toy_rows(30)
    rows[9] = (*rows[9][:2], [1, 8, 12, 3], 0)
    run = job(inputs={"base": broken, "tokens-toy": tokens_folder(tmp_path / "odd", rows)})
    with pytest.raises(NonFiniteLoss, match=r"toy:0004 \(swapped\): its logits are not finite \(1 rows"):
        export_logits(run)
    assert not list(run.output.iterdir())


def test_an_export_stops_when_asked_to(job):
    request_stop()
    run = job()
    with pytest.raises(TrainerStopped):
        export_logits(run)
    assert not list(run.output.iterdir())


def test_a_missing_token_table_is_refused(job, tmp_path):
    with pytest.raises(InvalidData, match=r"empty/tokens\.parquet is missing"):
        export_logits(job(inputs={"tokens-toy": tmp_path / "empty"}))
