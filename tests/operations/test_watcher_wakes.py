"""What others do to the project calls the watcher, when they have done with it, and only then."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from boxout.cli import sources
from boxout.errors import StoppedError
from boxout.orchestration import round as round_module
from boxout.orchestration import watch
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import RetrySettings, WatchSettings
from boxout.orchestration.watch import CHANGED, MOST_IN_A_ROW, Watcher
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.diagnose.diagnosis import diagnose_incidents
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import ask_to_stop, now
from boxout.pipeline.run_views import active_runs
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse


class AsleepError(Exception):
    """A watcher would have slept."""


class Clockwork:
    """A watcher whose rounds do nothing, on a project of which only the version is there."""

    def __init__(self, home, graph, monkeypatch):
        self.version, self.rounds, self.at_work, self.seconds = 1, [], (), 0.0
        self.in_round, self.in_sleep = lambda: None, self.fall_asleep
        self.watcher = Watcher(home, graph, WatchSettings(settle_seconds=2, times=()))
        monkeypatch.setattr(self.watcher, "_version", lambda: self.version)
        monkeypatch.setattr(self.watcher, "_do_round", self.do_round)
        monkeypatch.setattr(watch, "active_runs", lambda home: self.at_work)
        time = SimpleNamespace(monotonic=lambda: self.seconds, sleep=self.sleep)
        monkeypatch.setattr(watch, "time", time)

    def do_round(self, why):
        self.rounds.append(why)
        self.in_round()
        return RoundReport(now())

    def fall_asleep(self):
        raise AsleepError

    def sleep(self, seconds):
        self.seconds += seconds
        self.in_sleep()

    def commit(self):
        self.version += 1


@pytest.fixture
def clockwork(tmp_path, graph, monkeypatch):
    return Clockwork(Home(tmp_path / "new"), graph, monkeypatch)


def run(clockwork):
    with pytest.raises(AsleepError):
        clockwork.watcher.watch()
    return clockwork.rounds


def test_a_round_follows_one_in_which_something_was_committed_and_none_an_idle_one(clockwork):
    clockwork.in_round = lambda: len(clockwork.rounds) == 1 and clockwork.commit()
    assert run(clockwork) == ["started", CHANGED]


def test_rounds_that_always_find_something_do_not_follow_each_other_for_ever(clockwork):
    clockwork.in_round = clockwork.commit
    assert run(clockwork) == ["started", *[CHANGED] * MOST_IN_A_ROW]


def test_an_incident_that_is_diagnosed_is_left_alone_by_idle_rounds(tmp_path, graph):
    with open_warehouse(Home(tmp_path / "new"), create=True) as warehouse:
        create_ledger(warehouse)
        with warehouse.commit():
            warehouse.execute(
                "INSERT INTO lake.ledger.incidents BY NAME SELECT 'i0001' AS incident_id, "
                "'raw.games' AS table_name, 'a_check' AS check_name, 'season' AS scope, "
                "'2023-24' AS season, TIMESTAMP '2026-01-31 09:12:44.5' AS opened_at, "
                "opened_at AS updated_at, $1 AS diagnosis",
                [json.dumps({"of": "2026-01-31 09:12:44.500000"})],
            )
        version = warehouse.version()
        diagnose_incidents(warehouse, graph)
        assert warehouse.version() == version


def test_none_follows_at_once_a_round_that_was_stopped(clockwork):
    def stop():
        clockwork.commit()
        clockwork.watcher._round.versions.add(clockwork.version)
        raise StoppedError("one run was")

    clockwork.in_round = stop
    assert run(clockwork) == ["started"]


def commit_something(home):
    with open_warehouse(home) as other, other.commit():
        other.execute("CREATE OR REPLACE TABLE lake.ledger.noted AS SELECT 1 AS note")


def fail(home):
    raise RuntimeError("something is wrong")


def commit_and_fail(home):
    commit_something(home)
    fail(home)


def commit_and_stop(home):
    commit_something(home)
    raise StoppedError("one run was")


@pytest.mark.parametrize(
    ("act", "rounds"),
    [
        (fail, ["started"]),
        (commit_and_fail, ["started", CHANGED]),
        (commit_and_stop, ["started", CHANGED]),
    ],
)
def test_what_others_commit_during_a_round_that_fails_or_is_stopped_is_followed_by_another(
    tmp_path, graph, monkeypatch, act, rounds
):
    home, done = Home(tmp_path / "new"), []
    with open_warehouse(home, create=True):
        pass
    settings = WatchSettings(settle_seconds=0, times=(), retry=RetrySettings(1, 0, 0))
    watcher = Watcher(home, graph, settings)
    do_round = watcher._do_round

    def each(why):
        done.append(why)
        return do_round(why)

    def sleep(seconds):
        raise AsleepError

    def run_tables(*_, **__):
        if len(done) == 1:
            act(home)
        fail(home)

    monkeypatch.setattr(watcher, "_do_round", each)
    monkeypatch.setattr(round_module, "run_tables", run_tables)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    with pytest.raises(AsleepError):
        watcher.watch()
    assert done == rounds


def test_it_sleeps_on_beside_a_file_system_that_cannot_be_asked_who_is_at_work(
    clockwork, monkeypatch
):
    def stale(home):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(watch, "active_runs", stale)
    clockwork.in_round = clockwork.commit
    assert run(clockwork) == ["started"]


def test_it_sleeps_until_a_change_is_still_and_whoever_made_it_has_ended(clockwork):
    def others():
        if clockwork.seconds > 20:
            raise AsleepError
        if clockwork.seconds in (1, 2, 3, 4, 5):
            clockwork.commit()
        clockwork.at_work = ("an ingest",) if 6 <= clockwork.seconds < 10 else ()
        clockwork.in_round = lambda: woke_at.append(clockwork.seconds)

    woke_at = []
    clockwork.in_sleep = others
    assert run(clockwork) == ["started", CHANGED]
    assert woke_at == [10]


def test_an_ingest_is_seen_at_work_and_ends_when_it_is_asked_to(tmp_path, monkeypatch):
    home, seen = Home(tmp_path / "new"), []
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path in files:
        path.write_text("a,b\n1,2\n")

    def ingest(warehouse, graph, paths, listener, **options):
        for path in paths:
            (run,) = active_runs(home)
            seen.append((run.command, run.done, run.due))
            if path == files[1]:
                ask_to_stop(home, run.run_id, "lunch")
            listener(FileReport(path, "landing.nba_players", 1, 1, 0, 0, {}, 1, False))

    monkeypatch.setattr(sources, "ingest_files", ingest)
    result = CliRunner().invoke(
        sources.ingest_command, [*map(str, files), "--home", str(home.path)]
    )
    assert isinstance(result.exception, StoppedError)
    assert "lunch" in result.exception.what
    assert seen == [("ingest", None, None), ("ingest", 1, 3)]
    assert list(home.runs.iterdir()) == []


def test_a_round_knows_each_version_that_it_makes_itself(ingested, graph):
    home = Home(ingested)
    watcher, before = Watcher(home, graph, WatchSettings()), newest_version(home)
    report = watcher._do_round("asked")
    assert report.learned.model_id
    assert newest_version(home) > before + 10
    assert not watcher._have_others_committed(before)
    commit_something(home)
    assert watcher._have_others_committed(before)
