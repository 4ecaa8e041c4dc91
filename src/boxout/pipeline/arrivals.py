"""What a file brings: its rows translated, refused or accepted, and compared with what is there.

Everything here is a temporary table; `ingest` writes what has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxout.pipeline.sliced_queries import fill_query
from boxout.sources.files.shape import REPEATED, Shape
from boxout.tables.definition import INCOMING, TableDefinition
from boxout.warehouse.ducklake import LAKE, Warehouse
from boxout.warehouse.home import Home

SOURCE_FILE = "source_file"
_WHERE_IT_IS = (SOURCE_FILE, "source_row")
CONTRADICTED = "another row with the same key says something else"
# Rows that ingest refused, by landing table and date, for checks of the share that is matched;
# an exact repeat of a row is no loss. Files that overlap, such as each night's of the last seven
# days, refuse the same rows again: each counts once. What was recorded before rows were told apart
# has no hashes.
QUARANTINED = f"""
    WITH refused AS (
      SELECT table_name, check_name, game_date, failing, row_hashes FROM lake.ledger.quarantine
      WHERE source_file IS NOT NULL AND check_name <> '{REPEATED}')
    SELECT table_name, game_date, count(DISTINCT row_hash) AS failing
    FROM (SELECT * EXCLUDE (row_hashes), unnest(row_hashes) AS row_hash FROM refused)
    GROUP BY table_name, check_name, game_date
    UNION ALL
    SELECT table_name, game_date, failing FROM refused WHERE row_hashes IS NULL
    """


@dataclass(frozen=True)
class FileReport:
    """What one file brought; counts are of rows.

    Attributes
    ----------
    path, table
        The file, and the landing table that it fills; empty where not even that was known of a
        file that was refused and taken back.
    rows
        Rows in the file.
    added, changed, removed
        Rows of the landing table that are new, differ, or are no longer in the file.
    rejected
        Rows in quarantine, by reason.
    dates
        Game dates whose content changed.
    is_known
        Whether exactly this file had been ingested before, here or where it has been moved from,
        so that nothing was read.
    is_read_again
        Whether it was on record, and read again because an earlier version of the code had read it.
    is_withdrawn
        Whether exactly this file was taken back, so that it is left out.
    """

    path: Path
    table: str
    rows: int
    added: int
    changed: int
    removed: int
    rejected: dict[str, int]
    dates: int
    is_known: bool = False
    is_read_again: bool = False
    is_withdrawn: bool = False


def landing_query(home: Home, table: TableDefinition, rows: str) -> str:
    """Return a landing table's query over rows that arrive."""
    incoming = f"{INCOMING}.{table.name.split('.')[1]}"
    return fill_query(home, table.query, {incoming: rows}, table.name)


def translate(warehouse: Warehouse, table: TableDefinition, shape: Shape, name: str) -> None:
    """Create `rejects` (source_row, game_date, problem, row_hash) and `arrived` (landing columns).

    Alike rows of one file have hashes of their own, so that each counts; another file's rows have
    the same where they say the same.
    """
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE translated AS SELECT *, $1 AS {SOURCE_FILE} "
        f"FROM ({shape.query})",
        [name],
    )
    _find_repeats(warehouse, shape)
    said = ", ".join(c for c in warehouse.columns("translated") if c not in _WHERE_IT_IS)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE rejects AS
        SELECT source_row, game_date, problem,
               hash(said, row_number() OVER (PARTITION BY said ORDER BY source_row)) AS row_hash
        FROM (SELECT source_row, game_date, problem, hash({said}) AS said FROM (
                SELECT * FROM translated WHERE problem IS NOT NULL
                UNION ALL
                SELECT t.* REPLACE (r.problem AS problem)
                FROM translated AS t JOIN repeats AS r USING (source_row)))
        """
    )
    accepted = (
        "SELECT * FROM translated WHERE problem IS NULL "
        "AND source_row NOT IN (SELECT source_row FROM repeats)"
    )
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE arrived AS {landing_query(warehouse.home, table, accepted)}"
    )


def bring_nothing(warehouse: Warehouse, table: TableDefinition) -> None:
    """Create `arrived` of a file that has no row, for what it had brought to be taken away."""
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS FROM {LAKE}.{table.name} LIMIT 0")


def _find_repeats(warehouse: Warehouse, shape: Shape) -> None:
    """Create `repeats`: rows whose key another row has.

    Of rows that say the same the first is no repeat; of rows that contradict each other
    none is to be believed.
    """
    key = ", ".join(shape.key)
    content = ", ".join(c for c in warehouse.columns("translated") if c != "source_row")
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE repeats AS
        SELECT source_row,
               CASE WHEN is_contradicted THEN '{CONTRADICTED}' ELSE '{REPEATED}' END AS problem
        FROM (
          SELECT source_row, min(source_row) OVER same AS first_row,
                 min(content) OVER same <> max(content) OVER same AS is_contradicted
          FROM (SELECT source_row, {key}, hash({content}) AS content FROM translated
                WHERE problem IS NULL AND ({key}) IN (
                  SELECT ({key}) FROM translated WHERE problem IS NULL
                  GROUP BY {key} HAVING count(*) > 1))
          WINDOW same AS (PARTITION BY {key}))
        WHERE is_contradicted OR source_row <> first_row
        """
    )


