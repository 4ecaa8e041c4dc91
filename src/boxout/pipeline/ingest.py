"""Phase 1: bring files into the landing tables, each file in one transaction.

Only rows that differ are written, and only the dates that they touch get a new content
hash; rows that cannot be placed go to quarantine with their reason and a sample. What the
rows mean is decided in `boxout.sources`, and what follows from them in the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from boxout.errors import RefusedFileError, SourceError, UnknownShapeError, UnreadableFileError
from boxout.pipeline.arrivals import (
    FileReport,
    compare,
    count_refused,
    count_rows,
    rejections,
    touched_dates,
    translate,
)
from boxout.pipeline.files_on_record import FilesOnRecord, plain_path
from boxout.pipeline.goalposts import are_goalposts_noted, note_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing import FileRecord, write_partitions, write_record, write_rows
from boxout.pipeline.landing_layout import give_landing_columns, have_landing_columns
from boxout.pipeline.ledger import (
    SIMULATED,
    create_ledger,
    is_ledger_current,
    read_property,
    write_property,
)
from boxout.pipeline.locks import table_lock
from boxout.pipeline.moved_files import adopt_former_names, recognise
from boxout.pipeline.outdated_files import (
    has_bytes,
    is_refused,
    outdated_files,
    reading_code,
    record_refused_reading,
)
from boxout.pipeline.overlaps import bring_back, give_way, set_aside
from boxout.pipeline.record_watcher import is_watcher_noted, note_watcher
from boxout.pipeline.refusals import forget_refusals, record_refusal
from boxout.pipeline.spellings import write_spellings
from boxout.sources.files.finding import fingerprint, reader_of
from boxout.sources.files.names import map_names
from boxout.sources.files.reading import is_simulated, open_file
from boxout.sources.files.shape import Shape
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb

# What the engine says of columns of another type than a shape's, and of values that do not fit;
# its other errors, such as of a full disk, are not the file's.
CONTENT_ERRORS = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


Listener = Callable[[FileReport], None]


@dataclass(frozen=True)
class _Arrival:
    """A file to be read: where it is, its name on record, its bytes' hash, and by which run."""

    path: Path
    name: str
    sha256: str
    run_id: str
    is_read_again: bool = False


def prepare(warehouse: Warehouse, graph: Graph) -> None:
    """Create the ledger and the landing tables, or bring them up to date; note what has changed.

    That is goalposts that moved, and a watcher that fell silent.
    """
    with warehouse.reading():
        if (
            is_ledger_current(warehouse)
            and are_goalposts_noted(warehouse, graph)
            and is_watcher_noted(warehouse)
            and have_landing_columns(warehouse, graph)
        ):
            return
    create_ledger(warehouse)
    note_goalposts(warehouse, graph)
    note_watcher(warehouse)
    give_landing_columns(warehouse, graph)


def ingest_files(
    warehouse: Warehouse,
    graph: Graph,
    paths: Sequence[Path],
    listener: Listener = lambda report: None,
    *,
    known_as: Mapping[Path, str] | None = None,
    on_error: Callable[[Path, SourceError], None] | None = None,
) -> list[FileReport]:
    """Ingest files in order; each is loaded whole or not at all.

    Before them, files on record are read again that an earlier version of the code has read; the
    listener is told of them, and they are not among what is returned.

    Parameters
    ----------
    known_as
        The name under which a file goes on record; its absolute path, without `..`, where left
        out. What a file of the same name had brought before and this one does not, is removed.
    on_error
        Called with a file that is refused and the reason, to go on with the next; without it
        the first refusal ends the ingest.

    Raises
    ------
    SourceError
        When a file cannot be read, has no known shape, holds no row that can be placed, or
        mixes a simulated league with real data.
    """
    prepare(warehouse, graph)
    run_id = uuid4().hex[:12]
    names = known_as or {}
    known = FilesOnRecord(warehouse)
    reports = []
    refused = _read_again(warehouse, graph, known, run_id, listener)
    for path in paths:
        name = names.get(path, str(plain_path(path)))
        try:
            if name in refused:
                raise refused[name]
            report = _ingest_file(warehouse, graph, path, name, run_id, known)
        except SourceError as error:
            if name not in refused:
                _note_refusal(warehouse, graph, name, error, run_id, known)
            if on_error is None:
                raise
            on_error(path, error)
            continue
        listener(report)
        reports.append(report)
    return reports


