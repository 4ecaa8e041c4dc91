"""Time what answers at once: `boxout --help`, and status, explain and plan of 20,000 partitions.

    python -m benchmarks.readiness [--home FOLDER] [--rounds N]

The project is the one that the full set of the side-by-side run built from five seasons, or
the one named. The command's time holds Python's start and the opening of the lake; the time of
the question alone is taken within one process, on an open lake.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.inputs import BOXOUT
from benchmarks.measuring import Command, measure
from benchmarks.side_by_side import WORK, scratch
from boxout.pipeline.graph import load_graph
from boxout.pipeline.plan import plan_tables
from boxout.pipeline.status import read_status
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

# The widest of the tables with windows; its date in the middle is asked for.
EXPLAINED = "precompute.player_daily_cache"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=WORK / "inputs" / "home-base")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not Home(arguments.home).exists():
        sys.exit(f"There is no project in {arguments.home}: run `make bench-full`, or name one.")
    figures = commands(arguments.home, arguments.rounds)
    count, inside = questions(arguments.home, arguments.rounds)
    print(f"{count:,} partitions; medians of {arguments.rounds}, seconds\n")
    for title, value in (figures | inside).items():
        print(f"{title:44} {value:7.3f}")


def commands(home: Path, rounds: int) -> dict[str, float]:
    """Return the wall time of the commands, by what they are."""
    with open_warehouse(Home(home)) as warehouse:
        day = warehouse.scalar(
            "SELECT quantile_disc(game_date, 0.5) FROM lake.ledger.partitions "
            "WHERE table_name = $1",
            [EXPLAINED],
        )
    asked = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "boxout --help": (BOXOUT, "--help"),
        "boxout status": (BOXOUT, "status", "--home", str(home)),
        "boxout explain": (BOXOUT, "explain", EXPLAINED, str(day), "--home", str(home)),
        "boxout plan": (BOXOUT, "plan", "--home", str(home)),
    }
    found = {}
    with scratch() as folder:
        for title, arguments in asked.items():
            runs = [measure(Command(arguments, folder), folder / "log") for _ in range(rounds)]
            if any(run.code for run in runs):
                raise RuntimeError(f"{title} failed: {runs[0].text[-500:]}")
            found[title] = median(run.wall for run in runs)
    return found


def questions(home: Path, rounds: int) -> tuple[int, dict[str, float]]:
    """Return the number of partitions, and the time of the questions on an open lake."""
    graph = load_graph()
    with open_warehouse(Home(home)) as warehouse:
        count = warehouse.scalar("SELECT count(*) FROM lake.ledger.partitions")
        asked: dict[str, Callable[[], object]] = {
            "status, on an open lake": lambda: read_status(warehouse, graph),
            "plan of all tables, on an open lake": lambda: plan_tables(warehouse, graph),
        }
        found = {title: median(timed(ask) for _ in range(rounds)) for title, ask in asked.items()}
    return int(count), found


def timed(ask: Callable[[], object]) -> float:
    """Return the seconds that a question takes."""
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
