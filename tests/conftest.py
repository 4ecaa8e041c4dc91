"""What all tests share: where the real data is, and projects built once and copied."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.finding import find_files
from boxout.sources.files.reading import SIMULATED_LABEL
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

ROOT = Path(__file__).parent.parent
REAL_DATA_VARIABLE = "BOXOUT_REAL_DATA"
BOXOUT = Path(sys.executable).parent / "boxout"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real seasons; tests that need it skip where it is absent."""
    folder = Path(os.environ.get(REAL_DATA_VARIABLE, ROOT.parent / "shared" / "data"))
    if not (folder / "bref").is_dir():
        pytest.skip(f"no real seasons in {folder}; name their folder in {REAL_DATA_VARIABLE}")
    return folder


@pytest.fixture(scope="session")
def graph() -> Graph:
    """boxout's own tables."""
    return load_graph()


@pytest.fixture(scope="session")
def built_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Build a folder once for all workers of a test run, and return its path."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def build(name: str, make: Callable[[Path], None]) -> Path:
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.done").exists():
                make(folder)
                (shared / f"{name}.done").touch()
        return folder

    return build


def build_project(home: Path, data: Path) -> None:
    """Ingest a folder and bring every table up to date."""
    graph = load_graph()
    with open_warehouse(Home(home), create=True) as warehouse:
        ingest_files(warehouse, graph, find_files([data]))
        run_tables(warehouse, graph, graph.computed, RunOptions())


@pytest.fixture(scope="session")
def real_home(real_data: Path, built_once: Callable[..., Path]) -> Path:
    """A project with every table built from the real seasons; only to be read."""
    return built_once("real-home", lambda home: build_project(home, real_data))


@pytest.fixture(scope="session")
def small_league(built_once: Callable[..., Path]) -> Path:
    """The files of a small simulated league; only to be read."""
    from boxout.sources.simulator import simulate_league

    return built_once("small-league", lambda folder: simulate_league(folder, seed=7, size="small"))


@pytest.fixture(scope="session")
def short_league(built_once: Callable[..., Path]) -> Path:
    """The files of the same league's last three seasons by themselves; only to be read."""
    from boxout.sources.simulator import simulate_league

    return built_once(
        "short-league", lambda folder: simulate_league(folder, seed=7, seasons=3, size="small")
    )


@pytest.fixture(scope="session")
def short_home(short_league: Path, built_once: Callable[..., Path]) -> Path:
    """A project with every table built from three seasons; only to be read."""
    return built_once("short-home", lambda home: build_project(home, short_league))


@pytest.fixture
def open_copy(tmp_path: Path) -> Iterator[Callable[[Path], Warehouse]]:
    """Open a copy of a project, to be changed at will."""
    with contextlib.ExitStack() as opened:

        def open_it(home: Path) -> Warehouse:
            copy = Home(shutil.copytree(home, tmp_path / "home"))
            return opened.enter_context(open_warehouse(copy))

        yield open_it


@pytest.fixture
def short_project(short_home: Path, open_copy: Callable[[Path], Warehouse]) -> Warehouse:
    """A copy of three seasons' project, open."""
    return open_copy(short_home)


@pytest.fixture
def short_files(short_league: Path, tmp_path: Path) -> Path:
    """A copy of the three seasons' files, to be spoiled at will."""
    return Path(shutil.copytree(short_league, tmp_path / "short-league"))


@pytest.fixture(scope="session")
def small_home(small_league: Path, built_once: Callable[..., Path]) -> Path:
    """A project with every table built from the small league; only to be read."""
    return built_once("small-home", lambda home: build_project(home, small_league))


@pytest.fixture
def project(small_home: Path, open_copy: Callable[[Path], Warehouse]) -> Warehouse:
    """A copy of the small league's project, open."""
    return open_copy(small_home)


@pytest.fixture
def league_files(small_league: Path, tmp_path: Path) -> Path:
    """A copy of the small league's files, to be spoiled at will."""
    return Path(shutil.copytree(small_league, tmp_path / "league"))


@pytest.fixture(scope="session")
def rewrite() -> Callable[[Path, str], None]:
    """Rewrite a Parquet file by a query that reads it as `file`; the label stays."""

    def rewrite_file(path: Path, query: str) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE file AS SELECT * FROM '{path}'")
            connection.execute(
                f"COPY ({query}) TO '{path}' "
                f"(FORMAT parquet, KV_METADATA {{{SIMULATED_LABEL}: 'true'}})"
            )

    return rewrite_file


@pytest.fixture(scope="session")
def ingested_once(small_league: Path, built_once: Callable[..., Path]) -> Path:
    """A project with the small league ingested and nothing built; only to be read."""

    def make(home: Path) -> None:
        subprocess.run(
            [BOXOUT, "ingest", small_league, "--home", home], check=True, capture_output=True
        )

    return built_once("ingested-home", make)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command beside the test; whatever is still there at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(part) for part in (BOXOUT, *arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a shell's background job, as a test run may be, ignores the interrupt otherwise
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="session")
def boxout() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command as a user does."""

    def run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [BOXOUT, *arguments]
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            # several trainings at once on few cores: one thread each, or they wait for each other
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            **options,
        )

    return run


@pytest.fixture(scope="session")
def trained(
    small_league: Path,
    built_once: Callable[..., Path],
    boxout: Callable[..., subprocess.CompletedProcess[str]],
) -> Path:
    """A project on which `run` has done the whole job, and what it printed; only to be read."""

    def make(home: Path) -> None:
        done = boxout("run", "--data", small_league, "--home", home)
        assert done.returncode == 0, done.stderr
        (home / "output.txt").write_text(done.stdout)
        (home / "progress.txt").write_text(done.stderr)

    return built_once("trained-home", make)


def read_contents(
    home: Path, names: Collection[str] | None = None
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return state, row count and content hash of computed partitions, of some tables or all."""
    with open_warehouse(Home(home)) as warehouse:
        rows = warehouse.rows(
            "SELECT table_name, game_date::VARCHAR, state, row_count, content_hash "
            "FROM lake.ledger.partitions WHERE table_name NOT LIKE 'landing.%'"
        )
    return {
        (table, day): (state, count, content)
        for table, day, state, count, content in rows
        if names is None or table in names
    }


@pytest.fixture(scope="session")
def contents() -> Callable[..., dict[tuple[str, str], tuple[Any, ...]]]:
    """Read what a project's tables hold, partition by partition."""
    return read_contents
