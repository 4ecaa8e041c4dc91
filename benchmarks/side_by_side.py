"""Run every peer through every job on the same rows, and write `RESULTS.md`.

    python -m benchmarks.side_by_side [--quick] [--data FOLDER] [--peers A,B] [--rounds N]

Rounds are paired: each round takes every peer through every job before the next begins, so
that a busy spell of the machine falls on all. The verdict on a result is given in the first
round. Figures are kept as JSON in `.work`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.compared import NAMED, compared_tables
from benchmarks.environments import create_environment
from benchmarks.inputs import BOXOUT, Inputs, choose_files, prepare_inputs
from benchmarks.judging import Verdict, judge
from benchmarks.measuring import Measurement, measure, together
from benchmarks.peer import Job, Peer, jobs, open_database, place_database
from benchmarks.peers.boxout.peer import PEER as BOXOUT_PEER
from benchmarks.peers.dagster.peer import PEERS as DAGSTER
from benchmarks.peers.dbt.peer import PEERS as DBT
from benchmarks.peers.floor.peer import PEER as FLOOR
from benchmarks.peers.frames import PEERS as FRAMES
from benchmarks.peers.loop.peer import PEER as LOOP
from benchmarks.peers.loop.peer import game_dates
from benchmarks.peers.sqlmesh.peer import PEER as SQLMESH
from benchmarks.results import write_results

PEERS = (BOXOUT_PEER, FLOOR, SQLMESH, *DBT, *DAGSTER, *FRAMES, LOOP)
FOLDER = Path(__file__).parent
WORK = FOLDER / ".work"
REAL_DATA = FOLDER.parent.parent / "shared" / "data"
ALL_SEASONS = ("2021-22", "2022-23", "2023-24", "2024-25", "2025-26")
QUICK_SEASONS = ("2022-23", "2023-24")
QUICK_JOBS = ("full", "nothing", "game", "game_to_season_end", "bad")
# Minutes each, even on two seasons: of the full set only.
SLOW = ("dbt_microbatch", "dagster", "dagster_partitions")
# What the first round can stand for when it is quick, and what is left to the full set.
QUICK_ONCE = ("dbt_incremental", "pandas", "polars", "loop")
QUICK_ONCE_JOBS = ("game", "bad")
QUICK_WITHOUT = {
    "dbt_incremental": ("game", "game_to_season_end", "bad"),
    "pandas": ("game", "game_to_season_end"),
    "loop": ("game_to_season_end",),
}
QUICK_SECONDS = 530.0
KILLED_AT = 0.5


def main() -> None:
    """Measure, and write the report."""
    arguments = parse_arguments()
    # A shell may forbid Python to keep compiled modules, which are no part of what is compared.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    started = time.monotonic()
    peers = [
        p
        for p in PEERS
        if (
            p.name in arguments.peers.split(",")
            if arguments.peers
            else not arguments.quick or p.name not in SLOW
        )
    ]
    for name in sorted({p.name.split("_")[0] for p in peers}):
        create_environment(name)
    seasons = QUICK_SEASONS if arguments.quick else ALL_SEASONS
    data = arguments.data or (REAL_DATA if REAL_DATA.is_dir() else simulate(WORK / "league"))
    files = choose_files(data, WORK / "files", seasons)
    inputs = prepare_inputs(files, WORK / ("inputs-quick" if arguments.quick else "inputs"))
    print(f"inputs: {inputs.rows:,} rows on {inputs.dates} dates", file=sys.stderr)
    records: list[dict[str, Any]] = []
    for number in range(arguments.rounds):
        if arguments.quick and number and time.monotonic() - started > arguments.seconds:
            break
        records += run_round(number, peers, inputs, arguments)
    described = {
        "simulated": not REAL_DATA.is_dir() and arguments.data is None,
        "quick": arguments.quick,
        "command": " ".join(["python -m benchmarks.side_by_side", *sys.argv[1:]]),
        "seasons": seasons,
        "rows": inputs.rows,
        "dates": inputs.dates,
        "jobs": {job.name: job.title for job in jobs(inputs)},
        "peers": {peer.name: peer.title for peer in peers},
        "titles": {peer.name: peer.title for peer in PEERS},
        "seconds": time.monotonic() - started,
    }
    result = {"about": described, "records": records}
    (WORK / "results.json").write_text(json.dumps(result, indent=1, default=str))
    write_results(result, FOLDER)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two seasons, in under ten minutes")
    parser.add_argument("--data", type=Path, help="folder of raw files")
    parser.add_argument("--peers", default="", help="names of peers, with commas; all by default")
    parser.add_argument("--jobs", default="", help="names of jobs, with commas; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="paired runs")
    parser.add_argument(
        "--seconds",
        type=float,
        default=QUICK_SECONDS,
        help="no further round of the quick set begins after this time",
    )
    return parser.parse_args()


def simulate(folder: Path) -> Path:
    """Write the full simulated league, once."""
    if not folder.exists():
        from boxout.sources.simulator import simulate_league

        simulate_league(folder, seed=7)
    return folder


def run_round(
    number: int, peers: list[Peer], inputs: Inputs, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Take every peer through every job, once."""
    chosen = arguments.jobs.split(",") if arguments.jobs else QUICK_JOBS if arguments.quick else ()
    work = [job for job in jobs(inputs) if not chosen or job.name in chosen]
    if number and arguments.quick:
        peers = [peer for peer in peers if peer.name not in QUICK_ONCE]
        work = [job for job in work if job.name not in QUICK_ONCE_JOBS]
    for peer in peers:
        left_out = QUICK_WITHOUT.get(peer.name, ()) if arguments.quick else ()
        own = [job for job in work if job.name not in left_out]
        with scratch() as folder:
            for job, measurement, more in run_peer(peer, inputs, own, folder, number == 0):
                record = {"round": number, "peer": peer.name, "job": job.name}
                record |= measurement.record() | more
                print(summary(record), file=sys.stderr)
                yield record


