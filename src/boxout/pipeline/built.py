"""Refuse to read a table that a project has not built yet, and say how it is built."""

from __future__ import annotations

from boxout.errors import UsageError
from boxout.warehouse.ducklake import Warehouse


def require_built(warehouse: Warehouse, table: str, what: str) -> None:
    """Raise where a table is not there, as in a project of which only some tables are built.

    Parameters
    ----------
    what
        The sentence that says what is wrong.

    Raises
    ------
    UsageError
        With the table, and what builds it.
    """
    if not warehouse.has_table(table):
        raise UsageError(what, table, "Run `boxout run`, or `boxout backfill` for tables alone.")
