"""Daily-partitioned assets over DuckDB, with the contracts as asset checks.

Reads `assets.json`: a list of {name, schema, inputs, query, checks}, with the texts
`:first_date` and `:last_date` for the interval of a run.
"""

import json
from datetime import datetime
from pathlib import Path

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    BackfillPolicy,
    DailyPartitionsDefinition,
    Definitions,
    MaterializeResult,
    asset,
    in_process_executor,
)

FOLDER = Path(__file__).parent
SETTINGS = json.loads((FOLDER / "assets.json").read_text(encoding="utf-8"))
DAYS = DailyPartitionsDefinition(
    start_date=datetime.fromisoformat(SETTINGS["first"]),
    end_date=datetime.fromisoformat(SETTINGS["end"]),
)


def make_asset(table):
    """Define one asset: it replaces the dates of its run, then evaluates its checks."""
    schema, name = table["name"].split(".")
    key = AssetKey([schema, name])

    @asset(
        name=name,
        key_prefix=[schema],
        deps=[AssetKey(other.split(".")) for other in table["inputs"]],
        partitions_def=DAYS,
        backfill_policy=BackfillPolicy.single_run(),
        check_specs=[
            AssetCheckSpec(check["name"], asset=key, blocking=check["blocking"])
            for check in table["checks"]
        ],
    )
    def replace_dates(context: AssetExecutionContext):
        keys = context.partition_key_range
        first, last = f"DATE '{keys.start}'", f"DATE '{keys.end}'"

        def within(text):
            return text.replace(":first_date", first).replace(":last_date", last)

        query = within(table["query"])
        with duckdb.connect(str(FOLDER / SETTINGS["database"])) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute("BEGIN TRANSACTION")
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table['name']} AS SELECT * FROM ({query}) LIMIT 0"
            )
            connection.execute(
                f"DELETE FROM {table['name']} WHERE game_date BETWEEN {first} AND {last}"
            )
            connection.execute(f"INSERT INTO {table['name']} {query}")
            connection.execute("COMMIT")
            results = []
            for check in table["checks"]:
                failing = connection.execute(
                    f"SELECT count(*) FROM ({within(check['query'])})"
                ).fetchone()[0]
                results.append(
                    AssetCheckResult(
                        check_name=check["name"],
                        passed=failing == 0,
                        severity=AssetCheckSeverity.ERROR
                        if check["blocking"]
                        else AssetCheckSeverity.WARN,
                    )
                )
        return MaterializeResult(check_results=results)

    return replace_dates


defs = Definitions(
    assets=[make_asset(table) for table in SETTINGS["assets"]], executor=in_process_executor
)