def summary(record: dict[str, Any]) -> str:
    """Return one line on a record, for who waits."""
    line = f"{record['round'] + 1} {record['peer']:20} {record['job']:20}"
    line += f"{record['wall']:9.2f} s  cpu {record['cpu']:8.2f} s  {record['memory']:6.0f} MB"
    if record["code"]:
        line += f"  exit {record['code']}"
    return line + (f"  {record['wrong']} wrong" if record.get("wrong") is not None else "")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        yield Path(folder)


def run_peer(
    peer: Peer, inputs: Inputs, work: list[Job], folder: Path, judged: bool
) -> Iterator[tuple[Job, Measurement, dict[str, Any]]]:
    """Take one peer through the jobs; each but the first starts from the full history."""
    place = peer.place or place_database
    built = folder / "built"
    built.mkdir()
    full, *others = work
    peer.lay_out(built, inputs, False)
    place(built, inputs, "base")
    if peer.sample:  # its sample is run on tables that are built
        from benchmarks.peers.floor.peer import build, run_statements

        measure(run_statements(built, build()), folder / "log")
    measurement = run_job(peer, inputs, full, built, folder / "log")
    yield full, measurement, outcome(peer, inputs, full, built, measurement, judged)
    for job in others:
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        if job.name == "resume":
            copy.mkdir()
            peer.lay_out(copy, inputs, False)
            place(copy, inputs, "base")
            commands = peer.commands(copy, inputs, job)
            if peer.sample or not commands:
                continue
            measure(commands[0], folder / "log", kill_after=KILLED_AT * measurement.wall)
        else:
            shutil.copytree(built, copy, symlinks=True)
            place(copy, inputs, job.state)
            if job.name == "definition":
                peer.lay_out(copy, inputs, True)
        if peer.commands(copy, inputs, job) is None:
            continue
        done = run_job(peer, inputs, job, copy, folder / "log")
        yield job, done, outcome(peer, inputs, job, copy, done, judged)


