"""Seasons and dates: one place, and the Eastern calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from boxout.errors import IdentityError
from boxout.sources.seasons import (
    eastern_date,
    first_day_of_season,
    parse_date,
    season_of,
    season_start_year,
    season_type_sql,
    start_year_sql,
)


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2023, 10, 24), "2023-24"),
        (date(2024, 6, 17), "2023-24"),
        (date(2020, 7, 31), "2019-20"),
        (date(1999, 11, 2), "1999-00"),
        # the season that was interrupted ended in October, and the next began in December
        (date(2020, 8, 1), "2019-20"),
        (date(2020, 10, 11), "2019-20"),
        (date(2020, 12, 22), "2020-21"),
        (date(2021, 7, 20), "2020-21"),
        (date(2021, 8, 1), "2021-22"),
    ],
)
def test_a_date_belongs_to_one_season(day, season):
    assert season_of(day) == season
    assert season_start_year(season) == int(season[:4])
    first = first_day_of_season(day)
    assert (season_of(first), first <= day) == (season, True)
    assert season_of(first - timedelta(days=1)) < season
    by_sql = duckdb.sql(f"SELECT {start_year_sql('d')} FROM (SELECT DATE '{day}' AS d)")
    assert by_sql.fetchone() == (int(season[:4]),)


@pytest.mark.parametrize("text", ["2023", "2023-25", "23-24", "2023/24", "abcd-ef"])
def test_what_is_no_season_is_refused(text):
    with pytest.raises(IdentityError, match="not a season"):
        season_start_year(text)


def test_a_game_after_midnight_utc_belongs_to_the_eastern_evening():
    assert eastern_date(datetime(2023, 10, 25, 2, 0, tzinfo=UTC)) == date(2023, 10, 24)
    assert eastern_date(datetime(2023, 10, 25, 2, 0)) == date(2023, 10, 24)


@pytest.mark.parametrize("text", ["2023-10-24", "Oct 24, 2023", "20231024", "10/24/2023"])
def test_dates_of_every_source_are_read(text):
    assert parse_date(text) == date(2023, 10, 24)


@pytest.mark.parametrize("text", ["2023-13-01", "yesterday", "24.10.2023", ""])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(IdentityError, match="is not a date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2023-12-09", "cup-final"),
        ("2024-01-01", "regular"),
        ("2024-04-14", "regular"),
        ("2024-04-16", "play-in"),
        ("2024-04-19", "play-in"),
        ("2024-04-20", "playoffs"),
        ("2024-06-17", "playoffs"),
        ("2024-10-22", "regular"),
        ("2020-08-14", "regular"),
        ("2020-08-15", "play-in"),
        ("2020-10-11", "playoffs"),
        ("2020-12-22", "regular"),
        ("2021-05-18", "play-in"),
        ("2021-07-20", "playoffs"),
        # a season whose play-in is not listed
        ("2031-03-31", "regular"),
        ("2031-04-01", None),
        ("2031-06-01", None),
        ("2031-10-20", "regular"),
    ],
)
def test_the_calendar_says_what_kind_of_game_is_played_on_a_date(day, kind):
    found = duckdb.sql(f"SELECT {season_type_sql('d')} FROM (SELECT DATE '{day}' AS d)").fetchone()
    assert found == (kind,)
