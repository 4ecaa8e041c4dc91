"""One commit for tables with few dates each, in the place of one a table.

A commit costs about what computing a few dates does, however little is in it, and who reads
beside the run sees all of its tables at once. The price is the commit lock, which is held from
the first table to the last; so one is made after a few seconds at the latest, and while it is open
nothing else is waited for.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from types import TracebackType

from boxout.errors import BusyError, StoppedError, WarehouseError
from boxout.pipeline.locks import table_lock
from boxout.pipeline.record_jointly import begin_keeping, write_kept
from boxout.pipeline.stage import Chunk
from boxout.pipeline.table_run import Listener, TableOutcome
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

# Others who want to commit wait for as long, and as much work is lost with a killed process.
MOST_SECONDS = 3.0


class JointCommit:
    """The tables that are computed and wait for their commit; none when it is not open.

    When the block is left by a stop, what is complete is committed; by another error, nothing is.

    Parameters
    ----------
    listener
        Told of each table's chunk once it is committed.
    done
        Told of each table's outcome once it is committed.
    """

    def __init__(
        self, warehouse: Warehouse, listener: Listener, done: Callable[[TableOutcome], None]
    ) -> None:
        self._warehouse = warehouse
        self._listener = listener
        self._done = done
        self._transaction = contextlib.ExitStack()
        self._locks = contextlib.ExitStack()
        self._opened_at: float | None = None
        self._version = 0
        self._tables: list[TableDefinition] = []
        self._told: list[tuple[str, Chunk, TableOutcome]] = []
        self._outcomes: list[TableOutcome] = []

    def __enter__(self) -> JointCommit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, StoppedError):
            self.close()
        else:
            self.abandon(error)

    def __len__(self) -> int:
        """How many tables wait for their commit."""
        return len(self._outcomes)

    @property
    def is_open(self) -> bool:
        """Whether the transaction is open, and the commit lock held."""
        return self._opened_at is not None

    @property
    def is_old(self) -> bool:
        """Whether it has been open for long enough."""
        return self._opened_at is not None and time.monotonic() - self._opened_at > MOST_SECONDS

    def open(self) -> None:
        """Take the commit lock and begin the transaction.

        Raises
        ------
        BusyError
            When another process holds the commit lock for too long.
        """
        self._transaction.enter_context(self._warehouse.commit())
        self._opened_at = time.monotonic()
        self._version = self._warehouse.version()
        begin_keeping(self._warehouse)

    def take_lock(self, table: TableDefinition) -> bool:
        """Take a table's lock until the commit is made, unless another process has it.

        It is not waited for: whoever has it may be waiting for the commit lock.
        """
        try:
            self._locks.enter_context(table_lock(self._warehouse, table.name, wait_seconds=0))
        except BusyError:
            return False
        self._tables.append(table)
        return True

    def tell(self, table: str, chunk: Chunk, outcome: TableOutcome) -> None:
        """Keep what is to be told of a chunk until it is committed."""
        self._told.append((table, chunk, outcome))

    def add(self, outcome: TableOutcome) -> None:
        """Add a table that is complete."""
        self._outcomes.append(outcome)

    def close(self) -> None:
        """Commit what is complete, if it is open, and tell of it.

        Raises
        ------
        WarehouseError
            When the commit fails.
        """
        if not self.is_open:
            return
        tables, told, outcomes = self._tables, self._told, self._outcomes
        self._begin_anew()
        has_copy = self._warehouse.ledger_version is not None
        self._warehouse.ledger_version = None  # it has what a commit that fails has not written
        with self._locks, self._transaction:
            write_kept(self._warehouse)
        if told:  # without a chunk there may have been nothing to commit, and so no version
            names = (table.name for table in tables)
            self._warehouse.own_commits.note(self._version + 1, *names)
            if has_copy:
                self._warehouse.ledger_version = self._version + 1
        for each in told:
            self._listener(*each)
        for outcome in outcomes:
            self._done(outcome)

    def abandon(self, error: BaseException) -> list[TableDefinition]:
        """Roll back because of an error, if it is open, and return whose locks were taken."""
        if not self.is_open:
            return []
        tables = self._tables
        self._begin_anew()
        self._warehouse.ledger_version = None
        with self._locks, contextlib.suppress(WarehouseError):  # which says that it rolled back
            self._transaction.__exit__(type(error), error, error.__traceback__)
        return tables

    def _begin_anew(self) -> None:
        self._opened_at = None
        self._tables, self._told, self._outcomes = [], [], []
