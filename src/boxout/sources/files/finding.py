"""Find the data files among paths, and know one again by its bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from boxout.errors import SourceError, UnreadableFileError

READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".json": "read_json"}


def _refuse(error: OSError) -> None:
    raise unreadable(Path(os.fsdecode(error.filename or ".")), error) from error


def find_files(paths: Iterable[Path], on_error: Callable[[OSError], None] = _refuse) -> list[Path]:
    """Return the data files among paths; folders are searched, and need not be all data.

    Links to folders are followed, and no folder is searched twice.

    Parameters
    ----------
    on_error
        Called for each folder that cannot be listed or of which a file cannot be looked at, to go
        on with the others; without it the first is raised.

    Raises
    ------
    UnreadableFileError
        When the operating system does not let a folder among them be read.
    SourceError
        When a path does not exist or cannot be looked at, a named file has no known ending,
        or nothing is found.
    """
    found: list[Path] = []
    for path in paths:
        _look_at(path)
        if path.is_dir():
            found += sorted(_data_in(path, on_error))
        elif not path.exists():
            raise SourceError("There is no such file or folder.", str(path), "Check the path.")
        elif reader_of(path) is None:
            raise SourceError(
                "The file has no ending that boxout reads.",
                str(path),
                f"Known endings: {', '.join(READERS)}, and .gz after the last two.",
            )
        else:
            found.append(path)
    if not found:
        raise SourceError(
            "There are no data files here.",
            ", ".join(str(path) for path in paths),
            "Name a folder that holds Parquet, CSV or JSON files.",
        )
    return found


def _look_at(path: Path) -> None:
    try:
        path.exists()
    except OSError as error:
        raise SourceError(
            f"The path cannot be looked at: {error.strerror}.", str(path), "Check the path."
        ) from error


def _data_in(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    def tell(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # removed while it was looked at
            on_error(error)

    for files in _files_by_folder(folder, tell):
        first_error = None
        for path in files:
            try:
                if _is_data(path):
                    yield path
            except OSError as error:
                first_error = first_error or error
        if first_error:  # of a folder that may not be searched each file has the same
            tell(first_error)


def _files_by_folder(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[list[Path]]:
    searched: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        links = []
        for top in waiting:
            for here, folders, names in os.walk(top, onerror=on_error):
                try:
                    state = Path(here).stat()
                    links_here = [Path(here, name) for name in folders]
                    links_here = [path for path in links_here if path.is_symlink()]
                except OSError as error:
                    on_error(error)
                    folders.clear()
                    continue
                if (state.st_dev, state.st_ino) in searched:
                    folders.clear()
                    continue
                searched.add((state.st_dev, state.st_ino))
                yield [Path(here, name) for name in names]
                links += links_here
        # After the folders themselves, so that a file goes by the name of the one it is in.
        waiting = sorted(links)


def _is_data(path: Path) -> bool:
    # Of a folder, tables only: its JSON files may be anything.
    return reader_of(path) in (READERS[".parquet"], READERS[".csv"]) and path.is_file()


def reader_of(path: Path) -> str | None:
    """Return the DuckDB function that reads a file, by its ending; None when there is none."""
    return READERS.get(Path(path.name.lower().removesuffix(".gz")).suffix)


def is_packed(path: Path) -> bool:
    """Whether a file is packed by gzip, by its ending."""
    return path.suffix.lower() == ".gz"


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Raises
    ------
    UnreadableFileError
        When the operating system does not let it be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> UnreadableFileError:
    """Return the refusal of a file or folder that the operating system does not let be read."""
    what = "folder" if os.path.isdir(path) else "file"  # noqa: PTH112 - Path.is_dir may raise
    return UnreadableFileError(
        f"The {what} cannot be read: {error.strerror or error}.",
        printable(path),
        "See that it is there and may be read; nothing of it was loaded.",
    )


def printable(path: Path) -> str:
    """Return a path as text that can be printed, whatever bytes its name has."""
    return os.fsencode(path).decode(errors="backslashreplace")


def is_text(path: Path) -> bool:
    """Whether a path is text, as the engine takes it."""
    return str(path) == printable(path)
