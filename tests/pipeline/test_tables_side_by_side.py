"""Tables that are computed side by side are what they are one after the other."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date

import pytest

from boxout.errors import StoppedError, TableDefinitionError
from boxout.pipeline import publish, table_run
from boxout.pipeline import run as boxout_run
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import build_graph, load_graph
from boxout.pipeline.ledger import write_property
from boxout.pipeline.run import run_tables
from boxout.pipeline.stopping import heed_signals
from boxout.pipeline.table_run import TableOutcome
from boxout.pipeline.workers import Workers
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

ZONES = "precompute.player_shot_zone_analysis"
MIDDLE = date(2023, 1, 15)
# Enough for two to be at work at any time, and one of them to have others below it.
FEW = {"raw.game_lines", "raw.prop_lines", ZONES}
FEW |= {table.name for table in load_graph().computed_upstream(ZONES)}


@pytest.fixture
def unbuilt(ingested_once, tmp_path, monkeypatch):
    """A project with nothing built, and a few dates are many."""
    monkeypatch.setattr("boxout.pipeline.run.MANY_DATES", 20)
    return shutil.copytree(ingested_once, tmp_path / "home")


@pytest.fixture(scope="session")
def built(small_home, contents):
    """What FEW tables hold when they are built one after the other."""
    return contents(small_home, FEW)


def run(home, graph, options=None, listener=None, names=FEW):
    tables = [table for table in graph.computed if table.name in names]
    with open_warehouse(Home(home)) as warehouse:
        warehouse.execute("SET threads = 2")
        return run_tables(warehouse, graph, tables, options, listener or (lambda *told: None))


def test_all_tables_are_the_same_and_were_computed_by_two_at_once(
    unbuilt, graph, small_home, contents
):
    told = []

    def note(table, chunk, outcome):
        told.append((threading.current_thread().name, table))

    every = {table.name for table in graph.computed}
    report = run(unbuilt, graph, None, note, every)
    assert contents(unbuilt) == contents(small_home)
    assert [t.table for t in report.tables] == [t.name for t in graph.computed]
    by_thread = {}
    for thread, table in told:
        by_thread.setdefault(thread, []).append(table)
    workers = [name for name in by_thread if name.startswith("table")]
    assert len(workers) == 2, by_thread
    first = [told.index((name, by_thread[name][0])) for name in workers]
    last = [len(told) - told[::-1].index((name, by_thread[name][-1])) for name in workers]
    assert max(first) < min(last), "one began when the other was done with all of its tables"


def test_a_part_is_what_it_is_one_after_the_other(
    unbuilt, graph, tmp_path, built, contents, monkeypatch
):
    other = shutil.copytree(unbuilt, tmp_path / "other")
    run(unbuilt, graph, RunOptions(end=MIDDLE))
    partly = contents(unbuilt)
    assert 0 < len(partly) < len(built)
    with monkeypatch.context() as one_after_the_other:
        one_after_the_other.setattr("boxout.pipeline.run.MANY_DATES", 10_000)
        run(other, graph, RunOptions(end=MIDDLE))
    assert partly == contents(other)
    run(unbuilt, graph)
    assert contents(unbuilt) == built


@pytest.fixture
def alterations(unbuilt, graph, monkeypatch):
    """Each table altered once all are built, on which thread, and which are at work then."""
    run(unbuilt, graph)
    altered, at_work = [], []
    alter, compute, run_table = publish._reshape, table_run.stage_table, boxout_run.run_table

    def note_alter(warehouse, table, columns):
        altered.append((table.name, threading.current_thread().name, [*at_work]))
        alter(warehouse, table, columns)

    def note_compute(warehouse, table, chunk, players):
        at_work.append(table.name)
        compute(warehouse, table, chunk, players)

    def note_end(warehouse, job, due):
        outcome = run_table(warehouse, job, due)
        if job.table.name in at_work:
            at_work.remove(job.table.name)
        return outcome

    monkeypatch.setattr(publish, "_reshape", note_alter)
    monkeypatch.setattr(table_run, "stage_table", note_compute)
    monkeypatch.setattr(boxout_run, "run_table", note_end)
    return altered


def test_a_table_is_altered_while_no_other_is_at_work(unbuilt, graph, alterations):
    changed = {}
    ends = {"raw.shots": "FROM landing", "raw.game_lines": "FROM lines", ZONES: "FROM anchored"}
    for name, last in ends.items():
        table = graph.tables[name]
        query = table.query.replace(last, f", 1 AS more -- one more\n{last}")
        may_be_constant = table.may_be_constant | {"more"}
        changed[name] = replace(table, query=query, may_be_constant=may_be_constant)
    other = build_graph({**graph.tables, **changed})
    report = run(unbuilt, other)
    assert not report.held_back
    assert sorted(alterations) == sorted((name, "MainThread", [name]) for name in changed)
    with open_warehouse(Home(unbuilt)) as warehouse:
        assert warehouse.scalar("SELECT min(more) FROM lake.raw.shots") == 1


def test_so_is_one_whose_input_has_a_wider_type(unbuilt, graph, alterations):
    """Its own file is as it was."""
    box = graph.tables["raw.player_boxscores"]
    query = box.query.replace("  l.pf,  ", "  CAST(l.pf AS BIGINT) AS pf,  ")
    other = build_graph({**graph.tables, box.name: replace(box, query=query)})
    assert not run(unbuilt, other, RunOptions(force=True)).held_back
    altered = {box.name, "analytics.player_game_summary"}
    assert {name for name, _, _ in alterations} == altered
    assert sorted(alterations) == sorted((name, "MainThread", [name]) for name in altered)


def test_no_commit_folds_the_log_of_the_catalog_back_in_while_others_may_begin(short_project):
    """Who begins meanwhile sleeps for a second, so that it is held open while they are at work."""
    log = short_project.home.catalog.with_name("catalog.sqlite-wal")

    def commit():
        with short_project.commit():
            write_property(short_project, "noted", "by a test")

    commit()
    assert not log.exists()
    with short_project.catalog_kept_open():
        commit()
        assert log.exists()
    commit()
    assert not log.exists()


def test_workers_hold_the_catalog_open_while_they_are_at_work(short_project):
    opened = []

    @contextlib.contextmanager
    def kept_open():
        opened.append("opened")
        yield
        opened.append("closed")

    short_project.catalog_kept_open = kept_open
    with Workers(short_project) as workers:
        assert opened == []
        for _ in range(2):
            workers.start("raw.games", lambda beside: TableOutcome("raw.games"))
            workers.wait()
        assert opened == ["opened"]
    assert opened == ["opened", "closed"]


def test_what_fails_in_one_ends_the_run_and_leaves_nothing_half_done(
    unbuilt, graph, built, contents
):
    table = graph.tables[ZONES]
    broken = replace(table, query=table.query.replace("SELECT", "SELECT error('no such zone'),", 1))
    with pytest.raises(TableDefinitionError, match="no such zone"):
        run(unbuilt, build_graph({**graph.tables, ZONES: broken}))
    held = contents(unbuilt)
    assert held
    assert not [name for name, _ in held if name == ZONES]
    with open_warehouse(Home(unbuilt)) as warehouse:
        assert warehouse.scalar("SELECT max(outcome) FROM lake.ledger.runs") == "failed"
    run(unbuilt, graph)
    assert contents(unbuilt) == built


@pytest.mark.parametrize(
    ("signals", "error", "outcome"),
    [
        ([signal.SIGTERM], StoppedError, "stopped"),
        ([signal.SIGTERM, signal.SIGINT], KeyboardInterrupt, "interrupted"),
    ],
    ids=["at the next commit point", "at once"],
)
def test_a_signal_ends_all_that_is_at_work(
    unbuilt, graph, built, contents, signals, error, outcome
):
    told = []

    def ask(table, chunk, result):
        told.append(table)
        if len(told) == 4:
            for number in signals:
                os.kill(os.getpid(), number)

    with heed_signals(), pytest.raises(error):
        run(unbuilt, graph, RunOptions(chunk_dates=60), ask)
    assert threading.active_count() == 1, threading.enumerate()
    assert 4 <= len(told) < 10
    with open_warehouse(Home(unbuilt)) as warehouse:
        assert warehouse.scalar("SELECT max(outcome) FROM lake.ledger.runs") == outcome
    run(unbuilt, graph)
    assert contents(unbuilt) == built


def test_a_process_that_is_killed_at_two_tables_resumes(unbuilt, boxout, built, contents):
    program = (
        "import sys, boxout.pipeline.run as run; from boxout.cli.main import main; "
        "run.MANY_DATES = 20; sys.argv = ['boxout', 'backfill', '--chunk-dates', '60', "
        f"*{sorted(FEW)!r}, '--home', {str(unbuilt)!r}]; main()"
    )
    for commits in (3, 9, 17):
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for _, line in zip(range(commits), process.stdout, strict=False):
                assert "Error" not in line, line
            process.kill()
        assert process.returncode == -signal.SIGKILL
        states = {state for state, *_ in contents(unbuilt).values()}
        assert states <= {"fresh", "empty", "bootstrap"}
    finished = boxout("backfill", *sorted(FEW), "--home", unbuilt)
    assert finished.returncode == 0, finished.stderr
    assert contents(unbuilt) == built
