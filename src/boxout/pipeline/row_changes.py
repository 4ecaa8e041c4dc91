"""What differs in the rows of a table's dates between two moments, by DuckLake's time travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from boxout.pipeline.arrivals import SOURCE_FILE
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb

SAMPLE_ROWS = 3


@dataclass(frozen=True)
class RowDifference:
    """One row that is there at both moments and differs, or at one of them only.

    Attributes
    ----------
    key
        The table's key columns.
    kind
        added, removed or changed.
    columns
        Of a changed row, each column that differs, with its value before and now.
    """

    key: dict[str, Any]
    kind: str
    columns: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class DateDifference:
    """How one table differs on one date; counts are of rows.

    Attributes
    ----------
    columns
        The columns that differ in rows that are there at both moments, most rows first.
    sample
        The first rows that differ, by key.
    """

    game_date: date
    added: int
    removed: int
    changed: int
    columns: dict[str, int]
    sample: tuple[RowDifference, ...]


def compare_moments(
    warehouse: Warehouse,
    table: TableDefinition,
    days: Sequence[date],
    before: datetime | int,
    player_id: int | None = None,
    sample_rows: int = SAMPLE_ROWS,
) -> dict[date, DateDifference]:
    """Compare a table's dates as they were published before with what they are now.

    Parameters
    ----------
    before
        The earlier moment, UTC, or data version.
    player_id
        Look at this player's rows only; a table without players has none.

    Returns
    -------
    dict
        By date; empty where nothing was published then yet.
    """
    name = f"{LAKE}.{table.name}"
    columns = [c for c in warehouse.columns(name) if c != SOURCE_FILE]
    whose = _of_player(columns, player_id)
    if whose is None:
        return {}
    moment = f"TIMESTAMP => TIMESTAMP '{before}'"
    then = f"{name} AT ({f'VERSION => {before}' if isinstance(before, int) else moment})"
    try:
        columns_then = warehouse.columns(f"SELECT * FROM {then}")
    except (duckdb.CatalogException, duckdb.InvalidInputException):
        return {}  # the table, or the lake itself, is younger
    columns = [c for c in columns if c in columns_then]
    key = [c for c in table.key if c in columns]
    values = [c for c in columns if c not in (*key, "season", "game_date")]
    if not warehouse.scalar(f"SELECT count(*) FROM {then} WHERE {_on_dates(days)}"):
        values = []  # all is new, as what was built once: no column is compared
    rows = _differing_rows(warehouse, name, then, key, values, days, whose)
    found: dict[date, list[RowDifference]] = {}
    for row in rows:
        differs = {
            c: (row[f"then_{i}"], row[f"now_{i}"])
            for i, c in enumerate(values)
            if row["kind"] == "changed" and row[f"then_{i}"] != row[f"now_{i}"]
        }
        difference = RowDifference({c: row[f"key_{c}"] for c in key}, row["kind"], differs)
        found.setdefault(row["game_date"], []).append(difference)
    return {day: _summed(day, changes, sample_rows) for day, changes in found.items()}


def version_committed(warehouse: Warehouse, at: datetime) -> int | None:
    """Return the data version whose commit began at a moment, UTC; None where there is none."""
    version = warehouse.scalar(
        f"SELECT min(snapshot_id) FROM {LAKE}.snapshots() WHERE snapshot_time >= $1", [at]
    )
    return None if version is None else int(version)


def _of_player(columns: Sequence[str], player_id: int | None) -> str | None:
    """Return the condition on a table's rows that they are a player's; None when none can be.

    Landing tables know players by their spelling only.
    """
    if player_id is None:
        return "true"
    if "player_id" in columns:
        return f"player_id = {player_id:d}"
    if "player_key" in columns:
        spelled = f"SELECT player_key FROM {LAKE}.raw.player_aliases WHERE player_id = "
        return f"player_key IN ({spelled}{player_id:d})"
    return None


def _on_dates(days: Sequence[date]) -> str:
    """Return bounds of the dates, by which only the row groups that hold them are read."""
    return f"game_date BETWEEN DATE '{min(days)}' AND DATE '{max(days)}'"


def _differing_rows(
    warehouse: Warehouse,
    name: str,
    then: str,
    key: Sequence[str],
    values: Sequence[str],
    days: Sequence[date],
    whose: str,
) -> list[dict[str, Any]]:
    where = f"{_on_dates(days)} AND game_date IN (SELECT unnest($1::DATE[])) AND {whose}"
    same = " AND ".join(f't."{c}" IS NOT DISTINCT FROM n."{c}"' for c in ("game_date", *key))
    equal = " AND ".join(f't."{c}" IS NOT DISTINCT FROM n."{c}"' for c in values) or "true"
    keys = ", ".join(f'coalesce(n."{c}", t."{c}") AS "key_{c}"' for c in key)
    listed = ", ".join(f't."{c}" AS then_{i}, n."{c}" AS now_{i}' for i, c in enumerate(values))
    return warehouse.records(
        f"""
        SELECT coalesce(n.game_date, t.game_date) AS game_date,
               CASE WHEN t.game_date IS NULL THEN 'added' WHEN n.game_date IS NULL THEN 'removed'
                    ELSE 'changed' END AS kind,
               {keys}{", " if listed else ""}{listed}
        FROM (SELECT * FROM {then} WHERE {where}) AS t
        FULL JOIN (SELECT * FROM {name} WHERE {where}) AS n ON {same}
        WHERE t.game_date IS NULL OR n.game_date IS NULL OR NOT ({equal})
        ORDER BY game_date, {", ".join(f'"key_{c}"' for c in key)}
        """,
        [list(days)],
    )


def _summed(day: date, changes: Sequence[RowDifference], sample_rows: int) -> DateDifference:
    counts = {kind: 0 for kind in ("added", "removed", "changed")}
    columns: dict[str, int] = {}
    for change in changes:
        counts[change.kind] += 1
        for column in change.columns:
            columns[column] = columns.get(column, 0) + 1
    ranked = dict(sorted(columns.items(), key=lambda item: (-item[1], item[0])))
    return DateDifference(day, **counts, columns=ranked, sample=tuple(changes[:sample_rows]))
