"""Before a team has played, a prop line is of whoever has its name; later of the teams' players."""

from __future__ import annotations

import pytest

GAMES = """
SELECT '2023-24' AS season, DATE '2023-10-24' AS game_date, 'g1' AS game_id, 'DEN' AS home_team,
       'LAL' AS away_team, TIMESTAMP '2023-10-24 23:30:00' AS tipoff_at
"""
ALIASES = """
SELECT player_key, replace(player_key, ' jr', '') AS base_key,
       player_key[1] || split_part(player_key, ' ', 2) AS initial_key, player_key AS sorted_key,
       player_id, coalesce(seen, DATE '2023-04-09') AS game_date
FROM (VALUES ('nikola jokic', 1, NULL), ('lebron james', 2, NULL), ('larry james', 3, NULL),
             ('gary trent jr', 4, NULL), ('jalen green', 5, NULL), ('jalen green jr', 6, NULL),
             ('julian strawther', 7, DATE '2023-10-27'), ('the joker', 1, DATE '2023-10-27'))
  AS a(player_key, player_id, seen)
"""


@pytest.fixture
def matched(compute):
    """Whose lines names are, by player, after some teams' players have played some days before."""

    def run(*names, played=()):
        offers = " UNION ALL ".join(
            "SELECT DATE '2023-10-24' AS game_date, 'o1' AS own_game_id, 'DEN' AS home_team, "
            f"'LAL' AS away_team, '{name}' AS player_key, replace('{name}', ' jr', '') AS "
            f"base_key, '{name[0]}{name.split()[1]}' AS initial_key, '{name}' AS sorted_key, "
            "'book' AS bookmaker, 'points' AS market, 20.5 AS line, -110 AS over_price, "
            "-110 AS under_price, TIMESTAMP '2023-10-24 18:00:00' AS captured_at, "
            "TIMESTAMP '2023-10-24 23:30:00' AS tipoff_at"
            for name in names
        )
        boxes = " UNION ALL ".join(
            f"SELECT DATE '2023-10-20' AS game_date, '{team}' AS team, {player} AS player_id"
            for team, player in played or [("BOS", 0)]
        )
        rows = compute(
            "raw.prop_lines",
            {
                "landing.prop_lines": offers,
                "raw.games": GAMES,
                "raw.player_aliases": ALIASES,
                "raw.player_boxscores": boxes,
            },
        )
        return sorted(row["player_id"] for row in rows)

    return run


def test_when_a_season_begins_the_name_alone_says_who_is_meant(matched):
    assert matched("nikola jokic", "lebron james") == [1, 2]
    assert matched("nikola jokic", played=[("LAL", 2)]) == [1]


def test_a_suffix_more_or_less_still_names_one_player_but_not_one_of_two(matched):
    assert matched("gary trent") == [4]
    assert matched("jalen green") == [5]
    assert matched("jalen green iii") == []


def test_initials_do_not_name_anybody_before_his_team_has_played(matched):
    assert matched("l james") == []
    assert matched("leon james") == []


def test_the_whole_name_of_anybody_goes_before_initials_of_the_other_team(matched):
    # LAL has played and DEN has not: a line on DEN's Larry James is not LeBron's
    assert matched("larry james", played=[("LAL", 2)]) == [3]


def test_once_both_teams_have_played_only_their_players_are_meant(matched):
    assert matched("nikola jokic", "lebron james", played=[("LAL", 2), ("DEN", 9)]) == [2]


def test_a_spelling_names_nobody_before_the_day_on_which_it_is_first_seen(matched):
    assert matched("julian strawther") == []
    assert matched("the joker", played=[("LAL", 2), ("DEN", 1)]) == []
