"""What goes wrong around a watcher neither ends it nor keeps it from its work."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from boxout.errors import UnreadableFileError, WarehouseError
from boxout.orchestration import ingest_round
from boxout.orchestration.alerts import Alerts
from boxout.orchestration.round import Round, RoundReport
from boxout.orchestration.settings import RetrySettings, WatchSettings
from boxout.orchestration.watch import Watcher, _ping
from boxout.pipeline import ingest as ingest_module
from boxout.pipeline.authors import Author
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import Heartbeat, now, read_life_signs
from boxout.pipeline.record_watcher import note_watcher
from boxout.pipeline.watching import read_watcher
from boxout.pipeline.withdrawal import withdraw_files
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse

INJURY = (
    "SELECT '2024-01-05 17:30:00' AS report_utc, '2024-01-05' AS game_date, 'DEN' AS team, "
    "'Nikola Jokic' AS player_name, 3 AS status, 'Knee' AS reason"
)


ATTEMPTS = 2


@pytest.fixture
def incoming(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def a_round(tmp_path, incoming, graph):
    """Return a round of a new project that waits for nothing."""

    def make():
        retry = RetrySettings(ATTEMPTS, 0, 0)
        settings = WatchSettings(folders=(incoming,), settle_seconds=0, retry=retry)
        return Round(Home(tmp_path / "new"), graph, settings, now, lambda: None, lambda text: None)

    return make


def ingest(doing):
    """Ingest what came as a round does, and return what it reports."""
    report = RoundReport(now())
    with open_warehouse(doing.home, create=True) as warehouse:
        doing._ingest(warehouse, report)
    return report


def test_files_that_cannot_be_ingested_are_told_once_and_hold_up_no_other(a_round, incoming):
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({INJURY}) TO '{incoming / 'a.parquet'}'")
        good = INJURY.replace("3 AS status", "'out' AS status")
        connection.execute(f"COPY ({good}) TO '{incoming / 'z.parquet'}'")
    Path(os.fsdecode(bytes(incoming) + b"/p\xff.csv")).write_text("a,b\n1,2\n")
    doing = a_round()
    report = ingest(doing)
    assert [brought.path.name for brought in report.files] == ["z.parquet"]
    assert sorted(Path(path).name for path in report.refused) == ["a.parquet", r"p\xff.csv"]
    assert report.stamps.keys() == report.refused.keys()
    assert not doing.incoming.has_come()  # nothing wakes the watcher
    again = ingest(doing)
    assert (again.files, again.refused) == ([], {})


def test_a_withdrawn_file_is_left_out_and_the_log_says_so(a_round, incoming, graph, caplog):
    caplog.set_level("INFO")
    path = incoming / "z.parquet"
    good = INJURY.replace("3 AS status", "'out' AS status")
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({good}) TO '{path}'")
    first = a_round()
    ingest(first)
    with open_warehouse(first.home) as warehouse:
        withdraw_files(warehouse, graph, [path], Author("Dana", "a guess"))
    restarted = a_round()
    assert ingest(restarted).files == []
    assert "left out, for it was withdrawn" in caplog.text
    with open_warehouse(first.home) as warehouse:
        assert warehouse.scalar("SELECT count(*) FROM lake.landing.injuries") == 0


def test_what_the_system_does_not_let_be_read_is_tried_again_in_each_round(
    a_round, incoming, monkeypatch
):
    with duckdb.connect() as connection:
        good = INJURY.replace("3 AS status", "'out' AS status")
        connection.execute(f"COPY ({good}) TO '{incoming / 'a.parquet'}'")

    def closed(path):
        raise UnreadableFileError("The file cannot be read: Permission denied.", str(path))

    doing = a_round()
    with monkeypatch.context() as closing:
        closing.setattr(ingest_module, "fingerprint", closed)
        assert len(ingest(doing).refused) == 1
        assert not doing.incoming.has_come()
        assert ingest(doing).refused == {}  # it was told
    assert len(ingest(doing).files) == 1
    assert ingest(doing).files == []


def write_injuries(path):
    with duckdb.connect() as connection:
        good = INJURY.replace("3 AS status", "'out' AS status")
        connection.execute(f"COPY ({good}) TO '{path}'")


def test_a_file_whose_ingest_fails_holds_up_no_other_and_calls_no_round(
    a_round, incoming, monkeypatch
):
    write_injuries(incoming / "a.parquet")
    write_injuries(incoming / "z.parquet")
    doing, report, tries = a_round(), RoundReport(now()), []
    real = ingest_round.ingest_files

    def fail(warehouse, graph, paths, listener):
        if paths[0].name == "a.parquet":
            tries.append(paths[0])
            raise OSError(28, "No space left on device")
        return real(warehouse, graph, paths, listener)

    with monkeypatch.context() as full:
        full.setattr(ingest_round, "ingest_files", fail)
        doing._attempt("ingest", report, lambda w: doing._ingest(w, report))
    assert [brought.path.name for brought in report.files] == ["z.parquet"]
    (problem,) = report.problems
    assert problem.startswith(f"ingest: {incoming / 'a.parquet'}: OSError: ")
    assert len(tries) == ATTEMPTS
    assert not doing.incoming.has_come()
    assert [brought.path.name for brought in ingest(doing).files] == ["a.parquet"]
    assert ingest(doing).files == []


def test_what_cannot_be_tried_at_all_calls_no_round(a_round, incoming):
    doing = a_round()
    doing.home.create()
    doing.home.catalog.write_bytes(b"no catalog at all")
    write_injuries(incoming / "a.parquet")
    assert doing.incoming.has_come()
    report = RoundReport(now())
    doing.run(report)
    assert len(report.problems) == 3
    assert not doing.incoming.has_come()
    doing.home.catalog.unlink()
    assert len(ingest(doing).files) == 1


def test_a_failure_is_told_once_while_it_lasts(tmp_path):
    home = Home(tmp_path / "new")
    with open_warehouse(home, create=True) as warehouse:
        create_ledger(warehouse)

        def told(*problems):
            report = RoundReport(now(), problems=list(problems))
            alerts = Alerts(home, WatchSettings()).after_round(warehouse, report, now())
            return [alert.text for alert in alerts]

        assert told("ingest: full") == ["ingest: full"]
        assert told("ingest: full", "tables: full") == ["tables: full"]
        assert told("ingest: full") == ["tables: done again; it had failed: full"]
        assert told() == ["ingest: done again; it had failed: full"]
        assert told("ingest: full") == ["ingest: full"]


def test_a_folder_that_cannot_be_looked_at_is_a_problem_of_a_round(a_round, incoming, monkeypatch):
    doing = a_round()
    monkeypatch.setattr(doing, "_attempt", lambda *job: True)
    monkeypatch.setattr(doing.incoming, "look", dict)
    doing.incoming.closed = {incoming: "Permission denied"}
    report = RoundReport(now())
    doing.run(report)
    assert report.problems == [f"ingest: {incoming} cannot be looked at: Permission denied"]


def test_an_error_that_nobody_foresaw_leaves_a_watcher_that_is_seen_as_dead(
    tmp_path, graph, monkeypatch, caplog
):
    home = Home(tmp_path / "new")
    watcher = Watcher(home, graph, WatchSettings())
    monkeypatch.setattr(watcher, "_do_round", lambda why: RoundReport(now()))

    def fail(known):
        raise RuntimeError("it should not happen")

    monkeypatch.setattr(watcher, "_sleep", fail)
    with pytest.raises(RuntimeError):
        watcher.watch()
    assert read_watcher(read_life_signs(home), now()).state == "dead"
    assert "the watcher ends by an error" in caplog.text
    with open_warehouse(home, create=True) as warehouse:
        create_ledger(warehouse)
        note_watcher(warehouse)
        (incident,) = read_incidents(warehouse)
    assert incident.check == "watcher_beats"
    Heartbeat(home, "watch", {}).start()  # its lock is free


def test_what_goes_wrong_while_telling_ends_no_watcher(tmp_path, graph, monkeypatch, caplog):
    watcher = Watcher(Home(tmp_path / "new"), graph, WatchSettings())

    def fail(*told):
        raise RuntimeError("it should not happen")

    with open_warehouse(Home(tmp_path / "new"), create=True):
        monkeypatch.setattr(watcher._alerts, "after_round", fail)
    watcher._after_round(RoundReport(now()))
    assert "could not tell" in caplog.text


@pytest.mark.parametrize("content", [b"", b"no catalog at all"])
def test_the_version_of_what_is_no_catalog_is_an_error_that_says_so(tmp_path, content):
    home = Home(tmp_path)
    home.catalog.write_bytes(content)
    with pytest.raises(WarehouseError, match="cannot be read") as caught:
        newest_version(home)
    assert caught.value.where == str(home.catalog)


def test_a_catalog_without_a_version_has_none(tmp_path):
    import sqlite3

    home = Home(tmp_path)
    with contextlib.closing(sqlite3.connect(home.catalog)) as catalog:
        catalog.execute("CREATE TABLE ducklake_snapshot (snapshot_id BIGINT)")
    assert newest_version(home) is None


def test_a_watcher_sleeps_on_beside_a_catalog_that_cannot_be_read(tmp_path, graph):
    home = Home(tmp_path / "new")
    home.create()
    home.catalog.touch()
    noon = datetime(2026, 1, 15, 12)
    moments = iter([noon, noon, noon + timedelta(hours=1)])
    watcher = Watcher(home, graph, WatchSettings(), clock=lambda: next(moments))
    assert watcher._sleep(None) == "it is time"


@pytest.mark.parametrize(
    "answer", [b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
def test_a_dead_man_service_may_answer_anything(answer, caplog):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            caller, _ = server.accept()
            with caller:
                caller.recv(4096)
                caller.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        _ping(f"http://127.0.0.1:{server.getsockname()[1]}/")
        serving.join()
    assert "was not reached" in caplog.text


def test_a_heartbeat_that_cannot_be_written_ends_nothing(tmp_path):
    home = Home(tmp_path)
    beat = Heartbeat(home, "far", {"doing": "one thing"})
    beat.start()
    (home.runs / "far.part").mkdir()
    beat.tell(doing="another")
    (home.runs / "far.part").rmdir()
    beat.tell(more=1)
    assert '"doing": "another", "more": 1' in (home.runs / "far.json").read_text()
    beat.end()
