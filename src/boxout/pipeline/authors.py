"""Who did something, and why; for a table's file as far as version control or the system tells."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

from boxout.tables.definition import FOLDER

GIT_SECONDS = 5.0


@dataclass(frozen=True)
class Author:
    """Who, and in which words; `why` is empty where there are none."""

    who: str
    why: str


def user_name() -> str:
    """Return the name of the user of this process; its id where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # which of them depends on the version of Python
        return f"user {os.getuid()}"


def last_author(table: str | None) -> Author:
    """Return the author of a table file's last commit, or whoever has uncommitted changes in it.

    Where the file is not in version control it is the user of this process. None stands for a
    file that is gone.
    """
    path = FOLDER if table is None else FOLDER / f"{table.replace('.', '/')}.sql"
    if _git(path, "status", "--porcelain"):
        name = _git(path, "config", "user.name")
        return Author(name or user_name(), "not committed yet")
    committed = _git(path, "log", "-1", "--format=%an%x09%s")
    if committed:
        who, _, why = committed.partition("\t")
        return Author(who, why)
    return Author(user_name(), "")


def _git(path: Path, *arguments: str) -> str:
    import subprocess  # short commands that want a user's name alone need not wait for it

    folder = path if path.is_dir() else path.parent
    command = ["git", "-C", str(folder), *arguments]
    if arguments[0] != "config":
        command += ["--", str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
