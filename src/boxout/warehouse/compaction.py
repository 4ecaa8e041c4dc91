"""Give back space: merge small files, and let go of old data versions but for those needed.

DuckLake keeps every version until it is told otherwise. What is current, and what a kept
version holds, reads the same before and after.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from boxout.warehouse.ducklake import LAKE, Warehouse


@dataclass(frozen=True)
class Compaction:
    """What was let go of, or would be.

    Attributes
    ----------
    kept, expired
        Data versions that stay and that go.
    needed
        Those of the kept that are older than the time limit, because something was made of them.
    files_before, files_after
        Data files in the home's folder.
    bytes_before, bytes_after
        Their size together.
    files_waiting
        Data files of expired versions that a later compaction deletes, when nobody can be
        reading them any more.
    """

    kept: int
    expired: int
    needed: tuple[int, ...]
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    files_waiting: int
    is_dry: bool


def compact_lake(
    warehouse: Warehouse,
    needed: Collection[int],
    keep: timedelta,
    grace: timedelta,
    *,
    dry_run: bool = False,
) -> Compaction:
    """Merge small files and expire data versions.

    Parameters
    ----------
    needed
        Data versions that stay whatever their age.
    keep
        Younger versions stay.
    grace
        For how long the files of an expired version stay on disk, for whoever still reads them.

    Raises
    ------
    BusyError
        When another process holds the commit lock for too long.
    """
    files_before, bytes_before = _measure(warehouse)
    with warehouse.commit_lock():
        expired, kept, old_but_needed = _choose(warehouse, needed, keep)
        if not dry_run:
            _delete_files(warehouse, grace)  # of an earlier compaction
            _rewrite(warehouse, expired)
            _delete_files(warehouse, grace)
    waiting = warehouse.rows(
        f"CALL ducklake_cleanup_old_files('{LAKE}', cleanup_all => true, dry_run => true)"
    )
    files_after, bytes_after = _measure(warehouse)
    return Compaction(
        kept=kept,
        expired=len(expired),
        needed=old_but_needed,
        files_before=files_before,
        files_after=files_after,
        bytes_before=bytes_before,
        bytes_after=bytes_after,
        files_waiting=len(waiting),
        is_dry=dry_run,
    )


def _rewrite(warehouse: Warehouse, expired: list[int]) -> None:
    # Versions go first: files that only they keep apart can then be merged.
    if expired:
        warehouse.execute(f"CALL ducklake_expire_snapshots('{LAKE}', versions => {expired})")
    warehouse.execute(f"CALL ducklake_flush_inlined_data('{LAKE}')")
    warehouse.execute(f"CALL ducklake_merge_adjacent_files('{LAKE}')")


def _delete_files(warehouse: Warehouse, grace: timedelta) -> None:
    # DuckLake's own time limit lets younger files go, too, where the catalog is SQLite.
    is_over = warehouse.scalar(
        f"SELECT max(schedule_start::TIMESTAMPTZ) <= $1::TIMESTAMPTZ "
        f"FROM __ducklake_metadata_{LAKE}.ducklake_files_scheduled_for_deletion",
        [datetime.now(UTC) - grace],
    )
    if is_over:
        warehouse.execute(f"CALL ducklake_cleanup_old_files('{LAKE}', cleanup_all => true)")


def _choose(
    warehouse: Warehouse, needed: Collection[int], keep: timedelta
) -> tuple[list[int], int, tuple[int, ...]]:
    limit = datetime.now(UTC) - keep
    newest = warehouse.version()
    versions = warehouse.rows(
        f"SELECT snapshot_id, snapshot_time < TIMESTAMPTZ '{limit.isoformat()}' "
        f"FROM {LAKE}.snapshots()"
    )
    old = [version for version, is_old in versions if is_old and version != newest]
    expired = sorted(set(old) - set(needed))
    return expired, len(versions) - len(expired), tuple(sorted(set(old) & set(needed)))


def _measure(warehouse: Warehouse) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in warehouse.home.data.rglob("*.parquet")]
    return len(sizes), sum(sizes)
