"""Rows that more than one file brings: kept aside, until no file before them has them any more.

A landing table holds one row of each key: of the files that bring it, that of the one ingested
last, and where it is alike that of the first. The others' rows are in a table of the same name
in the schema `overlaps`. Without them a row would be gone when its file brings it no longer,
though another still does, and a build from the same files would have it.

Reads the temporary tables that `arrivals` creates.
"""

from __future__ import annotations

from datetime import datetime

from boxout.pipeline.arrivals import SOURCE_FILE
from boxout.sources.files.shape import Shape
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

SCHEMA = "overlaps"


def overlap_table(table: str) -> str:
    """Return the name, with its schema, of the table that keeps a landing table's other rows."""
    return f"{SCHEMA}.{table.split('.')[1]}"


def bring_back(warehouse: Warehouse, table: TableDefinition, shape: Shape, name: str) -> None:
    """Let rows that a file brings no longer be followed by those that another file has of them.

    They come into `written`, and what they follow in `gone` counts as replaced. Where they are
    alike, their keys are in `alike`: nothing but the file that the row is of changes.
    """
    key = ", ".join(shape.key)
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE alike AS SELECT {key} FROM gone LIMIT 0")
    aside = overlap_table(table.name)
    is_any_gone = warehouse.scalar("SELECT count(*) FROM gone WHERE NOT is_replaced")
    if not is_any_gone or not warehouse.has_table(aside):
        return
    _let_hold(warehouse, shape, aside, name, "gone WHERE NOT is_replaced")
    warehouse.execute(
        f"UPDATE gone SET is_replaced = true WHERE ({key}) IN (SELECT ({key}) FROM holding)"
    )


def give_way(
    warehouse: Warehouse, table: TableDefinition, shape: Shape, name: str, came_at: datetime
) -> None:
    """Let what later files bring hold before the rows of a file that is read again.

    In the landing table they stay as they are. Where they are aside, for the file had said the
    same until now, they come into `written` in the place of its rows; where such a row is alike
    what is there, its key is in `alike`.

    Parameters
    ----------
    name, came_at
        The file's name, and when it was ingested.
    """
    key = ", ".join(shape.key)
    later = f"SELECT {SOURCE_FILE} FROM lake.ledger.files WHERE ingested_at > $1"
    for place in (f"gone WHERE is_replaced AND ({key})", f"written WHERE ({key})"):
        warehouse.execute(
            f"DELETE FROM {place} IN (SELECT ({key}) FROM nearby WHERE {SOURCE_FILE} IN ({later}))",
            [came_at],
        )
    aside = overlap_table(table.name)
    if warehouse.has_table(aside):
        _let_hold(warehouse, shape, aside, name, "written", came_at)


def _let_hold(
    warehouse: Warehouse,
    shape: Shape,
    aside: str,
    name: str,
    keys: str,
    after: datetime = datetime.min,
) -> None:
    """Let the latest rows aside of other files hold for some keys; they are in `holding`, too.

    They are the only rows of their keys in `written` then. Keys of those that change nothing come
    into `alike`.

    Parameters
    ----------
    keys
        A relation with the keys.
    after
        When the files were ingested at the earliest, UTC.
    """
    key = ", ".join(shape.key)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE holding AS
        SELECT o.* FROM {LAKE}.{aside} AS o JOIN lake.ledger.files AS f USING ({SOURCE_FILE})
        WHERE f.ingested_at > $2 AND {SOURCE_FILE} <> $1
          AND ({key}) IN (SELECT ({key}) FROM {keys})
        QUALIFY row_number() OVER (
          PARTITION BY {key} ORDER BY f.ingested_at DESC, {SOURCE_FILE}) = 1
        """,
        [name, after],
    )
    content = ", ".join(f'"{c}"' for c in warehouse.columns("holding") if c != SOURCE_FILE)
    warehouse.execute(
        f"INSERT INTO alike SELECT {key} FROM "
        f"(SELECT {content} FROM holding INTERSECT SELECT {content} FROM nearby)"
    )
    warehouse.execute(f"DELETE FROM written WHERE ({key}) IN (SELECT ({key}) FROM holding)")
    warehouse.execute("INSERT INTO written BY NAME SELECT * FROM holding")


def set_aside(
    warehouse: Warehouse, table: TableDefinition, shape: Shape, name: str, *, is_known: bool
) -> None:
    """Keep what this file and others bring of one key, but for the row that holds; in a commit.

    Parameters
    ----------
    name, is_known
        The file's name, and whether it was on record.
    """
    key = ", ".join(shape.key)
    aside = overlap_table(table.name)
    others = f"SELECT ({key}) FROM nearby WHERE {SOURCE_FILE} <> $1"
    if is_known and warehouse.has_table(aside):
        warehouse.execute(f"DELETE FROM {LAKE}.{aside} WHERE {SOURCE_FILE} = $1", [name])
        # What has come back is of another file, and in the landing table from now on.
        warehouse.execute(
            f"DELETE FROM {LAKE}.{aside} WHERE ({SOURCE_FILE}, {key}) IN "
            f"(SELECT ({SOURCE_FILE}, {key}) FROM written WHERE {SOURCE_FILE} <> $1)",
            [name],
        )
    # Of what a later file holds there may be nothing nearby but the file's own row of before.
    beside = f"{others} UNION ALL SELECT ({key}) FROM written WHERE {SOURCE_FILE} <> $1"
    if not warehouse.scalar(f"SELECT count(*) FROM ({beside})", [name]):
        return
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {LAKE}.{SCHEMA}")
    warehouse.execute(
        f"CREATE TABLE IF NOT EXISTS {LAKE}.{aside} AS FROM {LAKE}.{table.name} LIMIT 0"
    )
    warehouse.execute(
        f"""
        INSERT INTO {LAKE}.{aside} BY NAME
        SELECT * FROM nearby WHERE {SOURCE_FILE} <> $1
          AND ({key}) IN (SELECT ({key}) FROM written)
        UNION ALL BY NAME
        SELECT * FROM arrived WHERE ({key}) IN ({beside})
          AND ({key}) NOT IN (SELECT ({key}) FROM written WHERE {SOURCE_FILE} = $1)
        """,
        [name],
    )
