"""The rows that all peers are given, in each state that the jobs need, and the truth for each.

Raw files go through boxout's ingest and raw tables once; every peer then starts from those
same raw tables. A state is the raw tables as they are at first, with one game corrected, with
a season restated, or with half of a season's team lines lost. The truth of a state is a
from-scratch build of the bare statements.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.compared import changed_query, compared_tables, raw_tables
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.sources.files.reading import SIMULATED_LABEL
from boxout.warehouse.ducklake import LAKE
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SEASON = "2023-24"
STATES = ("base", "game", "season", "bad")
LOSES_ITS_LINE = "hash({game_id}) % 2 = 1"
PARQUET_TABLES = ("games", "player_boxscores", "team_boxscores")
BOXOUT = str(Path(sys.executable).parent / "boxout")


@dataclass(frozen=True)
class Inputs:
    """A folder with the raw tables of each state, boxout's homes and the truths."""

    folder: Path
    first: date
    last: date
    season_start: date
    season_end: date
    game_date: date
    dates: int
    rows: int

    # What a state may change; the other raw tables are the same in all.
    changing = ("raw.player_boxscores", "raw.team_boxscores")

    def raw(self, state: str) -> Path:
        """Return the DuckDB file of the raw tables in a state."""
        return self.folder / f"raw-{'base' if state == 'definition' else state}.duckdb"

    def parquet(self, state: str) -> Path:
        """Return the folder of the raw tables as Parquet files."""
        return self.folder / f"parquet-{'base' if state == 'definition' else state}"

    def truth(self, state: str) -> Path:
        """Return the DuckDB file of what is right; after a bad ingest, that is what was."""
        return self.folder / f"truth-{'base' if state == 'bad' else state}.duckdb"

    def home(self, state: str) -> Path:
        """Return boxout's project: `raw`, or built with a state's raw tables on top."""
        return self.folder / f"home-{'base' if state == 'definition' else state}"


def prepare_inputs(files: Path, folder: Path) -> Inputs:
    """Build everything that is not measured, or find it built from the same files and code."""
    mark = folder / "inputs.json"
    fingerprint = _fingerprint(files)
    if not mark.exists() or json.loads(mark.read_text())["fingerprint"] != fingerprint:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _build(files, folder)
        mark.write_text(json.dumps({"fingerprint": fingerprint, **_describe(folder)}))
    found = json.loads(mark.read_text())
    days = {name: date.fromisoformat(found[name]) for name in found if name in _DATES}
    return Inputs(folder, dates=found["dates"], rows=found["rows"], **days)


_DATES = ("first", "last", "season_start", "season_end", "game_date")


def _fingerprint(files: Path) -> str:
    source = Path(sys.modules["boxout"].__file__ or "").parent
    code = [p for p in (*source.rglob("*.py"), *source.rglob("*.sql"), Path(__file__))]
    digest = hashlib.sha256()
    for path in sorted(code):
        digest.update(path.read_bytes())
    for path in sorted(files.rglob("*.parquet")):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
    return digest.hexdigest()


def _build(files: Path, folder: Path) -> None:
    raw = [table.name for table in raw_tables()]
    home = folder / "home-raw"
    _boxout("ingest", files, "--home", home)
    _boxout("backfill", *raw, "--home", home)
    base = folder / "home-base"
    shutil.copytree(home, base)
    _boxout("backfill", "--home", base)
    for state, query in _changes().items():
        changed = folder / f"home-{state}"
        shutil.copytree(base, changed)
        path = next(files.rglob(f"{query[0]}_{SEASON}.parquet"))
        spoiled = folder / state / path.name
        spoiled.parent.mkdir()
        rewrite_file(path, spoiled, query[1])
        # Under the name of the file that it takes the place of: what is not in it is gone.
        with open_warehouse(Home(changed)) as warehouse:
            ingest_files(
                warehouse, load_graph(), [spoiled], known_as={spoiled: str(path.absolute())}
            )
        _boxout("backfill", *raw, "--home", changed, allowed=(0, 3))
    for state in STATES:
        _export(folder, state)
        if state != "bad":
            _build_truth(folder, state, f"truth-{state}", changed=False)
    _build_truth(folder, "base", "truth-definition", changed=True)


