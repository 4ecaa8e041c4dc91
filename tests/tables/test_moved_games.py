"""A game that a schedule still has on the date from which it was moved, and says nothing of it."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.warehouse.ducklake import open_warehouse
from boxout.warehouse.home import Home

SIDES = (
    "SELECT (game_date, home_team) FROM games UNION ALL SELECT (game_date, away_team) FROM games"
)


@pytest.fixture
def earlier_schedule(short_league, tmp_path):
    """One row of an earlier schedule: the game on a date on which neither team plays."""
    path = tmp_path / "earlier_schedule.csv"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE games AS FROM '{short_league / 'schedule.parquet'}'")
        connection.execute(
            f"""
            COPY (
              SELECT d.game_date, m.home_team, m.away_team,
                     d.game_date + INTERVAL 23 HOUR AS tipoff_utc, m.season_type,
                     'scheduled' AS status, m.game_id
              FROM games AS m JOIN (SELECT DISTINCT game_date FROM games) AS d
                ON d.game_date BETWEEN m.game_date - 9 AND m.game_date - 1
              WHERE m.game_date BETWEEN DATE '2024-11-03' AND DATE '2024-11-20'
                AND (d.game_date, m.home_team) NOT IN ({SIDES})
                AND (d.game_date, m.away_team) NOT IN ({SIDES})
              ORDER BY m.game_id, d.game_date LIMIT 1) TO '{path}'
            """
        )
    return path


def test_it_is_built_alike_with_its_new_date_and_apart_from_it(
    short_league, short_home, earlier_schedule, tmp_path, graph, contents
):
    moved = duckdb.execute(
        f"SELECT game_id FROM read_csv('{earlier_schedule}', all_varchar = true)"
    ).fetchall()[0][0]
    after, together = tmp_path / "after", tmp_path / "together"
    shutil.copytree(short_home, after)
    for home, files in (
        (after, [earlier_schedule]),
        (together, [*find_files([short_league]), earlier_schedule]),
    ):
        with open_warehouse(Home(home), create=True) as warehouse:
            [*_, report] = ingest_files(warehouse, graph, files)
            assert report.added == 1
            assert not run_tables(warehouse, graph, graph.computed).held_back
            days = warehouse.rows(
                "SELECT game_date, count(*) FROM lake.precompute.ml_feature_store "
                f"WHERE game_id = '{moved}' GROUP BY 1"
            )
            assert len(days) == 2
            assert all(rows > 10 for _, rows in days)
    assert contents(after) == contents(together)
