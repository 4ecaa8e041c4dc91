"""The error tree: every failure that a user can meet, with its exit code.

An error says what is wrong, where, and what to do next; the command line prints exactly
that and exits with the error's code. Anything that is not a `BoxoutError` is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence

# The exit code where something was held back, by a contract, a gate or another run.
HELD_BACK = 3


class BoxoutError(Exception):
    """A failure with a message for a person: what is wrong, where, and the next step.

    Parameters
    ----------
    what
        One sentence that says what is wrong.
    where
        The file, table, date or setting concerned.
    next_step
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", next_step: str = "") -> None:
        self.what = what
        self.where = where
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        text = self.what
        if self.where:
            text += f"\n  where: {self.where}"
        if self.next_step:
            text += f"\n  next:  {self.next_step}"
        return text


class SourceError(BoxoutError):
    """A file or source cannot be read, or is of no known shape."""


class UnreadableFileError(SourceError):
    """A file or folder that the operating system does not let be read; in a while it may."""


class UnknownShapeError(SourceError):
    """A readable file whose columns are those of no known shape."""


class RefusedFileError(SourceError):
    """A file that should fill a landing table and is refused whole.

    Parameters
    ----------
    what, where, next_step
        As in every error.
    table
        The landing table; None where even that cannot be told.
    missing, unknown
        Columns that it lacks, and columns of no known meaning that it has.
    """

    def __init__(
        self,
        what: str,
        where: str = "",
        next_step: str = "",
        *,
        table: str | None = None,
        missing: Sequence[str] = (),
        unknown: Sequence[str] = (),
    ) -> None:
        super().__init__(what, where, next_step)
        self.table = table
        self.missing = tuple(missing)
        self.unknown = tuple(unknown)


class IdentityError(SourceError):
    """A game id, team or player name cannot be placed."""


class WarehouseError(BoxoutError):
    """The home folder or its catalog cannot be opened, read or written."""


class TableDefinitionError(BoxoutError):
    """A table file is malformed, or the graph of tables is not sound."""


class UsageError(BoxoutError):
    """The command was called with arguments that make no sense together."""

    exit_code = 2


class GateError(BoxoutError):
    """A contract or an unready input held something back."""

    exit_code = HELD_BACK


class BusyError(BoxoutError):
    """Another run holds what this one needs."""

    exit_code = HELD_BACK


class StoppedError(BoxoutError):
    """A run was asked to stop and ended at a commit point."""

    exit_code = 130
