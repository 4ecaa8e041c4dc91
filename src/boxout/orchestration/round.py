"""One round of the watcher: ingest what came, build what is stale, learn, and say what failed.

Each job opens the lake anew and is tried again when it fails for a passing reason, so that a
broken connection, a full disk or another process's lock costs a wait and not the night.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from boxout.errors import StoppedError
from boxout.orchestration.first_tables import create_first_tables
from boxout.orchestration.incoming import Incoming
from boxout.orchestration.ingest_round import ingest_incoming
from boxout.orchestration.learning_round import Learned, learn
from boxout.orchestration.logs import log, log_failure, reason_of
from boxout.orchestration.passing import FilesFailedError, is_passing
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import WatchSettings
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.preparation import prepare
from boxout.pipeline.run import run_tables
from boxout.pipeline.runs import close_dead_runs
from boxout.pipeline.stage import Chunk
from boxout.pipeline.table_run import TableOutcome
from boxout.sources.files.finding import printable
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@dataclass
class Round:
    """The jobs of a round, and what one round remembers for the next.

    Parameters
    ----------
    clock
        Returns the present moment, naive UTC.
    heed_stop
        Raises `StoppedError` when the watcher was asked to stop.
    tell
        Called with what is being done.
    versions
        The data versions that the watcher has made since the last round began.
    """

    home: Home
    graph: Graph
    settings: WatchSettings
    clock: Callable[[], datetime]
    heed_stop: Callable[[], None]
    tell: Callable[[str], None]
    versions: set[int] = field(default_factory=set)
    incoming: Incoming = field(init=False)

    def __post_init__(self) -> None:
        self.incoming = Incoming(self.settings.folders, self.settings.settle_seconds)

    def run(self, report: RoundReport) -> None:
        """Do one round.

        Parameters
        ----------
        report
            Where what it does is put, as it is done.

        Raises
        ------
        StoppedError
            When it was asked to stop; what was committed stays.
        """
        started = time.monotonic()
        self.versions.clear()
        try:
            self._do_jobs(report)
        finally:
            report.seconds = round(time.monotonic() - started, 2)

    def _do_jobs(self, report: RoundReport) -> None:
        there = self.incoming.look()
        if not self._attempt("ingest", report, lambda w: self._ingest(w, report)):
            self.incoming.put_off(there)
        report.problems += [
            f"ingest: {printable(folder)} cannot be looked at: {why}"
            for folder, why in self.incoming.closed.items()
        ]
        self.heed_stop()
        self._attempt("tables", report, lambda w: self._build(w, report))
        self.heed_stop()
        self._attempt("learning", report, lambda w: self._learn(w, report))

    def _attempt(self, job: str, report: RoundReport, act: Callable[[Warehouse], None]) -> bool:
        """Do a job, and again while it fails for a passing reason; return whether it was done."""
        self.tell(job)
        retry = self.settings.retry
        retrying = Retrying(
            retry=retry_if_exception(is_passing),
            stop=stop_after_attempt(retry.attempts),
            wait=wait_exponential(
                multiplier=retry.first_wait_seconds, max=retry.longest_wait_seconds
            ),
            sleep=self._wait,
            before_sleep=lambda state: log(
                "failed for a passing reason",
                level=logging.WARNING,
                job=job,
                attempt=state.attempt_number,
                reason=reason_of(state.outcome.exception() if state.outcome else None),
            ),
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt, open_warehouse(self.home, create=True) as warehouse:
                    warehouse.own_commits.versions = self.versions
                    act(warehouse)
        except StoppedError:
            raise
        except Exception as error:
            each = error.each if isinstance(error, FilesFailedError) else (reason_of(error),)
            report.problems += [f"{job}: {what}" for what in each]
            log_failure("failed", error, job=job)
            return False
        return True

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.heed_stop()
            time.sleep(min(0.5, max(0.0, end - time.monotonic())))

    def _ingest(self, warehouse: Warehouse, report: RoundReport) -> None:
        create_first_tables(warehouse, self.graph)
        prepare(warehouse, self.graph)
        close_dead_runs(warehouse)
        ingest_incoming(warehouse, self.graph, self.incoming, report, self.heed_stop, self._wait)

    def _build(self, warehouse: Warehouse, report: RoundReport) -> None:
        prepare(warehouse, self.graph)
        report.tables = run_tables(
            warehouse,
            self.graph,
            self.graph.computed,
            RunOptions(),
            self._committed,
            command="watch",
        )
        for table in report.tables.tables:
            if table.failed or table.blocked:
                log(
                    "held back",
                    level=logging.WARNING,
                    run=report.tables.run_id,
                    table=table.table,
                    failed=table.failed,
                    blocked=table.blocked,
                    checks=", ".join(table.failures) or None,
                )

    def _learn(self, warehouse: Warehouse, report: RoundReport) -> None:
        learned = report.learned = report.learned or Learned()
        try:
            learn(warehouse, self.graph, self.settings.train, self.clock(), self.heed_stop, learned)
        finally:
            for reason in (learned.not_trained, learned.not_predicted):
                if reason:
                    log("learning is held back", level=logging.WARNING, reason=reason)

    def _committed(self, table: str, chunk: Chunk, outcome: TableOutcome) -> None:
        log(
            "committed",
            run=outcome.run_id,
            table=table,
            date=chunk.last,
            dates=outcome.computed,
            due=outcome.due,
            failed=outcome.failed,
        )
        self.heed_stop()
