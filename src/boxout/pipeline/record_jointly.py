"""Keep what is to be recorded of clean tables, and write it to the ledger at once.

A statement that changes the ledger takes longer than what it says of a small table; and rows of a
single table are few enough to be kept in the catalog, from where they are read more slowly.
"""

from __future__ import annotations

from boxout.pipeline.record import CHECK_RESULTS_QUERY
from boxout.pipeline.stage import JUDGED
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse


def begin_keeping(warehouse: Warehouse) -> None:
    """Create the temporary tables of what is kept, without rows; needs `ledger_now`."""
    for query in (
        "kept_partitions AS FROM ledger_now LIMIT 0",
        "kept_checks AS FROM lake.ledger.check_results LIMIT 0",
        "kept_dates (table_name VARCHAR, game_date DATE)",
        "kept_seasons (table_name VARCHAR, season VARCHAR)",
    ):
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {query}")


def keep_outcome(warehouse: Warehouse, table: TableDefinition, run_id: str, is_first: bool) -> None:
    """Keep what is in the temporary table `recorded`, and the verdict on the judged chunk.

    Parameters
    ----------
    is_first
        Whether nothing of the table is on record yet.
    """
    warehouse.execute("INSERT INTO kept_partitions SELECT * FROM recorded")
    warehouse.connection.execute(
        f"INSERT INTO kept_checks {CHECK_RESULTS_QUERY}", {"table": table.name, "run": run_id}
    )
    if not is_first:
        warehouse.execute("INSERT INTO kept_dates SELECT $1, game_date FROM outcome", [table.name])
        warehouse.execute(f"INSERT INTO kept_seasons SELECT $1, season FROM {JUDGED}", [table.name])


def write_kept(warehouse: Warehouse) -> None:
    """Write what is kept to the ledger; part of the transaction that wrote the tables' rows."""
    low, high = warehouse.rows("SELECT min(game_date), max(game_date) FROM kept_dates")[0]
    if low is not None:
        of_dates = (
            f"game_date BETWEEN DATE '{low}' AND DATE '{high}' "
            "AND (table_name, game_date) IN (FROM kept_dates)"
        )
        of_seasons = "game_date IS NULL AND (table_name, season) IN (FROM kept_seasons)"
        warehouse.execute(f"DELETE FROM lake.ledger.partitions WHERE {of_dates}")
        warehouse.execute(
            f"DELETE FROM lake.ledger.check_results WHERE ({of_dates}) OR ({of_seasons})"
        )
        warehouse.execute(f"DELETE FROM lake.ledger.quarantine WHERE {of_dates}")
    warehouse.execute("INSERT INTO lake.ledger.partitions FROM kept_partitions")
    warehouse.execute("INSERT INTO lake.ledger.check_results FROM kept_checks")
