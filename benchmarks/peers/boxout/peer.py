"""boxout itself, through its command; it is told no dates and finds out what changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

import boxout
from benchmarks.compared import CHANGED_TABLE, changed_query, compared_tables
from benchmarks.inputs import BOXOUT, Inputs
from benchmarks.measuring import Command
from benchmarks.peer import Job, Peer
from boxout.pipeline.graph import load_graph
from boxout.warehouse.ducklake import LAKE
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


def lay_out(work: Path, inputs: Inputs, changed: bool) -> None:
    """Start from the raw tables; a changed definition lives in a copy of the package."""
    if not changed:
        shutil.copytree(inputs.home("raw"), work / "home")
        return
    package = Path(boxout.__file__).parent
    shutil.copytree(package, work / "code" / "boxout", ignore=shutil.ignore_patterns("*.pyc"))
    table = load_graph().tables[CHANGED_TABLE]
    path = work / "code" / "boxout" / "tables" / f"{table.name.replace('.', '/')}.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(table.query, changed_query(table)), encoding="utf-8")


def place(work: Path, inputs: Inputs, state: str) -> None:
    """Take the project whose raw tables are in a state."""
    if state == "base":
        return
    if state == "definition":
        return
    shutil.rmtree(work / "home")
    shutil.copytree(inputs.home(state), work / "home")


def commands(work: Path, inputs: Inputs, job: Job) -> Sequence[Command]:
    """Return the one command that does every job."""
    names = [table.name for table in compared_tables()]
    code = {"PYTHONPATH": str(work / "code")} if job.name == "definition" else {}
    arguments = (BOXOUT, "backfill", *names, "--home", str(work / "home"), "--json")
    return [Command(arguments, work, code)]


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]] | None:
    """Say nothing: its report counts the rows written."""
    return None


def open_result(work: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Open the project, to be read."""
    os.environ.setdefault("BOXOUT_MEMORY_LIMIT", "1500MB")
    return open_warehouse(Home(work / "home")).connection, f"{LAKE}."


PEER = Peer("boxout", "boxout", lay_out, commands, rewritten, place, open_result)
