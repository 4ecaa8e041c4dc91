"""Find files, tell their shape by their columns, and open them for translation.

Nothing here writes to a warehouse: `boxout.pipeline.ingest` does.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import duckdb

from boxout.errors import (
    RefusedFileError,
    SourceError,
    UnknownShapeError,
    UnreadableFileError,
)
from boxout.sources.files import (
    bref_player_boxscores,
    game_lines,
    injuries,
    lineups,
    nba_player_gamelogs,
    nba_shots,
    nba_team_gamelogs,
    players,
    prop_lines,
    schedule,
)
from boxout.sources.files.shape import Shape

SHAPES = (
    schedule.SHAPE,
    bref_player_boxscores.SHAPE,
    nba_team_gamelogs.SHAPE,
    nba_team_gamelogs.SHAPE_WITH_TIPOFF,
    nba_player_gamelogs.SHAPE,
    nba_shots.SHAPE,
    players.SHAPE,
    injuries.SHAPE,
    lineups.SHAPE,
    game_lines.SHAPE,
    prop_lines.SHAPE,
    prop_lines.SHAPE_WITH_MARKET,
)
READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".json": "read_json"}
SIMULATED_LABEL = "boxout_simulated"
# A file that has this share of a shape's columns is taken for a damaged one of that shape.
NEAR_SHARE = 0.5
# Far above any season of any source; beyond it a file is a mistake, or made to fill the disk.
MOST_ROWS = 20_000_000
MOST_UNPACKED_BYTES = 1 << 30
DELIMITERS = (",", ";", "\t", "|")
HEADER_WITHIN = 10  # lines
LONGEST_HEADER = 10_000  # characters
LONGEST_REASON = 200
MISREAD = "\N{REPLACEMENT CHARACTER}"
NO_DIALECT = "it is no CSV text of one kind, as where line ends or quotes are mixed"


@dataclass(frozen=True)
class _Header:
    """The line of a CSV file that holds a known shape's columns, as options of the engine."""

    options: str
    table: str


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the data files among paths; folders are searched, and need not be all data.

    Links to folders are followed, and no folder is searched twice.

    Raises
    ------
    SourceError
        When a path does not exist or cannot be looked at, a named file has no known ending,
        or nothing is found.
    """
    found: list[Path] = []
    for path in paths:
        _look_at(path)
        if path.is_dir():
            found += sorted(file for file in _files_in(path) if _is_data(file))
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


def _files_in(folder: Path) -> Iterator[Path]:
    searched: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        links = []
        for top in waiting:
            for here, folders, names in os.walk(top):
                state = Path(here).stat()
                if (state.st_dev, state.st_ino) in searched:
                    folders.clear()
                    continue
                searched.add((state.st_dev, state.st_ino))
                yield from (Path(here, name) for name in names)
                links += [Path(here, name) for name in folders if Path(here, name).is_symlink()]
        # After the folders themselves, so that a file goes by the name of the one it is in.
        waiting = sorted(links)


def _is_data(path: Path) -> bool:
    # Of a folder, tables only: its JSON files may be anything.
    return path.is_file() and reader_of(path) in (READERS[".parquet"], READERS[".csv"])


def reader_of(path: Path) -> str | None:
    """Return the DuckDB function that reads a file, by its ending; None when there is none."""
    return READERS.get(Path(path.name.lower().removesuffix(".gz")).suffix)


def _is_packed(path: Path) -> bool:
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
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"The file cannot be read: {error.strerror or error}.",
        printable(path),
        "See that it is there and may be read; nothing of it was loaded.",
    )


def printable(path: Path) -> str:
    """Return a path as text that can be printed, whatever bytes its name has."""
    return os.fsencode(path).decode(errors="backslashreplace")


def open_file(connection: duckdb.DuckDBPyConnection, path: Path) -> Shape:
    """Create the temporary table `source_file` and return the file's shape.

    Its columns are the file's, with `source_row` (from 1), the shape's optional columns,
    and for a MATCHUP column `_team` and `_opponent`.

    Raises
    ------
    SourceError
        When the file cannot be read, is empty, or has the columns of no known shape, or its name
        is no text that the engine takes.
    """
    if not _is_text(path):
        raise SourceError(
            "The file's name, or that of a folder it is in, is not UTF-8.",
            printable(path),
            "Rename it and ingest it again; nothing of it was loaded.",
        )
    if _is_packed(path) and reader_of(path) == "read_parquet":
        raise RefusedFileError(
            "A Parquet file is not read out of a .gz; it is packed by itself.",
            str(path),
            "Unpack it with gunzip and ingest it again; nothing of it was loaded.",
        )
    _refuse_absurd_size(connection, path)
    cause: Exception
    try:
        return _load(connection, path)
    except (UnknownShapeError, duckdb.Error, UnicodeDecodeError) as error:
        cause = error
    # Where rows are of unequal length the engine takes a whole line for one column.
    header = _find_header(path) if reader_of(path) == "read_csv" else None
    if header:
        try:
            return _load(connection, path, header)
        except (duckdb.Error, UnicodeDecodeError) as error:
            cause = error
    elif isinstance(cause, UnknownShapeError):
        raise cause
    raise RefusedFileError(
        f"The file cannot be read: {_reason(cause)}.",
        str(path),
        "Fetch or write it again; nothing of it was loaded.",
        table=header.table if header else None,
    ) from cause


def _load(
    connection: duckdb.DuckDBPyConnection, path: Path, header: _Header | None = None
) -> Shape:
    source = source_query(path, header)
    columns = {
        row[0].lower() for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    }
    shape = detect_shape(columns, path)
    connection.execute(_copy_statement(source, shape, columns))
    return shape


def _find_header(path: Path) -> _Header | None:
    """Return the header of a CSV file that has, or nearly has, the columns of a shape."""
    opened = gzip.open if _is_packed(path) else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        for number in range(HEADER_WITHIN):
            line = str(file.readline(LONGEST_HEADER))
            for delimiter in DELIMITERS:
                columns = next(csv.reader([line], delimiter=delimiter), [])
                nearest, share = _nearest({column.strip().lower() for column in columns})
                if share >= NEAR_SHARE and MISREAD not in line:
                    return _Header(_reading_options(columns, delimiter, number), nearest.table)
    return None


def _reading_options(columns: list[str], delimiter: str, lines_before: int) -> str:
    quoted = (column.strip().replace("'", "''") for column in columns)
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in quoted)
    return (
        f", auto_detect = false, skip = {lines_before}, delim = '{delimiter}', "
        f"columns = {{{types}}}"
    )


def _reason(error: Exception) -> str:
    """Return what the engine says of a file, in one sentence and without its advice."""
    said = str(error)
    lines = [line for line in said.splitlines() if line.strip()]
    line = re.search(r"CSV Error on Line: (\d+)", lines[0])
    if line is None:
        return NO_DIALECT if re.search("when sniffing|state machine", lines[0]) else lines[0]
    fields = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)", said, re.MULTILINE)
    if fields:
        return f"line {line[1]} has another number of fields ({fields[2]} instead of {fields[1]})"
    told = list(takewhile(lambda text: not text.startswith("Possible "), lines))
    return f"line {line[1]}: {told[-1].rstrip('.')[:LONGEST_REASON]}"


def _is_text(path: Path) -> bool:
    return str(path) == printable(path)


def source_query(path: Path, header: _Header | None = None) -> str:
    """Return the SQL that reads a file's rows as they are.

    Parameters
    ----------
    header
        A CSV file's header, where the engine is not to look for it.
    """
    reader = reader_of(path) or "read_parquet"
    plain = _as_pattern(path).replace("'", "''")
    hive = ", hive_partitioning = false"  # no folder in a path adds a column
    options = ", compression = 'gzip'" if _is_packed(path) and reader != "read_parquet" else ""
    if reader == "read_csv":
        # Text stays text until a shape casts it, so that one odd value spoils its own row only.
        options += ", all_varchar = true, header = true, nullstr = ['', 'NA', 'NaN', 'null']"
        # The first quotes may come after the rows by which the engine judges what they are.
        options += ", quote = '\"', escape = '\"'"
        if header:
            options += header.options
    return f"{reader}('{plain}'{hive}{options})"


def _as_pattern(path: Path) -> str:
    """Return the pattern that a path alone fits, whatever characters are in its name."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def _refuse_absurd_size(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    what = None
    if _is_packed(path) and _unpacks_beyond_reason(path):
        what = f"unpacks to over {MOST_UNPACKED_BYTES >> 30} GB"
    elif reader_of(path) == "read_parquet":
        try:
            rows = connection.execute(
                "SELECT num_rows FROM parquet_file_metadata(?)", [_as_pattern(path)]
            ).fetchone()
        except duckdb.Error:
            return  # a damaged file is refused where it is read, with a better message
        if rows and rows[0] > MOST_ROWS:
            what = f"says that it has {rows[0]:,} rows"
    if what:
        raise RefusedFileError(
            f"The file {what}, far more than any season holds.",
            str(path),
            "Look at where it comes from; split it if it is meant. Nothing of it was loaded.",
        )


