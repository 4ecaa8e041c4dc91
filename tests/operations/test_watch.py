"""The watcher: rounds when they are due, alone on its project, through kills and restarts."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import urllib.request
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from loopback import loopback_server

from boxout.errors import BusyError, GateError, StoppedError, UsageError
from boxout.orchestration.alerts import Alerts
from boxout.orchestration.late_games import DATES_TOLD_SINGLY, late_games
from boxout.orchestration.round import Round, RoundReport
from boxout.orchestration.schedule import next_round
from boxout.orchestration.settings import RetrySettings, WatchSettings, read_settings
from boxout.pipeline.ledger import SIMULATED, write_property
from boxout.pipeline.life_signs import now, read_life_signs
from boxout.pipeline.watching import read_watcher
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse

SEASON = "2023-24"
BOX = f"bref/player_boxscores_{SEASON}.parquet"
LOGS = f"nba/team_gamelogs_{SEASON}.parquet"
FLIP = (
    "SELECT * REPLACE (CASE WHEN GAME_DATE < (SELECT max(GAME_DATE) FROM file) THEN MATCHUP "
    "WHEN contains(MATCHUP, '@') THEN replace(MATCHUP, '@', 'vs.') "
    "ELSE replace(MATCHUP, 'vs.', '@') END AS MATCHUP) FROM file"
)


def configure(home, **settings):
    """Write a project's boxout.toml; files are expected in its `incoming` folder."""
    (home / "incoming").mkdir(exist_ok=True)
    train = settings.pop("train", "enabled = false")
    lines = ["settle_seconds = 0"] + [f"{k} = {json.dumps(v)}" for k, v in settings.items()]
    (home / "boxout.toml").write_text("\n".join([*lines, "[train]", train, ""]))


@pytest.fixture
def home(trained, tmp_path):
    """A copy of the trained project that a watcher may have."""
    copy = shutil.copytree(trained, tmp_path / "watched")
    configure(copy)
    return copy


@pytest.fixture
def built(short_home, tmp_path):
    """A copy of three seasons' project without a model, for a watcher that does not train."""
    copy = shutil.copytree(short_home, tmp_path / "watched")
    configure(copy)
    return copy


def once(boxout, home, *options):
    result = boxout("watch", "--once", "--json", *options, "--home", home)
    return result, json.loads(result.stdout) if result.stdout else None


# when


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-01-15T08:00", "2026-01-15T09:00"),  # 04:00 EST
        ("2026-01-15T09:00", "2026-01-15T22:30"),  # 17:30 EST
        ("2026-01-15T23:00", "2026-01-16T09:00"),
        ("2026-07-15T08:30", "2026-07-15T21:30"),  # 17:30 EDT
        ("2026-03-08T04:00", "2026-03-08T08:00"),  # 04:00 EDT: the clocks went forward
        ("2026-11-01T04:00", "2026-11-01T09:00"),  # 04:00 EST: they went back
    ],
)
def test_rounds_are_due_at_eastern_times(after, due, tmp_path):
    path = tmp_path / "boxout.toml"
    path.write_text('times = ["04:00", "17:30"]\nevery_minutes = 0\n')
    settings = read_settings(Home(tmp_path), path)
    assert next_round(settings, datetime.fromisoformat(after)) == datetime.fromisoformat(due)


