"""What is asked: the table whose checks fail, on which dates, and what stands above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from boxout.pipeline.diagnose.lineage import feeding_tables
from boxout.pipeline.graph import Graph
from boxout.pipeline.record_incidents import find_failures
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

SUSPECT = "suspect_dates"


@dataclass(frozen=True)
class Question:
    """One table with failing checks.

    Its dates are in the temporary table `suspect_dates` (game_date, season).

    Attributes
    ----------
    checks
        The failing checks, each with check_name, scope, season, failing, total and detail.
    landing
        The landing tables above it, those that it reads itself first.
    """

    warehouse: Warehouse
    graph: Graph
    table: TableDefinition
    checks: tuple[dict[str, Any], ...]
    landing: tuple[str, ...]
    first: date
    last: date
    dates: int

    @property
    def seasons(self) -> tuple[str, ...]:
        """The seasons in question."""
        return tuple(sorted({str(check["season"]) for check in self.checks}))

    def scalar(self, sql: str, *values: Any) -> Any:
        """Return one value of a query."""
        return self.warehouse.scalar(sql, list(values))

    def records(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query by column name."""
        return self.warehouse.records(sql, list(values))


def ask(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    *,
    check: str | None = None,
    season: str | None = None,
) -> Question | None:
    """Return what fails in a table, or in one check and season of it; None where nothing does.

    Creates the temporary table `suspect_dates`; needs `known_dates`.
    """
    find_failures(warehouse, table)
    chosen = "($1 IS NULL OR check_name = $1) AND ($2 IS NULL OR season = $2)"
    bound = [check, season]
    checks = warehouse.records(
        f"SELECT * FROM failing_now WHERE {chosen} ORDER BY season, check_name", bound
    )
    if not checks:
        return None
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {SUSPECT} AS "
        f"SELECT DISTINCT game_date, season FROM failing_dates WHERE {chosen}",
        bound,
    )
    first, last, dates = warehouse.rows(
        f"SELECT min(game_date), max(game_date), count(*) FROM {SUSPECT}"
    )[0]
    return Question(
        warehouse, graph, table, tuple(checks), landing_above(graph, table), first, last, dates
    )


def suspect_everything(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> Question:
    """Return the question that puts every known date of a table under suspicion.

    What is found then on sound data would be a false accusation; needs `known_dates`.
    """
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {SUSPECT} AS SELECT game_date, season FROM known_dates"
    )
    bounds = f"SELECT min(game_date), max(game_date), count(*) FROM {SUSPECT}"
    first, last, dates = warehouse.rows(bounds)[0]
    return Question(warehouse, graph, table, (), landing_above(graph, table), first, last, dates)


def landing_above(graph: Graph, table: TableDefinition) -> tuple[str, ...]:
    """Return the landing tables that a table rests on, nearest first."""
    feeding = feeding_tables(graph, table, None)
    return tuple(name for name in feeding if graph.tables[name].is_landing)
