"""Which rows the Hessians are made of."""

from __future__ import annotations

import numpy as np

from nacre_model.sampling import epoch_order, example_hashes
from nacre_model.tables import FoldTable, TokenTable, select_rows


def calibration_rows(tokens: TokenTable, folds: FoldTable, count: int, seed: int) -> np.ndarray:
    """Positions of `count` rows that some fold trained on, in either order; int64, ascending.

    Never a blind row: what the blind slice says of the quantized model would not be honest. A
    function of the seed and the rows' keys. All eligible rows where there are fewer.

    Raises InvalidData when there is none, or when tokens and folds do not hold the same examples.
    """
    eligible = select_rows(tokens, folds, "training", None)
    hashes = example_hashes(tokens.example_ids[eligible].tolist())
    return np.sort(eligible[epoch_order(seed, 0, hashes, tokens.swapped[eligible])[:count]])
