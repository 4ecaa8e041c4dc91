"""pandas and Polars: a script that computes the core columns of the four tables, every time.

A script has no memory of what it did: each job is a run of the whole. The columns are those of
`FORM` and the box line's own; shot zones, injuries, lines and the scores made of them are not
in the scripts.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.compared import NAMED
from benchmarks.environments import binary
from benchmarks.inputs import PARQUET_TABLES, Inputs
from benchmarks.measuring import Command
from benchmarks.peer import Job, Peer

FORM = tuple(
    f"avg_{stat}_{window}"
    for stat in ("points", "rebounds", "assists", "threes", "minutes")
    for window in ("last_5_games", "last_10_games", "last_20_games", "season")
)
USAGE = ("avg_usage_rate_last_7_games", "games_played_season")
COLUMNS = {
    NAMED[0]: tuple(
        "team opponent team_minutes pts possessions pace offensive_rating efg_pct tov_pct orb_pct "
        "ft_rate".split()
    ),
    NAMED[1]: tuple(
        "team minutes fg fga fg3 fg3a ft fta trb ast stl blk tov pf pts pra usage_rate ts_pct "
        "efg_pct".split()
    ),
    NAMED[2]: USAGE,
    NAMED[3]: (*FORM, *USAGE, "avg_usage_rate_season", "team", "opponent", "is_home"),
}
# boxout's averages are of decimals with four digits, those of the scripts of doubles; this is
# relative to the larger of 1 and the value.
TOLERANCE = 1e-4
RESULT = "result"


def lay_out(name: str, work: Path, inputs: Inputs, changed: bool) -> None:
    """Copy the script."""
    shutil.copy(Path(__file__).parent / name / "rolling.py", work / "rolling.py")


def place(work: Path, inputs: Inputs, state: str) -> None:
    """Link the raw tables of a state."""
    folder = work / "raw"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for table in PARQUET_TABLES:
        (folder / f"{table}.parquet").symlink_to(inputs.parquet(state) / f"{table}.parquet")


def commands(name: str, work: Path, inputs: Inputs, job: Job) -> Sequence[Command] | None:
    """Return the run of the script; its columns know nothing of the changed definition."""
    if job.name == "definition":
        return None
    return [Command((binary(name, "python"), "rolling.py", "raw", RESULT), work)]


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]]:
    """Everything, each time."""
    return inputs.first, inputs.last, NAMED


def open_result(work: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Open the Parquet files that the script wrote."""
    connection = duckdb.connect()
    for table in NAMED:
        schema = table.split(".")[0]
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        path = work / RESULT / f"{table}.parquet"
        if path.exists():
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{path}'")
    return connection, ""


def frames_peer(name: str, title: str) -> Peer:
    """Return the peer of a script."""
    return Peer(
        name,
        title,
        lambda work, inputs, changed: lay_out(name, work, inputs, changed),
        lambda work, inputs, job: commands(name, work, inputs, job),
        rewritten,
        place,
        open_result,
        tables=NAMED,
        columns=COLUMNS,
        tolerance=TOLERANCE,
    )


PEERS = (frames_peer("pandas", "pandas"), frames_peer("polars", "Polars"))
