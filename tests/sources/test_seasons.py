"""Seasons and dates: one place, and the Eastern calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from boxout.errors import IdentityError
from boxout.sources.seasons import (
    eastern_date,
    parse_date,
    season_of,
    season_start_year,
    season_type_of,
)


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2023, 10, 24), "2023-24"),
        (date(2024, 6, 17), "2023-24"),
        (date(2020, 7, 31), "2019-20"),
        (date(1999, 11, 2), "1999-00"),
    ],
)
def test_a_date_belongs_to_one_season(day, season):
    assert season_of(day) == season
    assert season_start_year(season) == int(season[:4])


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


def test_the_calendar_knows_the_play_in_and_the_cup_final():
    assert season_type_of(date(2024, 4, 16)) == "play-in"
    assert season_type_of(date(2023, 12, 9)) == "cup-final"
    assert season_type_of(date(2024, 1, 1)) is None
