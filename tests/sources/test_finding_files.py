"""Which files are found in folders, and what is said of those that may not be read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from boxout.cli.sources import ingest_command
from boxout.errors import UnreadableFileError
from boxout.orchestration.incoming import Incoming
from boxout.sources.files.finding import find_files


@pytest.fixture
def folder(tmp_path):
    """A folder with a file, and one more within it with two."""
    folder = tmp_path / "files"
    (folder / "season").mkdir(parents=True)
    for name in ("a.csv", "season/b.csv", "season/c.csv"):
        (folder / name).write_text("a\n1\n")
    return folder


def refuse(path):
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


@pytest.fixture
def unlisted(folder, monkeypatch):
    """The inner folder, whose names may not be read, whoever runs the tests."""
    closed, scandir = folder / "season", os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda path: refuse(path) if Path(path) == closed else scandir(path)
    )
    return closed


@pytest.fixture
def unsearched(folder, monkeypatch):
    """The inner folder, of which nothing but the names may be read."""
    closed, stat = folder / "season", os.stat

    def guarded(path, **options):
        is_within = not isinstance(path, int) and closed in Path(os.fsdecode(path)).parents
        return refuse(path) if is_within else stat(path, **options)

    monkeypatch.setattr(os, "stat", guarded)
    return closed


def test_a_folder_that_may_not_be_read_is_no_empty_one(folder, unlisted):
    with pytest.raises(UnreadableFileError, match="The folder cannot be read: Perm") as caught:
        find_files([folder])
    assert caught.value.where == str(unlisted)
    told = []
    assert find_files([folder], told.append) == [folder / "a.csv"]
    assert [error.filename for error in told] == [str(unlisted)]


def test_an_ingest_of_a_folder_that_may_not_be_read_brings_nothing_and_names_it(
    folder, unlisted, tmp_path
):
    home = tmp_path / "new"
    result = CliRunner().invoke(ingest_command, [str(folder), "--home", str(home)])
    assert isinstance(result.exception, UnreadableFileError)
    assert result.exception.where == str(unlisted)
    assert not (home / "catalog.sqlite").exists()


def test_of_a_folder_whose_files_may_not_be_looked_at_one_is_named(folder, unsearched):
    with pytest.raises(UnreadableFileError, match="The file cannot be read: Perm") as caught:
        find_files([folder])
    assert Path(caught.value.where).parent == unsearched
    told = []
    assert find_files([folder], told.append) == [folder / "a.csv"]
    assert len(told) == 1


def test_files_that_may_not_be_looked_at_keep_a_watcher_from_no_other(folder, unsearched):
    incoming = Incoming((folder,))
    assert list(incoming.look()) == [folder / "a.csv"]
    (path,) = incoming.closed
    assert path.parent == unsearched


def test_a_folder_that_is_removed_while_it_is_searched_is_none(folder, monkeypatch):
    gone, scandir = folder / "season", os.scandir

    def vanish(path):
        if Path(path) == gone:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanish)
    assert find_files([folder]) == [folder / "a.csv"]
