"""What is told once is told once, and told whoever noticed it first and however a round ended."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from boxout.errors import StoppedError
from boxout.orchestration import watch
from boxout.orchestration.alerts import Alerts
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import RetrySettings, WatchSettings
from boxout.orchestration.watch import Watcher
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import Heartbeat, now
from boxout.pipeline.record_watcher import note_watcher
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def new(tmp_path):
    """A project without data, open."""
    with open_warehouse(Home(tmp_path / "new"), create=True) as warehouse:
        create_ledger(warehouse)
        yield warehouse


def told(warehouse, report=None):
    """Return what a watcher that was started anew tells."""
    alerts = Alerts(warehouse.home, WatchSettings())
    alerts = alerts.after_round(warehouse, report or RoundReport(now()), now())
    return [(alert.kind, alert.text) for alert in alerts]


def leave_a_dead_watcher(home, hours):
    """Leave the heartbeat of a watcher that died so long ago, and return when that was."""
    beat = Heartbeat(home, "watch", {"kind": "watch", "doing": "sleeping"})
    beat.start()
    beat.fall_silent()
    path = home.runs / "watch.json"
    died_at = now() - timedelta(hours=hours)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"beat_at": died_at.isoformat()}))
    return died_at


def test_a_time_without_a_watcher_is_told_once_whoever_sees_its_end(new):
    died_at = leave_a_dead_watcher(new.home, 5)
    note_watcher(new)
    (incident,) = read_incidents(new)
    assert incident.opened_at == died_at
    assert told(new) == []  # nobody watches who could tell it
    beat = Heartbeat(new.home, "watch", {"kind": "watch"})
    beat.start()
    note_watcher(new)  # as any command does that looks
    back_at = now()
    ((kind, text),) = told(new)
    beat.end()
    assert kind == "unwatched"
    assert text.startswith(f"i0001: nobody watched from {died_at:%Y-%m-%d %H:%M} to ")
    assert "was found dead; it was last heard of at" in text
    assert "boxout stop watch" not in text
    assert told(new) == []
    (incident,) = read_incidents(new, include_closed=True)
    assert incident.seconds_to_repair == pytest.approx(5 * 3600, abs=300)
    assert incident.repaired_at <= back_at


def test_one_that_beats_and_does_not_wake_is_missing_since_it_should_have(new):
    due = now() - timedelta(minutes=10)
    beat = Heartbeat(new.home, "watch", {"kind": "watch", "next_at": due.isoformat()})
    beat.start()
    note_watcher(new)
    beat.end()
    (incident,) = read_incidents(new)
    assert incident.opened_at == due


def test_a_refused_file_is_told_once_for_each_change_of_it(new):
    def refuse(stamp):
        return RoundReport(now(), refused={"odd.csv": "it is odd"}, stamps={"odd.csv": stamp})

    refused = [("refused", "odd.csv: it is odd")]
    assert told(new, refuse((1, 8))) == refused
    assert told(new, refuse((1, 8))) == []
    assert told(new) == []
    assert told(new, refuse((1, 8))) == []
    assert told(new, refuse((2, 8))) == refused


def after(home, *problems, is_stopped=False):
    """Return what is told after a round with such problems, as by a watcher started anew."""
    report = RoundReport(now(), problems=list(problems), is_stopped=is_stopped)
    alerts = Alerts(home, WatchSettings()).after_round(None, report, now())
    return [(alert.kind, alert.text) for alert in alerts]


def test_a_job_that_failed_is_told_when_it_is_done_again(tmp_path):
    home = Home(tmp_path)
    disk, other = "tables: OSError: No space left on device", "tables: it is being written"
    assert after(home, disk) == [("failed", disk)]
    assert after(home, disk) == []
    assert after(home, other) == [("failed", other)]
    assert after(home) == [("recovered", f"tables: done again; it had failed: {other[8:]}")]
    assert after(home) == []
    files = ("ingest: a.csv: it is odd", "ingest: b.csv: it is, too")
    assert after(home, *files) == [("failed", each) for each in files]
    assert after(home, files[0]) == []
    assert after(home) == [("recovered", "ingest: done again; it had failed: a.csv: it is odd")]


def test_a_round_that_is_stopped_ends_no_failure_of_a_job_that_it_did_not_come_to(tmp_path):
    home = Home(tmp_path)
    assert after(home, "learning: full") == [("failed", "learning: full")]
    assert after(home, "ingest: full", is_stopped=True) == [("failed", "ingest: full")]
    done_again = ("recovered", "ingest: done again; it had failed: full")
    assert after(home, "learning: full") == [done_again]


def test_that_the_ledger_cannot_be_read_is_told_though_every_job_was_done(
    tmp_path, graph, monkeypatch, caplog
):
    home, pinged = Home(tmp_path / "new"), []
    settings = WatchSettings(dead_man_url="http://127.0.0.1:1/")
    watcher = Watcher(home, graph, settings)
    monkeypatch.setattr(watcher._round, "run", lambda report: None)
    monkeypatch.setattr(watch, "_ping", pinged.append)

    def fail(warehouse):
        raise RuntimeError("it should not happen")

    with open_warehouse(home, create=True) as warehouse:
        create_ledger(warehouse)
    monkeypatch.setattr("boxout.orchestration.alerts.read_incidents", fail)
    watcher._do_round("asked")
    assert [record.fields["text"] for record in caplog.records if record.message == "alert"] == [
        "telling: RuntimeError: it should not happen"
    ]
    assert pinged == []


def test_what_a_round_did_before_it_was_stopped_is_told(tmp_path, graph, monkeypatch, caplog):
    settings = WatchSettings(dead_man_url="http://127.0.0.1:1/")
    watcher, pinged = Watcher(Home(tmp_path / "new"), graph, settings), []

    def stop(report):
        report.refused["odd.csv"] = "it is odd"
        raise StoppedError("one run was stopped")

    monkeypatch.setattr(watcher._round, "run", stop)
    monkeypatch.setattr(watch, "_ping", pinged.append)
    with pytest.raises(StoppedError):
        watcher._do_round("asked")
    assert [record.fields["text"] for record in caplog.records if record.message == "alert"] == [
        "odd.csv: it is odd"
    ]
    assert pinged == []


def test_a_watcher_begins_and_tells_of_the_dead_one_beside_a_lake_that_cannot_be_opened(
    tmp_path, graph, caplog
):
    home = Home(tmp_path / "new")
    home.create()
    home.catalog.write_bytes(b"no catalog at all")
    leave_a_dead_watcher(home, 5)
    Watcher(home, graph, WatchSettings(retry=RetrySettings(1, 0, 0))).once()
    kinds = [record.fields["kind"] for record in caplog.records if record.message == "alert"]
    assert kinds == ["unwatched", *["failed"] * 4]  # each job, and telling
