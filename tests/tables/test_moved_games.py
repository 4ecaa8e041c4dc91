"""A game that a schedule still has on the date from which it was moved, and says nothing of it."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from boxout.learning.lines import PREGAME_LINES, read_lines
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SIDES = (
    "SELECT (game_date, home_team) FROM games UNION ALL SELECT (game_date, away_team) FROM games"
)


@pytest.fixture
def moved(short_league, tmp_path):
    """Id, former and new date of a game, and the files that have it on the former.

    Neither team plays then. A bookmaker of whom nothing else is known has lines on its players.
    """
    schedule, lines = tmp_path / "earlier_schedule.csv", tmp_path / "earlier_lines.csv"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE games AS FROM '{short_league / 'schedule.parquet'}'")
        connection.execute(
            f"""
            CREATE TABLE moved AS
            SELECT d.game_date, m.game_date AS new_date, m.* EXCLUDE (game_date)
            FROM games AS m JOIN (SELECT DISTINCT game_date FROM games) AS d
              ON d.game_date BETWEEN m.game_date - 9 AND m.game_date - 1
            WHERE m.game_date BETWEEN DATE '2024-11-03' AND DATE '2024-11-20'
              AND (d.game_date, m.home_team) NOT IN ({SIDES})
              AND (d.game_date, m.away_team) NOT IN ({SIDES})
            ORDER BY m.game_id, d.game_date LIMIT 1
            """
        )
        connection.execute(
            f"""
            COPY (SELECT * EXCLUDE (new_date) REPLACE (
                    'scheduled' AS status, game_date + INTERVAL 23 HOUR AS tipoff_utc) FROM moved)
            TO '{schedule}'
            """
        )
        # Of all players that were ever listed for the two teams.
        connection.execute(
            f"""
            COPY (SELECT DISTINCT b.player_name, m.game_date AS event_date, m.home_team,
                         m.away_team, 'Earlybird' AS bookmaker, 70.5 AS line,
                         m.game_date + INTERVAL 20 HOUR AS timestamp, -110 AS over_price,
                         -110 AS under_price
                  FROM '{short_league}/bref/player_boxscores_2024-25.parquet' AS b, moved AS m
                  WHERE b.team IN (m.home_team, m.away_team)) TO '{lines}'
            """
        )
        found = connection.execute("SELECT game_id, game_date, new_date FROM moved").fetchall()
    return *found[0], [schedule, lines]


def test_it_is_built_alike_with_its_new_date_and_apart_from_it(
    short_league, short_home, moved, tmp_path, graph, contents
):
    game_id, former, new, earlier = moved
    after, together = tmp_path / "after", tmp_path / "together"
    shutil.copytree(short_home, after)
    for home, files in ((after, earlier), (together, [*find_files([short_league]), *earlier])):
        with open_warehouse(Home(home), create=True) as warehouse:
            reports = ingest_files(warehouse, graph, files)
            assert [report.table for report in reports if report.path in earlier] == [
                "landing.schedule",
                "landing.prop_lines",
            ]
            run_tables(warehouse, graph, graph.computed)
            for table in ("precompute.ml_feature_store", "raw.prop_lines"):
                days = warehouse.rows(
                    f"SELECT game_date, count(*) FROM lake.{table} WHERE game_id = $1 GROUP BY 1",
                    [game_id],
                )
                assert {day for day, _ in days} == {former, new}
                assert all(rows > 10 for _, rows in days)
    assert contents(after) == contents(together)


def test_the_lines_of_a_date_are_those_of_that_date(short_project, moved, graph):
    game_id, former, new, earlier = moved
    ingest_files(short_project, graph, earlier)
    run_tables(short_project, graph, graph.computed)
    found = []
    for first, last in ((new, new), (FIRST_DATE, LAST_DATE)):
        read_lines(short_project, first, last)
        found.append(
            short_project.rows(
                f"SELECT player_id, market, line FROM {PREGAME_LINES} "
                "WHERE game_id = $1 AND game_date = $2 ORDER BY ALL",
                [game_id, new],
            )
        )
    assert found[0]
    assert found[0] == found[1]
    assert all(line < 70 for *_, line in found[0])
    assert short_project.rows(
        f"SELECT DISTINCT line FROM {PREGAME_LINES} WHERE game_id = $1 AND game_date = $2",
        [game_id, former],
    ) == [(70.5,)]
