"""Read the incidents: what failed, what waits for it, since when, and how it ended.

`record_incidents` writes them, in the commits that fail and repair partitions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from boxout.errors import UsageError
from boxout.warehouse.ducklake import Warehouse

# The scope of incidents about the champions; see `learning.drift`.
MODEL = "model"


@dataclass(frozen=True)
class Affected:
    """The partitions of one table downstream that an incident reaches."""

    table: str
    partitions: int
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Incident:
    """A check that failed in a season, a refused file, a silent watcher, or a degraded model.

    Attributes
    ----------
    incident_id
        Such as 'i0001', in the order in which they opened.
    table, scope
        The table and row, date or season; scope is 'file' for a file that ingest refused whole,
        'watch' for a watcher that is overdue or dead, which has no table, and 'model' for a
        champion that is degraded.
    source_file
        The refused file; None for a check.
    first_date, last_date, partitions
        The game dates that are held back by it, or were last.
    failing, total, at_least
        Rows, dates or games that fail, of those that the check covers, and the share it needs.
    affected
        What waits for it downstream, a table each, inputs first.
    opened_at, blocked_at, repaired_at
        When it was detected, when the first reader was held back, and when the last failing
        partition was repaired or waived; UTC, None where it has not come to that.
    outcome
        'repaired', 'waived', 'withdrawn' of a refused file or 'called off' of a watcher; None while
        it is open.
    diagnosis
        What `boxout diagnose` found when it opened, as plain data; None where nothing was.
    follows
        The incident upstream that this one is a consequence of: its dates are missing here.
    """

    incident_id: str
    table: str | None
    check: str
    scope: str
    season: str | None
    source_file: str | None
    first_date: date | None
    last_date: date | None
    partitions: int
    failing: int
    total: int
    at_least: float | None
    detail: str | None
    affected_partitions: int
    affected: tuple[Affected, ...]
    opened_at: datetime
    opened_run: str
    blocked_at: datetime | None
    updated_at: datetime
    repaired_at: datetime | None
    repaired_run: str | None
    outcome: str | None
    diagnosis: dict[str, Any] | None
    follows: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still holds something back."""
        return self.repaired_at is None

    @property
    def cause(self) -> str | None:
        """The likeliest cause and what to do, as the diagnosis has it; None without one."""
        found = (self.diagnosis or {}).get("findings") or []
        held = [f for f in found if f.get("status") == "held back"] or found
        return f"{held[0]['what']} {held[0].get('advice', '')}".strip() if held else None

    @property
    def subject(self) -> str:
        """What it is about: a table and season, a file, or the watcher."""
        if self.source_file:
            return self.source_file
        if self.table is None:
            return "the watcher"
        if self.scope == MODEL:
            return "the champions"
        return f"{self.table} {self.season}" if self.season else self.table

    @property
    def sentence(self) -> str:
        """What fails, how much of it, what waits, and why, in one line."""
        if self.scope == MODEL:
            return f"{self.incident_id}: model degraded. {self.detail}"
        failed = "was refused" if self.source_file else f"fails {self.check}"
        parts = [f"{self.incident_id}: {self.subject} {failed}"]
        if self.total:
            parts.append(f"{self.failing:,} of {self.total:,}")
        if self.first_date:
            plural = "" if self.partitions == 1 else "s"
            days = f"{self.first_date} to {self.last_date}"
            parts.append(f"{self.partitions:,} date{plural} held back, {days}")
        if self.affected_partitions:
            parts.append(f"{self.affected_partitions:,} partitions wait for them")
        why = self.cause or self.detail
        return f"{', '.join(parts)}." + (f" {why}" if why else "")

    @property
    def seconds_to_block(self) -> float | None:
        """From detection to the first reader held back."""
        return _seconds(self.opened_at, self.blocked_at)

    @property
    def seconds_to_repair(self) -> float | None:
        """From detection to the end."""
        return _seconds(self.opened_at, self.repaired_at)


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds()


def read_incidents(
    warehouse: Warehouse, *, include_closed: bool = False, of: str | None = None
) -> tuple[Incident, ...]:
    """Return the open incidents, or all of them, oldest first.

    Parameters
    ----------
    of
        The relation to read, such as the table as it was at a moment; the table as it is when
        None.
    """
    of = of or warehouse.in_full("ledger.incidents")
    where = "" if include_closed else "WHERE repaired_at IS NULL"
    found = [
        _incident(row)
        for row in warehouse.records(f"SELECT * FROM {of} {where} ORDER BY opened_at, incident_id")
    ]
    return tuple(replace(incident, follows=_cause(incident, found)) for incident in found)


def _cause(incident: Incident, others: list[Incident]) -> str | None:
    """Return the first incident that reaches this one's table and season while it lasted."""
    for other in others:
        if (
            other.season == incident.season
            and any(affected.table == incident.table for affected in other.affected)
            and other.opened_at <= incident.opened_at
            and (other.repaired_at is None or incident.opened_at <= other.repaired_at)
        ):
            return other.incident_id
    return None


def read_incident(warehouse: Warehouse, incident_id: str) -> Incident:
    """Return one incident.

    Raises
    ------
    UsageError
        When there is none of this id.
    """
    rows = warehouse.records(
        "SELECT * FROM lake.ledger.incidents WHERE incident_id = $1", [incident_id]
    )
    if not rows:
        raise UsageError(
            f"There is no incident {incident_id!r}.",
            str(warehouse.home.path),
            "`boxout incidents --all` lists them.",
        )
    return _incident(rows[0])


def _incident(row: dict[str, Any]) -> Incident:
    affected = tuple(
        Affected(
            item["table"],
            item["partitions"],
            date.fromisoformat(item["first_date"]),
            date.fromisoformat(item["last_date"]),
        )
        for item in json.loads(row["affected"] or "[]")
    )
    return Incident(
        row["incident_id"],
        row["table_name"],
        row["check_name"],
        row["scope"],
        row["season"],
        row["source_file"],
        row["first_date"],
        row["last_date"],
        row["partitions"] or 0,
        row["failing"] or 0,
        row["total"] or 0,
        row["at_least"],
        row["detail"],
        row["affected_partitions"] or 0,
        affected,
        row["opened_at"],
        row["opened_run"],
        row["blocked_at"],
        row["updated_at"],
        row["repaired_at"],
        row["repaired_run"],
        row["outcome"],
        json.loads(row["diagnosis"]) if row["diagnosis"] else None,
    )