def _unpacks_beyond_reason(path: Path) -> bool:
    size = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 22):
                size += len(block)
                if size > MOST_UNPACKED_BYTES:
                    return True
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        # The engine would read what comes before the damage as if it were the whole file.
        raise RefusedFileError(
            f"The file cannot be read: unpacking it fails ({str(error).rstrip('.')}).",
            str(path),
            "Fetch it again, for it is cut off or damaged; nothing of it was loaded.",
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    return False


def _copy_statement(source: str, shape: Shape, columns: set[str]) -> str:
    added = [f"NULL::VARCHAR AS {name}" for name in shape.optional if name not in columns]
    if "_opponent" in shape.teams:
        added.append("trim(regexp_extract(matchup, '^(.*?) (vs[.]|@) ', 1)) AS _team")
        added.append("trim(regexp_extract(matchup, ' (vs[.]|@) (.*)$', 2)) AS _opponent")
    listed = ", ".join(["row_number() OVER () AS source_row", "*", *added])
    return f"CREATE OR REPLACE TEMP TABLE source_file AS SELECT {listed} FROM {source}"


def detect_shape(columns: set[str], path: Path) -> Shape:
    """Return the shape whose required columns are all there; the one that asks most.

    Parameters
    ----------
    columns
        The file's columns in lower case.

    Raises
    ------
    SourceError
        When there is none; it names the nearest shape and the columns that are missing.
    """
    matches = [shape for shape in SHAPES if shape.required <= columns]
    if matches:
        return max(matches, key=lambda shape: len(shape.required))
    nearest, share = _nearest(columns)
    missing = sorted(nearest.required - columns)
    if share >= NEAR_SHARE:
        meant = {column for shape in SHAPES for column in (*shape.required, *shape.optional)}
        raise RefusedFileError(
            f"The file looks like {nearest.table} but lacks {', '.join(missing)}.",
            str(path),
            "Fetch the file again with these columns.",
            table=nearest.table,
            missing=missing,
            unknown=sorted(columns - meant),
        )
    known = ", ".join(dict.fromkeys(shape.table.removeprefix("landing.") for shape in SHAPES))
    raise UnknownShapeError(
        f"The file's columns are those of no known shape: {', '.join(sorted(columns)[:8])} ...",
        str(path),
        f"Known shapes: {known}; docs/files.md lists their columns.",
    )


def _nearest(columns: set[str]) -> tuple[Shape, float]:
    """Return the shape of which most columns are there, and the share that is."""
    shares = {shape: len(shape.required & columns) / len(shape.required) for shape in SHAPES}
    return max(shares.items(), key=lambda item: item[1])


def is_simulated(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a file carries the simulated league's label."""
    if reader_of(path) != "read_parquet" or not _is_text(path):
        return False
    try:
        return bool(
            connection.execute(
                "SELECT count(*) FROM parquet_kv_metadata(?) WHERE decode(key) = ?",
                [_as_pattern(path), SIMULATED_LABEL],
            ).fetchone()[0]  # type: ignore[index]
        )
    except duckdb.Error:
        return False  # a damaged file is refused where it is read, with a better message
