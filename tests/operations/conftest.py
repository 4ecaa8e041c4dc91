"""Copies of projects to work on, and commands that run beside the test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
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
