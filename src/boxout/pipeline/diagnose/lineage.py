"""Which inputs feed a column, read from the tables' own SQL down to the landing tables."""

from __future__ import annotations

from typing import Any

import sqlglot.lineage
from sqlglot import exp
from sqlglot.errors import SqlglotError

from boxout.errors import UsageError
from boxout.pipeline.graph import Graph
from boxout.tables.definition import TableDefinition
from boxout.tables.syntax import DIALECT


def check_column(table: TableDefinition, column: str) -> None:
    """Refuse a column that the table does not have.

    Raises
    ------
    UsageError
        When there is none of this name.
    """
    if column not in table.column_comments:
        raise UsageError(
            f"{table.name} has no column {column!r}.",
            ", ".join(table.column_comments),
            "Name one of these.",
        )


def column_inputs(graph: Graph, table: TableDefinition, column: str) -> tuple[tuple[str, str], ...]:
    """Return the (table, column) pairs that a column is computed from, nearest first.

    Follows expressions, not join conditions: those are what `joins` probes.
    """
    found: dict[tuple[str, str], None] = {}
    asked = [(table, column)]
    while asked:
        reader, name = asked.pop(0)
        if reader.is_landing:
            continue
        for source in _direct_inputs(graph, reader, name):
            if source not in found:
                found[source] = None
                asked.append((graph.tables[source[0]], source[1]))
    return tuple(found)


def _direct_inputs(graph: Graph, table: TableDefinition, column: str) -> list[tuple[str, str]]:
    schema: dict[str, Any] = {}
    for name in table.windows:
        part, short = name.split(".")
        columns = dict.fromkeys(graph.tables[name].column_comments, "VARCHAR")
        schema.setdefault(part, {})[short] = columns
    try:
        node = sqlglot.lineage.lineage(column, table.query, schema=schema, dialect=DIALECT)
    except (SqlglotError, ValueError):
        return []
    leaves = []
    for leaf in node.walk():
        if isinstance(leaf.expression, exp.Table) and leaf.expression.db:
            name = f"{leaf.expression.db}.{leaf.expression.name}"
            if name in table.windows:
                leaves.append((name, leaf.name.split(".")[-1].strip('"')))
    return sorted(set(leaves))


def feeding_tables(graph: Graph, table: TableDefinition, column: str | None) -> tuple[str, ...]:
    """Return the table itself and every table that feeds it, or one column of it, nearest first.

    A table joined only to find or place rows feeds every column.
    """
    found = {table.name: None}
    asked = [table.name]
    while asked:
        for name in graph.tables[asked.pop(0)].windows:
            if name not in found:
                found[name] = None
                asked.append(name)
    if column is None:
        return tuple(found)
    feeding = {name for name, _ in column_inputs(graph, table, column)}
    return tuple(sorted(found, key=lambda name: (name != table.name, name not in feeding)))
