"""Which rows calibrate."""

import numpy as np
import pytest

from nacre_model.protocol import InvalidData
from nacre_model.tables import FoldTable, read_folds, read_tokens
from nacre_quantization.calibration import calibration_rows


@pytest.fixture(scope="module")
def tables(tmp_path_factory, make_rows):
    root = tmp_path_factory.mktemp("rows")
    make_rows(root / "tokens", root / "folds", count=40)
    return read_tokens({"train": root / "tokens"}, 3), read_folds(root / "folds")


def keys_of(tokens, rows):
    keys = tokens.keys()
    return [keys[row] for row in rows]


def test_no_blind_row_calibrates_however_many_are_asked_for(tables):
    tokens, folds = tables
    rows = calibration_rows(tokens, folds, 10_000, seed=1)
    blind = set(folds.example_ids[folds.blind])
    chosen = {example_id for example_id, _ in keys_of(tokens, rows)}
    assert blind
    assert chosen == set(folds.example_ids) - blind


def test_a_row_that_every_fold_held_out_does_not_calibrate(tables):
    tokens, folds = tables
    held_out_of = [frozenset({0, 1}) if n == 0 else held for n, held in enumerate(folds.held_out_of)]
    changed = FoldTable(folds.example_ids, folds.sources, folds.folds, folds.blind, held_out_of)
    rows = calibration_rows(tokens, changed, 10_000, seed=1)
    assert folds.example_ids[0] not in {example_id for example_id, _ in keys_of(tokens, rows)}


def test_the_seed_chooses_and_both_orders_take_part(tables):
    tokens, folds = tables
    first = calibration_rows(tokens, folds, 20, seed=1)
    assert len(first) == 20
    assert np.array_equal(first, calibration_rows(tokens, folds, 20, seed=1))
    assert not np.array_equal(first, calibration_rows(tokens, folds, 20, seed=2))
    assert {swapped for _, swapped in keys_of(tokens, first)} == {False, True}


def test_the_order_of_the_folds_table_does_not_matter(tables):
    tokens, folds = tables
    turned = FoldTable(
        folds.example_ids[::-1], folds.sources, folds.folds[::-1], folds.blind[::-1], folds.held_out_of[::-1]
    )
    assert np.array_equal(
        calibration_rows(tokens, folds, 20, seed=1), calibration_rows(tokens, turned, 20, seed=1)
    )


def test_without_a_training_row_there_is_nothing_to_calibrate_on(tables):
    tokens, folds = tables
    blind = FoldTable(
        folds.example_ids, folds.sources, folds.folds, np.ones_like(folds.blind), folds.held_out_of
    )
    with pytest.raises(InvalidData, match="training"):
        calibration_rows(tokens, blind, 20, seed=1)
