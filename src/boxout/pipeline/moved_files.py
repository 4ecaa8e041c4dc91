"""Files that go by another name on record than they have.

They were moved, so that their bytes are on record by a name at which nothing is any more, or they
were recorded with `..` in their path. Read as new files their refused rows would be on record
twice, and their rows belong to a name under which nobody corrects them.
"""

from __future__ import annotations

from boxout.pipeline.arrivals import SOURCE_FILE
from boxout.pipeline.files_on_record import RECORD_TABLES, FilesOnRecord
from boxout.pipeline.locks import table_lock
from boxout.pipeline.overlaps import overlap_table
from boxout.warehouse.ducklake import LAKE, Warehouse


def recognise(warehouse: Warehouse, known: FilesOnRecord, name: str, sha256: str) -> bool:
    """Give a file that was moved its new name on record; False where it has to be read.

    Parameters
    ----------
    name, sha256
        The file's name, and its fingerprint.
    """
    old = None if name in known.files else known.moved_from(sha256)
    if old is None:
        return False
    table = known.files[old][1]
    with table_lock(warehouse, table):
        known.catch_up()  # others may have been at work until the lock was taken
        if name in known.files:
            return known.files[name][0] == sha256
        old = known.moved_from(sha256)
        if old is None:
            return False
        with warehouse.commit():
            _rename(warehouse, table, old, name)
        known.rename(old, name)
    return True


def adopt_former_names(warehouse: Warehouse, known: FilesOnRecord, name: str) -> None:
    """Bring what is on record of a file by names with `..` in them under the one it has now.

    Where it is on record by both, it is to be read again, for rows of the former may be its no
    longer.
    """
    for former in known.former_names(name):
        table = known.files[former][1]
        with table_lock(warehouse, table):
            known.catch_up()
            if former not in known.files or known.files.get(name, ("", table))[1] != table:
                continue
            with warehouse.commit():
                if name in known.files:
                    warehouse.execute(
                        f"DELETE FROM lake.ledger.files WHERE {SOURCE_FILE} = $1", [name]
                    )
                    warehouse.execute(
                        f"UPDATE lake.ledger.files SET sha256 = '' WHERE {SOURCE_FILE} = $1",
                        [former],
                    )
                    known.files[former] = ("", *known.files[former][1:])
                _rename(warehouse, table, former, name)
            known.rename(former, name)


def _rename(warehouse: Warehouse, table: str, old: str, new: str) -> None:
    of_file = (f"ledger.{record}" for record in RECORD_TABLES)
    for renamed in (table, overlap_table(table), *of_file):
        if warehouse.has_table(renamed):
            warehouse.execute(
                f"UPDATE {LAKE}.{renamed} SET {SOURCE_FILE} = $2 WHERE {SOURCE_FILE} = $1",
                [old, new],
            )
