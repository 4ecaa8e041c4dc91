"""Options that several commands share, and the parsing of dates."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from boxout.errors import IdentityError, UsageError
from boxout.sources.seasons import parse_date

Command = Callable[..., Any]


class GameDate(click.ParamType[date]):
    """A game date, such as 2024-01-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse the date, or fail as a usage error."""
        if isinstance(value, date):
            return value
        try:
            return parse_date(str(value))
        except IdentityError:
            self.fail(f"{value!r} is not a date; write it like 2024-01-31.", param, ctx)


class Finite(click.FloatRange):
    """A number within bounds, and neither infinite nor no number at all."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse the number, or fail as a usage error."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number to compare with.", param, ctx)
        return number


LINE = Finite(min=0)
SEED = click.IntRange(min=0)


def with_home(command: Command) -> Command:
    """Add --home."""
    return click.option(
        "--home",
        metavar="FOLDER",
        help="The project's folder.  [default: BOXOUT_HOME or ./.boxout]",
    )(command)


def with_json(command: Command) -> Command:
    """Add --json."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as JSON, progress to stderr."
    )(command)


def with_range(command: Command) -> Command:
    """Add --start-date and --end-date."""
    command = click.option("--end-date", type=GameDate(), help="Last game date, included.")(command)
    return click.option("--start-date", type=GameDate(), help="First game date, included.")(command)


def check_range(start: date | None, end: date | None) -> None:
    """Refuse a range that ends before it starts.

    Raises
    ------
    UsageError
        When it does.
    """
    if start and end and start > end:
        raise UsageError(
            f"The range ends ({end}) before it starts ({start}).",
            "--start-date, --end-date",
            "Swap the two dates.",
        )
