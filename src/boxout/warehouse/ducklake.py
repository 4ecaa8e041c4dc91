"""The embedded engine: one DuckDB connection with the home's lake attached as `lake`.

Readers never wait. Writers to one home take turns through an operating-system file lock
that is held for one commit and that the kernel frees when a process dies; this module
owns that lock and the transaction around it, and leaves what is written to its callers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from boxout.errors import WarehouseError
from boxout.warehouse.engine import duckdb
from boxout.warehouse.file_locks import commit_lock
from boxout.warehouse.home import Home
from boxout.warehouse.own_commits import OwnCommits

LAKE = "lake"
# Rows of a small correction that stay in the catalog instead of becoming a tiny file, in the
# schemas that ask for it: for each such table the catalog's own schema is longer, which every
# read of it parses.
INLINED_ROWS = 200
INTERRUPTED = "Query interrupted"


class Warehouse:
    """An open home: queries, transactions and locks.

    Parameters
    ----------
    home
        The project folder.
    connection
        A DuckDB connection with the lake attached as `lake`. Its default catalog is the one in
        memory: were it the lake, each statement outside a transaction that calls a function
        would ask the lake's catalog for it, which takes longer than most statements do.

    Attributes
    ----------
    is_committing
        Whether a block of `commit` is being executed.
    ledger_version
        Of which version of the lake, and what has been written to it since in a block of
        `commit`, this connection holds a copy of the ledger; None where it holds none.
    own_commits
        Which versions this process has made.
    """

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection) -> None:
        self.home = home
        self.connection = connection
        self._known: set[str] = set()
        self._threads: int | None = None
        self._is_on_one_thread = False
        self._is_beside = False
        self._is_abandoned = False
        self._is_in_transaction = False
        self._copied: set[str] = set()
        self.is_committing = False
        self.ledger_version: int | None = None
        self.own_commits = OwnCommits()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def beside(self) -> Warehouse:
        """Return another connection to the same engine, for the use of another thread.

        It has temporary tables and transactions of its own. Memory is shared, and so is the
        number of threads, which it leaves alone.
        """
        other = Warehouse(self.home, self.connection.cursor())
        set_session(other.connection)
        other._is_beside = True
        other.own_commits = self.own_commits
        return other

    @contextlib.contextmanager
    def catalog_kept_open(self) -> Iterator[None]:
        """Keep the catalog's file open while several connections begin and end transactions.

        Each transaction opens the file, and the last to close it folds its log back in. Whoever
        opens it meanwhile finds it busy, and the SQLite in DuckDB's extension, built without
        `usleep`, then sleeps for a whole second.
        """
        keeper = self.connection.cursor()
        try:
            keeper.execute("BEGIN TRANSACTION")
            keeper.execute(
                f"SELECT max(snapshot_id) FROM __ducklake_metadata_{LAKE}.ducklake_snapshot"
            )
            yield
        finally:
            with contextlib.suppress(duckdb.Error):
                keeper.execute("ROLLBACK")
            keeper.close()

    def abandon(self) -> None:
        """Interrupt, from another thread, what is being executed and all that would follow."""
        self._is_abandoned = True
        self.connection.interrupt()

    def thread_count(self) -> int:
        """Return how many threads the engine has where it is not held to one."""
        if self._threads is None:
            self._threads = int(self.scalar("SELECT current_setting('threads')"))
        return self._threads

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run one statement with bound values and return the cursor."""
        if self._is_abandoned:
            raise KeyboardInterrupt
        try:
            return self.connection.execute(sql, values) if values else self.connection.execute(sql)
        except RuntimeError as error:
            # What DuckDB makes of Ctrl-C; its own errors are other classes.
            if str(error) == INTERRUPTED:
                raise KeyboardInterrupt from None
            raise

    def rows(self, sql: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.execute(sql, values).fetchall()

    def in_full(self, table: str) -> str:
        """Return what to read a small table of the lake from: within `reading`, a copy of it.

        Each query of the lake asks the catalog for the table's files anew, and one with a
        condition for the statistics of its columns first, which takes longer than reading all.

        Parameters
        ----------
        table
            `schema.table`, of few rows.
        """
        if self.is_committing or not self._is_in_transaction:
            return f"{LAKE}.{table}"
        copy = f"copied_{table.replace('.', '_')}"
        if copy not in self._copied:
            self.execute(f"CREATE OR REPLACE TEMP TABLE {copy} AS FROM {LAKE}.{table}")
            self._copied.add(copy)
        return copy

    def records(self, sql: str, values: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """Return all rows of a query as dictionaries by column name."""
        cursor = self.execute(sql, values)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def scalar(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        row = self.execute(sql, values).fetchone()
        return row[0] if row else None

    def has_table(self, name: str) -> bool:
        """Whether `schema.table` is published in the lake."""
        if name not in self._known:
            # Asking for the table itself is much quicker than listing the catalog.
            try:
                self.execute(f"SELECT 1 FROM {LAKE}.{name} LIMIT 0")
            except duckdb.CatalogException:
                return False
            self._known.add(name)
        return True

    def columns(self, relation: str) -> dict[str, str]:
        """Return the column names and types of a relation or query, in order."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE {relation}")}

    def version(self) -> int:
        """The newest data version: the lake's snapshot number."""
        return int(self.scalar(f"SELECT id FROM {LAKE}.current_snapshot()") or 0)

    @contextlib.contextmanager
    def one_thread(self) -> Iterator[None]:
        """Run small statements on one thread.

        Window functions over few rows can fail in DuckDB 1.5 when two threads share them
        (duckdb/duckdb issue 25713), and few rows are quicker on one: most of the time of a
        query of the ledger goes into sharing it among threads.
        """
        if self._is_on_one_thread or self._is_beside:
            yield
            return
        threads = self.thread_count()
        self.execute("SET threads = 1")
        self._is_on_one_thread = True
        try:
            yield
        finally:
            self._is_on_one_thread = False
            self.execute(f"SET threads = {threads}")

    @contextlib.contextmanager
    def all_threads(self) -> Iterator[None]:
        """Run large statements on every thread within a block of `one_thread`.

        To change the number takes longer than a small statement, so that a run stays on one
        thread but for what is large.
        """
        if not self._is_on_one_thread:
            yield
            return
        self.execute(f"SET threads = {self._threads}")
        self._is_on_one_thread = False
        try:
            yield
        finally:
            self.execute("SET threads = 1")
            self._is_on_one_thread = True

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read one data version: other processes' commits are not seen within the block.

        It is quicker, too: each statement outside a transaction asks the catalog anew. Blocks may
        be nested, and stand within a commit: they are then part of what is around them.
        """
        if self._is_in_transaction:
            yield
            return
        self.execute("BEGIN TRANSACTION")
        self._is_in_transaction = True
        try:
            yield
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self.execute("ROLLBACK")
            raise
        finally:
            self._is_in_transaction = False
            self._copied.clear()
        self.execute("COMMIT")

    @contextlib.contextmanager
    def commit_lock(self) -> Iterator[None]:
        """Hold the home's commit lock, and nothing else.

        Raises
        ------
        BusyError
            When another process holds it for too long.
        """
        with commit_lock(self.home):
            yield

    @contextlib.contextmanager
    def commit(self) -> Iterator[None]:
        """Hold the home's commit lock around one transaction.

        The transaction starts after the lock is taken, so that it sees all that was
        committed before; it rolls back when the block raises. Blocks may be nested: what is done
        in the inner ones is committed with the outermost.

        Raises
        ------
        BusyError
            When another process holds the commit lock for too long.
        WarehouseError
            When the commit fails.
        """
        if self.is_committing:
            yield
            return
        try:
            with self.commit_lock():
                self.execute("BEGIN TRANSACTION")
                self._is_in_transaction = self.is_committing = True
                try:
                    yield
                    self.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(duckdb.Error):
                        self.execute("ROLLBACK")
                    raise
                finally:
                    self._is_in_transaction = self.is_committing = False
                self.own_commits.note_made(self.scalar)
        except (duckdb.IOException, duckdb.TransactionException) as error:
            raise WarehouseError(
                f"The commit failed and nothing of it was written: {error}",
                str(self.home.path),
                "Check disk space and permissions, then run the command again.",
            ) from error


def set_session(connection: duckdb.DuckDBPyConnection) -> None:
    """Set what each connection to the engine is to have."""
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
