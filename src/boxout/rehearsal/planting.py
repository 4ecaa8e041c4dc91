"""Write source files again, spoiled or not; what was brought in before is left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from boxout.errors import UsageError
from boxout.rehearsal.faults import LOGS, Fault
from boxout.sources.files.finding import reader_of
from boxout.sources.files.reading import SIMULATED_LABEL, is_simulated, source_query
from boxout.warehouse.ducklake import Warehouse


@dataclass(frozen=True)
class Planted:
    """A spoiled file beside the clean one.

    Attributes
    ----------
    clean, spoiled
        The two files; the clean one's path is the name under which it is on record.
    rows, clean_rows
        Rows of the spoiled file, and of the clean one.
    differing
        Rows of the spoiled file that the clean one does not have, and the other way round,
        whichever are more.
    after, day
        The date after which, or the one on which, it is spoiled.
    """

    clean: Path
    spoiled: Path
    rows: int
    clean_rows: int
    differing: int
    after: date
    day: date


def plant(
    warehouse: Warehouse, fault: Fault, folder: Path, season: str | None = None
) -> list[Planted]:
    """Write the spoiled files of a fault into a folder.

    Parameters
    ----------
    season
        The season to spoil; the newest but one, and those before, where left out.

    Raises
    ------
    UsageError
        When the project has no file that the fault could be planted in, or it is gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [name for name, of in _files(warehouse, fault.table) if season in (None, of)]
    planted: list[Planted] = []
    for name in chosen:
        if len(planted) == fault.seasons:
            break
        with duckdb.connect() as connection:
            if _open(connection, fault, Path(name)):
                planted.append(_spoil(connection, fault, Path(name), folder))
    if not planted:
        raise UsageError(
            f"The project has no file to plant {fault.name} in, or it is no longer there.",
            fault.table,
            "Name a folder of source files with --data, or leave --home out to simulate a league.",
        )
    return planted


def write_again(path: Path, folder: Path) -> Path:
    """Write the rows of a file to another of that name, as its source might: in other bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE file AS SELECT * FROM {source_query(path)}")
        _write(connection, "file", target, is_simulated(connection, path))
    return target


def _files(warehouse: Warehouse, table: str) -> list[tuple[str, str]]:
    """Return the (file, season) pairs of a landing table, the newest season but one first."""
    found = warehouse.rows(
        f"SELECT source_file, min(season) AS season FROM lake.{table} "
        "GROUP BY source_file HAVING count(DISTINCT season) = 1 ORDER BY season DESC"
    )
    return [*found[1:], *found[:1]]


def _open(connection: duckdb.DuckDBPyConnection, fault: Fault, path: Path) -> bool:
    """Create `file` and return whether the fault's query runs over it: sources have many shapes."""
    if not path.exists():
        return False
    connection.execute(f"CREATE TABLE file AS SELECT * FROM {source_query(path)}")
    anytime = date(2000, 1, 1)
    try:
        query = fault.written(day=anytime, after=anytime, team="DEN")
        connection.execute(f"SELECT {fault.day} FROM file LIMIT 0")
        connection.execute(f"SELECT * FROM ({query}) LIMIT 0")
    except duckdb.Error:
        return False
    return True


def _spoil(
    connection: duckdb.DuckDBPyConnection, fault: Fault, path: Path, folder: Path
) -> Planted:
    after, day = connection.execute(
        f"""
        WITH days AS (SELECT {fault.day} AS day, count(*) AS rows FROM file GROUP BY 1),
             middle AS (SELECT quantile_disc(day, 0.5) AS day FROM days)
        SELECT (SELECT day FROM middle), (SELECT d.day FROM days AS d, middle AS m
          WHERE d.day > m.day ORDER BY d.rows DESC, d.day LIMIT 1)
        """
    ).fetchone() or (None, None)
    team = _team(connection, fault, day)
    query = fault.written(day=day, after=after, team=team)
    connection.execute(f"CREATE TABLE spoiled AS {query}")
    target = folder / path.name
    _write(connection, "spoiled", target, is_simulated(connection, path))
    rows, clean_rows = (
        int((connection.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,))[0])
        for name in ("spoiled", "file")
    )
    return Planted(path, target, rows, clean_rows, _differing(connection), after, day)


def _team(connection: duckdb.DuckDBPyConnection, fault: Fault, day: date) -> str:
    column = "TEAM_ABBREVIATION" if fault.table == LOGS else "team"
    row = connection.execute(
        f"SELECT min({column}) FROM file WHERE {fault.day} = $1", [day]
    ).fetchone()
    return str(row[0] if row else "DEN")


def _differing(connection: duckdb.DuckDBPyConnection) -> int:
    """Rows of either file that the other does not have, as text, whichever are more."""
    texts = {name: f"SELECT hash(f::VARCHAR) FROM {name} AS f" for name in ("spoiled", "file")}
    counts = [
        connection.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone() or (0,)
        for a, b in (tuple(texts.values()), tuple(texts.values())[::-1])
    ]
    return max(int(count[0]) for count in counts)


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, target: Path, is_labelled: bool
) -> None:
    label = f", KV_METADATA {{{SIMULATED_LABEL}: 'true'}}" if is_labelled else ""
    form = {"read_csv": "csv, HEADER", "read_json": "json"}.get(reader_of(target) or "", "")
    quoted = str(target).replace("'", "''")
    connection.execute(f"COPY {table} TO '{quoted}' (FORMAT {form or 'parquet' + label})")