def test_rounds_are_due_after_the_interval_where_no_time_comes_first():
    settings = WatchSettings(every_minutes=20)
    at = datetime(2026, 1, 15, 9, 50)
    assert next_round(settings, at) == datetime(2026, 1, 15, 10, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timez = []", "'timez' is unknown"),
        ('times = ["25:00"]', "no time of day"),
        ("every_minutes = -1", "every_minutes"),
        ("times = []\nevery_minutes = 0", "when a round is due"),
        ("[retry]\nattempts = 0", "attempts"),
        ("[train]\nsometimes = true", "[train] may hold"),
        ('[train]\nenabled = "yes"', "enabled must be"),
        ('alert_urls = "json://here"', "alert_urls must be a list"),
        ("dead_man_url = 5", "dead_man_url must be an address"),
        ("every_minutes = nan", "every_minutes must be a number from 0 to"),
        ("every_minutes = inf", "every_minutes must be a number from 0 to"),
        ("every_minutes = 1e300", "every_minutes must be a number from 0 to"),
        ("[train]\nmin_age_hours = inf", "min_age_hours must be a number from 0 to"),
        ("[retry]\nattempts = 1.5", "attempts must be a whole number from 1"),
        ("times = 5", "times must be a list of times of day"),
        ('times = "04:00"', "times must be a list of times of day"),
        ('late_after = "10:00+02:00"', "late_after: '10:00+02:00' is no time of day"),
        ("times = [", "no TOML"),
    ],
)
def test_a_wrong_setting_is_answered_by_what_and_where(text, said, tmp_path):
    path = tmp_path / "boxout.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_settings(Home(tmp_path), path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_settings_file_that_cannot_be_read_is_said_so(tmp_path):
    path = tmp_path / "boxout.toml"
    path.write_bytes(b'dead_man_url = "\xff"')
    with pytest.raises(UsageError, match="no TOML"):
        read_settings(Home(tmp_path))
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be read") as error:
        read_settings(Home(tmp_path))
    assert str(path) in str(error.value)


def test_the_documented_settings_are_the_defaults(tmp_path):
    document = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    (text,) = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)
    (tmp_path / "boxout.toml").write_text(text)
    documented = read_settings(Home(tmp_path))
    (tmp_path / "boxout.toml").unlink()
    assert documented == read_settings(Home(tmp_path))


# trying again


def attempts_of(failures, tmp_path, graph):
    """Let a job fail so often with an error, and return its attempts and the report."""
    settings = WatchSettings(retry=RetrySettings(3, 0, 0))
    doing = Round(Home(tmp_path), graph, settings, now, lambda: None, lambda text: None)
    report, tried = RoundReport(now()), []

    def job(warehouse):
        tried.append(warehouse)
        if len(tried) <= len(failures):
            raise failures[len(tried) - 1]

    doing._attempt("job", report, job)
    return len(tried), report


def test_what_fails_for_a_passing_reason_is_tried_again_up_to_a_limit(tmp_path, graph):
    busy = BusyError("a table is being written")
    tried, report = attempts_of([busy, OSError(28, "No space left on device")], tmp_path, graph)
    assert (tried, report.problems) == (3, [])
    tried, report = attempts_of([busy] * 5, tmp_path, graph)
    assert (tried, report.problems) == (3, ["job: a table is being written"])
    tried, report = attempts_of([MemoryError("no room for an array")], tmp_path, graph)
    assert (tried, report.problems) == (2, [])


def test_what_fails_for_a_lasting_reason_is_not_tried_again(tmp_path, graph):
    tried, report = attempts_of([GateError("a gate is closed")] * 5, tmp_path, graph)
    assert (tried, report.problems) == (1, ["job: a gate is closed"])
    tried, report = attempts_of([KeyError("surprise")] * 5, tmp_path, graph)
    assert (tried, report.problems) == (1, ["job: KeyError: 'surprise'"])
    with pytest.raises(StoppedError):
        attempts_of([StoppedError("asked to")], tmp_path, graph)


# rounds


def test_results_are_late_from_the_morning_after(project):
    late_after = WatchSettings().late_after
    day, games = project.rows(
        "SELECT game_date, count(*) FROM lake.raw.games WHERE status = 'scheduled' "
        "GROUP BY game_date ORDER BY game_date DESC LIMIT 1"
    )[0]
    morning = datetime.combine(day, time(14, 59)) + timedelta(days=1)  # 09:59 ET
    assert late_games(project, late_after, morning + timedelta(days=1)) == {}  # it is simulated
    with project.commit():
        write_property(project, SIMULATED, "false")
    assert day not in late_games(project, late_after, morning)
    assert late_games(project, late_after, morning + timedelta(minutes=1))[day] == games
    assert late_games(project, late_after, morning + timedelta(days=300))[day] == games


