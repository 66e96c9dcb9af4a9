from collections import Counter

import numpy as np
import pytest
import torch
from training_runs import FILES, LABELS, history, loop_of

from nacre_model.logits_tables import LogitsOrigin, LogitsTable, write_logits_shard
from nacre_model.protocol import ContractViolation, InvalidData
from nacre_model.schedule import plan_steps
from nacre_model.training import train
from nacre_model.training_rows import read_training_rows


def write_teacher(folder, rows, logits, held_out=()):
    folder.mkdir()
    prompt = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}
    table = LogitsTable(
        np.array([row[0] for row in rows], dtype=object),
        np.array([row[1] for row in rows]),
        np.asarray(logits, dtype=np.float32),
        LogitsOrigin("a" * 64, "b" * 64, held_out, prompt, None, "float32"),
    )
    write_logits_shard(folder, 0, LABELS[: table.logits.shape[1]], table)
    return folder


def test_rows_held_out_of_a_fold_have_no_influence(job, toy_rows, folds_folder, tmp_path):
    rows = toy_rows(12)
    folds = folds_folder(
        tmp_path / "folds",
        [(f"toy:{n:04d}", "toy", n % 2, n == 0, [0, 1] if n == 0 else [n % 2]) for n in range(12)],
    )
    poisoned = [
        (i, s, [1, 40, 41], 2) if int(i[-4:]) % 2 == 0 else (i, s, ids, label) for i, s, ids, label in rows
    ]
    runs = [job(rows=these, inputs={"folds": folds}, fold=0) for these in (rows, poisoned)]
    assert [train(run)["rows"] for run in runs] == [12, 12]
    assert (runs[0].output / FILES[1]).read_bytes() == (runs[1].output / FILES[1]).read_bytes()


def test_swap_answers_none_trains_on_rows_as_given_alone(job):
    run = job(swap_answers="none")
    assert train(run)["rows"] == 40
    assert not read_training_rows(run).tokens.swapped.any()


def test_alternate_computes_half_of_double_and_sees_both_orders_in_two_epochs(job):
    double, alternate = job(epochs=2), job(epochs=2, swap_answers="alternate")
    whole, half = train(double), train(alternate)
    # 40 comparisons in steps of 16 rows: 5 steps an epoch of both orders, 3 of one.
    assert (whole["steps"], half["steps"]) == (10, 6)
    assert half["tokens"] * 2 == whole["tokens"]
    tokens = read_training_rows(alternate).tokens
    seen = np.concatenate([step.rows for step in plan_steps(alternate.parameters, tokens)])
    assert sorted(seen) == list(range(80))


def test_a_paired_step_holds_both_orders_of_each_of_its_comparisons(job):
    run = job(swap_answers="paired", epochs=2)
    assert train(run)["steps"] == 10
    tokens = read_training_rows(run).tokens
    for step in plan_steps(run.parameters, tokens):
        assert set(Counter(tokens.example_ids[step.rows]).values()) == {2}


@pytest.mark.parametrize("swap", ["alternate", "paired"])
def test_a_comparison_without_one_of_its_orders_is_refused_where_both_are_needed(job, toy_rows, swap):
    with pytest.raises(InvalidData, match=r"tokens: toy:0005 \(swapped\) is missing"):
        train(job(rows=toy_rows(6)[:-1], swap_answers=swap))


def test_a_swapped_row_learns_from_the_teachers_logits_of_that_very_row(job, toy_rows, tmp_path):
    rows = toy_rows(6)
    values = np.random.default_rng(0).normal(size=(2, 12, 3)).astype(np.float32)
    order = np.random.default_rng(1).permutation(12)
    folders = {
        f"logits-{name}": write_teacher(tmp_path / name, [rows[n] for n in order], values[index][order])
        for index, name in enumerate(("one", "two"))
    }
    data = read_training_rows(job(rows=rows, inputs=folders, teachers=["two", "one"]))
    for position in range(12):
        key = (data.tokens.example_ids[position], bool(data.tokens.swapped[position]))
        source = [row[:2] for row in rows].index(key)
        assert data.teachers[position, 0].tolist() == values[1][source].tolist()
        assert data.teachers[position, 1].tolist() == values[0][source].tolist()


def test_a_teacher_without_logits_for_a_row_or_without_any_is_refused(job, toy_rows, tmp_path):
    rows = toy_rows(6)
    teacher = write_teacher(tmp_path / "t", rows[:-1], np.zeros((11, 3)))
    with pytest.raises(InvalidData, match=r"logits-big: toy:0005 \(swapped\) is missing"):
        train(job(rows=rows, inputs={"logits-big": teacher}, teachers=["big"]))
    with pytest.raises(ContractViolation, match="logits-big"):
        train(job(rows=rows, teachers=["big"]))


def test_a_row_without_a_vote_is_refused_unless_only_teachers_are_learned_from(job, toy_rows, tmp_path):
    rows = [*toy_rows(6)[:-1], ("toy:0005", True, [1, 3], None)]
    with pytest.raises(InvalidData, match=r"toy:0005 \(swapped\) has no label \(1 such rows\)"):
        train(job(rows=rows))
    teacher = write_teacher(tmp_path / "t", rows, np.zeros((12, 3)))
    losses = {"cross_entropy": 0, "kl": 1, "cosine": 0, "temperature": 2}
    train(job(rows=rows, inputs={"logits-big": teacher}, teachers=["big"], losses=losses))


