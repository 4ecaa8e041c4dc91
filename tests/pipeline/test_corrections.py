"""After a correction the rows of the players concerned are computed, and all is as if all were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boxout.pipeline.corrections import Corrections
from boxout.pipeline.due import Due, RunOptions
from boxout.pipeline.graph import build_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import write_property
from boxout.pipeline.run import run_tables
from boxout.warehouse.opening import open_warehouse
from boxout.warehouse.own_commits import OwnCommits

BOX = "bref/player_boxscores_2023-24.parquet"
CORRECTED = "raw.player_boxscores"
CACHE, STORE = "precompute.player_daily_cache", "precompute.ml_feature_store"
BY_PLAYER = {CACHE, STORE, "precompute.player_past_seasons"}


@pytest.fixture
def chosen(monkeypatch):
    """The tables of which a run computed but a few players' rows, and those of which all."""
    tables = {True: set(), False: set()}
    choose = Corrections.choose_players

    def note(self, warehouse, table, version):
        is_few = choose(self, warehouse, table, version)
        tables[is_few].add(table.name)
        return is_few

    monkeypatch.setattr(Corrections, "choose_players", note)
    return tables


@pytest.fixture
def project(short_project):
    """Three seasons are enough: the first of them is corrected."""
    return short_project


@pytest.fixture
def bring(project, graph):
    """Ingest a season's box lines under the name by which they are on record."""
    name = project.scalar(
        f"SELECT source_file FROM lake.ledger.files WHERE source_file LIKE '%{BOX}'"
    )
    return lambda path: ingest_files(project, graph, [path], known_as={path: name})


@pytest.fixture
def correct(project, graph, short_files, rewrite, bring):
    """Ingest a season's box lines as a query of their file has them."""
    path = short_files / BOX
    game = project.scalar(f"SELECT quantile_disc(bref_game_id, 0.5) FROM '{path}'")

    def run(query):
        rewrite(path, query.format(game=f"bref_game_id = '{game}'"))
        bring(path)

    run_tables(project, graph, graph.computed)  # so that every table is known to be at rest
    return run


ONE_GAME = "SELECT * REPLACE (CASE WHEN {game} THEN ast + 1 ELSE ast END AS ast) FROM file"
# without points, for else the game's score is another, too
LATE_LINE = """
SELECT * FROM file WHERE (bref_game_id, player_name) <> (
  SELECT min((bref_game_id, player_name)) FROM file
  WHERE mp > 0 AND pts = 0 AND game_date > DATE '2023-11-15')
"""


def ledger(warehouse):
    return warehouse.rows(
        "SELECT table_name, game_date, state, row_count, content_hash, read_hashes::VARCHAR, "
        "input_hash FROM lake.ledger.partitions ORDER BY ALL"
    )


def checks(warehouse):
    return warehouse.rows(
        "SELECT table_name, check_name, season, game_date, passed, failing, total, detail "
        "FROM lake.ledger.check_results ORDER BY ALL"
    )


def assert_as_if_all_were_computed(project, graph):
    before, found = ledger(project), checks(project)
    below = {CORRECTED, *graph.downstream(CORRECTED)}
    concerned = [table for table in graph.computed if table.name in below]
    report = run_tables(project, graph, concerned, RunOptions(force=True))
    assert {outcome.table: outcome.changed for outcome in report.tables if outcome.changed} == {}
    assert ledger(project) == before
    assert checks(project) == found


@pytest.mark.parametrize("query", [ONE_GAME, LATE_LINE], ids=["a stat", "a line that goes"])
def test_a_few_players_rows_are_computed(project, graph, correct, chosen, query):
    correct(query)
    report = run_tables(project, graph, graph.computed)
    outcomes = {outcome.table: outcome for outcome in report.tables}
    assert outcomes[CACHE].changed > 5
    assert 0 < outcomes[CACHE].rows_written < outcomes[CACHE].rows_computed / 4
    # a line that goes is one of its team's and its game's, of which other tables are made
    assert (BY_PLAYER if query == ONE_GAME else {CACHE}) <= chosen[True]
    assert "precompute.absent_teammates" not in chosen[True]
    assert_as_if_all_were_computed(project, graph)


