"""Measure growth: the league copied many times over, one season set after the other.

    python -m benchmarks.scale [--copies 1,3,10]

Each copy is the quick set's raw rows moved by four years a copy, with game and player ids of
their own; the ledger gets the copies' partitions as if ingested. Then boxout builds the nine
tables from nothing, and so does the floor. The exponent is the slope of the logarithm of time
over that of the number of copies.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.compared import raw_tables
from benchmarks.inputs import Inputs, choose_files, prepare_inputs
from benchmarks.measuring import Measurement, measure
from benchmarks.peer import jobs
from benchmarks.peers.boxout.peer import commands as boxout_commands
from benchmarks.peers.floor.peer import build, run_statements
from benchmarks.side_by_side import QUICK_SEASONS, REAL_DATA, WORK, scratch, simulate
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

MEMORY_LIMIT_MB = 4096
DAYS = 1461  # four years, so that seasons still begin in August
IDS = 10_000_000
LETTERS = {"game_id": "game_id || '-' || $copy", "player_id": f"player_id + {IDS} * $copy"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", default="1,3,10", help="numbers of copies, with commas")
    counts = [int(count) for count in parser.parse_args().copies.split(",")]
    data = REAL_DATA if REAL_DATA.is_dir() else simulate(WORK / "league")
    files = choose_files(data, WORK / "files", QUICK_SEASONS)
    inputs = prepare_inputs(files, WORK / "inputs-quick")
    print("copies  peer        wall s    CPU s   peak MB")
    found: dict[str, list[Measurement]] = {"boxout": [], "floor": []}
    for count in counts:
        for peer, measured in measure_copies(inputs, count).items():
            found[peer].append(measured)
            within = "" if measured.memory < MEMORY_LIMIT_MB else "  over the limit of 4 GB"
            print(f"{count:6}  {peer:8} {measured.wall:9.1f} {measured.cpu:8.1f}"
                  f" {measured.memory:9.0f}{within}", flush=True)  # fmt: skip
    if len(counts) > 1:
        for peer, runs in found.items():
            wall, cpu = (exponent(counts, [getattr(r, f) for r in runs]) for f in ("wall", "cpu"))
            print(f"exponent of {peer}: {wall:.2f} in wall time, {cpu:.2f} in CPU time")


def measure_copies(inputs: Inputs, count: int) -> dict[str, Measurement]:
    """Build the nine tables of some copies from nothing, with boxout and by the floor."""
    full = jobs(inputs)[0]
    with scratch() as folder:
        shutil.copytree(inputs.home("raw"), folder / "home")
        with open_warehouse(Home(folder / "home")) as warehouse:
            for copy in range(1, count):
                add_copy(warehouse, copy)
            call_fresh(warehouse)
            export(warehouse, folder / "warehouse.duckdb")
        ran = measure(boxout_commands(folder, inputs, full)[0], folder / "log")
        if ran.code:
            sys.exit(f"boxout failed: {ran.text[-2000:]}")
        bare = measure(run_statements(folder, build()), folder / "log")
        if bare.code:
            sys.exit(f"the floor failed: {bare.text[-2000:]}")
        check_rows(folder)
    return {"boxout": ran, "floor": bare}


def add_copy(warehouse: Warehouse, copy: int) -> None:
    """Add one copy of the raw tables, and their partitions."""
    with warehouse.commit():
        for table in raw_tables():
            columns = warehouse.columns(f"{LAKE}.{table.name}")
            moved = [f"{sql} AS {c}" for c, sql in LETTERS.items() if c in columns]
            warehouse.execute(
                f"INSERT INTO {LAKE}.{table.name} SELECT * REPLACE ("
                f"game_date + {DAYS * copy} AS game_date, {later('season', copy)} AS season"
                f"{''.join(', ' + m.replace('$copy', str(copy)) for m in moved)}) "
                f"FROM {LAKE}.{table.name} WHERE game_date <= ({FIRST_COPY})"
            )
        warehouse.execute(
            f"INSERT INTO {LAKE}.ledger.partitions SELECT * REPLACE ("
            f"game_date + {DAYS * copy} AS game_date, {later('season', copy)} AS season, "
            f"hash(content_hash, {copy}) AS content_hash) FROM {LAKE}.ledger.partitions "
            f"WHERE game_date <= ({FIRST_COPY})"
        )


def call_fresh(warehouse: Warehouse) -> None:
    """Let the ledger say of the raw tables' copies that they were built from the landed ones."""
    graph = load_graph()
    forget_stale_partitions(warehouse)
    for table in raw_tables():
        read_partitions(warehouse)
        plan_partitions(warehouse, graph, table)
        with warehouse.commit():
            warehouse.execute(
                f"UPDATE {LAKE}.ledger.partitions AS p "
                "SET input_hash = n.input_hash, judged_hash = n.season_hash "
                "FROM partition_plan AS n WHERE p.table_name = $1 AND p.game_date = n.game_date",
                [table.name],
            )


FIRST_COPY = f"SELECT min(game_date) + {DAYS - 300} FROM {LAKE}.raw.games"


def later(season: str, copy: int) -> str:
    """Return the SQL of the name of a season some copies later."""
    year = f"CAST(left({season}, 4) AS INTEGER) + {4 * copy}"
    return f"printf('%04d-%02d', {year}, ({year} + 1) % 100)"


def export(warehouse: Warehouse, target: Path) -> None:
    """Write the raw tables into a DuckDB file, for the floor."""
    warehouse.execute(f"ATTACH '{target}' AS target")
    warehouse.execute("CREATE SCHEMA target.raw")
    for table in raw_tables():
        warehouse.execute(f"CREATE TABLE target.{table.name} AS SELECT * FROM {LAKE}.{table.name}")
    warehouse.execute("DETACH target")


def check_rows(folder: Path) -> None:
    """Make sure that both built the same: a build that skips rows is quick for nothing."""
    name = "precompute.ml_feature_store"
    with open_warehouse(Home(folder / "home")) as warehouse:
        built = warehouse.scalar(f"SELECT count(*) FROM {LAKE}.{name}")
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        bare = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    if built != bare:
        sys.exit(f"boxout has {built:,} rows of {name}, the floor {bare:,}")


def exponent(counts: list[int], times: list[float]) -> float:
    """Return the slope of the logarithm of time over that of the number of copies."""
    slope, _ = np.polyfit([math.log(c) for c in counts], [math.log(t) for t in times], 1)
    return float(slope)


if __name__ == "__main__":
    main()
