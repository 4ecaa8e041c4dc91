"""Create the tables that a run is going to fill, before it fills the first.

All come in one commit: each commit that creates a table has every connection load the catalog anew.
And none is created while another connection is at work, for in DuckLake up to 1.5.5 a transaction
that creates a table may find, when it commits, that the memory of the table's schema has been given
to somebody else (duckdb/ducklake issue 1248).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from boxout.pipeline.sliced_queries import fill_query
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse


def create_missing(warehouse: Warehouse, tables: Sequence[TableDefinition]) -> None:
    """Create those of the tables that are not there yet, without rows.

    What cannot be created here is left to the run, which says what is wrong with its query.

    Parameters
    ----------
    tables
        Inputs before their readers.
    """
    with warehouse.reading():
        if all(warehouse.has_table(table.name) for table in tables):
            return
    with warehouse.commit():
        for table in tables:
            inputs = (warehouse.has_table(name) for name in table.windows)
            if all(inputs) and not warehouse.has_table(table.name):
                slices = {name: f"SELECT * FROM {LAKE}.{name}" for name in table.windows}
                query = fill_query(warehouse.home, table.query, slices, table.name)
                if _is_storable(warehouse, query):
                    create_table(warehouse, table, query)


def _is_storable(warehouse: Warehouse, query: str) -> bool:
    try:
        kinds = warehouse.columns(query).values()
    except (duckdb.ProgrammingError, duckdb.DataError):
        return False
    return "HUGEINT" not in kinds


def create_table(warehouse: Warehouse, table: TableDefinition, query: str) -> None:
    """Create a table with the columns of a query and without rows; call inside a commit."""
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.{table.schema}")
    warehouse.execute(f"CREATE TABLE {LAKE}.{table.name} AS SELECT * FROM ({query}) LIMIT 0")
    description = table.description.replace("'", "''")
    warehouse.execute(f"COMMENT ON TABLE {LAKE}.{table.name} IS '{description}'")
