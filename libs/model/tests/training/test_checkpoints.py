import json
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from training_runs import events, keep_checkpoints, loop_of, stop_during

from nacre_model.checkpoint_keeper import CheckpointKeeper
from nacre_model.checkpoints import FILES, TrainedState, read_checkpoint, write_checkpoint
from nacre_model.documents import fault
from nacre_model.protocol import CheckpointRefused
from nacre_model.ranks import Ranks


@pytest.fixture
def kept(job):
    """(context, folder of its checkpoint of step 3 of 5)."""
    run = job()
    folder = keep_checkpoints(run)
    said = stop_during(loop_of(run), 3)
    assert said.endswith("after step 3 of 5, with the checkpoint of step 3 to go on from")
    return run, folder / "3"


def read(run, folder):
    """Read a checkpoint into a training that has not begun; returns its state and progress."""
    loop = loop_of(run)
    state = TrainedState(loop.trained, loop.new_optimizer(), 5)
    return state, read_checkpoint(folder, run, state)


def test_a_checkpoint_says_what_it_is_of_and_lies_whole_in_its_folder(kept):
    run, folder = kept
    document = json.loads((folder / "checkpoint.json").read_text())
    assert fault("checkpoint", document) is None
    assert (document["step"], document["steps"]) == (3, 5)
    assert document["parameters"] == run.parameters
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "checkpoint.json"])
    assert [path.name for path in folder.parent.iterdir()] == ["3"]
    [event] = events(run, "checkpoint-written")
    assert fault("task-event", event) is None
    assert (event["step"], event["folder"]) == (3, str(folder))
    assert event["bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    weights = load_file(folder / "adapter.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert len(load_file(folder / "optimizer.safetensors")) == 3 * len(weights)


def test_a_whole_checkpoint_of_this_stage_is_read(kept):
    state, progress = read(*kept)
    weights = load_file(kept[1] / "adapter.safetensors")
    assert progress.step == len(progress.history) == 3
    assert all(torch.equal(parameter, weights[name]) for name, parameter in state.parameters.items())


def flip_a_bit(folder, run):
    content = bytearray((folder / "adapter.safetensors").read_bytes())
    content[-5] ^= 4
    (folder / "adapter.safetensors").write_bytes(content)


def truncate(folder, run):
    os.truncate(folder / "optimizer.safetensors", 1000)


def remove(name):
    return lambda folder, run: (folder / name).unlink()


def change(**keys):
    """Change keys of checkpoint.json."""

    def apply(folder, run):
        place = folder / "checkpoint.json"
        place.write_text(json.dumps({**json.loads(place.read_text()), **keys}))

    return apply


def ask_for(**fields):
    """Change what the request asks for; `parameters` are merged."""

    def apply(folder, run):
        for name, value in fields.items():
            old = getattr(run, name)
            setattr(run, name, {**old, **value})

    return apply


def half_a_directory(folder, run):
    for name in ("checkpoint.json", "optimizer.safetensors"):
        (folder / name).unlink()


def no_directory(folder, run):
    shutil.rmtree(folder)


def unfinished_json(folder, run):
    os.truncate(folder / "checkpoint.json", 100)


def unlisted_optimizer(folder, run):
    place = folder / "checkpoint.json"
    files = json.loads(place.read_text())["files"]
    change(files=[file for file in files if file["path"] != "optimizer.safetensors"])(folder, run)


BAD = {
    "a flipped bit": (flip_a_bit, r"adapter.safetensors has sha256 \w+, was written with"),
    "a truncated file": (truncate, r"optimizer.safetensors has 1000 bytes, was written with \d+"),
    "no optimizer": (remove("optimizer.safetensors"), r"optimizer.safetensors is missing"),
    "an optimizer that is not listed": (unlisted_optimizer, r"lists adapter.safetensors, history.json, not"),
    "no history": (remove("history.json"), r"history.json is missing"),
    "no checkpoint.json": (remove("checkpoint.json"), r"checkpoint.json cannot be read"),
    "half a checkpoint.json": (unfinished_json, r"checkpoint.json cannot be read"),
    "another version of the document": (change(nacre_checkpoint=2), r"nacre_checkpoint: 1 was expected"),
    "half a directory": (half_a_directory, r"checkpoint.json cannot be read, so it is not whole"),
    "no directory": (no_directory, r"checkpoint.json cannot be read"),
    "other data": (
        ask_for(input_contents={"tokens-toy": "2" * 64}),
        r'input_contents.tokens-toy: was "1+", is "2+"',
    ),
    "one more input": (
        ask_for(input_contents={"logits-x": "2" * 64}),
        r"input_contents.logits-x: was absent",
    ),
    "another learning rate": (
        ask_for(parameters={"learning_rate": 1}),
        r"parameters.learning_rate: was 0.005, is 1",
    ),
    "another dropout": (
        ask_for(parameters={"adapter": {"rank": 4, "alpha": 8, "dropout": 0.1}}),
        r"parameters.adapter.dropout: was 0.0, is 0.1",
    ),
    "another stage kind": (ask_for(stage={"kind": "distil"}), r'stage.kind: was "train", is "distil"'),
    "another stage version": (ask_for(stage={"version": 2}), r"stage.version: was 1, is 2"),
    "another key": (ask_for(stage={"key": "3" * 64}), r'stage.key: was "0+", is "3+"'),
    "a step beyond the plan": (change(step=6), r"step 6 lies beyond the plan's 5 steps"),
    "another plan": (change(steps=9), r"steps: was 9, is 5"),
    "fewer steps than it says": (change(step=4), r"history.json does not hold the steps 1 to 4"),
}


@pytest.mark.parametrize(("spoil", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_checkpoint_is_refused_with_its_reason_and_changes_nothing(kept, spoil, reason):
    run, folder = kept
    spoil(folder, run)
    loop = loop_of(run)
    before = {name: parameter.detach().clone() for name, parameter in loop.trained.items()}
    optimizer = loop.new_optimizer()
    with pytest.raises(CheckpointRefused, match=f"^checkpoint 3: .*{reason}"):
        read_checkpoint(folder, run, TrainedState(loop.trained, optimizer, 5))
    assert all(torch.equal(parameter, before[name]) for name, parameter in loop.trained.items())
    assert not optimizer.state


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda t: {**t, "score.weight": t["score.weight"][:2].clone()}, r"score.weight was .*\[2, 32\], is"),
        (
            lambda t: {**t, "score.weight": t["score.weight"].double()},
            r"was torch.float64 .*, is torch.float32",
        ),
        (
            lambda t: {k: v for k, v in t.items() if k != "score.weight"},
            r"adapter.safetensors lacks score.weight",
        ),
        (lambda t: {**t, "more": t["score.weight"].clone()}, r"adapter.safetensors holds more"),
    ],
    ids=["shape", "dtype", "one tensor less", "one tensor more"],
)
def test_tensors_of_another_model_are_refused_by_name(kept, monkeypatch, spoil, reason):
    run, folder = kept
    place = folder / "adapter.safetensors"
    save_file(spoil(load_file(place)), place)
    # Its hashes agree: only a faulty writer makes such a checkpoint.
    monkeypatch.setattr("nacre_model.checkpoint_folders._check_files", lambda *_: None)
    with pytest.raises(CheckpointRefused, match=reason):
        read(run, folder)


