"""Open a home: an engine in memory, its extensions, and the home's lake attached to it.

What is done with an open home is in `ducklake`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sqlite3
import sys
from urllib.parse import quote

from boxout.errors import UsageError, WarehouseError
from boxout.warehouse.ducklake import LAKE, Warehouse, set_session
from boxout.warehouse.engine import duckdb
from boxout.warehouse.extensions import are_packaged, load_extensions
from boxout.warehouse.file_locks import attach_lock
from boxout.warehouse.home import Home

MEMORY_VARIABLE = "BOXOUT_MEMORY_LIMIT"
DEFAULT_MEMORY_LIMIT = "1500MB"
LEAST_MEMORY = 100_000_000
BUSY_SECONDS = 30
# A season's worth of player games in two groups: quicker to write on two cores, and a few
# dates are read without the rest.
ROW_GROUP_ROWS = 16_384


def open_warehouse(home: Home, *, create: bool = False, version: int | None = None) -> Warehouse:
    """Open a home's lake.

    Parameters
    ----------
    home
        The project folder.
    create
        Create it when it does not exist.
    version
        Open it as it was at a data version, only to be read; as it is when None.

    Raises
    ------
    WarehouseError
        When the home does not exist, or cannot be opened.
    BusyError
        When another process has been creating it for too long.
    UsageError
        When `BOXOUT_MEMORY_LIMIT` is no amount of memory, or too small a one.
    """
    if not create and not home.exists():
        raise WarehouseError(
            "There is no boxout project here.",
            str(home.path),
            "Start one with `boxout run`, or name another folder with --home.",
        )
    is_new = not home.exists()
    home.create()
    _spare_searches_for_pandas()
    connection = _connect(home)
    set_session(connection)
    load_extensions(connection, home.scratch / "extensions")
    try:
        with contextlib.nullcontext() if _is_whole(home) else attach_lock(home):
            connection.execute(_attach_statement(home, version))
            if is_new:
                connection.execute(
                    f"CALL {LAKE}.set_option('parquet_row_group_size', '{ROW_GROUP_ROWS}')"
                )
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(
            f"The catalog cannot be opened: {error}",
            str(home.catalog),
            "If the file is damaged, restore it from a backup or rebuild in another --home.",
        ) from error
    return Warehouse(home, connection)


def _connect(home: Home) -> duckdb.DuckDBPyConnection:
    limit = os.environ.get(MEMORY_VARIABLE) or DEFAULT_MEMORY_LIMIT
    if not _is_enough(limit):
        raise _no_memory(limit)
    try:
        return duckdb.connect(
            config={
                "temp_directory": str(home.scratch),
                "memory_limit": limit,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # Checking the signatures of files that were installed with DuckDB itself, from
                # the same locked packages, would take half of a short command's time.
                "allow_unsigned_extensions": are_packaged(),
            }
        )
    except duckdb.ParserException as error:
        raise _no_memory(limit) from error


def _is_enough(limit: str) -> bool:
    """Whether it is an amount of memory, of which DuckDB says more, and not next to nothing.

    DuckDB takes a negative one for none at all.
    """
    said = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(?:%|([KMGT])(i?)B?)", limit.strip(), re.I)
    if said is None or said[2] is None:
        return said is not None
    unit = (1024.0 if said[3] else 1000.0) ** " KMGT".index(said[2].upper())
    return float(said[1]) * unit >= LEAST_MEMORY


def _no_memory(limit: str) -> UsageError:
    return UsageError(
        f"{limit!r} is no amount of memory to work with.",
        MEMORY_VARIABLE,
        "Write it like 4GB; 100MB is the least.",
    )


def _spare_searches_for_pandas() -> None:
    """Note for this process that pandas is not installed, where it is not.

    For each value that is bound DuckDB imports pandas, to know its missing values by; Python does
    not remember what it has not found, and searches its whole path each time.
    """
    if "pandas" not in sys.modules and importlib.util.find_spec("pandas") is None:
        sys.modules["pandas"] = None  # type: ignore[assignment]


def newest_version(home: Home) -> int | None:
    """Return the newest data version without opening the engine; None where there is no project.

    Reads the catalog's table of snapshots, as the DuckLake specification has it.

    Raises
    ------
    WarehouseError
        When the catalog cannot be read.
    """
    if not home.exists():
        return None
    try:
        return _read_newest(home)
    except sqlite3.Error as error:
        raise WarehouseError(
            f"The catalog cannot be read: {error}",
            str(home.catalog),
            "If the file is damaged, restore it from a backup or rebuild in another --home.",
        ) from error


def _is_whole(home: Home) -> bool:
    """Whether nobody is creating the catalog at the moment."""
    try:
        return home.exists() and _read_newest(home) is not None
    except sqlite3.Error:
        return False


def _read_newest(home: Home) -> int | None:
    address = f"file:{quote(str(home.catalog))}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as catalog:
        (version,) = catalog.execute("SELECT max(snapshot_id) FROM ducklake_snapshot").fetchone()
    return version if version is None else int(version)


def _attach_statement(home: Home, version: int | None) -> str:
    catalog = str(home.catalog).replace("'", "''")
    data = str(home.data).replace("'", "''")
    at = "" if version is None else f", SNAPSHOT_VERSION {version}"
    # File names in the catalog are relative, so a home that was moved or copied still opens.
    # Without WAL and a busy time-out a second process cannot attach while one writes.
    return (
        f"ATTACH 'ducklake:sqlite:{catalog}' AS {LAKE} "
        f"(DATA_PATH '{data}', OVERRIDE_DATA_PATH true, "
        f"META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT {1000 * BUSY_SECONDS}, "
        f"DATA_INLINING_ROW_LIMIT 0{at})"
    )
