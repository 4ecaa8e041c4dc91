"""Create the tables that a run is going to fill, and know which will get other columns.

All are created in one commit before the first is filled: each commit that changes the catalog has
every connection load it anew. And no table is created or altered while another connection is at
work, for in DuckLake up to 1.5.5 such a transaction may find, when it commits, that the memory of
the table's schema has been given to somebody else (duckdb/ducklake issue 1248).
"""

from __future__ import annotations

from collections.abc import Sequence

from boxout.pipeline.judge import changes_shape
from boxout.pipeline.sliced_queries import fill_query
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb


def create_missing(warehouse: Warehouse, tables: Sequence[TableDefinition]) -> frozenset[str]:
    """Create those of the tables that are not there yet, without rows.

    What cannot be created here is left to the run, which says what is wrong with its query.

    Parameters
    ----------
    tables
        Inputs before their readers.

    Returns
    -------
    frozenset of str
        Those that were created, which have the columns of their queries.
    """
    with warehouse.reading():
        if all(warehouse.has_table(table.name) for table in tables):
            return frozenset()
    created = set()
    with warehouse.commit():
        for table in tables:
            inputs = (warehouse.has_table(name) for name in table.windows)
            if all(inputs) and not warehouse.has_table(table.name):
                columns = _columns_to_be(warehouse, table)
                if columns and "HUGEINT" not in columns.values():
                    create_table(warehouse, table, _whole_query(warehouse, table))
                    created.add(table.name)
    return frozenset(created)


def gets_other_columns(warehouse: Warehouse, table: TableDefinition) -> bool:
    """Whether a published table will have other columns, or columns of another type.

    That is asked where its file has changed, or an input whole, as by a type, since it was built,
    and where it never was, for it may have been created by another file: to plan its query takes
    longer. It needs the temporary table `ledger_now`.
    """
    may_differ = warehouse.scalar(
        """
        WITH own AS (SELECT count(code_hash) = 0 OR bool_or(code_hash <> $2) AS is_redefined,
                            max(built_at) AS built_at
                     FROM ledger_now WHERE table_name = $1)
        SELECT is_redefined OR EXISTS (
          SELECT 1 FROM ledger_now AS i
          WHERE i.row_count > 0 AND i.table_name IN (SELECT unnest($3::VARCHAR[]))
          GROUP BY i.table_name
          HAVING bool_and(i.changed_at > own.built_at OR i.content_hash IS NULL))
        FROM own
        """,
        [table.name, table.code_hash, list(table.windows)],
    )
    return bool(may_differ) and changes_shape(warehouse, table, _columns_to_be(warehouse, table))


def _whole_query(warehouse: Warehouse, table: TableDefinition) -> str:
    slices = {name: f"SELECT * FROM {LAKE}.{name}" for name in table.windows}
    return fill_query(warehouse.home, table.query, slices, table.name)


def _columns_to_be(warehouse: Warehouse, table: TableDefinition) -> dict[str, str]:
    """Return the columns and types of a table's query; none where it does not run."""
    try:
        return warehouse.columns(_whole_query(warehouse, table))
    except (duckdb.ProgrammingError, duckdb.DataError):
        return {}


def create_table(warehouse: Warehouse, table: TableDefinition, query: str) -> None:
    """Create a table with the columns of a query and without rows; call inside a commit."""
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.{table.schema}")
    warehouse.execute(f"CREATE TABLE {LAKE}.{table.name} AS SELECT * FROM ({query}) LIMIT 0")
    description = table.description.replace("'", "''")
    warehouse.execute(f"COMMENT ON TABLE {LAKE}.{table.name} IS '{description}'")
