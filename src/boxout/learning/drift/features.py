"""The features of the last dates against those that a model was trained on.

A season has its own course (roles settle, players tire), so that the last dates are held against
the same weeks of the seasons in training, not against all of it. The measure is the population
stability index over tenths of the earlier values, the sum of (q - p) ln(q / p). Missing values
are no part of it: fewer of them are no harm, and more of them are told by their share; of games
to come, lineups are not missing but not announced yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from boxout.learning.drift.limits import (
    LEAST_MISSING,
    LEAST_SHIFT,
    LEAST_USE,
    SEASON_DAYS,
    WINDOW_DATES,
)
from boxout.learning.hiding import LINEUP_FEATURES
from boxout.learning.states import FEATURE_STORE
from boxout.warehouse.ducklake import LAKE, Warehouse

# Rows of either side below which the shares of tenths are noise.
FEWEST_ROWS = 1_000
TENTHS = "[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]"


@dataclass(frozen=True)
class FeatureShift:
    """How far one feature has moved from what a model knows.

    Attributes
    ----------
    shift
        Population stability index; below 0.1 is little, above 0.25 is commonly called major.
    missing, missing_then
        Share of null values lately, and in the same weeks of earlier seasons.
    rows, rows_then
        Rows on both sides.
    is_degraded
        Whether the shift or the missing values exceed their limits.
    """

    feature: str
    shift: float
    missing: float
    missing_then: float
    rows: int
    rows_then: int
    first_date: date
    last_date: date
    is_degraded: bool


def used_features(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the features that the trees of any statistic owe much to, as the card has them."""
    named: Iterable[str] = (
        name
        for trees in card["trees"].values()
        for name, share in trees["most_used"]
        if share >= LEAST_USE
    )
    return tuple(sorted(set(named)))


def read_shifts(
    warehouse: Warehouse,
    features: tuple[str, ...],
    trained: tuple[date, date],
    until: date | None = None,
) -> tuple[FeatureShift, ...]:
    """Compare the last dates of the feature store with a model's training rows, feature by feature.

    Returns
    -------
    tuple of FeatureShift
        Most shifted first; empty where there are too few rows on either side.

    Parameters
    ----------
    trained
        First and last date of the training rows.
    until
        The last date that counts; the newest of the feature store by default.
    """
    if not features or not warehouse.has_table(FEATURE_STORE):
        return ()
    present = warehouse.columns(f"{LAKE}.{FEATURE_STORE}")
    known = [name for name in features if name in present]
    listed = ", ".join(f'CAST("{name}" AS DOUBLE) AS "{name}"' for name in known)
    names = ", ".join(f'"{name}"' for name in known)
    lineup = ", ".join(f"'{name}'" for name in LINEUP_FEATURES)
    rows = warehouse.records(
        f"""
        WITH store AS (
          SELECT game_date, is_upcoming, {listed} FROM {LAKE}.{FEATURE_STORE}
          WHERE game_date <= coalesce($3::DATE, DATE '2999-12-31')),
        recent AS (
          SELECT min(game_date) AS first_date, max(game_date) AS last_date
          FROM (SELECT DISTINCT game_date FROM store ORDER BY game_date DESC
                LIMIT {WINDOW_DATES})),
        sides AS (
          SELECT s.* EXCLUDE (game_date), s.game_date >= r.first_date AS is_recent
          FROM store AS s CROSS JOIN recent AS r
          WHERE s.game_date >= r.first_date
             OR (s.game_date BETWEEN $1 AND $2 AND EXISTS (
               SELECT 1 FROM range(1, 21) AS y (years)
               WHERE s.game_date BETWEEN
                 r.first_date - to_years(years::INTEGER) - INTERVAL {SEASON_DAYS} DAY
                 AND r.last_date - to_years(years::INTEGER) + INTERVAL {SEASON_DAYS} DAY))),
        tall AS (
          SELECT * FROM sides UNPIVOT INCLUDE NULLS (value FOR feature IN ({names}))
          WHERE NOT (is_upcoming AND feature IN ({lineup}))),
        edges AS (
          SELECT feature, list_distinct(quantile_cont(value, {TENTHS})) AS edges
          FROM tall WHERE NOT is_recent GROUP BY feature),
        binned AS (
          SELECT t.feature, t.is_recent, CASE WHEN t.value IS NULL THEN -1 ELSE
                   len(list_filter(e.edges, lambda edge: t.value > edge)) END AS bin
          FROM tall AS t JOIN edges AS e USING (feature)),
        counted AS (
          SELECT feature, bin, count(*) FILTER (is_recent) AS now,
                 count(*) FILTER (NOT is_recent) AS earlier
          FROM binned GROUP BY ALL),
        shares AS (
          SELECT *, (now + 0.5) / (sum(now) FILTER (bin >= 0) OVER same + 5) AS q,
                 (earlier + 0.5) / (sum(earlier) FILTER (bin >= 0) OVER same + 5) AS p
          FROM counted WINDOW same AS (PARTITION BY feature))
        SELECT feature, coalesce(sum((q - p) * ln(q / p)) FILTER (bin >= 0), 0) AS shift,
               coalesce(sum(now) FILTER (bin < 0), 0) / sum(now) AS missing,
               coalesce(sum(earlier) FILTER (bin < 0), 0) / sum(earlier) AS missing_then,
               sum(now)::BIGINT AS rows, sum(earlier)::BIGINT AS rows_then,
               any_value(r.first_date) AS first_date, any_value(r.last_date) AS last_date
        FROM shares CROSS JOIN recent AS r
        GROUP BY feature HAVING sum(now) >= {FEWEST_ROWS} AND sum(earlier) >= {FEWEST_ROWS}
        ORDER BY shift DESC, feature
        """,
        [*trained, until],
    )
    return tuple(
        FeatureShift(
            **row,
            is_degraded=row["shift"] > LEAST_SHIFT
            or row["missing"] - row["missing_then"] > LEAST_MISSING,
        )
        for row in rows
    )