def test_the_commit_and_the_machine_that_made_it_do_not_matter(kept):
    run, folder = kept
    change(environment={"torch": "1.0", "gpu": "another"})(folder, run)
    run.execution = {**run.execution, "micro_batch_tokens": 64}
    assert read(run, folder)[1].step == 3


def test_the_same_step_written_again_replaces_it(kept):
    run, folder = kept
    state, progress = read(run, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    place, size = write_checkpoint(folder.parent, run, state, progress)
    assert place == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert size == sum(len(content) for content in before.values())


def test_the_interval_grows_until_saving_costs_two_percent(job, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("nacre_model.checkpoint_keeper.time.monotonic", lambda: now)
    run = job()
    keep_checkpoints(run, every_seconds=60)
    loop = loop_of(run)
    state = TrainedState(loop.trained, loop.new_optimizer(), 5)
    keeper = CheckpointKeeper(run, state, Ranks.join(run.execution))
    progress = keeper.resume()

    def three_seconds(*_):
        nonlocal now
        now += 3
        return run.output, 7

    monkeypatch.setattr("nacre_model.checkpoint_keeper.write_checkpoint", three_seconds)
    now += 59
    assert not keeper.due()
    now += 1
    assert keeper.due()
    progress.step = 1
    keeper.save(progress)
    [event] = events(run, "checkpoint-written")
    assert event["seconds"] == 3
    now += 149
    assert not keeper.due()
    now += 1
    assert keeper.due()
