"""Every format of a game id is read; what is none is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.errors import IdentityError
from boxout.sources.identity.games import own_game_id, parse_game_id
from boxout.sources.identity.teams import TEAM_IDS

DAYS = st.dates(date(2000, 1, 1), date(2068, 12, 31))
TEAMS = st.sampled_from(sorted(TEAM_IDS))


@pytest.mark.parametrize("written", ["0022300061", "22300061", 22300061, " 0022300061 "])
def test_lost_leading_zeros_come_back(written):
    game = parse_game_id(written)
    assert game.nba_game_id == "0022300061"
    assert game.season_type == "regular"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("0042300405", "playoffs"),
        ("0052300101", "play-in"),
        ("0062300001", "cup-final"),
        ("0012300001", "preseason"),
        ("0032300001", "all-star"),
    ],
)
def test_the_id_says_the_kind_of_game(written, kind):
    assert parse_game_id(written).season_type == kind


@given(DAYS, TEAMS, TEAMS)
def test_an_id_of_date_visitor_and_home_says_all_three(day, away, home):
    game = parse_game_id(f"{day:%Y%m%d}_{away}_{home}")
    assert (game.game_date, game.away_team, game.home_team) == (day, away, home)


@given(DAYS, TEAMS)
def test_a_basketball_reference_id_says_date_and_home_team(day, home):
    game = parse_game_id(f"{day:%Y%m%d}0{home}")
    assert (game.game_date, game.home_team, game.nba_game_id) == (day, home, None)


def test_alternative_tricodes_are_read_inside_ids():
    assert parse_game_id("202310250BRK").home_team == "BKN"
    assert parse_game_id("20231025_PHO_CHO").home_team == "CHA"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "game-1",
        "20231024",
        20231024,
        "0072300061",
        "20231324_LAL_DEN",
        "20231024_LAL_XXX",
        "223",
        "LAL@DEN",
    ],
)
def test_what_is_no_game_id_is_refused(written):
    with pytest.raises(IdentityError):
        parse_game_id(written)


@given(st.tuples(DAYS, TEAMS), st.tuples(DAYS, TEAMS))
def test_own_ids_tell_games_apart_and_never_look_like_the_nbas(one, other):
    first, second = own_game_id(*one), own_game_id(*other)
    assert (first == second) == (one == other)
    assert len(first) == 10
    assert not first.startswith("00")