def test_a_late_date_is_told_once_however_long_it_lasts(project):
    with project.commit():
        write_property(project, SIMULATED, "false")
        project.execute("UPDATE lake.raw.games SET status = 'scheduled'")
    first, last, days = project.rows(
        "SELECT min(game_date), max(game_date), count(DISTINCT game_date) FROM lake.raw.games"
    )[0]
    assert days > DATES_TOLD_SINGLY
    alerts = Alerts(project.home, WatchSettings())

    def told(alerts, day):
        alerts = alerts.after_round(project, RoundReport("test"), datetime.combine(day, time(20)))
        return [alert.text for alert in alerts if alert.kind == "late"]

    (text,) = told(alerts, first + timedelta(days=1))
    assert text.endswith(f"of {first} without a result")
    with project.commit():
        project.execute("DELETE FROM lake.raw.games WHERE game_date = $1", [first])
    (text,) = told(alerts, last + timedelta(days=30))
    assert f"on {days - 1} dates" in text
    assert text.endswith(f"to {last}, without a result")
    restarted = Alerts(project.home, WatchSettings())
    assert told(restarted, last + timedelta(days=40)) == []


def test_a_new_project_is_watched_before_any_data_is_there(tmp_path, boxout):
    result, report = once(boxout, tmp_path / "new")
    assert result.returncode == 0, result.stderr
    assert report["problems"] == []
    assert "no finished game" in report["learned"]["not_trained"]


