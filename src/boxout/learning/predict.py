"""Put the forecasts of one date on record, and read them; see `slate_forecast`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from boxout.learning.champions.decisions import read_lineup
from boxout.learning.forecasts import STAGED, stage_forecasts
from boxout.learning.game_ids import follow_game_ids
from boxout.learning.gates import GAMES
from boxout.learning.slate_forecast import SlateForecast, forecast_slate
from boxout.learning.states import FEATURE_STORE
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
    model_id
        The model; where champions differ by market, each one's id with its markets.
    models
        Model id by market.
    games, player_games
        Games on the schedule, and players of the feature store, that day.
    is_in_sample
        Whether a model had learned from one of the games that it forecast, or from later dates.
    written
        Rows inserted, removed and left as they were.
    kept_out_of_sample
        Rows of played games that had been forecast out of sample, by the walk forward or by an
        earlier `predict`, which are kept in their place.
    """

    model_id: str
    models: Mapping[str, str]
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

    What the same model has on record out of sample of a game that is now played stays as it is:
    box scores and corrections that came since are no part of what it had said.

    Parameters
    ----------
    model_id
        Each market's champion when none is named.
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
    follow_game_ids(warehouse)
    now = predicted_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with warehouse.reading():
        lineup, games, made = forecast_slate(warehouse, graph, game_date, model_id)
        version = warehouse.version()
        basis = features_hash(warehouse, game_date)
    written = [_write(warehouse, each, version, now) for each in made]
    if lineup.name == read_lineup(warehouse).name:
        _note_basis(warehouse, game_date, lineup.name, basis)
    return PredictionReport(
        lineup.name,
        lineup.of_market,
        game_date,
        games,
        made[0].rows.rows,
        any(each.is_in_sample for each in made),
        version,
        Written(
            sum(each.inserted for each, _ in written),
            sum(each.removed for each, _ in written),
            sum(each.unchanged for each, _ in written),
        ),
        sum(kept for _, kept in written),
    )


def read_predictions(
    warehouse: Warehouse,
    game_date: date,
    model_id: str | None = None,
    models: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the forecasts of a date with the players' names, by market and size.

    Parameters
    ----------
    model_id
        Every model's when none is named.
    models
        The model that counts by market, such as the champions; every market's by default.
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
        "AND ($3 IS NULL OR (p.market, p.model_id) IN "
        "(SELECT unnest($3::VARCHAR[]), unnest($4::VARCHAR[]))) "
        "ORDER BY p.market, p.predicted DESC, p.player_id, p.model_id",
        [
            game_date,
            model_id,
            None if models is None else list(models),
            None if models is None else list(models.values()),
        ],
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
    """Return by which champions, and from which features' hash, a date was predicted last."""
    noted = read_property(warehouse, f"predicted {game_date}")
    if noted is None:
        return None
    name, basis = noted.split(" ")
    return name, basis


def _note_basis(warehouse: Warehouse, game_date: date, name: str, basis: str) -> None:
    # Rows that come out the same keep the time at which they were first predicted.
    if predicted_from(warehouse, game_date) != (name, basis):
        with warehouse.commit():
            write_property(warehouse, f"predicted {game_date}", f"{name} {basis}")


def _write(
    warehouse: Warehouse, made: SlateForecast, version: int, now: datetime
) -> tuple[Written, int]:
    """Write one model's forecasts; return also how many out-of-sample ones were kept instead."""
    name = made.model.record.model_id
    stage_forecasts(
        warehouse, made.rows, made.forecasts, name, version, now, is_in_sample=made.in_sample
    )
    scope = f"model_id = '{name}' AND game_date = DATE '{made.game_date}'"
    if made.forecasts:
        # what it forecast in markets of another champion stays on record
        scope += f" AND market IN ({', '.join(repr(market) for market in made.forecasts)})"
    honest = (
        f"NOT is_in_sample AND game_id IN (SELECT game_id FROM {LAKE}.{GAMES} "
        f"WHERE game_date = DATE '{made.game_date}' AND status = 'final')"
    )
    kept = _drop_staged(warehouse, f"{scope} AND {honest}")
    written = replace_rows(warehouse, PREDICTIONS, STAGED, f"{scope} AND NOT ({honest})")
    return written, kept


def _drop_staged(warehouse: Warehouse, kept: str) -> int:
    """Drop the staged rows in whose place a condition on the table keeps one; return how many."""
    key = ", ".join(PREDICTIONS.key)
    dropped = warehouse.scalar(
        f"DELETE FROM {STAGED} WHERE ({key}) IN "
        f"(SELECT ({key}) FROM {LAKE}.{PREDICTIONS.name} WHERE {kept})"
    )
    return int(dropped or 0)
