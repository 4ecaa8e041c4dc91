"""The benchmarks' own promises: fair queries, a judge that catches what is wrong, sound ratios."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.chart import draw_chart
from benchmarks.compared import (
    CHANGED_TABLE,
    changed_query,
    compared_tables,
    failing_rows,
    interval_query,
)
from benchmarks.judging import judge
from benchmarks.measuring import Command, measure
from benchmarks.peers.dbt.peer import reference
from benchmarks.peers.sqlmesh.peer import audits
from benchmarks.results import Records
from boxout.pipeline.graph import Graph
from boxout.warehouse.ducklake import Warehouse

TRUTH = "(VALUES (1, 'a', 1.0::DOUBLE), (2, 'b', NULL), (3, 'c', 3.0)) AS t (id, name, value)"


@pytest.fixture
def default_project(project: Warehouse) -> Warehouse:
    """The small project as the default catalog: peers name tables by schema alone."""
    project.execute("USE lake")
    return project


@pytest.mark.parametrize(
    ("rows", "wrong", "columns"),
    [
        ("(1, 'a', 1.0), (2, 'b', NULL), (3, 'c', 3.0)", 0, ()),
        ("(3, 'c', 3.0), (2, 'b', NULL), (1, 'a', 1.0)", 0, ()),
        ("(1, 'a', 1.0), (2, 'b', NULL), (3, 'c', 3.5)", 1, ("value",)),
        ("(1, 'a', 1.0), (2, 'x', 0.0), (3, 'c', 3.0)", 1, ("name", "value")),
        ("(1, 'a', 1.0), (2, 'b', NULL)", 1, ("(row)",)),
        ("(1, 'a', 1.0), (1, 'a', 1.0), (2, 'b', NULL), (3, 'c', 3.0)", 1, ("(row)",)),
    ],
    ids=["same", "other order", "a cell", "a null", "a row missing", "a row twice"],
)
def test_the_judge_counts_each_wrong_row_once(
    rows: str, wrong: int, columns: tuple[str, ...]
) -> None:
    with duckdb.connect() as connection:
        result = f"(VALUES {rows}) AS t (id, name, value)"
        verdict = judge(connection, "t", f"(FROM {result})", f"(FROM {TRUTH})", ["id"])
    assert (verdict.rows, verdict.wrong, verdict.columns) == (3, wrong, columns)


def test_a_tolerance_forgives_digits_and_not_nulls() -> None:
    result = "(VALUES (1, 'a', 1.00001), (2, 'b', NULL), (3, 'c', NULL)) AS t (id, name, value)"
    with duckdb.connect() as connection:
        exact = judge(connection, "t", f"(FROM {result})", f"(FROM {TRUTH})", ["id"])
        near = judge(connection, "t", f"(FROM {result})", f"(FROM {TRUTH})", ["id"], tolerance=1e-4)
    assert (exact.wrong, near.wrong) == (2, 1)


def test_a_table_without_a_column_is_wrong_in_every_row() -> None:
    with duckdb.connect() as connection:
        verdict = judge(connection, "t", "(SELECT 1 AS id)", f"(FROM {TRUTH})", ["id"])
    assert (verdict.wrong, verdict.columns) == (3, ("name", "value"))


def test_the_query_of_one_date_gives_what_boxout_published(
    default_project: Warehouse, graph: Graph
) -> None:
    day = default_project.scalar("SELECT quantile_disc(game_date, 0.7) FROM raw.games")
    for table in compared_tables(graph):
        query = interval_query(table, f"DATE '{day}'", f"DATE '{day}'")
        default_project.execute(f"CREATE OR REPLACE TEMP TABLE one_date AS {query}")
        published = f"(SELECT * FROM {table.name} WHERE game_date = DATE '{day}')"
        verdict = judge(default_project.connection, table.name, "one_date", published, table.key)
        assert verdict.rows > 0
        assert (verdict.table, verdict.wrong) == (table.name, 0)


def test_a_contract_in_words_of_sql_finds_what_fails(
    default_project: Warehouse, graph: Graph
) -> None:
    table = graph.tables["analytics.player_game_summary"]
    default_project.execute(
        f"CREATE TEMP TABLE spoiled AS SELECT * REPLACE (NULL AS usage_rate) FROM {table.name}"
    )
    check = next(c for c in table.checks if c.name == "usage_rate_populated")

    def failing(this: str) -> int:
        return int(
            default_project.scalar(f"SELECT count(*) FROM ({failing_rows(table, check, this)})")
            or 0
        )

    assert failing(table.name) == 0
    assert failing("spoiled") > 0


def test_every_contract_runs_as_a_query_within_dates(
    default_project: Warehouse, graph: Graph
) -> None:
    within = ("DATE '2000-01-01'", "DATE '2000-01-02'")
    for table in compared_tables(graph):
        for check in table.checks:
            this = f"(SELECT * FROM {table.name} WHERE FALSE)"
            query = failing_rows(table, check, this, within)
            assert default_project.rows(f"SELECT count(*) FROM ({query})") == [(0,)], check.name


def test_the_changed_definition_changes_one_table(graph: Graph) -> None:
    changed = [t.name for t in compared_tables(graph) if changed_query(t) != t.query]
    assert changed == [CHANGED_TABLE]


def test_peers_get_the_contract_and_references_in_their_own_words(graph: Graph) -> None:
    table = graph.tables["precompute.ml_feature_store"]
    text = audits(table)
    assert text.count("AUDIT (name") == len(table.checks) + 1
    assert "@this_model" in text
    assert reference("raw.games") == "{{ source('raw', 'games').render() }}"
    query = interval_query(table, "@start_date", "@end_date", reference=reference)
    assert "{{ ref('player_daily_cache').render() }}" in query
    assert "precompute.player_daily_cache" not in query


def test_a_ratio_is_taken_within_rounds_and_samples_are_scaled() -> None:
    walls = {"boxout": [1.0, 10.0, 2.0], "sqlmesh": [3.0, 50.0, 8.0]}
    records = [
        {"peer": peer, "job": "full", "round": n, "wall": wall}
        for peer, values in walls.items()
        for n, wall in enumerate(values)
    ]
    sample = {"peer": "loop", "job": "full", "round": 0, "wall": 5.0}
    sample |= {"extrapolated_from": 10, "dates": 100}
    asked = Records([*records, sample])
    assert asked.ratio(("sqlmesh", "full"), ("boxout", "full")) == 4.0
    assert asked.median("loop", "full") == 50.0
    assert asked.ratio(("loop", "full"), ("boxout", "full")) == 50.0
    assert asked.ratio(("dagster", "full"), ("boxout", "full")) is None


def test_a_command_is_measured_and_can_be_killed(tmp_path: Path) -> None:
    program = "print('done'); sum(range(10**6))"
    ran = measure(Command((sys.executable, "-c", program), tmp_path), tmp_path / "log")
    assert (ran.code, ran.text.strip()) == (0, "done")
    assert ran.cpu > 0
    assert ran.memory > 1
    endless = Command((sys.executable, "-c", "import time; time.sleep(600)"), tmp_path)
    assert measure(endless, tmp_path / "log", kill_after=0.1).code == -9


def test_the_chart_has_a_bar_for_each_peer_and_job() -> None:
    chart = draw_chart([("full", [("boxout", 2.0), ("dbt & more", 40.0)]), ("nothing", [])])
    assert chart.count("<rect") == 3
    assert "dbt &amp; more" in chart
