"""A table that has nothing to be planned is known again, and never when anything has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boxout.pipeline.graph import build_graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import partition_plans, plan_partitions, plan_tables
from boxout.pipeline.remembered import load
from boxout.pipeline.resting import FILE, is_resting
from boxout.pipeline.run import run_tables
from boxout.pipeline.seasons import find_changed_seasons

CACHE = "precompute.player_daily_cache"
SUMMARY = "analytics.player_game_summary"
ALIASES = "raw.player_aliases"


def read(project):
    forget_stale_partitions(project)
    read_partitions(project)


@pytest.fixture
def planned(project, graph):
    """The built project, planned once."""
    plan_tables(project, graph)
    read(project)
    return project


def test_its_plan_is_the_one_that_planning_gives(planned, graph):
    known = {}
    for table in graph.computed:
        assert is_resting(planned, table), table.name
        plan_partitions(planned, graph, table)
        assert find_changed_seasons(planned) is None
        known[table.name] = partition_plans(planned)
    (planned.home.scratch / FILE).unlink()
    for table in graph.computed:
        plan_partitions(planned, graph, table)
        names = set(known[table.name][0]) - {"season_hash"}
        full = [{name: row[name] for name in names} for row in partition_plans(planned)]
        assert [{name: row[name] for name in names} for row in known[table.name]] == full
        assert len(full) > 10


@pytest.mark.parametrize(
    ("change", "name", "rests"),
    [
        ("SET content_hash = content_hash + 1, read_hashes = NULL", SUMMARY, False),
        # of another column than those that this table reads
        ("SET content_hash = content_hash + 1", SUMMARY, True),
        ("SET state = 'blocked'", SUMMARY, False),
        ("SET row_count = 0, content_hash = 0, read_hashes = NULL", "precompute.slate", False),
        ("SET input_hash = 1", CACHE, False),
        ("SET judged_hash = 1", CACHE, False),
        ("SET state = 'failed'", CACHE, False),
        ("SET content_hash = content_hash + 1", "raw.shots", True),
    ],
)
def test_whatever_a_plan_is_made_of_is_part_of_it(planned, graph, change, name, rests):
    with planned.commit():
        planned.execute(
            f"UPDATE lake.ledger.partitions {change} WHERE table_name = '{name}' AND game_date = "
            f"(SELECT max(game_date) FROM lake.ledger.partitions WHERE table_name = '{name}' "
            "AND row_count > 0)"
        )
    read(planned)
    assert is_resting(planned, graph.tables[CACHE]) is rests


def test_a_date_more_on_the_schedule_is_part_of_it(planned, graph):
    with planned.commit():
        planned.execute(
            "INSERT INTO lake.ledger.partitions BY NAME SELECT 'raw.games' AS table_name, "
            "DATE '2026-06-30' AS game_date, '2025-26' AS season, 'fresh' AS state, "
            "1 AS row_count, 1 AS content_hash"
        )
    read(planned)
    assert not is_resting(planned, graph.tables[ALIASES])


def test_another_definition_is_part_of_it(planned, graph):
    table = graph.tables[CACHE]
    changed = replace(table, query=table.query.replace("minutes", "pts", 1))
    assert not is_resting(planned, build_graph({**graph.tables, CACHE: changed}).tables[CACHE])


def test_what_a_run_leaves_stale_is_no_rest_for_what_reads_it(planned, graph):
    planned.execute(f"INSERT INTO known_stale SELECT '{SUMMARY}', max(game_date) FROM known_dates")
    planned.ledger_version = None
    read_partitions(planned)
    assert not is_resting(planned, graph.tables[CACHE])


@pytest.mark.parametrize("content", ["", "[]", '{"precompute.player_daily_cache": 1}', "\x00"])
def test_a_damaged_file_is_planned_anew(planned, graph, content):
    path = planned.home.scratch / FILE
    path.write_text(content)
    table = graph.tables[CACHE]
    assert not is_resting(planned, table)
    plan_partitions(planned, graph, table)
    assert is_resting(planned, table)


def test_a_table_with_something_due_is_not_kept(project, graph):
    table = graph.tables[CACHE]
    with project.commit():
        project.execute(
            f"DELETE FROM lake.ledger.partitions WHERE table_name = '{CACHE}' AND game_date = "
            f"(SELECT max(game_date) FROM lake.ledger.partitions WHERE table_name = '{CACHE}')"
        )
    (project.home.scratch / FILE).unlink(missing_ok=True)
    read(project)
    plan_partitions(project, graph, table)
    assert not is_resting(project, table)
    assert sum(row["is_due"] for row in partition_plans(project)) == 1


def test_a_run_knows_what_it_leaves_at_rest_as_planning_would(project, graph):
    with project.commit():
        for name in (ALIASES, CACHE):
            project.execute(
                "DELETE FROM lake.ledger.partitions WHERE table_name = $1 AND game_date > "
                "(SELECT max(game_date) - 9 FROM lake.ledger.partitions)",
                [name],
            )
    path = project.home.scratch / FILE
    path.unlink(missing_ok=True)
    report = run_tables(project, graph, graph.computed)
    assert {t.table for t in report.tables if t.computed} == {ALIASES, CACHE}
    after_run = load(path)
    path.unlink()
    plan_tables(project, graph)
    assert after_run == load(path)
    assert after_run.keys() == {table.name for table in graph.computed}
