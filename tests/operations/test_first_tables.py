"""A new project has all tables before its ledger, and one that got no further says what is next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from boxout.orchestration.first_tables import create_first_tables
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

CATALOG = "__ducklake_metadata_lake"


@pytest.fixture(scope="module")
def created(
    short_league: Path, tmp_path_factory: pytest.TempPathFactory, graph: Graph
) -> tuple[Path, frozenset[str]]:
    """A project whose first run was killed after its first table, and what it created."""
    home = tmp_path_factory.mktemp("created") / "home"
    with open_warehouse(Home(home), create=True) as warehouse:
        tables = create_first_tables(warehouse, graph)
        ingest_files(warehouse, graph, find_files([short_league]))
        run_tables(warehouse, graph, graph.select(["raw.games"]), RunOptions())
    return home, tables


def test_all_of_a_new_project_is_of_one_catalog(
    trained: Path, open_copy: Callable[[Path], Warehouse]
) -> None:
    warehouse = open_copy(trained)
    newest = warehouse.scalar(f"SELECT max(schema_version) FROM {CATALOG}.ducklake_snapshot")

    of_small_rows = warehouse.rows(
        f"SELECT DISTINCT schema_version FROM {CATALOG}.ducklake_inlined_data_tables"
    )
    of_what_was_built = warehouse.rows(
        f"SELECT DISTINCT s.schema_version FROM {CATALOG}.ducklake_data_file AS f "
        f"JOIN {CATALOG}.ducklake_snapshot AS s ON s.snapshot_id = f.begin_snapshot"
    )
    assert (of_small_rows, of_what_was_built) == ([(newest,)], [(newest,)])


def test_every_computed_table_is_created(
    created: tuple[Path, frozenset[str]], graph: Graph
) -> None:
    assert created[1] == {table.name for table in graph.computed}


def test_nothing_is_created_at_once_where_there_is_a_ledger(
    short_project: Warehouse, graph: Graph
) -> None:
    before = short_project.version()
    assert create_first_tables(short_project, graph) == frozenset()
    assert short_project.version() == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("form", "1900008", "--line", "9.5"), 2, "raw.players"),
        (("picture", "shots", "1900008"), 2, "raw.players"),
        (("train",), 3, "Training is held back"),
        (("evaluate",), 3, "Training is held back"),
        (("grade",), 1, "no forecast"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else None,
)
def test_a_project_of_empty_tables_says_what_fills_them(
    created: tuple[Path, frozenset[str]],
    boxout: Callable[..., CompletedProcess[str]],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    refused = boxout(*arguments, "--home", created[0])
    assert (refused.returncode, refused.stdout) == (code, "")
    assert said in refused.stderr
