"""Hide what may be missing one day in some of the training games.

Odds and shot locations are there for whole seasons and then absent for whole seasons. Trees
that never saw a column without values send its missing ones anywhere: with odds gone in
2025-26, points were forecast 0.4 too high. So in a share of training games every column
that the feature store's contract allows to be null is made null. Nothing is ever filled in,
and forecasts always see the rows as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.dataset import FeatureRows


def hide_optional(
    rows: FeatureRows, optional: Collection[str], share: float, seed: int
) -> NDArray[Any]:
    """Return the matrix to train on.

    Parameters
    ----------
    optional
        Features that may be missing altogether; others are left alone.
    share
        Share of games, from 0 to 1, in which they are hidden.
    seed
        Of the choice of games.

    Returns
    -------
    ndarray
        float32 of the shape of `rows.matrix`, which is not changed.
    """
    columns = [i for i, name in enumerate(rows.features) if name in optional]
    games, game = np.unique(rows.game_id, return_inverse=True)
    is_hidden = (np.random.default_rng(seed).random(len(games)) < share)[game]
    matrix = rows.matrix.copy()
    for column in columns:
        matrix[is_hidden, column] = np.nan
    return matrix
