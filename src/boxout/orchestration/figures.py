"""The expected figures of a project beside the present ones, as the handoff shows them."""

from __future__ import annotations

from dataclasses import dataclass

from boxout.pipeline.graph import SCHEDULE, Graph
from boxout.pipeline.ledger import READY_SQL
from boxout.pipeline.ledger_at import LedgerAt

# The schemas whose tables have something on each date of a season's schedule.
FOLLOWING = ("analytics.", "precompute.")


@dataclass(frozen=True)
class Figure:
    """One expected figure beside the present one, of one season."""

    table: str
    what: str
    season: str
    expected: str
    present: str
    is_met: bool


def read_figures(ledger: LedgerAt, graph: Graph) -> tuple[Figure, ...]:
    """Return the dates that are ready of each table and season, and the shares that checks need.

    A table that has not been built is there, with no date ready.
    """
    return (*_dates(ledger, graph), *_shares(ledger))


def _dates(ledger: LedgerAt, graph: Graph) -> list[Figure]:
    rows = ledger.records(
        "ledger.partitions",
        f"""
        WITH seasons AS (
          SELECT season, count(*) AS dates FROM {{table}}
          WHERE table_name = '{SCHEDULE}' AND row_count > 0 GROUP BY season),
        tables AS (SELECT unnest($1::VARCHAR[]) AS table_name)
        SELECT t.table_name, s.season, s.dates AS total,
               count(*) FILTER (p.state IN ({READY_SQL})) AS good,
               coalesce(sum(p.row_count), 0)::BIGINT AS rows
        FROM tables AS t CROSS JOIN seasons AS s
        LEFT JOIN {{table}} AS p ON p.table_name = t.table_name AND p.season = s.season
        GROUP BY ALL ORDER BY ALL
        """,
        [[table.name for table in graph.computed if table.name.startswith(FOLLOWING)]],
    )
    return [
        Figure(
            row["table_name"],
            "dates ready",
            row["season"],
            f"{row['total']:,} dates",
            f"{row['good']:,} of {row['total']:,} dates, {row['rows']:,} rows",
            row["good"] >= row["total"],
        )
        for row in rows
    ]


def _shares(ledger: LedgerAt) -> list[Figure]:
    figures = []
    for row in ledger.records(
        "ledger.check_results",
        "SELECT table_name, check_name, season, total - failing AS good, total, at_least, passed "
        "FROM {table} WHERE scope = 'season' AND severity = 'block' AND total > 0 "
        "AND (at_least < 1 OR NOT passed) ORDER BY ALL",
    ):
        share = 100 * row["good"] / row["total"]
        figures.append(
            Figure(
                row["table_name"],
                row["check_name"],
                row["season"],
                f"at least {100 * (row['at_least'] or 1):g}%",
                f"{int(10 * share) / 10}% ({row['good']:,} of {row['total']:,})",
                bool(row["passed"]),
            )
        )
    return figures
