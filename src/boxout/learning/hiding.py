"""Hide what may be missing one day in some of the training games.

Odds and shot locations are there for whole seasons and then absent for whole seasons. Trees
that never saw a column without values send its missing ones anywhere: with odds gone in
2025-26, points were forecast 0.4 too high. So in a share of training games every column
that the feature store's contract allows to be null is made null, but for those of a player's past
seasons: they are of box scores, without which there is nothing, and in his first game of a season
they are all that is known. Who starts is announced half an hour before tip-off, and most forecasts
are made before: it is hidden in a share of games of its own. Nothing is ever filled in, and
forecasts always see the rows as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import FeatureRows
from boxout.learning.states import FEATURE_STORE
from boxout.pipeline.graph import Graph

# What is known from the announcement of the lineups on.
LINEUP_FEATURES = ("is_starting", "new_starters", "benched_starters")
PAST_SEASONS = "precompute.player_past_seasons"


def may_be_missing(graph: Graph) -> frozenset[str]:
    """Return the features that may be missing altogether one day."""
    past = graph.tables.get(PAST_SEASONS)
    return graph.table(FEATURE_STORE).may_be_null - (past.may_be_null if past else frozenset())


def hide_optional(
    rows: FeatureRows, optional: Collection[str], options: BoostingOptions
) -> NDArray[Any]:
    """Return the matrix to train on.

    Parameters
    ----------
    optional
        Features that may be missing altogether; others are left alone.
    options
        The share of games in which they are hidden, and the seed of the choice of games.

    Returns
    -------
    ndarray
        float32 of the shape of `rows.matrix`, which is not changed.
    """
    games, game = np.unique(rows.game_id, return_inverse=True)
    draw = np.random.default_rng(options.seed)
    matrix = rows.matrix.copy()
    for names in (optional, LINEUP_FEATURES):
        is_hidden = (draw.random(len(games)) < options.hidden_share)[game]
        for column, name in enumerate(rows.features):
            if name in names:
                matrix[is_hidden, column] = np.nan
    return matrix


Rows = TypeVar("Rows", bound=FeatureRows)


def before_lineups(rows: Rows) -> Rows:
    """Return rows as they were before the lineups were announced."""
    columns = [i for i, name in enumerate(rows.features) if name in LINEUP_FEATURES]
    matrix = rows.matrix.copy()
    matrix[:, columns] = np.nan
    return replace(rows, matrix=matrix)
