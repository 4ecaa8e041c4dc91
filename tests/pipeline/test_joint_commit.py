"""Small tables that follow each other are committed together, and are what they are singly."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from boxout.errors import StoppedError, TableDefinitionError, WarehouseError
from boxout.pipeline import joint_commit, table_run
from boxout.pipeline.creation import create_missing
from boxout.pipeline.due import Due
from boxout.pipeline.graph import build_graph, load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.locks import table_lock
from boxout.pipeline.run import run_tables
from boxout.pipeline.stopping import heed_signals
from boxout.sources.files.finding import find_files
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SUMMARY = "analytics.player_game_summary"
OFFENSE = "analytics.team_offense_game_summary"
# A few tables that follow each other.
NAMES = {SUMMARY, OFFENSE} | {t.name for t in load_graph().computed_upstream(SUMMARY)}
NAMES |= {table.name for table in load_graph().computed_upstream(OFFENSE)}
SEASON = "2023-24"
# All of what a run leaves on record but its names and times.
LEDGER = {
    "partitions": "* EXCLUDE (run_id, built_at, changed_at)",
    "check_results": "* EXCLUDE (run_id, checked_at)",
    "quarantine": "* EXCLUDE (run_id, seen_at)",
    "incidents": "incident_id, table_name, check_name, season, first_date, last_date, failing, "
    "total, affected_partitions, outcome, repaired_at IS NULL",
}


@pytest.fixture(scope="session")
def unbuilt(short_league, built_once, graph):
    """Three seasons, ingested; only to be read."""

    def make(home):
        with open_warehouse(Home(home), create=True) as warehouse:
            ingest_files(warehouse, graph, find_files([short_league]))

    return built_once("short-unbuilt-home", make)


@pytest.fixture
def in_time(monkeypatch):
    """However slow the machine is, all that may be is committed together."""
    monkeypatch.setattr(joint_commit, "MOST_SECONDS", 600.0)


@pytest.fixture
def spoilt(short_league, tmp_path, rewrite):
    """The box lines of a season without steals."""
    source = short_league / "bref" / f"player_boxscores_{SEASON}.parquet"
    path = Path(shutil.copy(source, tmp_path))
    rewrite(path, "SELECT * REPLACE (0 AS stl) FROM file")
    return path


def run(home, graph, listener=lambda *told: None):
    tables = [table for table in graph.computed if table.name in NAMES]
    with open_warehouse(Home(home)) as warehouse:
        return run_tables(warehouse, graph, tables, None, listener)


def on_record(home):
    with open_warehouse(Home(home)) as warehouse:
        return {
            name: warehouse.rows(f"SELECT {columns} FROM lake.ledger.{name} ORDER BY ALL")
            for name, columns in LEDGER.items()
        }


def versions(home):
    """The data versions that changed partitions, each with its tables."""
    with open_warehouse(Home(home)) as warehouse:
        return warehouse.rows(
            "SELECT list(DISTINCT table_name ORDER BY table_name) FROM lake.ledger.partitions "
            "WHERE table_name NOT LIKE 'landing.%' GROUP BY built_at ORDER BY built_at"
        )


def test_together_they_are_what_they_are_one_by_one(
    unbuilt, spoilt, tmp_path, graph, monkeypatch, in_time
):
    singly, jointly = (shutil.copytree(unbuilt, tmp_path / name) for name in ("singly", "jointly"))
    for ingested in (None, spoilt):
        for home, is_small in ((singly, False), (jointly, None)):
            with monkeypatch.context() as one_by_one:
                if is_small is False:
                    one_by_one.setattr(Due, "is_small", is_small)
                if ingested:
                    with open_warehouse(Home(home)) as warehouse:
                        ingest_files(warehouse, graph, [ingested])
                held_back = run(home, graph).held_back
            assert held_back == bool(ingested)
        assert on_record(jointly) == on_record(singly)
        if not ingested:
            assert versions(jointly) == [(sorted(NAMES),)]
            assert len(versions(singly)) == len(NAMES)


def test_nothing_is_told_before_it_is_committed(unbuilt, tmp_path, graph, in_time):
    home = shutil.copytree(unbuilt, tmp_path / "home")
    found = []

    def look(table, chunk, outcome):
        with open_warehouse(Home(home)) as other:
            found.append((table, other.scalar(f"SELECT count(*) FROM lake.{table}")))

    report = run(home, graph, look)
    assert found == [(outcome.table, outcome.rows_written) for outcome in report.tables]


def test_what_is_wrong_with_one_is_said_of_it_and_the_others_are_committed(
    unbuilt, tmp_path, graph, contents, in_time
):
    home = shutil.copytree(unbuilt, tmp_path / "home")
    query = f"SELECT * FROM ({graph.tables[SUMMARY].query}) WHERE error('no such line') IS NULL"
    broken = replace(graph.tables[SUMMARY], query=query)
    with pytest.raises(TableDefinitionError, match="no such line") as raised:
        run(home, build_graph({**graph.tables, SUMMARY: broken}))
    assert raised.value.where == SUMMARY
    above = {table.name for table in graph.computed_upstream(SUMMARY)}
    built = {name for (names,) in versions(home) for name in names}
    assert above <= built <= NAMES - {SUMMARY}
    run(home, graph)
    other = shutil.copytree(unbuilt, tmp_path / "other")
    run(other, graph)
    assert contents(home) == contents(other)


def test_a_table_that_another_file_had_created_is_altered_by_itself_and_the_rest_goes_on(
    unbuilt, tmp_path, graph, contents, in_time
):
    """A run that was killed before it filled its tables leaves them as their files were then."""
    home = shutil.copytree(unbuilt, tmp_path / "home")
    raw = "raw.team_boxscores"
    table = graph.tables[raw]
    older = replace(table, query=f"SELECT *, 1 AS older FROM ({table.query})")
    chosen = [older if t.name == raw else t for t in graph.computed if t.name in NAMES]
    with open_warehouse(Home(home)) as warehouse:
        create_missing(warehouse, chosen)
        assert "older" in warehouse.columns(f"lake.{raw}")
    report = run(home, graph)
    assert not report.held_back
    assert {t.table for t in report.tables if t.computed} == NAMES
    other = shutil.copytree(unbuilt, tmp_path / "other")
    run(other, graph)
    assert contents(home) == contents(other)
    assert on_record(home)["partitions"] == on_record(other)["partitions"]
    with open_warehouse(Home(home)) as warehouse:
        assert "older" not in warehouse.columns(f"lake.{raw}")


def test_a_stop_commits_what_is_complete(unbuilt, tmp_path, graph, monkeypatch, in_time):
    home = shutil.copytree(unbuilt, tmp_path / "home")
    compute, computed = table_run.stage_table, []

    def stage(warehouse, table, chunk, players):
        computed.append(table.name)
        if len(computed) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        compute(warehouse, table, chunk, players)

    with monkeypatch.context() as stopping, heed_signals():
        stopping.setattr(table_run, "stage_table", stage)
        with pytest.raises(StoppedError):
            run(home, graph)
    assert versions(home) == [(sorted(computed),)]
    assert len(computed) == 3
    assert not run(home, graph).held_back


def test_nobody_waits_for_a_table_while_others_wait_for_the_commit(
    unbuilt, tmp_path, graph, monkeypatch, in_time
):
    """Who holds a table's lock and wants to commit gets to, and the run goes on after it."""
    home = shutil.copytree(unbuilt, tmp_path / "home")
    holds, is_joint, done = threading.Event(), threading.Event(), []

    def hold():
        with open_warehouse(Home(home)) as other, table_lock(other, SUMMARY):
            holds.set()
            assert is_joint.wait(60)
            with other.commit():
                done.append(other.version())

    compute = table_run.stage_table

    def stage(warehouse, table, chunk, players):
        if warehouse.is_committing:
            is_joint.set()
        compute(warehouse, table, chunk, players)

    monkeypatch.setattr(table_run, "stage_table", stage)
    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(60)
    report = run(home, graph)
    holder.join(60)
    assert done
    assert not report.held_back
    assert {name for (names,) in versions(home) for name in names} == NAMES


def test_a_commit_that_fails_writes_and_tells_nothing(
    unbuilt, tmp_path, graph, monkeypatch, in_time
):
    home = shutil.copytree(unbuilt, tmp_path / "home")
    told = []

    def fail(warehouse):
        raise duckdb.IOException("no space left")

    tables = [table for table in graph.computed if table.name in NAMES]
    with open_warehouse(Home(home)) as warehouse:
        with monkeypatch.context() as failing:
            failing.setattr(joint_commit, "write_kept", fail)
            with pytest.raises(WarehouseError, match="nothing of it was written"):
                run_tables(warehouse, graph, tables, listener=lambda *each: told.append(each))
        assert told == []
        assert versions(home) == []
        # the same connection knows that nothing is there
        report = run_tables(warehouse, graph, tables)
    assert all(outcome.computed for outcome in report.tables)
    assert versions(home) == [(sorted(NAMES),)]
