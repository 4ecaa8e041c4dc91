"""The watcher's watcher: an overdue or dead watcher is an incident, opened by whoever looks next.

Nobody is at work when a watcher has died, so no process can be relied on to notice at once:
every command that reads or writes the ledger compares its heartbeat with what is on record, and
so does the next watcher. It closes when one beats again, or is called off.
"""

from __future__ import annotations

from datetime import datetime

from boxout.pipeline.incidents import Incident, read_incident
from boxout.pipeline.life_signs import now, read_life_signs
from boxout.pipeline.record_incidents import NEXT_INCIDENT, REPAIRED
from boxout.pipeline.watching import WATCHER, WatcherView, read_watcher
from boxout.warehouse.ducklake import Warehouse

BEATS = "watcher_beats"
CALLED_OFF = "called off"
PRESENT = "Nobody watches: "
ADVICE = " Start another with `boxout watch`, or call it off with `boxout stop watch`."


def note_watcher(warehouse: Warehouse, at: datetime | None = None) -> tuple[Incident, ...]:
    """Bring the watcher's incident in line with its heartbeat.

    Parameters
    ----------
    at
        The present moment, naive UTC.

    Returns
    -------
    tuple of Incident
        Those that this call has closed.
    """
    at = at or now()
    with warehouse.reading():
        watcher, is_well, known = _compare(warehouse, at)
    if is_well == (not known):
        return ()
    if watcher is not None and not is_well:
        _open(warehouse, watcher, at)
        return ()
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.ledger.incidents SET repaired_at = $1, updated_at = $1, outcome = $2 "
            f"WHERE repaired_at IS NULL AND scope = '{WATCHER}'",
            [at, REPAIRED if watcher else CALLED_OFF],
        )
    return tuple(read_incident(warehouse, incident_id) for incident_id in known)


def gaps_closed_since(warehouse: Warehouse, moment: datetime) -> tuple[Incident, ...]:
    """Return the times without a watcher that ended after a moment, naive UTC, in that order."""
    found = warehouse.rows(
        "SELECT incident_id FROM lake.ledger.incidents WHERE repaired_at > $1 "
        f"AND scope = '{WATCHER}' AND outcome = '{REPAIRED}' ORDER BY repaired_at, incident_id",
        [moment],
    )
    return tuple(read_incident(warehouse, row[0]) for row in found)


def say_gap(gap: Incident) -> str:
    """Say when nobody watched, and what had become of the watcher, of an incident that is over."""
    what = (gap.detail or "").removeprefix(PRESENT).removesuffix(ADVICE)
    return (
        f"{gap.incident_id}: nobody watched from {gap.opened_at:%Y-%m-%d %H:%M} to "
        f"{gap.repaired_at:%Y-%m-%d %H:%M} UTC: {what}"
    )


def say_unwatched(watcher: WatcherView) -> str:
    """Say what has become of a watcher that does not watch."""
    due = f", and should have woken at {watcher.next_at:%H:%M:%S}" if watcher.next_at else ""
    return (
        f"process {watcher.pid} on {watcher.host} was found {watcher.state}; it was last heard of "
        f"at {watcher.beat_at:%Y-%m-%d %H:%M:%S} UTC, {watcher.doing}{due}."
    )


def is_watcher_noted(warehouse: Warehouse) -> bool:
    """Whether the watcher's incident is in line with its heartbeat."""
    _, is_well, known = _compare(warehouse, now())
    return is_well == (not known)


def _compare(warehouse: Warehouse, at: datetime) -> tuple[WatcherView | None, bool, list[str]]:
    """Return the watcher, whether all is well with it, and its incidents that are open."""
    watcher = read_watcher(read_life_signs(warehouse.home), at)
    known = warehouse.rows(
        f"SELECT incident_id FROM {warehouse.in_full('ledger.incidents')} "
        f"WHERE repaired_at IS NULL AND scope = '{WATCHER}'"
    )
    return watcher, watcher is None or watcher.is_well, [row[0] for row in known]


def _open(warehouse: Warehouse, watcher: WatcherView, at: datetime) -> None:
    detail = f"{PRESENT}{say_unwatched(watcher)}{ADVICE}"
    # One that beats and does not wake has been missing since it should have.
    since = min(watcher.beat_at, watcher.next_at or watcher.beat_at)
    with warehouse.commit():
        warehouse.execute(
            f"""
            INSERT INTO lake.ledger.incidents BY NAME
            SELECT 'i' || lpad((({NEXT_INCIDENT}) + 1)::VARCHAR, 4, '0') AS incident_id,
                   '{BEATS}' AS check_name, '{WATCHER}' AS scope, $2::VARCHAR AS detail,
                   $4::TIMESTAMP AS opened_at, $3::VARCHAR AS opened_run,
                   $1::TIMESTAMP AS updated_at
            WHERE NOT EXISTS (SELECT 1 FROM lake.ledger.incidents
                              WHERE repaired_at IS NULL AND scope = '{WATCHER}')
            """,
            [at, detail, WATCHER, since],
        )
