"""Small files of each shape, and an empty project to bring them into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.preparation import prepare
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a query's rows to a file in the test's folder, its kind told by its ending."""

    def write_file(name: str, query: str) -> Path:
        path = tmp_path / name
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{path}'")
        return path

    return write_file


@pytest.fixture(scope="session")
def empty_home(built_once: Callable[..., Path], graph: Graph) -> Path:
    """A project in which there is nothing yet; only to be read."""

    def make(home: Path) -> None:
        with open_warehouse(Home(home), create=True) as warehouse:
            prepare(warehouse, graph)

    return built_once("empty-home", make)


@pytest.fixture
def empty(empty_home: Path, open_copy: Callable[[Path], Warehouse]) -> Warehouse:
    """A copy of the empty project, open."""
    return open_copy(empty_home)


@pytest.fixture
def ingest(empty: Warehouse, graph: Graph) -> Callable[[Path], FileReport]:
    """Ingest one file into the new project."""
    return lambda path: ingest_files(empty, graph, [path])[0]
