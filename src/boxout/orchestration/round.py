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
from pathlib import Path

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from boxout.errors import (
    BusyError,
    SourceError,
    StoppedError,
    UnreadableFileError,
    WarehouseError,
)
from boxout.orchestration.incoming import Files, Incoming
from boxout.orchestration.learning_round import Learned, learn
from boxout.orchestration.logs import log, log_failure, reason_of
from boxout.orchestration.settings import WatchSettings
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.due import RunOptions
from boxout.pipeline.files_on_record import plain_path
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.preparation import prepare
from boxout.pipeline.record_watcher import note_watcher
from boxout.pipeline.run import RunReport, run_tables
from boxout.pipeline.runs import close_dead_runs
from boxout.pipeline.stage import Chunk
from boxout.pipeline.table_run import TableOutcome
from boxout.sources.files.finding import printable
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

# What may be gone in a minute; anything else is the same on the next try.
PASSING = (
    BusyError,
    WarehouseError,
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.OutOfMemoryException,
    OSError,
    MemoryError,
)


@dataclass
class RoundReport:
    """What one round did.

    Attributes
    ----------
    files
        Files that brought something.
    refused
        Files that could not be ingested, with the reason each; told once a version of a file.
    tables, learned
        None where the round did not come so far.
    problems
        Jobs that failed, after the last try.
    unwatched
        Times without a watcher that this round has ended, a sentence each.
    seconds
        Wall time.
    """

    started_at: datetime
    files: list[FileReport] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    tables: RunReport | None = None
    learned: Learned | None = None
    problems: list[str] = field(default_factory=list)
    unwatched: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def held_back(self) -> bool:
        """Whether a contract or a gate held something back."""
        return bool(self.tables and self.tables.held_back)

    @property
    def is_well(self) -> bool:
        """Whether every job was done and every file was read."""
        return not self.problems and not self.refused


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
    seen
        The files that were ingested or refused, as they were then.
    unread
        Those that the system did not let be read: each round tries them again, and none is
        called for their sake.
    """

    home: Home
    graph: Graph
    settings: WatchSettings
    clock: Callable[[], datetime]
    heed_stop: Callable[[], None]
    tell: Callable[[str], None]
    seen: Files = field(default_factory=dict)
    unread: set[Path] = field(default_factory=set)
    incoming: Incoming = field(init=False)

    def __post_init__(self) -> None:
        self.incoming = Incoming(self.settings.folders)

    def run(self) -> RoundReport:
        """Do one round.

        Raises
        ------
        StoppedError
            When it was asked to stop; what was committed stays.
        """
        report = RoundReport(self.clock())
        started = time.monotonic()
        self._attempt("ingest", report, lambda w: self._ingest(w, report))
        report.problems += [
            f"ingest: {printable(folder)} cannot be looked at: {why}"
            for folder, why in self.incoming.closed.items()
        ]
        self.heed_stop()
        self._attempt("tables", report, lambda w: self._build(w, report))
        self.heed_stop()
        self._attempt("learning", report, lambda w: self._learn(w, report))
        report.seconds = round(time.monotonic() - started, 2)
        return report

    def _attempt(self, job: str, report: RoundReport, act: Callable[[Warehouse], None]) -> None:
        self.tell(job)
        retry = self.settings.retry
        retrying = Retrying(
            retry=retry_if_exception_type(PASSING),
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
                    act(warehouse)
        except StoppedError:
            raise
        except Exception as error:
            report.problems.append(f"{job}: {reason_of(error)}")
            log_failure("failed", error, job=job)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.heed_stop()
            time.sleep(min(0.5, max(0.0, end - time.monotonic())))

    def _ingest(self, warehouse: Warehouse, report: RoundReport) -> None:
        create_ledger(warehouse)
        report.unwatched += [
            f"{gap.incident_id}: since {gap.opened_at:%Y-%m-%d %H:%M} UTC. {gap.detail}"
            for gap in note_watcher(warehouse)
        ]
        prepare(warehouse, self.graph)
        close_dead_runs(warehouse)
        for path, stamp in self._settled().items():
            is_seen = self.seen.get(path) == stamp
            if is_seen and path not in self.unread:
                continue
            self.heed_stop()
            self.unread.discard(path)
            try:
                (brought,) = ingest_files(warehouse, self.graph, [path], self._tell_read_again)
            except SourceError as error:
                if isinstance(error, UnreadableFileError):
                    self.unread.add(path)
                if not is_seen:
                    report.refused[printable(plain_path(path))] = error.what
                    log("refused", level=logging.ERROR, file=printable(path), reason=error.what)
            else:
                if not brought.is_known:
                    report.files.append(brought)
                    log(
                        "ingested",
                        table=brought.table,
                        file=path,
                        rows=brought.rows,
                        dates=brought.dates,
                        quarantined=sum(brought.rejected.values()),
                    )
            self.seen[path] = stamp

    def _tell_read_again(self, report: FileReport) -> None:
        if report.is_read_again:
            log("read again", table=report.table, file=report.path, dates=report.dates)
            self.heed_stop()

    def _settled(self) -> Files:
        """Return the incoming files once none that is new is still being written.

        What a clock that is wrong dates to the future is done when it has not changed meanwhile.
        """
        files = self.incoming.look()
        while True:
            new = [stamp for path, stamp in files.items() if self.seen.get(path) != stamp]
            youngest = max((changed for changed, _ in new), default=0) / 1e9
            wait = youngest + self.settings.settle_seconds - time.time()
            if wait <= 0:
                return files
            self._wait(min(wait, self.settings.settle_seconds))
            before, files = files, self.incoming.look()
            if files == before:
                return files

    def _build(self, warehouse: Warehouse, report: RoundReport) -> None:
        prepare(warehouse, self.graph)
        report.tables = run_tables(
            warehouse, self.graph, self.graph.computed, RunOptions(), _committed, command="watch"
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
        report.learned = learn(warehouse, self.graph, self.settings.train, self.clock())
        for reason in (report.learned.not_trained, report.learned.not_predicted):
            if reason:
                log("learning is held back", level=logging.WARNING, reason=reason)


def _committed(table: str, chunk: Chunk, outcome: TableOutcome) -> None:
    log(
        "committed",
        run=outcome.run_id,
        table=table,
        date=chunk.last,
        dates=outcome.computed,
        due=outcome.due,
        failed=outcome.failed,
    )