def test_a_source_that_learns_from_teachers_alone_needs_no_votes(job, toy_rows, tmp_path):
    rows = [*toy_rows(6), *((i, s, ids, None) for i, s, ids, _ in toy_rows(6, source="raw"))]
    teacher = write_teacher(tmp_path / "t", rows, np.random.default_rng(2).normal(size=(24, 3)))
    usual = {"cross_entropy": 1, "kl": 1, "cosine": 1, "temperature": 1}
    inputs = {"logits-big": teacher}
    with pytest.raises(InvalidData, match=r"raw:0000 \(as given\) has no label \(12 such rows\)"):
        train(job(rows=rows, inputs=inputs, teachers=["big"], losses=usual))
    losses = {**usual, "by_source": {"raw": {"cross_entropy": 0}}}
    run = job(rows=rows, inputs=inputs, teachers=["big"], losses=losses)
    assert train(run)["rows"] == 24


def test_a_student_without_a_fold_learns_from_teachers_that_held_out_none_in_sample(
    job, toy_rows, folds_folder, tmp_path
):
    rows = toy_rows(12)
    folds = folds_folder(
        tmp_path / "folds",
        [
            (f"toy:{n:04d}", "toy", -1 if n == 0 else n % 2, n == 0, [0, 1] if n == 0 else [n % 2])
            for n in range(12)
        ],
    )
    inputs = {"folds": folds, "logits-big": write_teacher(tmp_path / "full", rows, np.zeros((24, 3)))}
    run = job(rows=rows, inputs=inputs, role="student", teachers=["big"])
    # All but the blind one, in both orders.
    assert train(run)["rows"] == 22
    inputs["logits-big"] = write_teacher(tmp_path / "fold", rows, np.zeros((24, 3)), held_out=(0,))
    with pytest.raises(InvalidData, match="a teacher that held out fold 0"):
        train(job(rows=rows, inputs=inputs, role="student", teachers=["big"]))


def test_a_training_of_some_sources_learns_from_their_rows_alone(job, toy_rows, folds_folder, tmp_path):
    rows = [*toy_rows(6), *toy_rows(4, seed=1, source="given"), *toy_rows(4, seed=2, source="raw")]
    ids = [(row[0], row[0].partition(":")[0]) for row in rows[::2]]
    folds = folds_folder(
        tmp_path / "folds",
        [
            (i, s, n % 2 if s == "toy" else -1, False, [n % 2] if s == "toy" else [])
            for n, (i, s) in enumerate(ids)
        ],
    )
    inputs = {
        "folds": folds,
        "logits-big": write_teacher(tmp_path / "t", rows, np.zeros((28, 3)), held_out=(0,)),
    }
    run = job(rows=rows, inputs=inputs, fold=0, role="student", teachers=["big"], sources=["given", "toy"])
    seen = Counter(example_id.partition(":")[0] for example_id in read_training_rows(run).tokens.example_ids)
    assert seen == {"toy": 6, "given": 8}
    with pytest.raises(InvalidData, match="sources: other has no row to train on"):
        train(job(rows=rows, inputs=inputs, fold=0, sources=["toy", "other"]))


def test_an_order_seed_changes_the_order_of_rows_and_neither_head_nor_factors(job):
    one, other = job(), job(order_seed=7)
    starts = [loop_of(run) for run in (one, other)]
    for name, parameter in starts[0].trained.items():
        assert torch.equal(parameter, starts[1].trained[name]), name
    plans = [
        list(plan_steps(run.parameters, loop.rows.tokens))
        for run, loop in zip((one, other), starts, strict=True)
    ]
    orders = [np.concatenate([step.rows for step in plan]) for plan in plans]
    assert sorted(orders[0]) == sorted(orders[1])
    assert (orders[0] != orders[1]).mean() > 0.9


def test_a_student_approaches_a_fixed_teacher(job, toy_rows, tmp_path):
    rows = toy_rows(120)
    wanted = torch.tensor([[2.0, 0.0, -1.0], [-1.0, 1.0, 1.0], [0.0, -2.0, 1.0]])
    # The teacher answers by the token that tells the vote; the votes themselves are noise here.
    teacher = write_teacher(tmp_path / "t", rows, [wanted[row[3]].tolist() for row in rows])
    draw = np.random.default_rng(5)
    noisy = [(i, s, ids, int(draw.integers(3))) for i, s, ids, _ in rows]
    losses = {"cross_entropy": 0, "kl": 1, "cosine": 1, "temperature": 1}
    run = job(
        rows=noisy,
        inputs={"logits-big": teacher},
        role="student",
        teachers=["big"],
        losses=losses,
        epochs=5,
        learning_rate=1e-2,
    )
    train(run)
    steps = [step["loss"] for step in history(run)]
    assert np.mean(steps[-5:]) < 0.2 * np.mean(steps[:3])
