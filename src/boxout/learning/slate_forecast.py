"""Make the forecasts of one date, each market by its champion, and write nothing.

`predict` puts them on record, and the board and the pictures show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.errors import BoxoutError, GateError
from boxout.learning.champions.decisions import Lineup, read_lineup
from boxout.learning.dataset import FeatureRows, load_features
from boxout.learning.forecasts import Forecast, make_forecast
from boxout.learning.gates import GAMES
from boxout.learning.lines import lines_by_market
from boxout.learning.registry import Model, load_model
from boxout.learning.states import FEATURE_STORE, read_states
from boxout.pipeline.graph import Graph
from boxout.warehouse.ducklake import LAKE, Warehouse


@dataclass(frozen=True)
class SlateForecast:
    """One model's forecasts of a date.

    Attributes
    ----------
    expected
        By market the expected value of each of the rows, which its distribution is looked up by.
    forecasts
        By market what is put on record; empty where the date has no rows.
    in_sample
        Of each of the rows whether the model had learned from its game, or from later dates;
        never of a game still to come.
    """

    model: Model
    rows: FeatureRows
    expected: Mapping[str, NDArray[Any]]
    forecasts: Mapping[str, Forecast]
    game_date: date
    in_sample: NDArray[np.bool_]

    @property
    def is_in_sample(self) -> bool:
        """Whether one of the forecasts was made in sample."""
        return bool(self.in_sample.any())


def forecast_slate(
    warehouse: Warehouse, graph: Graph, game_date: date, model_id: str | None = None
) -> tuple[Lineup, int, tuple[SlateForecast, ...]]:
    """Forecast a date, each market by its champion or all by one model; nothing is written.

    Returns
    -------
    lineup, games, forecasts
        Who forecasts what, the games on the schedule, and one entry a model.

    Raises
    ------
    UsageError, BoxoutError, GateError
        As `predict` does.
    """
    lineup = _lineup(warehouse, model_id)
    models = {name: load_model(warehouse, name) for name in lineup.markets_of}
    games = _scheduled_games(warehouse, game_date)
    _require_features(warehouse, graph, game_date)
    made = tuple(
        _forecast(warehouse, models[name], markets, game_date)
        for name, markets in lineup.markets_of.items()
    )
    return lineup, games, made


def _lineup(warehouse: Warehouse, model_id: str | None) -> Lineup:
    if model_id is None:
        lineup = read_lineup(warehouse)
        if lineup.of_market:
            return lineup
    record = load_model(warehouse, model_id).record
    return Lineup(dict.fromkeys(record.markets.split(","), record.model_id))


def _forecast(
    warehouse: Warehouse, model: Model, markets: Sequence[str], game_date: date
) -> SlateForecast:
    rows = load_features(warehouse, model.features, game_date)
    in_sample = _in_sample(warehouse, model, rows, game_date)
    if not rows.rows:
        return SlateForecast(model, rows, {}, {}, game_date, in_sample)
    lines = lines_by_market(warehouse, rows, markets)
    every = model.expected(rows.matrix)
    expected = {market: every[market] for market in markets}
    forecasts = {
        market: make_forecast(
            expected[market], model.distributions[market], lines[market], model.trusts[market]
        )
        for market in markets
    }
    return SlateForecast(model, rows, expected, forecasts, game_date, in_sample)


def _in_sample(
    warehouse: Warehouse, model: Model, rows: FeatureRows, game_date: date
) -> NDArray[np.bool_]:
    """Tell the rows that the model cannot be judged by."""
    if game_date > model.record.train_end:
        return np.zeros(rows.rows, dtype=np.bool_)
    coming = warehouse.rows(
        f"SELECT game_id FROM {LAKE}.{GAMES} WHERE game_date = $1 AND status = 'scheduled'",
        [game_date],
    )
    return ~np.isin(rows.game_id.astype(str), [game_id for (game_id,) in coming])


def _scheduled_games(warehouse: Warehouse, game_date: date) -> int:
    games = 0
    if warehouse.has_table(GAMES):
        games = warehouse.scalar(
            f"SELECT count(*) FROM {LAKE}.{GAMES} WHERE game_date = $1 AND status <> 'postponed'",
            [game_date],
        )
    if not games:
        raise BoxoutError(
            "No game is known on this date.",
            str(game_date),
            "Ingest a schedule that has the date, then run `boxout backfill`.",
        )
    return int(games)


def _require_features(warehouse: Warehouse, graph: Graph, game_date: date) -> None:
    read_states(warehouse, graph, FEATURE_STORE, "feature_states")
    found = warehouse.rows(
        "SELECT state, is_ready FROM feature_states WHERE game_date = $1", [game_date]
    )
    state, is_ready = found[0] if found else ("missing", False)
    if not is_ready:
        raise GateError(
            f"The features of {game_date} are {state}, so nothing is predicted from them.",
            f"{FEATURE_STORE} on {game_date}",
            "Run `boxout backfill`; `boxout explain` says what holds the date back.",
        )
