"""Read one table file: a TOML header in a block comment, then a plain SELECT.

A definition holds what the file says and nothing about any warehouse: key, windows,
checks, the query text, and each output column's comment. The graph of tables and the
running of them belong to `boxout.pipeline`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from boxout.errors import TableDefinitionError

FOLDER = Path(__file__).parent
SCHEMAS = ("landing", "raw", "analytics", "precompute")
INCOMING = "incoming"
# What an input's name begins with in a query that is to be filled in.
PLACE = "__input__"
# The phase whose tables tell which dates there are; those of later phases follow the schedule.
RAW_PHASE = 2
# The window of a row's own date.
SAME_DAY = "same_day"
# The key column of tables whose rows are players'.
PLAYER = "player_id"

WINDOW = re.compile(
    r"^(same_day|season_to_date|past_seasons|history|all|days: (?P<days>[1-9][0-9]*))$"
)
SCOPES = ("row", "date", "season")
SEVERITIES = ("block", "warn")
KINDS = ("holds", "share", "query")
HEADER_KEYS = {
    "description",
    "phase",
    "key",
    "bootstrap_days",
    "may_be_null",
    "may_be_constant",
    "windows",
    "earlier_columns",
    "same_player",
    "checks",
}
CHECK_KEYS = {
    "name",
    "scope",
    "severity",
    "holds",
    "share",
    "query",
    "of",
    "at_least",
    "expected_from",
    "expected_where",
}

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_HEADER = re.compile(r"^\s*/\*(?P<toml>.*?)\*/(?P<sql>.*)$", re.DOTALL)
_QUOTED_OR_SPACE = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:\s|--[^\n]*|/\*.*?\*/)+""", re.DOTALL
)


@dataclass(frozen=True)
class Check:
    """One check of a contract.

    Attributes
    ----------
    name, scope, severity
        What it is called; `row`, `date` or `season`; `block` or `warn`.
    kind
        `holds` (a condition on each row), `share` (of rows that meet one) or `query`
        (any SQL that returns game_date, failing, total).
    expression
        The condition or the query, as SQL.
    of
        The condition that selects the denominator's rows of a share.
    at_least
        The share, from 0 to 1, that must be reached.
    expected_from, expected_where
        The input table and condition that count the rows of dates which could not be
        built, so that a missing date lowers a season's share instead of hiding.
    """

    name: str
    scope: str
    severity: str
    kind: str
    expression: str
    of: str = "true"
    at_least: float = 1.0
    expected_from: str | None = None
    expected_where: str = "true"


@dataclass(frozen=True)
class TableDefinition:
    """What one table file says.

    Attributes
    ----------
    name
        `schema.table`.
    windows
        Each input table with the windows in which it is read.
    query
        The SELECT, comments included.
    earlier_columns
        Of inputs that are read on the same day and on earlier ones: all columns that are read of
        the earlier dates, where they are fewer. A change of other columns makes no later date
        stale, and the query does not get to see them.
    same_player
        Inputs of which a row is made of rows of its own player alone: where nothing else has
        changed, the rows of other players stay as they are.
    """

    name: str
    description: str
    phase: int
    key: tuple[str, ...]
    windows: dict[str, tuple[str, ...]]
    checks: tuple[Check, ...]
    query: str
    bootstrap_days: int = 0
    may_be_null: frozenset[str] = frozenset()
    may_be_constant: frozenset[str] = frozenset()
    earlier_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_player: frozenset[str] = frozenset()

    @property
    def schema(self) -> str:
        """The schema part of the name."""
        return self.name.split(".")[0]

    @property
    def is_landing(self) -> bool:
        """Whether rows come from ingest and not from other tables."""
        return self.schema == "landing"

    @cached_property
    def code_hash(self) -> str:
        """A fingerprint of the query, key, windows and contract.

        Comments, and how much space there is outside of quotes, do not count.
        """
        code = _QUOTED_OR_SPACE.sub(lambda m: m.group(1) or " ", self.query).strip()
        parts: tuple[Any, ...] = (
            code,
            self.key,
            sorted(self.windows.items()),
            self.checks,
            self.bootstrap_days,
            sorted(self.may_be_null),
            sorted(self.may_be_constant),
        )
        if self.earlier_columns:
            parts += (sorted(self.earlier_columns.items()),)
        # What is computed is the same whether or not `same_player` is made use of.
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    @cached_property
    def column_comments(self) -> dict[str, str]:
        """Each output column's one-line comment, in order."""
        from boxout.tables.syntax import column_comments

        return column_comments(self.query, self.name)


def load_tables(folder: Path = FOLDER) -> dict[str, TableDefinition]:
    """Read every table file below a folder, by `schema.table` name.

    Raises
    ------
    TableDefinitionError
        When a file is malformed.
    """
    return {
        f"{schema}.{path.stem}": read_table(path)
        for schema in SCHEMAS
        for path in sorted((folder / schema).glob("*.sql"))
    }


