"""What happened in a project, in order of time, told from the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from boxout.pipeline.ledger_at import LedgerAt


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    at
        When, UTC.
    kind
        ingest, withdrawal, run, run ended, interrupted, incident, repaired, waiver, training.
    text
        What, in one sentence.
    """

    at: datetime
    kind: str
    text: str


def read_events(ledger: LedgerAt, since: datetime, until: datetime) -> tuple[Event, ...]:
    """Return what happened after one moment and up to another, oldest first."""
    span = [since, until]
    events = [
        *_ingests(ledger, span),
        *_withdrawals(ledger, span),
        *_runs(ledger, span),
        *_interruptions(ledger, span),
        *_incidents(ledger, span),
        *_waivers(ledger, span),
        *_trainings(ledger, span),
    ]
    return tuple(sorted(events, key=lambda event: (event.at, event.kind, event.text)))


def _ingests(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    # A file that came again has replaced its row: what it brought the first time is history.
    found = ledger.inserted("files", "ingested_at", *span)
    # One that was moved since has been written again, under its new name and of the same moment.
    here = {
        r["source_file"] for r in ledger.records("ledger.files", "SELECT source_file FROM {table}")
    }
    found.sort(key=lambda r: r["source_file"] in here)
    rows = {(r["sha256"], r["run_id"], r["ingested_at"]): r for r in found}.values()
    return [
        Event(
            r["ingested_at"],
            "ingest",
            f"{Path(r['source_file']).name} into {r['table_name']}: {r['row_count']:,} rows, "
            f"+{r['added']:,} ~{r['changed']:,} -{r['removed']:,}"
            + (f", {r['rejected']:,} in quarantine" if r["rejected"] else ""),
        )
        for r in rows
    ]


def _withdrawals(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "ledger.withdrawals",
        "SELECT DISTINCT * EXCLUDE (sha256, undone_at) FROM {table} "
        "WHERE withdrawn_at > $1 AND withdrawn_at <= $2",
        span,
    )
    return [
        Event(
            r["withdrawn_at"],
            "withdrawal",
            f"{r['who']} took back {Path(r['source_file']).name}: {r['removed']:,} rows removed, "
            f"{r['followed']:,} as another file has them: {r['reason']}",
        )
        for r in rows
    ]


def _runs(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "ledger.runs",
        "SELECT * FROM {table} WHERE started_at <= $2 AND coalesce(finished_at > $1, true)",
        span,
    )
    events = []
    for r in rows:
        name = f"{r['run_id']} (boxout {r['command']})"
        if r["started_at"] > span[0]:
            events.append(Event(r["started_at"], "run", f"{name} began, process {r['pid']}"))
        if r["finished_at"] is not None and r["finished_at"] <= span[1]:
            text = f"{name}: {r['outcome']}{_did(r['summary'])}"
            events.append(Event(r["finished_at"], "run ended", text))
    return events


def _did(summary: str | None) -> str:
    said: dict[str, Any] = json.loads(summary) if summary else {}
    parts = []
    tables = said.get("tables", {})
    for name in ("computed", "failed", "blocked", "waived"):
        count = sum(table.get(name, 0) for table in tables.values())
        if count:
            parts.append(f"{count:,} partitions {name}")
    parts += [str(said[key]) for key in ("model", "stopped", "error", "died") if said.get(key)]
    return f", {', '.join(parts)}" if parts else ""


def _interruptions(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "ledger.interruptions",
        "SELECT * FROM {table} WHERE interrupted_at > $1 AND interrupted_at <= $2",
        span,
    )
    return [
        Event(
            r["interrupted_at"],
            "interrupted",
            f"{r['table_name']} was not committed for {r['dates']:,} dates: {r['reason']}",
        )
        for r in rows
    ]


def _incidents(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "ledger.incidents",
        "SELECT * FROM {table} WHERE opened_at <= $2 AND coalesce(repaired_at > $1, true)",
        span,
    )
    events = []
    for r in rows:
        where = f" {r['season']}" if r["season"] else ""
        about = r["table_name"] or r["source_file"] or "the watcher"
        name = f"{r['incident_id']}: {about}{where}, {r['check_name']}"
        if r["opened_at"] > span[0]:
            events.append(Event(r["opened_at"], "incident", f"{name} fails"))
        if r["repaired_at"] is not None and r["repaired_at"] <= span[1]:
            events.append(Event(r["repaired_at"], "repaired", f"{name} is {r['outcome']}"))
    return events


def _waivers(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "ledger.waivers", "SELECT * FROM {table} WHERE waived_at > $1 AND waived_at <= $2", span
    )
    return [
        Event(
            r["waived_at"],
            "waiver",
            f"{r['who']} waived {r['check_name']} of {r['table_name']}, {r['start_date']} to "
            f"{r['end_date']}: {r['reason']}",
        )
        for r in rows
    ]


def _trainings(ledger: LedgerAt, span: list[datetime]) -> list[Event]:
    rows = ledger.records(
        "learning.models",
        "SELECT * FROM {table} WHERE trained_at > $1 AND trained_at <= $2",
        span,
    )
    return [
        Event(
            r["trained_at"],
            "training",
            f"{r['model_id']} on {r['train_rows']:,} player games, {r['train_start']} to "
            f"{r['train_end']}",
        )
        for r in rows
    ]
