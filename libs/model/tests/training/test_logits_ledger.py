import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from nacre_model.adapters import initial_adapter, write_adapter
from nacre_model.logits import export_logits
from nacre_model.logits_ledger import cells_of, read_ledger
from nacre_model.logits_tables import read_logits
from nacre_model.models import load_classifier
from nacre_model.protocol import InvalidData
from nacre_model.tables import read_tokens

LABELS = ["model_a", "model_b", "tie"]
PROMPT = {"template": "blackpearl", "max_tokens": 64, "truncation": "per_field"}


@pytest.fixture
def adapter(base, tmp_path):
    """Folder of an adapter with a head."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    write_adapter(folder, initial_adapter(load_classifier(base("llama"), 3, "float32", 0), 4, 8.0, seed=1))
    return folder


@pytest.fixture
def export(base, adapter, tokens_folder, context, tmp_path):
    """Maker of finished exports: export(rows, ledgers) gives (metrics, folder)."""
    made = 0

    def make(rows, ledgers=()):
        nonlocal made
        made += 1
        parameters = {"labels": LABELS, "rows": "all", "fold": None, "prompt": PROMPT, "dtype": "float32"}
        inputs = {
            "base": base("llama"),
            "adapter": adapter,
            "tokens-toy": tokens_folder(tmp_path / f"tokens-{made}", rows),
            **{f"ledger-{number}": folder for number, folder in enumerate(ledgers)},
        }
        run = context("export-logits", parameters, inputs, 256)
        return export_logits(run), run.output

    return make


def test_a_thousand_new_rows_ask_for_their_own_cells_alone(export, toy_rows):
    old, new = toy_rows(20), toy_rows(520, seed=7, source="new")
    _, before = export(old)
    metrics, after = export([*new, *old], [before])
    assert metrics["rows"] == 1080
    assert metrics["rows_from_ledger"] == 40
    earlier, later = read_logits(before, LABELS), read_logits(after, LABELS)
    said = dict(zip(later.keys(), later.logits.tolist(), strict=True))
    # A tie reads the same in both orders here: two rows, one cell, the first answer counts.
    assert np.abs(earlier.logits - np.array([said[key] for key in list(earlier.keys())])).max() < 1e-6
    # The new ones are what they are without a ledger, to the rounding of another micro-batch.
    _, apart = export(new)
    alone = read_logits(apart, LABELS)
    assert np.abs(alone.logits - np.array([said[key] for key in list(alone.keys())])).max() < 1e-5


def test_what_is_known_is_not_computed_again(export, toy_rows, tmp_path):
    _, before = export(toy_rows(20))
    # Other numbers in the ledger show where the logits come from.
    planted = tmp_path / "planted"
    shutil.copytree(before, planted)
    table = pq.read_table(planted / "logits-00000.parquet")
    tie = table.column_names.index("logit_tie")
    zeros = np.zeros(table.num_rows, dtype=np.float32)
    pq.write_table(table.set_column(tie, "logit_tie", [zeros]), planted / "logits-00000.parquet")
    metrics, after = export(toy_rows(20), [planted])
    assert metrics["rows_from_ledger"] == 40
    assert metrics["padded_tokens"] == 0
    assert (read_logits(after, LABELS).logits[:, 2] == 0).all()


def test_a_cell_is_found_by_its_tokens_whatever_the_row_is_called(export, toy_rows):
    rows = toy_rows(20)
    _, before = export(rows)
    renamed = [(f"other{name[3:]}", *rest) for name, *rest in rows]
    assert export(renamed, [before])[0]["rows_from_ledger"] == 40
    # One other token is another text, template, order or tokenizer.
    changed = [(name, swapped, [*ids[:-1], 11], label) for name, swapped, ids, label in rows]
    assert export(changed, [before])[0]["rows_from_ledger"] == 0


def test_an_export_from_a_ledger_is_a_ledger(export, toy_rows):
    _, first = export(toy_rows(10))
    _, second = export(toy_rows(20), [first])
    assert export(toy_rows(20), [second])[0]["rows_from_ledger"] == 40
    texts = {tuple(ids) for _, _, ids, _ in toy_rows(20)}
    assert len(read_ledger({"a": first, "b": second}, LABELS)) == len(texts)


def test_cells_are_the_same_for_ever(tmp_path, tokens_folder):
    rows = [("s:a", False, [5, 6, 7], 0), ("s:a", True, [5, 6, 7, 8], 1)]
    tokens = read_tokens({"s": tokens_folder(tmp_path / "s", rows)}, 3)
    assert [cell.hex() for cell in cells_of(tokens)] == [
        "80b3a04d138954e860ccc2c82148ed21",
        "7f214bdf10f092c52755d065a9273ca7",
    ]


def test_a_ledger_without_cells_is_named(export, toy_rows, tmp_path):
    _, before = export(toy_rows(5))
    bare = tmp_path / "bare"
    bare.mkdir()
    table = pq.read_table(before / "logits-00000.parquet").drop_columns(["cell"])
    pq.write_table(table, bare / "logits-00000.parquet")
    with pytest.raises(InvalidData, match=r"bare/logits-00000\.parquet needs the columns cell"):
        export(toy_rows(5), [bare])
