"""Features stay what they are when everything that came after tip-off is taken away."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from boxout.learning.states import FEATURE_STORE
from boxout.pipeline.graph import build_graph
from boxout.pipeline.leakage import audit_leakage, sample_dates
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

CACHE, SLATE = "precompute.player_daily_cache", "precompute.slate"
SUMMARY = "analytics.player_game_summary"


@pytest.fixture(scope="module")
def built(small_home):
    with open_warehouse(Home(small_home)) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def day(built):
    """A date late in the season that has lines before and after tip-off."""
    return built.scalar(
        "SELECT max(game_date) FROM (SELECT p.game_date FROM lake.raw.prop_lines AS p "
        "JOIN lake.raw.games AS g USING (game_id) "
        "WHERE g.status = 'final' AND p.is_live IS NOT NULL "
        "GROUP BY 1 HAVING bool_or(p.is_live) AND bool_or(NOT p.is_live))"
    )


def spoiled(graph, name, old, new, windows=None):
    table = graph.tables[name]
    assert old in table.query
    changed = replace(
        table, query=table.query.replace(old, new), windows={**table.windows, **(windows or {})}
    )
    return build_graph({**graph.tables, name: changed})


def leaking(built, graph, day):
    return audit_leakage(built, graph, graph.tables[FEATURE_STORE], [day])


def test_no_column_of_the_feature_store_knows_what_came_later(built, graph, day):
    table = graph.tables[FEATURE_STORE]
    audit = audit_leakage(built, graph, table, [*sample_dates(built, table, 1, 7)[:2], day])
    assert audit.passed, audit.leaks
    assert {c.column for c in audit.columns} == set(table.column_comments)
    assert all(c.compared == audit.rows for c in audit.columns)
    hidden = {name for name, count in audit.hidden.items() if count}
    assert hidden >= {"raw.games", "raw.player_boxscores", "raw.prop_lines", "raw.shots"}


def test_a_window_that_includes_the_day_itself_is_caught(built, graph, day):
    leaky = spoiled(
        graph,
        CACHE,
        "ORDER BY day_number NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
        "ORDER BY day_number NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        {SUMMARY: ("same_day", "season_to_date")},
    )
    found = {column.column for column in leaking(built, leaky, day).leaks}
    assert {"avg_points_season", "games_played_season"} <= found


def test_lines_seen_after_tipoff_are_caught(built, graph, day):
    audit = leaking(built, spoiled(graph, FEATURE_STORE, "WHERE NOT is_live", "WHERE true"), day)
    assert "prop_line_captured_at" in {column.column for column in audit.leaks}


def test_who_came_to_play_is_caught_where_minutes_choose_the_rows(built, graph, day):
    played = "WHERE NOT s.is_upcoming AND b.minutes > 0"
    audit = leaking(built, spoiled(graph, SLATE, "WHERE NOT s.is_upcoming", played), day)
    assert audit.gained
    assert not audit.passed


def test_a_starter_told_by_the_minutes_he_played_is_caught(built, graph, day):
    played = "CASE WHEN b.minutes > 24 THEN 1 WHEN NOT b.minutes > 24"
    audit = leaking(
        built,
        spoiled(graph, SLATE, "CASE WHEN b.is_starter THEN 1 WHEN NOT b.is_starter", played),
        day,
    )
    assert "is_starting" in {column.column for column in audit.leaks}


def test_a_lineup_announced_after_tipoff_is_caught(small_home, tmp_path, graph, day):
    home = shutil.copytree(small_home, tmp_path / "home")
    with open_warehouse(Home(home)) as warehouse:
        with warehouse.commit():
            warehouse.execute(
                "INSERT INTO lake.raw.lineups SELECT b.season, b.game_date, b.player_id, b.team, "
                "g.tipoff_at + INTERVAL 1 MINUTE FROM lake.raw.player_boxscores AS b "
                "JOIN lake.raw.games AS g USING (game_id) WHERE b.game_date = $1 AND b.is_starter",
                [day],
            )
        early = "CASE WHEN NOT s.is_upcoming THEN p.started = 1"
        late = "l.announced_at < s.known_until"
        announced = spoiled(graph, SLATE, early, "CASE WHEN false THEN p.started = 1")
        assert leaking(warehouse, announced, day).passed
        table = announced.tables[SLATE]
        assert late in table.query
        too_late = replace(table, query=table.query.replace(late, "true"))
        found = leaking(warehouse, build_graph({**announced.tables, SLATE: too_late}), day)
        assert "is_starting" in {column.column for column in found.leaks}
