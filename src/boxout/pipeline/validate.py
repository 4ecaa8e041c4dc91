"""Evaluate the contracts again over what is published, without changing anything.

The readiness of a range of dates: each check with its numerator, denominator and threshold,
a season at a time, and how many partitions are in which state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from boxout.pipeline.contract import audit
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import READY, forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions, plan_tables
from boxout.pipeline.stage import choose_dates, show_staged
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse


@dataclass(frozen=True)
class Coverage:
    """One check over one season's dates in the range.

    Attributes
    ----------
    good, total
        Rows, dates or games that meet the check, of those that it covers.
    at_least
        The share to reach, 0 to 1.
    failing_dates
        How many dates fail it, for checks of row and date scope.
    detail
        What is wrong, where the check can say.
    """

    table: str
    check: str
    scope: str
    severity: str
    season: str
    good: int
    total: int
    at_least: float
    failing_dates: int
    passed: bool
    detail: str | None

    @property
    def share(self) -> float | None:
        """The share that meets the check; None when it covers nothing."""
        return self.good / self.total if self.total else None


@dataclass(frozen=True)
class Presence:
    """The partitions of one table and season in the range, by state."""

    table: str
    season: str
    states: dict[str, int]

    @property
    def ready(self) -> int:
        """Partitions that may be read."""
        return sum(self.states.get(state, 0) for state in READY)

    @property
    def total(self) -> int:
        """Partitions that the schedule expects."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Validation:
    """The answer: is the range ready, and why.

    Attributes
    ----------
    start, end
        The range of game dates that was looked at.
    goalposts
        The checks that are looser than they were, of these tables and of those that are gone.
    """

    start: date
    end: date
    coverage: tuple[Coverage, ...]
    presence: tuple[Presence, ...]
    goalposts: tuple[Goalpost, ...] = ()

    @property
    def failures(self) -> tuple[Coverage, ...]:
        """Blocking checks that fail."""
        return tuple(c for c in self.coverage if not c.passed and c.severity == "block")

    @property
    def passed(self) -> bool:
        """Whether there is any partition, all are there, and every blocking check passes."""
        return (
            bool(self.presence)
            and not self.failures
            and all(p.ready == p.total for p in self.presence)
        )


def validate_tables(
    warehouse: Warehouse, graph: Graph, tables: Sequence[TableDefinition], start: date, end: date
) -> Validation:
    """Evaluate the contracts of tables over a range of dates, both ends included.

    A partition is not ready either where something at any distance above it is stale or held back.
    """
    found: dict[str, list[Presence]] = {}

    def note(table: TableDefinition) -> None:
        found[table.name] = _presence(warehouse, table, start, end)

    plan_tables(warehouse, graph, note)
    presence = [each for table in tables for each in found[table.name]]
    forget_stale_partitions(warehouse)
    coverage: list[Coverage] = []
    for table in tables:
        read_partitions(warehouse)
        plan_partitions(warehouse, graph, table)
        if warehouse.has_table(table.name):
            coverage += _coverage(warehouse, table, start, end)
    others = {table.name for table in graph.computed} - {table.name for table in tables}
    moved = tuple(g for g in read_goalposts(warehouse) if g.table not in others)
    return Validation(start, end, tuple(coverage), tuple(presence), moved)


def _presence(
    warehouse: Warehouse, table: TableDefinition, start: date, end: date
) -> list[Presence]:
    found: dict[str, dict[str, int]] = {}
    for season, state, count in warehouse.rows(
        "SELECT season, state, count(*) FROM partition_plan "
        "WHERE game_date BETWEEN $1 AND $2 GROUP BY ALL ORDER BY ALL",
        [start, end],
    ):
        found.setdefault(season, {})[state] = count
    return [Presence(table.name, season, states) for season, states in found.items()]


def _coverage(
    warehouse: Warehouse, table: TableDefinition, start: date, end: date
) -> list[Coverage]:
    # Everything in the range counts as due, so that what is not there counts as missing.
    chunk = choose_dates(
        warehouse,
        "SELECT * REPLACE (true AS is_due) FROM partition_plan WHERE game_date BETWEEN $1 AND $2",
        [start, end],
    )
    if chunk is None:
        return []
    show_staged(
        warehouse,
        f"SELECT * FROM {LAKE}.{table.name} WHERE game_date BETWEEN $1 AND $2",
        [start, end],
    )
    # The range was named: what lies outside it is not missing from it.
    warehouse.execute(
        "UPDATE partition_plan SET is_due = game_date NOT BETWEEN $1 AND $2", [start, end]
    )
    audit(warehouse, table, chunk, whole_seasons=False, waived="true")
    return [
        Coverage(table.name, *row)
        for row in warehouse.rows(
            """
            SELECT n.check_name, n.scope, n.severity, n.season,
                   sum(n.total - n.failing)::BIGINT, sum(n.total)::BIGINT, any_value(n.at_least),
                   count(*) FILTER (NOT n.passed AND n.game_date IS NOT NULL), bool_and(n.passed),
                   coalesce(any_value(n.detail), any_value(CASE WHEN NOT n.passed
                     AND NOT r.passed AND r.failing <> n.failing THEN
                     format('{:,} of {:,} when last computed, and therefore not published',
                            r.total - r.failing, r.total) END))
            FROM check_now AS n LEFT JOIN lake.ledger.check_results AS r
              ON r.table_name = $1 AND r.check_name = n.check_name AND r.game_date IS NULL
              AND r.season = CASE WHEN n.game_date IS NULL THEN n.season END
            GROUP BY n.check_name, n.scope, n.severity, n.season
            ORDER BY n.season, n.scope DESC, n.check_name
            """,
            [table.name],
        )
    ]
