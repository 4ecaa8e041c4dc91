"""What a run would do, and why a partition is in its state."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from boxout.errors import UsageError
from boxout.pipeline.due import RunOptions
from boxout.pipeline.explain import explain_partition
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.plan import plan_tables
from boxout.pipeline.run import run_tables
from boxout.pipeline.validate import validate_tables
from boxout.sources.seasons import FIRST_DATE

SEASON = "2023-24"
SUMMARY = "analytics.player_game_summary"
CACHE = "precompute.player_daily_cache"


def plans(warehouse, graph):
    return {plan.table: plan for plan in plan_tables(warehouse, graph)}


@pytest.fixture
def corrected(project, graph, league_files, rewrite):
    """The built project with a correction ingested and not yet carried on; the date of it."""
    day = project.scalar(
        f"SELECT quantile_disc(game_date, 0.5) FROM lake.raw.games WHERE season = '{SEASON}'"
    )
    path = league_files / "bref" / f"player_boxscores_{SEASON}.parquet"
    rewrite(
        path,
        f"SELECT * REPLACE (CASE WHEN game_date = DATE '{day}' THEN ast + 1 ELSE ast END AS ast) "
        "FROM file",
    )
    ingest_files(project, graph, [path])
    return day


def test_a_plan_of_a_range_has_due_what_a_run_of_it_would_compute(project, graph, corrected):
    def due(*within, forced=()):
        plans = plan_tables(project, graph, within=within, forced=forced)
        return {plan.table: plan.due for plan in plans if plan.due}

    before = corrected - timedelta(days=1)
    assert due(FIRST_DATE, before) == {}
    alone = due(corrected, corrected)
    assert alone[SUMMARY] == 1
    assert max(alone.values()) == 1
    assert set(due(before, before, forced={SUMMARY})) == {SUMMARY}
    options = RunOptions(start=corrected, end=corrected)
    report = run_tables(project, graph, graph.computed, options)
    computed = {outcome.table: outcome.computed for outcome in report.tables if outcome.computed}
    assert computed.items() <= alone.items()


def test_what_is_stale_far_above_is_not_ready(project, graph, corrected):
    store = [graph.tables["precompute.ml_feature_store"]]
    before = validate_tables(project, graph, store, FIRST_DATE, corrected - timedelta(days=1))
    assert before.passed
    after = validate_tables(project, graph, store, corrected, date(2024, 8, 1))
    assert not after.failures
    assert not after.passed
    assert any(presence.ready < presence.total for presence in after.presence)


def test_where_nothing_is_expected_nothing_is_ready(project, graph):
    assert not validate_tables(
        project, graph, graph.computed, date(2090, 1, 1), date(2090, 2, 1)
    ).passed


def test_a_built_project_has_nothing_due(project, graph):
    for plan in plans(project, graph).values():
        assert plan.due == 0
        assert set(plan.counts) <= {"fresh", "empty", "bootstrap"}


def test_planning_changes_nothing(project, graph, corrected):
    version = project.version()
    plans(project, graph)
    assert project.version() == version


def test_a_plan_names_what_a_correction_makes_stale(project, graph, corrected):
    planned = {name: plan.due for name, plan in plans(project, graph).items() if plan.due}
    report = run_tables(project, graph, graph.computed, RunOptions())
    done = {outcome.table: outcome.computed for outcome in report.tables if outcome.computed}
    assert done["raw.player_boxscores"] == 1
    # the plan is the most that can be: early cutoff leaves the rest alone
    assert set(done) <= set(planned)
    assert all(done[table] <= planned[table] for table in done)


def test_an_explanation_goes_down_to_the_date_that_changed(project, graph, corrected):
    run_tables(project, graph, graph.select(["analytics.player_game_summary"]), RunOptions())
    tables = [t for t in graph.computed if t.phase <= 3]
    run_tables(project, graph, tables, RunOptions())
    day = project.scalar(
        "SELECT min(game_date) FROM lake.raw.games WHERE game_date > $1", [corrected]
    )
    explanation = explain_partition(project, graph, graph.tables[CACHE], day)
    assert explanation.state == "stale"
    changed = {read.table: read.changed for read in explanation.inputs}
    assert changed["analytics.player_game_summary"] == (corrected,)


def test_expected_partitions_come_from_the_schedule(project, graph):
    scheduled = project.scalar("SELECT count(DISTINCT game_date) FROM lake.raw.games")
    assert sum(plans(project, graph)["analytics.player_game_summary"].counts.values()) == scheduled
    day = project.scalar("SELECT min(game_date) FROM lake.raw.games WHERE status = 'scheduled'")
    played = explain_partition(project, graph, graph.tables["analytics.player_game_summary"], day)
    assert played.state == "empty"  # no game of the date has been played
    upcoming = explain_partition(project, graph, graph.tables["precompute.ml_feature_store"], day)
    assert upcoming.state == "fresh"
    assert upcoming.rows > 0


def test_a_seasons_first_days_are_there_as_bootstrap(project, graph):
    opening = project.scalar(f"SELECT min(game_date) FROM lake.raw.games WHERE season = '{SEASON}'")
    first = explain_partition(project, graph, graph.tables[CACHE], opening)
    assert first.state == "bootstrap"
    assert first.rows > 0
    known = project.rows(
        f"SELECT count(*), count(avg_points_season), sum(games_in_window) FROM lake.{CACHE} "
        "WHERE game_date = $1",
        [opening],
    )[0]
    assert known == (first.rows, 0, 0)
    later = project.scalar(
        f"SELECT min(game_date) FROM lake.raw.games WHERE season = '{SEASON}' "
        "AND game_date >= $1::DATE + 14",
        [opening],
    )
    assert explain_partition(project, graph, graph.tables[CACHE], later).state == "fresh"


def test_a_date_without_games_is_no_partition(project, graph):
    with pytest.raises(UsageError, match="no partition on 2020-01-01"):
        explain_partition(project, graph, graph.tables[CACHE], date(2020, 1, 1))


def test_an_explanation_names_the_file_the_run_and_the_rows(project, graph, corrected):
    tables = [graph.tables["raw.player_boxscores"]]
    report = run_tables(project, graph, tables, RunOptions(), command="backfill")
    explanation = explain_partition(project, graph, graph.tables[SUMMARY], corrected)
    assert explanation.state == "stale"
    raw, landed = (
        next(c for c in explanation.changes if c.table == name)
        for name in ("raw.player_boxscores", "landing.bref_player_boxscores")
    )
    assert raw.by == f"run {report.run_id} (boxout backfill)"
    assert landed.by.endswith(f"of player_boxscores_{SEASON}.parquet")
    assert raw.game_date == landed.game_date == corrected
    assert raw.changed_at > explanation.built_at
    assert raw.difference.columns == {"ast": raw.difference.changed}
    assert raw.difference.added == raw.difference.removed == 0
    before, now = raw.difference.sample[0].columns["ast"]
    assert now == before + 1


def test_an_explanation_goes_down_to_one_players_rows(project, graph, corrected):
    player, name = project.rows(
        "SELECT player_id, full_name FROM lake.raw.player_boxscores JOIN lake.raw.players "
        "USING (player_id) WHERE lake.raw.player_boxscores.game_date = $1 AND minutes > 0 "
        "ORDER BY 1 LIMIT 1",
        [corrected],
    )[0]
    run_tables(project, graph, graph.computed, RunOptions())
    by_id, by_name = (
        explain_partition(project, graph, graph.tables[SUMMARY], corrected, asked)
        for asked in (str(player), name.upper())
    )
    assert by_id == by_name
    assert by_id.player == name
    assert by_id.state == "fresh"
    # what it was before the last change, from the lake's earlier version
    (row,) = by_id.own_change.difference.sample
    assert row.key["player_id"] == player
    before, now = row.columns["ast"]
    assert now == before + 1
    with pytest.raises(UsageError, match="No player is 'nobody at all'"):
        explain_partition(project, graph, graph.tables[SUMMARY], corrected, "nobody at all")
