import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nacre_model.logits_tables import (
    LOGITS_SHARD_ROWS,
    LogitsOrigin,
    LogitsTable,
    join_logits,
    logits_file,
    read_logits,
    write_logits_shard,
)
from nacre_model.protocol import InvalidData
from nacre_model.tables import read_tokens

LABELS = ["model_a", "model_b", "tie"]
PROMPT = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}


def logits_of(keys, values=None, origin=None):
    ids, swapped = zip(*keys, strict=True)
    values = np.zeros((len(keys), 3), np.float32) if values is None else values
    return LogitsTable(np.array(ids, dtype=object), np.array(swapped), values, origin)


def origin_of(*held_out, **changes):
    return LogitsOrigin(
        **{"teacher": "a" * 64, "base": "b" * 64, "tokenizer": "c" * 64, "precision": "float32", **changes},
        held_out=held_out,
        prompt=PROMPT,
    )


@pytest.fixture
def tokens(tmp_path, tokens_folder):
    """Five examples in both orders."""
    rows = [(f"t:{row}", swapped, [1, 2, 3], 0) for row in range(5) for swapped in (False, True)]
    return read_tokens({"t": tokens_folder(tmp_path / "t", rows)}, 3)


def test_logits_come_back_as_they_were_written_in_shards(tmp_path):
    count = LOGITS_SHARD_ROWS + 3
    values = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    rows = logits_of([(f"s:{row}", False) for row in range(count)], values)
    for shard, part in enumerate((slice(0, LOGITS_SHARD_ROWS), slice(LOGITS_SHARD_ROWS, count))):
        write_logits_shard(
            tmp_path, shard, LABELS, LogitsTable(rows.example_ids[part], rows.swapped[part], values[part])
        )
    again = read_logits(tmp_path, LABELS)
    assert np.array_equal(again.logits, values)
    assert again.keys() == rows.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == [logits_file(0), logits_file(1)]
    assert again.origin is None
    schema = pq.read_schema(tmp_path / logits_file(0))
    assert schema.names == ["example_id", "swapped", "logit_model_a", "logit_model_b", "logit_tie"]
    assert schema.field("logit_tie").type == pa.float32()


def test_equal_logits_give_equal_bytes(tmp_path):
    rows = logits_of([("s:a", False), ("s:a", True)])
    paths = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        paths.append(write_logits_shard(tmp_path / name, 0, LABELS, rows))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_missing_shard_or_a_repeated_or_infinite_row_is_refused(tmp_path):
    with pytest.raises(InvalidData, match="shards are missing"):
        read_logits(tmp_path, LABELS)
    write_logits_shard(tmp_path, 1, LABELS, logits_of([("s:a", False)]))
    with pytest.raises(InvalidData, match="shards are missing"):
        read_logits(tmp_path, LABELS)
    write_logits_shard(tmp_path, 0, LABELS, logits_of([("s:a", False)]))
    with pytest.raises(InvalidData, match=r"s:a \(as given\) occurs twice"):
        read_logits(tmp_path, LABELS)
    infinite = np.array([[0, np.inf, 0]], np.float32)
    write_logits_shard(tmp_path, 0, LABELS, logits_of([("s:b", True)], infinite))
    with pytest.raises(InvalidData, match=r"s:b \(swapped\) has a logit that is not finite"):
        read_logits(tmp_path, LABELS)


def test_logits_are_joined_by_key_whatever_their_order(tokens):
    keys = tokens.keys()[::-1]
    values = np.arange(len(keys) * 3, dtype=np.float32).reshape(-1, 3)
    joined = join_logits(tokens, np.array([0, 3]), logits_of(keys, values), "logits of a")
    assert joined.tolist() == [values[9].tolist(), values[6].tolist()]


def test_a_missing_or_foreign_row_of_the_logits_is_named(tokens):
    with pytest.raises(InvalidData, match=r"logits of a: t:1 \(swapped\) is missing"):
        join_logits(tokens, np.array([0, 3]), logits_of(tokens.keys()[:2]), "logits of a")
    foreign = logits_of([*tokens.keys(), ("z:1", False)])
    with pytest.raises(InvalidData, match=r"logits of a: z:1 \(as given\) is not in the tokens"):
        join_logits(tokens, np.array([0]), foreign, "logits of a")


def test_logits_say_whose_they_are(tmp_path):
    origin = origin_of(0, 2)
    path = write_logits_shard(tmp_path, 0, LABELS, logits_of([("s:a", False)], origin=origin))
    assert read_logits(tmp_path, LABELS).origin == origin
    # As the query page of the docs reads it: JSON under one key of the file's metadata.
    assert pq.read_metadata(path).metadata[b"nacre.origin"].startswith(b'{"base":"bbbb')


def test_shards_of_different_models_are_refused(tmp_path):
    write_logits_shard(tmp_path, 0, LABELS, logits_of([("s:a", False)], origin=origin_of(0)))
    write_logits_shard(tmp_path, 1, LABELS, logits_of([("s:b", False)], origin=origin_of(1)))
    with pytest.raises(InvalidData, match="its shards are of different models"):
        read_logits(tmp_path, LABELS)
