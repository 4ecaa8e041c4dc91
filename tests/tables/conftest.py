"""Run one table's own SQL over rows made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from boxout.pipeline.graph import Graph
from boxout.tables.syntax import sliced_query


@pytest.fixture
def compute(graph: Graph) -> Callable[..., list[dict[str, Any]]]:
    """Compute a table from a SELECT for each of its inputs; return its rows as dictionaries."""

    def run(name: str, inputs: dict[str, str]) -> list[dict[str, Any]]:
        table = graph.tables[name]
        assert set(inputs) <= set(table.windows)
        with duckdb.connect() as connection:
            cursor = connection.execute(sliced_query(table.query, inputs, name))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return run
