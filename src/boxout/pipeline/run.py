"""Bring tables up to date: plan, compute, audit, publish, table after table.

The loop that ties `plan`, `stage`, `contract` and `publish` together. It reports to a
listener and prints nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from boxout.errors import BusyError
from boxout.pipeline.contract import audit
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.judge import judge_chunk
from boxout.pipeline.ledger import add_stale_partitions, forget_stale_partitions, read_partitions
from boxout.pipeline.locks import table_lock
from boxout.pipeline.plan import carry_into_plan, plan_partitions
from boxout.pipeline.publish import InputsChangedError, Published, commit_chunk
from boxout.pipeline.record import (
    forget_withdrawn,
    record_blocked,
    record_interruption,
)
from boxout.pipeline.runs import Run, close_dead_runs, recorded
from boxout.pipeline.seasons import commit_seasons, find_changed_seasons, judge_seasons
from boxout.pipeline.stage import Chunk, select_due, stage_table
from boxout.pipeline.waiver import Waiver, let_through
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

FIRST_DATE = date(1946, 11, 1)  # the league's first game
LAST_DATE = date(2999, 12, 31)
# Dates computed in one statement and one commit: five seasons fit in memory together.
CHUNK_DATES = 1_200
ATTEMPTS = 5
# So few dates are computed on one thread.
SMALL_CHUNK_DATES = 300


@dataclass
class TableOutcome:
    """What a run did to one table; counts are of partitions, or of rows where named so."""

    table: str
    due: int = 0
    computed: int = 0
    rows_computed: int = 0
    changed: int = 0
    rows_written: int = 0
    rows_removed: int = 0
    failed: int = 0
    waived: int = 0
    blocked: int = 0
    seconds: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    run_id: str = ""

    def add(self, published: Published) -> None:
        """Add one chunk's result."""
        self.computed += published.computed
        self.rows_computed += published.rows_computed
        self.changed += published.changed
        self.rows_written += published.rows_written
        self.rows_removed += published.rows_removed
        self.failed += published.failed
        self.waived += published.waived
        for check, count in published.failures.items():
            self.failures[check] = self.failures.get(check, 0) + count


@dataclass(frozen=True)
class RunReport:
    """The outcome of one run.

    Attributes
    ----------
    run_id
        Its name in the ledger.
    tables
        One outcome a table, in the order of work.
    seconds
        Wall time.
    goalposts
        The checks that are looser than they were.
    """

    run_id: str
    tables: tuple[TableOutcome, ...]
    seconds: float
    goalposts: tuple[Goalpost, ...] = ()

    @property
    def held_back(self) -> bool:
        """Whether a contract or a gate held any partition back."""
        return any(table.failed or table.blocked for table in self.tables)


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


Listener = Callable[[str, Chunk, TableOutcome], None]


def _silent(table: str, chunk: Chunk, outcome: TableOutcome) -> None:
    pass


def run_tables(
    warehouse: Warehouse,
    graph: Graph,
    tables: Sequence[TableDefinition],
    options: RunOptions | None = None,
    listener: Listener = _silent,
    *,
    command: str = "run",
) -> RunReport:
    """Bring the given tables up to date, in dependency order.

    Parameters
    ----------
    tables
        Computed tables, inputs before their readers; what they read and is not among them
        is left as it is, and closes the gate where it is not ready.
    listener
        Called after each commit with the table, the chunk and the outcome so far.

    Raises
    ------
    BusyError
        When another run keeps a table, or changes inputs again and again.
    StoppedError
        When the run was asked to stop; what was committed stays.
    """
    options = options or RunOptions()
    close_dead_runs(warehouse)
    run = Run(warehouse, command)
    started = time.monotonic()
    outcomes: list[TableOutcome] = []
    run.summary["tables"] = {}
    forget_stale_partitions(warehouse)
    chosen = {table.name for table in tables}
    with recorded(run), warehouse.one_thread():
        for table in graph.computed:
            run.heed_stop()
            if table.name in chosen:
                parts = (len(outcomes), len(chosen))
                outcome = _run_table(warehouse, graph, table, options, run, parts, listener)
                outcomes.append(outcome)
                run.summary["tables"] |= _summary(outcome)
                add_stale_partitions(warehouse, table.name, options.start, options.end)
            elif chosen & set(graph.downstream(table.name)):
                _plan(warehouse, graph, table, RunOptions(), False)
                add_stale_partitions(warehouse, table.name, LAST_DATE, FIRST_DATE)
        report = RunReport(
            run.run_id, tuple(outcomes), time.monotonic() - started, read_goalposts(warehouse)
        )
        run.end("held back" if report.held_back else "done")
    if report.held_back:
        from boxout.pipeline.diagnose.diagnosis import diagnose_incidents

        diagnose_incidents(warehouse, graph)
    return report


