import numpy as np
import pytest

from nacre_model.batches import cut, micro_batches
from nacre_model.tables import read_tokens


def test_every_row_is_in_one_micro_batch_and_padding_counts_in_the_budget():
    lengths = np.random.default_rng(0).integers(1, 90, size=300)
    parts = cut(lengths, 512)
    assert sorted(np.concatenate(parts).tolist()) == list(range(300))
    assert all(len(part) * lengths[part].max() <= 512 for part in parts)
    padded = sum(len(part) * lengths[part].max() for part in parts)
    assert padded < 1.15 * lengths.sum()


def test_a_row_longer_than_the_budget_stands_alone():
    assert [part.tolist() for part in cut(np.array([3, 700, 4, 600]), 512)] == [[1], [3], [2, 0]]


def test_equal_lengths_keep_their_order():
    assert [part.tolist() for part in cut(np.array([5, 5, 5, 5]), 10)] == [[0, 1], [2, 3]]


def test_no_rows_make_no_micro_batch():
    assert cut(np.array([], dtype=np.int64), 8) == []


@pytest.mark.parametrize("budget", [4, 6, 100])
def test_rows_are_padded_on_the_right_with_the_pad_token(tmp_path, tokens_folder, budget):
    rows = [("s:a", False, [7, 8], 0), ("s:b", False, [9, 9, 9], 1), ("s:c", False, [5], 2)]
    tokens = read_tokens({"s": tokens_folder(tmp_path, rows)}, 3)
    seen = []
    for batch in micro_batches(tokens, np.array([2, 1]), budget, pad_token_id=0):
        assert batch.padded_tokens <= max(budget, 3)
        for row, line, length in zip(
            batch.rows, batch.input_ids.tolist(), batch.lengths.tolist(), strict=True
        ):
            assert line[:length] == tokens.input_ids(row).tolist()
            assert set(line[length:]) <= {0}
            seen.append(int(row))
    assert seen == [1, 2]
