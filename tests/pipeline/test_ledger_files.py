"""The ledger's many small files are merged, and nothing that it ever held is lost by that."""

from __future__ import annotations

import pytest

from boxout.errors import BusyError
from boxout.pipeline import runs
from boxout.pipeline.ledger_files import MANY_FILES, merge_ledger_files
from boxout.pipeline.runs import Run
from boxout.warehouse.ducklake import INLINED_ROWS, Warehouse

FILES = "FROM ducklake_list_files('lake', 'partitions', schema => 'ledger')"
HELD = "SELECT count(*), sum(row_count), count(DISTINCT table_name) FROM lake.ledger.partitions"


def _count_files(warehouse: Warehouse) -> int:
    return len(warehouse.rows("FROM ducklake_list_files('lake', 'partitions', schema => 'ledger')"))


def _add_file(warehouse: Warehouse, table: str) -> None:
    with warehouse.commit():
        warehouse.execute(
            "INSERT INTO lake.ledger.partitions BY NAME SELECT $1 AS table_name, 'fresh' AS state, "
            "DATE '2023-10-24' + i::INT AS game_date, i AS row_count FROM range($2) AS r(i)",
            [table, INLINED_ROWS + 1],
        )


def test_many_files_become_few_and_every_version_holds_what_it_held(empty: Warehouse) -> None:
    for k in range(4):
        _add_file(empty, f"precompute.t{k}")
    with empty.commit():
        empty.execute("DELETE FROM lake.ledger.partitions WHERE table_name = 'precompute.t1'")
    versions = range(empty.version() - 4, empty.version() + 1)
    held = [empty.rows(f"{HELD} AT (VERSION => {version})") for version in versions]
    assert len({str(rows) for rows in held}) == 4  # the last is as before the fourth
    assert _count_files(empty) == 3

    assert not merge_ledger_files(empty, many=4)
    assert _count_files(empty) == 3
    assert merge_ledger_files(empty, many=3)

    assert _count_files(empty) < 3
    assert empty.rows(HELD) == held[-1]
    assert [empty.rows(f"{HELD} AT (VERSION => {version})") for version in versions] == held


def test_a_run_merges_them_when_it_ends_and_its_copy_of_the_ledger_is_still_one(
    empty: Warehouse,
) -> None:
    for k in range(MANY_FILES):
        _add_file(empty, f"precompute.t{k}")
    run = Run(empty, "backfill")
    run.start()
    empty.ledger_version = empty.version()
    before = empty.version()
    run.end("done")

    assert _count_files(empty) < MANY_FILES
    assert empty.version() == before + 2
    assert empty.own_commits.tables_between(before + 1, before + 2) == set()


def test_nothing_is_merged_within_a_commit(empty: Warehouse) -> None:
    _add_file(empty, "precompute.t0")
    with empty.commit():
        assert not merge_ledger_files(empty, many=1)
    assert merge_ledger_files(empty, many=1)


@pytest.mark.parametrize("table", ["ledger.runs", "ledger.properties"])
def test_a_copy_lasts_for_one_block_of_reading(empty: Warehouse, table: str) -> None:
    def count() -> int:
        return int(empty.scalar(f"SELECT count(*) FROM {empty.in_full(table)}"))

    first = next(iter(empty.columns(f"lake.{table}")))
    with empty.reading():
        before = count()
        assert empty.in_full(table) == empty.in_full(table) != f"lake.{table}"
    with empty.commit():
        empty.execute(f"INSERT INTO lake.{table} ({first}) VALUES ('new')")
        assert count() == before + 1
    assert empty.in_full(table) == f"lake.{table}"
    with empty.reading():
        assert count() == before + 1


def test_a_run_that_cannot_merge_them_has_ended_all_the_same(
    empty: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(warehouse: Warehouse) -> bool:
        raise BusyError("another process commits")

    monkeypatch.setattr(runs, "merge_ledger_files", busy)
    run = Run(empty, "backfill")
    run.start()
    run.end("done")

    assert empty.rows("SELECT outcome FROM lake.ledger.runs") == [("done",)]
    assert not list(empty.home.runs.glob(f"{run.run_id}*"))
