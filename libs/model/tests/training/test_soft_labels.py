import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import softmax
from training_runs import LABELS

from nacre_model.label_folds import held_out_by_label, read_label_folds
from nacre_model.logits_tables import LogitsOrigin, LogitsTable, write_logits_shard
from nacre_model.protocol import ContractViolation, InvalidData
from nacre_model.tables import read_folds
from nacre_model.training_rows import read_training_rows

PROMPT = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}
# Nine train rows in three folds, one blind row, and three extra rows: free, held out of fold 1, a second copy.
EXTRA_FOLDS = {"toy:0010": [], "toy:0011": [1], "toy:0012": [0, 1, 2]}
LABEL_FOLDS = {
    **{f"toy:{row:04d}": row % 3 for row in range(9)},
    "toy:0009": -1,
    "toy:0010": 2,
    "toy:0011": 1,
    "toy:0012": -1,
}


@pytest.fixture
def folds(tmp_path, folds_folder):
    train = [(f"toy:{row:04d}", "toy", row % 3, False, [row % 3]) for row in range(9)]
    extra = [(name, "toy", -1, False, held_out) for name, held_out in EXTRA_FOLDS.items()]
    return folds_folder(tmp_path / "folds", [*train, ("toy:0009", "toy", -1, True, [0, 1, 2]), *extra])


def label_folder(folder, assigned):
    folder.mkdir()
    table = {"example_id": list(assigned), "label_fold": pa.array(assigned.values(), pa.int32())}
    pq.write_table(pa.table(table), folder / "label-folds.parquet")
    return folder


@pytest.fixture
def label_folds(tmp_path):
    return label_folder(tmp_path / "label-folds", LABEL_FOLDS)


def value_of(row, *held_out):
    """What a teacher of these held-out folds says of a row: another number for each row, order and teacher."""
    number, swapped = int(row[0][-4:]), row[1]
    return [number + 0.5 * swapped, sum(2.0**fold for fold in held_out), -1.0]


@pytest.fixture
def teacher(tmp_path, toy_rows):
    """Maker of a teacher's logits on the rows of the tokens that `knows` accepts."""
    made = 0

    def make(*held_out, knows=lambda name: True, **changes):
        nonlocal made
        made += 1
        folder = tmp_path / f"teacher-{made}"
        folder.mkdir()
        rows = [row for row in toy_rows(13) if knows(row[0])]
        origin = {"teacher": "a" * 64, "base": "b" * 64, "prompt": PROMPT, "tokenizer": None, **changes}
        table = LogitsTable(
            np.array([row[0] for row in rows], dtype=object),
            np.array([row[1] for row in rows]),
            np.array([value_of(row, *held_out) for row in rows], dtype=np.float32),
            LogitsOrigin(held_out=held_out, precision="float32", **origin),
        )
        write_logits_shard(folder, 0, LABELS, table)
        return folder

    return make


@pytest.fixture
def student(job, toy_rows, folds):
    """Maker of what the student of a fold learns from: student(policy, fold, inputs)."""

    def make(policy, fold, inputs):
        settings = {} if policy is None else {"label_policy": policy}
        run = job(
            rows=toy_rows(13),
            inputs={"folds": folds, **inputs},
            role="student",
            fold=fold,
            teachers=["big"],
            **settings,
        )
        return read_training_rows(run)

    return make


def names(data):
    """Examples that are learned from."""
    return set(data.tokens.example_ids.tolist())


def said(data):
    """The logits of the one teacher by row."""
    return {key: data.teachers[row, 0].tolist() for row, key in enumerate(data.tokens.keys())}


def held_by(*folds):
    """Whether a teacher of these held-out folds has not seen a row."""
    return lambda name: LABEL_FOLDS[name] in (*folds, -1) or bool(set(EXTRA_FOLDS.get(name, [])) & set(folds))


def test_in_sample_a_student_learns_from_the_teacher_of_its_own_fold_on_every_row(student, teacher):
    data = student(None, 1, {"logits-big": teacher(1)})
    assert names(data) == {f"toy:{row:04d}" for row in (0, 2, 3, 5, 6, 8, 10)}
    assert all(values == value_of(key, 1) for key, values in said(data).items())


def test_out_of_fold_every_row_has_the_label_of_the_one_teacher_that_held_it_out(
    student, teacher, label_folds
):
    logits = {f"logits-big.{fold}": teacher(fold, knows=held_by(fold)) for fold in range(3)}
    data = student("out_of_fold", 0, {"label-folds": label_folds, **logits})
    # The extra rows of all label folds are there: the student has to hold out fold 0 alone.
    assert names(data) == {f"toy:{row:04d}" for row in (1, 2, 4, 5, 7, 8, 10, 11)}
    for key, values in said(data).items():
        assert values == value_of(key, LABEL_FOLDS[key[0]])


def test_nested_every_row_has_the_label_of_the_teacher_that_held_out_it_and_the_dev_fold(
    student, teacher, label_folds
):
    pairs = [(0, 1), (1, 2)]
    logits = {f"logits-big.{one}.{two}": teacher(one, two, knows=held_by(one, two)) for one, two in pairs}
    data = student("nested", 1, {"label-folds": label_folds, **logits})
    for key, values in said(data).items():
        assert values == value_of(key, *sorted((1, LABEL_FOLDS[key[0]])))


