"""What a peer is to the harness: how it is laid out, which commands do a job, what it holds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.inputs import Inputs
from benchmarks.measuring import Command

DATABASE = "warehouse.duckdb"


@dataclass(frozen=True)
class Job:
    """One thing to be done.

    Attributes
    ----------
    name
        `full`, `nothing`, `game`, `game_to_season_end`, `season`, `definition`, `bad` or `resume`.
    state
        Which state of the raw tables it is done on.
    start, end
        The dates that a peer is told, which cannot find out by itself what changed.
    """

    name: str
    title: str
    state: str
    start: date
    end: date


def jobs(inputs: Inputs) -> tuple[Job, ...]:
    """Return the jobs on some inputs, `full` first."""
    first, last = inputs.first, inputs.last
    opening, closing = inputs.season_start, inputs.season_end
    game = inputs.game_date
    return (
        Job("full", "full history from raw tables", "base", first, last),
        Job("nothing", "nothing to do", "base", first, last),
        Job("game", "one corrected game, told its date", "game", game, game),
        Job("game_to_season_end", "one corrected game, told to do all to the season's end",
            "game", game, closing),
        Job("season", "a season restated", "season", opening, closing),
        Job("definition", "a changed table definition", "definition", first, last),
        Job("bad", "a bad ingest", "bad", opening, closing),
        Job("resume", "killed half-way, and resumed", "base", first, last),
    )  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """One way to build the tables.

    Attributes
    ----------
    name, title
        Its short and its full name.
    lay_out
        Writes its project into a folder; with `True`, with the changed definition.
    commands
        The commands of a job in a folder; None where the peer has no such job.
    place
        Brings the folder's raw tables into a state.
    relation
        What stands in a FROM clause for a table of its result, once `open_result` is done.
    rewritten
        The dates, and tables, that a job replaces; None when its report says.
    columns
        The columns that it computes, by table; all where a table is not named.
    tables
        The tables it builds; all when empty.
    sample
        How many of a job's dates are run, the rest being extrapolated; 0 for all.
    """

    name: str
    title: str
    lay_out: Callable[[Path, Inputs, bool], None]
    commands: Callable[[Path, Inputs, Job], Sequence[Command] | None]
    rewritten: Callable[[Inputs, Job], tuple[date, date, tuple[str, ...]] | None]
    place: Callable[[Path, Inputs, str], None] | None = None
    open_result: Callable[[Path], tuple[duckdb.DuckDBPyConnection, str]] | None = None
    tables: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tolerance: float = 0.0
    sample: int = 0


def place_database(work: Path, inputs: Inputs, state: str) -> None:
    """Bring the raw tables of a peer's DuckDB file into a state."""
    database = work / DATABASE
    if not database.exists():
        shutil.copy(inputs.raw(state), database)
        return
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"ATTACH '{inputs.raw(state)}' AS news (READ_ONLY)")
        for table in inputs.changing:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} SELECT * FROM news.{table}")


def open_database(work: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Open a peer's DuckDB file, to be read; also the prefix of its tables' names."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{work / DATABASE}' AS warehouse (READ_ONLY)")
    return connection, "warehouse."
