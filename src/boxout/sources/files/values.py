"""How single values of a file are read: SQL that is null where a value is missing or is none."""

from __future__ import annotations

from datetime import date

from boxout.sources.identity.players import OWN_ID_BASE
from boxout.sources.seasons import FIRST_DATE, LAST_DATE


def calendar_date(column: str, first: date = FIRST_DATE) -> str:
    """SQL for a date: null where it is missing, or its whole text is no date of any season.

    Parameters
    ----------
    first
        The first date that can be meant.
    """
    text = f"trim({column}::VARCHAR)"
    # Cast to DATE, a text may go on with anything; cast to TIMESTAMP, it may not.
    value = (
        f"CASE WHEN typeof({column}) = 'DATE' THEN try_cast({column} AS DATE) "
        f"ELSE coalesce(try_cast({column} AS TIMESTAMP), try_cast({text} AS TIMESTAMP), "
        f"try_strptime({text}, '%b %d, %Y'))::DATE END"
    )
    return f"(CASE WHEN {value} BETWEEN DATE '{first}' AND DATE '{LAST_DATE}' THEN {value} END)"


# What files write where they have no value, in lower case.
_NOTHING = ("", "na", "nan", "null", "none")
_MINUS_SIGNS = "\u2212\u2013"  # typeset ones, which are no hyphen


def is_unreadable(given: str, value: str) -> str:
    """SQL of whether a file gives a value and nothing could be read of it.

    Parameters
    ----------
    given
        SQL of what the file has.
    value
        SQL of what was read of it.
    """
    nothing = ", ".join(f"'{text}'" for text in _NOTHING)
    # A CASE looks at what the file has only where nothing was read; an AND does for every row.
    return (
        f"(CASE WHEN {value} IS NULL "
        f"THEN lower(trim({given}::VARCHAR)) NOT IN ({nothing}) ELSE false END)"
    )


# DuckDB reads a text without a zone in the zone that an earlier row names, so none may but UTC.
_TIME_OR_OFFSET = "[-+0-9 /T:.]+(Z|UTC)?"


def utc_moment(column: str) -> str:
    """SQL for a moment in UTC: null where it is missing, no time, or before or after any season.

    A text's own offset holds; without one the time is in UTC.
    """
    other_zone = (
        f"typeof({column}) = 'VARCHAR' "
        f"AND NOT regexp_full_match({column}::VARCHAR, '{_TIME_OR_OFFSET}')"
    )
    value = (
        f"(try_cast(CASE WHEN {other_zone} THEN NULL ELSE {column} END AS TIMESTAMPTZ) "
        "AT TIME ZONE 'UTC')"
    )
    return (
        f"(CASE WHEN {value} BETWEEN TIMESTAMP '{FIRST_DATE}' AND TIMESTAMP '{LAST_DATE}' "
        f"THEN {value} END)"
    )


def whole_number(column: str, low: int = -99_999, high: int = 99_999, kind: str = "INTEGER") -> str:
    """SQL for a count: null where the value is missing, NaN, out of range or no whole number."""
    value = f"try_cast({column} AS DOUBLE)"
    return (
        f"CASE WHEN {value} = round({value}) AND {value} BETWEEN {low} AND {high} "
        f"THEN try_cast({column} AS {kind}) END"
    )


def player_id(column: str) -> str:
    """SQL for an NBA id of a player: null where the value is missing or none."""
    return whole_number(column, 1, OWN_ID_BASE - 1, "BIGINT")


def american_odds(column: str) -> str:
    """SQL for a price such as -110: null where it is missing or in another notation."""
    text = f"translate(upper(trim({column}::VARCHAR)), '{_MINUS_SIGNS}', '--')"
    return (
        f"coalesce({whole_number(column)}, CASE WHEN {text} = 'EVEN' THEN 100 "
        f"WHEN regexp_full_match({text}, '[-+]?[0-9]{{3,5}}') THEN try_cast({text} AS INTEGER) END)"
    )


def is_no_price(given: str, value: str) -> str:
    """SQL of whether a file gives a price and it is no American odds; as `is_unreadable`."""
    return f"({value} BETWEEN -99 AND 99 OR {is_unreadable(given, value)})"


def yes_or_no(column: str) -> str:
    """SQL for a truth value, as text or number: null where it is missing or neither."""
    return (
        f"CASE WHEN typeof({column}) = 'BOOLEAN' THEN try_cast({column} AS BOOLEAN) "
        f"WHEN lower(trim({column}::VARCHAR)) IN ('true', 't', 'yes', 'y', '1', '1.0') "
        f"THEN true WHEN lower(trim({column}::VARCHAR)) IN "
        "('false', 'f', 'no', 'n', '0', '0.0') THEN false END"
    )


def tenths(column: str, low: int, high: int) -> str:
    """SQL for a line with one decimal: null where it is missing, NaN or out of range."""
    value = f"try_cast({column} AS DOUBLE)"
    return (
        f"CASE WHEN isfinite({value}) AND {value} BETWEEN {low} AND {high} "
        f"THEN round({value}, 1)::DECIMAL(5, 1) END"
    )
