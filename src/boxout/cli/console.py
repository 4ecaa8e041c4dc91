"""Printing: tables for people, JSON for programs, and progress for whoever waits."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from boxout.errors import BoxoutError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def print_json(result: Any) -> None:
    """Print dataclasses, dates, paths and numbers as one JSON document."""
    click.echo(as_json_document(result))


def as_json_document(result: Any) -> str:
    """Return dataclasses, dates, paths and numbers as one JSON document."""
    return json.dumps(result, default=as_plain, indent=2)


def print_labelled_json(result: dict[str, Any], is_simulated: bool) -> None:
    """Print a JSON document that says first whether it is of a simulated league."""
    print_json({"is_simulated": is_simulated, **result})


def print_label(is_simulated: bool) -> None:
    """Say above a result that it is of a simulated league, where it is."""
    if is_simulated:
        click.echo("of a SIMULATED league")


@contextmanager
def writing_to(path: Path, option: str) -> Iterator[None]:
    """Say of a failure to write which option named the file or folder.

    Raises
    ------
    BoxoutError
        When the operating system does not let it be written.
    """
    # few commands write a file, and `--help` needs no engine
    from boxout.warehouse.engine import duckdb

    try:
        yield
    except (OSError, duckdb.IOException) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise BoxoutError(
            f"What was asked for cannot be written: {why}.",
            str(path),
            f"Name another with {option}.",
        ) from error


def as_plain(value: Any) -> Any:
    """Return what JSON can hold of a value that it cannot."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def print_by_season(heads: Sequence[str], cells: Iterable[tuple[Sequence[Any], str, str]]) -> None:
    """Print a row a thing and a column a season.

    Parameters
    ----------
    heads
        The heads of the columns before the seasons.
    cells
        Of each cell the first columns of its row, its season and its text.
    """
    rows: dict[tuple[Any, ...], dict[str, str]] = {}
    for first, season, text in cells:
        rows.setdefault(tuple(first), {})[season] = text
    seasons = sorted({season for row in rows.values() for season in row})
    print_table(
        [*heads, *seasons],
        [[*first, *(row.get(season, "-") for season in seasons)] for first, row in rows.items()],
    )


def print_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows in columns, numbers to the right."""
    if not rows:
        return
    text = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(head), *(len(row[i]) for row in text)) for i, head in enumerate(heads)]
    right = [all(isinstance(row[i], int | float | None) for row in rows) for i in range(len(heads))]
    click.echo(
        "  ".join(
            _fit(head, width, is_right)
            for head, width, is_right in zip(heads, widths, right, strict=True)
        ).rstrip()
    )
    for row in text:
        click.echo(
            "  ".join(
                _fit(cell, width, is_right)
                for cell, width, is_right in zip(row, widths, right, strict=True)
            ).rstrip()
        )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _fit(text: str, width: int, to_right: bool) -> str:
    return text.rjust(width) if to_right else text.ljust(width)


def percent(good: int, total: int) -> str:
    """Write a share as percent, never rounded up to 100."""
    if not total:
        return "-"
    share = int(1000 * good / total) / 10
    return f"{share:.1f}%"


class DateProgress:
    """Progress over game dates: a bar a table on a terminal, plain lines elsewhere.

    The rate is of all dates since the beginning, of whichever table; the ETA is the table's.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}
        self._started = time.monotonic()

    def __enter__(self) -> DateProgress:
        if sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, what: str, done: int, total: int, day: date, rows: str) -> None:
        """Report that dates up to a day are done, such as `234/989 2022-11-06 134 players`."""
        self._done[what] = done
        dates = sum(self._done.values())
        rate = f"dates, {dates / max(time.monotonic() - self._started, 0.001):.0f}/s"
        if not self._show(what, done, total, rate):
            click.echo(f"{done}/{total} {day} {rows} {what}", err=True)

    def step(self, what: str, done: int, total: int) -> None:
        """Report a step that is no date, such as a training fold."""
        if not self._show("steps", done, total, "", what):
            click.echo(f"{done}/{total} {what}", err=True)

    def _show(self, bar: str, done: int, total: int, rate: str, what: str | None = None) -> bool:
        """Show it on the terminal, and return whether there is one."""
        if not self._bar:
            return False
        if bar not in self._tasks:
            self._tasks[bar] = self._bar.add_task(bar, total=total, rate=rate)
        self._bar.update(
            self._tasks[bar], completed=done, total=total, description=what or bar, rate=rate
        )
        if done >= total:
            self._bar.remove_task(self._tasks.pop(bar))
        return True


def _bar() -> Progress:
    """Return a bar for a terminal; its library is imported only where there is one."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def notice(text: str) -> None:
    """Print something for a person, to stderr so that results stay alone on stdout."""
    click.echo(text, err=True)
    sys.stderr.flush()
