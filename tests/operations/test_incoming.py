"""What is in the folders that files come to, however they behave."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from boxout.orchestration.incoming import Incoming


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "a.csv").write_text("a\n1\n")
    return folder


def test_a_folder_that_goes_while_it_is_looked_at_hides_no_file(folder, monkeypatch):
    (folder / "upload").mkdir()
    real = Path.stat

    def stat(path, **options):
        if path.name == "upload":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    incoming = Incoming((folder,))
    assert list(incoming.look()) == [folder / "a.csv"]
    assert incoming.closed == {}


def test_a_folder_that_may_not_be_read_has_nothing_now_and_is_told_of_once(
    folder, monkeypatch, caplog
):
    real = os.scandir

    def scandir(path):
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    incoming = Incoming((folder,))
    with monkeypatch.context() as closing:
        closing.setattr(os, "scandir", scandir)
        assert incoming.look() == {}
        assert incoming.look() == {}
        assert incoming.closed == {folder: "Permission denied"}
    assert caplog.text.count("a folder cannot be looked at") == 1
    assert list(incoming.look()) == [folder / "a.csv"]
    assert incoming.closed == {}


def test_a_file_system_that_is_gone_keeps_no_other_folder_from_being_looked_at(
    folder, tmp_path, monkeypatch
):
    gone = tmp_path / "gone"
    real = Path.is_dir

    def is_dir(path):
        if path == gone:
            raise OSError(errno.ESTALE, "Stale file handle", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_dir", is_dir)
    incoming = Incoming((gone, tmp_path / "missing", folder))
    assert list(incoming.look()) == [folder / "a.csv"]
    assert incoming.closed == {gone: "Stale file handle"}


def test_a_file_that_is_being_written_holds_up_no_other_and_calls_no_round(folder):
    growing, incoming = folder / "growing.csv", Incoming((folder,), settle_seconds=60)
    growing.write_text("a,b\n")
    os.utime(folder / "a.csv", (1, 1))

    def write_on(seconds):
        assert 0 < seconds <= 60
        growing.write_text("a,b\n1,2\n")

    assert list(incoming.take(write_on)) == [folder / "a.csv"]
    incoming.settle(folder / "a.csv", incoming.look()[folder / "a.csv"], is_to_be_tried_again=False)
    assert not incoming.has_come()
    os.utime(growing, (1, 1))  # a minute later
    assert incoming.has_come()
    assert list(incoming.take(write_on)) == [growing]


def test_a_file_from_the_future_is_taken_when_it_has_stopped_changing(folder):
    late, incoming = folder / "late.csv", Incoming((folder,), settle_seconds=0.01)

    def write_on(seconds):
        with late.open("a") as file:
            file.write("a,b\n")
        os.utime(late, ns=(4_000_000_000_000_000_000, 4_000_000_000_000_000_000))
        time.sleep(seconds)

    write_on(0)
    assert late not in incoming.take(write_on)
    assert incoming.take(time.sleep)[late][1] == len("a,b\n") * 2
