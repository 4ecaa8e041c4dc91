"""A check that is loosened is never silent: it shows until it is back, with who and why."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from boxout.learning.gates import readiness
from boxout.pipeline import authors
from boxout.pipeline.goalposts import accept_goalpost, note_goalposts, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.preparation import prepare
from boxout.pipeline.validate import validate_tables
from boxout.sources.seasons import FIRST_DATE, LAST_DATE

TABLE, CHECK = "analytics.player_game_summary", "usage_rate_populated"


def with_table(graph, **changes):
    return Graph(graph.tables | {TABLE: replace(graph.tables[TABLE], **changes)})


def with_check(graph, **changes):
    checks = graph.tables[TABLE].checks
    return with_table(
        graph,
        checks=tuple(replace(c, **changes) if c.name == CHECK else c for c in checks),
    )


@pytest.fixture
def opened(empty, graph):
    """A new project that has seen the contracts as they are."""
    prepare(empty, graph)
    return empty


def moved(warehouse, graph):
    note_goalposts(warehouse, graph)
    return [(g.check, g.change, g.old, g.new) for g in read_goalposts(warehouse)]


def test_contracts_as_they_are_have_not_moved(opened, graph):
    assert moved(opened, graph) == []


@pytest.mark.parametrize(
    ("change", "new"),
    [
        ({"at_least": 0.45}, "45%, block"),
        ({"severity": "warn"}, "95%, warn"),
    ],
)
def test_a_lower_threshold_and_a_milder_severity_show(opened, graph, change, new):
    loosened = with_check(graph, **change)
    assert moved(opened, loosened) == [(CHECK, "loosened", "95%, block", new)]
    assert moved(opened, loosened) == [(CHECK, "loosened", "95%, block", new)]  # once
    assert moved(opened, graph) == []  # and it is gone when the check is back


def test_it_is_measured_from_where_it_was_strictest(opened, graph):
    assert moved(opened, with_check(graph, at_least=0.99)) == []
    assert moved(opened, graph) == [(CHECK, "loosened", "99%, block", "95%, block")]
    [first] = read_goalposts(opened)
    assert moved(opened, with_check(graph, at_least=0.5)) == [
        (CHECK, "loosened", "99%, block", "50%, block")
    ]
    [second] = read_goalposts(opened)
    assert second.goalpost_id != first.goalpost_id


def test_a_check_that_is_removed_or_rewritten_shows(opened, graph):
    checks = tuple(c for c in graph.tables[TABLE].checks if c.name != CHECK)
    assert moved(opened, with_table(graph, checks=checks)) == [
        (CHECK, "removed", "95%, block", "gone")
    ]
    assert moved(opened, with_check(graph, expression="true")) == [
        (CHECK, "rewritten", "95%, block", "95%, block")
    ]


def test_a_column_that_need_not_vary_any_more_and_a_longer_opening_show(opened, graph):
    exempt = graph.tables[TABLE].may_be_constant | {"stl"}
    [(check, change, _, new)] = moved(opened, with_table(graph, may_be_constant=exempt))
    assert (check, change) == ("columns_vary", "loosened")
    assert "stl may be constant" in new
    [(check, change, _, new)] = moved(opened, with_table(graph, bootstrap_days=30))
    assert (check, change, new) == ("bootstrap_days", "loosened", "30 days left out")


def test_accepting_one_puts_a_name_to_it_and_leaves_it_on_show(opened, graph):
    moved(opened, with_check(graph, at_least=0.45))
    [goalpost] = read_goalposts(opened)
    accept_goalpost(opened, goalpost.goalpost_id, "ann", "the league dropped it")
    [goalpost] = read_goalposts(opened)
    assert (goalpost.accepted_by, goalpost.accepted_why) == ("ann", "the league dropped it")
    assert "accepted by ann" in str(goalpost)


SAID = f"{TABLE}: {CHECK} loosened: 99%, block -> 95%, block"


@pytest.fixture
def loosened(project, graph):
    """The home of a project that was stricter, before anybody has looked at it."""
    with project:
        note_goalposts(project, with_check(graph, at_least=0.99))
    return project.home.path


@pytest.mark.parametrize("command", [["ready"], ["status"], ["validate", TABLE], ["handoff"]])
def test_each_report_compares_the_contracts_itself(loosened, boxout, command):
    """None has to wait for a run."""
    assert SAID in boxout(*command, "--home", loosened).stdout


def test_it_stays_in_the_reports_when_it_is_accepted(loosened, boxout):
    decisions, listed = boxout("handoff", "--home", loosened).stdout.split("## Checks that are")
    assert "put it back" in decisions
    assert SAID in listed
    accepted = boxout("goalposts", "--accept", "g0001", "--reason", "agreed", "--home", loosened)
    assert SAID in accepted.stdout
    decisions, listed = boxout("handoff", "--home", loosened).stdout.split("## Checks that are")
    assert "put it back" not in decisions
    assert SAID in listed
    assert "agreed" in listed
    assert CHECK not in boxout("validate", "raw.games", "--home", loosened).stdout


def test_it_shows_before_any_game_is_finished_and_of_a_table_that_is_gone(opened, graph):
    note_goalposts(opened, with_check(graph, at_least=0.99))
    moved(opened, graph)
    assert readiness(opened, graph=graph).goalposts == read_goalposts(opened) != ()
    nobody_reads = "precompute.ml_feature_store"
    without = Graph({n: t for n, t in graph.tables.items() if n != nobody_reads})
    note_goalposts(opened, without)
    games = without.tables["raw.games"]
    shown = validate_tables(opened, without, [games], FIRST_DATE, LAST_DATE).goalposts
    assert {(g.table, g.change) for g in shown} == {(nobody_reads, "removed")}


def test_the_author_is_whoever_changed_the_file(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True, capture_output=True)

    monkeypatch.setattr(authors, "FOLDER", tmp_path)
    file = tmp_path / "raw" / "games.sql"
    file.parent.mkdir()
    file.write_text("SELECT 1")
    monkeypatch.setattr(authors.getpass, "getuser", lambda: "operator")
    assert authors.last_author("raw.games") == authors.Author("operator", "")
    git("init")
    git("config", "user.name", "Ann")
    git("config", "user.email", "ann@example.org")
    git("add", ".")
    git("commit", "-m", "Lower the gate")
    assert authors.last_author("raw.games") == authors.Author("Ann", "Lower the gate")
    git("config", "user.name", "Bob")
    file.write_text("SELECT 2")
    assert authors.last_author("raw.games") == authors.Author("Bob", "not committed yet")
