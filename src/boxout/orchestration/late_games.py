"""Games that should have a result by now, as when a source has sent nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from boxout.learning.gates import GAMES
from boxout.orchestration.schedule import eastern
from boxout.pipeline.ledger import is_simulated_league
from boxout.warehouse.ducklake import LAKE, Warehouse

# More late dates than these are told in one sentence.
DATES_TOLD_SINGLY = 7


def late_games(warehouse: Warehouse, late_after: time, at: datetime) -> dict[date, int]:
    """Count, by date, the games that should have a result by now and have none.

    A simulated league has a calendar of its own, which is not compared with the clock.

    Parameters
    ----------
    late_after
        US Eastern time from which results of the day before are late.
    at
        The present moment, naive UTC.
    """
    if not warehouse.has_table(GAMES) or is_simulated_league(warehouse):
        return {}
    local = eastern(at)
    played = local.date() - timedelta(days=1 if local.time() >= late_after else 2)
    return dict(
        warehouse.rows(
            f"SELECT game_date, count(*) FROM {LAKE}.{GAMES} WHERE status = 'scheduled' "
            "AND game_date <= $1 GROUP BY game_date ORDER BY game_date",
            [played],
        )
    )


def say_late(late: dict[date, int]) -> list[str]:
    """Return a sentence for each late date, or one for all where they are many."""
    if len(late) > DATES_TOLD_SINGLY:
        games = sum(late.values())
        return [
            f"{games:,} games on {len(late):,} dates, {min(late)} to {max(late)}, without a result"
        ]
    return [
        f"{count} {'game' if count == 1 else 'games'} of {day} without a result"
        for day, count in late.items()
    ]
