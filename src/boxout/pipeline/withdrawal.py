"""Take back what files brought, as if they had never come, but for the record that they did.

Rows that another file brings, too, are that file's from then on. The bytes of a withdrawn file are
known: a folder that still holds them does not bring them again.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from boxout.errors import UsageError
from boxout.pipeline.arrivals import (
    bring_nothing,
    compare,
    count_refused,
    count_rows,
)
from boxout.pipeline.authors import Author
from boxout.pipeline.files_on_record import FilesOnRecord, fingerprint_there, plain_path
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing import write_changes
from boxout.pipeline.locks import table_lock
from boxout.pipeline.overlaps import bring_back
from boxout.pipeline.preparation import prepare
from boxout.pipeline.refusals import WITHDRAWN, end_refusals, refused_files
from boxout.sources.files.finding import printable
from boxout.sources.files.known_shapes import shape_of
from boxout.warehouse.ducklake import Warehouse

CLOSE_NAMES = 3


@dataclass(frozen=True)
class Withdrawal:
    """What was taken back of one file; counts are of rows.

    Attributes
    ----------
    name, table
        The file's name on record, and its landing table; None where not even that is known of one
        that was refused.
    removed
        Rows that are gone.
    followed
        Rows in whose place those of another file are now, which differ.
    dates, first_date, last_date
        Game dates whose content changed: how many, the first and the last.
    was_refused
        Whether the file, or a later one of its name, had been refused, which is over.
    """

    name: str
    table: str | None
    removed: int
    followed: int
    dates: int
    first_date: date | None
    last_date: date | None
    was_refused: bool


def withdraw_files(
    warehouse: Warehouse,
    graph: Graph,
    paths: Sequence[Path],
    author: Author,
    listener: Callable[[Withdrawal], None] = lambda withdrawal: None,
) -> list[Withdrawal]:
    """Take back what files brought, each in one commit; the files themselves are left alone.

    Those that were taken back before are passed over, so that what was stopped can be resumed.

    Parameters
    ----------
    paths
        The files: by path, or by name alone where one on record has it. They need not exist.
    listener
        Told of each that was taken back.

    Raises
    ------
    UsageError
        When one of them has neither brought anything nor been refused; none is taken back then.
    """
    prepare(warehouse, graph)
    run_id = uuid4().hex[:12]
    known = FilesOnRecord(warehouse)
    refused = refused_files(warehouse)
    names = {*known.files, *refused}
    before = _taken_back(warehouse) - names - {Path(name).name for name in names}
    left = [path for path in paths if not {str(path), str(plain_path(path))} & before]
    withdrawals = []
    for name in dict.fromkeys(_name_on_record(path, names) for path in left):
        withdrawal = _withdraw(warehouse, graph, known, refused, name, author, run_id)
        listener(withdrawal)
        withdrawals.append(withdrawal)
    return withdrawals


def _taken_back(warehouse: Warehouse) -> set[str]:
    """Return the names of files taken back; alone, too, where one only has it."""
    rows = warehouse.rows(
        "SELECT DISTINCT source_file FROM lake.ledger.withdrawals WHERE undone_at IS NULL"
    )
    names = [name for (name,) in rows]
    alone = [Path(name).name for name in names]
    return {*names, *(name for name in alone if alone.count(name) == 1)}


def _name_on_record(path: Path, names: set[str]) -> str:
    for name in (str(path), str(plain_path(path))):
        if name in names:
            return name
    alike = sorted(name for name in names if Path(name).name == str(path))
    if len(alike) == 1:
        return alike[0]
    close = alike or difflib.get_close_matches(str(plain_path(path)), sorted(names))
    listed = ", ".join(printable(Path(name)) for name in close[:CLOSE_NAMES])
    raise UsageError(
        "Several files on record have this name."
        if alike
        else "No file of this name has brought anything, and none has been refused.",
        printable(path),
        f"Name one of those on record: {listed}." if close else "Check the path.",
    )


def _withdraw(
    warehouse: Warehouse,
    graph: Graph,
    known: FilesOnRecord,
    refused: Mapping[str, str | None],
    name: str,
    author: Author,
    run_id: str,
) -> Withdrawal:
    was_refused = name in refused
    digests = {fingerprint_there(name)} if was_refused else set()
    if name not in known.files:
        withdrawal = Withdrawal(name, refused[name], 0, 0, 0, None, None, was_refused)
        with warehouse.commit():
            _record(warehouse, withdrawal, digests, author, run_id)
        return withdrawal
    table = graph.tables[known.files[name][1]]
    with table_lock(warehouse, table.name):
        known.catch_up()  # others may have been at work until the lock was taken
        if name not in known.files:
            raise UsageError(
                "The file was moved or taken back meanwhile.", printable(Path(name)), "Look again."
            )
        digests.add(known.files[name][0])
        shape = shape_of(table.name)
        with warehouse.reading():
            bring_nothing(warehouse, table)
            compare(warehouse, table, shape, name, is_known=True, is_filled=True)
            bring_back(warehouse, table, shape, name)
            count_refused(warehouse, table, "refused_before")
        _, followed, removed = count_rows(warehouse)
        with warehouse.commit():
            known.forget(name)
            dates = write_changes(
                warehouse,
                graph,
                table,
                shape,
                name,
                run_id,
                is_known=True,
                is_filled=True,
                is_as_refused=False,
            )
            first, last = warehouse.rows("SELECT min(game_date), max(game_date) FROM touched")[0]
            withdrawal = Withdrawal(
                name, table.name, removed, followed, dates, first, last, was_refused
            )
            _record(warehouse, withdrawal, digests, author, run_id)
    known.note_gone(name)
    return withdrawal


def undo_withdrawal(warehouse: Warehouse, known: FilesOnRecord, sha256: str) -> None:
    """Note that a file with these bytes has been brought again on purpose."""
    with warehouse.commit():
        warehouse.execute(
            "UPDATE lake.ledger.withdrawals SET undone_at = now()::TIMESTAMP "
            "WHERE sha256 = $1 AND undone_at IS NULL",
            [sha256],
        )
    known.note_meant(sha256)


def _record(
    warehouse: Warehouse,
    withdrawal: Withdrawal,
    digests: set[str | None],
    author: Author,
    run_id: str,
) -> None:
    """Write who took a file back and which bytes that is about; its refusal is over."""
    if withdrawal.was_refused:
        end_refusals(warehouse, [withdrawal.name], run_id, WITHDRAWN)
    warehouse.execute(
        "INSERT INTO lake.ledger.withdrawals "
        "SELECT $1, $2, unnest($3::VARCHAR[]), $4, $5, $6, $7, $8, $9, $10, now()::TIMESTAMP, NULL",
        [
            withdrawal.name,
            withdrawal.table,
            sorted(filter(None, digests)) or [None],
            withdrawal.removed,
            withdrawal.followed,
            withdrawal.first_date,
            withdrawal.last_date,
            author.who,
            author.why,
            run_id,
        ],
    )
