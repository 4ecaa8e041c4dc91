"""What bookmakers offered: game lines, and player props seen shortly before tip-off."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.simulator.columns import Columns

Array = NDArray[Any]

MARKETS = ("points", "rebounds", "assists", "threes", "pra")
BOOKMAKERS = ("Alpine", "Harbor", "Juniper", "Lakeside", "Meridian")
FULL_TIME_MINUTES = 24.0  # who is expected to play this long has lines
LATE_SHARE = 0.03  # of lines, seen after tip-off
MARGIN_SPREAD = 12.5  # points, of a game's margin around the line
OVERROUND = 1.045


def game_line_columns(rng: np.random.Generator, lines: Columns, games: Columns) -> Columns:
    """Return spread, total and moneylines of all games."""
    count = games["game"].size
    expected = np.zeros((count, 2))
    np.add.at(expected, (lines["game"], lines["side"]), lines["expected_points"])
    margin = expected[:, 0] - expected[:, 1] + rng.normal(0, 1.5, count)
    half = np.round(margin * 2) / 2
    # The logistic curve stands in for the normal one; 1.7 makes them alike.
    chance = 1 / (1 + np.exp(-1.7 * margin / MARGIN_SPREAD))
    return {
        "game": games["game"],
        "home_favored": half >= 0,
        "spread": np.abs(half),
        "total": np.round(expected.sum(axis=1) + rng.normal(0, 2, count)) + 0.5,
        "moneyline_home": _american(chance),
        "moneyline_away": _american(1 - chance),
    }


def _american(chance: Array) -> Array:
    implied = np.clip(chance * OVERROUND, 0.02, 0.98)
    favored = -100 * implied / (1 - implied)
    longer = 100 * (1 - implied) / implied
    price = np.where(implied >= 0.5, favored, longer)
    return np.asarray((np.round(price / 5) * 5).astype(np.int64))


def prop_line_columns(
    rng: np.random.Generator,
    lines: Columns,
    markets: tuple[str, ...],
    bookmakers: int,
) -> Columns:
    """Return lines and prices of the players that bookmakers follow, a row a book and market.

    Parameters
    ----------
    lines
        Rows of `line_columns`; those who are out or play little have no lines.
    bookmakers
        How many of `BOOKMAKERS` offer them.
    """
    followed = np.flatnonzero(~lines["is_out"] & (lines["expected_minutes"] >= FULL_TIME_MINUTES))
    shape = (followed.size, len(markets), bookmakers)
    expected = np.stack([_expected(lines, market)[followed] for market in markets], axis=1)
    # The books know more than the box scores, and still are wrong by some.
    opinion = expected[..., None] * np.exp(rng.normal(0, 0.07, (*shape[:2], 1)))
    # Counts lean to the right: their middle lies under their mean.
    middle = 0.97 * opinion * np.exp(rng.normal(0, 0.02, shape))
    line = np.maximum(np.floor(middle), 0) + 0.5
    lean = np.clip(np.round((middle - line) * 12 / np.sqrt(line)), -11, 11)
    early = rng.integers(5, 90, shape)
    is_late = rng.random(shape) < LATE_SHARE
    offered = rng.random(shape) < 0.85
    row, market, bookmaker = (index[offered] for index in np.indices(shape))
    return {
        "game": lines["game"][followed][row],
        "side": lines["side"][followed][row],
        "person": lines["person"][followed][row],
        "market": np.array([MARKETS.index(name) for name in markets])[market],
        "bookmaker": bookmaker,
        "line": line[offered],
        "over_price": (-112 - lean[offered]).astype(np.int64),
        "under_price": (-112 + lean[offered]).astype(np.int64),
        "minutes_to_tip": np.where(is_late, -early // 3 - 1, early)[offered],
    }


def _expected(lines: Columns, market: str) -> Array:
    parts = ("points", "rebounds", "assists") if market == "pra" else (market,)
    return np.asarray(sum(lines[f"expected_{part}"] for part in parts))
