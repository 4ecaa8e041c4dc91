"""Who watches the watcher: one that is overdue or dead is an incident, until one beats again."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta

import pytest
from loopback import loopback_server

from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.record_watcher import note_watcher
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def home(tmp_path):
    """A new project, without data: there is nothing to do but to watch."""
    folder = tmp_path / "watched"
    (folder / "incoming").mkdir(parents=True)
    (folder / "boxout.toml").write_text("settle_seconds = 0\n")
    return folder


def incidents(boxout, home):
    result = boxout("incidents", "--all", "--json", "--home", home)
    found = json.loads(result.stdout)
    assert result.returncode == (3 if any(i["outcome"] is None for i in found) else 0)
    return [(i["scope"], i["check"], i["outcome"]) for i in found]


def put_back(path, seconds):
    """Make a heartbeat so much older, as it is when its process hangs for that long."""
    sign = json.loads(path.read_text())
    sign["beat_at"] = (
        datetime.fromisoformat(sign["beat_at"]) - timedelta(seconds=seconds)
    ).isoformat()
    path.write_text(json.dumps(sign))


def test_an_overdue_watcher_is_an_incident_until_it_beats_again(home, start, until, boxout):
    watch = start("watch", "--home", home)
    until(watch, "sleeping")
    assert incidents(boxout, home) == []
    watch.send_signal(signal.SIGSTOP)
    try:
        put_back(home / "runs" / "watch.json", 600)
        said = boxout("status", "--home", home).stdout
        assert "the watcher is OVERDUE" in said
        assert "i0001: the watcher fails watcher_beats" in said
        assert f"Nobody watches: process {watch.pid}" in said
        assert incidents(boxout, home) == [("watch", "watcher_beats", None)]
    finally:
        watch.send_signal(signal.SIGCONT)
    (home / "incoming" / "odd.csv").write_text("a,b\n1,2\n")
    until(watch, "alert")
    until(watch, "sleeping")
    assert incidents(boxout, home) == [("watch", "watcher_beats", "repaired")]
    watch.kill()
    watch.communicate()
    assert boxout("ready", "--home", home).returncode == 3
    assert incidents(boxout, home)[1:] == [("watch", "watcher_beats", None)]
    handoff = boxout("handoff", "--home", home).stdout
    assert "the watcher, watcher_beats fails" in handoff
    assert "None" not in handoff
    stopped = boxout("stop", "watch", "--home", home)
    assert stopped.returncode == 0
    assert f"process {watch.pid}" in stopped.stdout
    assert incidents(boxout, home)[1:] == [("watch", "watcher_beats", "called off")]
    assert "no watcher" in boxout("status", "--home", home).stdout


def test_the_next_watcher_tells_that_nobody_watched(home, start, until, boxout):
    watch = start("watch", "--home", home)
    until(watch, "sleeping")
    watch.kill()
    watch.communicate()
    with loopback_server() as server:
        (home / "boxout.toml").write_text(
            f'settle_seconds = 0\nalert_urls = ["json://127.0.0.1:{server.port}/"]\n'
        )
        assert boxout("watch", "--once", "--home", home).returncode == 0
        assert boxout("watch", "--once", "--home", home).returncode == 0
        (post,) = server.posts
    assert "1 unwatched" in post["title"]
    assert f"process {watch.pid}" in post["message"]
    assert incidents(boxout, home) == [("watch", "watcher_beats", "repaired")]


def test_looking_twice_opens_one_incident_and_a_project_without_a_watcher_none(home, start, until):
    watch = start("watch", "--home", home)
    until(watch, "sleeping")
    with open_warehouse(Home(home)) as warehouse:
        assert note_watcher(warehouse) == ()
        assert read_incidents(warehouse) == ()
        watch.kill()
        watch.communicate()
        assert note_watcher(warehouse) == ()
        assert note_watcher(warehouse) == ()
        assert len(read_incidents(warehouse)) == 1
        for path in (home / "runs").glob("watch.*"):
            path.unlink()
        (closed,) = note_watcher(warehouse)
        assert closed.outcome == "called off"
        assert note_watcher(warehouse) == ()
