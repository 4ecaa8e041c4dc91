"""Which versions of the lake a process has made itself, so that it need not look at them anew."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from threading import Lock

from boxout.warehouse.engine import duckdb


class OwnCommits:
    """The commits of all connections of one process to a lake, and whose partitions each changed.

    Connections that work side by side share one. A version that is not in it was made by another
    process, or by a commit that nobody noted: what it changed is unknown.

    Attributes
    ----------
    versions
        Every version that was made, whatever it changed; None where nobody wants to know, for it
        takes a query after each commit.
    """

    def __init__(self) -> None:
        self.versions: set[int] | None = None
        self._tables: dict[int, frozenset[str]] = {}
        self._noting = Lock()

    def note(self, version: int, *tables: str) -> None:
        """Note the version that a commit made, and the tables whose partitions it changed."""
        with self._noting:
            self._tables[version] = frozenset(tables)
        if self.versions is not None:
            self.versions.add(version)

    def note_made(self, scalar: Callable[[str], int]) -> None:
        """Note the version that a connection made last, where somebody wants to know them all.

        Parameters
        ----------
        scalar
            Returns what the connection answers to a query.
        """
        if self.versions is not None:
            with contextlib.suppress(duckdb.Error):  # what is not noted counts as another's
                self.versions.add(scalar("SELECT id FROM lake.last_committed_snapshot()"))

    def tables_between(self, version: int, newer: int) -> set[str] | None:
        """Return the tables whose partitions changed after one version and up to a newer one.

        Returns
        -------
        set of str or None
            None when one of the versions is unknown.
        """
        with self._noting:
            if any(made not in self._tables for made in range(version + 1, newer + 1)):
                return None
            found = (self._tables[made] for made in range(version + 1, newer + 1))
            return set().union(*found)
