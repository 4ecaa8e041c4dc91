"""Landing tables with the columns of their definitions: created, and altered after an upgrade.

What is altered gets new hashes, for a content hash is of a table's columns.
"""

from __future__ import annotations

import hashlib
from uuid import uuid4

from boxout.errors import WarehouseError
from boxout.pipeline.arrivals import count_refused, landing_query
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing import write_partitions
from boxout.pipeline.ledger import read_property, write_property
from boxout.pipeline.overlaps import overlap_table
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb

# The property that says of which definitions the landing tables have the columns.
_LAYOUT = "landing_layout"


def have_landing_columns(warehouse: Warehouse, graph: Graph) -> bool:
    """Whether the landing tables are there and as the definitions of now have them."""
    return read_property(warehouse, _LAYOUT) == _layout(graph) and all(
        warehouse.has_table(table.name) for table in graph.landing
    )


def give_landing_columns(warehouse: Warehouse, graph: Graph) -> None:
    """Create missing landing tables, and alter those whose definitions have other columns now.

    Rows that are there have null in a new column, until their files are read again.

    Raises
    ------
    WarehouseError
        When a column cannot take the type that it has now.
    """
    with warehouse.reading():
        if have_landing_columns(warehouse, graph):
            return
    with warehouse.commit():
        created = create_landing_tables(warehouse, graph)
        for table in graph.landing:
            if table.name in created:
                continue
            columns = warehouse.columns(_wanted(warehouse, table))
            aside = overlap_table(table.name)
            if _alter(warehouse, table.name, columns):
                _renew_hashes(warehouse, graph, table)
            if warehouse.has_table(aside):
                _alter(warehouse, aside, columns)
        write_property(warehouse, _LAYOUT, _layout(graph))


def create_landing_tables(warehouse: Warehouse, graph: Graph) -> frozenset[str]:
    """Create the landing tables that are missing, and return their names; call inside a commit."""
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.landing")
    missing = [table for table in graph.landing if not warehouse.has_table(table.name)]
    for table in missing:
        query = _wanted(warehouse, table)
        warehouse.execute(f"CREATE TABLE {LAKE}.{table.name} AS {query} LIMIT 0")
    return frozenset(table.name for table in missing)


def _wanted(warehouse: Warehouse, table: TableDefinition) -> str:
    """Return a query that has the columns that a landing table is to have."""
    listed = ", ".join(f"NULL AS {column}" for column in table.column_comments)
    return landing_query(warehouse.home, table, f"SELECT {listed}")


def _layout(graph: Graph) -> str:
    made_of = sorted((table.name, table.code_hash) for table in graph.landing)
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]


def _alter(warehouse: Warehouse, name: str, wanted: dict[str, str]) -> bool:
    """Give a table the columns that are wanted; return whether it had others."""
    has = warehouse.columns(f"{LAKE}.{name}")
    changes = [f'ADD COLUMN "{c}" {kind}' for c, kind in wanted.items() if c not in has]
    changes += [f'DROP COLUMN "{c}"' for c in has if c not in wanted]
    changes += [
        f'ALTER COLUMN "{c}" SET DATA TYPE {wanted[c]}'
        for c, kind in has.items()
        if c in wanted and wanted[c] != kind
    ]
    for change in changes:
        try:
            warehouse.execute(f"ALTER TABLE {LAKE}.{name} {change}")
        except duckdb.Error as error:
            raise WarehouseError(
                f"{name} cannot be given the columns of this version: {error}",
                str(warehouse.home.path),
                "Build a new project from the same files with --home FOLDER.",
            ) from error
    return bool(changes)


def _renew_hashes(warehouse: Warehouse, graph: Graph, table: TableDefinition) -> None:
    count_refused(warehouse, table, "refused_on")
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT game_date "
        "FROM lake.ledger.partitions WHERE table_name = $1",
        [table.name],
    )
    write_partitions(warehouse, graph, table, uuid4().hex[:12], is_filled=True)
