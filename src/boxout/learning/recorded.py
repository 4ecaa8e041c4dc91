"""What was said of games that are over, in place of what would be said of them now.

The features of a finished game know from its box score who played and started, so that a
forecast made from them afterwards is none. Where the model has a forecast of it on record out of
sample, that one counts, with the distributions and trusts that the walk had then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.gates import GAMES
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.learning.slate_forecast import SlateForecast
from boxout.learning.storage import PREDICTIONS
from boxout.warehouse.ducklake import LAKE, Warehouse

Array = NDArray[Any]

NUMBERS = ("predicted", "sd", "p10", "p50", "p90", "line", "over_probability")


def recorded_sql(forecast: str, game: str) -> str:
    """SQL of the condition that a forecast on record stands for a game: it is over, and was unseen.

    Parameters
    ----------
    forecast, game
        Aliases of rows of `learning.predictions` and of the schedule.
    """
    return f"{game}.status = 'final' AND NOT {forecast}.is_in_sample AND {forecast}.sd IS NOT NULL"


def with_recorded(
    warehouse: Warehouse, made: SlateForecast
) -> tuple[SlateForecast, Mapping[str, Array]]:
    """Put what is on record of games that are over in the place of what was made now.

    Returns
    -------
    forecast, recorded
        The forecasts, and by market which of the rows are from the record.
    """
    model = made.model.as_walked(made.game_date)
    recorded = {market: np.zeros(made.rows.rows, dtype=np.bool_) for market in made.forecasts}
    expected, forecasts = dict(made.expected), dict(made.forecasts)
    for market, was in recorded.items():
        found = _read(warehouse, made, market)
        place = found["place"].astype(np.int64)
        was[place] = True
        numbers = {name: getattr(forecasts[market], name).copy() for name in NUMBERS}
        for name, values in numbers.items():
            values[place] = np.ma.filled(found[name].astype(np.float64), np.nan)
        forecasts[market] = replace(forecasts[market], **numbers)
        expected[market] = expected[market].astype(np.float64)
        expected[market][place] = model.distributions[market].forecast_of(found["predicted"])
    is_kept = np.all(list(recorded.values()), axis=0) if recorded else np.zeros_like(made.in_sample)
    in_sample = np.where(is_kept, False, made.in_sample)
    now = replace(made, model=model, expected=expected, forecasts=forecasts, in_sample=in_sample)
    return now, recorded


def _read(warehouse: Warehouse, made: SlateForecast, market: str) -> dict[str, Array]:
    stage_keys(warehouse, made.rows)
    return warehouse.execute(
        f"""
        SELECT k.place, {", ".join(f"p.{name}" for name in NUMBERS)}
        FROM {FEATURE_KEYS} AS k
        JOIN {LAKE}.{PREDICTIONS.name} AS p
          ON p.game_date = k.game_date AND p.game_id = k.game_id AND p.player_id = k.player_id
        JOIN {LAKE}.{GAMES} AS g ON g.game_date = k.game_date AND g.game_id = k.game_id
        WHERE p.market = $1 AND p.model_id = $2 AND {recorded_sql("p", "g")}
        """,
        [market, made.model.record.model_id],
    ).fetchnumpy()
