"""Keep the ledger quick to read, whose every reader reads it whole.

Each table that a run computes leaves a file of its partitions. To open some thirty of them takes
half of the time that a short command needs for reading the ledger.
"""

from __future__ import annotations

from boxout.warehouse.ducklake import LAKE, Warehouse

# About as many as a first run leaves, and several corrections of a season's length.
MANY_FILES = 24


def merge_ledger_files(warehouse: Warehouse, many: int = MANY_FILES) -> bool:
    """Merge the files of `ledger.partitions` where there are many.

    What it holds, now and in each kept version, stays; the small files stay on disk for whoever
    is reading them, until `boxout compact` deletes them.

    Returns
    -------
    bool
        Whether there were so many.

    Raises
    ------
    BusyError
        When another process holds the commit lock for too long.
    """
    files = f"FROM ducklake_list_files('{LAKE}', 'partitions', schema => 'ledger')"
    if warehouse.is_committing or warehouse.scalar(f"SELECT count(*) {files}") < many:
        return False
    with warehouse.commit_lock():
        before = warehouse.version()
        warehouse.execute(
            f"CALL ducklake_merge_adjacent_files('{LAKE}', 'partitions', schema => 'ledger')"
        )
        if warehouse.version() == before + 1:
            warehouse.own_commits.note(before + 1)
            if warehouse.ledger_version == before:
                warehouse.ledger_version = before + 1
    return True
