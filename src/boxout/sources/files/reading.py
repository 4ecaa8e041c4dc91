"""Open files for translation, each in its shape.

Nothing here writes to a warehouse: `boxout.pipeline.ingest` does.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import duckdb

from boxout.errors import RefusedFileError, SourceError, UnknownShapeError
from boxout.sources.files.csv_text import Header, find_header, reason_of
from boxout.sources.files.finding import is_packed, is_text, printable, reader_of, unreadable
from boxout.sources.files.known_shapes import detect_shape
from boxout.sources.files.shape import Shape

SIMULATED_LABEL = "boxout_simulated"
# Far above any season of any source; beyond it a file is a mistake, or made to fill the disk.
MOST_ROWS = 20_000_000
MOST_UNPACKED_BYTES = 1 << 30


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
    if not is_text(path):
        raise SourceError(
            "The file's name, or that of a folder it is in, is not UTF-8.",
            printable(path),
            "Rename it and ingest it again; nothing of it was loaded.",
        )
    if is_packed(path) and reader_of(path) == "read_parquet":
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
    header = find_header(path) if reader_of(path) == "read_csv" else None
    if header:
        try:
            return _load(connection, path, header)
        except (duckdb.Error, UnicodeDecodeError) as error:
            cause = error
    elif isinstance(cause, UnknownShapeError):
        raise cause
    raise RefusedFileError(
        f"The file cannot be read: {reason_of(cause)}.",
        str(path),
        "Fetch or write it again; nothing of it was loaded.",
        table=header.table if header else None,
    ) from cause


def _load(connection: duckdb.DuckDBPyConnection, path: Path, header: Header | None = None) -> Shape:
    source = source_query(path, header)
    columns = {
        row[0].lower() for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    }
    shape = detect_shape(columns, path)
    connection.execute(_copy_statement(source, shape, columns))
    return shape


def source_query(path: Path, header: Header | None = None) -> str:
    """Return the SQL that reads a file's rows as they are.

    Parameters
    ----------
    header
        A CSV file's header, where the engine is not to look for it.
    """
    reader = reader_of(path) or "read_parquet"
    plain = _as_pattern(path).replace("'", "''")
    hive = ", hive_partitioning = false"  # no folder in a path adds a column
    options = ", compression = 'gzip'" if is_packed(path) and reader != "read_parquet" else ""
    if reader == "read_csv":
        # Text stays text until a shape casts it, so that one odd value spoils its own row only.
        options += ", all_varchar = true, header = true, nullstr = ['', 'NA', 'NaN', 'null']"
        # The first quotes may come after the rows by which the engine judges what they are.
        # Without being told so, it takes a row that begins with # for a remark, and leaves it out.
        options += ", quote = '\"', escape = '\"', comment = ''"
        if header:
            options += header.options
    return f"{reader}('{plain}'{hive}{options})"


def _as_pattern(path: Path) -> str:
    """Return the pattern that a path alone fits, whatever characters are in its name."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def _refuse_absurd_size(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    what = None
    if is_packed(path) and _unpacks_beyond_reason(path):
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
        raise unreadable(path, error) from error
    return False


def _copy_statement(source: str, shape: Shape, columns: set[str]) -> str:
    added = [f"NULL::VARCHAR AS {name}" for name in shape.optional if name not in columns]
    if "_opponent" in shape.teams:
        added.append("trim(regexp_extract(matchup, '^(.*?) (vs[.]|@) ', 1)) AS _team")
        added.append("trim(regexp_extract(matchup, ' (vs[.]|@) (.*)$', 2)) AS _opponent")
    listed = ", ".join(["row_number() OVER () AS source_row", "*", *added])
    return f"CREATE OR REPLACE TEMP TABLE source_file AS SELECT {listed} FROM {source}"


def is_simulated(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a file carries the simulated league's label."""
    if reader_of(path) != "read_parquet" or not is_text(path):
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
