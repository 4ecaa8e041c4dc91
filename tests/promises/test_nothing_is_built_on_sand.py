"""While a run works on a table, another process changes what is above it."""

from __future__ import annotations

import pytest
from changing_project import ChangingProject, open_quietly

from boxout.pipeline import table_run
from boxout.pipeline.due import Due
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables

WATCHED = "precompute.outlook"


@pytest.fixture
def project(tmp_path):
    """A project with one block of dates brought in and nothing built."""
    changing = ChangingProject(tmp_path / "project", "tiny", 3)
    changing.bring(1)
    yield changing
    changing.close()


def states(project, table):
    return {
        row[0]
        for row in project.warehouse.rows(
            "SELECT DISTINCT state FROM lake.ledger.partitions "
            "WHERE table_name = $1 AND season = '2023-24'",
            [table],
        )
    }


def interruption(project):
    """The one interruption on record: its table, number of dates and reason."""
    (row,) = project.warehouse.rows(
        "SELECT table_name, dates, reason FROM lake.ledger.interruptions"
    )
    return row


def meanwhile(project, monkeypatch, act):
    """Let another connection act once, when the watched table is computed and not committed.

    Tables are committed one by one: while several are about to be, nobody else can commit.
    """
    monkeypatch.setattr(Due, "is_small", False)
    compute, acted = table_run.stage_table, []

    def stage(warehouse, table, chunk, players):
        compute(warehouse, table, chunk, players)
        if table.name == WATCHED and not acted:
            acted.append(True)
            with open_quietly(project.home) as other:
                act(other)

    monkeypatch.setattr(table_run, "stage_table", stage)
    report = run_tables(project.warehouse, project.graph, project.graph.computed)
    assert acted
    return {outcome.table: outcome for outcome in report.tables}


def test_a_source_corrected_far_above_is_not_built_past(project, monkeypatch):
    def correct(other):
        project.correct(6, 0, 0, 1)
        path = project.files(1)[0]
        ingest_files(other, project.graph, [path])
        project.ingested[path.name] = path.read_bytes()

    outcomes = meanwhile(project, monkeypatch, correct)
    # the corrected lines are not in raw.lines yet: what reads them waits for the next run
    assert outcomes[WATCHED].blocked
    assert "blocked" in states(project, WATCHED)
    table, dates, reason = interruption(project)
    assert table == WATCHED
    assert dates > 0
    assert reason.startswith("landing.bref_player_boxscores on 2023-11-01 changed under it")
    assert project.check() > 0


@pytest.mark.parametrize("is_spoiled", [False, True])
def test_an_input_rebuilt_under_a_run_is_read_anew(project, monkeypatch, is_spoiled):
    def correct_and_build(other):
        project.correct(6, 0, 1, 95 if is_spoiled else 1)  # no one has over 90 assists
        project.correct(6, 0, 3, 95 if is_spoiled else 1)
        path = project.files(1)[0]
        ingest_files(other, project.graph, [path])
        project.ingested[path.name] = path.read_bytes()
        others = [table for table in project.graph.computed if table.name != WATCHED]
        run_tables(other, project.graph, others)

    outcomes = meanwhile(project, monkeypatch, correct_and_build)
    assert bool(outcomes[WATCHED].blocked) == is_spoiled
    table, _, reason = interruption(project)
    assert table == WATCHED
    if is_spoiled:
        assert "raw.lines on 2023-11-01" in reason
        assert "it is failed now: " in reason
    assert project.check() > 0