def test_nested_an_extra_row_of_the_students_own_label_fold_gets_the_mean_of_every_permitted_teacher(
    student, teacher, label_folds
):
    pairs = [(0, 2), (1, 2)]
    logits = {f"logits-big.{one}.{two}": teacher(one, two, knows=held_by(one, two)) for one, two in pairs}
    labels = said(student("nested", 2, {"label-folds": label_folds, **logits}))
    row = ("toy:0010", True)
    wanted = np.mean([softmax(value_of(row, *pair)) for pair in pairs], axis=0)
    assert softmax(labels[row]) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("policy", "fold", "held_out", "message"),
    [
        (None, 1, [(0,)], r"logits-big\.0: labels of a teacher that held out fold 0; label policy in_sample"),
        ("out_of_fold", 1, [(0,), (1,)], r"held out fold 2, and there are no logits of it \(1 such"),
        (
            "out_of_fold",
            1,
            [(0,), (1,), (0, 2)],
            r"big\.0\.2: labels of a teacher that held out folds 0 and 2",
        ),
        (
            "nested",
            1,
            [(0, 1), (0, 2)],
            "gives the student of fold 1 teachers that held out folds 0 and 1 or",
        ),
        ("nested", 1, [(0, 1), (2,)], r"logits-big\.2: labels of a teacher that held out fold 2"),
    ],
)
def test_labels_of_a_teacher_that_the_policy_does_not_permit_are_refused(
    student, teacher, label_folds, policy, fold, held_out, message
):
    logits = {f"logits-big.{'.'.join(map(str, folds))}": teacher(*folds) for folds in held_out}
    with pytest.raises(InvalidData, match=message):
        student(policy, fold, {"label-folds": label_folds, **logits})


def test_a_teacher_that_is_there_twice_or_made_otherwise_is_refused(student, teacher, label_folds):
    three = {f"logits-big.{fold}": teacher(fold) for fold in range(3)}
    with pytest.raises(
        InvalidData, match=r"logits-big\.again: the teacher that held out fold 1 is there already"
    ):
        student("out_of_fold", 0, {"label-folds": label_folds, **three, "logits-big.again": teacher(1)})
    other = {**three, "logits-big.2": teacher(2, base="f" * 64)}
    with pytest.raises(InvalidData, match=r"logits-big\.2: base, prompt, tokenizer or precision differ"):
        student("out_of_fold", 0, {"label-folds": label_folds, **other})


def test_a_row_that_its_teacher_has_not_labelled_is_named(student, teacher, label_folds):
    three = {f"logits-big.{fold}": teacher(fold) for fold in range(3)}
    short = {**three, "logits-big.2": teacher(2, knows=lambda name: name != "toy:0005")}
    with pytest.raises(InvalidData, match=r"logits-big\.2: toy:0005 \(as given\) is missing \(2 such rows\)"):
        student("out_of_fold", 0, {"label-folds": label_folds, **short})


def test_another_policy_than_in_sample_needs_label_folds(student, teacher):
    logits = {f"logits-big.{fold}": teacher(fold) for fold in range(3)}
    with pytest.raises(ContractViolation, match="label-folds"):
        student("out_of_fold", 0, logits)


def test_teachers_hold_out_the_rows_that_they_will_label(job, toy_rows, folds, label_folds):
    inputs = {"folds": folds, "label-folds": label_folds}
    data = read_training_rows(job(rows=toy_rows(13), inputs=inputs, role="teacher", fold=2))
    assert names(data) == {f"toy:{row:04d}" for row in (0, 1, 3, 4, 6, 7, 11)}
    pair = job(rows=toy_rows(13), inputs=inputs, role="teacher", fold=0, second_fold=2)
    assert names(read_training_rows(pair)) == {f"toy:{row:04d}" for row in (1, 4, 7, 11)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"toy:0004": None}, r"toy:0004 \(as given\) is missing"),
        ({"toy:0099": 1}, r"toy:0099 \(as given\) is not in the folds"),
        ({"toy:0004": 2}, "toy:0004 .* has label fold 2, whose teachers do not hold it out"),
        ({"toy:0011": 0}, "toy:0011 .* has label fold 0"),
        ({"toy:0009": 0}, "toy:0009 .* has label fold 0"),
        ({"toy:0010": 3}, "toy:0010 .* has label fold 3"),
    ],
)
def test_label_folds_that_do_not_fit_the_folds_are_refused_by_the_name_of_the_row(
    tmp_path, folds, changes, message
):
    assigned = {name: fold for name, fold in {**LABEL_FOLDS, **changes}.items() if fold is not None}
    folder = label_folder(tmp_path / "odd", assigned)
    with pytest.raises(InvalidData, match=message):
        read_label_folds(folder, read_folds(folds))


def test_label_folds_that_name_a_row_twice_are_refused(tmp_path, folds):
    folder = tmp_path / "twice"
    folder.mkdir()
    table = {"example_id": ["toy:0000", "toy:0000"], "label_fold": pa.array([0, 0], pa.int32())}
    pq.write_table(pa.table(table), folder / "label-folds.parquet")
    with pytest.raises(InvalidData, match=r"toy:0000 \(as given\) occurs twice"):
        read_label_folds(folder, read_folds(folds))


def test_a_row_without_a_label_fold_stays_held_out_of_what_it_was(folds, label_folds):
    before = read_folds(folds)
    after = held_out_by_label(before, read_label_folds(label_folds, before))
    assert after.held_out_of[9:] == [{0, 1, 2}, {2}, {1}, {0, 1, 2}]
