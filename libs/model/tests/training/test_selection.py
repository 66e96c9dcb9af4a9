"""Which weights a training ends with, and that a checkpoint keeps whatever may become them."""

import numpy as np
import pytest
import torch
from training_runs import digests, events, history, keep_checkpoints, loop_of, stop_during

from nacre_model import protocol
from nacre_model.adapters import attach, read_adapter
from nacre_model.checkpoints import KEPT_FILE
from nacre_model.models import classify, load_classifier
from nacre_model.protocol import CheckpointRefused
from nacre_model.selection import AVERAGED_SHARE, MovingAverage, evaluated
from nacre_model.training import train

FOLDS = [(f"toy:{n:04d}", "toy", n % 4, False, [n % 4]) for n in range(40)]


@pytest.fixture
def same_job(job, toy_rows, folds_folder, tmp_path):
    """Maker of contexts of one stage that ends with the weights of `selection`: 30 steps, dropout, fold 0 held out."""
    inputs = {"folds": folds_folder(tmp_path / "folds", FOLDS)}

    def make(selection, **parameters):
        run = job(
            rows=toy_rows(40),
            inputs=dict(inputs),
            budget=200,
            fold=0,
            epochs=2,
            global_batch=4,
            adapter={"rank": 4, "alpha": 8, "dropout": 0.05},
            selection=selection,
            **parameters,
        )
        inputs.setdefault("tokens-toy", run.input("tokens-toy"))
        return run

    return make


def dev_loss(run):
    """Log loss of the dev rows as given under the weights that the run has written, from the logits' definition."""
    loop = loop_of(run)
    model = load_classifier(run.input("base"), 3, "float32", 0)
    attach(model, read_adapter(run.output))
    losses = []
    for row in range(len(loop.rows.dev)):
        ids = torch.from_numpy(loop.rows.dev.input_ids(row)).long()[None]
        with torch.inference_mode():
            logits = classify(model, ids, torch.tensor([ids.shape[1]]))[0].double()
        losses.append(-logits.log_softmax(-1)[loop.rows.dev.labels[row]].item())
    return len(losses), np.mean(losses)


def test_the_moving_average_is_the_weighted_sum_of_the_weights_of_all_steps():
    trained = {"a": torch.zeros(3)}
    average = MovingAverage(trained, steps=40)
    draw = torch.Generator().manual_seed(0)
    seen = [trained["a"].clone()]
    for step in range(1, 41):
        trained["a"].copy_(torch.randn(3, generator=draw))
        seen.append(trained["a"].clone())
        average.after_step([{"step": step}])
    share = 1 / (AVERAGED_SHARE * 40)
    weights = np.array([(1 - share) ** 40, *(share * (1 - share) ** (40 - step) for step in range(1, 41))])
    assert weights.sum() == pytest.approx(1)
    average.finish()
    assert torch.allclose(
        trained["a"], (torch.from_numpy(weights).float()[:, None] * torch.stack(seen)).sum(0)
    )


def test_dev_rows_are_scored_ten_times_and_at_the_last_step():
    assert [step for step in range(1, 26) if evaluated(step, 25)] == [3, 5, 8, 10, 13, 15, 18, 20, 23, 25]
    assert all(evaluated(step, 4) for step in range(1, 5))


def test_best_dev_ends_with_the_weights_that_had_the_least_log_loss_on_dev_rows(same_job):
    # So high a rate makes the last step a bad one to end with.
    run = same_job("best_dev", learning_rate=0.3, warmup_steps=0)
    figures = train(run)
    losses = [step["dev_log_loss"] for step in history(run) if "dev_log_loss" in step]
    assert len(losses) == 10
    assert min(losses) < losses[-1]
    rows, measured = dev_loss(run)
    assert rows == 10
    assert measured == pytest.approx(min(losses), abs=1e-5)
    assert figures["best_dev_log_loss"] == min(losses)
    scored = events(run, "evaluation-end")
    assert [(event["step"], event["loss"]) for event in scored] == list(
        zip(range(3, 31, 3), losses, strict=True)
    )


def test_dev_rows_choose_weights_and_teach_nothing(same_job):
    last, best, average = (same_job(selection) for selection in ("last", "best_dev", "ema"))
    for run in (last, best, average):
        train(run)
    lines = [{k: v for k, v in line.items() if k != "dev_log_loss"} for line in history(best)]
    assert lines == history(last) == history(average)
    weights = [read_adapter(run.output).head for run in (last, average)]
    assert not torch.equal(*weights)


@pytest.mark.parametrize("selection", ["ema", "best_dev"])
@pytest.mark.parametrize("stops", [(1,), (10, 21)])
def test_a_training_interrupted_at_any_step_ends_with_the_same_weights(same_job, selection, stops):
    parameters = {"learning_rate": 0.3, "warmup_steps": 0}
    whole = same_job(selection, **parameters)
    figures = train(whole)
    resume = None
    for step in stops:
        part = same_job(selection, **parameters)
        folder = keep_checkpoints(part, resume)
        stop_during(loop_of(part), step)
        protocol._stop.asked = False
        resume = folder / str(step)
    last = same_job(selection, **parameters)
    keep_checkpoints(last, resume)
    assert train(last) == figures
    assert digests(last.output) == digests(whole.output)


def test_a_checkpoint_that_lost_the_weights_kept_beside_the_last_is_refused(same_job):
    part, again = same_job("ema"), same_job("ema")
    folder = keep_checkpoints(part)
    stop_during(loop_of(part), 4)
    protocol._stop.asked = False
    (folder / "4" / KEPT_FILE).unlink()
    keep_checkpoints(again, folder / "4")
    with pytest.raises(CheckpointRefused, match=r"kept\.safetensors is missing"):
        train(again)
