"""One yes or no with its count, and the document that one watch hands to the next."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from boxout.errors import UsageError
from boxout.learning.slate import coming_date, publish_readiness
from boxout.orchestration.handoff import write_handoff
from boxout.orchestration.handoff_text import handoff_document
from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import SIMULATED, write_property
from boxout.pipeline.life_signs import now
from boxout.pipeline.run import run_tables

SUMMARY = "analytics.player_game_summary"
LOGS = "team_gamelogs_2023-24.parquet"


def test_ready_says_yes_with_every_gates_count_and_range(boxout, trained):
    result = boxout("ready", "--json", "--home", trained)
    assert result.returncode == 0, result.stdout
    answer = json.loads(result.stdout)
    assert answer["ready"]
    assert answer["is_simulated"]
    for question in ("train", "publish"):
        assert answer[question]["is_ready"]
        for gate in answer[question]["answers"]:
            assert gate["numerator"] == gate["denominator"] > 0
            assert gate["first_date"] <= gate["last_date"]
    assert "may I publish tonight? yes" in boxout("ready", "publish", "--home", trained).stdout


def test_ready_says_no_where_there_is_no_model(boxout, small_home):
    result = boxout("ready", "publish", "--home", small_home)
    assert result.returncode == 3
    assert "may I publish tonight? NO: model_there" in result.stdout
    assert boxout("ready", "train", "--home", small_home).returncode == 0


def test_a_correction_closes_the_gate_until_it_is_carried_on_and_predicted(
    trained, tmp_path, boxout, league_files, rewrite, graph
):
    from boxout.learning.predict import predict
    from boxout.warehouse.home import Home
    from boxout.warehouse.opening import open_warehouse

    home = shutil.copytree(trained, tmp_path / "corrected")
    with open_warehouse(Home(home)) as warehouse:
        day = coming_date(warehouse)
        path = league_files / "bref" / "player_boxscores_2025-26.parquet"
        rewrite(path, "SELECT * REPLACE (ast + 1 AS ast) FROM file")
        ingest_files(warehouse, graph, [path])
        gates = {a.gate: a for a in publish_readiness(warehouse, graph).answers}
        assert not gates["features_ready"].is_open  # they are stale now
        run_tables(warehouse, graph, graph.computed, RunOptions())
        answer = publish_readiness(warehouse, graph)
        gates = {a.gate: a for a in answer.answers}
        assert gates["features_ready"].is_open
        assert (gates["players_predicted"].numerator, answer.is_ready) == (0, False)
        predict(warehouse, day)
        assert publish_readiness(warehouse, graph).is_ready


def test_a_slate_that_is_over_is_no_answer_for_tonight(project, graph):
    """Without this an answer in summer would be yes for the last slate of spring."""
    day = coming_date(project)

    def gate(**asked):
        answer = publish_readiness(project, graph, **asked)
        return {a.gate: a for a in answer.answers}.get("slate_to_come")

    last = project.scalar("SELECT max(game_date) FROM lake.raw.games WHERE status = 'scheduled'")
    after = last + timedelta(days=1)
    assert gate(today=after) is None  # a simulated league has a calendar of its own
    with project.commit():
        write_property(project, SIMULATED, "false")
    assert gate(today=day).is_open
    assert not gate(today=after).is_open
    assert f"a slate on {after} or later" in gate(today=after).reason
    assert gate(day=day, today=after) is None  # it was asked for


@pytest.fixture
def spoiled(project, graph, league_files, rewrite):
    """A project whose team logs swap home and away on a date, and the path of the good ones."""
    path = league_files / "nba" / LOGS
    good = shutil.copyfile(path, path.with_suffix(".good"))
    rewrite(
        path,
        "SELECT * REPLACE (CASE WHEN GAME_DATE < (SELECT max(GAME_DATE) FROM file) THEN MATCHUP "
        "WHEN contains(MATCHUP, '@') THEN replace(MATCHUP, '@', 'vs.') "
        "ELSE replace(MATCHUP, 'vs.', '@') END AS MATCHUP) FROM file",
    )
    ingest_files(project, graph, [path])
    run_tables(project, graph, graph.computed, RunOptions(), command="backfill")
    return path, good


def test_a_handoff_says_what_is_blocked_why_and_what_to_decide(spoiled, project, graph):
    handoff = write_handoff(project, graph)
    assert [asked for asked, yes, _ in handoff.ready if not yes]
    held = {(h.table, h.state) for h in handoff.held}
    assert ("raw.games", "failed") in held
    assert (SUMMARY, "blocked") in held
    assert any("waits for raw.games" in h.reason for h in handoff.held)
    assert any("raw.games" in d and "Mend the source" in d for d in handoff.decisions)
    assert any(f.table == SUMMARY and not f.is_met for f in handoff.figures)
    assert any(e.kind == "ingest" and LOGS in e.text for e in handoff.events)
    assert any(e.kind == "run ended" and "held back" in e.text for e in handoff.events)
    assert "there is no watcher" in handoff.starts[0]
    text = handoff_document(handoff).as_markdown()
    for heading in ("What happened", "What is at work", "What is blocked", "What will start",
                    "What a person must decide", "Expected figures"):  # fmt: skip
        assert f"## {heading}" in text
    page = handoff_document(handoff).as_html()
    assert "<h2>What is blocked, and why</h2>" in page
    assert page.count("<table>") == page.count("</table>") > 1


def test_the_handoff_of_a_past_moment_is_what_it_was_then(spoiled, project, graph):
    path, good = spoiled
    moment = now()
    then = write_handoff(project, graph)
    shutil.copyfile(good, path)
    ingest_files(project, graph, [path])
    run_tables(project, graph, graph.computed, RunOptions())
    mended = write_handoff(project, graph)
    assert mended.held == ()
    # the first file, the bad one, and the good one that has taken its place in the ledger
    assert len([e for e in mended.events if e.kind == "ingest" and LOGS in e.text]) == 3
    past = write_handoff(project, graph, moment)
    assert past.is_past
    assert past.held == then.held
    assert past.figures == then.figures
    assert past.decisions == then.decisions
    assert [e.text for e in past.events] == [e.text for e in then.events]
    with pytest.raises(UsageError, match="no data version of 2001"):
        write_handoff(project, graph, moment.replace(year=2001))


def test_tables_that_are_not_built_at_all_are_figures_that_are_not_met(project, graph):
    built = write_handoff(project, graph).figures
    assert all(figure.is_met for figure in built)
    with project.commit():
        project.execute("DELETE FROM lake.ledger.partitions WHERE table_name = $1", [SUMMARY])
    missing = [figure for figure in write_handoff(project, graph).figures if not figure.is_met]
    seasons = [figure.season for figure in built if (figure.table, figure.what) == (
        SUMMARY, "dates ready")]  # fmt: skip
    assert [(figure.table, figure.season) for figure in missing] == [
        (SUMMARY, season) for season in seasons
    ]
    assert all(f"0 of {figure.expected}, 0 rows" == figure.present for figure in missing)


def test_a_handoff_tells_of_games_without_a_result(project, graph):
    assert not any("without a result" in d for d in write_handoff(project, graph).decisions)
    (project.home.path / "boxout.toml").write_text("late_after = 'whenever'")
    with project.commit():
        write_property(project, SIMULATED, "false")
    late = [d for d in write_handoff(project, graph).decisions if "without a result" in d]
    days = project.rows("SELECT DISTINCT game_date FROM lake.raw.games WHERE status = 'scheduled'")
    assert {str(day) for (day,) in days} == {text.split(" of ")[1].split(" ")[0] for text in late}


def test_the_command_writes_a_page(boxout, small_home, tmp_path):
    page = tmp_path / "handoff.html"
    result = boxout("handoff", "--format", "html", "--output", page, "--home", small_home)
    assert result.returncode == 0, result.stderr
    assert page.read_text().startswith("<!doctype html>")
    wrong = boxout("handoff", "--at", "yesterday", "--home", small_home)
    assert wrong.returncode == 2
    assert "is not a moment" in wrong.stderr