def test_a_round_carries_a_correction_to_a_new_model_and_the_next_has_nothing_to_do(
    home, league_files, rewrite, boxout
):
    configure(home, train="min_age_hours = 0")
    rewrite(league_files / BOX, "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    shutil.copy(league_files / BOX, home / "incoming")
    result, report = once(boxout, home)
    assert result.returncode == 0, result.stderr
    assert report["files"][0]["changed"] > 0
    assert report["learned"]["model_id"].startswith("m0002-")
    assert report["learned"]["predicted"] == "2025-11-27"
    assert report["learned"]["graded"] > 0
    assert boxout("ready", "--home", home).returncode == 0
    version = newest_version(Home(home))
    result, report = once(boxout, home)
    assert result.returncode == 0, result.stderr
    assert report["files"] == []
    assert report["learned"]["model_id"] is None
    assert newest_version(Home(home)) == version


def test_alerts_come_grouped_once_each_and_again_only_when_they_were_not_heard(
    built, short_files, rewrite, boxout
):
    good = (short_files / LOGS).read_bytes()
    rewrite(short_files / LOGS, FLIP)
    with loopback_server() as server:
        configure(
            built,
            alert_urls=[f"json://127.0.0.1:{server.port}/"],
            dead_man_url=f"http://127.0.0.1:{server.port}/alive",
        )
        shutil.copy(short_files / LOGS, built / "incoming" / "logs.parquet")
        (built / "incoming" / "odd.csv").write_text("a,b\n1,2\n")
        server.is_down = True
        assert once(boxout, built)[0].returncode == 1  # a file was refused
        assert server.gets == ["/alive"]
        (built / "incoming" / "odd.csv").unlink()
        server.is_down = False
        result, report = once(boxout, built)
        assert result.returncode == 3
        assert report["tables"]["tables"]
        (post,) = server.posts
        assert "opened" in post["title"]
        assert "odd.csv" in post["message"]  # from the round that could not be heard
        assert "raw.games 2023-24 fails team_logs_agree_on_the_home_side" in post["message"]
        assert "1 date held back" in post["message"]
        version = newest_version(Home(built))
        once(boxout, built)
        assert len(server.posts) == 1  # nothing is new
        assert newest_version(Home(built)) == version
        (built / "incoming" / "logs.parquet").write_bytes(good)
        assert once(boxout, built)[0].returncode == 0
        assert len(server.posts) == 2
        assert "repaired" in server.posts[1]["title"]


def test_a_degraded_model_is_told_once_and_again_when_it_is_well(home, boxout):
    with loopback_server() as server:
        configure(home, alert_urls=[f"json://127.0.0.1:{server.port}/"])
        once(boxout, home)
        assert server.posts == []
        forecasts = "lake.learning.predictions"
        points = "market = 'points' AND NOT is_in_sample AND game_date >= DATE '2025-11-01'"
        for sign in "+-":
            with open_warehouse(Home(home)) as warehouse, warehouse.commit():
                warehouse.execute(
                    f"UPDATE {forecasts} SET predicted = predicted {sign} 9 WHERE {points}"
                )
            _, report = once(boxout, home)
            assert report["learned"]["graded"] > 100
            assert report["learned"]["is_degraded"] == (sign == "+")
        degraded, repaired = server.posts
        assert "1 degraded" in degraded["title"]
        assert "model degraded. points" in degraded["message"]
        assert "1 repaired" in repaired["title"]


# the process


def watcher_of(home):
    return read_watcher(read_life_signs(Home(home)), now())


def test_a_watcher_works_when_a_file_comes_and_ends_cleanly(
    built, start, until, boxout, short_files, rewrite
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    watch = start("watch", "--log-format", "json", "--metrics-port", port, "--home", built)
    until(watch, '"sleeping"')
    assert watcher_of(built).state == "sleeping"
    second = boxout("watch", "--home", built)
    assert second.returncode == 3
    assert f"process {watch.pid}" in second.stderr
    assert f"process {watch.pid}" in boxout("status", "--home", built).stdout
    starts = json.loads(boxout("handoff", "--json", "--home", built).stdout)["starts"]
    assert "a round" in starts[0]
    rewrite(short_files / BOX, "SELECT * REPLACE (ast + 1 AS ast) FROM file")
    shutil.copy(short_files / BOX, built / "incoming")
    assert "a file came" in until(watch, '"round"')
    committed = json.loads(until(watch, '"committed"'))
    assert (committed["table"], committed["dates"]) == ("raw.player_boxscores", 30)
    assert committed["date"].startswith("2023-1")
    assert committed["run"] in boxout("runs", "--all", "--home", built).stdout
    until(watch, '"sleeping"')
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    (rounds,) = re.findall(r'boxout_watch_rounds_total{outcome="done"} (.*)', metrics)
    assert float(rounds) >= 3  # one follows that in which the file was ingested
    assert "boxout_files_ingested_total 1.0" in metrics
    assert 'boxout_partitions{state="fresh",table="precompute.ml_feature_store"}' in metrics
    watch.send_signal(signal.SIGTERM)
    output, _ = watch.communicate(timeout=60)
    assert watch.returncode == 0
    assert "SIGTERM" in output
    assert watcher_of(built) is None


def test_a_killed_watcher_is_seen_and_a_standby_takes_over(tmp_path, start, until, boxout):
    home = tmp_path / "new"
    first = start("watch", "--home", home)
    until(first, "sleeping")
    standby = start("watch", "--standby", "--home", home)
    until(standby, "standing by")
    first.kill()
    first.communicate()
    until(standby, "sleeping")
    assert watcher_of(home).pid == standby.pid
    stopped = boxout("stop", "watch", "--home", home)
    assert stopped.returncode == 0, stopped.stderr
    standby.communicate(timeout=60)
    assert standby.returncode == 0
    third = start("watch", "--home", home)
    until(third, "sleeping")
    third.kill()
    third.communicate()
    assert watcher_of(home).state == "dead"
    assert "the watcher is DEAD" in boxout("status", "--home", home).stdout


def test_a_round_that_is_killed_is_finished_by_the_next(
    ingested, start, until, boxout, contents, small_home
):
    configure(ingested)
    watch = start("watch", "--home", ingested)
    until(watch, "committed")
    watch.kill()
    watch.communicate()
    assert len(contents(ingested)) < len(contents(small_home))
    result, report = once(boxout, ingested)
    assert result.returncode == 0, result.stderr
    assert report["tables"]["tables"]
    assert contents(ingested) == contents(small_home)
    runs = json.loads(boxout("runs", "--all", "--json", "--home", ingested).stdout)["past"]
    assert [run["state"] for run in runs] == ["done", "died"]
