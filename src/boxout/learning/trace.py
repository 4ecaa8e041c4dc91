"""Where a model or a prediction came from: data version, contracts, code, parameters, files.

A model's training rows are read again from the very data version that it was trained on, and
compared with it by their SHA-256, whatever has become of the tables since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from boxout.errors import BoxoutError, UsageError
from boxout.learning.betting_lines import BETTING_LINES
from boxout.learning.card import code_hash
from boxout.learning.dataset import Dataset, load_dataset
from boxout.learning.gates import GAMES
from boxout.learning.markets import select_markets, with_parts
from boxout.learning.registry import Model, load_model
from boxout.learning.states import FEATURE_STORE, with_inputs
from boxout.learning.storage import PREDICTIONS
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger_at import LedgerAt
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

Record = Mapping[str, Any]


@dataclass(frozen=True)
class ModelTrace:
    """What a model came from.

    Attributes
    ----------
    model
        Its row of `learning.models`.
    committed_at
        When its data version came about, UTC.
    parameters
        The settings of the trees.
    libraries
        Versions of what it was made with.
    is_code_as_today
        Whether the learning code and the tables' SQL are still those of the training.
    checks
        The contracts' checks of whole seasons on every table that the features are made of, as
        that data version has them: table_name, check_name, severity, season, failing, total,
        at_least, passed.
    files
        The source files in that data version: source_file, sha256, row_count, ingested_at.
    readiness
        The gates, waivers and moved goalposts that the training met.
    """

    model: Record
    committed_at: datetime
    parameters: Record
    libraries: Record
    is_code_as_today: bool
    checks: tuple[Record, ...]
    files: tuple[Record, ...]
    readiness: Record

    @property
    def failing(self) -> tuple[Record, ...]:
        """Checks that failed when the model was trained."""
        return tuple(check for check in self.checks if not check["passed"])


@dataclass(frozen=True)
class PredictionTrace:
    """What a prediction came from.

    Attributes
    ----------
    prediction
        Its row of `learning.predictions`.
    committed_at
        When the data version that it read came about, UTC.
    partition
        The feature store's partition in that version: state, content_hash, code_hash, run_id,
        built_at.
    features
        The values that the model saw, by name.
    model
        What the model came from.
    is_on_schedule
        Whether the game is to be played, or was, on the date of the prediction, which is void else.
    """

    prediction: Record
    committed_at: datetime
    partition: Record
    features: Record
    model: ModelTrace
    is_on_schedule: bool


@dataclass(frozen=True)
class TrainingSetCheck:
    """Training rows that were read again, beside what the model says of them."""

    rows: int
    expected_rows: int
    dataset_hash: str
    expected_hash: str

    @property
    def is_equal(self) -> bool:
        """Whether they are the rows that the model was trained on."""
        return (self.rows, self.dataset_hash) == (self.expected_rows, self.expected_hash)


def trace_model(warehouse: Warehouse, graph: Graph, model_id: str | None = None) -> ModelTrace:
    """Trace a model; the newest when none is named.

    Raises
    ------
    UsageError
        When there is no such model.
    BoxoutError
        When its data version is no longer there.
    """
    return _trace_model(warehouse, graph, load_model(warehouse, model_id))


def trace_prediction(
    warehouse: Warehouse,
    graph: Graph,
    game_id: str,
    player_id: int,
    market: str,
    model_id: str | None = None,
) -> PredictionTrace:
    """Trace one prediction; of several the newest of the date that the game is on now.

    Raises
    ------
    UsageError
        When there is no such prediction.
    BoxoutError
        When the data version that it read is no longer there.
    """
    found = (
        warehouse.records(
            f"SELECT p.*, g.game_id IS NOT NULL AS is_on_schedule "
            f"FROM {LAKE}.{PREDICTIONS.name} AS p LEFT JOIN {LAKE}.{GAMES} AS g "
            "ON g.game_date = p.game_date AND g.game_id = p.game_id AND g.status <> 'postponed' "
            "WHERE p.game_id = $1 AND player_id = $2 AND market = $3 "
            "AND coalesce(model_id = $4, true) "
            "ORDER BY is_on_schedule DESC, predicted_at DESC, model_id DESC LIMIT 1",
            [game_id, player_id, market, model_id],
        )
        if warehouse.has_table(PREDICTIONS.name)
        else []
    )
    if not found:
        raise UsageError(
            f"There is no prediction of {market} for player {player_id}.",
            f"game {game_id}",
            "Make one with `boxout predict --date DAY`.",
        )
    prediction = found[0]
    is_on_schedule = prediction.pop("is_on_schedule")
    model = load_model(warehouse, prediction["model_id"])
    version = prediction["data_version"]
    committed_at = _committed_at(warehouse, version)
    then = LedgerAt(warehouse, version)
    partition = then.records(
        "ledger.partitions",
        "SELECT state, content_hash, code_hash, run_id, built_at FROM {table} "
        "WHERE table_name = $1 AND game_date = $2",
        [FEATURE_STORE, prediction["game_date"]],
    )
    names = ", ".join(f'"{name}"' for name in model.features)
    features = then.records(
        FEATURE_STORE,
        # the game may have had another id then; a player plays one a date
        f"SELECT {names} FROM {{table}} WHERE game_date = $1 AND player_id = $2",
        [prediction["game_date"], player_id],
    )
    return PredictionTrace(
        prediction,
        committed_at,
        partition[0] if partition else {},
        features[0] if features else {},
        _trace_model(warehouse, graph, model),
        is_on_schedule,
    )


def reread_training_set(home: Home, model: Model) -> Dataset:
    """Read a model's training rows from the data version that it was trained on.

    Raises
    ------
    WarehouseError
        When that version is no longer there.
    """
    record = model.record
    markets = select_markets(tuple(record.markets.replace(" ", "").split(",")))
    with open_warehouse(home, version=record.data_version) as then:
        then.execute(
            "CREATE TEMP TABLE feature_states AS SELECT season, game_date, state "
            "FROM lake.ledger.partitions WHERE table_name = $1",
            [FEATURE_STORE],
        )
        return load_dataset(
            then,
            tuple(dict.fromkeys((*with_parts(markets), *markets))),
            record.train_start,
            record.train_end,
            with_lines=bool(set(model.features) & set(BETTING_LINES)),
        )


def check_training_set(warehouse: Warehouse, model_id: str | None = None) -> TrainingSetCheck:
    """Read a model's training rows again and compare them with what it was trained on.

    Raises
    ------
    UsageError
        When there is no such model.
    BoxoutError
        When its data version is no longer there.
    """
    model = load_model(warehouse, model_id)
    _committed_at(warehouse, model.record.data_version)
    data = reread_training_set(warehouse.home, model)
    return TrainingSetCheck(
        data.rows, model.record.train_rows, data.fingerprint(), model.record.dataset_hash
    )


def _trace_model(warehouse: Warehouse, graph: Graph, model: Model) -> ModelTrace:
    record = model.record
    committed_at = _committed_at(warehouse, record.data_version)
    then = LedgerAt(warehouse, record.data_version)
    made_of = list(with_inputs(graph, FEATURE_STORE).tables)
    checks = then.records(
        "ledger.check_results",
        "SELECT table_name, check_name, severity, season, failing, total, at_least, passed "
        "FROM {table} WHERE scope = 'season' AND table_name IN (SELECT unnest($1::VARCHAR[])) "
        "ORDER BY ALL",
        [made_of],
    )
    files = then.records(
        "ledger.files",
        "SELECT source_file, table_name, sha256, row_count, ingested_at FROM {table} "
        "ORDER BY ingested_at, source_file",
    )
    return ModelTrace(
        asdict(record),
        committed_at,
        model.card["settings"],
        model.card["libraries"],
        record.code_hash == code_hash(graph),
        tuple(checks),
        tuple(files),
        model.card["readiness"],
    )


def _committed_at(warehouse: Warehouse, version: int) -> datetime:
    found: datetime | None = warehouse.scalar(
        f"SELECT snapshot_time::TIMESTAMP FROM {LAKE}.snapshots() WHERE snapshot_id = $1", [version]
    )
    if found is None:
        raise BoxoutError(
            f"Data version {version} is no longer there.",
            str(warehouse.home.path),
            "It was let go of by other means than `boxout compact`, which keeps what is needed.",
        )
    return found
