"""Runs that are killed, and runs at once: nothing is lost, nothing is half there."""

from __future__ import annotations

import shutil
import signal
import time

from boxout.pipeline.graph import load_graph
from boxout.tables.definition import RAW_PHASE

RAW = [table.name for table in load_graph().computed if table.phase == RAW_PHASE]


def wait_for_commit(process, table):
    """Read what a backfill prints until it has committed a chunk of the table."""
    for line in process.stdout:
        if line.rstrip().endswith(f" {table}"):
            return
    raise AssertionError(f"the backfill ended without a chunk of {table}")


def test_a_killed_backfill_resumes_where_it_stopped(
    ingested_once, start, small_home, tmp_path, boxout, contents
):
    home = shutil.copytree(ingested_once, tmp_path / "home")
    built, kills = 0, 0
    for table in ("raw.player_aliases", "raw.games", "raw.player_boxscores"):
        process = start("backfill", "--chunk-dates", "60", "--home", home)
        wait_for_commit(process, table)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        states = contents(home)
        assert {state for state, *_ in states.values()} <= {"fresh", "empty", "bootstrap"}
        assert len(states) >= built  # what was committed stays
        built = len(states)
        status = boxout("status", "--home", home)
        assert status.returncode == 0, status.stderr
    assert kills == 3
    assert built > 0
    finished = boxout("backfill", "--home", home)
    assert finished.returncode == 0, finished.stderr
    assert contents(home) == contents(small_home)
    # raw.games was done before the last stop: it is not computed again
    assert "raw.games" not in finished.stdout


def test_an_ingest_that_is_killed_loads_all_of_a_file_or_nothing(
    small_league, start, tmp_path, boxout, contents, small_home
):
    home = tmp_path / "home"
    for patience in (0.9, 1.3):
        process = start("ingest", small_league, "--home", home)
        time.sleep(patience)
        process.kill()
        process.communicate()
    assert boxout("ingest", small_league, "--home", home).returncode == 0
    # the landed rows are those of the small league's project if what is made of them is
    assert boxout("backfill", *RAW, "--home", home).returncode == 0
    assert contents(home) == contents(small_home, RAW)


def test_two_backfills_at_once_share_the_work(
    ingested_once, start, small_home, tmp_path, boxout, contents
):
    home = shutil.copytree(ingested_once, tmp_path / "home")
    tables = [*RAW, "analytics.player_game_summary"]
    both = [start("backfill", *tables, "--chunk-dates", "60", "--home", home) for _ in range(2)]
    time.sleep(1.5)
    reader = boxout("status", "--home", home)  # readers never wait
    assert reader.returncode == 0, reader.stderr
    outputs = [process.communicate(timeout=200)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert contents(home) == contents(small_home, tables)


def test_an_interrupted_run_says_that_it_resumes(ingested_once, start, tmp_path):
    home = shutil.copytree(ingested_once, tmp_path / "home")
    process = start("backfill", "--chunk-dates", "30", "--home", home)
    wait_for_commit(process, "raw.player_aliases")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "resumes" in output
    assert "Traceback" not in output