def _changes() -> dict[str, tuple[str, str]]:
    """The file and the query that make each state."""
    loses = LOSES_ITS_LINE.format(game_id="GAME_ID")
    return {
        "game": (
            "player_boxscores",
            "SELECT * REPLACE (CASE WHEN bref_game_id = (SELECT quantile_disc(bref_game_id, 0.5) "
            "FROM file) THEN ast + 1 ELSE ast END AS ast) FROM file",
        ),
        "season": ("player_boxscores", "SELECT * REPLACE (ast + 1 AS ast) FROM file"),
        "bad": ("team_gamelogs", f"SELECT * FROM file WHERE NOT ({loses})"),
    }


def rewrite_file(path: Path, target: Path, query: str) -> None:
    """Write a Parquet file by a query that reads another as `file`; a label stays."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE file AS SELECT * FROM '{path}'")
        simulated = connection.execute(
            f"SELECT count(*) FROM parquet_kv_metadata('{path}') "
            f"WHERE decode(key) = '{SIMULATED_LABEL}'"
        ).fetchall()[0][0]
        label = f", KV_METADATA {{{SIMULATED_LABEL}: 'true'}}" if simulated else ""
        connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet{label})")


def _boxout(*arguments: object, allowed: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(
        [BOXOUT, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode not in allowed:
        raise RuntimeError(f"boxout {arguments[0]} failed: {done.stderr[-2000:]}")


def _export(folder: Path, state: str) -> None:
    # After a bad ingest boxout keeps what was published; the peers have the rows lost.
    home = folder / f"home-{'base' if state == 'bad' else state}"
    target = folder / f"raw-{state}.duckdb"
    with open_warehouse(Home(home)) as warehouse:
        warehouse.execute(f"ATTACH '{target}' AS target")
        warehouse.execute("CREATE SCHEMA target.raw")
        for table in raw_tables():
            warehouse.execute(
                f"CREATE TABLE target.{table.name} AS SELECT * FROM {LAKE}.{table.name} "
                "ORDER BY game_date"
            )
        if state == "bad":
            loses = LOSES_ITS_LINE.format(game_id="game_id")
            warehouse.execute(
                f"DELETE FROM target.raw.team_boxscores WHERE season = '{SEASON}' AND {loses}"
            )
        parquet = folder / f"parquet-{state}"
        parquet.mkdir()
        for name in PARQUET_TABLES:
            warehouse.execute(f"COPY target.raw.{name} TO '{parquet}/{name}.parquet'")


def _build_truth(folder: Path, state: str, name: str, *, changed: bool) -> None:
    target = folder / f"{name}.duckdb"
    shutil.copy(folder / f"raw-{state}.duckdb", target)
    with duckdb.connect(str(target)) as connection:
        for table in compared_tables(load_graph()):
            query = changed_query(table) if changed else table.query
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.schema}")
            connection.execute(f"CREATE TABLE {table.name} AS {query}")


def _describe(folder: Path) -> dict[str, object]:
    with duckdb.connect(str(folder / "truth-base.duckdb")) as connection:
        connection.execute(f"ATTACH '{folder}/raw-game.duckdb' AS corrected (READ_ONLY)")
        first, last, dates = connection.execute(
            "SELECT min(game_date), max(game_date), count(DISTINCT game_date) FROM raw.games"
        ).fetchall()[0]
        start, end = connection.execute(
            "SELECT min(game_date), max(game_date) FROM raw.games WHERE season = $1", [SEASON]
        ).fetchall()[0]
        days = connection.execute(
            "SELECT DISTINCT game_date FROM (SELECT * FROM corrected.raw.player_boxscores "
            "EXCEPT SELECT * FROM raw.player_boxscores)"
        ).fetchall()
        if len(days) != 1:
            raise RuntimeError(f"the corrected game changed {len(days)} dates, and not one")
        rows = sum(
            connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0]
            for table in compared_tables()
        )
    return {
        "first": str(first),
        "last": str(last),
        "season_start": str(start),
        "season_end": str(end),
        "game_date": str(days[0][0]),
        "dates": dates,
        "rows": rows,
    }


def choose_files(data: Path, folder: Path, seasons: tuple[str, ...]) -> Path:
    """Link the files of some seasons, and those that belong to none, into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(data.rglob("*.parquet")):
        season = path.stem[-7:]
        is_of_a_season = season[:4].isdigit() and season[4:5] == "-"
        if "api_samples" in path.parts or (is_of_a_season and season not in seasons):
            continue
        link = folder / path.relative_to(data)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    return folder
