"""What takes sqlglot longer to find than a query takes to run, kept for the next process.

Each file is JSON by the hash of what it was found from; it may be deleted at any time. What
follows from the code alone is kept as Python keeps compiled modules: beside the code, once for
all projects.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from functools import cache
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Any

from boxout.warehouse.home import Home

# Entries of a file: several times what one version of the code has; the oldest go first.
LIMIT = 600


def beside_code(home: Home, name: str) -> Path:
    """Return where to keep a file of what follows from the code alone.

    That is where Python keeps this module compiled; where it is told to keep none, or may not
    write there, it is the home's scratch folder.
    """
    folder = Path(cache_from_source(__file__)).parent
    if sys.dont_write_bytecode or not os.access(folder, os.W_OK):
        folder = home.scratch
    return folder / name


@cache
def parser_version() -> str:
    """Return a hash of what reads SQL: another parser, or another use of it, may find another."""
    from importlib.metadata import version  # it takes long to import, and is seldom needed

    specs = [find_spec(name) for name in ("boxout.tables.syntax", "boxout.pipeline.reads")]
    sources = [Path(spec.origin).read_bytes() for spec in specs if spec and spec.origin]
    return hashlib.sha256(b"".join([version("sqlglot").encode(), *sources])).hexdigest()[:16]


def load(path: Path) -> dict[str, Any]:
    """Return what a file holds; empty where there is none that can be read."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def save(path: Path, known: Mapping[str, Any]) -> None:
    """Write a file whole; what cannot be written is found again next time."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with contextlib.suppress(OSError):
        newest = dict(list(known.items())[-LIMIT:])
        aside.write_text(json.dumps(newest), encoding="utf-8")
        aside.replace(path)
