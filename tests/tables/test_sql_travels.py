"""The tables' SQL says the same in BigQuery's dialect, so that a second engine can run it."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from boxout.pipeline.graph import load_graph

GRAPH = load_graph()
QUERIES = {name: table.query for name, table in GRAPH.tables.items()} | {
    f"{name}, check {check.name}": check.expression
    for name, table in GRAPH.tables.items()
    for check in table.checks
    if check.kind == "query"
}


def travel(query):
    [text] = sqlglot.transpile(
        query, read="duckdb", write="bigquery", unsupported_level=ErrorLevel.RAISE
    )
    return sqlglot.parse_one(text, read="bigquery", error_level=ErrorLevel.RAISE)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_transpiles_and_keeps_its_columns(name):
    original = sqlglot.parse_one(QUERIES[name], read="duckdb")
    there = travel(QUERIES[name])
    assert isinstance(there, exp.Query)
    assert there.named_selects == original.named_selects
    # A function that sqlglot does not know is passed on as it is, and would fail over there.
    assert [f.name for f in there.find_all(exp.Anonymous)] == []
    assert {t.name for t in there.find_all(exp.Table)} == {
        t.name for t in original.find_all(exp.Table)
    }


def test_a_function_that_does_not_travel_is_noticed():
    assert list(travel("SELECT list_zip([1], [2]) AS a").find_all(exp.Anonymous)) != []
