"""Hold operating-system locks on files; the kernel frees them when the process dies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from boxout.errors import BusyError, WarehouseError
from boxout.warehouse.home import Home

if TYPE_CHECKING:
    from filelock import FileLock

COMMIT_WAIT_SECONDS = 120.0
# A commit takes some ten times as long.
COMMIT_POLL_SECONDS = 0.005
POLL_SECONDS = 0.05


def take_lock(
    path: Path,
    wait_seconds: float,
    busy: Callable[[], BusyError],
    poll_seconds: float = POLL_SECONDS,
) -> FileLock:
    """Take the lock of one file; it is to be released.

    Parameters
    ----------
    busy
        What to raise when another process still holds it after the wait.

    Raises
    ------
    WarehouseError
        When it cannot be taken at all, such as on a file system without locks.
    """
    # Imported only now: commands that only read take no lock, and it is a tenth of their imports.
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=wait_seconds)
    try:
        lock.acquire(poll_interval=poll_seconds)
    except Timeout as error:
        raise busy() from error
    except OSError as error:
        raise not_lockable(path, error) from error
    return lock


def not_lockable(path: Path, error: OSError) -> WarehouseError:
    """Return the error of a file of a home on which there can be no lock."""
    return WarehouseError(
        f"The project cannot be locked: {error.strerror or error}.",
        str(path),
        "Its folder has to be writable and on a file system with file locks, such as a local disk; "
        "a network drive may have none.",
    )


@contextlib.contextmanager
def file_lock(
    path: Path,
    wait_seconds: float,
    busy: Callable[[], BusyError],
    poll_seconds: float = POLL_SECONDS,
) -> Iterator[None]:
    """Hold the lock of one file, which is taken as by `take_lock`."""
    lock = take_lock(path, wait_seconds, busy, poll_seconds)
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def commit_lock(home: Home) -> Iterator[None]:
    """Hold a home's commit lock, without which nothing is written to its lake.

    Raises
    ------
    BusyError
        When another process holds it for too long.
    """
    with _home_lock(home, "commit.lock", "committing", COMMIT_POLL_SECONDS):
        yield


@contextlib.contextmanager
def attach_lock(home: Home) -> Iterator[None]:
    """Hold the lock under which a home's catalog is created.

    Raises
    ------
    BusyError
        When another process holds it for too long.
    """
    with _home_lock(home, "attach.lock", "opening the project", POLL_SECONDS):
        yield


@contextlib.contextmanager
def _home_lock(home: Home, name: str, doing: str, poll_seconds: float) -> Iterator[None]:
    def busy() -> BusyError:
        return BusyError(
            f"Another process has been {doing} for over {COMMIT_WAIT_SECONDS:.0f} s.",
            str(home.path),
            "Wait for it to finish, or end it, and run the command again.",
        )

    with file_lock(home.locks / name, COMMIT_WAIT_SECONDS, busy, poll_seconds):
        yield
