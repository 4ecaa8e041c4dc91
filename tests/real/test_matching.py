"""What share of the real sources' rows finds its game and its player."""

from __future__ import annotations

import pytest

from boxout.pipeline.ingest import ingest_files
from boxout.sources.files.finding import find_files
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

NEEDED = {
    "raw.shots": 0.995,
    "raw.team_boxscores": 0.995,
    "raw.player_boxscores": 0.995,
    "raw.prop_lines": 0.98,
}


@pytest.fixture(scope="module")
def warehouse(real_home):
    with open_warehouse(Home(real_home)) as opened:
        yield opened


def count(warehouse, query):
    return int(warehouse.scalar(f"SELECT count(*) FROM {query}"))


def test_every_contract_on_matching_passes_in_every_season(warehouse):
    results = warehouse.rows(
        "SELECT table_name, season, failing, total, passed FROM lake.ledger.check_results "
        "WHERE check_name LIKE '%matched%' AND scope = 'season'"
    )
    assert {table for table, *_ in results} >= set(NEEDED)
    for table, season, failing, total, passed in results:
        assert passed, (table, season)
        assert failing <= (1 - NEEDED.get(table, 0.98)) * total


@pytest.mark.parametrize(
    ("files", "landing", "table"),
    [
        ("nba/shots_*", "nba_shots", "raw.shots"),
        ("nba/team_gamelogs_*", "nba_team_gamelogs", "raw.team_boxscores"),
        ("bref/*", "bref_player_boxscores", "raw.player_boxscores"),
        ("odds/pra_lines_*", "prop_lines", "raw.prop_lines"),
    ],
)
def test_counted_from_the_files_themselves(warehouse, real_data, files, landing, table):
    in_files = count(warehouse, f"read_parquet('{real_data}/{files}.parquet', union_by_name=true)")
    # A row that is there twice is meant once.
    in_files -= int(
        warehouse.scalar(
            "SELECT coalesce(sum(failing), 0) FROM lake.ledger.quarantine "
            "WHERE table_name = $1 AND check_name LIKE 'an exact repeat%'",
            [f"landing.{landing}"],
        )
    )
    landed, published = (count(warehouse, f"lake.{name}") for name in (f"landing.{landing}", table))
    assert landed <= in_files
    if table == "raw.team_boxscores":
        # The play-in and the cup final have no log: there the players' lines are added up.
        special = (
            "lake.raw.games WHERE season_type IN ('play-in', 'cup-final') AND status = 'final'"
        )
        published -= 2 * count(warehouse, special)
    assert NEEDED[table] * in_files <= published <= in_files


def test_no_player_is_in_a_game_twice(warehouse):
    rows, keys = warehouse.rows(
        "SELECT count(*), count(DISTINCT (game_id, player_id)) FROM lake.raw.player_boxscores"
    )[0]
    assert rows == keys > 120_000


def test_two_sources_of_the_same_line_agree(warehouse):
    same, rows = warehouse.rows(
        """
        SELECT count(*) FILTER (b.pts = n.pts AND b.trb = n.orb + n.drb AND b.ast = n.ast
                                AND b.team = n.team), count(*)
        FROM lake.landing.nba_player_gamelogs AS n
        JOIN lake.raw.player_boxscores AS b
          ON b.player_id = n.nba_player_id AND b.game_date = n.game_date
        """
    )[0]
    assert rows > 20_000
    assert same / rows > 0.995


def test_every_id_of_a_game_is_the_nbas_where_the_nba_has_one(warehouse):
    own = warehouse.rows(
        "SELECT DISTINCT season_type FROM lake.raw.games "
        "WHERE game_id LIKE '9%' AND status = 'final'"
    )
    assert {row[0] for row in own} <= {"play-in", "cup-final"}


def test_known_files_bring_nothing_new(real_home, real_data, graph):
    files = [path for path in find_files([real_data]) if path.parent.name == "odds"]
    with open_warehouse(Home(real_home)) as again:
        version = again.version()
        assert all(report.is_known for report in ingest_files(again, graph, files))
        assert again.version() == version
