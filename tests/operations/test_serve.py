"""The metrics of a project, served by a process of their own while others work on it."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import urllib.request

import pytest

from boxout.pipeline.goalposts import read_goalposts
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def scraped(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_each_scrape_shows_the_newest_version(ingested, start, until, boxout, port):
    server = start("serve", "--port", port, "--home", ingested)
    until(server, "serving")
    first = scraped(port)
    assert first["boxout_up"] == "1.0"
    assert first["boxout_open_incidents"] == "0.0"
    assert not any("raw.games" in name for name in first)
    assert boxout("backfill", "raw.games", "raw.player_aliases", "--home", ingested).returncode == 0
    second = scraped(port)
    with open_warehouse(Home(ingested)) as warehouse:
        version = warehouse.version()
        rows = warehouse.rows(
            "SELECT count(*) FROM lake.ledger.partitions "
            "WHERE table_name = 'raw.games' AND state = 'fresh'"
        )
        assert read_goalposts(warehouse) == ()
    assert float(second["boxout_data_version"]) == version > float(first["boxout_data_version"])
    assert float(second['boxout_partitions{state="fresh",table="raw.games"}']) == rows[0][0]
    coverage = [name for name in second if name.startswith("boxout_coverage_ratio")]
    assert all(re.search(r'season="\d{4}-\d\d"', name) for name in coverage)
    assert coverage
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)
    assert server.returncode == 0


def test_a_project_that_cannot_be_read_is_down_and_comes_back(ingested, start, until, port):
    server = start("serve", "--port", port, "--home", ingested)
    until(server, "serving")
    assert scraped(port)["boxout_up"] == "1.0"
    shutil.move(ingested, ingested.with_name("away"))
    assert scraped(port) == {"boxout_up": "0.0"}
    shutil.move(ingested.with_name("away"), ingested)
    assert scraped(port)["boxout_up"] == "1.0"
    second = start("serve", "--port", port, "--home", ingested)
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 2
    assert f"127.0.0.1:{port}" in output
    assert "Traceback" not in output
