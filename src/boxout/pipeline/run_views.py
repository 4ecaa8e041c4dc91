"""What is to be seen of runs: those at work by their heartbeats, past ones from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from boxout.pipeline.life_signs import SILENT_SECONDS, LifeSign, now, read_life_signs
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home

# The kind of a sign of life that is a run's.
RUN = "run"


@dataclass(frozen=True)
class RunView:
    """One run, at work or past.

    Attributes
    ----------
    state
        running; stopping, when it was asked to; silent, when its heartbeat is overdue although
        its process is there; or the outcome: done, held back, stopped, interrupted, failed,
        died.
    heartbeat_age
        Seconds since the last heartbeat; None for past runs.
    what, done, due
        The table or step in work, its units done and due.
    parts_done, parts
        Tables done with, and tables in all.
    rate
        Units a second over the whole run.
    eta_seconds
        Seconds to go, if the tables to come have as many dates due as this one and take as
        long for each.
    reason
        Why it was stopped or failed.
    """

    run_id: str
    command: str
    state: str
    pid: int | None
    host: str | None
    started_at: datetime
    finished_at: datetime | None
    seconds: float
    heartbeat_age: float | None = None
    what: str | None = None
    unit: str | None = None
    done: int | None = None
    due: int | None = None
    parts_done: int | None = None
    parts: int | None = None
    rate: float | None = None
    eta_seconds: float | None = None
    reason: str | None = None


def active_runs(home: Home, at: datetime | None = None) -> tuple[RunView, ...]:
    """Return the runs at work, oldest first, from their heartbeats; the lake is not read."""
    at = at or now()
    return tuple(_view(s, at) for s in read_life_signs(home) if s.is_alive and is_run(s))


def past_runs(warehouse: Warehouse, limit: int | None = None) -> tuple[RunView, ...]:
    """Return the runs that have ended, newest first, from the ledger."""
    rows = warehouse.records(
        "SELECT run_id, command, coalesce(outcome, 'running') AS state, pid, host, started_at, "
        "finished_at, epoch(finished_at - started_at) AS seconds, "
        "coalesce(summary->>'stopped', summary->>'error', summary->>'died') AS reason "
        f"FROM {warehouse.in_full('ledger.runs')} "
        "WHERE finished_at IS NOT NULL ORDER BY started_at DESC, run_id "
        f"{f'LIMIT {int(limit)}' if limit else ''}"
    )
    return tuple(RunView(**row) for row in rows)


def span(seconds: float | None) -> str:
    """Write a duration for a person: 4.2 s, 3 min 20 s, 2 h 05 min."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {left} s"


def is_run(sign: LifeSign) -> bool:
    """Whether a sign of life is a run's."""
    return sign.facts.get("kind") == RUN


def _view(sign: LifeSign, at: datetime) -> RunView:
    facts, age = sign.facts, sign.silent_seconds(at)
    seconds = (at - sign.started_at).total_seconds()
    state = "stopping" if sign.stop_reason else "silent" if age > SILENT_SECONDS else "running"
    done, due = facts.get("done"), facts.get("due")
    steps, parts = int(facts.get("steps", 0)), int(facts.get("parts", 1))
    rate = steps / seconds if steps and seconds > 0 else None
    eta = None
    if rate and due is not None and done is not None:
        to_come = max(0, parts - int(facts.get("parts_done", 0)) - 1)
        eta = (due - done + to_come * due) / rate
    return RunView(
        sign.name,
        str(facts.get("command")),
        state,
        sign.pid,
        sign.host,
        sign.started_at,
        None,
        round(seconds, 1),
        round(age, 1),
        facts.get("what"),
        facts.get("unit"),
        done,
        due,
        facts.get("parts_done"),
        facts.get("parts"),
        None if rate is None else round(rate, 2),
        None if eta is None else round(eta, 1),
        sign.stop_reason,
    )