def read_table(path: Path) -> TableDefinition:
    """Read one table file.

    Raises
    ------
    TableDefinitionError
        When the header is missing, is not TOML, or says something unknown.
    """
    match = _HEADER.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise TableDefinitionError(
            "The table file has no header.", str(path), "Open it with a /* TOML */ comment."
        )
    try:
        header = tomllib.loads(match["toml"])
    except tomllib.TOMLDecodeError as error:
        raise TableDefinitionError(
            f"The header is not TOML: {error}", str(path), "Mend the header."
        ) from error
    _refuse_unknown(header, HEADER_KEYS, str(path))
    try:
        windows = _read_windows(header.get("windows", {}), str(path))
        return TableDefinition(
            name=f"{path.parent.name}.{path.stem}",
            description=header["description"],
            phase=header["phase"],
            key=tuple(header["key"]),
            windows=windows,
            checks=tuple(_read_check(check, str(path)) for check in header.get("checks", [])),
            query=match["sql"].strip().removesuffix(";"),
            bootstrap_days=header.get("bootstrap_days", 0),
            may_be_null=frozenset(header.get("may_be_null", [])),
            may_be_constant=frozenset(header.get("may_be_constant", [])),
            earlier_columns=_read_earlier(header.get("earlier_columns", {}), windows, str(path)),
            same_player=_read_same_player(header, windows, str(path)),
        )
    except KeyError as error:
        raise TableDefinitionError(
            f"The header lacks {error}.", str(path), "Add it to the header."
        ) from error


def _read_windows(header: dict[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    windows: dict[str, tuple[str, ...]] = {}
    for table, value in header.items():
        listed = tuple([value] if isinstance(value, str) else value)
        for window in listed:
            if not WINDOW.match(window):
                raise TableDefinitionError(
                    f"Unknown window {window!r} on {table}.",
                    where,
                    "Use same_day, season_to_date, past_seasons, history, all or 'days: N'.",
                )
        windows[table] = listed
    return windows


def _read_earlier(
    header: dict[str, Any], windows: dict[str, tuple[str, ...]], where: str
) -> dict[str, tuple[str, ...]]:
    for table, columns in header.items():
        if SAME_DAY not in windows.get(table, ()) or {"all", SAME_DAY} >= set(windows[table]):
            raise TableDefinitionError(
                f"The header has earlier_columns of {table}, which is not read both on the same "
                "day and on earlier ones.",
                where,
                "Name inputs that have the window same_day and one of earlier dates.",
            )
        missing = {"season", "game_date"} - set(columns)
        if missing:
            raise TableDefinitionError(
                f"The earlier_columns of {table} lack {sorted(missing)[0]}.",
                where,
                "List season, game_date, the input's key, and what else is read.",
            )
    return {table: tuple(columns) for table, columns in header.items()}


def _read_same_player(
    header: dict[str, Any], windows: dict[str, tuple[str, ...]], where: str
) -> frozenset[str]:
    inputs = frozenset(header.get("same_player", []))
    if inputs and PLAYER not in header["key"]:
        raise TableDefinitionError(
            f"The header has same_player, and {PLAYER} is not in the key.",
            where,
            "Take same_player away: rows of such a table are nobody's.",
        )
    if inputs - windows.keys():
        raise TableDefinitionError(
            f"same_player lists {sorted(inputs - windows.keys())[0]}, which has no window.",
            where,
            "List inputs of [windows].",
        )
    return inputs


def _read_check(header: dict[str, Any], where: str) -> Check:
    _refuse_unknown(header, CHECK_KEYS, where)
    kinds = [kind for kind in KINDS if kind in header]
    if (
        len(kinds) != 1
        or header.get("scope") not in SCOPES
        or header.get("severity") not in SEVERITIES
    ):
        raise TableDefinitionError(
            f"Check {header.get('name')!r} needs one of {KINDS}, a scope and a severity.",
            where,
            f"Scopes are {SCOPES}, severities {SEVERITIES}.",
        )
    if not _NAME.match(header.get("name", "")):
        raise TableDefinitionError(
            f"{header.get('name')!r} is no name of a check.",
            where,
            "Write it in lower case with underscores.",
        )
    at_least = header.get("at_least", 1.0)
    if not isinstance(at_least, int | float) or not 0 <= at_least <= 1:
        raise TableDefinitionError(
            f"Check {header['name']} has at_least = {at_least!r}.",
            where,
            "Write the share that is needed, from 0 to 1.",
        )
    return Check(
        name=header["name"],
        scope=header["scope"],
        severity=header["severity"],
        kind=kinds[0],
        expression=header[kinds[0]],
        of=header.get("of", "true"),
        at_least=float(at_least),
        expected_from=header.get("expected_from"),
        expected_where=header.get("expected_where", "true"),
    )


def _refuse_unknown(header: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(header) - known)
    if unknown:
        raise TableDefinitionError(
            f"Unknown setting {unknown[0]!r} in the header.",
            where,
            f"Known settings: {', '.join(sorted(known))}.",
        )
