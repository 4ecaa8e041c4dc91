"""Time the main job: a first run, a repeat, a one-game correction, and memory.

    python benchmarks/main_job.py [--data FOLDER] [--runs N]

Without --data it simulates the full league. Each figure is printed with the goal it is held
to; nothing here fails on a slow machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb

BOXOUT = Path(sys.executable).parent / "boxout"
SEASON = "2023-24"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of raw files")
    parser.add_argument("--runs", type=int, default=3, help="runs of each figure")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = arguments.data or simulate(Path(scratch) / "league")
        rounds = [measure(data, Path(scratch) / f"round-{n}") for n in range(arguments.runs)]
    print(f"{'figure':48} {'min':>8} {'median':>8} {'max':>8}  goal")
    goals = rounds[0]
    for name, (_, goal) in goals.items():
        values = sorted(single[name][0] for single in rounds)
        shown = "  ".join(f"{value:7.2f}" for value in (values[0], median(values), values[-1]))
        print(f"{name:48} {shown}  {goal}")


def simulate(folder: Path) -> Path:
    """Write the full simulated league."""
    boxout("simulate", folder)
    return folder


def boxout(*arguments: object) -> str:
    """Run the command, and return what it printed."""
    command = [str(part) for part in (BOXOUT, *arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def timed(*arguments: object) -> tuple[float, str]:
    """Run the command, and return the seconds it took and what it printed."""
    started = time.perf_counter()
    text = boxout(*arguments)
    return time.perf_counter() - started, text


def measure(data: Path, folder: Path) -> dict[str, tuple[float, str]]:
    """Return each figure with its goal, from new projects."""
    folder.mkdir()
    files = Path(shutil.copytree(data, folder / "files"))
    home, tables = folder / "home", folder / "tables"
    boxout("ingest", files, "--home", tables)
    _, built = timed("backfill", "--home", tables, "--json")
    run, _ = timed("run", "--data", files, "--home", home)
    repeat, _ = timed("run", "--data", files, "--home", home)
    correct_one_game(files)
    boxout("ingest", files, "--home", tables)
    _, corrected = timed("backfill", "--home", tables, "--json")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 / 1024
    return {
        "phases 2 to 4 from ingested tables, s of engine": (seconds(built), "< 5"),
        "the whole run, training included, s": (run, "< 60"),
        "a repeat with nothing changed, s": (repeat, "< 2"),
        "a one-game correction, s of engine": (seconds(corrected), "< 1"),
        "peak memory of one process, GB": (peak, "< 2"),
    }


def seconds(report: str) -> float:
    """Return the engine's own time from a report."""
    return float(json.loads(report)["report"]["seconds"])


def correct_one_game(files: Path) -> None:
    """Give every player of a game in mid-season one assist more."""
    path = files / "bref" / f"player_boxscores_{SEASON}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE lines AS SELECT * FROM '{path}'")
        simulated = connection.execute(
            f"SELECT count(*) FROM parquet_kv_metadata('{path}') "
            "WHERE decode(key) = 'boxout_simulated'"
        ).fetchall()[0][0]
        label = ", KV_METADATA {boxout_simulated: 'true'}" if simulated else ""
        connection.execute(
            f"""
            COPY (SELECT * REPLACE (CASE WHEN bref_game_id = (
                    SELECT quantile_disc(bref_game_id, 0.5) FROM lines) THEN ast + 1 ELSE ast END
                    AS ast) FROM lines) TO '{path}' (FORMAT parquet{label})
            """
        )


if __name__ == "__main__":
    main()
