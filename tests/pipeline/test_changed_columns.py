"""Columns of another type and rows that were there twice: nothing published is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boxout.pipeline.content_audit import audit_content
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import build_graph
from boxout.pipeline.plan import plan_tables
from boxout.pipeline.run import run_tables
from boxout.pipeline.waiver import Waiver

BOX = "raw.player_boxscores"
SUMMARY = "analytics.player_game_summary"
OFFENSE = "analytics.team_offense_game_summary"
DEFENSE = "analytics.team_defense_game_summary"


@pytest.fixture
def changed(graph):
    """The graph with one table's query changed."""

    def change(name, *replacements):
        query = graph.tables[name].query
        for old, new in replacements:
            assert query.count(old) == 1
            query = query.replace(old, new)
        return build_graph({**graph.tables, name: replace(graph.tables[name], query=query)})

    return change


def run(warehouse, graph, *names, **options):
    return run_tables(warehouse, graph, graph.select(names), RunOptions(**options))


def counts(warehouse, table, column):
    return warehouse.rows(f"SELECT count(*), count({column}) FROM lake.{table}")[0]


def test_a_wider_type_makes_the_readers_of_the_column_stale(short_project, changed):
    """Its values hash alike; a reader that kept the old type would lose the column one day."""
    wider = changed(BOX, ("  l.pf,  ", "  CAST(l.pf AS BIGINT) AS pf,  "))
    before = counts(short_project, SUMMARY, "pf")
    report = run(short_project, wider)
    by_table = {outcome.table: outcome for outcome in report.tables}
    assert by_table[SUMMARY].changed == by_table[BOX].changed > 0
    assert by_table["raw.team_boxscores"].computed > 0  # sums of them are wider, too
    assert "precompute.team_defense_zone_analysis" not in {
        name for name, outcome in by_table.items() if outcome.computed
    }
    assert short_project.columns(f"lake.{SUMMARY}")["pf"] == "BIGINT"
    assert counts(short_project, SUMMARY, "pf") == before
    assert not audit_content(short_project, wider.computed).damaged


def test_dates_that_lost_a_column_are_computed_again(short_project, graph):
    with short_project.commit():
        short_project.execute(
            "UPDATE lake.ledger.partitions SET content_hash = NULL WHERE table_name = $1 "
            "AND game_date = (SELECT max(game_date) FROM lake.ledger.partitions "
            "WHERE table_name = $1 AND row_count > 0)",
            [DEFENSE],
        )
    due = {plan.table: plan.due for plan in plan_tables(short_project, graph) if plan.due}
    assert due[DEFENSE] == 1
    run(short_project, graph)
    assert not any(plan.due for plan in plan_tables(short_project, graph))


def test_a_table_that_is_held_back_whole_keeps_its_columns(short_project, graph, changed):
    before = counts(short_project, OFFENSE, "ft_rate")
    spoiled = changed(
        OFFENSE,
        (
            "CAST(c.ft / NULLIF(c.fga, 0) AS DECIMAL(9, 6)) AS ft_rate,",
            "CAST(c.ft / NULLIF(c.fga, 0) AS DOUBLE) AS ft_rate,",
        ),
        ("c.pts > c.opponent_pts AS is_win,", "FALSE AS is_win,"),
    )
    report = run(short_project, spoiled, OFFENSE)
    [outcome] = report.tables
    assert outcome.failed == outcome.computed > 0
    assert counts(short_project, OFFENSE, "ft_rate") == before
    assert not run(short_project, graph).held_back
    assert counts(short_project, OFFENSE, "ft_rate") == before


@pytest.mark.parametrize("is_published_twice", [True, False])
def test_of_rows_that_are_there_twice_the_right_number_is_published(
    short_project, graph, changed, contents, is_published_twice
):
    query = graph.tables[DEFENSE].query
    start = query.rindex("\nFROM ")
    doubled = changed(DEFENSE, (query[start:], f"{query[start:]} CROSS JOIN range(2) AS twice"))
    waiver = Waiver("ann", "to see it", frozenset({"key_unique", "two_rows_a_finished_game"}))
    [(rows,)] = short_project.rows(f"SELECT count(*) FROM lake.{DEFENSE}")
    before = contents(short_project.home.path)
    run(short_project, doubled, DEFENSE, waiver=waiver)
    [(twice,)] = short_project.rows(f"SELECT count(*) FROM lake.{DEFENSE}")
    assert twice == 2 * rows
    assert not audit_content(short_project, doubled.computed).damaged
    if is_published_twice:
        assert not run(short_project, graph).held_back
        assert not audit_content(short_project, graph.computed).damaged
        assert contents(short_project.home.path) == before
