"""Give the database the identity of feature rows, so that results can be joined to them.

Numbers go in once a row and text once a game, in one string: DuckDB takes Python's text one
object at a time, and looks for pandas at each.
"""

from __future__ import annotations

import numpy as np

from boxout.learning.dataset import FeatureRows
from boxout.warehouse.ducklake import Warehouse

FEATURE_KEYS = "feature_keys"


def stage_keys(warehouse: Warehouse, rows: FeatureRows) -> None:
    """Create the temporary table `feature_keys` of (place, identity).

    `place` counts the rows from 0; the identity is season, game_date, game_id, player_id.
    """
    games, first, game = np.unique(rows.game_id, return_index=True, return_inverse=True)
    numbers = {
        "place": np.arange(rows.rows),
        "game": game.astype(np.int64),
        "player_id": rows.player_id,
    }
    per_game = (games, rows.season[first], rows.game_date[first])
    warehouse.connection.register("key_numbers", numbers)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {FEATURE_KEYS} AS
        SELECT n.place, g.season, g.game_date, g.game_id, n.player_id
        FROM key_numbers AS n
        -- of no game the text is empty, which splits into one empty text and is no date
        JOIN (SELECT unnest(string_split($1, ' ')) AS game_id,
                     unnest(string_split($2, ' ')) AS season,
                     CAST(nullif(unnest(string_split($3, ' ')), '') AS DATE) AS game_date,
                     unnest(range($4)) AS game) AS g
          ON g.game = n.game
        """,
        [*(" ".join(map(str, of)) for of in per_game), len(games)],
    )
    warehouse.connection.unregister("key_numbers")
