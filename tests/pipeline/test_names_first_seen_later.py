"""A spelling that is first seen later names nobody before: a date is as if computed that night."""

from __future__ import annotations

import pytest
from small_files import BOX_LINES, INJURIES, TEAM_LOGS

from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

FIRST_NIGHT, SECOND_NIGHT = "2023-10-24", "2023-10-25"
ROOKIE = "'PlayerA CLEson'"  # of a team that first plays on the second night
FIVE = "unnest([" + ", ".join(f"'Player{p} DENson'" for p in "BCDE") + f", {ROOKIE}])"


@pytest.fixture
def nights(write):
    """The files of two nights; what the first brings names somebody seen on the second alone."""
    first = [
        write("boxes_1.csv", f"FROM ({BOX_LINES}) WHERE game_date = DATE '{FIRST_NIGHT}'"),
        write("logs_1.csv", f"FROM ({TEAM_LOGS}) WHERE GAME_DATE = '{FIRST_NIGHT}'"),
        write("injuries_1.csv", f"SELECT * REPLACE ({ROOKIE} AS player_name) FROM ({INJURIES})"),
        write(
            "lineups_1.csv",
            f"SELECT TIMESTAMP '2023-10-24 22:00:00' AS announced_utc, DATE '{FIRST_NIGHT}' AS "
            f"game_date, 'DEN' AS team, {FIVE} AS player_name",
        ),
    ]
    second = [
        write("boxes_2.csv", f"FROM ({BOX_LINES}) WHERE game_date = DATE '{SECOND_NIGHT}'"),
        write("logs_2.csv", f"FROM ({TEAM_LOGS}) WHERE GAME_DATE = '{SECOND_NIGHT}'"),
    ]
    return first, second


def build(warehouse, graph, paths):
    ingest_files(warehouse, graph, paths)
    run_tables(warehouse, graph, graph.computed, RunOptions())


def test_night_by_night_gives_what_a_build_of_both_nights_does(
    empty, graph, nights, tmp_path, contents
):
    first, second = nights
    for paths in nights:
        build(empty, graph, paths)
    with open_warehouse(Home(tmp_path / "scratch"), create=True) as scratch:
        build(scratch, graph, first + second)
    assert contents(tmp_path / "home") == contents(tmp_path / "scratch")
