"""Two writers, an ingest, a reader and a killer on one project: nothing lost, nothing torn."""

from __future__ import annotations

import shutil
import signal

from boxout.warehouse.ducklake import open_warehouse
from boxout.warehouse.home import Home

TABLES = ("raw.player_boxscores", "analytics.player_game_summary", "precompute.ml_feature_store")
WRITER = ("backfill", "--no-resume", "--chunk-dates", "60", "--home")


def torn(warehouse):
    """Tables whose rows are not those that the ledger of the same moment counts."""
    with warehouse.reading():
        return [
            table
            for table in TABLES
            if warehouse.scalar(f"SELECT count(*) FROM lake.{table}")
            != warehouse.scalar(
                "SELECT sum(row_count) FROM lake.ledger.partitions WHERE table_name = $1", [table]
            )
        ]


def wait_for(process, text):
    """Read what a process prints until it says something; whether it did."""
    return any(text in line for line in process.stdout)


def test_writers_readers_and_a_killer_leave_what_a_build_from_scratch_gives(
    small_home, small_league, start, boxout, contents, rewrite, tmp_path
):
    home = shutil.copytree(small_home, tmp_path / "home")
    source = next(small_league.rglob("player_boxscores_2024-25.parquet"))
    corrected = tmp_path / source.name
    shutil.copy(source, corrected)
    rewrite(corrected, "SELECT * REPLACE (ast + 1 AS ast) FROM file WHERE true")
    looked = 0
    with open_warehouse(Home(home)) as reader:
        reader.execute("SET threads = 1")
        victim, other = start(*WRITER, home), start(*WRITER, home)
        assert wait_for(victim, "raw.player_boxscores")
        ingest = start("ingest", corrected, "--home", home)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        assert victim.returncode == -signal.SIGKILL
        after = start(*WRITER, home)
        back = None
        while other.poll() is None or after.poll() is None:
            assert torn(reader) == []
            looked += 1
            if back is None and ingest.poll() is not None:
                shutil.copy(source, corrected)  # it was no correction
                back = start("ingest", corrected, "--home", home)
        for process in (ingest, back, other, after):
            output, _ = process.communicate(timeout=120)
            assert "Traceback" not in output
            assert process.returncode in (0, 3), output
    assert looked > 3
    # nobody waits for the dead, and what it held is free
    status = boxout("runs", "--all", "--home", home)
    assert "running" not in status.stdout
    done = boxout("backfill", "--home", home)
    assert done.returncode == 0, done.stderr
    assert contents(home) == contents(small_home)