def test_a_line_that_comes_back_comes_into_all_tables_again(
    project, graph, correct, bring, chosen, short_league
):
    before = {row[:5] for row in ledger(project) if not row[0].startswith("landing.")}
    correct(LATE_LINE)
    run_tables(project, graph, graph.computed)
    assert {row[:5] for row in ledger(project)} & before != before
    bring(short_league / BOX)
    chosen[True].clear()
    run_tables(project, graph, graph.computed)
    assert CACHE in chosen[True]
    assert {row[:5] for row in ledger(project)} & before == before
    assert_as_if_all_were_computed(project, graph)


def test_what_another_process_commits_meanwhile_ends_it(
    project, graph, correct, chosen, monkeypatch
):
    # while tables are committed together, nobody else commits between them
    monkeypatch.setattr(Due, "is_small", False)
    correct(ONE_GAME)
    is_done = []

    def interfere(table, chunk, outcome):
        if not is_done:
            with open_warehouse(project.home) as other, other.commit():
                write_property(other, "met", table)
            is_done.append(table)

    run_tables(project, graph, graph.computed, listener=interfere)
    assert is_done == [CORRECTED]
    assert chosen[True] == set()
    assert chosen[False] >= BY_PLAYER
    assert_as_if_all_were_computed(project, graph)


def test_it_is_carried_on_from_connection_to_connection(
    project, graph, correct, chosen, monkeypatch
):
    monkeypatch.setattr("boxout.pipeline.run.MANY_DATES", 0)
    project.execute("SET threads = 2")
    correct(ONE_GAME)
    report = run_tables(project, graph, graph.computed)
    changed = {outcome.table for outcome in report.tables if outcome.changed}
    assert {CORRECTED, "analytics.player_game_summary"} | BY_PLAYER <= changed
    assert chosen[True] >= BY_PLAYER
    assert_as_if_all_were_computed(project, graph)


def test_of_many_players_all_rows_are_computed(project, graph, correct, chosen, monkeypatch):
    monkeypatch.setattr("boxout.pipeline.corrections.MOST_PLAYERS", 5)
    correct(ONE_GAME)
    run_tables(project, graph, graph.computed)
    assert chosen[True] == set()
    assert_as_if_all_were_computed(project, graph)


def test_a_table_of_another_shape_tells_of_no_player(project, graph, chosen, monkeypatch):
    monkeypatch.setattr("boxout.pipeline.corrections.MOST_PLAYERS", 100_000)
    monkeypatch.setattr("boxout.pipeline.corrections.MANY_DATES", 100_000)
    run_tables(project, graph, graph.computed)
    chosen[True].clear()
    name = "analytics.player_game_summary"
    (player,) = project.rows(f"SELECT min(player_id) FROM lake.{name} WHERE minutes > 0")[0]
    query = graph.tables[name].query.replace("FROM rested", ", 1 AS more -- one more\nFROM rested")
    query += f"\nWHERE b.player_id <> {player}"
    may_be_constant = frozenset({"more"})
    changed = replace(graph.tables[name], query=query, may_be_constant=may_be_constant)
    other = build_graph({**graph.tables, name: changed})
    run_tables(project, other, other.computed)
    assert CACHE not in chosen[True]
    # its inputs have no hash by its new definition yet, so that content alone can be compared
    report = run_tables(project, other, other.computed, RunOptions(force=True))
    assert {outcome.table: outcome.changed for outcome in report.tables if outcome.changed} == {}


def test_a_table_that_was_stale_before_is_computed_whole(project, graph, correct, chosen):
    correct(ONE_GAME)
    run_tables(project, graph, [t for t in graph.computed if t.phase <= 3])
    chosen[True].clear()
    run_tables(project, graph, graph.computed)
    assert CACHE in chosen[False]
    assert CACHE not in chosen[True]
    assert_as_if_all_were_computed(project, graph)


def test_own_commits_are_known_as_far_as_there_is_no_other_between():
    commits = OwnCommits()
    commits.note(5, "raw.games")
    commits.note(6)
    commits.note(8, "raw.shots", "raw.players")
    assert commits.tables_between(5, 5) == set()
    assert commits.tables_between(4, 6) == {"raw.games"}
    assert commits.tables_between(5, 6) == set()
    assert commits.tables_between(6, 8) is None
    assert commits.tables_between(7, 8) == {"raw.shots", "raw.players"}
