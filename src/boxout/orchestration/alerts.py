"""Alerts: what a person should hear of, in one message a round.

What was told is kept in the home, so that a restarted watcher does not tell it again. How it
reaches people is in `addresses`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from boxout.orchestration.addresses import Addresses, Alert, Unsent, name
from boxout.orchestration.late_games import late_games, say_late
from boxout.orchestration.logs import log, log_failure
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import WatchSettings
from boxout.pipeline.incidents import MODEL, read_incidents
from boxout.pipeline.record_watcher import gaps_closed_since, say_gap
from boxout.pipeline.watching import WATCHER
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home

FILE = "alerts.json"
# A time without a watcher that ended before that is no news, if it was not told.
GAPS_TOLD_WITHIN = timedelta(days=1)
MOST_REFUSED = 1_000


@dataclass
class Alerts:
    """Finds what is new, and tells it.

    Raises
    ------
    UsageError
        When there are addresses and Apprise is not installed, or it knows no such address.
    """

    home: Home
    settings: WatchSettings
    _open: dict[str, str] = field(default_factory=dict)
    _late: list[str] = field(default_factory=list)
    _failed: list[str] = field(default_factory=list)
    _refused: dict[str, list[int]] = field(default_factory=dict)
    _gaps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        unsent: Unsent = {}
        try:
            told = json.loads((self.home.path / FILE).read_text(encoding="utf-8"))
            self._open, self._late = dict(told["open"]), list(told["late"])
            self._failed = list(told.get("failed", []))
            self._refused, self._gaps = dict(told.get("refused", {})), list(told.get("gaps", []))
            unsent = _read_unsent(told["unsent"], self.settings.alert_urls)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing was told yet
        self._addresses = Addresses(self.settings.alert_urls, unsent)
        self._kept = json.dumps(self._told())

    def after_round(
        self, warehouse: Warehouse | None, report: RoundReport, at: datetime
    ) -> tuple[Alert, ...]:
        """Tell what is new since the last message, and return it.

        Parameters
        ----------
        warehouse
            None when the lake cannot be opened: then what the round's own report says is told.
        at
            The present moment, naive UTC.
        """
        alerts = self._of_round(report)
        if warehouse is not None:
            alerts = self._of_project(warehouse, alerts, at)
        # A job that a stopped round did not come to is not done again.
        still = self._failed if report.is_stopped else []
        self._failed = list(dict.fromkeys((*still, *report.problems)))
        known = self._refused | {path: list(stamp) for path, stamp in report.stamps.items()}
        self._refused = dict(list(known.items())[-MOST_REFUSED:])
        for alert in alerts:
            log("alert", level=logging.WARNING, kind=alert.kind, text=alert.text)
        self._addresses.tell(alerts, self.home.path)
        self._keep()
        return alerts

    def _of_round(self, report: RoundReport) -> tuple[Alert, ...]:
        """Return what the report says and nobody was told."""
        return (
            *(Alert("unwatched", text) for text in report.unwatched),
            *(Alert("failed", each) for each in report.problems if each not in self._failed),
            *(Alert("recovered", text) for text in self._done_again(report)),
            *(
                Alert("refused", f"{path}: {why}")
                for path, why in report.refused.items()
                if self._refused.get(path) != list(report.stamps.get(path, ()))
            ),
        )

    def _done_again(self, report: RoundReport) -> list[str]:
        """Say which jobs had failed in the round before and have not in this one."""
        if report.is_stopped:
            return []
        failing = {_job_of(each) for each in report.problems}
        over: dict[str, list[str]] = {}
        for each in self._failed:
            if _job_of(each) not in failing:
                over.setdefault(_job_of(each), []).append(each.partition(": ")[2])
        return [f"{job}: done again; it had failed: {'; '.join(w)}" for job, w in over.items()]

    def _of_project(
        self, warehouse: Warehouse, of_round: tuple[Alert, ...], at: datetime
    ) -> tuple[Alert, ...]:
        """Return what the ledger says and nobody was told, and what it does not say of a round."""
        # Of a watcher is told when it is over: until then nobody is there to tell it.
        incidents = tuple(i for i in read_incidents(warehouse) if i.scope != WATCHER)
        gaps = gaps_closed_since(warehouse, at - GAPS_TOLD_WITHIN)
        files = tuple(f"{i.source_file}: " for i in incidents if i.source_file)
        late = late_games(warehouse, self.settings.late_after, at)
        newly_late = {day: count for day, count in late.items() if str(day) not in self._late}
        still = {i.incident_id: f"{i.subject} {i.check}" for i in incidents}
        alerts = (
            *(
                Alert("degraded" if i.scope == MODEL else "opened", i.sentence)
                for i in incidents
                if i.incident_id not in self._open
            ),
            *(
                Alert("repaired", f"{number}: {what}, {_outcome(warehouse, number)}")
                for number, what in self._open.items()
                if number not in still
            ),
            *(Alert("unwatched", say_gap(g)) for g in gaps if g.incident_id not in self._gaps),
            *(a for a in of_round if a.kind != "refused" or not a.text.startswith(files)),
            *(Alert("late", text) for text in say_late(newly_late)),
        )
        self._gaps = [gap.incident_id for gap in gaps]
        self._open, self._late = still, [str(day) for day in late]
        return alerts

    def _told(self) -> dict[str, Any]:
        return {
            "open": self._open,
            "late": self._late,
            "failed": self._failed,
            "refused": self._refused,
            "gaps": self._gaps,
            "unsent": {
                name: [[alert.kind, alert.text] for alert in alerts]
                for name, alerts in self._addresses.unsent.items()
            },
        }

    def _keep(self) -> None:
        told = json.dumps(self._told())
        if told == self._kept:
            return
        aside = self.home.path / f"{FILE}.part"
        try:
            aside.write_text(told, encoding="utf-8")
            aside.replace(self.home.path / FILE)
        except OSError as error:
            log_failure("what was told could not be kept", error)
        else:
            self._kept = told


def _read_unsent(kept: Any, urls: tuple[str, ...]) -> Unsent:
    if isinstance(kept, list):  # an earlier version kept it for all addresses together
        kept = {name(url): kept for url in urls}
    return {each: tuple(Alert(*pair) for pair in pairs) for each, pairs in kept.items()}


def _job_of(problem: str) -> str:
    return problem.partition(": ")[0]


def _outcome(warehouse: Warehouse, incident_id: str) -> str:
    outcome = warehouse.scalar(
        "SELECT outcome FROM lake.ledger.incidents WHERE incident_id = $1", [incident_id]
    )
    return str(outcome or "over")
