import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nacre_model.protocol import InvalidData
from nacre_model.tables import NO_LABEL, read_folds, read_tokens, select_rows


def both(example_id, label=0, ids=(1, 2, 3)):
    return [(example_id, False, list(ids), label), (example_id, True, list(ids), label)]


@pytest.fixture
def small(tmp_path, tokens_folder, folds_folder):
    """Five examples: dev of fold 0, dev of fold 1, blind, extra that shares fold 0's prompt, free extra."""
    train = tokens_folder(tmp_path / "train", [*both("t:0"), *both("t:1"), *both("t:2")])
    extra = tokens_folder(tmp_path / "extra", [*both("x:0"), *both("x:1")])
    folds = folds_folder(
        tmp_path / "folds",
        [
            ("t:0", "t", 0, False, [0]),
            ("t:1", "t", 1, False, [1]),
            ("t:2", "t", -1, True, [0, 1]),
            ("x:0", "x", -1, False, [0]),
            ("x:1", "x", -1, False, []),
        ],
    )
    return {"train": train, "extra": extra}, folds


def names(tokens, rows):
    return [tokens.name(row) for row in rows if not tokens.swapped[row]]


def test_tokens_of_several_sources_come_in_the_given_order(small):
    sources, _ = small
    tokens = read_tokens(sources, 3)
    assert tokens.example_ids[::2].tolist() == ["t:0", "t:1", "t:2", "x:0", "x:1"]
    assert tokens.swapped.tolist() == [False, True] * 5
    assert tokens.input_ids(9).tolist() == [1, 2, 3]


def test_taken_rows_keep_ids_labels_and_sequences(tmp_path, tokens_folder):
    rows = [("s:a", False, [5], 0), ("s:a", True, [6, 7], None), ("s:b", False, [8, 9, 10], 2)]
    tokens = read_tokens({"s": tokens_folder(tmp_path / "s", rows)}, 3)
    taken = tokens.take(np.array([2, 0, 1]))
    assert taken.example_ids.tolist() == ["s:b", "s:a", "s:a"]
    assert [taken.input_ids(row).tolist() for row in range(3)] == [[8, 9, 10], [5], [6, 7]]
    assert taken.labels.tolist() == [2, 0, NO_LABEL]


def test_training_rows_of_a_fold_are_those_not_held_out_of_it(small):
    sources, folds = small
    tokens = read_tokens(sources, 3)
    assert names(tokens, select_rows(tokens, read_folds(folds), "training", 0)) == [
        "t:1 (as given)",
        "x:1 (as given)",
    ]
    assert names(tokens, select_rows(tokens, read_folds(folds), "training", 1)) == [
        "t:0 (as given)",
        "x:0 (as given)",
        "x:1 (as given)",
    ]


def test_a_pair_of_folds_holds_out_what_either_does_and_the_rest_of_the_rows_is_held_out(small):
    sources, folds = small
    tokens = read_tokens(sources, 3)
    trained_on = select_rows(tokens, read_folds(folds), "training", 0, 1)
    assert names(tokens, trained_on) == ["x:1 (as given)"]
    held_out = select_rows(tokens, read_folds(folds), "held_out", 0, 1)
    assert sorted([*trained_on, *held_out]) == list(range(10))
    assert names(tokens, select_rows(tokens, read_folds(folds), "held_out", 1)) == [
        "t:1 (as given)",
        "t:2 (as given)",
    ]


def test_calibration_rows_are_those_some_fold_trains_on_and_never_blind_ones(small):
    sources, folds = small
    tokens = read_tokens(sources, 3)
    chosen = names(tokens, select_rows(tokens, read_folds(folds), "training", None))
    assert chosen == ["t:0 (as given)", "t:1 (as given)", "x:0 (as given)", "x:1 (as given)"]


def test_dev_and_blind_rows_are_chosen_from_one_source_alone(small):
    sources, folds = small
    tokens = read_tokens({"train": sources["train"]}, 3)
    rows = select_rows(tokens, read_folds(folds), "dev_and_blind", 1)
    assert names(tokens, rows) == ["t:1 (as given)", "t:2 (as given)"]
    assert names(tokens, select_rows(tokens, read_folds(folds), "blind", None)) == ["t:2 (as given)"]
    assert len(select_rows(tokens, None, "all", None)) == 6


def test_a_token_row_that_the_folds_do_not_know_is_named(small, tmp_path, tokens_folder):
    sources, folds = small
    tokens = read_tokens({**sources, "more": tokens_folder(tmp_path / "m", both("m:9"))}, 3)
    with pytest.raises(InvalidData, match=r"m:9 \(as given\) is in the tokens but not in the folds"):
        select_rows(tokens, read_folds(folds), "training", 0)


def test_an_example_of_the_folds_without_its_swapped_tokens_is_named(small, tmp_path, tokens_folder):
    sources, folds = small
    incomplete = tokens_folder(tmp_path / "i", [*both("t:0"), *both("t:2"), ("t:1", False, [4], 0)])
    tokens = read_tokens({**sources, "train": incomplete}, 3)
    with pytest.raises(InvalidData, match=r"t:1 \(swapped\) is missing"):
        select_rows(tokens, read_folds(folds), "training", 0)


def test_a_fold_trains_on_every_source_of_the_folds_or_not_at_all(small):
    sources, folds = small
    tokens = read_tokens({"train": sources["train"]}, 3)
    with pytest.raises(InvalidData, match=r"x:0 \(as given\) is missing \(4 such rows\)"):
        select_rows(tokens, read_folds(folds), "training", 0)
    assert len(select_rows(tokens, read_folds(folds), "training", None)) == 4


def test_a_choice_without_rows_is_refused(small):
    sources, folds = small
    tokens = read_tokens({"extra": sources["extra"]}, 3)
    with pytest.raises(InvalidData, match="no row is blind"):
        select_rows(tokens, read_folds(folds), "blind", None)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*both("s:a"), ("s:a", True, [1], 0)], r"s:a \(swapped\) occurs twice"),
        ([("s:a", False, [], 0)], "s:a .* has no token"),
        ([("s:a", False, [1], 3)], "s:a .* label outside of 0 … 2"),
        ([("s:a", False, [1], -1)], "s:a .* label outside of 0 … 2"),
        ([], "there is no row"),
    ],
)
def test_tokens_that_cannot_be_used_are_refused(tmp_path, tokens_folder, rows, message):
    with pytest.raises(InvalidData, match=message):
        read_tokens({"s": tokens_folder(tmp_path / "s", rows)}, 3)


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(InvalidData, match=r"nowhere/tokens\.parquet is missing"):
        read_tokens({"s": tmp_path / "nowhere"}, 3)
    pq.write_table(pa.table({"example_id": ["s:a"]}), tmp_path / "tokens.parquet")
    with pytest.raises(InvalidData, match="needs the columns example_id, swapped, input_ids, label"):
        read_tokens({"s": tmp_path}, 3)


def test_an_empty_cell_is_refused_where_only_a_vote_may_be_missing(tmp_path, tokens_folder):
    assert (
        read_tokens({"s": tokens_folder(tmp_path / "s", [("s:a", False, [1], None)])}, 3).labels[0]
        == NO_LABEL
    )
    for row, name in (((None, False, [1], 0), "example_id"), (("s:a", None, [1], 0), "swapped")):
        with pytest.raises(InvalidData, match=rf"s/tokens\.parquet: column {name} has an empty cell"):
            read_tokens({"s": tokens_folder(tmp_path / "s", [row])}, 3)
