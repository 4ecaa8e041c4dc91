"""Rows that were refused are named as the cause where they are it, and not where they are not."""

from __future__ import annotations

import pytest

from boxout.pipeline.diagnose.diagnosis import diagnose
from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables

LOGS = "nba/team_gamelogs_{}.parquet"
OTHER, SEASON = "2023-24", "2024-25"
TABLES = ("raw.player_aliases", "raw.games", "raw.player_boxscores", "raw.team_boxscores")
ALL_ROWS = "SELECT * FROM file"
A_FOOTER = " UNION ALL (SELECT * REPLACE ('total' AS GAME_DATE) FROM file LIMIT 1)"


@pytest.fixture
def causes_of(short_project, short_league, short_files, graph, rewrite):
    """Bring seasons' team logs in as a query has them, and name the causes of what fails then."""

    def play(queries):
        for season, query in queries.items():
            path = short_files / LOGS.format(season)
            rewrite(path, query)
            known = {path: str(short_league / LOGS.format(season))}
            ingest_files(short_project, graph, [path], known_as=known)
        run_tables(short_project, graph, graph.select(TABLES), RunOptions())
        return diagnose(short_project, graph, graph.table("raw.team_boxscores")).causes

    return play


@pytest.fixture
def partial_write(short_project):
    """A query that leaves two teams of one date."""
    day = short_project.scalar(
        "SELECT min(game_date) FROM (SELECT game_date FROM lake.raw.games "
        f"WHERE season = '{SEASON}' AND status = 'final' GROUP BY game_date HAVING count(*) >= 3)"
    )
    on_it = f"GAME_DATE::DATE = DATE '{day}'"
    return (
        f"(SELECT * FROM file WHERE NOT ({on_it}) OR TEAM_ABBREVIATION IN "
        f"(SELECT TEAM_ABBREVIATION FROM file WHERE {on_it} ORDER BY 1 LIMIT 2))"
    )


def test_a_row_without_a_date_of_another_season_hides_no_cause(causes_of, partial_write):
    causes = causes_of({OTHER: ALL_ROWS + A_FOOTER, SEASON: partial_write})
    assert [cause.kind for cause in causes] == ["partial-write"]


def test_a_row_without_a_date_of_the_same_file_hides_no_cause(causes_of, partial_write):
    causes = causes_of({SEASON: partial_write + A_FOOTER})
    assert [cause.kind for cause in causes] == ["partial-write"]


def test_however_many_rows_have_no_date_what_is_missing_is_looked_for(causes_of, partial_write):
    lost = " UNION ALL SELECT * REPLACE ('total' AS GAME_DATE) FROM file"
    causes = causes_of({SEASON: partial_write + lost + lost})
    assert {cause.kind for cause in causes} == {"partial-write", "rejected-rows"}


def test_many_rows_without_a_date_are_the_cause_of_what_is_missing(causes_of):
    lost = "CASE WHEN hash(GAME_DATE) % 2 = 0 THEN 'soon' ELSE GAME_DATE END AS GAME_DATE"
    first, *_ = causes_of({SEASON: f"SELECT * REPLACE ({lost}) FROM file"})
    assert first.kind == "rejected-rows"
    assert "the date is missing or malformed" in first.what
    assert [file.rsplit("_", 1)[1] for file in first.files] == [f"{SEASON}.parquet"]
