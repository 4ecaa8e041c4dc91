"""The months of a season as folds: every month is forecast by trees that end before it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.errors import UsageError
from boxout.learning.folds import Fold

CALIBRATION_FOLDS = 3
# The calibration season starts where this share of its rows is behind, if nothing else is.
LEAST_HISTORY = 0.25


def monthly_folds(
    game_date: NDArray[Any], season: NDArray[Any], tested: Sequence[str]
) -> tuple[Fold, ...]:
    """Cut seasons into months, after a season (or part of one) for calibration.

    Parameters
    ----------
    game_date, season
        datetime64[D] and season names, one element a row, in order of date.
    tested
        The seasons to test on, without a gap between them.

    Returns
    -------
    folds
        Number 0 are those for calibration, 1, 2, ... the tested months.

    Raises
    ------
    UsageError
        When a season has no row, when there is a gap, or when no season is before the first.
    """
    names = sorted(set(season.tolist()))
    missing = [name for name in tested if name not in names]
    if missing or not tested:
        raise UsageError(
            f"There are no training rows of {missing[0] if missing else 'no season'}.",
            "--season",
            f"Choose from {', '.join(names[1:])}.",
        )
    first, last = names.index(min(tested)), names.index(max(tested))
    if first == 0:
        raise UsageError(
            f"{names[0]} is the first season: nothing is known before it to learn from.",
            "--season",
            f"Choose from {', '.join(names[1:])}." if names[1:] else "Ingest another season.",
        )
    if set(names[first : last + 1]) != set(tested):
        raise UsageError(
            "The seasons have a gap between them.", "--season", "Evaluate them one by one."
        )
    start = int(np.flatnonzero(season == names[first])[0])
    end = int(np.flatnonzero(season == names[last])[-1]) + 1
    before = int(np.flatnonzero(season == names[first - 1])[0])
    begin = max(before, int(LEAST_HISTORY * start)) if before == 0 else before
    edges = [*_calibration_edges(game_date, begin, start), *_month_starts(game_date, start, end)]
    calibrations = sum(edge < start for edge in edges)
    return tuple(
        Fold(
            max(0, place - calibrations + 1),
            game_date[low].item(),
            game_date[high - 1].item(),
            low,
            slice(low, high),
        )
        for place, (low, high) in enumerate(pairwise([*edges, end]))
    )


def _calibration_edges(game_date: NDArray[Any], begin: int, end: int) -> list[int]:
    """Return where each fold for calibration begins: at dates, in about equal shares."""
    wanted = np.linspace(begin, end, CALIBRATION_FOLDS + 1)[:-1].astype(int)
    starts = np.searchsorted(game_date, game_date[wanted])
    return sorted({int(edge) for edge in starts if 0 < edge < end})


def _month_starts(game_date: NDArray[Any], begin: int, end: int) -> list[int]:
    month = game_date.astype("datetime64[M]")
    return [i for i in range(begin, end) if i == begin or month[i] != month[i - 1]]
