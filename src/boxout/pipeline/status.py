"""What a project holds, read from its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import SIMULATED
from boxout.pipeline.ledger import read_property
from boxout.warehouse.ducklake import LAKE, Warehouse

RUNS_SHOWN = 5
MODELS = "learning.models"


@dataclass(frozen=True)
class TableStatus:
    """One table: its rows, its partitions by state, and when it was last built."""

    table: str
    rows: int
    states: dict[str, int]
    last_built: datetime | None


@dataclass(frozen=True)
class ProjectStatus:
    """One project; `is_simulated` is None while there is no data."""

    home: Path
    is_simulated: bool | None
    data_version: int
    first_date: date | None
    last_date: date | None
    tables: tuple[TableStatus, ...]
    quarantine: tuple[dict[str, Any], ...]
    waivers: tuple[dict[str, Any], ...]
    runs: tuple[dict[str, Any], ...]
    models: int
    goalposts: tuple[Goalpost, ...]


def read_status(warehouse: Warehouse, graph: Graph) -> ProjectStatus:
    """Read the status of a project."""
    label = read_property(warehouse, SIMULATED)
    first, last = warehouse.rows(
        "SELECT min(game_date), max(game_date) FROM lake.ledger.partitions WHERE row_count > 0"
    )[0]
    return ProjectStatus(
        home=warehouse.home.path,
        is_simulated=None if label is None else label == "true",
        data_version=warehouse.version(),
        first_date=first,
        last_date=last,
        tables=_tables(warehouse, graph),
        quarantine=tuple(
            warehouse.records(
                "SELECT table_name, check_name AS reason, sum(failing)::BIGINT AS rows, "
                "count(DISTINCT game_date) AS dates FROM lake.ledger.quarantine "
                "GROUP BY table_name, check_name ORDER BY rows DESC, table_name, reason"
            )
        ),
        waivers=tuple(
            warehouse.records(
                "SELECT table_name, check_name, start_date, end_date, who, reason "
                "FROM lake.ledger.waivers ORDER BY waived_at"
            )
        ),
        runs=tuple(
            warehouse.records(
                "SELECT run_id, command, started_at, outcome, "
                "round(epoch(finished_at - started_at), 1) AS seconds FROM lake.ledger.runs "
                f"ORDER BY started_at DESC LIMIT {RUNS_SHOWN}"
            )
        ),
        models=int(warehouse.scalar(f"SELECT count(*) FROM {LAKE}.{MODELS}") or 0)
        if warehouse.has_table(MODELS)
        else 0,
        goalposts=read_goalposts(warehouse),
    )


def _tables(warehouse: Warehouse, graph: Graph) -> tuple[TableStatus, ...]:
    found: dict[str, TableStatus] = {}
    for name, state, count, rows, built in warehouse.rows(
        "SELECT table_name, state, count(*), sum(row_count)::BIGINT, max(built_at) "
        "FROM lake.ledger.partitions GROUP BY ALL"
    ):
        known = found.get(name, TableStatus(name, 0, {}, None))
        newest = max(filter(None, (known.last_built, built)), default=None)
        found[name] = TableStatus(
            name, known.rows + int(rows or 0), {**known.states, state: count}, newest
        )
    return tuple(found[name] for name in graph.tables if name in found)
