"""The ingest part of a round: each file by itself, so that none holds up another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from boxout.errors import BusyError, SourceError, StoppedError, UnreadableFileError
from boxout.orchestration.incoming import Incoming, Stamp
from boxout.orchestration.logs import log, log_failure, reason_of
from boxout.orchestration.passing import FilesFailedError, is_passing
from boxout.orchestration.round_report import RoundReport
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.files_on_record import plain_path
from boxout.pipeline.graph import Graph
from boxout.pipeline.ingest import ingest_files
from boxout.sources.files.finding import printable
from boxout.warehouse.ducklake import Warehouse

# More files that fail at once, as when the disk is full, are counted.
FILES_TOLD_SINGLY = 7
# The wait for a lock is minutes long, and may be for the one that every file needs.
MOST_BUSY = 2


def ingest_incoming(
    warehouse: Warehouse,
    graph: Graph,
    incoming: Incoming,
    report: RoundReport,
    heed_stop: Callable[[], None],
    wait: Callable[[float], None],
) -> None:
    """Ingest the files that came and are written to their end, and those to be tried again.

    Parameters
    ----------
    report
        Where files that brought something and refused ones are added.
    heed_stop
        Raises `StoppedError` when the watcher was asked to stop.
    wait
        Waits so many seconds.

    Raises
    ------
    FilesFailedError
        When the ingest of a file failed and it was not refused; the others were tried.
    StoppedError
        When it was asked to stop.
    """

    def tell_read_again(again: FileReport) -> None:
        if again.is_read_again:
            log("read again", table=again.table, file=again.path, dates=again.dates)
            heed_stop()

    failed: dict[Path, Exception] = {}
    for path, stamp in incoming.take(wait).items():
        heed_stop()
        try:
            (brought,) = ingest_files(warehouse, graph, [path], tell_read_again)
        except SourceError as error:
            may_be_read_later = isinstance(error, UnreadableFileError)
            incoming.settle(path, stamp, is_to_be_tried_again=may_be_read_later)
            _refuse(incoming, path, stamp, error, report)
        except StoppedError:
            raise
        except Exception as error:
            incoming.settle(path, stamp, is_to_be_tried_again=True)
            failed[path] = error
            log_failure("failed", error, job="ingest", file=printable(path))
            if sum(isinstance(each, BusyError) for each in failed.values()) >= MOST_BUSY:
                break
        else:
            incoming.settle(path, stamp, is_to_be_tried_again=False)
            _accept(brought, path, report)
    if failed:
        raise FilesFailedError(
            _sentences(failed), is_passing=any(is_passing(error) for error in failed.values())
        )


def _refuse(
    incoming: Incoming, path: Path, stamp: Stamp, error: SourceError, report: RoundReport
) -> None:
    if incoming.refused.get(path) == stamp:
        return
    incoming.refused[path] = stamp
    known_as = printable(plain_path(path))
    report.refused[known_as], report.stamps[known_as] = error.what, stamp
    log("refused", level=logging.ERROR, file=printable(path), reason=error.what)


def _accept(brought: FileReport, path: Path, report: RoundReport) -> None:
    if brought.is_withdrawn:
        log("left out, for it was withdrawn", table=brought.table, file=path)
    if brought.is_known:
        return
    report.files.append(brought)
    log(
        "ingested",
        table=brought.table,
        file=path,
        rows=brought.rows,
        dates=brought.dates,
        quarantined=sum(brought.rejected.values()),
    )


def _sentences(failed: dict[Path, Exception]) -> list[str]:
    said = [f"{printable(path)}: {reason_of(error)}" for path, error in failed.items()]
    if len(said) > FILES_TOLD_SINGLY:
        more = len(said) - FILES_TOLD_SINGLY
        said[FILES_TOLD_SINGLY:] = [f"{more:,} more files failed"]
    return said
