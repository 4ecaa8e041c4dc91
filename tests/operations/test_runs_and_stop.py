"""Runs are seen while they work, end where they are asked to, and never lose what is committed."""

from __future__ import annotations

import json
import os
import signal

import pytest

from boxout.pipeline import runs
from boxout.pipeline.authors import user_name
from boxout.pipeline.life_signs import Heartbeat, read_life_signs
from boxout.pipeline.runs import Run, close_dead_runs
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


def listed(boxout, home, *options):
    result = boxout("runs", "--json", *options, "--home", home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_run_at_work_shows_its_progress_and_makes_no_data_version(
    backfill, hold_still, ingested, boxout
):
    process = backfill(ingested)
    hold_still(process, ingested)
    try:
        with open_warehouse(Home(ingested)) as warehouse:
            version = warehouse.version()
        (run,) = listed(boxout, ingested)["active"]
        assert run["state"] == "running"
        assert run["command"] == "backfill"
        assert run["pid"] == process.pid
        assert run["what"].startswith("raw.")
        assert 0 < run["done"] <= run["due"]
        assert run["rate"] > 0
        assert run["eta_seconds"] > 0
        assert run["heartbeat_age"] >= 0
        text = boxout("runs", "--home", ingested).stdout
        assert f"{process.pid} on " in text
        with open_warehouse(Home(ingested)) as warehouse:
            assert warehouse.version() == version
    finally:
        process.send_signal(signal.SIGCONT)


def test_stop_ends_a_run_at_its_next_commit_point_and_the_next_one_resumes(
    backfill, ingested, small_home, boxout, contents
):
    process = backfill(ingested)
    (run,) = listed(boxout, ingested)["active"]
    asked = boxout("stop", run["run_id"][:8], "--reason", "lunch", "--home", ingested)
    assert asked.returncode == 0, asked.stderr
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "lunch" in output
    assert "resumes" in output
    (past,) = listed(boxout, ingested, "--all")["past"]
    assert (past["state"], past["run_id"]) == ("stopped", run["run_id"])
    assert "lunch" in past["reason"]
    built = contents(ingested)
    assert built
    assert {state for state, *_ in built.values()} <= {"fresh", "empty", "bootstrap"}
    assert list((ingested / "runs").iterdir()) == []
    assert boxout("backfill", "--home", ingested).returncode == 0
    assert contents(ingested) == contents(small_home)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_as_cleanly(backfill, ingested, boxout, contents, number):
    process = backfill(ingested)
    process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert number.name in output
    assert "Traceback" not in output
    (past,) = listed(boxout, ingested, "--all")["past"]
    assert past["state"] == "stopped"
    assert number.name in past["reason"]
    assert contents(ingested)


def test_a_dead_run_is_closed_by_whoever_notices(backfill, ingested, boxout):
    process = backfill(ingested)
    process.kill()
    process.communicate()
    (sign,) = read_life_signs(Home(ingested))
    assert not sign.is_alive
    found = listed(boxout, ingested)
    assert found["active"] == []
    (dead,) = found["past"]
    assert dead["state"] == "died"
    assert f"process {process.pid}" in dead["reason"]
    assert listed(boxout, ingested)["past"] == []  # it is noticed once
    assert [run["state"] for run in listed(boxout, ingested, "--all")["past"]] == ["died"]


def test_a_worker_of_another_host_is_dead_when_its_heartbeat_is_old(tmp_path):
    home = Home(tmp_path)
    home.create()
    beat = Heartbeat(home, "far", {"kind": "run", "command": "run"})
    beat.start()
    path = home.runs / "far.json"
    sign = json.loads(path.read_text())
    beat.end()
    sign["host"] = "elsewhere"
    path.write_text(json.dumps(sign))
    assert read_life_signs(home)[0].is_alive
    sign["beat_at"] = "2020-01-01T00:00:00"
    path.write_text(json.dumps(sign))
    assert not read_life_signs(home)[0].is_alive


def test_a_run_that_is_not_there_cannot_be_stopped(small_home, boxout):
    result = boxout("stop", "nothing", "--home", small_home)
    assert result.returncode == 2
    assert "No run 'nothing' is at work" in result.stderr
    assert "boxout runs" in result.stderr


def test_a_run_that_begins_while_others_are_looked_for_is_not_taken_for_dead(project, monkeypatch):
    began = []

    def look(home):
        if not began:
            began.append(Run(project, "backfill"))
            began[0].start()
        return read_life_signs(home)

    monkeypatch.setattr(runs, "read_life_signs", look)
    try:
        assert close_dead_runs(project) == ()
        assert close_dead_runs(project) == ()
    finally:
        began[0].end("done")


def test_stop_without_a_run_stops_nothing(backfill, ingested, boxout):
    process = backfill(ingested)
    asked = boxout("stop", "", "--home", ingested)
    assert asked.returncode == 2
    assert "RUN is empty" in asked.stderr
    assert all(sign.stop_reason is None for sign in read_life_signs(Home(ingested)))
    process.kill()


def test_a_user_without_a_name_has_a_number(monkeypatch):
    def fail():
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", fail)
    assert user_name() == f"user {os.getuid()}"
