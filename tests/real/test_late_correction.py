"""One game of 2023-11-01 corrected months later: what follows changes, and nothing else."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

DAY = "2023-11-01"
STORE = "precompute.ml_feature_store"


@pytest.fixture(scope="module")
def corrected(real_home, real_data, graph, tmp_path_factory):
    """The project after the correction, the version before it, and the run's report."""
    folder = tmp_path_factory.mktemp("late")
    shutil.copytree(real_home, folder / "home")
    source = next(real_data.rglob("player_boxscores_2023-24.parquet"))
    path = folder / source.name
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE file AS FROM '{source}'")
        connection.execute(
            "COPY (SELECT * REPLACE (CASE WHEN bref_game_id = (SELECT min(bref_game_id) FROM file "
            f"WHERE game_date = DATE '{DAY}') THEN ast + 1 ELSE ast END AS ast) FROM file) "
            f"TO '{path}' (FORMAT parquet)"
        )
    with open_warehouse(Home(folder / "home")) as warehouse:
        version = warehouse.version()
        [report] = ingest_files(warehouse, graph, [path])
        assert (report.added, report.removed, report.dates) == (0, 0, 1)
        assert report.changed > 15
        yield warehouse, version, run_tables(warehouse, graph, graph.computed)


def differing(warehouse, version, table, without=()):
    """The rows of a table that are not as they were: (game_date, game_id, player_id)."""
    columns = f"* EXCLUDE ({', '.join(without)})" if without else "*"
    return set(
        warehouse.rows(
            "SELECT game_date, game_id, player_id FROM "
            f"(SELECT {columns} FROM lake.{table} EXCEPT "
            f"SELECT {columns} FROM lake.{table} AT (VERSION => {version}))"
        )
    )


def test_features_of_their_later_games_change_and_nobody_elses(corrected):
    warehouse, version, _ = corrected
    lines = differing(warehouse, version, "raw.player_boxscores")
    players = {player for _, _, player in lines}
    assert {str(day) for day, _, _ in lines} == {DAY}
    later = set(
        warehouse.rows(
            "SELECT game_date, game_id, player_id FROM lake.precompute.ml_feature_store "
            f"WHERE game_date > DATE '{DAY}' AND season = '2023-24' AND player_id IN (SELECT "
            "player_id FROM lake.raw.player_boxscores WHERE minutes > 0 AND game_id = $1)",
            [next(iter(lines))[1]],
        )
    )
    # what a team mate who is out takes with him is a feature of those who play
    of_others = [name for name in warehouse.columns(f"lake.{STORE}") if name.startswith("absent_")]
    changed = differing(warehouse, version, STORE, of_others)
    in_season = {row for row in changed if str(row[0]) < "2024-08-01"}
    # the mean of assists in the season holds that night for the rest of it
    assert in_season == later
    assert len(in_season) > 1_000
    assert {player for _, _, player in changed} <= players
    # on the day itself nothing was known of it, so that restating that day alone in each table
    # leaves every one of these rows as it was
    everywhere = differing(warehouse, version, STORE)
    assert min(str(day) for day, _, _ in everywhere) > DAY


def test_nothing_else_is_even_computed(corrected):
    warehouse, _, report = corrected
    computed = {outcome.table: outcome.computed for outcome in report.tables if outcome.computed}
    after = warehouse.scalar(
        "SELECT count(DISTINCT game_date) FROM lake.precompute.player_daily_cache "
        f"WHERE game_date > DATE '{DAY}'"
    )
    one_day = {"raw.player_boxscores", "raw.team_boxscores", "analytics.player_game_summary"}
    assert {table for table, count in computed.items() if count == 1} <= one_day
    assert computed["raw.player_boxscores"] == 1
    assert max(computed.values()) <= after
    # assists are no part of possessions, shots or spellings
    untouched = {outcome.table for outcome in report.tables} - set(computed)
    assert untouched >= {
        "raw.games",
        "raw.shots",
        "raw.player_aliases",
        "analytics.team_offense_game_summary",
        "analytics.team_defense_game_summary",
        "precompute.team_defense_zone_analysis",
        "precompute.player_shot_zone_analysis",
    }
