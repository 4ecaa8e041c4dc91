"""The folders that files come to: what is in them now, what is new, and what is at rest.

A file that is still being written is left for later, so that it holds up no other. A folder that
cannot be looked at has nothing now; that is said once, and each round that meets it counts it as
a problem.
"""

from __future__ import annotations

import logging
import time
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
    """The files of the folders, and what one round remembers of them for the next.

    Parameters
    ----------
    settle_seconds
        A file that changed more recently is still being written.

    Attributes
    ----------
    seen
        The files that were tried, as they were then.
    again
        Of those the ones that each round tries again and none is called for: the system did not
        let them be read, or their ingest failed. The last to fail is the last here.
    refused
        The files that were refused, as they were then.
    closed
        Folders that could not be looked at the last time, and why.
    """

    folders: tuple[Path, ...]
    settle_seconds: float = 0.0
    seen: Files = field(default_factory=dict)
    again: dict[Path, None] = field(default_factory=dict)
    refused: Files = field(default_factory=dict)
    closed: dict[Path, str] = field(default_factory=dict)
    _said: dict[Path, str] = field(default_factory=dict)
    _since: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)

    def has_come(self) -> bool:
        """Whether a file is there that is new, and not being written any more."""
        return any(seconds <= 0 for _, seconds in self._new(self.look()).values())

    def take(self, wait: Callable[[float], None]) -> Files:
        """Return the files to be ingested: those that are new and at rest, and those to try again.

        Parameters
        ----------
        wait
            Waits so many seconds: once, for files that came a moment ago.
        """
        files = self.look()
        longest = max((seconds for _, seconds in self._new(files).values()), default=0.0)
        if longest > 0:
            wait(longest)
            files = self.look()
        ready = {path: s for path, (s, seconds) in self._new(files).items() if seconds <= 0}
        # The last to fail goes first: it may have failed for what an earlier one did to the engine.
        for path in reversed(self.again):
            if path in files and path not in ready and self.seen.get(path) == files[path]:
                ready[path] = files[path]
        return ready

    def settle(self, path: Path, stamp: Stamp, *, is_to_be_tried_again: bool) -> None:
        """Note that a file was tried."""
        self.seen[path] = stamp
        self.again.pop(path, None)
        if is_to_be_tried_again:
            self.again[path] = None

    def put_off(self, files: Files) -> None:
        """Leave to the next round what is still new of some files."""
        for path, stamp in files.items():
            if self.seen.get(path) != stamp:
                self.settle(path, stamp, is_to_be_tried_again=True)

    def look(self) -> Files:
        """Return the data files that are there now, with when each changed and its size."""
        found: Files = {}
        troubles: dict[Path, str] = {}

        def note(error: OSError) -> None:
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

    def _new(self, files: Files) -> dict[Path, tuple[Stamp, float]]:
        """Return the new files, and in how many seconds each is at rest, unless it changes."""
        new = {path: stamp for path, stamp in files.items() if self.seen.get(path) != stamp}
        here, there = time.monotonic(), time.time()
        found = {}
        for path, stamp in new.items():
            since = self._since.get(path, (stamp, here))
            self._since[path] = since if since[0] == stamp else (stamp, here)
            # What a clock that is wrong dates to the future is told by what is seen of it here.
            age = max(here - self._since[path][1], there - stamp[0] / 1e9)
            found[path] = (stamp, self.settle_seconds - age)
        self._since = {path: self._since[path] for path in new}
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
        except OSError as error:
            note(error)
            continue
        found[path] = (state.st_mtime_ns, state.st_size)
    return found
