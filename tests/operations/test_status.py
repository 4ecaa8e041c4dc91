"""The picture at a glance."""

from __future__ import annotations

import json
import signal

from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.pipeline.status import read_status

SEASONS = {"2021-22", "2022-23", "2023-24", "2024-25", "2025-26"}


def test_tables_are_counted_by_season_and_state(project, graph):
    status = read_status(project, graph)
    store = next(t for t in status.tables if t.table == "precompute.ml_feature_store")
    assert set(store.seasons) == SEASONS
    assert sum(sum(states.values()) for states in store.seasons.values()) == sum(
        store.states.values()
    )
    ready, total = store.ready("2023-24")
    assert ready == total == 30
    assert status.not_carried_on == 0
    usage = [c for c in status.coverage if c["check_name"] == "usage_rate_populated"]
    assert {c["season"] for c in usage} == SEASONS
    assert all(c["passed"] and c["at_least"] == 0.95 and c["good"] > 0 for c in usage)


def test_what_was_ingested_and_not_carried_on_is_counted(project, graph, league_files, rewrite):
    path = league_files / "bref" / "player_boxscores_2023-24.parquet"
    day = project.scalar("SELECT max(game_date) FROM lake.raw.games WHERE season = '2023-24'")
    rewrite(
        path,
        f"SELECT * REPLACE (CASE WHEN game_date = DATE '{day}' THEN ast + 1 ELSE ast END AS ast) "
        "FROM file",
    )
    ingest_files(project, graph, [path])
    assert read_status(project, graph).not_carried_on == 1
    run_tables(project, graph, graph.computed, RunOptions())
    assert read_status(project, graph).not_carried_on == 0


def test_a_correction_that_is_put_back_before_a_run_leaves_nothing_to_carry_on(
    short_project, graph, short_league, short_files, rewrite
):
    good = short_league / "bref" / "player_boxscores_2023-24.parquet"
    path = short_files / "bref" / good.name
    rewrite(path, "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    ingest_files(short_project, graph, [path], known_as={path: str(good)})
    assert read_status(short_project, graph).not_carried_on > 0
    ingest_files(short_project, graph, [good])
    assert read_status(short_project, graph).not_carried_on == 0
    run_tables(short_project, graph, graph.computed, RunOptions())
    assert read_status(short_project, graph).not_carried_on == 0


def test_a_run_at_work_is_in_the_picture(backfill, hold_still, ingested, boxout):
    process = backfill(ingested)
    hold_still(process, ingested)
    try:
        status = json.loads(boxout("status", "--json", "--home", ingested).stdout)
        (run,) = status["active"]
        assert run["pid"] == process.pid
        assert run["eta_seconds"] > 0
        assert status["watcher"] is None
        text = boxout("status", "--home", ingested).stdout
        assert "at work" in text
        assert run["run_id"] in text
    finally:
        process.send_signal(signal.SIGCONT)
