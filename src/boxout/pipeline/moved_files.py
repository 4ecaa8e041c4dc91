"""Files whose bytes are on record by another name: not read again, and renamed where moved.

Read as new files they would take over every row one by one, and what was refused of them would
count twice in the shares that are matched.
"""

from __future__ import annotations

from boxout.pipeline.arrivals import SOURCE_FILE
from boxout.pipeline.files_on_record import FilesOnRecord, is_there
from boxout.pipeline.locks import table_lock
from boxout.warehouse.ducklake import LAKE, Warehouse

_OF_FILES = ("ledger.files", "ledger.quarantine", "ledger.spellings")


def recognise(
    warehouse: Warehouse, known: FilesOnRecord, name: str, sha256: str, run_id: str
) -> bool:
    """Put a file on record that is there by another name; False where it has to be read.

    The same bytes under another name are the same file for as long as all rows that they brought
    are still its own. Where nothing is at the other name any more, the file has been moved, and
    its rows and its record take the new name; else it is a copy, which has no rows of its own.

    Parameters
    ----------
    name, sha256, run_id
        The file's name, its fingerprint, and the run that ingests it.
    """
    for table in {table for digest, table, _ in known.files.values() if digest == sha256}:
        with table_lock(warehouse, table):
            known.catch_up()
            twin = None if name in known.files else _twin(warehouse, known, sha256, table)
            if twin is not None:
                is_moved = not is_there(twin)
                if is_moved:
                    _rename(warehouse, table, twin, name)
                else:
                    _record_copy(warehouse, twin, name, run_id)
                known.note_twin(twin, name, is_moved=is_moved)
                return True
    return False


def _twin(warehouse: Warehouse, known: FilesOnRecord, sha256: str, table: str) -> str | None:
    """Return the file of these bytes that still has all of its rows, if there is one."""
    names = [name for name, (digest, *_) in known.files.items() if digest == sha256]
    twins = warehouse.rows(
        f"SELECT f.{SOURCE_FILE} FROM lake.ledger.files AS f "
        f"WHERE f.{SOURCE_FILE} IN (SELECT unnest($1::VARCHAR[])) "
        f"AND row_count - rejected = (SELECT count(*) FROM {LAKE}.{table} AS r "
        f"WHERE r.{SOURCE_FILE} = f.{SOURCE_FILE})",
        [names],
    )
    return str(twins[0][0]) if twins else None


def _record_copy(warehouse: Warehouse, twin: str, name: str, run_id: str) -> None:
    with warehouse.commit():
        warehouse.execute(
            "INSERT INTO lake.ledger.files SELECT * REPLACE ($2 AS source_file, 0 AS added, "
            "0 AS changed, 0 AS removed, $3 AS run_id, now()::TIMESTAMP AS ingested_at) "
            "FROM lake.ledger.files WHERE source_file = $1",
            [twin, name, run_id],
        )


def _rename(warehouse: Warehouse, table: str, old: str, new: str) -> None:
    with warehouse.commit():
        for renamed in (table, *_OF_FILES):
            warehouse.execute(
                f"UPDATE {LAKE}.{renamed} SET {SOURCE_FILE} = $2 WHERE {SOURCE_FILE} = $1",
                [old, new],
            )
