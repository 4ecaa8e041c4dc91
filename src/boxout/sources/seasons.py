"""The one place for seasons and dates.

A season is named '2023-24' and runs from 1 August; a game's date is its US Eastern date.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from boxout.errors import IdentityError

EASTERN = ZoneInfo("America/New_York")
SEASON_MONTH = 8
DATE_FORMATS = ("%Y-%m-%d", "%b %d, %Y", "%Y%m%d", "%m/%d/%Y", "%Y-%m-%dT%H:%M:%S")

# The NBA's calendar: the play-in tournament's days, and the days of the NBA Cup's final.
# Nothing else is played then, and NBA Stats game logs do not list these games.
PLAY_IN = (
    (date(2022, 4, 12), date(2022, 4, 15)),
    (date(2023, 4, 11), date(2023, 4, 14)),
    (date(2024, 4, 16), date(2024, 4, 19)),
    (date(2025, 4, 15), date(2025, 4, 18)),
    (date(2026, 4, 14), date(2026, 4, 17)),
)
CUP_FINALS = (date(2023, 12, 9), date(2024, 12, 17), date(2025, 12, 16))


def season_of(day: date) -> str:
    """Return the season, such as '2023-24', that a date belongs to."""
    start = day.year if day.month >= SEASON_MONTH else day.year - 1
    return f"{start}-{(start + 1) % 100:02d}"


def season_start_year(season: str) -> int:
    """Return 2023 for '2023-24'.

    Raises
    ------
    IdentityError
        When the text is not a season.
    """
    if len(season) == 7 and season[4] == "-" and season[:4].isdigit() and season[5:].isdigit():
        start = int(season[:4])
        if (start + 1) % 100 == int(season[5:]):
            return start
    raise IdentityError(f"{season!r} is not a season.", "", "Write it like 2023-24.")


def season_type_of(day: date) -> str | None:
    """Return 'play-in' or 'cup-final' on those days, else None."""
    if day in CUP_FINALS:
        return "cup-final"
    return "play-in" if any(first <= day <= last for first, last in PLAY_IN) else None


def parse_date(text: str) -> date:
    """Parse a date in any format that the sources use.

    Raises
    ------
    IdentityError
        When the text is no such date.
    """
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    raise IdentityError(f"{text!r} is not a date.", "", "Write it like 2023-10-24.")


def eastern_date(moment: datetime) -> date:
    """Return the US Eastern date of a moment; naive moments are taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))
    return aware.astimezone(EASTERN).date()
