"""Projects with everything ingested and nothing built, and commands that run beside the test."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BOXOUT = Path(sys.executable).parent / "boxout"
Process = subprocess.Popen[str]


@pytest.fixture(scope="session")
def ingested_once(small_league, built_once) -> Path:
    """A project with the small league ingested and nothing built; only to be read."""

    def make(home: Path) -> None:
        subprocess.run(
            [BOXOUT, "ingest", small_league, "--home", home], check=True, capture_output=True
        )

    return built_once("ingested-home", make)


@pytest.fixture
def ingested(ingested_once, tmp_path) -> Path:
    """A copy of that project."""
    return Path(shutil.copytree(ingested_once, tmp_path / "ingested"))


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start a command beside the test; whatever is still there at the end is killed."""
    started: list[Process] = []

    def begin(*arguments: Any, **options: Any) -> Process:
        process = subprocess.Popen(
            [str(part) for part in (BOXOUT, *arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a shell's background job, as a test run may be, ignores the interrupt otherwise
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


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
