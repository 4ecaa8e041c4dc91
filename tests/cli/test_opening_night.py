"""The first night of a season: games are known and nobody of whom a feature could be made."""

from __future__ import annotations

import json
import shutil

import pytest

OPENING = "2031-10-21"
SCHEDULE = f"""game_date,home_team,away_team,tipoff_utc,season_type,status
{OPENING},DEN,LAL,{OPENING} 23:30:00,regular,scheduled
{OPENING},BOS,MIA,{OPENING} 23:30:00,regular,scheduled
"""
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
