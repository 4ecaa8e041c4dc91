"""One project, copied once, on which fault after fault is played: each leaves it as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture(scope="module")
def copied(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A copy of the small league's project."""
    folder = tmp_path_factory.mktemp("rehearsal") / "home"
    shutil.copytree(small_home, folder)
    with open_warehouse(Home(folder)) as warehouse:
        yield warehouse
