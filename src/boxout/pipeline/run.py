"""Bring tables up to date in dependency order, large ones side by side.

Decides which table's turn it is, and where it is computed; `table_run` computes it. A table with
many dates due goes to a thread and a connection of its own while others are there to be computed
beside it: on one thread each they take less time together than one after the other on all. Tables
with few dates due that follow each other are committed together; see `joint_commit`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock

from boxout.errors import StoppedError
from boxout.pipeline.corrections import Corrections
from boxout.pipeline.creation import create_missing, gets_other_columns
from boxout.pipeline.due import Due, RunOptions, find_due, plan_table
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import SCHEDULE, Graph
from boxout.pipeline.joint_commit import JointCommit
from boxout.pipeline.ledger import (
    add_stale_partitions,
    forget_stale_partitions,
    read_partitions,
)
from boxout.pipeline.plan_query import SCHEDULED_PHASE
from boxout.pipeline.publish import NotCleanError
from boxout.pipeline.resting import is_resting
from boxout.pipeline.runs import Run, close_dead_runs, recorded
from boxout.pipeline.stage import MANY_DATES, Chunk
from boxout.pipeline.table_run import (
    Listener,
    TableJob,
    TableOutcome,
    run_jointly,
    run_table,
)
from boxout.pipeline.workers import Workers
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse


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
    created: frozenset[str] = frozenset(),
) -> RunReport:
    """Bring the given tables up to date, in dependency order.

    Parameters
    ----------
    tables
        Computed tables, inputs before their readers; what they read and is not among them
        is left as it is, and closes the gate where it is not ready.
    listener
        Called after each commit with the table, the chunk and the outcome so far.
    created
        Tables that were created just before, with the columns of their queries.

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
    run.summary["tables"] = {}
    forget_stale_partitions(warehouse)
    with recorded(run), warehouse.one_thread():
        created |= create_missing(warehouse, tables)
        corrections = Corrections(warehouse, graph)
        chosen = {table.name for table in tables}
        turns = _Turns(graph, chosen, options, run, listener, corrections, created)
        outcomes = turns.take(warehouse)
        report = RunReport(
            run.run_id, outcomes, time.monotonic() - started, read_goalposts(warehouse)
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


class _Turns:
    """The tables of one run that are to be computed yet, and what became of the others."""

    def __init__(
        self,
        graph: Graph,
        chosen: set[str],
        options: RunOptions,
        run: Run,
        listener: Listener,
        corrections: Corrections,
        created: frozenset[str],
    ) -> None:
        self._graph = graph
        self._chosen = chosen
        self._options = options
        self._run = run
        self._listener = _one_at_a_time(listener)
        self._corrections = corrections
        self._created = created
        self._below = {t.name: set(graph.downstream(t.name)) for t in graph.computed}
        # What is read by a chosen table and is not among them is planned, to know what is stale.
        self._waiting = [
            table
            for table in graph.computed
            if table.name in chosen or chosen & self._below[table.name]
        ]
        self._outcomes: dict[str, TableOutcome] = {}
        self._has_left_stale = False
        self._joins = True

    def take(self, warehouse: Warehouse) -> tuple[TableOutcome, ...]:
        """Bring all tables up to date, and return what became of the chosen ones, in order."""
        with (
            Workers(warehouse) as workers,
            JointCommit(warehouse, self._listener, self._note) as joint,
        ):
            while self._waiting or workers.at_work:
                self._run.heed_stop()
                table = self._next(workers.at_work)
                if (
                    table is None
                    or workers.are_all_at_work
                    or (workers.at_work and self._alters(warehouse, table))
                ):
                    for outcome in workers.wait():
                        self._note(outcome)
                    if self._has_left_stale:  # which is in no commit that could be followed
                        warehouse.ledger_version = None
                    read_partitions(warehouse)
                    continue
                self._waiting.remove(table)
                if self._rests(warehouse, table):
                    if table.name in self._chosen:
                        self._note(TableOutcome(table.name, run_id=self._run.run_id))
                elif table.name in self._chosen:
                    self._start(warehouse, table, workers, joint)
                else:
                    joint.close()
                    plan_table(warehouse, self._graph, table, RunOptions())
                    self._note_stale(warehouse, table, LAST_DATE, FIRST_DATE)
        return tuple(
            self._outcomes[table.name]
            for table in self._graph.computed
            if table.name in self._outcomes
        )

    def _next(self, at_work: set[str]) -> TableDefinition | None:
        """Return, of the tables of whose inputs none waits or is at work, what most wait for.

        The schedule is an input of all tables that follow it, whether they read it or not.
        """
        unfinished = at_work | {table.name for table in self._waiting}
        held = set().union(*(self._below[name] for name in unfinished))
        ready = (
            table
            for table in self._waiting
            if table.name not in held
            and not (table.phase >= SCHEDULED_PHASE and SCHEDULE in unfinished)
        )
        return max(ready, key=lambda t: len(self._below[t.name]), default=None)

    def _rests(self, warehouse: Warehouse, table: TableDefinition) -> bool:
        """Whether there is nothing to plan: not for what is chosen, nor to know what is stale."""
        if self._options.force or self._options.waiver:
            return False
        if warehouse.ledger_version is None:  # else it is at the newest of this run's commits
            read_partitions(warehouse)
        return is_resting(warehouse, table)

    def _alters(self, warehouse: Warehouse, table: TableDefinition) -> bool:
        """Whether the table is to be altered, which it is while no other connection is at work."""
        if table.name not in self._chosen or table.name in self._created:
            return False
        read_partitions(warehouse)
        return gets_other_columns(warehouse, table)

    def _start(
        self, warehouse: Warehouse, table: TableDefinition, workers: Workers, joint: JointCommit
    ) -> None:
        if joint.is_old:
            joint.close()
        parts = (len(self._outcomes) + len(joint), len(self._chosen))
        job = TableJob(
            self._graph,
            table,
            self._options,
            self._run,
            parts,
            self._listener,
            self._corrections,
        )
        due = find_due(warehouse, job.graph, job.table, job.options)
        is_many = due.dates > MANY_DATES and workers.count > 1
        if is_many and self._has_company(warehouse, table, workers):
            joint.close()
            self._run.start()  # from this thread, whose connection the record is written on
            workers.start(table.name, lambda beside: self._compute(beside, job, None))
            return
        if joint.is_open and due.is_clean and not due.has_work:
            joint.add(TableOutcome(table.name, run_id=self._run.run_id))
            return
        may_join = self._may_join(warehouse, job, due, workers)
        if not (may_join and self._join(warehouse, job, due, joint)):
            joint.close()
            self._note(self._compute(warehouse, job, due))

    def _may_join(self, warehouse: Warehouse, job: TableJob, due: Due, workers: Workers) -> bool:
        """Whether the table may be committed with others: it is small, and nothing is special."""
        return (
            self._joins
            and due.is_small
            and self._options.waiver is None
            and not workers.at_work
            and job.options.start <= FIRST_DATE
            and job.options.end >= LAST_DATE
            and not self._alters(warehouse, job.table)
        )

    def _join(self, warehouse: Warehouse, job: TableJob, due: Due, joint: JointCommit) -> bool:
        """Compute a table for the joint commit; return False where it is to be done by itself.

        That is where another process keeps it, and where something is to be held back. After any
        error all that was to be committed with it is computed again, each table by itself, so
        that what is complete is committed and what is wrong is said of its own table.
        """
        if not joint.is_open:
            due = replace(due, version=self._run.start(planned=due.version))
            joint.open()
        if not joint.take_lock(job.table):
            return False
        try:
            joint.add(run_jointly(warehouse, replace(job, listener=joint.tell), due))
        except NotCleanError:
            return False
        except StoppedError:
            raise
        except Exception as error:
            self._waiting[:0] = joint.abandon(error)
            self._joins = False
            self._corrections.forget()
        return True

    def _has_company(self, warehouse: Warehouse, table: TableDefinition, workers: Workers) -> bool:
        """Whether others are computed beside the table, or may be."""
        others = workers.at_work or self._next({table.name}) is not None
        return bool(others) and not self._alters(warehouse, table)

    def _compute(self, warehouse: Warehouse, job: TableJob, due: Due | None) -> TableOutcome:
        if due is None and self._has_left_stale:  # which is not in this connection's copy
            warehouse.ledger_version = None
        outcome = run_table(warehouse, job, due)
        self._note_stale(warehouse, job.table, job.options.start, job.options.end)
        return outcome

    def _note_stale(
        self, warehouse: Warehouse, table: TableDefinition, start: date, end: date
    ) -> None:
        if add_stale_partitions(warehouse, table.name, start, end):
            self._has_left_stale = True

    def _note(self, outcome: TableOutcome) -> None:
        self._outcomes[outcome.table] = outcome
        self._run.summary["tables"] |= _summary(outcome)


def _one_at_a_time(listener: Listener) -> Listener:
    """Return a listener that is told of one commit after the other, whoever made it."""
    lock = Lock()

    def tell(table: str, chunk: Chunk, outcome: TableOutcome) -> None:
        with lock:
            listener(table, chunk, outcome)

    return tell
