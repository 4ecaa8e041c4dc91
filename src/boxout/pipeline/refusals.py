"""Files that ingest refused whole: on record with their reason, each an incident of its own.

A refusal lasts until a file of the same name is accepted.
"""

from __future__ import annotations

from boxout.errors import RefusedFileError
from boxout.pipeline.record_incidents import NEXT_INCIDENT, REPAIRED
from boxout.warehouse.ducklake import Warehouse

REFUSED = "file_accepted"
# Two paths with the same last part are the same source, fetched again to another folder.
_SAME_NAME = "regexp_extract(source_file, '[^/]*$') = regexp_extract($1, '[^/]*$')"


def record_refusal(warehouse: Warehouse, name: str, error: RefusedFileError, run_id: str) -> None:
    """Record one refused file and open its incident, unless it is open already."""
    known = warehouse.scalar(
        "SELECT table_name FROM lake.ledger.files WHERE source_file = $1", [name]
    )
    table = error.table or known
    with warehouse.commit():
        warehouse.execute(f"DELETE FROM lake.ledger.refusals WHERE {_SAME_NAME}", [name])
        warehouse.execute(
            "INSERT INTO lake.ledger.refusals VALUES ($1, $2, $3, $4, $5, $6, now()::TIMESTAMP)",
            [name, table, error.what, list(error.missing), list(error.unknown), run_id],
        )
        warehouse.execute(
            f"""
            INSERT INTO lake.ledger.incidents BY NAME
            SELECT 'i' || lpad((({NEXT_INCIDENT}) + 1)::VARCHAR, 4, '0') AS incident_id,
                   $2::VARCHAR AS table_name, '{REFUSED}' AS check_name, 'file' AS scope,
                   $1::VARCHAR AS source_file, $3::VARCHAR AS detail,
                   now()::TIMESTAMP AS opened_at, $4::VARCHAR AS opened_run,
                   now()::TIMESTAMP AS updated_at
            WHERE NOT EXISTS (SELECT 1 FROM lake.ledger.incidents
                              WHERE repaired_at IS NULL AND {_SAME_NAME})
            """,
            [name, table, error.what, run_id],
        )


def forget_refusals(warehouse: Warehouse, name: str, run_id: str) -> None:
    """End the refusal of a file that is accepted now, and its incident."""
    if not warehouse.scalar(
        f"SELECT count(*) FROM lake.ledger.refusals WHERE {_SAME_NAME}", [name]
    ):
        return
    with warehouse.commit():
        warehouse.execute(f"DELETE FROM lake.ledger.refusals WHERE {_SAME_NAME}", [name])
        warehouse.execute(
            f"UPDATE lake.ledger.incidents SET repaired_at = now()::TIMESTAMP, repaired_run = $2, "
            f"updated_at = now()::TIMESTAMP, outcome = '{REPAIRED}' "
            f"WHERE repaired_at IS NULL AND scope = 'file' AND {_SAME_NAME}",
            [name, run_id],
        )
