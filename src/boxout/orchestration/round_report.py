"""What a round of the watcher did: for logs, alerts and metrics, and printed by `watch --once`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from boxout.orchestration.incoming import Stamp
from boxout.orchestration.learning_round import Learned
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.run import RunReport


@dataclass
class RoundReport:
    """What one round did.

    Attributes
    ----------
    files
        Files that brought something.
    refused
        Files that could not be ingested, with the reason each; told once a version of a file.
    tables, learned
        None where the round did not come so far.
    problems
        Jobs that failed, after the last try.
    stamps
        Of the refused files, when each changed, in nanoseconds, and its size in bytes.
    unwatched
        Times without a watcher that could not be put on record, a sentence each.
    is_stopped
        Whether it was asked to stop before its end.
    seconds
        Wall time.
    """

    started_at: datetime
    files: list[FileReport] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    tables: RunReport | None = None
    learned: Learned | None = None
    problems: list[str] = field(default_factory=list)
    unwatched: list[str] = field(default_factory=list)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    is_stopped: bool = False
    seconds: float = 0.0

    @property
    def held_back(self) -> bool:
        """Whether a contract or a gate held something back."""
        return bool(self.tables and self.tables.held_back)

    @property
    def is_well(self) -> bool:
        """Whether every job was done and every file was read."""
        return not self.problems and not self.refused
