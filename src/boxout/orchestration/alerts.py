"""Alerts: what a person should hear of, in one message a round.

What was told is kept in the home, so that a restarted watcher does not tell it again, and what
could not be sent is tried again with the next round.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime

from boxout.errors import UsageError
from boxout.orchestration.late_games import late_games, say_late
from boxout.orchestration.logs import log
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import WatchSettings
from boxout.pipeline.incidents import MODEL, read_incidents
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home

FILE = "alerts.json"
# Kinds that the next round does not find again.
ONCE = ("unwatched", "failed", "refused")


@dataclass(frozen=True)
class Alert:
    """One thing to tell, and a sentence.

    Its kind is opened, degraded, repaired, unwatched, failed, refused or late.
    """

    kind: str
    text: str


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
    _unsent: tuple[Alert, ...] = ()

    def __post_init__(self) -> None:
        self._sender = _sender(self.settings.alert_urls)
        try:
            told = json.loads((self.home.path / FILE).read_text(encoding="utf-8"))
            self._open, self._late = dict(told["open"]), list(told["late"])
            self._failed = list(told.get("failed", []))
            self._unsent = tuple(Alert(kind, text) for kind, text in told["unsent"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing was told yet

    def after_round(
        self, warehouse: Warehouse, report: RoundReport, at: datetime
    ) -> tuple[Alert, ...]:
        """Tell what is new since the last message, and return it."""
        incidents = read_incidents(warehouse)
        files = {i.source_file for i in incidents}
        late = late_games(warehouse, self.settings.late_after, at)
        newly_late = {day: count for day, count in late.items() if str(day) not in self._late}
        still = {i.incident_id: f"{i.subject} {i.check}" for i in incidents}
        alerts = (
            *self._unsent,
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
            *(Alert("unwatched", text) for text in report.unwatched),
            *(Alert("failed", each) for each in report.problems if each not in self._failed),
            *(
                Alert("refused", f"{path}: {why}")
                for path, why in report.refused.items()
                if path not in files
            ),
            *(Alert("late", text) for text in say_late(newly_late)),
        )
        before = (self._open, self._late, self._failed, self._unsent)
        self._failed = list(report.problems)
        if alerts and not self._send(alerts):
            # What is open, over or late is found again; what failed once is not.
            self._unsent = tuple(a for a in alerts if a.kind in ONCE)
        else:
            self._open, self._late, self._unsent = still, [str(day) for day in late], ()
        if before != (self._open, self._late, self._failed, self._unsent):
            self._keep()
        return alerts

    def _keep(self) -> None:
        told = {
            "open": self._open,
            "late": self._late,
            "failed": self._failed,
            "unsent": [[alert.kind, alert.text] for alert in self._unsent],
        }
        aside = self.home.path / f"{FILE}.part"
        aside.write_text(json.dumps(told), encoding="utf-8")
        aside.replace(self.home.path / FILE)

    def _send(self, alerts: tuple[Alert, ...]) -> bool:
        """Send one message; return False when it could not be sent."""
        for alert in alerts:
            log("alert", level=logging.WARNING, kind=alert.kind, text=alert.text)
        if self._sender is None:
            return True
        counts: dict[str, int] = {}
        for alert in alerts:
            counts[alert.kind] = counts.get(alert.kind, 0) + 1
        title = "boxout: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
        body = "\n".join(f"{alert.kind}: {alert.text}" for alert in alerts)
        if self._sender.notify(title=title, body=f"{body}\nproject: {self.home.path}"):
            return True
        log("an alert could not be sent", level=logging.ERROR, title=title)
        return False


def _outcome(warehouse: Warehouse, incident_id: str) -> str:
    outcome = warehouse.scalar(
        "SELECT outcome FROM lake.ledger.incidents WHERE incident_id = $1", [incident_id]
    )
    return str(outcome or "over")


class _Apprise:
    def __init__(self, urls: tuple[str, ...]) -> None:
        import apprise

        self._apprise = apprise.Apprise()
        for url in urls:
            if not self._apprise.add(url):
                raise UsageError(
                    f"No service has the address {url.split(':')[0]}://...",
                    "alert_urls",
                    "See https://github.com/caronc/apprise/wiki for the addresses.",
                )

    def notify(self, title: str, body: str) -> bool:
        """Send one message to every address; return False when any could not be reached."""
        return bool(self._apprise.notify(title=title, body=body))


def _sender(urls: tuple[str, ...]) -> _Apprise | None:
    if not urls:
        return None
    try:
        return _Apprise(urls)
    except ImportError:
        raise UsageError(
            "Alerts need the package apprise.",
            "alert_urls",
            "Install boxout with its extra: `pip install 'boxout[alerts]'`.",
        ) from None
