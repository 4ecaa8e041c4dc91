"""Load DuckDB's extensions from their PyPI packages, so that nothing is downloaded.

Where a package is missing, DuckDB's own INSTALL is used instead.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
from pathlib import Path

from boxout.errors import WarehouseError
from boxout.warehouse.engine import duckdb

# DuckDB derives the entry point from the file's name, and the SQLite package names its
# file `sqlite` while the entry point is called `sqlite_scanner`.
PACKAGES = {"sqlite_scanner": "duckdb_extension_sqlite", "ducklake": "duckdb_extension_ducklake"}


def load_extensions(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Load the SQLite and DuckLake extensions into a connection.

    Parameters
    ----------
    connection
        The connection to load into.
    folder
        A writable folder for links to the packaged files.

    Raises
    ------
    WarehouseError
        When an extension is neither packaged nor installable.
    """
    for name, package in PACKAGES.items():
        packaged = _packaged_file(package)
        try:
            if packaged is None:
                connection.install_extension(name)
                connection.load_extension(name)
            else:
                connection.load_extension(str(_linked(packaged, name, folder)))
        except duckdb.Error as error:
            raise WarehouseError(
                f"The DuckDB extension {name} cannot be loaded: {error}",
                f"DuckDB {duckdb.__version__}",
                f"Install the package {package.replace('_', '-')} of the same version.",
            ) from error


def are_packaged() -> bool:
    """Whether every extension comes from an installed Python package, so that none is fetched."""
    return all(_packaged_file(package) is not None for package in PACKAGES.values())


def _packaged_file(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    return next(folder.glob("*.duckdb_extension"), None)


def _linked(packaged: Path, name: str, folder: Path) -> Path:
    link = folder / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if link.exists() and link.resolve() == packaged.resolve():
        return link
    link.parent.mkdir(parents=True, exist_ok=True)
    # Several processes or threads may open a new home at once: make the link aside, then move it.
    aside = link.with_name(f".{name}.{os.getpid()}.{threading.get_ident()}")
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()
    try:
        aside.symlink_to(packaged)
    except OSError:
        from shutil import copyfile  # only where there are no links: it imports every compression

        copyfile(packaged, aside)
    aside.replace(link)
    return link
