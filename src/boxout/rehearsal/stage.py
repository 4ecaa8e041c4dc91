"""The copy of a project that a rehearsal plays on; the project itself is only read."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from boxout.errors import WarehouseError
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.sources.simulator import simulate_league
from boxout.warehouse.file_locks import commit_lock
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SEASONS = 3


def copy_project(source: Home, folder: Path) -> Home:
    """Copy a project's lake and models; whoever writes to it waits for as long as that takes.

    Raises
    ------
    WarehouseError
        When there is no project.
    BusyError
        When somebody has been writing to it for too long.
    """
    if not source.exists():
        raise WarehouseError(
            "There is no boxout project here.",
            str(source.path),
            "Name another folder with --home, or leave it out to simulate a league.",
        )
    target = Home(folder)
    target.create()
    with commit_lock(source):
        for name in ("data", "models"):
            shutil.copytree(source.path / name, folder / name, dirs_exist_ok=True)
        # The catalog may have commits that are in its write-ahead log only.
        with (
            contextlib.closing(sqlite3.connect(source.catalog)) as catalog,
            contextlib.closing(sqlite3.connect(target.catalog)) as copy,
        ):
            catalog.backup(copy)
    return target


def build_project(graph: Graph, data: Sequence[Path], folder: Path) -> Home:
    """Build a project from files."""
    home = Home(folder)
    with open_warehouse(home, create=True) as warehouse:
        ingest_files(warehouse, graph, find_files(data))
        run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    return home


def simulate_project(graph: Graph, folder: Path, seed: int) -> Home:
    """Build a project on a small simulated league."""
    files = folder / "league"
    simulate_league(files, seed=seed, seasons=SEASONS, size="small")
    return build_project(graph, [files], folder / "home")
