"""Refuse to read a table that a project has not built yet, and say how it is built."""

from __future__ import annotations

from boxout.errors import UsageError
from boxout.warehouse.ducklake import LAKE, Warehouse


def has_rows(warehouse: Warehouse, table: str) -> bool:
    """Whether anything is published in a table; a run creates tables before it fills them."""
    return warehouse.has_table(table) and bool(
        warehouse.scalar(f"SELECT count(*) FROM {LAKE}.{table}")
    )


def require_built(warehouse: Warehouse, table: str, what: str) -> None:
    """Raise where a table has no rows, as in a project of which only some tables are built.

    Parameters
    ----------
    what
        The sentence that says what is wrong.

    Raises
    ------
    UsageError
        With the table, and what builds it.
    """
    if not has_rows(warehouse, table):
        raise UsageError(what, table, "Run `boxout run`, or `boxout backfill` for tables alone.")
