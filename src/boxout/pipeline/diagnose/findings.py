"""What a diagnosis says: causes as data, each with its evidence and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

# What each kind of cause is called, and what to do about it.
ADVICE = {
    "game-id-format": "Have the source write game ids as before, or map the new form to one of "
    "the known ones, and ingest the file again.",
    "lost-leading-zeros": "Write game ids as text of ten digits; 8-digit numbers are repaired.",
    "team-codes": "Write teams as NBA tricodes, ids or full names, and ingest the file again.",
    "missing-team-rows": "Fetch the file again; if the source lacks them still, add the rows.",
    "duplicated-rows": "Look for a writer that appends without deleting; exact repeats are "
    "dropped, contradicting ones need the right one to be chosen.",
    "minutes-unparsed": "Write minutes as a decimal number, such as 34.2, and ingest again.",
    "names-double-encoded": "Read the source as UTF-8 once, and ingest the file again.",
    "dates-shifted": "Turn times into US Eastern dates before cutting them to days, and ingest "
    "the file again.",
    "season-missing": "Fetch the season's file and ingest it.",
    "dates-missing": "Fetch the file again from the first missing date on, and ingest it.",
    "column-renamed": "Rename the column back, or fetch the file as it was, and ingest again.",
    "file-unreadable": "Fetch the file again; nothing of it was loaded.",
    "home-away-swapped": "Swap the two sides at the source, and ingest the file again.",
    "partial-write": "Fetch the dates again: their writer stopped before it was through.",
    "column-constant": "Look at what fills the column in the source, mend it, ingest again.",
    "rejected-rows": "Mend the rows that the samples show, and ingest the file again.",
    "unmatched-keys": "Compare the two sides' keys, mend the side that changed, ingest again.",
}
HELD_BACK, REPAIRED = "held back", "repaired at ingest"


@dataclass(frozen=True)
class Pattern:
    """A form of keys, digits written 9 and letters A, with how many are in it and examples."""

    side: str
    form: str
    count: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One cause.

    Attributes
    ----------
    kind
        One of `ADVICE`.
    status
        'held back' where it keeps data from being published; 'repaired at ingest' where
        boxout read past it.
    what
        One sentence with the numbers.
    table, column
        The source table it is in, and the column where there is one.
    count, total
        How many rows, teams, games or keys it concerns, of how many looked at.
    explains
        The share of what fails on the dates in question that it explains, 0 to 1.
    patterns
        The forms of the keys concerned, each side's.
    samples
        Values or rows to look at.
    first_date, last_date, seasons, teams, files
        Since and until when, in which seasons, for whom, and which files brought it.
    """

    kind: str
    what: str
    table: str
    count: int
    total: int
    status: str = HELD_BACK
    column: str | None = None
    explains: float = 0.0
    patterns: tuple[Pattern, ...] = ()
    samples: tuple[str, ...] = ()
    first_date: date | None = None
    last_date: date | None = None
    seasons: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do."""
        return ADVICE[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, advice included; dates are dates."""
        return asdict(self) | {"advice": self.advice}


@dataclass(frozen=True)
class JoinProbe:
    """What one join of the table's query found for the rows in question.

    Attributes
    ----------
    source
        The table or subquery that is joined.
    keys
        The condition, as SQL.
    rows, unmatched, without_key
        Rows looked at, those that found nothing, and those of them whose own key is null.
    other_rows, other_unmatched
        Keys of the other side on the same dates, and those that no row asked for.
    patterns
        The forms of unmatched keys on both sides.
    """

    source: str
    keys: str
    rows: int
    unmatched: int
    without_key: int
    other_rows: int
    other_unmatched: int
    patterns: tuple[Pattern, ...]
    first_date: date | None
    last_date: date | None


@dataclass(frozen=True)
class Diagnosis:
    """The answer for one table, or one column of it.

    Attributes
    ----------
    failing
        The failing checks that were asked about, as 'check season'.
    inputs
        What feeds it, as 'table.column', to the landing tables.
    joins
        The joins that left rows without a partner.
    findings
        The causes, the one that explains most first.
    """

    table: str
    column: str | None
    failing: tuple[str, ...] = ()
    first_date: date | None = None
    last_date: date | None = None
    inputs: tuple[str, ...] = ()
    joins: tuple[JoinProbe, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def causes(self) -> tuple[Finding, ...]:
        """The findings that hold data back."""
        return tuple(f for f in self.findings if f.status == HELD_BACK)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, advice included; dates are dates."""
        return asdict(self) | {"findings": [finding.to_dict() for finding in self.findings]}
