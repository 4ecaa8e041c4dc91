"""Forecasts of one market as arrays, and their way into `learning.predictions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.dataset import FeatureRows
from boxout.learning.distribution import DECIMALS, Distribution
from boxout.learning.keys import FEATURE_KEYS, stage_keys
from boxout.learning.lines import BooksLines
from boxout.learning.storage import PREDICTIONS
from boxout.learning.trust import LineTrust
from boxout.warehouse.ducklake import Warehouse

Array = NDArray[Any]

STAGED = "staged_predictions"
LOW, HIGH = 0.1, 0.9
# SQL over p10, p90 and actual, none of them null: how much of an outcome lies between the two, as
# `evaluation.measures.coverage` has it of a whole distribution, so that its mean is right at
# HIGH - LOW. A whole number k holds what lies between k - 0.5 and k + 0.5. Where p10 is 0 it would
# lie below, at a place that is not on record: its tail is all within the outcome 0, and taken off.
COVERED_SHARE = (
    "greatest(0, least(p90, actual + 0.5) - greatest(CASE WHEN p10 = 0 THEN -0.5 ELSE p10 END, "
    f"actual - 0.5)) - CASE WHEN p10 = 0 THEN {LOW} ELSE 0 END"
)


@dataclass(frozen=True)
class Forecast:
    """One market's forecasts, one element a row of features; NaN where there is none.

    Attributes
    ----------
    predicted, sd, p10, p50, p90, line
        In the market's unit.
    over_probability
        From 0 to 1, given that it is no push.
    """

    predicted: Array
    sd: Array
    p10: Array
    p50: Array
    p90: Array
    line: Array
    over_probability: Array


def empty_forecast(line: Array) -> Forecast:
    """Return forecasts that are all missing but for the line."""
    predicted, sd, p10, p50, p90, over = np.full((6, len(line)), np.nan)
    return Forecast(predicted, sd, p10, p50, p90, line.copy(), over)


def make_forecast(
    predicted: Array, distribution: Distribution, lines: BooksLines, trust: LineTrust
) -> Forecast:
    """Put a distribution around expected values, and chances on the lines."""
    chance = distribution.over_probability(predicted, lines.line)
    spread = distribution.spread(predicted)
    return Forecast(
        np.round(spread.mean, DECIMALS),
        np.round(spread.sd, DECIMALS),
        np.round(spread.quantile(LOW), DECIMALS),
        np.round(spread.median, DECIMALS),
        np.round(spread.quantile(HIGH), DECIMALS),
        lines.line,
        np.round(trust.apply(chance, lines.chance), DECIMALS),
    )


def fill_forecast(whole: Forecast, part: slice, forecast: Forecast) -> None:
    """Write the forecasts of a slice of rows into those of all rows."""
    for name, values in vars(forecast).items():
        getattr(whole, name)[part] = values


def stage_forecasts(
    warehouse: Warehouse,
    rows: FeatureRows,
    forecasts: Mapping[str, Forecast],
    model_id: str,
    data_version: int,
    predicted_at: datetime,
    *,
    is_in_sample: bool | Array,
) -> None:
    """Create the temporary table `staged_predictions` from every forecast that there is.

    Parameters
    ----------
    is_in_sample
        Of all rows, or of each of them.
    """
    in_sample = np.broadcast_to(np.asarray(is_in_sample, dtype=np.bool_), rows.rows)
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in PREDICTIONS.columns)
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} ({columns})")
    stage_keys(warehouse, rows)
    if not forecasts:
        return
    present = [np.flatnonzero(~np.isnan(each.predicted)) for each in forecasts.values()]
    places = np.concatenate(present)
    numbers = {
        "place": places,
        "is_in_sample": in_sample[places],
        "market": np.repeat(np.arange(1, len(forecasts) + 1), [len(rows) for rows in present]),
    }
    for name in (field.name for field in fields(Forecast)):
        parts = zip(forecasts.values(), present, strict=True)
        numbers[name] = np.concatenate([getattr(each, name)[rows] for each, rows in parts])
    warehouse.connection.register("forecast_numbers", numbers)
    warehouse.execute(
        f"""
        INSERT INTO {STAGED} BY NAME
        SELECT k.* EXCLUDE (place), n.* EXCLUDE (place, market),
               ($1::VARCHAR[])[n.market] AS market,
               $2 AS model_id, $3 AS data_version, $4::TIMESTAMP AS predicted_at
        FROM forecast_numbers AS n JOIN {FEATURE_KEYS} AS k ON k.place = n.place
        """,
        [list(forecasts), model_id, data_version, predicted_at],
    )
    warehouse.connection.unregister("forecast_numbers")
