"""Files that an earlier version of the code has read, and may bring other rows now.

A record says by which code a file was read; where that has changed the file is read again, as a
table is computed again whose definition has changed. That is done for all such files of a project
in the order in which they were ingested, for of a row that several files bring the last one's
holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from boxout import sources
from boxout.errors import SourceError
from boxout.pipeline.files_on_record import FilesOnRecord
from boxout.pipeline.graph import Graph
from boxout.pipeline.overlaps import overlap_table
from boxout.sources.files.finding import fingerprint
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

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


def files_to_read_again(
    warehouse: Warehouse, graph: Graph, known: FilesOnRecord
) -> tuple[str, ...]:
    """Return the files that are to be read again, in the order in which they were ingested.

    A file that is gone, or has other bytes than it had, is left as it is. So is one of which a
    later file holds a row and cannot be read again itself: it could not take the row back. Where
    it can, it is read again after it, and to that end on record as outdated from now on.
    """
    outdated = {
        name
        for name, (_, table, _) in known.files.items()
        if table in graph.tables and known.read_by.get(name) != reading_code(graph.tables[table])
    }
    if not outdated:
        return ()
    unchanged = {name: _is_unchanged(name, known) for name in outdated}
    again, left = {name for name in outdated if unchanged[name]}, set[str]()
    is_settled = False
    while not is_settled:
        is_settled = True
        for name, holder in _held_back(warehouse, graph, known, again):
            if holder not in unchanged:
                unchanged[holder] = _is_unchanged(holder, known)
            if unchanged[holder] and holder not in left:
                again.add(holder)
            else:
                again.discard(name)
                left.add(name)
            is_settled = False
    if again - outdated:
        with warehouse.commit():
            warehouse.execute(
                "UPDATE lake.ledger.files SET read_by = NULL "
                "WHERE source_file IN (SELECT unnest($1::VARCHAR[]))",
                [sorted(again - outdated)],
            )
    return tuple(name for name in known.files if name in again)


def _is_unchanged(name: str, known: FilesOnRecord) -> bool:
    try:
        return fingerprint(Path(name)) == known.files[name][0]
    except (SourceError, OSError, ValueError, KeyError):
        return False


def _held_back(
    warehouse: Warehouse, graph: Graph, known: FilesOnRecord, again: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield files to be read again with a later one that holds a row of theirs and is not."""
    for table in sorted({known.files[name][1] for name in again}):
        aside = overlap_table(table)
        if not warehouse.has_table(aside):
            continue
        key = ", ".join(graph.tables[table].key)
        yield from warehouse.rows(
            f"""
            SELECT DISTINCT o.source_file, l.source_file
            FROM {LAKE}.{aside} AS o JOIN {LAKE}.{table} AS l USING ({key})
            JOIN lake.ledger.files AS of ON of.source_file = o.source_file
            JOIN lake.ledger.files AS lf ON lf.source_file = l.source_file
            WHERE lf.ingested_at > of.ingested_at
              AND o.source_file IN (SELECT unnest($1::VARCHAR[]))
              AND l.source_file NOT IN (SELECT unnest($1::VARCHAR[]))
            ORDER BY ALL
            """,
            [sorted(again)],
        )
