"""Two writers, an ingest, a reader and a killer on one project: nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess

from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

# What the corrected file reaches on the way to the last table, which is read meanwhile.
TABLES = (
    *("raw.player_aliases", "raw.games", "raw.player_boxscores", "raw.team_boxscores"),
    *("analytics.player_game_summary", "precompute.slate", "precompute.player_daily_cache"),
)
WRITER = ("backfill", *TABLES, "--no-resume", "--chunk-dates", "60", "--home")


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
            # readers never wait, and never meet a table that is not there
            assert reader.scalar(f"SELECT count(game_id) FROM lake.{TABLES[-1]}")
            looked += 1
            # a reader that never pauses would keep the writers from their cores
            with contextlib.suppress(subprocess.TimeoutExpired):
                other.wait(timeout=0.1)
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
