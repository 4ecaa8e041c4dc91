"""Phase 1: bring files into the landing tables, each file in one transaction.

Only rows that differ are written, and only the dates that they touch get a new content
hash; rows that cannot be placed go to quarantine with their reason and a sample. What the
rows mean is decided in `boxout.sources`, and what follows from them in the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from boxout.errors import RefusedFileError, SourceError
from boxout.pipeline.arrivals import (
    FileReport,
)
from boxout.pipeline.files_on_record import FilesOnRecord, plain_path
from boxout.pipeline.graph import Graph
from boxout.pipeline.loading import Arrival, load_file
from boxout.pipeline.moved_files import adopt_former_names, recognise
from boxout.pipeline.outdated_files import (
    has_bytes,
    is_refused,
    outdated_files,
    record_refused_reading,
)
from boxout.pipeline.preparation import prepare
from boxout.pipeline.refusals import forget_refusals, record_refusal
from boxout.pipeline.withdrawal import undo_withdrawal
from boxout.sources.files.finding import fingerprint
from boxout.warehouse.ducklake import Warehouse

Listener = Callable[[FileReport], None]


def ingest_files(
    warehouse: Warehouse,
    graph: Graph,
    paths: Sequence[Path],
    listener: Listener = lambda report: None,
    *,
    known_as: Mapping[Path, str] | None = None,
    meant: Collection[Path] = (),
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
    meant
        Files that are wanted though they were taken back before; the others are left out then.
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
            report = _ingest_file(
                warehouse, graph, path, name, run_id, known, is_meant=path in meant
            )
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
        again = Arrival(Path(name), name, sha256, run_id, is_read_again=True)
        try:
            report = load_file(warehouse, graph, again, known)
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
    warehouse: Warehouse,
    graph: Graph,
    path: Path,
    name: str,
    run_id: str,
    known: FilesOnRecord,
    *,
    is_meant: bool,
) -> FileReport:
    """Ingest a file, unless its very bytes are on record, or were taken back."""
    sha256 = fingerprint(path)
    adopt_former_names(warehouse, known, name)
    is_known = name in known.files and known.files[name][0] == sha256
    if not (is_known or recognise(warehouse, known, name, sha256)):
        is_withdrawn = known.is_withdrawn(name, sha256)
        if is_withdrawn and not is_meant:
            table, _ = known.withdrawn[sha256]
            return FileReport(path, table or "", 0, 0, 0, 0, {}, 0, True, is_withdrawn=True)
        report = load_file(warehouse, graph, Arrival(path, name, sha256, run_id), known)
        if is_withdrawn:
            undo_withdrawal(warehouse, known, sha256)
        return report
    if is_meant and known.is_withdrawn(name, sha256):
        undo_withdrawal(warehouse, known, sha256)  # it was brought again, and killed before this
    _, table_name, row_count = known.files[name]
    if known.has_refusals and not is_refused(known.read_by.get(name)):
        forget_refusals(warehouse, name, run_id)
    return FileReport(path, table_name, row_count, 0, 0, 0, {}, 0, True)
