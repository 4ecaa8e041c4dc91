"""A few of the rows that fail a check, for people to look at."""

from __future__ import annotations

from boxout.pipeline.check_queries import condition
from boxout.pipeline.contract import UNIQUE_KEY
from boxout.pipeline.stage import STAGED
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

SAMPLE_ROWS = 3


def sample_failures(warehouse: Warehouse, table: TableDefinition) -> None:
    """Create the temporary table `failure_samples`: a few failing rows of each failed check.

    Columns: check_name, sample (a JSON list of rows).
    """
    warehouse.execute(
        "CREATE OR REPLACE TEMP TABLE failure_samples (check_name VARCHAR, sample VARCHAR)"
    )
    failed = {
        row[0]
        for row in warehouse.rows("SELECT DISTINCT check_name FROM check_now WHERE NOT passed")
    }
    for check in table.checks:
        if check.kind == "query" or check.name not in failed:
            continue
        good, of = condition(check)
        _insert_sample(warehouse, check.name, f"({of}) AND ({good}) IS NOT TRUE")
    if UNIQUE_KEY in failed:
        key = ", ".join(table.key)
        _insert_sample(
            warehouse,
            UNIQUE_KEY,
            f"({key}) IN (SELECT ({key}) FROM {STAGED} GROUP BY {key} HAVING count(*) > 1)",
        )


def _insert_sample(warehouse: Warehouse, name: str, condition: str) -> None:
    warehouse.execute(
        f"INSERT INTO failure_samples SELECT $1, to_json(list(s))::VARCHAR FROM "
        f"(SELECT * FROM {STAGED} WHERE {condition} ORDER BY ALL LIMIT {SAMPLE_ROWS}) AS s",
        [name],
    )
