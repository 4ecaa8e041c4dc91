"""Forecast one date's games with a registered model, from the same rows as training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from numpy.typing import NDArray

from boxout.errors import BoxoutError, GateError
from boxout.learning.dataset import FeatureRows, load_features
from boxout.learning.forecasts import STAGED, Forecast, make_forecast, stage_forecasts
from boxout.learning.gates import GAMES
from boxout.learning.lines import lines_by_market
from boxout.learning.registry import Model, load_model
from boxout.learning.states import FEATURE_STORE, read_states
from boxout.learning.storage import PREDICTIONS, Written, create_learning_tables, replace_rows
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import create_ledger, read_property, write_property
from boxout.warehouse.ducklake import LAKE, Warehouse

PLAYERS = "raw.players"


@dataclass(frozen=True)
class PredictionReport:
    """What one date's forecast gave.

    Attributes
    ----------
    games, player_games
        Games on the schedule, and players of the feature store, that day.
    is_in_sample
        Whether the model was trained on this date.
    written
        Rows inserted, removed and left as they were.
    kept_out_of_sample
        Rows that training had forecast out of sample, which are kept in their place.
    """

    model_id: str
    game_date: date
    games: int
    player_games: int
    is_in_sample: bool
    data_version: int
    written: Written
    kept_out_of_sample: int


def predict(
    warehouse: Warehouse,
    game_date: date,
    model_id: str | None = None,
    *,
    graph: Graph | None = None,
    predicted_at: datetime | None = None,
) -> PredictionReport:
    """Forecast every player game of a date into `learning.predictions`.

    Parameters
    ----------
    model_id
        The newest model when none is named.
    predicted_at
        The time to record, UTC; now by default.

    Raises
    ------
    UsageError
        When there is no such model.
    BoxoutError
        When no game is known on the date.
    GateError
        When the date's features are not ready.
    """
    graph = graph or load_graph()
    create_ledger(warehouse)
    create_learning_tables(warehouse)
    model = load_model(warehouse, model_id)
    record = model.record
    with warehouse.reading():
        games = _scheduled_games(warehouse, game_date)
        _require_features(warehouse, graph, game_date)
        version = warehouse.version()
        basis = features_hash(warehouse, game_date)
        rows = load_features(warehouse, model.features, game_date)
        lines = lines_by_market(warehouse, rows, model.distributions, game_date, game_date)
    is_in_sample = record.train_start <= game_date <= record.train_end
    forecasts = _forecast(model, rows, lines)
    now = predicted_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    stage_forecasts(
        warehouse, rows, forecasts, record.model_id, version, now, is_in_sample=is_in_sample
    )
    scope = f"model_id = '{record.model_id}' AND game_date = DATE '{game_date}'"
    kept = _keep_out_of_sample(warehouse, scope) if is_in_sample else 0
    if is_in_sample:
        scope += " AND is_in_sample"
    written = replace_rows(warehouse, PREDICTIONS, STAGED, scope)
    _note_basis(warehouse, game_date, record.model_id, basis)
    return PredictionReport(
        record.model_id, game_date, games, rows.rows, is_in_sample, version, written, kept
    )


def read_predictions(
    warehouse: Warehouse, game_date: date, model_id: str | None = None
) -> list[dict[str, Any]]:
    """Return the forecasts of a date with the players' names, by market and size.

    Parameters
    ----------
    model_id
        Every model's when none is named.
    """
    if not warehouse.has_table(PREDICTIONS.name):
        return []
    named = warehouse.has_table(PLAYERS)
    name = "n.full_name" if named else "NULL::VARCHAR"
    join = (
        f"LEFT JOIN (SELECT player_id, min(full_name) AS full_name FROM {LAKE}.{PLAYERS} "
        "GROUP BY player_id) AS n USING (player_id)"
    )
    return warehouse.records(
        f"SELECT p.*, {name} AS player_name FROM {LAKE}.{PREDICTIONS.name} AS p "
        f"{join if named else ''} WHERE p.game_date = $1 AND ($2 IS NULL OR p.model_id = $2) "
        "ORDER BY p.market, p.predicted DESC, p.player_id, p.model_id",
        [game_date, model_id],
    )


def features_hash(warehouse: Warehouse, game_date: date) -> str:
    """Return the content hash of a date's features, as the ledger has it."""
    return str(
        warehouse.scalar(
            "SELECT content_hash FROM lake.ledger.partitions "
            "WHERE table_name = $1 AND game_date = $2",
            [FEATURE_STORE, game_date],
        )
    )


def predicted_from(warehouse: Warehouse, game_date: date) -> tuple[str, str] | None:
    """Return by which model, and from which features' hash, a date was predicted last."""
    noted = read_property(warehouse, f"predicted {game_date}")
    if noted is None:
        return None
    model_id, basis = noted.split(" ")
    return model_id, basis


def _note_basis(warehouse: Warehouse, game_date: date, model_id: str, basis: str) -> None:
    # Rows that come out the same keep the time at which they were first predicted.
    if predicted_from(warehouse, game_date) != (model_id, basis):
        with warehouse.commit():
            write_property(warehouse, f"predicted {game_date}", f"{model_id} {basis}")


def _forecast(
    model: Model, rows: FeatureRows, lines: Mapping[str, NDArray[Any]]
) -> dict[str, Forecast]:
    if not rows.rows:
        return {}
    return {
        market: make_forecast(
            expected, model.distributions[market], lines[market], model.trusts[market]
        )
        for market, expected in model.expected(rows.matrix).items()
    }


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


def _keep_out_of_sample(warehouse: Warehouse, scope: str) -> int:
    """Drop staged rows that would replace an out-of-sample forecast; return how many."""
    key = ", ".join(PREDICTIONS.key)
    dropped = warehouse.scalar(
        f"DELETE FROM {STAGED} WHERE ({key}) IN (SELECT ({key}) FROM "
        f"{LAKE}.{PREDICTIONS.name} WHERE {scope} AND NOT is_in_sample)"
    )
    return int(dropped or 0)
