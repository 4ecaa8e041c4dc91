"""The first night of a season: games are known, and of players what is told of them."""

from __future__ import annotations

import json
import shutil

import pytest

from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

# Years after the last season that the project has.
OPENING = "2031-10-21"
# Of the season after it.
NEXT_OPENING = "2026-10-20"
SCHEDULE = f"""game_date,home_team,away_team,tipoff_utc,season_type,status
{OPENING},DEN,LAL,{OPENING} 23:30:00,regular,scheduled
{OPENING},BOS,MIA,{OPENING} 23:30:00,regular,scheduled
"""
GAMES = {"DEN": "DEN,LAL", "LAL": "DEN,LAL", "BOS": "BOS,MIA", "MIA": "BOS,MIA"}
NOBODY = f"no player is known yet for the games of {OPENING}"


@pytest.fixture(scope="module")
def opened(trained, tmp_path_factory, boxout):
    """The trained project with a season more on the schedule, and what `run` said of it."""
    folder = tmp_path_factory.mktemp("opening")
    (folder / "schedule.csv").write_text(SCHEDULE)
    home = shutil.copytree(trained, folder / "home")
    return home, boxout("run", "--data", folder / "schedule.csv", "--home", home)


def test_the_main_job_says_that_nobody_is_known_and_is_done(opened):
    _, done = opened
    assert done.returncode == 0, done.stderr
    assert NOBODY in done.stdout
    assert "graded" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "--date", OPENING),
        ("slate",),
        ("slate", "--team", "DEN"),
    ],
    ids=" ".join,
)
def test_what_asks_for_that_night_says_so_and_is_no_failure(opened, boxout, arguments):
    home, _ = opened
    done = boxout(*arguments, "--home", home)
    assert done.returncode == 0, done.stderr
    assert NOBODY in done.stdout


def test_programs_get_an_empty_board_and_no_prediction(opened, boxout):
    home, _ = opened
    board = json.loads(boxout("slate", "--json", "--home", home).stdout)["board"]
    assert (board["games"], board["rows"]) == (2, [])
    predicted = json.loads(boxout("predict", "--date", OPENING, "--json", "--home", home).stdout)
    assert predicted["predictions"] == []
    assert predicted["report"]["player_games"] == 0


@pytest.fixture(scope="module")
def announced(opened, boxout):
    """The same with the lineups of the league's teams, and prop lines on them and a rookie."""
    home = shutil.copytree(opened[0], opened[0].parent / "announced")
    with open_warehouse(Home(home)) as warehouse:
        teams = {
            team: [
                row[0]
                for row in warehouse.rows(
                    "SELECT any_value(player_name) FROM lake.raw.player_boxscores "
                    "WHERE team = $1 AND season = (SELECT max(season) FROM "
                    "lake.raw.player_boxscores) GROUP BY player_id ORDER BY sum(minutes) DESC, "
                    "player_id LIMIT 5",
                    [team],
                )
            ]
            for team in GAMES
        }
    lineups, lines = home / "lineups.csv", home / "lines.csv"
    lineups.write_text(
        "announced_utc,game_date,team,player_name\n"
        + "".join(
            f"{OPENING} 23:00:00,{OPENING},{team},{name}\n"
            for team, names in teams.items()
            for name in names
        )
    )
    teams["DEN"].append("Quentin Firstyear")
    lines.write_text(
        "player_name,commence_time,home_team,away_team,bookmaker,market,line,timestamp,"
        "over_price,under_price\n"
        + "".join(
            f"{name},{OPENING}T23:30:00Z,{GAMES[team]},Book,points,14.5,{OPENING}T18:00:00Z,"
            "-110,-110\n"
            for team, names in teams.items()
            for name in names
        )
    )
    done = boxout("run", "--data", lineups, "--data", lines, "--home", home)
    teams["DEN"].pop()
    known = {name for names in teams.values() for name in names}
    assert len(known) >= 10  # not every team is in a small league
    return home, done, known


def test_lines_on_names_that_have_not_played_yet_hold_nothing_back(announced):
    home, done, names = announced
    assert done.returncode == 0, done.stderr
    with open_warehouse(Home(home)) as warehouse:
        matched = warehouse.rows(
            "SELECT p.full_name FROM lake.raw.prop_lines AS l JOIN lake.raw.players AS p "
            "USING (player_id) WHERE l.game_date = $1",
            [OPENING],
        )
    assert {row[0] for row in matched} == names


def test_who_is_announced_is_predicted_on_the_first_night(announced, boxout):
    home, done, names = announced
    assert f"predicted {OPENING}: {len(names)} players" in done.stdout
    board = json.loads(boxout("slate", "--json", "--home", home).stdout)["board"]
    assert {row["player"] for row in board["rows"]} == names


def test_on_the_next_seasons_first_night_who_ended_the_last_one_is_predicted(
    trained, tmp_path, boxout
):
    home = shutil.copytree(trained, tmp_path / "home")
    schedule = tmp_path / "schedule.csv"
    schedule.write_text(SCHEDULE.replace(OPENING, NEXT_OPENING))
    done = boxout("run", "--data", schedule, "--home", home)
    assert done.returncode == 0, done.stderr
    asked = boxout("predict", "--date", NEXT_OPENING, "--json", "--home", home)
    predicted = json.loads(asked.stdout)
    with open_warehouse(Home(home)) as warehouse:
        rows = warehouse.rows(
            "SELECT f.player_id, f.team, f.games_played_season, f.games_last_season, "
            "c.data_completeness_pct, c.games_in_window "
            "FROM lake.precompute.ml_feature_store AS f "
            "JOIN lake.precompute.player_composite_factors AS c USING (game_id, player_id) "
            "WHERE f.game_date = $1",
            [NEXT_OPENING],
        )
        ended = warehouse.rows(
            "SELECT player_id, arg_max(team, game_date) FROM lake.raw.player_boxscores "
            "WHERE season = '2025-26' GROUP BY player_id"
        )
    assert rows
    assert {(player, team) for player, team, *_ in rows} <= set(ended)
    # that nothing is known of this season stands beside each of them
    assert {(now, window) for _, _, now, _, _, window in rows} == {(0, 0)}
    assert all(before > 0 and share < 50 for _, _, _, before, share, _ in rows)
    assert predicted["report"]["player_games"] == len(rows)
    assert {each["player_id"] for each in predicted["predictions"]} == {row[0] for row in rows}