def _read_again(
    warehouse: Warehouse, graph: Graph, known: FilesOnRecord, run_id: str, listener: Listener
) -> dict[str, RefusedFileError]:
    """Read files again that other code has read; return why those are refused that are."""
    refused = {}
    for name in outdated_files(graph, known):
        if name not in known.files or not has_bytes(name, known.files[name][0]):
            continue  # it is left as it was read
        sha256, table, _ = known.files[name]
        again = _Arrival(Path(name), name, sha256, run_id, is_read_again=True)
        try:
            report = _read_file(warehouse, graph, again, known)
        except RefusedFileError as error:
            if not has_bytes(name, sha256):
                continue  # what is refused is not what is on record
            refused[name] = error
            _note_refusal(warehouse, graph, name, error, run_id, known)
            known.read_by[name] = record_refused_reading(
                warehouse, name, sha256, graph.tables[table]
            )
        except SourceError:
            continue  # it cannot be read now, and is outdated the next time, too
        else:
            listener(report)
    return refused


def _note_refusal(
    warehouse: Warehouse,
    graph: Graph,
    name: str,
    error: SourceError,
    run_id: str,
    known: FilesOnRecord,
) -> None:
    if not isinstance(error, RefusedFileError):
        return
    known.has_refusals = True
    record_refusal(warehouse, name, error, run_id)
    # Its parsing of SQL takes long to import and is seldom needed.
    from boxout.pipeline.diagnose.diagnosis import diagnose_incidents

    diagnose_incidents(warehouse, graph)


def _ingest_file(
    warehouse: Warehouse, graph: Graph, path: Path, name: str, run_id: str, known: FilesOnRecord
) -> FileReport:
    """Ingest a file, unless its very bytes are on record."""
    sha256 = fingerprint(path)
    adopt_former_names(warehouse, known, name)
    is_known = name in known.files and known.files[name][0] == sha256
    if not (is_known or recognise(warehouse, known, name, sha256)):
        return _read_file(warehouse, graph, _Arrival(path, name, sha256, run_id), known)
    _, table_name, row_count = known.files[name]
    if known.has_refusals and not is_refused(known.read_by.get(name)):
        forget_refusals(warehouse, name, run_id)
    return FileReport(path, table_name, row_count, 0, 0, 0, {}, 0, True)


def _read_file(
    warehouse: Warehouse, graph: Graph, arrival: _Arrival, known: FilesOnRecord
) -> FileReport:
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
    arrival: _Arrival,
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
        set_aside(warehouse, table, shape, name, is_known=is_known)
        write_rows(warehouse, table, shape)
        write_record(warehouse, report, record)
        count_refused(warehouse, table, "refused_on")
        if not (is_known or rejected):
            warehouse.execute("CREATE OR REPLACE TEMP TABLE refused_before AS FROM refused_on")
        dates = touched_dates(warehouse, shape)
        if dates:
            write_partitions(warehouse, graph, table, arrival.run_id, is_filled=is_filled)
        write_spellings(warehouse, table, shape, name)
        label = known.label or _write_label(warehouse, path)
        if known.label is None:  # another process may have said what the project is
            _refuse_mixture(warehouse, path, label)
    known.note(name, arrival.sha256, table.name, rows, read_by=code, label=label)
    return replace(report, dates=dates)


def _came_at(arrival: _Arrival, known: FilesOnRecord) -> datetime | None:
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
