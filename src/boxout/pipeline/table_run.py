"""Bring one table up to date: plan, compute, audit, publish, chunk after chunk.

Ties `plan`, `stage`, `contract` and `publish` together; which table's turn it is, is decided in
`run`. It reports to a listener and prints nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from boxout.errors import BusyError
from boxout.pipeline.contract import audit
from boxout.pipeline.corrections import CONCERNED, Corrections
from boxout.pipeline.due import Due, RunOptions, find_due, plan_table
from boxout.pipeline.graph import Graph
from boxout.pipeline.judge import judge_chunk
from boxout.pipeline.ledger import add_stale_partitions
from boxout.pipeline.locks import table_lock
from boxout.pipeline.plan import carry_into_plan
from boxout.pipeline.publish import InputsChangedError, NotCleanError, Published, commit_chunk
from boxout.pipeline.record import (
    forget_withdrawn,
    record_blocked,
    record_interruption,
)
from boxout.pipeline.record_incidents import is_troubled
from boxout.pipeline.runs import Run
from boxout.pipeline.seasons import commit_seasons, judge_seasons
from boxout.pipeline.stage import MANY_DATES, Chunk, select_due, stage_table
from boxout.pipeline.waiver import let_through
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.tables.definition import RAW_PHASE, TableDefinition
from boxout.warehouse.ducklake import Warehouse

ATTEMPTS = 5


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


Listener = Callable[[str, Chunk, TableOutcome], None]


@dataclass(frozen=True)
class TableJob:
    """One table of a run, and how the run wants it done.

    Attributes
    ----------
    parts
        How many tables the run is done with, and how many it has.
    corrections
        What the run has changed so far.
    """

    graph: Graph
    table: TableDefinition
    options: RunOptions
    run: Run
    parts: tuple[int, int]
    listener: Listener
    corrections: Corrections


def run_table(warehouse: Warehouse, job: TableJob, due: Due | None = None) -> TableOutcome:
    """Bring one table up to date.

    Parameters
    ----------
    due
        What `find_due` has just found on this connection, if it was asked.

    Raises
    ------
    BusyError
        When another run keeps the table, or changes its inputs again and again.
    StoppedError
        When the run was asked to stop; what was committed stays.
    """
    outcome = TableOutcome(job.table.name, run_id=job.run.run_id)
    started = time.monotonic()
    with table_lock(warehouse, job.table.name):
        for _ in range(ATTEMPTS):
            try:
                _run_due(warehouse, job, outcome, due)
            except InputsChangedError as change:
                warehouse.ledger_version = None  # what the commit had read was rolled back
                record_interruption(warehouse, job.table.name, job.run.run_id, change.reason)
                _find_stale_upstream(warehouse, job.graph, job.table)
                due = None
                continue
            outcome.seconds = time.monotonic() - started
            return outcome
    raise BusyError(
        f"The inputs changed {ATTEMPTS} times while the table was being computed.",
        job.table.name,
        "Wait until ingest is quiet and run the command again; nothing was lost.",
    )


def _find_stale_upstream(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> None:
    """Note what has become stale above a table, so that nothing is built on it in this run."""
    for upstream in graph.computed_upstream(table.name):
        plan_table(warehouse, graph, upstream, RunOptions())
        add_stale_partitions(warehouse, upstream.name, LAST_DATE, FIRST_DATE)


def _run_due(warehouse: Warehouse, job: TableJob, outcome: TableOutcome, due: Due | None) -> None:
    graph, table, options, run = job.graph, job.table, job.options, job.run
    # The table may have been another run's until a moment ago.
    if due is None or (due.has_work and warehouse.version() != due.version):
        due = find_due(warehouse, graph, table, options)
    version = due.version
    outcome.due = max(outcome.due, outcome.computed + due.dates)
    if due.chunks:
        version = run.start(planned=version)
        run.progress(table.name, outcome.computed, outcome.due, job.parts)
    forget_withdrawn(warehouse, table, run.run_id)
    outcome.blocked = record_blocked(warehouse, table, run.run_id)
    if due.seasons and options.waiver is None:
        version = run.start(planned=version)
        outcome.failed += _judge_again(warehouse, graph, table, run, version, due.seasons)
    for number, (first, last, _) in enumerate(due.chunks):
        run.heed_stop()
        with contextlib.ExitStack() as threads:
            with warehouse.reading():
                if number:
                    version = plan_table(warehouse, graph, table, options)
                chunk = select_due(warehouse, first, last)
                if chunk is None:
                    continue
                # Fewer take no less time when threads share them, and more of the processor's.
                if chunk.dates > MANY_DATES:
                    threads.enter_context(warehouse.all_threads())
                players = _compute(warehouse, job, chunk, version)
            published = commit_chunk(
                warehouse, graph, table, run.run_id, version, options.waiver, players
            )
        is_last = number == len(due.chunks) - 1
        _follow(warehouse, job, outcome, chunk, published, players, version, is_last=is_last)


def run_jointly(warehouse: Warehouse, job: TableJob, due: Due) -> TableOutcome:
    """Bring one small table up to date, whose lock is held, within a commit around it.

    Raises
    ------
    NotCleanError
        When the table is not small any more, is to be altered, or something of it is to be held
        back. Nothing of it has been written then.
    """
    outcome = TableOutcome(job.table.name, run_id=job.run.run_id)
    started = time.monotonic()
    if warehouse.version() != due.version:
        due = find_due(warehouse, job.graph, job.table, job.options)
    chunk = select_due(warehouse, *due.chunks[0][:2]) if due.is_small else None
    if chunk is None:
        raise NotCleanError
    outcome.due = due.dates
    job.run.progress(job.table.name, 0, outcome.due, job.parts)
    players = _compute(warehouse, job, chunk, due.version)
    if is_troubled(warehouse):
        raise NotCleanError
    published = commit_chunk(
        warehouse, job.graph, job.table, job.run.run_id, due.version, None, players
    )
    _follow(warehouse, job, outcome, chunk, published, players, due.version, is_last=True)
    outcome.seconds = time.monotonic() - started
    return outcome


def _compute(warehouse: Warehouse, job: TableJob, chunk: Chunk, version: int) -> str | None:
    """Compute and judge a chunk, and name the table of the only players whose rows were."""
    waiver = job.options.waiver
    players = _concerned(warehouse, job, version)
    stage_table(warehouse, job.table, chunk, players)
    audit(warehouse, job.table, chunk, waived=let_through(waiver))
    judge_chunk(warehouse, job.graph, job.table, waiver, players)
    return players


def _follow(
    warehouse: Warehouse,
    job: TableJob,
    outcome: TableOutcome,
    chunk: Chunk,
    published: Published,
    players: str | None,
    version: int,
    *,
    is_last: bool,
) -> None:
    """Take note of a chunk that was committed, and tell of it."""
    table = job.table
    outcome.add(published)
    if published.changed:
        job.corrections.note(warehouse, table, chunk, players, reshaped=published.is_reshaped)
    # Another raw table may have brought a date since the plan, which is in none of its rows.
    is_whole = table.phase != RAW_PHASE or published.version == version + 1
    if is_last and is_whole and published.is_followed:
        carry_into_plan(warehouse, table)
    job.run.progress(table.name, outcome.computed, outcome.due, job.parts)
    job.listener(table.name, chunk, outcome)


def _concerned(warehouse: Warehouse, job: TableJob, version: int) -> str | None:
    """Name the table of the only players whose rows need computing; None for all players'."""
    if job.options.force or job.options.waiver:
        return None
    is_few = job.corrections.choose_players(warehouse, job.table, version)
    return CONCERNED if is_few else None


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
