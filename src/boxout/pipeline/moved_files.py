"""Files whose bytes are on record by another name: not read again, and renamed where moved.

Read as new files they would take over every row one by one, and what was refused of them would
count twice in the shares that are matched.
"""

from __future__ import annotations

from pathlib import Path

from boxout.pipeline.arrivals import SOURCE_FILE
from boxout.pipeline.files_on_record import FilesOnRecord
from boxout.pipeline.locks import table_lock
from boxout.warehouse.ducklake import LAKE, Warehouse

_OF_FILES = ("ledger.files", "ledger.quarantine", "ledger.spellings")


def recognise(warehouse: Warehouse, known: FilesOnRecord, name: str, sha256: str) -> str | None:
    """Return the name by which a file is on record now, or None where it has to be read.

    The same bytes under another name are the same file for as long as all rows that they brought
    are still its own. Where nothing is at the other name any more, the file has been moved, and
    its rows and its record take the new one.

    Parameters
    ----------
    name, sha256
        The file's name, which is on record with other bytes or not at all, and its fingerprint.
    """
    if name in known.files:
        return None
    for twin, (digest, table, _) in known.files.items():
        if digest != sha256:
            continue
        with table_lock(warehouse, table):
            if not _has_all_rows(warehouse, twin, table):
                continue
            if Path(twin).exists():
                return twin
            _rename(warehouse, table, twin, name)
        known.rename(twin, name)
        return name
    return None


def _has_all_rows(warehouse: Warehouse, name: str, table: str) -> bool:
    with warehouse.reading():
        accepted = warehouse.scalar(
            "SELECT max(row_count - rejected) FROM lake.ledger.files WHERE source_file = $1", [name]
        )
        there = warehouse.scalar(
            f"SELECT count(*) FROM {LAKE}.{table} WHERE {SOURCE_FILE} = $1", [name]
        )
    return bool(accepted == there)


def _rename(warehouse: Warehouse, table: str, old: str, new: str) -> None:
    with warehouse.commit():
        for renamed in (table, *_OF_FILES):
            warehouse.execute(
                f"UPDATE {LAKE}.{renamed} SET {SOURCE_FILE} = $2 WHERE {SOURCE_FILE} = $1",
                [old, new],
            )
