import shutil

import pytest
from training_runs import digests, events, keep_checkpoints

from nacre_model import logits as logits_module
from nacre_model import protocol
from nacre_model.documents import fault
from nacre_model.logits import export_logits
from nacre_model.protocol import CheckpointRefused, TrainerStopped, request_stop

LABELS = ["model_a", "model_b", "tie"]
PROMPT = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}


@pytest.fixture
def job(base, tokens_folder, toy_rows, context, tmp_path, monkeypatch):
    """Maker of an export of 60 rows in three shards."""
    monkeypatch.setattr(logits_module, "LOGITS_SHARD_ROWS", 25)
    tokens = tokens_folder(tmp_path / "toy", toy_rows(30))

    def make():
        parameters = {"labels": LABELS, "rows": "all", "fold": None, "prompt": PROMPT, "dtype": "float32"}
        return context("export-logits", parameters, {"base": base("llama"), "tokens-toy": tokens}, 256)

    return make


@pytest.fixture
def killed(job, monkeypatch):
    """(an export that ended while it computed its third shard, folder of its checkpoints)."""
    run = job()
    folder = keep_checkpoints(run)
    write = logits_module.write_logits_shard

    def write_and_stop(*shard):
        if shard[1] == 1:
            request_stop()
        return write(*shard)

    with monkeypatch.context() as patch:
        patch.setattr(logits_module, "write_logits_shard", write_and_stop)
        with pytest.raises(TrainerStopped):
            export_logits(run)
    protocol._stop.asked = False
    return run, folder


def test_every_finished_shard_is_kept_and_the_last_one_needs_no_keeping(killed, job):
    run, folder = killed
    written = events(run, "checkpoint-written")
    assert [event["step"] for event in written] == [1, 2]
    assert all(fault("task-event", event) is None for event in written)
    assert sorted(path.name for path in (folder / "2").iterdir()) == [
        "checkpoint.json",
        "logits-00000.parquet",
        "logits-00001.parquet",
    ]
    whole = job()
    keep_checkpoints(whole)
    export_logits(whole)
    assert [event["step"] for event in events(whole, "checkpoint-written")] == [1, 2]


def test_a_killed_export_computes_the_shard_it_was_at_and_gives_the_same_bytes(killed, job):
    _, folder = killed
    whole, resumed = job(), job()
    export_logits(whole)
    keep_checkpoints(resumed, resume=folder / "2")
    metrics = export_logits(resumed)
    assert digests(resumed.output) == digests(whole.output)
    assert [event["step"] for event in events(resumed, "checkpoint-loaded")] == [2]
    # Ten rows of sixty were left.
    assert [event["rows"] for event in events(resumed, "rows-written")] == [60]
    assert metrics["rows"] == 60
    assert metrics["padded_tokens"] < 60 * 30 / 3


def test_a_damaged_checkpoint_is_refused_and_nothing_of_it_is_used(killed, job, tmp_path):
    _, folder = killed
    broken = tmp_path / "broken"
    shutil.copytree(folder / "2", broken)
    (broken / "logits-00001.parquet").write_bytes(b"PAR1")
    run = job()
    keep_checkpoints(run, resume=broken)
    with pytest.raises(CheckpointRefused, match=r"logits-00001\.parquet has 4 bytes"):
        export_logits(run)
    assert not list(run.output.iterdir())


def test_a_checkpoint_of_another_precision_is_refused(killed, job):
    _, folder = killed
    run = job()
    run.parameters["dtype"] = "bfloat16"
    keep_checkpoints(run, resume=folder / "2")
    with pytest.raises(CheckpointRefused, match=r'parameters\.dtype: was "float32", is "bfloat16"'):
        export_logits(run)
