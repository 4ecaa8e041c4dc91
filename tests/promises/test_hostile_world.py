"""Hostile files, full disks, closed folders, damaged catalogs, jumping clocks."""

from __future__ import annotations

import ctypes
import gzip
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.sources.files.reading import MOST_ROWS, MOST_UNPACKED_BYTES

BOXOUT = Path(sys.executable).parent / "boxout"
CONTENTS = "SELECT table_name, game_date, state, content_hash FROM lake.ledger.partitions"
INJECTION = "Robert'); DROP TABLE lake.raw.games; --"
FORMULA = '=HYPERLINK("http://example.invalid","x")&cmd|\' /C calc\'!A'
NAMED = 3  # the last phase whose tables have names of players


@pytest.fixture
def home(small_home, tmp_path):
    """A copy of the small league's project, closed."""
    return shutil.copytree(small_home, tmp_path / "project")


@pytest.fixture
def box_lines(small_league, tmp_path):
    """Write some box lines of the small league as CSV, changed by a query over `file`."""
    source = next(small_league.rglob("player_boxscores_2024-25.parquet"))

    def write(name, query="SELECT * FROM file"):
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE file AS FROM '{source}' LIMIT 200")
            connection.execute(f"CREATE TABLE result AS {query}")
            connection.table("result").write_csv(str(tmp_path / "plain.csv"))
        shutil.move(tmp_path / "plain.csv", path)
        return path

    return write


