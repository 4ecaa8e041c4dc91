"""Find out whether what is stored is what the ledger says was published.

The content hash of every partition is computed again from the stored rows. Plans trust the
ledger; this is the one place that does not: after a crash of the disk, an edit by hand, or a
fault in the storage engine it says which partitions are not what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from boxout.pipeline.arrivals import QUARANTINED, SOURCE_FILE
from boxout.pipeline.content_hash import content_hash_expression
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

LANDING = "landing."


@dataclass(frozen=True)
class DamagedPartition:
    """A partition that is not what was published: its rows on record and in store."""

    table: str
    game_date: date
    rows_published: int
    rows_stored: int


@dataclass(frozen=True)
class ContentAudit:
    """What an audit of the stored content found.

    Attributes
    ----------
    version
        The data version that was read.
    tables, partitions, rows
        How many were read and compared.
    damaged
        The partitions whose rows are not those that were published.
    """

    version: int
    tables: int
    partitions: int
    rows: int
    damaged: tuple[DamagedPartition, ...]

    @property
    def passed(self) -> bool:
        """Whether at least one partition was compared and all are what they were."""
        return self.partitions > 0 and not self.damaged


def audit_content(warehouse: Warehouse, tables: Sequence[TableDefinition]) -> ContentAudit:
    """Compare what is stored of each table with what the ledger has on record, date by date."""
    partitions = rows = 0
    damaged: list[DamagedPartition] = []
    with warehouse.reading():
        version = warehouse.version()
        present = [table for table in tables if warehouse.has_table(table.name)]
        for table in present:
            _compare(warehouse, table)
            counts = warehouse.rows(
                "SELECT count(*), coalesce(sum(rows_stored), 0)::BIGINT FROM stored_content"
            )
            partitions, rows = partitions + counts[0][0], rows + counts[0][1]
            damaged += [
                DamagedPartition(table.name, *row)
                for row in warehouse.rows(
                    "SELECT game_date, rows_published, rows_stored FROM stored_content "
                    "WHERE NOT is_as_published ORDER BY game_date"
                )
            ]
    return ContentAudit(version, len(present), partitions, rows, tuple(damaged))


def _compare(warehouse: Warehouse, table: TableDefinition) -> None:
    """Create `stored_content`: a table's partitions, and whether each is as published.

    A partition without a hash on record has been reshaped and waits to be computed again: of
    it the rows are counted.
    """
    columns = warehouse.columns(f"{LAKE}.{table.name}")
    content = [column for column in columns if column != SOURCE_FILE]
    if table.name.startswith(LANDING):
        hashed = content_hash_expression(content, beside="refused")
    else:
        hashed = content_hash_expression(content, columns)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE stored_content AS
        WITH stored AS (
          SELECT game_date, count(*) AS rows, {hashed} AS content_hash
          FROM (SELECT t.*, coalesce(q.refused, 0) AS refused FROM {LAKE}.{table.name} AS t
                LEFT JOIN (SELECT game_date, sum(failing) AS refused FROM ({QUARANTINED})
                           WHERE table_name = $1 GROUP BY game_date) AS q USING (game_date))
          GROUP BY game_date)
        SELECT game_date, coalesce(p.row_count, 0)::BIGINT AS rows_published,
               coalesce(s.rows, 0)::BIGINT AS rows_stored,
               rows_published = rows_stored AND (rows_stored = 0 OR p.content_hash IS NULL
                 OR p.content_hash = s.content_hash) AS is_as_published
        FROM stored AS s FULL JOIN (SELECT * FROM lake.ledger.partitions WHERE table_name = $1) AS p
          USING (game_date)
        """,
        [table.name],
    )
