"""What there is to do of one table: which of its dates are due, in which chunks.

A table's plan says which partitions are stale; here they are narrowed to what a run was asked for
and packed into commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.record import is_clean
from boxout.pipeline.seasons import find_changed_seasons
from boxout.pipeline.stage import MANY_DATES, Chunk
from boxout.pipeline.waiver import Waiver
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

# Dates computed in one statement and one commit: five seasons fit in memory together.
CHUNK_DATES = 1_200


@dataclass(frozen=True)
class RunOptions:
    """What to bring up to date.

    Attributes
    ----------
    start, end
        The range of game dates, both included.
    force
        Compute again what is fresh.
    waiver
        Publish past what it names, on record.
    chunk_dates
        Dates a commit, at most; seasons are split only where one alone has more.
    """

    start: date = FIRST_DATE
    end: date = LAST_DATE
    force: bool = False
    waiver: Waiver | None = None
    chunk_dates: int = CHUNK_DATES


@dataclass(frozen=True)
class Due:
    """What there is to do of `partition_plan`, and the data version that the plan is of.

    Attributes
    ----------
    chunks
        First and last date of each chunk, and how many of its dates are due.
    seasons
        Seasons to be judged again of which no date is computed; None where there are none.
    is_clean
        Whether nothing is held back, was held back or is to be withdrawn.
    """

    version: int
    chunks: list[tuple[date, date, int]]
    seasons: Chunk | None
    is_clean: bool

    @property
    def dates(self) -> int:
        """How many dates are due."""
        return sum(count for *_, count in self.chunks)

    @property
    def has_work(self) -> bool:
        """Whether there is a date to compute or a season to judge."""
        return bool(self.chunks or self.seasons)

    @property
    def is_small(self) -> bool:
        """Whether it is a single chunk of few dates, clean, and no season besides."""
        return (
            len(self.chunks) == 1
            and self.dates <= MANY_DATES
            and self.seasons is None
            and self.is_clean
        )


def find_due(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, options: RunOptions
) -> Due:
    """Plan a table and find what there is to do."""
    with warehouse.reading():
        version = plan_table(warehouse, graph, table, options)
        return Due(
            version,
            _chunks(warehouse, options),
            find_changed_seasons(warehouse),
            is_clean(warehouse, table),
        )


def plan_table(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, options: RunOptions
) -> int:
    """Plan one table and return the data version that the plan is of."""
    version = read_partitions(warehouse)
    plan_partitions(warehouse, graph, table, force=options.force)
    if options.waiver:
        _open_gates(warehouse, options)
    return version


def _open_gates(warehouse: Warehouse, options: RunOptions) -> None:
    """Make due what was held back in the range and the waiver may let through."""
    opens_gates = options.waiver is not None and options.waiver.opens_gates
    warehouse.execute(
        "UPDATE partition_plan SET is_due = true WHERE game_date BETWEEN $1 AND $2 "
        "AND (state = 'failed' OR (state = 'blocked' AND $3))",
        [options.start, options.end, opens_gates],
    )


def _chunks(warehouse: Warehouse, options: RunOptions) -> list[tuple[date, date, int]]:
    """Pack the due dates into chunks, oldest first; whole seasons where they fit."""
    seasons = warehouse.rows(
        """
        WITH due AS (
          SELECT season, game_date,
                 row_number() OVER (PARTITION BY season ORDER BY game_date) - 1 AS place
          FROM partition_plan WHERE is_due AND game_date BETWEEN $1 AND $2)
        SELECT min(game_date), max(game_date), count(*) FROM due
        GROUP BY season, place // $3 ORDER BY 1
        """,
        [options.start, options.end, options.chunk_dates],
    )
    chunks: list[tuple[date, date, int]] = []
    for first, last, count in seasons:
        if chunks and chunks[-1][2] + count <= options.chunk_dates:
            chunks[-1] = (chunks[-1][0], last, chunks[-1][2] + count)
        else:
            chunks.append((first, last, count))
    return chunks
