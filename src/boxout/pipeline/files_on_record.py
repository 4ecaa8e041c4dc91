"""What the ledger has on record of ingested files, read once for all that are to be ingested."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from boxout.errors import SourceError
from boxout.pipeline.ledger import SIMULATED, read_property
from boxout.sources.files.finding import fingerprint
from boxout.warehouse.ducklake import Warehouse

# The ledger's tables that hold what a file brought, beside its refusal.
RECORD_TABLES = ("files", "quarantine", "spellings")


def plain_path(path: Path) -> Path:
    """Return the absolute path of a file without `..`, so that it goes by one name on record."""
    absolute = path.absolute()
    if ".." not in absolute.parts:
        return absolute
    plain = Path(os.path.normpath(absolute))
    try:
        is_other = absolute.exists() and not (plain.exists() and plain.samefile(absolute))
        # The folder above a link is another than the one above what it leads to.
        return absolute.resolve() if is_other else plain
    except OSError:
        return plain


def is_there(name: str) -> bool:
    """Whether a file is still at its name, or may be where nobody can look."""
    try:
        Path(name).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def fingerprint_there(name: str) -> str | None:
    """Return the SHA-256 of the file that is at a name; None where none can be read there."""
    try:
        return fingerprint(Path(name))
    except (SourceError, OSError, ValueError):
        return None


class FilesOnRecord:
    """The files of a project, as one data version has them.

    To ask the ledger for each file what is there of it takes longer than to read a small file.

    Attributes
    ----------
    files
        By file its SHA-256, table and rows, in the order in which they were ingested.
    read_by
        By file a hash of the code that read it; None where it is not on record.
    ingested_at
        By file when it was ingested, UTC, as of the last time that the ledger was read.
    has_refusals
        Whether any file is refused.
    withdrawn
        By fingerprint of files that were taken back the landing table, and their names.
    filled
        The tables that have partitions: the others have no row. Known after `catch_up`, for where
        all files are known it is not asked.
    label
        Whether the project is of a simulated league, "true" or "false", which never changes;
        None while no file has said so. Known after `catch_up`.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._version: int | None = None
        self.filled: set[str] = set()
        self.label: str | None = None
        with warehouse.reading():
            self._read_files()

    def _read_files(self) -> None:
        rows = self._warehouse.rows(
            "SELECT source_file, sha256, table_name, row_count, read_by, ingested_at "
            "FROM lake.ledger.files ORDER BY ingested_at, source_file"
        )
        self.files: dict[str, tuple[str, str, int]] = {row[0]: row[1:4] for row in rows}
        self.read_by: dict[str, str | None] = {row[0]: row[4] for row in rows}
        self.ingested_at: dict[str, datetime] = {row[0]: row[5] for row in rows}
        self._through_parents = [name for name in self.files if "/../" in name]
        refused = self._warehouse.scalar("SELECT count(*) FROM lake.ledger.refusals")
        self.has_refusals = bool(refused)
        taken_back = self._warehouse.rows(
            "SELECT sha256, any_value(table_name), list(source_file) FROM lake.ledger.withdrawals "
            "WHERE undone_at IS NULL AND sha256 IS NOT NULL GROUP BY sha256"
        )
        self.withdrawn: dict[str, tuple[str | None, list[str]]] = {
            sha256: (table, names) for sha256, table, names in taken_back
        }

    def catch_up(self) -> None:
        """Read the ledger where a file is new, and again where others have committed since."""
        with self._warehouse.reading():
            version = self._warehouse.version()
            if version == self._version:
                return
            self._version = version
            self._read_files()
            rows = self._warehouse.rows("SELECT DISTINCT table_name FROM lake.ledger.partitions")
            self.filled = {name for (name,) in rows}
            self.label = read_property(self._warehouse, SIMULATED)

    def forget(self, name: str) -> None:
        """Take a file off the ledger, but for its rows' partitions; call inside a commit.

        Where others have committed since the ledger was read, they may have put it there.
        """
        if name not in self.files and self._warehouse.version() == self._version:
            return
        for table in RECORD_TABLES:
            self._warehouse.execute(
                f"DELETE FROM lake.ledger.{table} WHERE source_file = $1", [name]
            )

    def is_withdrawn(self, name: str, sha256: str) -> bool:
        """Whether these bytes were taken back: by this name, or by another where this one is new.

        A file on record that comes to be alike one taken back was never taken back itself.
        """
        _, names = self.withdrawn.get(sha256, (None, []))
        return name in names or (bool(names) and name not in self.files)

    def former_names(self, name: str) -> list[str]:
        """Return other names of a file on record, through `..`, from before names were plain."""
        return [
            old
            for old in self._through_parents
            if old in self.files and old != name and str(plain_path(Path(old))) == name
        ]

    def moved_from(self, sha256: str) -> str | None:
        """Return a name of these bytes at which nothing is any more; None where there is none."""
        names = (name for name, (digest, *_) in self.files.items() if digest == sha256)
        return next((name for name in names if not is_there(name)), None)

    def rename(self, old: str, new: str) -> None:
        """Note a file whose record has just been committed under another name."""
        self.files[new] = self.files.pop(old)
        self.read_by[new] = self.read_by.pop(old)
        if old in self.ingested_at:
            self.ingested_at[new] = self.ingested_at.pop(old)
        if self._version is not None:
            self._version += 1

    def note_gone(self, name: str) -> None:
        """Note a file whose record has just been taken away."""
        del self.files[name], self.read_by[name]
        if self._version is not None:
            self._version += 1

    def note_meant(self, sha256: str) -> None:
        """Note that a file that was taken back is wanted again, which has just been committed."""
        self.withdrawn.pop(sha256, None)  # another process may have wanted it, too
        if self._version is not None:
            self._version += 1

    def note(
        self, name: str, sha256: str, table: str, rows: int, *, read_by: str, label: str
    ) -> None:
        """Note a file that has just been committed, and what the project is.

        Where others have committed beside it, the version is none that there is, and all is read
        again for the next file.
        """
        if self._version is not None:
            self._version += 1
        self.files[name] = (sha256, table, rows)
        self.read_by[name] = read_by
        self.filled.add(table)
        self.label = label
