import numpy as np

from nacre_model.sampling import alternating, epoch_order, example_hashes, hash_text, paired_order
from nacre_model.schedule import global_batches, step_count

IDS = [f"s:{number}" for number in range(500) for _ in range(2)]
SWAPPED = np.array([False, True] * 500)


def order(seed=7, epoch=0, ids=IDS, swapped=SWAPPED):
    rows = epoch_order(seed, epoch, example_hashes(ids), swapped)
    return [(ids[row], bool(swapped[row])) for row in rows]


def test_an_epoch_visits_every_row_once_in_the_same_order_on_every_run():
    assert order() == order()
    assert sorted(order()) == sorted(zip(IDS, SWAPPED.tolist(), strict=True))


def test_orders_differ_between_epochs_and_seeds():
    first = order()
    for other in (order(epoch=1), order(seed=8)):
        same_place = sum(a == b for a, b in zip(first, other, strict=True))
        assert same_place < 10


def test_the_order_does_not_depend_on_how_rows_are_listed():
    shuffle = np.random.default_rng(0).permutation(len(IDS))
    assert order(ids=[IDS[row] for row in shuffle], swapped=SWAPPED[shuffle]) == order()


def test_leaving_a_row_out_leaves_the_order_of_the_others():
    assert order(ids=IDS[:-1], swapped=SWAPPED[:-1]) == [key for key in order() if key != (IDS[-1], True)]


def test_the_two_orders_of_an_example_are_drawn_apart():
    places = {key: place for place, key in enumerate(order())}
    gaps = [abs(places[(example_id, False)] - places[(example_id, True)]) for example_id in set(IDS)]
    # Two independent places among n lie n / 3 apart on average.
    assert 0.28 * len(IDS) < np.mean(gaps) < 0.39 * len(IDS)


def test_paired_orders_stand_beside_each_other_and_pairs_are_shuffled_by_epoch():
    rows = [paired_order(7, epoch, example_hashes(IDS), SWAPPED) for epoch in (0, 1)]
    for order_of_epoch in rows:
        assert sorted(order_of_epoch) == list(range(len(IDS)))
        pairs = [(IDS[row], bool(SWAPPED[row])) for row in order_of_epoch]
        assert all(
            first == (second[0], False) and second[1]
            for first, second in zip(pairs[::2], pairs[1::2], strict=True)
        )
    assert np.mean(rows[0] == rows[1]) < 0.02


def test_an_alternating_example_shows_one_order_per_epoch_and_both_in_two():
    hashes = example_hashes(IDS)
    first, second, third = (alternating(7, epoch, hashes, SWAPPED) for epoch in (0, 1, 2))
    ids = np.array(IDS)
    assert sorted(ids[first]) == sorted(ids[second]) == sorted(set(IDS))
    assert (first != second).all()
    assert (first == third).all()
    # As many begin swapped as not, within three deviations of 500 fair coins.
    assert abs(SWAPPED[first].mean() - 0.5) < 0.067


def test_hashes_are_the_same_in_every_process_and_version():
    assert hash_text("train:1") == 1400540142020106914
    assert epoch_order(1, 0, example_hashes(["a", "b", "c", "d"]), np.zeros(4, bool)).tolist() == [0, 2, 3, 1]


def test_the_last_batch_of_an_epoch_keeps_what_is_left():
    batches = global_batches(np.arange(10), 4)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert step_count(10, 4, 3) == 9
    assert step_count(8, 4, 1) == 2
