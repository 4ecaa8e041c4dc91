"""What is told reaches each address once, whatever the other addresses and the lake are like."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from loopback import loopback_server

from boxout.orchestration.addresses import MOST_UNSENT, Addresses, Alert
from boxout.orchestration.alerts import Alerts
from boxout.orchestration.metrics import WatchMetrics
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import RetrySettings, WatchSettings
from boxout.orchestration.watch import Watcher
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import now
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def new(tmp_path):
    """A project without data, open."""
    with open_warehouse(Home(tmp_path / "new"), create=True) as warehouse:
        create_ledger(warehouse)
        yield warehouse


def address(server):
    return f"json://someone:secret@127.0.0.1:{server.port}/"


def test_an_address_that_is_down_costs_the_others_no_repeats_and_hears_it_all_later(new):
    with loopback_server() as up, loopback_server() as down:
        settings = WatchSettings(alert_urls=(address(up), address(down)))
        down.is_down = True
        for problems in (["tables: one"], ["tables: one"], ["tables: two"]):
            # As after a restart: what is to be told later is kept.
            Alerts(new.home, settings).after_round(
                new, RoundReport(now(), problems=problems), now()
            )
        first, second = up.posts
        assert "one" in first["message"]
        assert "one" not in second["message"]
        down.is_down = False
        for _ in range(2):
            Alerts(new.home, settings).after_round(new, RoundReport(now()), now())
        (late,) = down.posts
        assert late["title"] == "boxout: 2 failed, 1 recovered"
        assert [post["title"] for post in up.posts[2:]] == ["boxout: 1 recovered"]
    assert "secret" not in (new.home.path / "alerts.json").read_text()


def test_what_waits_for_an_address_is_bounded_and_has_no_repeats():
    with loopback_server() as down:
        down.is_down = True
        addresses = Addresses([address(down)], {})
        for number in range(3):
            addresses.tell((Alert("failed", "again"), Alert("failed", str(number))), "here")
        (waiting,) = addresses.unsent.values()
        assert [alert.text for alert in waiting] == ["0", "1", "again", "2"]
        many = tuple(Alert("late", str(number)) for number in range(2 * MOST_UNSENT))
        addresses.tell(many, "here")
        (waiting,) = addresses.unsent.values()
        assert waiting == many[MOST_UNSENT:]


def test_the_last_that_an_address_hears_of_a_job_is_how_it_is(new):
    with loopback_server() as down:
        settings = WatchSettings(alert_urls=(address(down),))
        down.is_down = True
        for problems in (["tables: full"], [], ["tables: full"]):
            report = RoundReport(now(), problems=problems)
            Alerts(new.home, settings).after_round(new, report, now())
        down.is_down = False
        report = RoundReport(now(), problems=["tables: full"])
        Alerts(new.home, settings).after_round(new, report, now())
        (post,) = down.posts
    assert [line.split(":")[0] for line in post["message"].splitlines()[:2]] == [
        "recovered",
        "failed",
    ]


def test_a_lake_that_cannot_be_opened_is_told_and_counted(tmp_path, graph):
    home = Home(tmp_path / "new")
    home.create()
    home.catalog.write_bytes(b"no catalog at all")
    with loopback_server() as server, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = WatchSettings(
            alert_urls=(address(server),), every_minutes=1000, retry=RetrySettings(1, 0, 0)
        )
        watcher = Watcher(home, graph, settings, WatchMetrics(port, "127.0.0.1"))
        watcher.once()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        (post,) = server.posts
    assert post["title"] == "boxout: 4 failed"
    assert "The catalog cannot be opened" in post["message"]
    assert "boxout_up 0.0" in metrics
    assert 'boxout_watch_rounds_total{outcome="failed"} 1.0' in metrics


def test_what_a_round_has_refused_is_told_without_the_lake(tmp_path):
    alerts = Alerts(Home(tmp_path), WatchSettings())
    report = RoundReport(now(), refused={"odd.csv": "it is odd"}, unwatched=["nobody watched"])
    told = alerts.after_round(None, report, now())
    assert [alert.kind for alert in told] == ["unwatched", "refused"]
