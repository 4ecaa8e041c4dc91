"""When the watcher's next round is due, in US Eastern time, daylight saving included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from boxout.orchestration.settings import WatchSettings
from boxout.sources.seasons import eastern_zone


def next_round(settings: WatchSettings, after: datetime) -> datetime:
    """Return when the next round is due after a moment; both naive UTC.

    It is the next of the times of day, or the end of the interval, whichever comes first.
    """
    local = after.replace(tzinfo=UTC).astimezone(eastern_zone())
    candidates = [
        # Of a time that daylight saving repeats, the first; of one that it skips, the hour later.
        datetime.combine(local.date() + timedelta(days=days), each, eastern_zone()).astimezone(UTC)
        for each in settings.times
        for days in (0, 1)
    ]
    due = [moment.replace(tzinfo=None) for moment in candidates]
    if settings.every_minutes:
        due.append(after + timedelta(minutes=settings.every_minutes))
    return min(moment for moment in due if moment > after)


def eastern(moment: datetime) -> datetime:
    """Return a naive UTC moment as US Eastern time."""
    return moment.replace(tzinfo=UTC).astimezone(eastern_zone())
