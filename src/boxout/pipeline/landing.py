"""Write what a file brings into its landing table and the ledger; call inside a commit.

Reads the temporary tables that `arrivals` creates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from boxout.pipeline.arrivals import SOURCE_FILE, FileReport, count_refused, touched_dates
from boxout.pipeline.content_hash import content_hash_expression, read_hashes_expression
from boxout.pipeline.graph import Graph
from boxout.pipeline.overlaps import set_aside
from boxout.pipeline.reads import columns_by_reader
from boxout.sources.files.shape import Shape
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse

SAMPLE_ROWS = 3


def write_changes(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    shape: Shape,
    name: str,
    run_id: str,
    *,
    is_known: bool,
    is_filled: bool,
    is_as_refused: bool,
) -> int:
    """Write the rows of a landing table that change, and the ledger's dates of it.

    What the ledger has of the file's refused rows is to be written before.

    Parameters
    ----------
    name, is_known
        The file's name, and whether it was on record.
    is_filled
        Whether the table had rows before.
    is_as_refused
        Whether as many rows are refused as before, so that `refused_before` is not read.

    Returns
    -------
    int
        The game dates whose content changed.
    """
    set_aside(warehouse, table, shape, name, is_known=is_known)
    write_rows(warehouse, table, shape)
    count_refused(warehouse, table, "refused_on")
    if is_as_refused:
        warehouse.execute("CREATE OR REPLACE TEMP TABLE refused_before AS FROM refused_on")
    dates = touched_dates(warehouse, shape)
    if dates:
        write_partitions(warehouse, graph, table, run_id, is_filled=is_filled)
    return dates


def write_rows(warehouse: Warehouse, table: TableDefinition, shape: Shape) -> None:
    """Replace, remove and add the rows of `gone` and `written`."""
    published = f"{LAKE}.{table.name}"
    same_key = " AND ".join(f"g.{column} = p.{column}" for column in shape.key)
    if warehouse.scalar("SELECT count(*) FROM gone"):
        warehouse.execute(
            f"DELETE FROM {published} AS p WHERE EXISTS (SELECT 1 FROM gone AS g WHERE {same_key})"
        )
    warehouse.execute(
        f"INSERT INTO {published} BY NAME SELECT * FROM written "
        f"ORDER BY game_date, {', '.join(shape.key)}"
    )


@dataclass(frozen=True)
class FileRecord:
    """How a file goes on record.

    Attributes
    ----------
    read_by
        A hash of the code that read it.
    came_at
        When it was ingested, UTC; None for now.
    """

    name: str
    sha256: str
    run_id: str
    read_by: str
    came_at: datetime | None


def write_record(warehouse: Warehouse, report: FileReport, record: FileRecord) -> None:
    """Write what the ledger keeps of a file: what it brought, its refused rows, and who read it."""
    warehouse.execute(
        f"""
        INSERT INTO lake.ledger.quarantine
        SELECT $1, r.problem, r.game_date, $2, count(*),
               to_json(list_slice(list(s ORDER BY s.source_row), 1, {SAMPLE_ROWS}))::VARCHAR,
               $3, now()::TIMESTAMP,
               CASE WHEN r.game_date IS NOT NULL THEN list(r.row_hash) END
        FROM rejects AS r JOIN source_file AS s USING (source_row)
        GROUP BY r.problem, r.game_date
        """,
        [report.table, record.name, record.run_id],
    )
    warehouse.execute(
        "INSERT INTO lake.ledger.files "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, now()::TIMESTAMP), $11)",
        [
            record.name,
            report.table,
            record.sha256,
            report.rows,
            report.added,
            report.changed,
            report.removed,
            sum(report.rejected.values()),
            record.run_id,
            record.came_at,
            record.read_by,
        ],
    )


def write_partitions(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, run_id: str, *, is_filled: bool
) -> None:
    """Replace the ledger's rows of the dates in `touched` by what is there of them now.

    Reads `refused_on`, too.

    Parameters
    ----------
    is_filled
        Whether the table had rows before the file.
    """
    published = f"{LAKE}.{table.name}"
    columns = warehouse.columns(published)
    reads = columns_by_reader(warehouse.home, graph, table.name, columns)
    content = [column for column in columns if column != SOURCE_FILE]
    if is_filled:
        warehouse.execute(
            "DELETE FROM lake.ledger.partitions WHERE table_name = $1 "
            "AND game_date IN (SELECT game_date FROM touched)",
            [table.name],
        )
    warehouse.execute(
        f"""
        INSERT INTO lake.ledger.partitions
        SELECT $1, game_date, min(season), 'fresh', count(*),
               {content_hash_expression(content, beside="refused")},
               {read_hashes_expression(reads, beside="refused")},
               NULL, NULL, NULL, NULL, NULL, $2, now()::TIMESTAMP, now()::TIMESTAMP
        FROM (SELECT p.*, coalesce(q.refused, 0) AS refused FROM {published} AS p
              LEFT JOIN refused_on AS q USING (game_date)
              WHERE game_date IN (SELECT game_date FROM touched))
        GROUP BY game_date
        """,
        [table.name, run_id],
    )
    if not warehouse.scalar("SELECT count(*) FROM refused_on"):
        return
    # A known date of which every row was refused: its checks are to count them.
    warehouse.execute(
        f"""
        INSERT INTO lake.ledger.partitions
        SELECT $1, game_date, any_value(k.season), 'empty', 0, hash(any_value(q.refused)),
               NULL, NULL, NULL, NULL, NULL, NULL, $2, now()::TIMESTAMP, now()::TIMESTAMP
        FROM refused_on AS q JOIN lake.ledger.partitions AS k USING (game_date)
        WHERE game_date IN (SELECT game_date FROM touched)
          AND game_date NOT IN (SELECT game_date FROM {published})
        GROUP BY game_date
        """,
        [table.name, run_id],
    )
