"""Files that an earlier version of the code has read, and may bring other rows now.

A record says by which code a file was read; where that has changed the file is read again, as a
table is computed again whose definition has changed. It is no later for that than it was: of a row
that several files bring the one's holds that was ingested last, whenever each is read again.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from boxout import sources
from boxout.pipeline.files_on_record import FilesOnRecord, fingerprint_there
from boxout.pipeline.graph import Graph
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

# Before the hash of the code that refuses the file.
REFUSED = "refused by "
READING = ("files/*.py", "identity/*.py", "seasons.py")


def reading_code(table: TableDefinition) -> str:
    """Return a hash of the code that makes a landing table's rows of a file."""
    return hashlib.sha256(f"{_sources()} {table.code_hash}".encode()).hexdigest()[:16]


@cache
def _sources() -> str:
    folder = Path(str(sources.__file__)).parent
    digest = hashlib.sha256()
    for pattern in READING:
        for path in sorted(folder.glob(pattern)):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def outdated_files(graph: Graph, known: FilesOnRecord) -> tuple[str, ...]:
    """Return the files that other code has read, in the order in which they were ingested."""
    return tuple(
        name
        for name, (_, table, _) in known.files.items()
        if table in graph.tables and _is_outdated(known.read_by.get(name), graph.tables[table])
    )


def _is_outdated(read_by: str | None, table: TableDefinition) -> bool:
    """Whether a file was read, or refused, by other code than that of now."""
    code = reading_code(table)
    return read_by not in (code, f"{REFUSED}{code}")


def is_refused(read_by: str | None) -> bool:
    """Whether a file is on record by what it brought before the code that refuses it."""
    return read_by is not None and read_by.startswith(REFUSED)


def record_refused_reading(
    warehouse: Warehouse, name: str, sha256: str, table: TableDefinition
) -> str:
    """Record which code refuses a file, so that it is not tried again by the same; return that."""
    read_by = f"{REFUSED}{reading_code(table)}"
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.ledger.files SET read_by = $2 WHERE source_file = $1 AND sha256 = $3",
            [name, read_by, sha256],
        )
    return read_by


def has_bytes(name: str, sha256: str) -> bool:
    """Whether a file is at its name with the bytes that are on record."""
    return fingerprint_there(name) == sha256