def run(*arguments, limits=None):
    """Run the command, in a process with limits of its own."""
    return subprocess.run(
        [str(part) for part in (BOXOUT, *arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limits,
    )


def refused(result, *words):
    """Assert a clear error without a traceback; return what it says."""
    assert result.returncode not in (0, 3), result.stdout
    said = result.stderr
    assert "Traceback" not in said
    for word in words:
        assert word in said
    return said


def same_contents(project, before):
    assert sorted(project.rows(CONTENTS)) == before


@pytest.mark.parametrize(
    ("name", "stored_as"),
    [
        (INJECTION, INJECTION),
        (FORMULA, FORMULA),
        ("\u202enaD yE\u202d", "naD yE"),
        ("Zed " * 5_000, None),
        ("a\x00b", None),
    ],
    ids=["statement", "formula", "turned", "endless", "nul"],
)
def test_a_hostile_name_is_a_name_or_is_refused(project, graph, box_lines, name, stored_as):
    quoted = name.replace("'", "''").replace("\x00", "' || chr(0) || '")
    path = box_lines(
        "player_boxscores_x.csv",
        f"SELECT * REPLACE (CASE WHEN rowid = 0 THEN '{quoted}' ELSE player_name END AS "
        "player_name) FROM file",
    )
    [report] = ingest_files(project, graph, [path])
    assert report.added + report.changed + sum(report.rejected.values()) <= 2
    assert project.scalar("SELECT count(*) FROM lake.raw.games") > 0
    landed = project.rows("SELECT DISTINCT player_name FROM lake.landing.bref_player_boxscores")
    assert ((stored_as,) in landed) == (stored_as is not None)
    assert bool(report.rejected) == (stored_as is None)
    run_tables(project, graph, [table for table in graph.computed if table.phase <= NAMED])
    assert project.scalar("SELECT count(*) FROM lake.raw.games") > 0


@pytest.mark.parametrize(
    "name", ["[a-z]*.csv", "it's; DROP TABLE x.csv", "season=1990-91/box.csv", "new\nline.csv"]
)
def test_a_name_is_no_pattern_no_column_and_no_statement(project, graph, box_lines, name):
    box_lines("another.csv", "SELECT * REPLACE (pts + 1 AS pts) FROM file")
    path = box_lines(name)
    [report] = ingest_files(project, graph, [path])
    assert report.rows == 200
    assert (report.added, report.removed) == (0, 0)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("utf16.csv", lambda text: text.decode().encode("utf-16")),
        ("bytes.csv", lambda text: text[:4_000] + bytes(range(128, 256)) * 40),
        ("empty.csv", lambda text: b""),
        ("half.parquet", lambda text: b"PAR1" + text[:2_000]),
        ("half.csv.gz", lambda text: gzip.compress(text)[:2_000]),
        ("no.csv.gz", lambda text: b"\x1f\x8b" + text),
        ("wide.csv", lambda text: b'"' + b"x" * 40_000_000),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_changes(project, box_lines, tmp_path, name, spoil):
    before = sorted(project.rows(CONTENTS))
    path = tmp_path / name
    path.write_bytes(spoil(box_lines("good.csv").read_bytes()))
    said = refused(run("ingest", path, "--home", project.home.path), name)
    assert len(said) < 2_000
    same_contents(project, before)


def test_what_unpacks_without_end_is_refused(home, tmp_path):
    part = gzip.compress(b"0" * (1 << 24), compresslevel=1)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(part * (MOST_UNPACKED_BYTES // (1 << 24) + 1))
    refused(run("ingest", bomb, "--home", home), "bomb.csv.gz", "unpacks to over 1 GB")
    rows = tmp_path / "rows.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS pts FROM range({MOST_ROWS + 1})) TO '{rows}'")
    refused(run("ingest", rows, "--home", home), "rows.parquet", "rows")


def test_a_full_disk_loses_nothing(project, box_lines):
    before = sorted(project.rows(CONTENTS))
    path = box_lines("changed.csv", "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    home = project.home.path
    room = 30_000

    def no_room():  # for any file of more bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    refused(run("ingest", path, "--home", home, limits=no_room))
    same_contents(project, before)
    assert run("ingest", path, "--home", home).returncode == 0
    refused(run("backfill", "--no-resume", "--home", home, limits=no_room))
    done = run("backfill", "--home", home)
    assert done.returncode == 0, done.stderr
    assert sorted(project.rows(CONTENTS)) != before


def test_a_folder_that_may_not_be_written_is_said_so(home, box_lines):
    path = box_lines("changed.csv", "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    closed = [home, *(each for each in home.rglob("*"))]
    for each in closed:
        each.chmod(0o555 if each.is_dir() else 0o444)

    def obey_permissions():
        # the superuser writes anywhere; without these capabilities it does not
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP

    try:
        refused(run("ingest", path, "--home", home, limits=obey_permissions), str(home))
    finally:
        for each in closed:
            each.chmod(0o755 if each.is_dir() else 0o644)
    assert run("status", "--home", home).returncode == 0


@pytest.mark.parametrize("spoil", ["head", "middle", "cut"])
def test_a_damaged_catalog_is_said_so_and_the_data_stays(home, spoil):
    for extra in home.glob("catalog.sqlite-*"):
        extra.unlink()
    catalog = home / "catalog.sqlite"
    content = bytearray(catalog.read_bytes())
    data = sorted(path.name for path in (home / "data").rglob("*.parquet"))
    if spoil == "cut":
        content = content[: len(content) // 3]
    else:
        at = 0 if spoil == "head" else len(content) // 4
        content[at : at + 60_000] = os.urandom(60_000)
    catalog.write_bytes(content)
    refused(run("validate", "--home", home))
    assert sorted(path.name for path in (home / "data").rglob("*.parquet")) == data


def test_a_lost_data_file_is_said_so(home):
    landed = (home / "data" / "landing").rglob("*.parquet")
    lost = max(landed, key=lambda path: path.stat().st_size)
    lost.unlink()
    refused(run("backfill", "--no-resume", "--home", home))


def test_a_clock_that_jumps_does_not_hide_a_correction(project, graph, box_lines, tmp_path):
    ahead = "built_at = built_at + INTERVAL 9 YEAR, changed_at = changed_at + INTERVAL 9 YEAR"
    project.execute(f"UPDATE lake.ledger.partitions SET {ahead}")
    path = box_lines("changed.csv", "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    ingest_files(project, graph, [path])
    report = run_tables(project, graph, graph.computed)
    assert sum(outcome.changed for outcome in report.tables) > 20
    again = run_tables(project, graph, graph.computed)
    assert not any(outcome.computed for outcome in again.tables)
