"""What is stored is what was published, or the audit says where it is not."""

from __future__ import annotations

import json
import shutil

import pytest

from boxout.pipeline.content_audit import audit_content
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

STORE = "precompute.ml_feature_store"
CHANGES = {
    "a value": ("UPDATE lake.{0} SET days_rest = 99 WHERE {1}", 0),
    "a row lost": ("DELETE FROM lake.{0} WHERE {1}", -1),
    "a row twice": ("INSERT INTO lake.{0} SELECT * FROM lake.{0} WHERE {1}", 1),
}


@pytest.fixture
def project(small_home, tmp_path):
    with open_warehouse(Home(shutil.copytree(small_home, tmp_path / "home"))) as warehouse:
        yield warehouse


def test_every_partition_of_every_table_is_compared(project, graph):
    audit = audit_content(project, list(graph.tables.values()))
    assert audit.passed, audit.damaged
    recorded = project.scalar("SELECT count(*) FROM lake.ledger.partitions")
    assert audit.partitions == recorded > 1_000
    assert audit.rows == sum(
        project.scalar(f"SELECT count(*) FROM lake.{name}")
        for name in graph.tables
        if project.has_table(name)
    )


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_past_the_engine_is_found_where_it_is(project, graph, change):
    statement, rows = CHANGES[change]
    day, game, player = project.rows(
        f"SELECT game_date, game_id, player_id FROM lake.{STORE} ORDER BY game_date DESC LIMIT 1"
    )[0]
    with project.commit():
        project.execute(statement.format(STORE, f"game_id = '{game}' AND player_id = {player}"))
    audit = audit_content(project, [graph.tables[STORE]])
    assert [(d.table, d.game_date) for d in audit.damaged] == [(STORE, day)]
    assert audit.damaged[0].rows_stored - audit.damaged[0].rows_published == rows
    assert audit_content(project, [graph.tables["raw.games"]]).passed


def test_the_command_says_which_and_what_next(project, boxout):
    home = project.home.path
    with project.commit():
        shots = "lake.landing.nba_shots"
        first = f"(SELECT min(nba_game_id) FROM {shots})"
        project.execute(f"DELETE FROM {shots} WHERE nba_game_id = {first}")
    project.close()
    found = boxout("audit", "content", "landing.nba_shots", "--home", home)
    assert found.returncode == 3
    assert "NOT AS PUBLISHED, 1 partitions" in found.stdout
    assert "backup" in found.stdout
    as_json = boxout("audit", "content", "landing.nba_shots", "--json", "--home", home)
    [damaged] = json.loads(as_json.stdout)["audit"]["damaged"]
    assert damaged["rows_stored"] < damaged["rows_published"]
    assert boxout("audit", "content", "raw.games", "--home", home).returncode == 0
