"""Which errors may be gone in a minute; anything else is the same on the next try."""

from __future__ import annotations

from collections.abc import Sequence

from boxout.errors import BoxoutError, BusyError, WarehouseError
from boxout.warehouse.engine import duckdb

PASSING = (
    BusyError,
    WarehouseError,
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.OutOfMemoryException,
    OSError,
    MemoryError,
)


class FilesFailedError(BoxoutError):
    """Files whose ingest failed through no fault of theirs; the others were ingested.

    Parameters
    ----------
    each
        A sentence for each file.
    is_passing
        Whether another try may help.
    """

    def __init__(self, each: Sequence[str], *, is_passing: bool) -> None:
        super().__init__("; ".join(each))
        self.each = tuple(each)
        self.is_passing = is_passing


def is_passing(error: BaseException) -> bool:
    """Whether another try may help."""
    if isinstance(error, FilesFailedError):
        return error.is_passing
    return isinstance(error, PASSING)
