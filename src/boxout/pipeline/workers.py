"""Threads that compute tables side by side, each on a connection of its own to one engine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from types import TracebackType

from boxout.errors import StoppedError
from boxout.pipeline.table_run import TableOutcome
from boxout.warehouse.ducklake import Warehouse

MOST_WORKERS = 4


class Workers:
    """As many workers as the engine has threads, up to `MOST_WORKERS`; none before it is needed.

    When the block is left by an error, what is at work is interrupted, its transaction rolled
    back, and waited for; by a stop, each ends at its next commit point.

    Parameters
    ----------
    warehouse
        The connection of the thread that hands out the work. It is not used by the workers.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.count = min(warehouse.thread_count(), MOST_WORKERS)
        self._pool: ThreadPoolExecutor | None = None
        self._catalog = ExitStack()
        self._free: list[Warehouse] = []
        self._futures: dict[Future[TableOutcome], tuple[str, Warehouse]] = {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, StoppedError):
            for _, warehouse in self._futures.values():
                warehouse.abandon()
        if self._pool is not None:
            self._pool.shutdown()
        for warehouse in (*self._free, *(w for _, w in self._futures.values())):
            warehouse.close()
        self._catalog.close()

    @property
    def at_work(self) -> set[str]:
        """The tables that are being computed."""
        return {name for name, _ in self._futures.values()}

    @property
    def are_all_at_work(self) -> bool:
        """Whether each worker has a table."""
        return len(self._futures) >= self.count

    def start(self, table: str, compute: Callable[[Warehouse], TableOutcome]) -> None:
        """Let a worker compute a table on its own connection."""
        if self._pool is None:
            self._catalog.enter_context(self._warehouse.catalog_kept_open())
            self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="table")
        warehouse = self._free.pop() if self._free else self._warehouse.beside()
        self._futures[self._pool.submit(compute, warehouse)] = (table, warehouse)

    def wait(self) -> list[TableOutcome]:
        """Wait until a worker is done, and return what became of its table.

        Raises
        ------
        Exception
            What the computation raised.
        """
        done, _ = wait(self._futures, return_when=FIRST_COMPLETED)
        outcomes = []
        for future in done:
            _, warehouse = self._futures.pop(future)
            self._free.append(warehouse)
            outcomes.append(future.result())
        return outcomes
