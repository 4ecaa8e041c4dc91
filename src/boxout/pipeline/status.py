"""What a project holds and what is at work on it, at a glance.

Read from the ledger and the heartbeats in a few queries of one data version. Whether something
has become stale since it was built takes a plan to say, which `boxout plan` makes; here is only
how much has been ingested and not been carried onward.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from boxout.pipeline.carried_on import count_not_carried_on
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.incidents import Incident, read_incidents
from boxout.pipeline.ledger import READY, SIMULATED, read_property
from boxout.pipeline.life_signs import now, read_life_signs
from boxout.pipeline.run_views import RunView, active_runs, past_runs
from boxout.pipeline.waiver import in_force
from boxout.pipeline.watching import WatcherView, read_watcher
from boxout.warehouse.ducklake import LAKE, Warehouse

RUNS_SHOWN = 5
MODELS = "learning.models"
_PARTITIONS = "partitions_now"


@dataclass
class TableStatus:
    """One table: its rows, its partitions by state and by season, and when it was last built."""

    table: str
    rows: int = 0
    states: dict[str, int] = field(default_factory=dict)
    seasons: dict[str, dict[str, int]] = field(default_factory=dict)
    last_built: datetime | None = None

    def ready(self, season: str) -> tuple[int, int]:
        """Return how many partitions of a season may be read, and how many there are."""
        states = self.seasons.get(season, {})
        return sum(states.get(state, 0) for state in READY), sum(states.values())


@dataclass(frozen=True)
class ProjectStatus:
    """One project; `is_simulated` is None while there is no data.

    Attributes
    ----------
    not_carried_on
        Dates of landing tables that were ingested after the tables that read them were built, and
        differ from what these were built of.
    coverage
        Each season's checks that need a share of rows: good, total, at_least, passed, as they
        were when the season was computed last.
    incidents
        Failing checks and refused files that hold something back.
    model
        The newest model and the data that it was trained on; None before the first.
    """

    home: Path
    is_simulated: bool | None
    data_version: int
    first_date: date | None
    last_date: date | None
    tables: tuple[TableStatus, ...]
    not_carried_on: int
    coverage: tuple[dict[str, Any], ...]
    quarantine: tuple[dict[str, Any], ...]
    waivers: tuple[dict[str, Any], ...]
    incidents: tuple[Incident, ...]
    active: tuple[RunView, ...]
    runs: tuple[RunView, ...]
    watcher: WatcherView | None
    model: dict[str, Any] | None
    models: int
    goalposts: tuple[Goalpost, ...]


def read_status(warehouse: Warehouse, graph: Graph) -> ProjectStatus:
    """Read the status of a project."""
    at = now()
    signs = read_life_signs(warehouse.home)
    with warehouse.reading():
        _read_partitions(warehouse)
        label = read_property(warehouse, SIMULATED)
        first, last, tables = _tables(warehouse, graph)
        models = _models(warehouse)
        return ProjectStatus(
            home=warehouse.home.path,
            is_simulated=None if label is None else label == "true",
            data_version=warehouse.version(),
            first_date=first,
            last_date=last,
            tables=tables,
            not_carried_on=count_not_carried_on(warehouse, graph, _PARTITIONS),
            coverage=_coverage(warehouse),
            quarantine=_quarantine(warehouse),
            waivers=_waivers(warehouse),
            incidents=read_incidents(warehouse),
            active=active_runs(warehouse.home, at),
            runs=past_runs(warehouse, RUNS_SHOWN),
            watcher=read_watcher(signs, at),
            model=models[0] if models else None,
            models=len(models),
            goalposts=read_goalposts(warehouse),
        )


def _read_partitions(warehouse: Warehouse) -> None:
    """Create the temporary table `partitions_now`: the ledger's partitions without their hashes.

    To copy them takes as long as one query of the lake.
    """
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {_PARTITIONS} AS SELECT table_name, season, game_date, "
        "state, row_count, built_at, changed_at FROM lake.ledger.partitions"
    )


def _tables(
    warehouse: Warehouse, graph: Graph
) -> tuple[date | None, date | None, tuple[TableStatus, ...]]:
    found: dict[str, TableStatus] = {}
    dates: list[date] = []
    for name, season, state, count, rows, built, first, last in warehouse.rows(
        "SELECT table_name, season, state, count(*), sum(row_count)::BIGINT, max(built_at), "
        "min(CASE WHEN row_count > 0 THEN game_date END), "
        "max(CASE WHEN row_count > 0 THEN game_date END) "
        f"FROM {_PARTITIONS} GROUP BY ALL ORDER BY ALL"
    ):
        table = found.setdefault(name, TableStatus(name))
        table.rows += int(rows or 0)
        table.states[state] = table.states.get(state, 0) + count
        table.seasons.setdefault(season, {})[state] = count
        table.last_built = max(filter(None, (table.last_built, built)), default=None)
        dates += [day for day in (first, last) if day]
    listed = tuple(found[name] for name in graph.tables if name in found)
    return min(dates, default=None), max(dates, default=None), listed


def _quarantine(warehouse: Warehouse) -> tuple[dict[str, Any], ...]:
    return tuple(
        warehouse.records(
            "SELECT table_name, check_name AS reason, sum(failing)::BIGINT AS rows, "
            f"count(DISTINCT game_date) AS dates FROM {warehouse.in_full('ledger.quarantine')} "
            "GROUP BY table_name, check_name ORDER BY rows DESC, table_name, reason"
        )
    )


def _waivers(warehouse: Warehouse) -> tuple[dict[str, Any], ...]:
    """Return the waivers in force."""
    waivers = warehouse.in_full("ledger.waivers")
    # Most projects have none; to plan a query of the partitions takes longer than to see that.
    if not warehouse.scalar(f"SELECT count(*) FROM {waivers}"):
        return ()
    return tuple(
        warehouse.records(
            "SELECT table_name, check_name, start_date, end_date, who, reason "
            f"FROM {waivers} AS w WHERE {in_force()} ORDER BY waived_at"
        )
    )


def _coverage(warehouse: Warehouse) -> tuple[dict[str, Any], ...]:
    return tuple(
        warehouse.records(
            "SELECT table_name, check_name, season, total - failing AS good, total, at_least, "
            f"passed FROM {warehouse.in_full('ledger.check_results')} "
            "WHERE scope = 'season' AND severity = 'block' AND total > 0 "
            "AND (at_least < 1 OR NOT passed) ORDER BY table_name, check_name, season"
        )
    )


def _models(warehouse: Warehouse) -> list[dict[str, Any]]:
    if not warehouse.has_table(MODELS):
        return []
    return warehouse.records(
        "SELECT model_id, trained_at, train_start, train_end, train_rows, markets, data_version, "
        f"waived_partitions FROM {LAKE}.{MODELS} ORDER BY trained_at DESC, model_id DESC"
    )
