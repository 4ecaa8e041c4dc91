"""Copies of projects to work on, and commands that run beside the test."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

Process = subprocess.Popen[str]


@pytest.fixture
def ingested(ingested_once, tmp_path) -> Path:
    """A copy of that project."""
    return Path(shutil.copytree(ingested_once, tmp_path / "ingested"))


@pytest.fixture
def backfill(start) -> Callable[[Path], Process]:
    """Start a backfill of many small commits and return it when the first is done."""

    def begin(home: Path) -> Process:
        process = start("backfill", "--chunk-dates", "10", "--home", home)
        read_until(process, " raw.player_aliases")
        return process

    return begin


def read_until(process: Process, text: str) -> str:
    """Read what a process prints until a line has a text; return that line."""
    seen = []
    for line in process.stdout or ():
        seen.append(line)
        if text in line:
            return line
    raise AssertionError(f"it ended without {text!r}: {''.join(seen)}")


@pytest.fixture(scope="session")
def until() -> Callable[[Process, str], str]:
    """Read what a process prints until a line has a text."""
    return read_until


@pytest.fixture(scope="session")
def hold_still() -> Callable[[Process, Path], None]:
    """Stop a process that works on a home, at a moment when it holds no lock of the catalog."""

    def hold(process: Process, home: Path) -> None:
        for _ in range(100):
            process.send_signal(signal.SIGSTOP)
            try:
                with closing(sqlite3.connect(home / "catalog.sqlite", timeout=0.2)) as catalog:
                    catalog.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.02)
        raise AssertionError("it never was without a lock")

    return hold
