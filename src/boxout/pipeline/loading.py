"""Load one file into its landing table: translate it, compare it with what is there, commit it.

Which files to load, and what becomes of those that are refused, is decided in `ingest`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from boxout.errors import RefusedFileError, SourceError, UnknownShapeError, UnreadableFileError
from boxout.pipeline.arrivals import (
    FileReport,
    compare,
    count_refused,
    count_rows,
    rejections,
    translate,
)
from boxout.pipeline.files_on_record import FilesOnRecord
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing import FileRecord, write_changes, write_record
from boxout.pipeline.ledger import (
    SIMULATED,
    read_property,
    write_property,
)
from boxout.pipeline.locks import table_lock
from boxout.pipeline.outdated_files import (
    reading_code,
)
from boxout.pipeline.overlaps import bring_back, give_way
from boxout.pipeline.refusals import forget_refusals
from boxout.pipeline.spellings import write_spellings
from boxout.sources.files.finding import reader_of
from boxout.sources.files.names import map_names
from boxout.sources.files.reading import is_simulated, open_file
from boxout.sources.files.shape import Shape
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb

# What the engine says of columns of another type than a shape's, and of values that do not fit;
# its other errors, such as of a full disk, are not the file's.
CONTENT_ERRORS = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


@dataclass(frozen=True)
class Arrival:
    """A file to be read: where it is, its name on record, its bytes' hash, and by which run."""

    path: Path
    name: str
    sha256: str
    run_id: str
    is_read_again: bool = False


def load_file(
    warehouse: Warehouse, graph: Graph, arrival: Arrival, known: FilesOnRecord
) -> FileReport:
    """Load a file into the landing table of its shape, all of it in one commit.

    Raises
    ------
    SourceError
        When it cannot be read, has no known shape, holds no row that can be placed, is on record
        with rows of another table, or mixes a simulated league with real data.
    """
    path, name = arrival.path, arrival.name
    shape = _open(warehouse, path, known.files.get(name))
    table = graph.tables[shape.table]
    with table_lock(warehouse, table.name):
        known.catch_up()
        _refuse_other_table(path, table.name, known.files.get(name))
        _refuse_mixture(warehouse, path, known.label)
        _translate(warehouse, table, shape, path, name)
        report = _write_file(warehouse, graph, table, shape, arrival, known)
    if known.has_refusals:
        forget_refusals(warehouse, name, arrival.run_id)
    return report


def _open(warehouse: Warehouse, path: Path, recorded: tuple[str, str, int] | None) -> Shape:
    """Open a file; one that is on record has lost its shape where it has none, and is refused."""
    try:
        return open_file(warehouse.connection, path)
    except UnknownShapeError as error:
        if recorded is None:
            raise
        raise RefusedFileError(
            f"The file is on record as {recorded[1]} and is of no known shape now.",
            str(path),
            "Fetch or write it again; what was there before stays.",
            table=recorded[1],
        ) from error


def _write_file(
    warehouse: Warehouse,
    graph: Graph,
    table: TableDefinition,
    shape: Shape,
    arrival: Arrival,
    known: FilesOnRecord,
) -> FileReport:
    """Write what a file that is translated brings anew, all of it in one commit."""
    path, name = arrival.path, arrival.name
    rows = int(warehouse.scalar("SELECT count(*) FROM source_file"))
    rejected = rejections(warehouse)
    if rows and not warehouse.scalar("SELECT count(*) FROM arrived"):
        reason, count = max(rejected.items(), key=lambda item: item[1])
        raise RefusedFileError(
            f"No row of the file can be placed: {reason} ({count:,} of {rows:,} rows).",
            str(path),
            "Mend the file and ingest it again; what was there before stays.",
            table=table.name,
        )
    is_filled, is_known = table.name in known.filled, name in known.files
    came_at = _came_at(arrival, known)
    with warehouse.reading():
        compare(warehouse, table, shape, name, is_known=is_known, is_filled=is_filled)
        bring_back(warehouse, table, shape, name)
        if came_at:
            give_way(warehouse, table, shape, name, came_at)
        if is_known or rejected:
            count_refused(warehouse, table, "refused_before")
    report = FileReport(
        path,
        table.name,
        rows,
        *count_rows(warehouse),
        rejected,
        0,
        is_read_again=arrival.is_read_again,
    )
    code = reading_code(table)
    record = FileRecord(name, arrival.sha256, arrival.run_id, code, came_at)
    with warehouse.commit():
        known.forget(name)
        write_record(warehouse, report, record)
        dates = write_changes(
            warehouse,
            graph,
            table,
            shape,
            name,
            arrival.run_id,
            is_known=is_known,
            is_filled=is_filled,
            is_as_refused=not (is_known or rejected),
        )
        write_spellings(warehouse, table, shape, name)
        label = known.label or _write_label(warehouse, path)
        if known.label is None:  # another process may have said what the project is
            _refuse_mixture(warehouse, path, label)
    known.note(name, arrival.sha256, table.name, rows, read_by=code, label=label)
    return replace(report, dates=dates)


def _came_at(arrival: Arrival, known: FilesOnRecord) -> datetime | None:
    """Return when a file that is read again was ingested; None for one that comes now.

    Raises
    ------
    UnreadableFileError
        When it is on record by that name or with those bytes no longer, for another process has
        met it elsewhere, or corrected.
    """
    if not arrival.is_read_again:
        return None
    sha256, *_ = known.files.get(arrival.name, (None,))
    if sha256 != arrival.sha256:
        raise UnreadableFileError(
            "The file was moved or corrected while it was read.",
            str(arrival.path),
            "Ingest it again.",
        )
    return known.ingested_at[arrival.name]


def _translate(
    warehouse: Warehouse, table: TableDefinition, shape: Shape, path: Path, name: str
) -> None:
    try:
        map_names(warehouse.connection, shape)
        translate(warehouse, table, shape, name)
    except CONTENT_ERRORS as error:
        raise RefusedFileError(
            f"The file's columns do not hold what those of {table.name} do: "
            f"{str(error).splitlines()[0]}",
            str(path),
            "Write it again with text, numbers and dates as the source has them; nothing of it was "
            "loaded.",
            table=table.name,
        ) from error


def _refuse_other_table(path: Path, table: str, recorded: tuple[str, str, int] | None) -> None:
    """Refuse a file whose name is on record for other rows, which would stay for good."""
    if recorded and recorded[1] != table:
        raise RefusedFileError(
            f"The file holds rows of {table}; by this name rows of {recorded[1]} are on record.",
            str(path),
            "Give it another name. What is on record stays.",
            table=table,
        )


def _refuse_mixture(warehouse: Warehouse, path: Path, label: str | None) -> None:
    # Only Parquet files can carry the label; text files join either kind of project.
    if label is None or reader_of(path) != "read_parquet":
        return
    if (label == "true") != is_simulated(warehouse.connection, path):
        here, there = ("a simulated league", "real data")[:: 1 if label == "true" else -1]
        raise SourceError(
            f"This project holds {here} and the file {there}; they are never mixed.",
            str(path),
            "Start another project for it with --home FOLDER.",
        )


def _write_label(warehouse: Warehouse, path: Path) -> str:
    """Write what the first file of a project makes it, and return what the project is."""
    label = read_property(warehouse, SIMULATED)
    if label is None:
        label = "true" if is_simulated(warehouse.connection, path) else "false"
        write_property(warehouse, SIMULATED, label)
    return label
