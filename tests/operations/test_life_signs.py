"""Whether a worker is there is seen alike by all who look, and looking changes nothing."""

from __future__ import annotations

import errno
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from boxout.cli.runs import _call_off
from boxout.errors import WarehouseError
from boxout.pipeline.life_signs import Heartbeat, read_life_signs
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def home(tmp_path):
    new = Home(tmp_path / "watched")
    with open_warehouse(new, create=True):
        return new


@pytest.fixture
def watcher(home):
    """The heartbeat of a watcher that is at work."""
    beat = Heartbeat(home, "watch", {"kind": "watch", "doing": "sleeping"})
    beat.start()
    yield beat
    beat.end()


@pytest.fixture
def dead(home):
    """The files that a killed watcher leaves, in its project."""
    beat = Heartbeat(home, "watch", {"kind": "watch", "doing": "sleeping"})
    beat.start()
    left = (home.runs / "watch.json").read_text()
    beat.end()
    (home.runs / "watch.json").write_text(left)
    (home.runs / "watch.lock").touch()
    return home


def times_alive(home, looks):
    with ThreadPoolExecutor(4) as lookers:
        signs = lookers.map(lambda _: read_life_signs(home), range(looks))
        return sum(sign.is_alive for found in signs for sign in found)


def test_many_who_look_at_once_see_that_a_worker_is_dead(dead):
    assert times_alive(dead, 400) == 0


def test_many_who_look_at_once_see_that_a_worker_is_alive(home, watcher):
    assert times_alive(home, 40) == 40


def test_nobody_takes_over_from_a_watcher_while_it_is_called_off(dead, monkeypatch):
    """Without this the lock of a standby would be taken away, and two would be at work."""
    unlink, taken_over = Path.unlink, []

    def take_over(path, **options):
        if path.suffix == ".lock":
            try:
                FileLock(path).acquire(timeout=0)
                taken_over.append(path)
            except Timeout:
                pass
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", take_over)
    assert _call_off(dead) is not None
    assert taken_over == []
    assert read_life_signs(dead) == []


def test_a_watcher_that_is_at_work_cannot_be_called_off(home, watcher):
    assert _call_off(home) is None
    assert (home.runs / "watch.lock").exists()
    assert [sign.is_alive for sign in read_life_signs(home)] == [True]


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.ENOLCK, errno.EIO])
def test_that_a_file_system_has_no_locks_is_said(dead, tmp_path, monkeypatch, code):
    def refuse(descriptor, operation):
        raise OSError(code, os.strerror(code))

    new = Home(tmp_path / "new")
    monkeypatch.setattr(fcntl, "flock", refuse)
    for attempt in (
        lambda: open_warehouse(new, create=True),
        lambda: read_life_signs(dead),
        lambda: Heartbeat(dead, "run", {}).start(),
    ):
        with pytest.raises(WarehouseError, match=r"project cannot be locked: [A-Z]") as caught:
            attempt()
        assert caught.value.where.endswith(".lock")
        assert "local disk" in caught.value.next_step