def rejections(warehouse: Warehouse) -> dict[str, int]:
    """Return the number of refused rows by reason, most first."""
    return dict(
        warehouse.rows("SELECT problem, count(*) FROM rejects GROUP BY 1 ORDER BY 2 DESC, 1")
    )


def compare(
    warehouse: Warehouse,
    table: TableDefinition,
    shape: Shape,
    name: str,
    *,
    is_known: bool,
    is_filled: bool,
) -> None:
    """Create `written` (rows to insert) and `gone` (published rows to delete).

    A key that the table holds more than once is written anew: what the file says of it once is
    not what is there, though each row be alike.

    Parameters
    ----------
    name, is_known
        The file's name, and whether it is on record: else no row is of it.
    is_filled
        Whether the table has rows.
    """
    content = ", ".join(f'"{c}"' for c in warehouse.columns("arrived") if c != SOURCE_FILE)
    key = ", ".join(shape.key)
    same_key = " AND ".join(f"a.{column} = p.{column}" for column in shape.key)
    listed = ", ".join(dict.fromkeys(("game_date", *shape.key)))
    nearby = "FROM arrived LIMIT 0"
    if is_filled:
        of_file = f"{SOURCE_FILE} = $1 OR " if is_known else ""
        nearby = (
            f"SELECT * FROM {LAKE}.{table.name} "
            f"WHERE {of_file}({key}) IN (SELECT ({key}) FROM arrived)"
        )
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE nearby AS {nearby}", [name] if "$1" in nearby else None
    )
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE written AS
        SELECT * FROM arrived WHERE ({key}) NOT IN (
          SELECT ({key}) FROM (
            SELECT {content} FROM arrived INTERSECT SELECT {content} FROM nearby))
          OR ({key}) IN (SELECT ({key}) FROM nearby GROUP BY {key} HAVING count(*) > 1)
        """
    )
    # Rows that this file brought once and brings no longer, and rows that are replaced.
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE gone AS
        SELECT {listed}, false AS is_replaced FROM nearby AS p
        WHERE p.{SOURCE_FILE} = $1 AND NOT EXISTS (SELECT 1 FROM arrived AS a WHERE {same_key})
        UNION ALL
        SELECT DISTINCT {listed}, true FROM nearby AS p
        WHERE EXISTS (SELECT 1 FROM written AS a WHERE {same_key})
        """,
        [name],
    )


def count_rows(warehouse: Warehouse) -> tuple[int, int, int]:
    """Return how many rows a file adds, changes and removes; those in `alike` are none of these."""
    added, changed, removed = warehouse.rows(
        "SELECT (SELECT count(*) FROM written) - count(*) FILTER (is_replaced), "
        "count(*) FILTER (is_replaced) - (SELECT count(*) FROM alike), "
        "count(*) FILTER (NOT is_replaced) FROM gone"
    )[0]
    return added, changed, removed


def count_refused(warehouse: Warehouse, table: TableDefinition, into: str) -> None:
    """Create a temporary table of the rows refused by game date, as checks count them."""
    # Apart from the statements that join it: most tables have nothing refused, and a join with
    # a table of the lake takes longer to plan than to run.
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT game_date, sum(failing) AS refused "
        f"FROM ({QUARANTINED}) WHERE table_name = $1 AND game_date IS NOT NULL GROUP BY game_date",
        [table.name],
    )


def touched_dates(warehouse: Warehouse, shape: Shape) -> int:
    """Create `touched`, the game dates whose content changes, and return how many there are.

    How many of a date's rows were refused belongs to its content: checks of the share that is
    matched count them. Reads `refused_before` and `refused_on`.
    """
    key = ", ".join(shape.key)
    differing = f"WHERE ({key}) NOT IN (SELECT ({key}) FROM alike)"
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT game_date FROM written {differing} UNION SELECT game_date FROM gone {differing}
        UNION SELECT game_date FROM (FROM refused_on EXCEPT FROM refused_before)
        UNION SELECT game_date FROM (FROM refused_before EXCEPT FROM refused_on)
        """
    )
    return int(warehouse.scalar("SELECT count(*) FROM touched"))
