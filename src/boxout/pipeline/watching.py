"""The watcher as others see it: its heartbeat, what it is doing, and when it wakes next.

The watcher itself is `boxout.orchestration`; this is what status, metrics and reports read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from boxout.pipeline.life_signs import SILENT_SECONDS, LifeSign

WATCHER = "watch"
# A watcher that should have woken this long ago and has not is overdue.
OVERDUE_SECONDS = 300.0


@dataclass(frozen=True)
class WatcherView:
    """The watcher of a project.

    Attributes
    ----------
    state
        working, sleeping, stopping, overdue (its process is there, but it has not written its
        heartbeat or not woken when it should have) or dead (its process is gone and it did not
        say goodbye).
    beat_at, heartbeat_age
        When its last heartbeat was, UTC, and how many seconds ago.
    doing
        What it is at, or was at last.
    next_at
        When it wakes next, UTC; None while it works.
    round_at, rounds
        When its last round began, UTC, and how many it has done.
    coming
        What it will do next, and when, UTC.
    """

    state: str
    pid: int
    host: str
    started_at: datetime
    beat_at: datetime
    heartbeat_age: float
    doing: str
    next_at: datetime | None
    round_at: datetime | None
    rounds: int
    coming: tuple[tuple[datetime, str], ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether it watches."""
        return self.state not in ("overdue", "dead")


def read_watcher(signs: Iterable[LifeSign], at: datetime) -> WatcherView | None:
    """Return the watcher among the signs of life; None when there is none."""
    sign = next((s for s in signs if s.name == WATCHER), None)
    if sign is None:
        return None
    age = sign.silent_seconds(at)
    next_at, round_at = (
        datetime.fromisoformat(sign.facts[key]) if sign.facts.get(key) else None
        for key in ("next_at", "round_at")
    )
    late = (at - next_at).total_seconds() if next_at else 0.0
    if not sign.is_alive:
        state = "dead"
    elif age > SILENT_SECONDS or late > OVERDUE_SECONDS:
        state = "overdue"
    elif sign.stop_reason:
        state = "stopping"
    else:
        state = "sleeping" if next_at else "working"
    return WatcherView(
        state,
        sign.pid,
        sign.host,
        sign.started_at,
        sign.beat_at,
        round(age, 1),
        str(sign.facts.get("doing", "")),
        next_at,
        round_at,
        int(sign.facts.get("rounds", 0)),
        tuple((datetime.fromisoformat(when), what) for when, what in sign.facts.get("coming", ())),
    )
