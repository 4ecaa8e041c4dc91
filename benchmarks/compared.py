"""The tables that are compared, and their SQL in the forms that peers take.

Every statement is made from boxout's own table files, so that a comparison is one of engines
and not of queries: the whole query, the query of an interval of dates with each input cut to
what its windows reach, and each check of a contract as a query of the rows that fail it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.stage import Chunk, input_slices
from boxout.sources.seasons import first_day_of_season
from boxout.tables.definition import Check, TableDefinition
from boxout.tables.syntax import sliced_query
from boxout.warehouse.ducklake import LAKE

RAW_PHASE = 2
COMPARED_PHASES = (3, 4)
# The four that everyone is asked for; what lies between them is built by all SQL peers too.
NAMED = (
    "analytics.team_offense_game_summary",
    "analytics.player_game_summary",
    "precompute.player_composite_factors",
    "precompute.ml_feature_store",
)
CHANGED_TABLE = "precompute.player_daily_cache"
# The changed definition: a half-life of eight games instead of ten.
DEFINITION_BEFORE = "AS DOUBLE) / 10)"
DEFINITION_AFTER = "AS DOUBLE) / 8)"

# Stand-ins for an interval's ends while a query is cut; no game was played then.
_FIRST, _LAST = date(1901, 12, 31), date(1903, 3, 20)
_A, _Z = "boxout_first_date", "boxout_last_date"
_LITERAL = re.compile(r"\bDATE '(19(?:00|01|02|03)-\d\d-\d\d)'")


def compared_tables(graph: Graph | None = None) -> tuple[TableDefinition, ...]:
    """Return the analytics and precompute tables, inputs first."""
    return tuple(t for t in (graph or load_graph()).computed if t.phase in COMPARED_PHASES)


def raw_tables(graph: Graph | None = None) -> tuple[TableDefinition, ...]:
    """Return the raw tables, which every peer is given ready-made."""
    return tuple(t for t in (graph or load_graph()).computed if t.phase == RAW_PHASE)


def changed_query(table: TableDefinition) -> str:
    """Return the table's query under the changed definition; other tables' as they are."""
    if table.name != CHANGED_TABLE:
        return table.query
    if DEFINITION_BEFORE not in table.query:
        raise ValueError(f"{table.name} no longer holds {DEFINITION_BEFORE!r}")
    return table.query.replace(DEFINITION_BEFORE, DEFINITION_AFTER)


def interval_query(
    table: TableDefinition,
    start: str,
    end: str,
    *,
    query: str | None = None,
    reference: Callable[[str], str] = str,
) -> str:
    """Return the query of the dates from `start` to `end`, both SQL expressions, included.

    Parameters
    ----------
    query
        Another query than the table's own.
    reference
        How the peer writes the name of a table.
    """
    text = _cut(table, query or table.query, start, end)
    whole = (
        f"SELECT * FROM ({text}) AS result\nWHERE result.game_date >= {start} "
        f"AND result.game_date <= {end}"
    )
    return rename(table, whole, reference)


def rename(table: TableDefinition, text: str, reference: Callable[[str], str]) -> str:
    """Write the names of a table's inputs as the peer does."""
    for name in sorted(table.windows, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", lambda _, n=name: reference(n), text)
    return text


def failing_rows(
    table: TableDefinition,
    check: Check,
    this: str,
    within: tuple[str, str] | None = None,
) -> str:
    """Return the query of what fails a check; it returns no row when the check passes.

    Parameters
    ----------
    this
        What stands for the table itself in a FROM clause.
    within
        The first and last date that `this` is cut to, as SQL, when it is: what a check reads
        beside it is cut to them, too.
    """
    good = check.expression
    if check.kind == "query" and within:
        good = sliced_query(
            good,
            {n: f"SELECT * FROM {n} WHERE game_date BETWEEN {_A} AND {_Z}" for n in table.windows},
            table.name,
        )
        good = good.replace(_A, within[0]).replace(_Z, within[1])
    if check.kind == "query":
        counted = f"SELECT c.game_date, c.failing, c.total FROM ({good}) AS c"
        if check.scope == "season":
            counted = (
                "SELECT MIN(c.game_date) AS game_date, SUM(c.failing) AS failing, "
                f"SUM(c.total) AS total FROM ({good}) AS c "
                "JOIN (SELECT DISTINCT season, game_date FROM raw.games) AS g "
                f"ON g.game_date = c.game_date WHERE {_in_season(table, 'c')} GROUP BY g.season"
            )
        return (
            f"WITH this AS (SELECT * FROM {this})\nSELECT * FROM ({counted}) AS counted "
            f"WHERE total - failing < {check.at_least} * total"
        )
    if check.scope == "row":
        return f"SELECT * FROM {this} WHERE ({good}) IS NOT TRUE"
    group = "game_date" if check.scope == "date" else "season"
    within = "TRUE" if check.scope == "date" else _in_season(table, "t")
    return (
        f"SELECT t.{group}, COUNT(*) AS total FROM {this} AS t "
        f"WHERE ({check.of}) AND {within} GROUP BY t.{group}\n"
        f"HAVING SUM(CASE WHEN {good} THEN 1 ELSE 0 END) < {check.at_least} * COUNT(*)"
    )


def duplicate_keys(table: TableDefinition, this: str) -> str:
    """Return the query of the keys that occur more than once."""
    key = ", ".join(table.key)
    return f"SELECT {key} FROM {this} GROUP BY {key} HAVING COUNT(*) > 1"


def _in_season(table: TableDefinition, alias: str) -> str:
    """A season's check leaves out its first days, where there is too little history."""
    return (
        f"{alias}.game_date NOT IN (SELECT d.game_date FROM raw.games AS d JOIN "
        "(SELECT season, MIN(game_date) AS opening FROM raw.games GROUP BY season) AS o "
        f"ON o.season = d.season WHERE d.game_date < o.opening + {table.bootstrap_days})"
    )


def _cut(table: TableDefinition, query: str, start: str, end: str) -> str:
    chunk = Chunk(_FIRST, _LAST, 1)
    slices = input_slices(replace(table, earlier_columns={}), chunk)
    text = sliced_query(query, slices, table.name).replace(f"{LAKE}.", "")
    places = {
        first_day_of_season(_FIRST): _season_start(start),
        first_day_of_season(_LAST) - timedelta(days=1): f"({_season_start(end)} - 1)",
        _LAST: end,
        _LAST - timedelta(days=1): f"({end} - 1)",
    }

    def place(match: re.Match[str]) -> str:
        day = date.fromisoformat(match[1])
        back = (_FIRST - day).days
        return places.get(day) or (f"({start} - {back})" if back else start)

    return _LITERAL.sub(place, text)


def _season_start(day: str) -> str:
    return f"CAST(DATE_TRUNC('year', {day} - INTERVAL 7 MONTH) + INTERVAL 7 MONTH AS DATE)"
