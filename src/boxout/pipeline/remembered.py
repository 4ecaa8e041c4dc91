"""What takes sqlglot longer to find than a query takes to run, kept in the home's scratch folder.

Each file is JSON by the hash of what it was found from; it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def load(path: Path) -> dict[str, Any]:
    """Return what a file holds; empty where there is none that can be read."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def save(path: Path, known: Mapping[str, Any]) -> None:
    """Write a file whole; what cannot be written is found again next time."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        aside.write_text(json.dumps(known), encoding="utf-8")
        aside.replace(path)