def run_job(peer: Peer, inputs: Inputs, job: Job, work: Path, log: Path) -> Measurement:
    """Measure the commands of a job."""
    commands = peer.commands(work, inputs, job) or ()
    return together([measure(command, log) for command in commands])


def outcome(
    peer: Peer, inputs: Inputs, job: Job, work: Path, done: Measurement, judged: bool
) -> dict[str, Any]:
    """Say what a job rewrote, and whether what is there now is right."""
    found: dict[str, Any] = {"rows": rows_rewritten(peer, inputs, job, done)}
    if done.code:
        found["tail"] = done.text[-2000:]
    if peer.sample:
        count, ran = len(game_dates(inputs, job)), peer.sample
        if count > ran:
            found["extrapolated_from"] = ran
            found["sampled_wall"] = done.wall
            found["dates"] = count
    if judged and not found.get("extrapolated_from"):
        verdicts = judge_peer(peer, inputs, job, work)
        found["wrong"] = sum(v.wrong for v in verdicts)
        found["wrong_named"] = sum(v.wrong for v in verdicts if v.table in NAMED)
        found["compared"] = sum(v.rows for v in verdicts)
        found["verdicts"] = [asdict(v) for v in verdicts if v.wrong]
    return found


def judge_peer(peer: Peer, inputs: Inputs, job: Job, work: Path) -> list[Verdict]:
    """Compare a peer's tables with the from-scratch build of the job's state."""
    connection, prefix = (peer.open_result or open_database)(work)
    with connection:
        connection.execute(f"ATTACH '{inputs.truth(job.state)}' AS truth (READ_ONLY)")
        return [
            judge_table(connection, peer, prefix, table.name, table.key)
            for table in compared_tables()
            if not peer.tables or table.name in peer.tables
        ]


def judge_table(
    connection: duckdb.DuckDBPyConnection, peer: Peer, prefix: str, table: str, key: tuple[str, ...]
) -> Verdict:
    """Judge one table; one that is not there is wrong in all its rows."""
    try:
        connection.execute(f"SELECT 1 FROM {prefix}{table} LIMIT 0")
    except duckdb.CatalogException:
        rows = connection.execute(f"SELECT count(*) FROM truth.{table}").fetchall()[0][0]
        return Verdict(table, rows, rows, ("(table)",))
    columns = peer.columns.get(table)
    result, truth = f"{prefix}{table}", f"truth.{table}"
    return judge(connection, table, result, truth, key, columns, peer.tolerance)


def rows_rewritten(peer: Peer, inputs: Inputs, job: Job, done: Measurement) -> int | None:
    """Count the rows that a job replaced: its own report's, or those of the dates it replaces."""
    told = peer.rewritten(inputs, job)
    if told is None:
        return reported_rows(done.text)
    start, end, tables = told
    return count_rows(inputs, start, end, tables or peer.tables)


def reported_rows(text: str) -> int | None:
    """Return the rows that boxout's own report says it wrote and removed."""
    place = text.find('{\n  "held_back"')
    if place < 0:
        return None
    report, _ = json.JSONDecoder().raw_decode(text[place:])
    return sum(t["rows_written"] for t in report["report"]["tables"])


def count_rows(inputs: Inputs, start: date, end: date, tables: tuple[str, ...]) -> int:
    """Count the rows of some dates in the truth."""
    with duckdb.connect(str(inputs.truth("base")), read_only=True) as connection:
        return sum(
            connection.execute(
                f"SELECT count(*) FROM {table.name} WHERE game_date BETWEEN $1 AND $2", [start, end]
            ).fetchall()[0][0]
            for table in compared_tables()
            if not tables or table.name in tables
        )


if __name__ == "__main__":
    print(f"boxout: {BOXOUT}", file=sys.stderr)
    main()
