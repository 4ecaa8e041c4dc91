"""The ledger as it was at a moment, by DuckLake's time travel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from boxout.errors import UsageError
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb


class LedgerAt:
    """Queries of the lake as it was at a moment, or as it is.

    Parameters
    ----------
    at
        The moment, UTC, or the data version; None for now.

    Raises
    ------
    UsageError
        When there is no data version of that moment.
    """

    def __init__(self, warehouse: Warehouse, at: datetime | int | None = None) -> None:
        self.warehouse = warehouse
        self._clause = f" AT (TIMESTAMP => TIMESTAMP '{at}')" if at else ""
        if isinstance(at, int):
            self._clause = f" AT (VERSION => {at})"
        self._known: dict[str, bool] = {}
        if isinstance(at, datetime) and not self.has("ledger.properties"):
            raise UsageError(
                f"There is no data version of {at:%Y-%m-%d %H:%M:%S} UTC.",
                str(warehouse.home.path),
                "Name a later moment: the project is younger, or `boxout compact` took it away.",
            )

    @property
    def is_now(self) -> bool:
        """Whether it is the ledger as it is."""
        return not self._clause

    def has(self, name: str) -> bool:
        """Whether `schema.table` was there."""
        if name not in self._known:
            try:
                self.warehouse.execute(f"SELECT 1 FROM {self.table(name)} LIMIT 0")
                self._known[name] = True
            except (duckdb.CatalogException, duckdb.InvalidInputException):
                self._known[name] = False
        return self._known[name]

    def table(self, name: str) -> str:
        """Return the text that names `schema.table` at the moment, for a FROM clause."""
        # Without the parentheses it could have no other name beside it.
        return f"(FROM {LAKE}.{name}{self._clause})" if self._clause else f"{LAKE}.{name}"

    def records(
        self, needs: str, sql: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows of a query over one table; none where the table was not there.

        Parameters
        ----------
        needs
            The table, `schema.table`.
        sql
            The query, with `{table}` where the table is named.
        """
        if not self.has(needs):
            return []
        return self.warehouse.records(sql.format(table=self.table(needs)), values)

    def inserted(
        self, name: str, column: str, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Return the rows that a ledger table was given in a span of time, replaced ones too.

        Where versions of that span are gone, it is what the table holds of it.

        Parameters
        ----------
        name
            The table, without its schema.
        column
            The one that says when a row was written.
        """
        for first in (f"TIMESTAMP '{since}'", "0"):
            rows = f"ducklake_table_insertions('{LAKE}', 'ledger', '{name}', {first}, $2)"
            try:
                return self.warehouse.records(
                    f"SELECT DISTINCT * FROM {rows} WHERE {column} > $1 AND {column} <= $2",
                    [since, until],
                )
            except duckdb.Error:
                continue  # the lake is younger than the span, or its old versions are gone
        return self.records(
            f"ledger.{name}",
            f"SELECT * FROM {{table}} WHERE {column} > $1 AND {column} <= $2",
            [since, until],
        )
