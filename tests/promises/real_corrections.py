"""Promise 1 on real seasons: random corrections, each refreshed, beside a build from scratch.

    python tests/promises/real_corrections.py ../shared/data --corrections 10 --seed 1

Corrects one thing in the files after the other: a statistic, a game, a line that is gone, a team
log, a shot, a line of the bookmakers. Every tenth correction, and the last, is followed by a
build from scratch of the same files, and every table of the two is compared row by row.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import duckdb

from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import READY_SQL
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

REBUILT_EVERY = 10


class Correction(NamedTuple):
    """One way to correct a file: which files, and the file's new rows.

    The query reads `file`, with `place` for the number of each row, and `chosen`, one row of it.
    """

    files: str
    query: str


CORRECTIONS = {
    "a player's assists": Correction(
        "player_boxscores_*.parquet",
        "SELECT f.* REPLACE (f.ast + (f.place = c.place)::INT AS ast) FROM file f, chosen c",
    ),
    "a player's rebounds": Correction(
        "player_boxscores_*.parquet",
        "SELECT f.* REPLACE (f.drb + (f.place = c.place)::INT AS drb, "
        "f.trb + (f.place = c.place)::INT AS trb) FROM file f, chosen c",
    ),
    "a game's turnovers": Correction(
        "player_boxscores_*.parquet",
        "SELECT f.* REPLACE (f.tov + (f.bref_game_id = c.bref_game_id)::INT AS tov) "
        "FROM file f, chosen c",
    ),
    "a line that is gone": Correction(
        "player_boxscores_*.parquet",
        "SELECT f.* FROM file f, chosen c WHERE f.place <> c.place",
    ),
    "a team's offensive rebounds": Correction(
        "team_gamelogs_*.parquet",
        'SELECT f.* REPLACE (f."OREB" + (f.place = c.place)::INT AS "OREB") FROM file f, chosen c',
    ),
    "a shot's zone": Correction(
        "shots_*.parquet",
        "SELECT f.* REPLACE (CASE WHEN f.place = c.place THEN 'Mid-Range' ELSE f.\"BASIC_ZONE\" "
        'END AS "BASIC_ZONE") FROM file f, chosen c',
    ),
    "a shot that is gone": Correction(
        "shots_*.parquet", "SELECT f.* FROM file f, chosen c WHERE f.place <> c.place"
    ),
    "a game's total": Correction(
        "game_lines_*.parquet",
        "SELECT f.* REPLACE (f.total + 0.5 * (f.place = c.place)::INT AS total) "
        "FROM file f, chosen c",
    ),
    "a bookmaker's line": Correction(
        "pra_lines_*.parquet",
        "SELECT f.* REPLACE (f.line + (f.place = c.place)::INT AS line) FROM file f, chosen c",
    ),
}


def correct(folder: Path, draw: random.Random) -> tuple[str, Path]:
    """Correct one file of a folder in a random way; return what was done, and the file."""
    name = draw.choice(sorted(CORRECTIONS))
    correction = CORRECTIONS[name]
    path = draw.choice(sorted(folder.rglob(correction.files)))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE file AS SELECT *, row_number() OVER () AS place "
                           f"FROM '{path}'")  # fmt: skip
        [(rows,)] = connection.execute("SELECT count(*) FROM file").fetchall()
        chosen = draw.randint(1, rows)
        connection.execute(f"CREATE TABLE chosen AS FROM file WHERE place = {chosen}")
        connection.execute(
            f"COPY (SELECT * EXCLUDE (place) FROM ({correction.query}) ORDER BY place) "
            f"TO '{path}' (FORMAT parquet)"
        )
    return f"{name} in {path.name}, row {chosen}", path


def bring_up_to_date(warehouse: Warehouse, graph: Graph, files: list[Path]) -> Counter[str]:
    """Ingest files and run every table; count the partitions computed, changed and failed."""
    ingest_files(warehouse, graph, files)
    done: Counter[str] = Counter()
    for outcome in run_tables(warehouse, graph, graph.computed).tables:
        done += Counter(computed=outcome.computed, changed=outcome.changed, failed=outcome.failed)
    return done


def differences(project: Warehouse, scratch: Path, graph: Graph) -> tuple[int, list[str]]:
    """Compare a project with another, row by row and hash by hash.

    Returns
    -------
    tuple of int and list of str
        The rows compared, and what differs. Of dates that a contract holds back in both, the
        state alone is compared, for a project keeps the last good rows that it had.
    """
    connection, found, compared = project.connection, [], 0
    connection.execute(
        f"ATTACH 'ducklake:sqlite:{scratch / 'catalog.sqlite'}' AS scratch "
        f"(DATA_PATH '{scratch / 'data'}', OVERRIDE_DATA_PATH true, READ_ONLY)"
    )
    try:
        held = f"state NOT IN ({READY_SQL})"
        # A build from scratch does not expect what a date holds whose schedule is held back.
        known = (
            f"SELECT table_name, game_date FROM {LAKE}.ledger.partitions "
            "INTERSECT SELECT table_name, game_date FROM scratch.ledger.partitions"
        )
        ledger = (
            f"SELECT table_name, game_date, state, CASE WHEN NOT {held} THEN row_count END, "
            f"CASE WHEN NOT {held} THEN content_hash END FROM {{}}.ledger.partitions "
            "WHERE (row_count > 0 OR state NOT IN ('empty', 'fresh')) "
            f"AND (NOT {held} OR (table_name, game_date) IN ({known}))"
        )
        found += _differing(project, "ledger.partitions", ledger)
        for name in graph.tables:
            columns = ", ".join(
                f'"{c}"' for c in project.columns(f"{LAKE}.{name}") if c != "source_file"
            )
            rows = (
                f"SELECT {columns} FROM {{}}.{name} WHERE game_date IS NULL OR game_date NOT IN "
                f"(SELECT game_date FROM {LAKE}.ledger.partitions "
                f"WHERE table_name = '{name}' AND {held})"
            )
            compared += project.scalar(f"SELECT count(*) FROM {LAKE}.{name}")
            found += _differing(project, name, rows)
    finally:
        connection.execute("DETACH scratch")
    return compared, found


def _differing(project: Warehouse, name: str, query: str) -> list[str]:
    ours, theirs = query.format(LAKE), query.format("scratch")
    too_many, lacking = (
        project.rows(f"SELECT * FROM (({a}) EXCEPT ALL ({b})) LIMIT 3")
        for a, b in ((ours, theirs), (theirs, ours))
    )
    return [
        f"{name}: {what} {rows}" for what, rows in (("has", too_many), ("lacks", lacking)) if rows
    ]


def main() -> int:
    """Correct, refresh and compare; print what was done and found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of raw files; it is only read")
    parser.add_argument("--corrections", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw, graph = random.Random(options.seed), load_graph()
    done: Counter[str] = Counter()
    violations = 0
    with tempfile.TemporaryDirectory(prefix="boxout-corrections-") as scratch:
        folder = Path(scratch)
        files = Path(shutil.copytree(options.data, folder / "files"))
        with open_warehouse(Home(folder / "home"), create=True) as warehouse:
            bring_up_to_date(warehouse, graph, find_files([files]))
            for number in range(1, options.corrections + 1):
                what, path = correct(files, draw)
                started = time.monotonic()
                counts = bring_up_to_date(warehouse, graph, [path])
                done += counts
                print(f"{what}: {dict(counts)} in {time.monotonic() - started:.1f} s", flush=True)
                if number % REBUILT_EVERY and number < options.corrections:
                    continue
                rebuilt = folder / f"rebuilt-{number}"
                with open_warehouse(Home(rebuilt), create=True) as fresh:
                    bring_up_to_date(fresh, graph, find_files([files]))
                compared, found = differences(warehouse, rebuilt, graph)
                done["rows compared"] += compared
                violations += len(found)
                print("\n".join(found), flush=True)
    print(json.dumps({"corrections": options.corrections, "violations": violations} | done))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
