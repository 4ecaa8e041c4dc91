"""Compute the due dates of one table: the temporary table `computed` and the view `staged`.

Each input is replaced by a subquery cut to the dates that the windows of the due dates
reach, and the output is filtered to the due dates: one set-based statement a chunk. `staged` has
the dates as they will be: what is computed, and what stays of what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from boxout.errors import TableDefinitionError
from boxout.pipeline.sliced_queries import fill_query
from boxout.sources.seasons import first_day_of_season
from boxout.tables.definition import PLAYER, SAME_DAY, WINDOW, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.engine import duckdb

COMPUTED = "computed"
STAGED = "staged"
DUE = "due_dates"
JUDGED = "judged_seasons"
# More dates than a season has.
MANY_DATES = 300


@dataclass(frozen=True)
class Chunk:
    """The due dates that are computed together.

    Attributes
    ----------
    first, last
        The earliest and latest due date.
    dates
        How many dates are due.
    """

    first: date
    last: date
    dates: int


def select_due(warehouse: Warehouse, first: date, last: date) -> Chunk | None:
    """Choose what `partition_plan` has due within a range; see `choose_dates`.

    Returns
    -------
    Chunk or None
        None when nothing is due in the range.
    """
    return choose_dates(
        warehouse,
        "SELECT * FROM partition_plan WHERE is_due AND game_date BETWEEN $1 AND $2",
        [first, last],
    )


def choose_dates(
    warehouse: Warehouse, query: str, values: Sequence[Any] | None = None
) -> Chunk | None:
    """Create `due_dates` from a query of `partition_plan`, and `judged_seasons`, their seasons.

    Returns
    -------
    Chunk or None
        None when the query returns nothing.
    """
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {DUE} AS {query}", values)
    low, high, count = warehouse.rows(
        f"SELECT min(game_date), max(game_date), count(*) FROM {DUE}"
    )[0]
    if not count:
        return None
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS SELECT DISTINCT season FROM {DUE}")
    return Chunk(low, high, count)


def stage_table(
    warehouse: Warehouse, table: TableDefinition, chunk: Chunk, players: str | None = None
) -> None:
    """Compute the due dates into the temporary table `computed`, which `staged` shows.

    Parameters
    ----------
    players
        The table of the only players whose rows are computed, where other players' rows are
        what is published of them; all rows are computed when None. See `corrections`.

    Raises
    ------
    TableDefinitionError
        When the table's SQL does not run, or lacks a column that every table has.
    """
    slices = input_slices(table, chunk)
    # Of a table without rows DuckLake looks for statistics anew for each column that is read.
    for name in _empty(warehouse, table):
        slices[name] = f"SELECT * FROM {LAKE}.{name} WHERE false"
    is_due = f"game_date IN (SELECT game_date FROM {DUE})"
    if players:
        is_concerned = f"{PLAYER} IN (FROM {players})"
        for name in table.same_player:
            slices[name] = f"SELECT * FROM ({slices[name]}) WHERE {is_concerned}"
        is_due += f" AND {is_concerned}"
    query = fill_query(warehouse.home, table.query, slices, table.name)
    try:
        show_staged(warehouse, f"SELECT * FROM ({query}) AS result WHERE {is_due}")
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise TableDefinitionError(
            f"The table's SQL does not run: {error}", table.name, "Mend the table's SQL file."
        ) from error
    columns = warehouse.columns(COMPUTED)
    wide = [name for name, kind in columns.items() if kind == "HUGEINT"]
    if wide:  # Parquet has no such type: it would come back as DOUBLE
        raise TableDefinitionError(
            f"The column {wide[0]} is a HUGEINT.", table.name, "Cast it to INTEGER or BIGINT."
        )
    missing = {"season", "game_date", *table.key} - set(columns)
    if missing:
        raise TableDefinitionError(
            f"The query has no column {sorted(missing)[0]}.", table.name, "Add it to the SELECT."
        )
    if players:
        published = _dates_of(table.name, "*", chunk.first, chunk.last)
        warehouse.execute(
            f"CREATE OR REPLACE TEMP VIEW {STAGED} AS FROM {COMPUTED} UNION ALL BY NAME "
            f"{published} AND game_date IN (SELECT game_date FROM {DUE}) "
            f"AND {PLAYER} NOT IN (FROM {players})"
        )


def _empty(warehouse: Warehouse, table: TableDefinition) -> list[str]:
    """Return the inputs of which no partition is on record, so that they have no row."""
    filled = warehouse.rows("SELECT DISTINCT table_name FROM ledger_now")
    return sorted(table.windows.keys() - {name for (name,) in filled})


def show_staged(warehouse: Warehouse, query: str, values: Sequence[Any] | None = None) -> None:
    """Create the temporary table `computed` from a query, and `staged` as a view of it."""
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {COMPUTED} AS {query}", values)
    warehouse.execute(f"CREATE OR REPLACE TEMP VIEW {STAGED} AS FROM {COMPUTED}")


def window_bounds(window: str, chunk: Chunk) -> tuple[date | None, date | None]:
    """Return the first and last input date that a window reaches; None where it is open."""
    match = WINDOW.match(window)
    before = chunk.last - timedelta(days=1)
    if window == SAME_DAY:
        return chunk.first, chunk.last
    if window == "season_to_date":
        return first_day_of_season(chunk.first), before
    if window == "past_seasons":
        return None, first_day_of_season(chunk.last) - timedelta(days=1)
    if match is not None and match["days"]:
        return chunk.first - timedelta(days=int(match["days"])), before
    return None, before if window == "history" else None


def input_slices(table: TableDefinition, chunk: Chunk) -> dict[str, str]:
    """Return, for each input, the SELECT of what the windows of a chunk reach, and nothing later.

    Of dates before the chunk it has no more columns than the table's header lists, the others
    being null, so that nothing can be made of what would make no date stale.
    """
    return {name: _input_slice(table, name, chunk) for name in table.windows}


def _input_slice(table: TableDefinition, name: str, chunk: Chunk) -> str:
    bounds = [window_bounds(window, chunk) for window in table.windows[name]]
    low = None if any(first is None for first, _ in bounds) else min(d for d, _ in bounds if d)
    high = None if any(last is None for _, last in bounds) else max(d for _, d in bounds if d)
    columns = table.earlier_columns.get(name)
    if columns is None:
        return _dates_of(name, "*", low, high)
    earlier = _dates_of(name, ", ".join(columns), low, chunk.first - timedelta(days=1))
    return f"{earlier} UNION ALL BY NAME {_dates_of(name, '*', chunk.first, high)}"


def _dates_of(name: str, columns: str, low: date | None, high: date | None) -> str:
    limits = [f"game_date >= DATE '{low}'"] if low else []
    limits += [f"game_date <= DATE '{high}'"] if high else []
    return f"SELECT {columns} FROM {LAKE}.{name} WHERE {' AND '.join(limits) or 'TRUE'}"
