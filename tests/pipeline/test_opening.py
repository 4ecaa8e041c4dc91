"""Who opens a project waits for whoever is creating it, and for nobody else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boxout.errors import BusyError
from boxout.warehouse import file_locks
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

HOLD = (
    "import sys; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); "
    "print(flush=True); input()"
)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        yield
        other.kill()


def test_a_project_that_is_being_created_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "COMMIT_WAIT_SECONDS", 0.2)
    home = Home(tmp_path / "home")
    home.create()
    home.catalog.touch()  # its creator has got so far
    with (
        _held(home.locks / "attach.lock"),
        pytest.raises(BusyError, match="opening the project"),
        open_warehouse(home),
    ):
        pass


def test_a_project_that_is_there_is_opened_at_once(empty_home: Path) -> None:
    home = Home(empty_home)
    with _held(home.locks / "attach.lock"), open_warehouse(home) as warehouse:
        assert warehouse.version() > 0


def test_no_lock_is_imported_for_looking_into_a_project(empty_home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from boxout.warehouse.home import Home; "
        "from boxout.warehouse.opening import open_warehouse\n"
        f"with open_warehouse(Home(Path({str(empty_home)!r}))) as w, w.reading(): w.version()\n"
        "assert 'filelock' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("command", ["status", "explain", "ready", "runs", "incidents", "plan"])
def test_no_lock_is_imported_by_a_command_that_reads(command: str) -> None:
    code = (
        "import importlib, sys; from boxout.cli.commands import COMMANDS\n"
        f"importlib.import_module('boxout.cli.' + COMMANDS[{command!r}].module)\n"
        "assert 'filelock' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_lock_is_imported_by_a_status_that_has_nothing_to_note(empty_home: Path) -> None:
    code = (
        "import sys; from boxout.cli.main import boxout\n"
        f"boxout.main(['status', '--home', {str(empty_home)!r}], standalone_mode=False)\n"
        "assert 'filelock' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
