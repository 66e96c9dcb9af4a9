"""How far lengths or counts of words alone tell who wins: two logistic regressions.

    .venv/bin/python tools/python/text_baselines.py --fit COMPARISONS… --folds FOLDS --predict COMPARISONS --output FILE

Each regression is fitted to the votes of the given rows, blind ones left out, every row also with its
answers exchanged; its strength of regularisation is chosen by cross-validation over prompt groups.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler

STRENGTHS = np.logspace(-3, 3, 13)
"""Inverse strengths of regularisation to choose from."""

SPLITS = 5

Answers = tuple[list[str], list[str]]
"""First and second answer of N rows as they are presented."""


def read_rows(path: Path) -> pa.Table:
    """Rows of a comparisons.parquet, the answers as one text each: a, b."""
    table = pq.read_table(path, columns=["example_id", "response_a", "response_b", "label", "prompt_group"])
    for short in ("a", "b"):
        turns = table[f"response_{short}"].to_pylist()
        joined = [" ".join(turn or "" for turn in answer) for answer in turns]
        table = table.append_column(short, pa.array(joined, pa.string()))
    return table.drop_columns(["response_a", "response_b"])


def fitting_rows(paths: Sequence[Path], folds: Path) -> pa.Table:
    """Labelled rows of the sources that are not blind."""
    blind = pq.read_table(folds, columns=["example_id", "blind"])
    hidden = {row["example_id"] for row in blind.to_pylist() if row["blind"]}
    table = pa.concat_tables([read_rows(path) for path in paths])
    kept = [
        example not in hidden and label is not None
        for example, label in zip(table["example_id"].to_pylist(), table["label"].to_pylist(), strict=True)
    ]
    return table.filter(pa.array(kept))


def length_features(answers: Answers) -> sparse.csr_matrix:
    """[N, 4]: difference of the word counts, its size, log of their ratio, their sum."""
    first, second = (np.array([max(1, len(text.split())) for text in side], float) for side in answers)
    difference = first - second
    return sparse.csr_matrix(
        np.stack([difference, np.abs(difference), np.log(first / second), first + second], axis=1)
    )


def word_features(vectorizer: CountVectorizer) -> Callable[[Answers], sparse.csr_matrix]:
    """[N, words]: how much oftener a word stands in the first answer than in the second."""
    return lambda answers: sparse.csr_matrix(
        vectorizer.transform(answers[0]).astype(float) - vectorizer.transform(answers[1]).astype(float)
    )


def fit(features: Callable[[Answers], sparse.csr_matrix], rows: pa.Table, labels: Sequence[str]) -> Pipeline:
    """The regression of the votes (as indices of labels) on the features of both orders of every row."""
    a, b = rows["a"].to_pylist(), rows["b"].to_pylist()
    votes = np.array([labels.index(label) for label in rows["label"].to_pylist()])
    exchanged = np.where(votes < 2, 1 - votes, votes)
    groups = np.tile(np.array(rows["prompt_group"].to_pylist()), 2)
    inputs = sparse.vstack([features((a, b)), features((b, a))]).tocsr()
    targets = np.concatenate([votes, exchanged])
    splits = GroupKFold(min(SPLITS, len(set(groups)))).split(inputs, targets, groups)
    regression = LogisticRegressionCV(
        Cs=STRENGTHS,
        l1_ratios=(0.0,),
        cv=list(splits),
        scoring="neg_log_loss",
        max_iter=2000,
        use_legacy_attributes=False,
    )
    return make_pipeline(MaxAbsScaler(), regression).fit(inputs, targets)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit both regressions and write {baseline, example_id, p_<label>…} of the rows to predict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fit", type=Path, action="append", required=True, help="comparisons.parquet")
    parser.add_argument("--folds", type=Path, required=True, help="folds.parquet: which rows are blind")
    parser.add_argument("--predict", type=Path, required=True, help="comparisons.parquet of other rows")
    parser.add_argument("--labels", default="model_a,model_b,tie", help="in order, separated by commas")
    parser.add_argument("--output", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of text")
    options = parser.parse_args(arguments)
    labels = options.labels.split(",")
    known, asked = fitting_rows(options.fit, options.folds), read_rows(options.predict)
    missing = set(labels) - set(known["label"].to_pylist())
    if missing:
        parser.error(f"the rows to fit hold no vote for {', '.join(sorted(missing))}")
    vectorizer = CountVectorizer(token_pattern=r"\S+", lowercase=False)
    vectorizer.fit(known["a"].to_pylist() + known["b"].to_pylist())
    parts = []
    for name, features in {"length_only": length_features, "bag_of_words": word_features(vectorizer)}.items():
        regression = fit(features, known, labels)
        probabilities = regression.predict_proba(features((asked["a"].to_pylist(), asked["b"].to_pylist())))
        columns = {f"p_{label}": probabilities[:, index] for index, label in enumerate(labels)}
        parts.append(
            pa.table({"baseline": [name] * len(asked), "example_id": asked["example_id"], **columns})
        )
        said = {"baseline": name, "rows": len(known), "C": float(np.ravel(regression[-1].C_)[0])}
        print(json.dumps(said) if options.json else f"{name}: {said['rows']} rows, C = {said['C']:g}")
    pq.write_table(pa.concat_tables(parts), options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
