"""What is brought up to date is what a change can reach, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SEASON = "2023-24"
# The dates on which an assist more changes a table: that one, or every later one of the season.
SAME_DAY = ("raw.player_boxscores", "analytics.player_game_summary")


def build(warehouse, **options):
    graph = load_graph()
    return run_tables(warehouse, graph, graph.computed, RunOptions(**options))


def hashes(warehouse):
    return {
        (table, day): content
        for table, day, content in warehouse.rows(
            "SELECT table_name, game_date, content_hash FROM lake.ledger.partitions "
            "WHERE table_name NOT LIKE 'landing.%'"
        )
    }


def computed(report):
    return {outcome.table: outcome.computed for outcome in report.tables if outcome.computed}


@pytest.fixture
def project(short_project):
    """Three seasons are enough."""
    return short_project


@pytest.fixture
def correct(short_files, rewrite, project, graph):
    """Correct box lines of one game date in the copied project, as a new file would."""

    def run(day, change):
        path = short_files / "bref" / f"player_boxscores_{SEASON}.parquet"
        rewrite(
            path,
            f"SELECT * REPLACE (CASE WHEN game_date = DATE '{day}' THEN {change[1]} "
            f"ELSE {change[0]} END AS {change[0]}) FROM file",
        )
        return ingest_files(project, graph, [path])[0]

    return run


@pytest.fixture
def middle(project):
    """A date in the middle of a season."""
    return project.scalar(
        f"SELECT quantile_disc(game_date, 0.5) FROM lake.raw.games WHERE season = '{SEASON}'"
    )


def test_a_second_run_has_nothing_to_do(project):
    version = project.version()
    assert computed(build(project)) == {}
    assert project.version() == version


def test_a_correction_reaches_the_dates_whose_windows_it_is_in_and_no_others(
    project, correct, middle
):
    before = hashes(project)
    report = correct(middle, ("ast", "ast + 1"))
    assert report.dates == 1
    touched = computed(build(project))
    after = hashes(project)
    season = {day for (_, day), _ in after.items() if middle <= day < date(2024, 8, 1)}
    later = season - {middle}
    after_season = {
        day
        for (table, day) in after
        if table == "precompute.player_past_seasons" and day >= date(2024, 8, 1)
    }
    changed = {}
    for (table, day), content in after.items():
        if before[table, day] != content:
            changed.setdefault(table, set()).add(day)
    assert {table: changed.pop(table) for table in SAME_DAY} == {t: {middle} for t in SAME_DAY}
    # assists of that night are in every later mean of the season, and in what is known of it in
    # later seasons; the absent take theirs with them
    assert changed.pop("precompute.player_daily_cache") == later
    in_later_seasons = changed.pop("precompute.player_past_seasons")
    assert min(in_later_seasons) >= date(2024, 8, 1)
    assert later < changed.pop("precompute.ml_feature_store") <= later | in_later_seasons
    assert changed.pop("precompute.absent_teammates", later) <= later
    assert changed == {}
    assert touched["raw.player_boxscores"] == 1
    assert touched["precompute.player_daily_cache"] == len(season) - 1
    # days of rest are made of earlier minutes, and past seasons of earlier seasons
    assert touched["analytics.player_game_summary"] == 1
    assert touched["precompute.player_past_seasons"] == len(after_season)
    # no assist enters a team's possessions: the tables below it are left alone
    assert "precompute.team_defense_zone_analysis" not in touched


def test_a_correction_that_says_the_same_stops_at_once(project, correct, middle):
    report = correct(middle, ("plus_minus", "plus_minus"))
    assert report.dates == 0
    assert computed(build(project)) == {}


def test_incremental_equals_from_scratch(project, correct, middle, short_files, tmp_path, graph):
    correct(middle, ("tov", "tov + 1"))
    build(project)
    with open_warehouse(Home(tmp_path / "scratch"), create=True) as scratch:
        ingest_files(scratch, graph, find_files([short_files]))
        build(scratch)
        assert hashes(scratch) == hashes(project)


def test_going_back_gives_the_first_content_again(
    project, correct, middle, short_league, short_files, graph
):
    before = hashes(project)
    correct(middle, ("stl", "stl + 1"))
    build(project)
    assert hashes(project) != before
    path = Path("bref") / f"player_boxscores_{SEASON}.parquet"
    target = short_files / path
    target.write_bytes((short_league / path).read_bytes())
    ingest_files(project, graph, [target])
    build(project)
    assert hashes(project) == before


def test_neither_chunks_nor_the_order_of_files_change_the_content(
    project, short_league, tmp_path, graph
):
    files = find_files([short_league])[::-1]
    with open_warehouse(Home(tmp_path / "other"), create=True) as other:
        ingest_files(other, graph, files)
        build(other, chunk_dates=30)
        assert hashes(other) == hashes(project)


def test_small_writes_stay_in_the_catalog_for_the_ledger_alone(project):
    kept = project.rows(
        """
        SELECT DISTINCT s.schema_name
        FROM __ducklake_metadata_lake.ducklake_inlined_data_tables
        JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
        JOIN __ducklake_metadata_lake.ducklake_schema AS s USING (schema_id)
        """
    )
    assert kept == [("ledger",)]
