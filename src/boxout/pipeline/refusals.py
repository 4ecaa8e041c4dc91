"""Files that ingest refused whole: on record with their reason, each an incident of its own.

A refusal lasts until the file is accepted. Where it is gone, a file of its name takes its place, or
one of its table that was ingested after it was refused; never one whose path names another season.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boxout.errors import RefusedFileError
from boxout.pipeline.files_on_record import is_there, plain_path
from boxout.pipeline.record_incidents import NEXT_INCIDENT, REPAIRED
from boxout.sources.seasons import seasons_named
from boxout.warehouse.ducklake import Warehouse

REFUSED = "file_accepted"
# How the incident of a refused file ends that was taken back.
WITHDRAWN = "withdrawn"
_OF_SOURCE = "source_file IN (SELECT unnest($1::VARCHAR[]))"


def record_refusal(warehouse: Warehouse, name: str, error: RefusedFileError, run_id: str) -> None:
    """Record one refused file and open its incident, unless it is open already."""
    known = warehouse.scalar(
        "SELECT table_name FROM lake.ledger.files WHERE source_file = $1", [name]
    )
    table = error.table or known
    # The catalog takes no zero byte, and a damaged file may have one in a column's name.
    what, *unknown = (text.replace("\0", "\\0") for text in (error.what, *error.unknown))
    with warehouse.commit():
        names = _names_of_source(warehouse, name)
        warehouse.execute(f"DELETE FROM lake.ledger.refusals WHERE {_OF_SOURCE}", [names])
        warehouse.execute(
            "INSERT INTO lake.ledger.refusals VALUES ($1, $2, $3, $4, $5, $6, now()::TIMESTAMP)",
            [name, table, what, list(error.missing), unknown, run_id],
        )
        warehouse.execute(
            f"""
            INSERT INTO lake.ledger.incidents BY NAME
            SELECT 'i' || lpad((({NEXT_INCIDENT}) + 1)::VARCHAR, 4, '0') AS incident_id,
                   $2::VARCHAR AS table_name, '{REFUSED}' AS check_name, 'file' AS scope,
                   $3::VARCHAR AS source_file, $4::VARCHAR AS detail,
                   now()::TIMESTAMP AS opened_at, $5::VARCHAR AS opened_run,
                   now()::TIMESTAMP AS updated_at
            WHERE NOT EXISTS (SELECT 1 FROM lake.ledger.incidents
                              WHERE repaired_at IS NULL AND {_OF_SOURCE})
            """,
            [names, table, name, what, run_id],
        )


def forget_refusals(warehouse: Warehouse, name: str, run_id: str) -> None:
    """End the refusals that a file ends which is accepted now, and their incidents."""
    names = sorted({*_names_of_source(warehouse, name), *_names_replaced(warehouse)})
    if names:
        with warehouse.commit():
            end_refusals(warehouse, names, run_id, REPAIRED)


def end_refusals(warehouse: Warehouse, names: Sequence[str], run_id: str, outcome: str) -> None:
    """End refusals and their incidents; call inside a commit."""
    warehouse.execute(f"DELETE FROM lake.ledger.refusals WHERE {_OF_SOURCE}", [names])
    warehouse.execute(
        "UPDATE lake.ledger.incidents SET repaired_at = now()::TIMESTAMP, repaired_run = $2, "
        "updated_at = now()::TIMESTAMP, outcome = $3 "
        f"WHERE repaired_at IS NULL AND scope = 'file' AND {_OF_SOURCE}",
        [names, run_id, outcome],
    )


def refused_files(warehouse: Warehouse) -> dict[str, str | None]:
    """Return the files that are refused, each with its landing table where that is known."""
    return dict(warehouse.rows("SELECT source_file, table_name FROM lake.ledger.refusals"))


def _names_of_source(warehouse: Warehouse, name: str) -> list[str]:
    """Return the refused files that are the same source as a file: itself, if it was refused, by
    whatever path, and those of its name that are gone, for they have been fetched again to another
    folder, unless it is that of another season.
    """
    refused = warehouse.rows(
        "SELECT source_file FROM lake.ledger.refusals "
        "WHERE regexp_extract(source_file, '[^/]*$') = regexp_extract($1, '[^/]*$')",
        [name],
    )
    return [
        path
        for (path,) in refused
        if name in (path, str(plain_path(Path(path))))
        or (_may_be_of_one_season(path, name) and not is_there(path))
    ]


def _names_replaced(warehouse: Warehouse) -> list[str]:
    """Return the refused files that are gone, after which another of their table was ingested."""
    followed = warehouse.rows(
        "SELECT r.source_file, array_agg(f.source_file) FROM lake.ledger.refusals AS r "
        "JOIN lake.ledger.files AS f "
        "ON f.table_name = r.table_name AND f.ingested_at > r.refused_at GROUP BY r.source_file"
    )
    return [
        path
        for path, later in followed
        if any(_may_be_of_one_season(path, other) for other in later) and not is_there(path)
    ]


def _may_be_of_one_season(path: str, other: str) -> bool:
    """Whether not each of two paths names a season that the other does not."""
    named, others = seasons_named(path), seasons_named(other)
    return not (named - others and others - named)
