"""Why a projection is what it is: the features that moved it most."""

from __future__ import annotations

import numpy as np

from boxout.learning.boosting import contributions
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.learning.markets import select_markets
from boxout.learning.slate_forecast import SlateForecast
from boxout.warehouse.ducklake import Warehouse

REASONS = "projection_reasons"
MOST_REASONS = 3
# One row a player game and market: its reasons, the weightiest first.
LISTED_REASONS = f"""
  SELECT game_id, player_id, market,
         list({{'feature': feature, 'value': value, 'moved': moved}}
              ORDER BY abs(moved) DESC, feature) AS why
  FROM {REASONS} GROUP BY ALL
"""


def stage_reasons(
    warehouse: Warehouse, forecasts: tuple[SlateForecast, ...], most: int = MOST_REASONS
) -> None:
    """Create the temporary table `projection_reasons`: the features that moved each row most.

    Columns game_id, player_id, market, feature, value (null where the store has none) and moved,
    in the market's unit. What moves a combination is the sum over its parts.
    """
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {REASONS} (game_id VARCHAR, player_id BIGINT, "
        "market VARCHAR, feature VARCHAR, value DOUBLE, moved DOUBLE)"
    )
    for made in forecasts:
        if made.forecasts:
            _stage_model(warehouse, made, most)


def _stage_model(warehouse: Warehouse, made: SlateForecast, most: int) -> None:
    markets = select_markets(tuple(made.forecasts))
    needed = {name for market in markets for name in market.statistics}
    of_statistic = {
        name: contributions(made.model.boosters[name], made.rows.matrix) for name in sorted(needed)
    }
    stage_keys(warehouse, made.rows)
    row = np.arange(made.rows.rows)[:, None]
    for market in markets:
        moved = np.sum([of_statistic[name] for name in market.statistics], axis=0)
        chosen = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :most]
        numbers = {
            "place": np.repeat(row, chosen.shape[1]),
            "feature": chosen.ravel().astype(np.int64),
            "value": made.rows.matrix[row, chosen].ravel().astype(np.float64),
            "moved": moved[row, chosen].ravel(),
        }
        warehouse.connection.register("reason_numbers", numbers)
        warehouse.execute(
            f"""
            INSERT INTO {REASONS} BY NAME
            SELECT k.game_id, k.player_id, $1 AS market, $2[n.feature + 1] AS feature,
                   CASE WHEN NOT isnan(n.value) THEN n.value END AS value, n.moved
            FROM reason_numbers AS n JOIN {FEATURE_KEYS} AS k ON k.place = n.place
            """,
            [market.name, list(made.model.features)],
        )
        warehouse.connection.unregister("reason_numbers")
