"""Walk-forward folds: a model is only ever tried on dates after those it was trained on.

A fold is a run of whole months; its training rows are all rows of earlier dates. The first
fold is used for calibration alone: its errors give the later folds their distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.errors import BoxoutError

# A fold must have this share of all rows before it to be trained on.
LEAST_HISTORY = 0.2
CALIBRATION_MONTHS = 4


@dataclass(frozen=True)
class Fold:
    """One step of the walk.

    Attributes
    ----------
    number
        0 for calibration, then 1, 2, ...
    first_date, last_date
        The dates it is tried on; it is trained on every row before `first_date`.
    train_rows
        The number of rows before `first_date`: rows are in order of date.
    test
        The slice of the rows it is tried on.
    """

    number: int
    first_date: date
    last_date: date
    train_rows: int
    test: slice


def walk_forward(
    game_date: NDArray[Any], season: NDArray[Any], folds: int, test_seasons: int
) -> tuple[Fold, ...]:
    """Cut rows that are in order of date into walk-forward folds.

    Parameters
    ----------
    game_date, season
        datetime64[D] and season names, one element a row, in order.
    folds
        How many folds to test on, besides the one for calibration.
    test_seasons
        How many of the last seasons to test on; the first season is never tested on when
        there are several.

    Raises
    ------
    BoxoutError
        When fewer than two months have enough history before them.
    """
    month = game_date.astype("datetime64[M]")
    starts = np.flatnonzero(np.r_[True, month[1:] != month[:-1]])
    usable = starts[starts >= LEAST_HISTORY * len(month)]
    names = sorted(set(season))
    opening = names[max(1, len(names) - test_seasons)] if len(names) > 1 else names[0]
    tested = usable[season[usable] >= opening]
    calibration = usable[season[usable] < opening][-CALIBRATION_MONTHS:]
    if not len(calibration):
        calibration, tested = np.split(tested, [max(1, len(tested) // 3)])
    if not len(tested):
        raise BoxoutError(
            "There are too few months of games to train on some and test on later ones.",
            f"{game_date[0]} to {game_date[-1]}, {len(game_date):,} rows",
            "Ingest more games, or widen the range.",
        )
    edges = [int(calibration[0]), *_group(tested, len(month), folds), len(month)]
    return tuple(
        Fold(number, game_date[low].item(), game_date[high - 1].item(), low, slice(low, high))
        for number, (low, high) in enumerate(pairwise(edges))
    )


def _group(starts: NDArray[Any], rows: int, folds: int) -> list[int]:
    """Return where each fold begins: month starts nearest to equal shares of the rows."""
    first = int(starts[0])
    wanted = first + (rows - first) * np.arange(folds) / folds
    nearest = np.abs(starts[None, :] - wanted[:, None]).argmin(axis=1)
    return sorted({int(start) for start in starts[nearest]} | {first})
