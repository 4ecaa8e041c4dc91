"""Run one command and say what it took: wall time, CPU time and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Command:
    """What to execute, where, and with which additions to the environment."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """What a command took.

    Attributes
    ----------
    wall, cpu
        Seconds; `cpu` is user and system time of the process and of those it waited for.
    memory
        Peak resident memory of the largest process, in MB.
    code
        The exit code, negative when a signal ended it.
    text
        What it printed.
    """

    wall: float
    cpu: float
    memory: float
    code: int
    text: str

    def record(self) -> dict[str, Any]:
        """Return the figures alone."""
        return {"wall": self.wall, "cpu": self.cpu, "memory": self.memory, "code": self.code}


def measure(command: Command, log: Path, kill_after: float | None = None) -> Measurement:
    """Run a command to its end, or kill it and its children with SIGKILL after some seconds."""
    report = log.with_suffix(".json")
    seconds = "-" if kill_after is None else str(kill_after)
    launch = [sys.executable, "-S", "-E", str(LAUNCH), str(report), seconds]
    with log.open("w", encoding="utf-8") as output:
        subprocess.run(
            [*launch, *command.arguments],
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )
    found = json.loads(report.read_text(encoding="utf-8"))
    return Measurement(**found, text=log.read_text(encoding="utf-8", errors="replace"))


def together(measurements: Sequence[Measurement]) -> Measurement:
    """Add up the commands of one job; the first exit code that is not 0 counts."""
    return Measurement(
        wall=sum(m.wall for m in measurements),
        cpu=sum(m.cpu for m in measurements),
        memory=max(m.memory for m in measurements),
        code=next((m.code for m in measurements if m.code), 0),
        text="\n".join(m.text for m in measurements),
    )
