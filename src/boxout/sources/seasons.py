"""The one place for seasons and dates.

A season is named '2023-24' and runs from 1 August, or from a later day where the season before
lasted longer; a game's date is its US Eastern date.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING

from boxout.errors import IdentityError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

EASTERN = "America/New_York"
SEASON_MONTH = 8
FIRST_DATE = date(1946, 11, 1)  # of the league's first game
LAST_DATE = date(2999, 12, 31)  # of any game to come
# By year, the day after the last final of a season that was not over in July.
LATE_STARTS = {2020: date(2020, 10, 12)}
DATE_FORMATS = ("%Y-%m-%d", "%b %d, %Y", "%Y%m%d", "%m/%d/%Y", "%Y-%m-%dT%H:%M:%S")

# The NBA's calendar: the play-in tournament's days, and the days of the NBA Cup's final.
# Nothing else is played then, and NBA Stats game logs do not list these games. The regular season
# ends before a season's play-in, and the playoffs come after it.
PLAY_IN = (
    (date(2020, 8, 15), date(2020, 8, 15)),
    (date(2021, 5, 18), date(2021, 5, 21)),
    (date(2022, 4, 12), date(2022, 4, 15)),
    (date(2023, 4, 11), date(2023, 4, 14)),
    (date(2024, 4, 16), date(2024, 4, 19)),
    (date(2025, 4, 15), date(2025, 4, 18)),
    (date(2026, 4, 14), date(2026, 4, 17)),
)
CUP_FINALS = (date(2023, 12, 9), date(2024, 12, 17), date(2025, 12, 16))
# Such as 2023-24 or 2023_2024 within a text, and no day of a month.
_NAMED = re.compile(r"(?<![\d-])(\d{4})[-_](\d{4}|\d{2})(?![-_]?\d)")
# In a season whose play-in is not listed, what is played in these months is the regular season.
REGULAR_MONTHS = (10, 11, 12, 1, 2, 3)


def season_of(day: date) -> str:
    """Return the season, such as '2023-24', that a date belongs to."""
    start = _start_year(day)
    return f"{start}-{(start + 1) % 100:02d}"


def first_day_of_season(day: date) -> date:
    """Return the first day of the season that a date belongs to."""
    return _first_day(_start_year(day))


def _first_day(year: int) -> date:
    return LATE_STARTS.get(year, date(year, SEASON_MONTH, 1))


def _start_year(day: date) -> int:
    return day.year if day >= _first_day(day.year) else day.year - 1


def start_year_sql(column: str) -> str:
    """SQL of the year in which the season of a date begins."""
    late = " ".join(
        f"WHEN {column} >= DATE '{date(year, SEASON_MONTH, 1)}' AND {column} < DATE '{first}' "
        f"THEN {year - 1}"
        for year, first in LATE_STARTS.items()
    )
    usual = f"year({column}) - CASE WHEN month({column}) >= {SEASON_MONTH} THEN 0 ELSE 1 END"
    return f"(CASE {late} ELSE {usual} END)"


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


def seasons_named(text: str) -> set[int]:
    """Return the years in which the seasons begin that a text names, such as a file's path."""
    found = ((int(first), int(second)) for first, second in _NAMED.findall(text))
    return {first for first, second in found if (first + 1) % 100 == second % 100}


def season_type_sql(column: str) -> str:
    """SQL of what the calendar has on a date: regular, play-in, playoffs or cup-final.

    Null in the months in which a season whose play-in is not listed may have any of them.

    Parameters
    ----------
    column
        SQL of the date.
    """
    cases = [f"WHEN {column} = DATE '{day}' THEN 'cup-final'" for day in CUP_FINALS]
    for first, last in PLAY_IN:
        start = first_day_of_season(first)
        end = _first_day(start.year + 1)
        cases += [
            f"WHEN {column} >= DATE '{start}' AND {column} < DATE '{first}' THEN 'regular'",
            f"WHEN {column} BETWEEN DATE '{first}' AND DATE '{last}' THEN 'play-in'",
            f"WHEN {column} > DATE '{last}' AND {column} < DATE '{end}' THEN 'playoffs'",
        ]
    months = ", ".join(map(str, REGULAR_MONTHS))
    return f"CASE {' '.join(cases)} WHEN month({column}) IN ({months}) THEN 'regular' END"


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


@cache
def eastern_zone() -> ZoneInfo:
    """Return the US Eastern time zone."""
    from zoneinfo import ZoneInfo  # most short commands do without

    return ZoneInfo(EASTERN)


def eastern_date(moment: datetime) -> date:
    """Return the US Eastern date of a moment; naive moments are taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(eastern_zone()).date()


def eastern_date_sql(moment: str) -> str:
    """SQL of the US Eastern date of a moment in UTC."""
    return f"(({moment} AT TIME ZONE 'UTC') AT TIME ZONE '{EASTERN}')::DATE"


def tip_off_sql(game: str) -> str:
    """SQL of the moment, in UTC, before which what is known of a game is surely from before it.

    Where no source says when it starts, that is noon Eastern, daylight time.

    Parameters
    ----------
    game
        The alias of a row that has tipoff_at and game_date.
    """
    return f"coalesce({game}.tipoff_at, CAST({game}.game_date AS TIMESTAMP) + INTERVAL 16 HOUR)"
