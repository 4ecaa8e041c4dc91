"""One process at a time on one table; the kernel frees the lock when a process dies."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxout.errors import BusyError
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.file_locks import file_lock

TABLE_WAIT_SECONDS = 600.0
OTHER = "another process"


@contextmanager
def table_lock(
    warehouse: Warehouse, table: str, wait_seconds: float = TABLE_WAIT_SECONDS
) -> Iterator[None]:
    """Hold the lock of one table.

    Raises
    ------
    BusyError
        When another process still holds it after the wait; it says which.
    """
    path = warehouse.home.locks / f"{table}.lock"
    holder = path.with_suffix(".holder")

    def busy() -> BusyError:
        return BusyError(
            f"{table} is being written by {_who(holder)}.",
            str(path),
            "Wait for it to finish, or end that process, and run the command again.",
        )

    with file_lock(path, wait_seconds, busy):
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        yield


def _who(holder: Path) -> str:
    try:
        return holder.read_text() or OTHER
    except FileNotFoundError:
        return OTHER  # it has only just taken the lock
