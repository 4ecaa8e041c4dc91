"""Runs: their record in the ledger, their progress while they work, and how they are stopped.

The ledger holds when a run began, how it ended and what it did, and is written twice a run;
progress goes to the run's heartbeat file. A run reads its stop request between commits. What is
to be seen of runs is in `run_views`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from boxout.errors import BusyError, StoppedError
from boxout.pipeline.ledger_files import merge_ledger_files
from boxout.pipeline.life_signs import Heartbeat, LifeSign, forget, now, read_life_signs
from boxout.pipeline.run_views import RUN, is_run
from boxout.pipeline.stopping import RESUMES, signal_received
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb

DIED = "died"


class Run:
    """One run of this process; one that finds nothing to do leaves no trace."""

    def __init__(self, warehouse: Warehouse, command: str) -> None:
        self.run_id = uuid4().hex[:12]
        self._warehouse = warehouse
        self._command = command
        self._started_at = now()
        self._heartbeat: Heartbeat | None = None
        self._is_recorded = False
        self._steps: dict[str, int] = {}
        self._telling = Lock()
        self.summary: dict[str, Any] = {}

    def start(self, *, in_ledger: bool = True, planned: int = 0) -> int:
        """Say that work begins, once.

        Parameters
        ----------
        in_ledger
            Record it now; a run that may find nothing new is recorded when it ends.
        planned
            The data version that a plan was made of.

        Returns
        -------
        int
            The version that the plan is of now: where nobody else has committed since, the newest,
            which differs in the record of this run alone.
        """
        if self._heartbeat is None:
            self._heartbeat = Heartbeat(
                self._warehouse.home,
                self.run_id,
                {"kind": RUN, "command": self._command},
            )
            self._heartbeat.start()
        if in_ledger and not self._is_recorded:
            with self._warehouse.commit():
                before = self._warehouse.version()
                _insert(self._warehouse, self.run_id, self._command, self._started_at)
            self._is_recorded = True
            self._warehouse.own_commits.note(before + 1)
            if self._warehouse.ledger_version == before:
                self._warehouse.ledger_version = before + 1
            if planned == before:
                return before + 1
        return planned

    def progress(
        self, what: str, done: int, due: int, parts: tuple[int, int], unit: str = "dates"
    ) -> None:
        """Say how far the run is.

        Parameters
        ----------
        what
            The table, or the step of training.
        done, due
            Its dates, or steps, that are done and that are to be done in all.
        parts
            How many tables are done with, and how many there are.
        """
        if self._heartbeat is None:
            return
        with self._telling:  # several threads may have something to say
            self._steps[what if unit == "dates" else unit] = done
            self._heartbeat.tell(
                what=what,
                done=done,
                due=due,
                parts_done=parts[0],
                parts=parts[1],
                steps=sum(self._steps.values()),
                unit=unit,
            )

    def heed_stop(self) -> None:
        """End here when a stop was asked for; called where everything is committed.

        Raises
        ------
        StoppedError
            When a signal or `boxout stop` asked for it.
        """
        reason = signal_received()
        if reason is None and self._heartbeat is not None:
            reason = self._heartbeat.stop_reason()
        if reason is not None:
            raise StoppedError(
                f"The run ended at a commit point, as asked: {reason}.",
                self.run_id if self._heartbeat else "",
                RESUMES,
            )

    def end(self, outcome: str) -> None:
        """Record how it ended and take its heartbeat away."""
        if self._heartbeat is None:
            return
        with self._warehouse.commit():
            if not self._is_recorded:
                _insert(self._warehouse, self.run_id, self._command, self._started_at)
            _close(self._warehouse, self.run_id, now(), outcome, self.summary)
        with suppress(BusyError, duckdb.Error):  # what was done is on record; this can wait
            merge_ledger_files(self._warehouse)
        self.leave()

    def leave(self) -> None:
        """Take the heartbeat away without a record."""
        if self._heartbeat is not None:
            self._heartbeat.end()
            self._heartbeat = None


@contextmanager
def recorded(run: Run) -> Iterator[Run]:
    """Record how a run ends when the block raises; a block that is done ends it itself."""
    try:
        yield run
    except StoppedError as stop:
        run.summary["stopped"] = stop.what
        run.end("stopped")
        raise
    except KeyboardInterrupt:
        run.end("interrupted")
        raise
    except BaseException as error:
        run.summary["error"] = str(error).splitlines()[0] if str(error) else type(error).__name__
        run.end("failed")
        raise


@contextmanager
def shown(run: Run) -> Iterator[Run]:
    """Show a run by its heartbeat while the block lasts, and keep no record of it."""
    run.start(in_ledger=False)
    try:
        yield run
    finally:
        run.leave()


def are_dead_runs_closed(warehouse: Warehouse) -> bool:
    """Whether no run is on record, or has a heartbeat file, whose process is gone."""
    return not _lost_runs(warehouse)[-1]


def _lost_runs(warehouse: Warehouse) -> tuple[dict[str, LifeSign], set[str]]:
    """Return the life signs of dead runs, and the names of all that are to be closed."""
    # The ledger first: the heartbeat of a run that begins meanwhile is there before its record.
    with warehouse.reading():
        unfinished = warehouse.rows(
            f"SELECT run_id FROM {warehouse.in_full('ledger.runs')} WHERE finished_at IS NULL"
        )
    signs = {s.name: s for s in read_life_signs(warehouse.home) if is_run(s)}
    dead = {name: sign for name, sign in signs.items() if not sign.is_alive}
    return dead, dead.keys() | ({row[0] for row in unfinished} - signs.keys())


def close_dead_runs(warehouse: Warehouse) -> tuple[str, ...]:
    """Record runs whose process is gone as died, take their files away, and name them.

    A run that the ledger has as unfinished and that has no heartbeat file is dead, too: the
    file is there before the record and goes after its end.
    """
    home = warehouse.home
    dead, lost = _lost_runs(warehouse)
    if not lost:
        return ()
    closed = []
    with warehouse.commit():
        for name in sorted(lost):
            known = warehouse.rows(
                "SELECT started_at, finished_at FROM lake.ledger.runs WHERE run_id = $1", [name]
            )
            if known and known[0][1] is not None:
                continue  # it was closed meanwhile
            sign = dead.get(name)
            if not known and sign is not None:
                command = str(sign.facts["command"])
                _insert(warehouse, name, command, sign.started_at, sign.pid, sign.host)
            at = sign.beat_at if sign else known[0][0]
            summary = {"died": _last_words(sign)}
            _close(warehouse, name, at, DIED, summary)
            closed.append(name)
    for name in dead:
        forget(home.runs, name)
    return tuple(closed)


def _last_words(sign: LifeSign | None) -> str:
    if sign is None:
        return "its process is gone and left no heartbeat"
    facts = sign.facts
    where = f" in {facts['what']}, {facts['done']} of {facts['due']}" if "what" in facts else ""
    return f"process {sign.pid} on {sign.host} is gone; its last heartbeat was{where}"


def _insert(
    warehouse: Warehouse,
    run_id: str,
    command: str,
    started_at: datetime,
    pid: int | None = None,
    host: str | None = None,
) -> None:
    warehouse.execute(
        "INSERT INTO lake.ledger.runs VALUES ($1, $2, $3, $4, $5, NULL, NULL, NULL)",
        [run_id, command, pid or os.getpid(), host or socket.gethostname(), started_at],
    )


def _close(
    warehouse: Warehouse, run_id: str, at: datetime, outcome: str, summary: dict[str, Any]
) -> None:
    warehouse.execute(
        "UPDATE lake.ledger.runs SET finished_at = $2, outcome = $3, summary = $4 "
        "WHERE run_id = $1",
        [run_id, at, outcome, json.dumps(summary) if summary else None],
    )
