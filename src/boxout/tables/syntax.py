"""What sqlglot reads out of a table's query: its inputs, its columns, its sliced form.

The only module that parses SQL. It knows syntax trees and no ledger, dates or states.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from boxout.errors import TableDefinitionError
from boxout.tables.definition import PLACE

DIALECT = "duckdb"
# Begins the name of a CTE that holds an input for the places where a query reads it.
SHARED = "__shared__"


def parse_query(query: str, where: str) -> exp.Select | exp.SetOperation:
    """Parse one SELECT.

    Raises
    ------
    TableDefinitionError
        When the text is not exactly one query.
    """
    try:
        statements = sqlglot.parse(query, read=DIALECT)
    except SqlglotError as error:
        raise TableDefinitionError(
            f"The SQL cannot be parsed: {error}", where, "Mend it."
        ) from None
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise TableDefinitionError("The file must hold one SELECT.", where, "Split the file.")
    return tree


def input_tables(query: str, where: str) -> frozenset[str]:
    """Return the schema-qualified tables that a query reads."""
    tree = parse_query(query, where)
    return frozenset(f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db)


def column_comments(query: str, where: str) -> dict[str, str]:
    """Return each output column's comment, in order; empty where there is none."""
    tree = parse_query(query, where)
    return {
        projection.alias_or_name: " ".join(
            comment.strip()
            for node in (projection, projection.this if projection.this else None)
            if isinstance(node, exp.Expression)
            for comment in node.comments or []
        )
        for projection in tree.selects
    }


def columns_read(
    query: str, columns: Mapping[str, Sequence[str]], where: str
) -> dict[str, frozenset[str] | None]:
    """Return which columns of each input table a query reads.

    Parameters
    ----------
    query
        One SELECT.
    columns
        The columns of each input, by `schema.table`.
    where
        The table's name, for errors.

    Returns
    -------
    dict
        By input, its columns that can make a difference; None where that cannot be told, so
        that every column may.
    """
    names: dict[str, Any] = {}
    for table, listed in columns.items():
        schema, name = table.split(".")
        names.setdefault(schema, {})[name] = dict.fromkeys(listed, "VARCHAR")
    read: dict[str, frozenset[str] | None] = dict.fromkeys(input_tables(query, where), frozenset())
    try:
        tree = pushdown_projections(
            qualify(
                parse_query(query, where),
                schema=names,
                dialect=DIALECT,
                validate_qualify_columns=False,
            )
        )
        scopes = traverse_scope(tree)
    except SqlglotError:
        return dict.fromkeys(read)
    for scope in scopes:
        for name, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.db:
                _add_columns(read, f"{source.db}.{source.name}", name, scope)
    return read


def _add_columns(
    read: dict[str, frozenset[str] | None], table: str, source: str, scope: Scope
) -> None:
    known = read.get(table)
    unplaced = any(not column.table for column in scope.columns)
    starred = any(projection.is_star for projection in getattr(scope.expression, "selects", []))
    if known is None or unplaced or starred:
        read[table] = None
        return
    read[table] = known | {column.name for column in scope.columns if column.table == source}


def query_template(query: str, names: Sequence[str], where: str) -> str:
    """Return a query with a placeholder for each of its inputs.

    Parameters
    ----------
    query
        The table's SELECT.
    names
        The inputs, each `schema.table`.
    where
        The table's name, for errors.

    Returns
    -------
    str
        The query in DuckDB's dialect, without comments; an input reads `PLACEschema__table AS
        alias`, with the prefix `PLACE` of `tables.definition`. One that is read several times
        is a CTE of its own, so that it is read once.
    """
    tree = parse_query(query, where)
    read = [t for t in tree.find_all(exp.Table) if f"{t.db}.{t.name}" in names]
    times = Counter(f"{table.db}__{table.name}" for table in read)
    for table in read:
        name = f"{table.db}__{table.name}"
        table.replace(_place(SHARED if times[name] > 1 else PLACE, name, table.alias_or_name))
    shared = [
        exp.CTE(this=exp.select("*").from_(_place(PLACE, name, name)), alias=_alias(SHARED + name))
        for name, count in times.items()
        if count > 1
    ]
    if shared:
        clause = tree.args.get("with_") or exp.With()
        clause.set("expressions", [*shared, *tree.ctes])
        tree.set("with_", clause)
    return tree.sql(dialect=DIALECT, comments=False)


def _place(prefix: str, name: str, alias: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(prefix + name), alias=_alias(alias))


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))


def sliced_query(query: str, slices: Mapping[str, str], where: str) -> str:
    """Replace each input table by a subquery; see `pipeline.sliced_queries`, which remembers.

    Parameters
    ----------
    slices
        For each `schema.table`, the SELECT that stands in for it.
    """
    text = query_template(query, tuple(slices), where)
    for name, replacement in slices.items():
        place = re.escape(PLACE + name.replace(".", "__"))
        text = f"({replacement})".join(re.split(rf"\b{place}\b", text))
    return text
