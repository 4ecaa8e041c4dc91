"""The folders that files come to: what is in them now.

A folder that cannot be looked at has nothing now; that is said once, and each round that meets it
counts it as a problem.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from boxout.errors import SourceError
from boxout.orchestration.logs import log
from boxout.sources.files.finding import find_files

Stamp = tuple[int, int]  # when a file changed, in nanoseconds, and its size in bytes
Files = dict[Path, Stamp]
MISSING = "there is no such folder"


@dataclass
class Incoming:
    """The files of the folders, and what is known of the folders.

    Attributes
    ----------
    closed
        Folders that could not be looked at the last time, and why.
    """

    folders: tuple[Path, ...]
    closed: dict[Path, str] = field(default_factory=dict)
    _said: dict[Path, str] = field(default_factory=dict)

    def look(self) -> Files:
        """Return the data files that are there now, with when each changed and its size."""
        found: Files = {}
        troubles: dict[Path, str] = {}

        def note(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # removed while it was looked at
                troubles[Path(error.filename or folder)] = error.strerror or str(error)

        for folder in self.folders:
            try:
                if folder.is_dir():
                    found |= _files_of(folder, note)
                else:
                    troubles[folder] = MISSING
            except OSError as error:
                troubles[folder] = error.strerror or str(error)
        self._say(troubles)
        self.closed = {where: why for where, why in troubles.items() if why != MISSING}
        return found

    def _say(self, troubles: dict[Path, str]) -> None:
        for where, why in troubles.items():
            if self._said.get(where) == why:
                continue
            if why == MISSING:
                log(why, level=logging.WARNING, folder=where)
            else:
                log("a folder cannot be looked at", level=logging.ERROR, folder=where, reason=why)
        self._said = troubles


def _files_of(folder: Path, note: Callable[[OSError], None]) -> Files:
    try:
        paths = find_files([folder], note)
    except SourceError:
        return {}  # an empty folder
    found: Files = {}
    for path in paths:
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found[path] = (state.st_mtime_ns, state.st_size)
    return found
