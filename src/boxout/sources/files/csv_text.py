"""CSV text that the engine cannot make out: where its header is, and what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from boxout.sources.files.finding import is_packed
from boxout.sources.files.known_shapes import NEAR_SHARE, nearest_shape

DELIMITERS = (",", ";", "\t", "|")
HEADER_WITHIN = 10  # lines
LONGEST_HEADER = 10_000  # characters
LONGEST_REASON = 200
MISREAD = "\N{REPLACEMENT CHARACTER}"
NO_DIALECT = "it is no CSV text of one kind, as where line ends or quotes are mixed"


@dataclass(frozen=True)
class Header:
    """The line of a CSV file that holds a known shape's columns, as options of the engine."""

    options: str
    table: str


def find_header(path: Path) -> Header | None:
    """Return the header of a CSV file that has, or nearly has, the columns of a shape."""
    opened = gzip.open if is_packed(path) else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        for number in range(HEADER_WITHIN):
            line = str(file.readline(LONGEST_HEADER))
            for delimiter in DELIMITERS:
                columns = next(csv.reader([line], delimiter=delimiter), [])
                nearest, share = nearest_shape({column.strip().lower() for column in columns})
                if share >= NEAR_SHARE and MISREAD not in line:
                    return Header(_reading_options(columns, delimiter, number), nearest.table)
    return None


def _reading_options(columns: list[str], delimiter: str, lines_before: int) -> str:
    quoted = (column.strip().replace("'", "''") for column in columns)
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in quoted)
    return (
        f", auto_detect = false, skip = {lines_before}, delim = '{delimiter}', "
        f"columns = {{{types}}}"
    )


def reason_of(error: Exception) -> str:
    """Return what the engine says of a file, in one sentence and without its advice."""
    said = str(error)
    lines = [line for line in said.splitlines() if line.strip()]
    line = re.search(r"CSV Error on Line: (\d+)", lines[0])
    if line is None:
        return NO_DIALECT if re.search("when sniffing|state machine", lines[0]) else lines[0]
    fields = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)", said, re.MULTILINE)
    if fields:
        return f"line {line[1]} has another number of fields ({fields[2]} instead of {fields[1]})"
    told = list(takewhile(lambda text: not text.startswith("Possible "), lines))
    return f"line {line[1]}: {told[-1].rstrip('.')[:LONGEST_REASON]}"
