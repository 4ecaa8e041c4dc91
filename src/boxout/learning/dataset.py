"""Training rows: the feature store beside what then happened, as plain arrays.

Nothing is filled in: a null stays a NaN, which the trees route by themselves. Rows come in
a total order, so that the same data version gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.errors import BoxoutError
from boxout.learning.betting_lines import BETTING_LINES
from boxout.learning.markets import Market, baseline_columns
from boxout.learning.states import FEATURE_STORE, PLAYER_SUMMARY
from boxout.pipeline.built import has_rows
from boxout.warehouse.ducklake import LAKE, Warehouse

Array = NDArray[Any]

IDENTITY = (
    "season",
    "game_date",
    "game_id",
    "player_id",
    "team",
    "opponent",
    "is_upcoming",
)
NO_FEATURES = {*IDENTITY, "data_completeness_pct"}
NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
           "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")  # fmt: skip
# Waived partitions are published, on record, and named on the model card. Of a season's first days
# there is little history, and so there is when they are forecast: they are learned from, but in the
# first season, of which nothing at all is known before.
TRAINED = (
    "state IN ('fresh', 'waived') OR "
    "state = 'bootstrap' AND season > (SELECT min(season) FROM feature_states)"
)
# How much a player's first game of a season counts as one of the rows learned from: one in eighty
# is, which alone have no form, and with equal weights points were forecast 1.8 to 3.4 too low.
FIRST_GAME_WEIGHT = 5.0


@dataclass(frozen=True)
class FeatureRows:
    """Rows of the feature store.

    Attributes
    ----------
    features
        Names of the matrix's columns.
    matrix
        float32 of shape (rows, features); NaN where the store has null.
    season, game_date, game_id, player_id
        Identity, one element a row; game_date is datetime64[D].
    """

    features: tuple[str, ...]
    matrix: Array
    season: Array
    game_date: Array
    game_id: Array
    player_id: Array

    @property
    def rows(self) -> int:
        """How many player games there are."""
        return len(self.season)

    def column(self, name: str) -> Array:
        """Return one feature as float64."""
        return self.matrix[:, self.features.index(name)].astype(np.float64)


@dataclass(frozen=True)
class Dataset(FeatureRows):
    """Feature rows with their outcomes.

    Attributes
    ----------
    outcomes
        float32 arrays by market name, one element a row.
    """

    outcomes: Mapping[str, Array]

    @property
    def weights(self) -> Array:
        """How much each row counts when it is learned from."""
        is_first = self.column("games_played_season") == 0
        return np.where(is_first, FIRST_GAME_WEIGHT, 1.0)

    @property
    def first_date(self) -> date:
        """The earliest game date."""
        return self.game_date[0].item()  # type: ignore[no-any-return]

    @property
    def last_date(self) -> date:
        """The latest game date."""
        return self.game_date[-1].item()  # type: ignore[no-any-return]

    def fingerprint(self) -> str:
        """SHA-256 over features, matrix, keys and outcomes."""
        digest = hashlib.sha256("\n".join(self.features).encode())
        digest.update(np.ascontiguousarray(self.matrix).data)
        digest.update(np.ascontiguousarray(self.player_id).data)
        digest.update("\n".join(self.game_id).encode())
        for name in sorted(self.outcomes):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.outcomes[name]).data)
        return digest.hexdigest()


def feature_columns(warehouse: Warehouse, *, with_lines: bool = False) -> tuple[str, ...]:
    """Return the feature store's feature columns by name: all numeric ones that are not identity.

    By name, since columns that came later stand last in a project that had been there before, and
    trees that draw features would not be the same in both.

    Parameters
    ----------
    with_lines
        Whether betting lines are features too; see `betting_lines`.

    Raises
    ------
    BoxoutError
        When there is no feature store yet.
    """
    if not has_rows(warehouse, FEATURE_STORE):
        raise BoxoutError(
            "There is no feature store yet.", FEATURE_STORE, "Run `boxout backfill` first."
        )
    excluded = NO_FEATURES if with_lines else NO_FEATURES | BETTING_LINES
    return tuple(
        sorted(
            name
            for name, kind in warehouse.columns(f"{LAKE}.{FEATURE_STORE}").items()
            if kind.split("(")[0] in NUMERIC and name not in excluded
        )
    )


def load_dataset(
    warehouse: Warehouse,
    markets: Sequence[Market],
    first: date,
    last: date,
    *,
    with_lines: bool = False,
) -> Dataset:
    """Read the training rows of a range of dates.

    Only dates whose partition in the temporary table `feature_states` (see
    `states.read_states`) is `TRAINED`, and only players with minutes.

    Raises
    ------
    BoxoutError
        When there is no such row, or a market's baseline is no feature.
    """
    features = feature_columns(warehouse, with_lines=with_lines)
    for market in markets:
        for column in (c for columns in baseline_columns(market).values() for c in columns):
            if column not in features:
                raise BoxoutError(
                    f"The feature store has no column {column}.",
                    FEATURE_STORE,
                    "Bring the feature store up to date with `boxout backfill`.",
                )
    outcomes = ", ".join(f"CAST({market.outcome} AS FLOAT) AS {market.name}" for market in markets)
    selected = ", ".join(f"o.{market.name} AS y{i}" for i, market in enumerate(markets))
    columns = _fetch(
        warehouse,
        f"""
        SELECT {_selected(features)}, {selected}
        FROM {LAKE}.{FEATURE_STORE} AS f
        JOIN (SELECT game_date, game_id, player_id, {outcomes}
              FROM {LAKE}.{PLAYER_SUMMARY} WHERE minutes > 0) AS o
          ON o.game_date = f.game_date AND o.game_id = f.game_id AND o.player_id = f.player_id
        WHERE f.game_date BETWEEN $1 AND $2
          AND f.game_date IN (SELECT game_date FROM feature_states WHERE {TRAINED})
        ORDER BY f.game_date, f.game_id, f.player_id
        """,
        [first, last],
    )
    if not len(columns["game_id"]):
        raise BoxoutError(
            "There is no fresh feature row with an outcome to train on.",
            f"{first} to {last}",
            "Bring the feature store up to date with `boxout backfill`.",
        )
    rows = _feature_rows(columns, features)
    return Dataset(**vars(rows), outcomes={m.name: columns[f"y{i}"] for i, m in enumerate(markets)})


def load_features(warehouse: Warehouse, features: Sequence[str], game_date: date) -> FeatureRows:
    """Read one date's feature rows with the given columns.

    Raises
    ------
    BoxoutError
        When the feature store lacks one of the columns.
    """
    missing = sorted(set(features) - set(feature_columns(warehouse, with_lines=True)))
    if missing:
        raise BoxoutError(
            f"The model needs {missing[0]}, which the feature store no longer has.",
            FEATURE_STORE,
            "Train a new model with `boxout train`.",
        )
    columns = _fetch(
        warehouse,
        f"SELECT {_selected(features)} FROM {LAKE}.{FEATURE_STORE} AS f WHERE f.game_date = $1 "
        "ORDER BY f.game_date, f.game_id, f.player_id",
        [game_date],
    )
    return _feature_rows(columns, tuple(features))


def _selected(features: Sequence[str]) -> str:
    named = ", ".join(f'CAST(f."{name}" AS FLOAT) AS f{i}' for i, name in enumerate(features))
    return f"f.season, f.game_date, f.game_id, f.player_id, {named}"


def _fetch(warehouse: Warehouse, query: str, values: Sequence[Any]) -> dict[str, Array]:
    fetched = warehouse.execute(query, values).fetchnumpy()
    return {
        name: np.ma.filled(column, np.nan) if np.ma.isMaskedArray(column) else column
        for name, column in fetched.items()
    }


def _feature_rows(columns: dict[str, Array], features: tuple[str, ...]) -> FeatureRows:
    matrix = np.empty((len(columns["game_id"]), len(features)), dtype=np.float32)
    for i in range(len(features)):
        matrix[:, i] = columns.pop(f"f{i}")
    return FeatureRows(
        features,
        matrix,
        columns["season"],
        columns["game_date"].astype("datetime64[D]"),
        columns["game_id"],
        columns["player_id"],
    )
