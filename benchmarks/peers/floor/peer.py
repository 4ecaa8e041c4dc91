"""The floor: the bare DuckDB statements, with no ledger, contract, hash or plan.

Full history is one CREATE TABLE AS a table. For a correction the statements of exactly the
dates that are told are run, one DELETE and INSERT a table, by someone who knows them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.compared import (
    CHANGED_TABLE,
    changed_query,
    compared_tables,
    interval_query,
)
from benchmarks.inputs import Inputs
from benchmarks.measuring import Command
from benchmarks.peer import DATABASE, Job, Peer
from boxout.pipeline.graph import load_graph

SCRIPT = Path(__file__).with_name("statements.py")
STATEMENTS = "statements.json"


def build(*, changed: bool = False, only: Sequence[str] = ()) -> list[list[str]]:
    """Return the statements that build tables from nothing."""
    return [
        [
            f"CREATE SCHEMA IF NOT EXISTS {table.schema}",
            f"CREATE OR REPLACE TABLE {table.name} AS "
            f"{changed_query(table) if changed else table.query}",
        ]
        for table in compared_tables()
        if not only or table.name in only
    ]


def replace(start: date, end: date) -> list[list[str]]:
    """Return the statements that replace some dates of all tables."""
    first, last = f"DATE '{start}'", f"DATE '{end}'"
    return [
        [
            f"DELETE FROM {table.name} WHERE game_date BETWEEN {first} AND {last}",
            f"INSERT INTO {table.name} {interval_query(table, first, last)}",
        ]
        for table in compared_tables()
    ]


def run_statements(work: Path, groups: list[list[str]]) -> Command:
    """Write statements down and return the command that runs them."""
    path = work / STATEMENTS
    path.write_text(json.dumps(groups), encoding="utf-8")
    return Command((sys.executable, str(SCRIPT), DATABASE, STATEMENTS), work)


def lay_out(work: Path, inputs: Inputs, changed: bool) -> None:
    """Nothing to lay out."""


def commands(work: Path, inputs: Inputs, job: Job) -> Sequence[Command] | None:
    """Return the statements of a job."""
    if job.name == "nothing":
        return None
    if job.name in ("full", "resume"):
        return [run_statements(work, build())]
    if job.name == "definition":
        only = (CHANGED_TABLE, *load_graph().downstream(CHANGED_TABLE))
        return [run_statements(work, build(changed=True, only=only))]
    return [run_statements(work, replace(job.start, job.end))]


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]]:
    """Everything that the statements name."""
    if job.name == "definition":
        return job.start, job.end, (CHANGED_TABLE, *load_graph().downstream(CHANGED_TABLE))
    return job.start, job.end, ()


PEER = Peer("floor", "the floor (bare DuckDB)", lay_out, commands, rewritten)
