"""A season's opening is what the schedule says now, also for dates that were computed before."""

from __future__ import annotations

from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SEASON = "2023-24"


def build(warehouse, graph, paths):
    ingest_files(warehouse, graph, paths)
    run_tables(warehouse, graph, graph.computed, RunOptions())


def game_on(day):
    return (
        f"SELECT DATE '{day}' AS game_date, 'DEN' AS home_team, 'LAL' AS away_team, "
        f"NULL::TIMESTAMP AS tipoff_utc, 'regular' AS season_type, 'scheduled' AS status"
    )


def test_dates_are_of_the_opening_weeks_or_not_as_if_built_from_scratch(
    short_project, graph, write, short_league, tmp_path, contents
):
    opening = short_project.scalar(
        f"SELECT min(game_date) - 9 FROM lake.raw.games WHERE season = '{SEASON}'"
    )
    before = contents(short_project.home.path)
    path = write("preseason.csv", game_on(opening))
    build(short_project, graph, [path])
    with open_warehouse(Home(tmp_path / "scratch"), create=True) as scratch:
        build(scratch, graph, [*find_files([short_league]), path])
    moved = contents(short_project.home.path)
    assert moved == contents(tmp_path / "scratch")
    assert moved != before

    write("preseason.csv", f"FROM ({game_on(opening)}) WHERE false")
    build(short_project, graph, [path])
    build(short_project, graph, [])  # takes the date that nothing has any more off the record
    assert contents(short_project.home.path) == before
