"""The loop of the original system: one query set a date, oldest first.

Five seasons of it take many minutes, so a sample of dates is run on tables that are already
built, and the rest is extrapolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.inputs import Inputs
from benchmarks.measuring import Command
from benchmarks.peer import Job, Peer
from benchmarks.peers.floor.peer import lay_out, replace, run_statements

SAMPLE = 12


def commands(work: Path, inputs: Inputs, job: Job) -> Sequence[Command] | None:
    """Return the statements of a job's dates, or of a sample of them."""
    if job.name not in ("full", "game", "game_to_season_end", "season"):
        return None
    dates = sampled(inputs, job, SAMPLE)
    return [run_statements(work, [group for day in dates for group in replace(day, day)])]


def game_dates(inputs: Inputs, job: Job) -> list[date]:
    """Return the dates of a job on which games were played."""
    with duckdb.connect(str(inputs.raw("base")), read_only=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT game_date FROM raw.games WHERE game_date BETWEEN $1 AND $2 ORDER BY 1",
            [job.start, job.end],
        ).fetchall()
    return [row[0] for row in rows]


def sampled(inputs: Inputs, job: Job, count: int) -> list[date]:
    """Return at most some of a job's dates, evenly spread."""
    dates = game_dates(inputs, job)
    if len(dates) <= count:
        return dates
    return [dates[(2 * n + 1) * len(dates) // (2 * count)] for n in range(count)]


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]]:
    """The dates that are told."""
    return job.start, job.end, ()


PEER = Peer("loop", "one query set a date", lay_out, commands, rewritten, sample=SAMPLE)