def _summary(outcome: TableOutcome) -> dict[str, dict[str, int]]:
    counts = {
        name: getattr(outcome, name)
        for name in ("computed", "changed", "failed", "blocked", "waived")
    }
    return {outcome.table: counts} if any(counts.values()) else {}


def _run_table(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    options: RunOptions,
    run: Run,
    parts: tuple[int, int],
    listener: Listener,
) -> TableOutcome:
    outcome = TableOutcome(table.name, run_id=run.run_id)
    started = time.monotonic()
    # A chunk that lost its inputs under it is planned anew; built dates are not built twice.
    force = options.force
    with table_lock(warehouse, table.name):
        for _ in range(ATTEMPTS):
            try:
                _run_due(warehouse, graph, table, options, force, run, parts, outcome, listener)
            except InputsChangedError as change:
                warehouse.ledger_version = None  # what the commit had read was rolled back
                record_interruption(warehouse, table.name, run.run_id, change.reason)
                _find_stale_upstream(warehouse, graph, table)
                continue
            outcome.seconds = time.monotonic() - started
            return outcome
    raise BusyError(
        f"The inputs changed {ATTEMPTS} times while the table was being computed.",
        table.name,
        "Wait until ingest is quiet and run the command again; nothing was lost.",
    )


def _find_stale_upstream(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> None:
    """Note what has become stale above a table, so that nothing is built on it in this run."""
    for upstream in graph.computed:
        if table.name in graph.downstream(upstream.name):
            _plan(warehouse, graph, upstream, RunOptions(), False)
            add_stale_partitions(warehouse, upstream.name, LAST_DATE, FIRST_DATE)


def _run_due(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    options: RunOptions,
    force: bool,
    run: Run,
    parts: tuple[int, int],
    outcome: TableOutcome,
    listener: Listener,
) -> None:
    with warehouse.reading():
        version = _plan(warehouse, graph, table, options, force)
        chunks = _chunks(warehouse, options)
        seasons = find_changed_seasons(warehouse)
    outcome.due = max(outcome.due, outcome.computed + sum(count for *_, count in chunks))
    if chunks:
        version = run.start(planned=version)
        run.progress(table.name, outcome.computed, outcome.due, parts)
    forget_withdrawn(warehouse, table, run.run_id)
    outcome.blocked = record_blocked(warehouse, table, run.run_id)
    if seasons and options.waiver is None:
        version = run.start(planned=version)
        outcome.failed += _judge_again(warehouse, graph, table, run, version, seasons)
    for number, (first, last, _) in enumerate(chunks):
        run.heed_stop()
        with contextlib.ExitStack() as threads:
            with warehouse.reading():
                if number:
                    version = _plan(warehouse, graph, table, options, force)
                chunk = select_due(warehouse, first, last)
                if chunk is None:
                    continue
                if chunk.dates > SMALL_CHUNK_DATES:
                    threads.enter_context(warehouse.all_threads())
                stage_table(warehouse, table, chunk)
                audit(warehouse, table, chunk, waived=let_through(options.waiver))
                judge_chunk(warehouse, graph, table, options.waiver)
            published = commit_chunk(warehouse, graph, table, run.run_id, version, options.waiver)
        outcome.add(published)
        if number == len(chunks) - 1 and warehouse.ledger_version == version + 1:
            carry_into_plan(warehouse, table)
        run.progress(table.name, outcome.computed, outcome.due, parts)
        listener(table.name, chunk, outcome)


def _judge_again(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    run: Run,
    version: int,
    seasons: Chunk,
) -> int:
    with warehouse.reading():
        judge_seasons(warehouse, table, seasons)
    return commit_seasons(warehouse, graph, table, run.run_id, version)


def _plan(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, options: RunOptions, force: bool
) -> int:
    """Plan one table and return the data version that the plan is of."""
    version = read_partitions(warehouse)
    plan_partitions(warehouse, graph, table, force=force)
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
