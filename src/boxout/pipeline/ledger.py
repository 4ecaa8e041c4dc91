"""The record of every partition, check, file and run, kept in the lake itself.

It commits in the same transaction as the data it describes. This module owns the ledger's
tables and the reading of them; who writes what is decided in `publish` and `ingest`.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import date

from boxout.pipeline.resting import print_dates, print_ledger
from boxout.tables.definition import RAW_PHASE, TableDefinition
from boxout.warehouse.ducklake import INLINED_ROWS, Warehouse

# States in which a partition may be read by the tables below it.
READY = ("fresh", "empty", "bootstrap", "waived")
READY_SQL = ", ".join(f"'{state}'" for state in READY)

_SCHEMA = "CREATE SCHEMA IF NOT EXISTS lake.ledger"
_DDL = f"""
CALL lake.set_option('data_inlining_row_limit', '{INLINED_ROWS}', schema => 'ledger');
CREATE TABLE IF NOT EXISTS lake.ledger.partitions (
  table_name VARCHAR, game_date DATE, season VARCHAR, state VARCHAR, row_count BIGINT,
  content_hash UBIGINT, read_hashes MAP(VARCHAR, UBIGINT), input_hash UBIGINT,
  season_hash UBIGINT, judged_hash UBIGINT, code_hash VARCHAR,
  reason VARCHAR, run_id VARCHAR, built_at TIMESTAMP, changed_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.check_results (
  table_name VARCHAR, check_name VARCHAR, scope VARCHAR, severity VARCHAR, season VARCHAR,
  game_date DATE, passed BOOLEAN, failing BIGINT, total BIGINT, at_least DOUBLE,
  detail VARCHAR, run_id VARCHAR, checked_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.quarantine (
  table_name VARCHAR, check_name VARCHAR, game_date DATE, source_file VARCHAR,
  failing BIGINT, sample VARCHAR, run_id VARCHAR, seen_at TIMESTAMP, row_hashes UBIGINT[]);
ALTER TABLE lake.ledger.quarantine ADD COLUMN IF NOT EXISTS row_hashes UBIGINT[];
CREATE TABLE IF NOT EXISTS lake.ledger.files (
  source_file VARCHAR, table_name VARCHAR, sha256 VARCHAR, row_count BIGINT, added BIGINT,
  changed BIGINT, removed BIGINT, rejected BIGINT, run_id VARCHAR, ingested_at TIMESTAMP,
  read_by VARCHAR);
ALTER TABLE lake.ledger.files ADD COLUMN IF NOT EXISTS read_by VARCHAR;
CREATE TABLE IF NOT EXISTS lake.ledger.waivers (
  table_name VARCHAR, check_name VARCHAR, start_date DATE, end_date DATE, who VARCHAR,
  reason VARCHAR, run_id VARCHAR, waived_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.runs (
  run_id VARCHAR, command VARCHAR, pid BIGINT, host VARCHAR, started_at TIMESTAMP,
  finished_at TIMESTAMP, outcome VARCHAR, summary VARCHAR);
CREATE TABLE IF NOT EXISTS lake.ledger.incidents (
  incident_id VARCHAR, table_name VARCHAR, check_name VARCHAR, scope VARCHAR, season VARCHAR,
  source_file VARCHAR, first_date DATE, last_date DATE, partitions BIGINT, failing BIGINT,
  total BIGINT, at_least DOUBLE, detail VARCHAR, affected_partitions BIGINT, affected VARCHAR,
  opened_at TIMESTAMP, opened_run VARCHAR, blocked_at TIMESTAMP, updated_at TIMESTAMP,
  repaired_at TIMESTAMP, repaired_run VARCHAR, outcome VARCHAR, diagnosis VARCHAR);
CREATE TABLE IF NOT EXISTS lake.ledger.spellings (
  source_file VARCHAR, table_name VARCHAR, column_name VARCHAR, kind VARCHAR, form VARCHAR,
  problem VARCHAR, row_count BIGINT, samples VARCHAR[], first_date DATE, last_date DATE);
CREATE TABLE IF NOT EXISTS lake.ledger.refusals (
  source_file VARCHAR, table_name VARCHAR, problem VARCHAR, missing VARCHAR[],
  unknown VARCHAR[], run_id VARCHAR, refused_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.withdrawals (
  source_file VARCHAR, table_name VARCHAR, sha256 VARCHAR, removed BIGINT, followed BIGINT,
  first_date DATE, last_date DATE, who VARCHAR, reason VARCHAR, run_id VARCHAR,
  withdrawn_at TIMESTAMP, undone_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.thresholds (
  table_name VARCHAR, check_name VARCHAR, standing VARCHAR);
CREATE TABLE IF NOT EXISTS lake.ledger.goalposts (
  goalpost_id VARCHAR, table_name VARCHAR, check_name VARCHAR, change VARCHAR,
  old_standing VARCHAR, new_standing VARCHAR, who VARCHAR, why VARCHAR, noticed_at TIMESTAMP,
  accepted_by VARCHAR, accepted_why VARCHAR, accepted_at TIMESTAMP, restored_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS lake.ledger.properties (name VARCHAR, value VARCHAR);
CREATE TABLE IF NOT EXISTS lake.ledger.interruptions (
  run_id VARCHAR, table_name VARCHAR, first_date DATE, last_date DATE, dates BIGINT,
  reason VARCHAR, interrupted_at TIMESTAMP);
"""
# The property that says whether the league is simulated.
SIMULATED = "simulated"
# The property that says which of the statements above the home has seen.
_LAYOUT = "ledger_layout"


def create_ledger(warehouse: Warehouse) -> None:
    """Create the ledger's tables where they are missing, in a home of an earlier version too."""
    with warehouse.reading():
        if is_ledger_current(warehouse):
            return
    with warehouse.commit():
        warehouse.execute(_SCHEMA)  # options are set on a schema that is there for all
    with warehouse.commit():
        is_new = not warehouse.has_table("ledger.partitions")
        for statement in filter(str.strip, _DDL.split(";")):
            warehouse.execute(statement)
    _give_statistics(warehouse, is_new=is_new)
    with warehouse.commit():
        write_property(warehouse, _LAYOUT, _layout())


def _give_statistics(warehouse: Warehouse, *, is_new: bool) -> None:
    """Let a row come into each empty table and go again; all are empty where the ledger is new.

    A table that never had a row has no statistics, and DuckLake takes twice as long to read it,
    because it looks for them each time.
    """
    tables = re.findall(r"CREATE TABLE IF NOT EXISTS (\S+)", _DDL)
    with warehouse.commit():
        for name in tables:
            if not is_new and warehouse.scalar(f"SELECT count(*) FROM {name}"):
                continue
            columns = warehouse.columns(name)
            warehouse.execute(f"INSERT INTO {name} VALUES ({', '.join('NULL' for _ in columns)})")
    with warehouse.commit():
        for name in tables:
            first = next(iter(warehouse.columns(name)))  # null in no other row
            warehouse.execute(f"DELETE FROM {name} WHERE {first} IS NULL")


def is_ledger_current(warehouse: Warehouse) -> bool:
    """Whether the ledger has all of its tables."""
    return has_ledger(warehouse) and read_property(warehouse, _LAYOUT) == _layout()


def has_ledger(warehouse: Warehouse) -> bool:
    """Whether there is a ledger, of whatever version."""
    return warehouse.has_table("ledger.properties")


def _layout() -> str:
    return hashlib.sha256(f"{_DDL}, with statistics".encode()).hexdigest()[:16]


@contextlib.contextmanager
def reading_when(
    warehouse: Warehouse, is_ready: Callable[[], bool], make_ready: Callable[[], None]
) -> Iterator[None]:
    """Read one data version that is ready to be read; see `Warehouse.reading`.

    Where it is ready, which is nearly always, looking and reading are one transaction, for each
    loads the catalog anew, and that takes longer than most short commands have to say.
    """
    with warehouse.reading():
        was_ready = is_ready()
        if was_ready:
            yield
    if not was_ready:
        make_ready()
        with warehouse.reading():
            yield


def read_property(warehouse: Warehouse, name: str) -> str | None:
    """Return one property of the project, such as `simulated`."""
    # All of the few there are: a condition takes DuckLake longer.
    rows = warehouse.rows(f"SELECT name, value FROM {warehouse.in_full('ledger.properties')}")
    value = dict(rows).get(name)
    return None if value is None else str(value)


def is_simulated_league(warehouse: Warehouse) -> bool:
    """Whether the project is of a simulated league; false while it has no data."""
    return read_property(warehouse, SIMULATED) == "true"


def write_property(warehouse: Warehouse, name: str, value: str) -> None:
    """Set one property; call inside a commit."""
    warehouse.execute("DELETE FROM lake.ledger.properties WHERE name = ?", [name])
    warehouse.execute("INSERT INTO lake.ledger.properties VALUES (?, ?)", [name, value])


def forget_stale_partitions(warehouse: Warehouse) -> None:
    """Create `known_stale` anew, the partitions that a run leaves stale, without rows.

    It is no temporary table, for connections that compute side by side are to see it.
    """
    warehouse.execute("CREATE OR REPLACE TABLE known_stale (table_name VARCHAR, game_date DATE)")
    warehouse.ledger_version = None


def add_stale_partitions(
    warehouse: Warehouse, table: str, built_from: date, built_to: date
) -> bool:
    """Add what `partition_plan` has as stale, or waiting for what is, outside the built range.

    Returns
    -------
    bool
        Whether there was any. It is not in the copies of the ledger that other connections hold.
    """
    added = warehouse.scalar(
        "INSERT INTO known_stale SELECT $1, game_date FROM partition_plan "
        "WHERE (recorded_input IS DISTINCT FROM input_hash OR state = 'blocked') "
        "AND game_date NOT BETWEEN $2 AND $3",
        [table, built_from, built_to],
    )
    if added:
        warehouse.ledger_version = None
    return bool(added)


def read_partitions(warehouse: Warehouse) -> int:
    """Copy the ledger's partitions into the temporary tables `ledger_now` and `known_dates`.

    A plan works on this copy, so that it sees one moment and costs one read of the lake.
    Partitions in `known_stale` have the state `stale` in it, so that nothing is built on them.
    Where this process alone has committed since, only what it changed is read again.

    Returns
    -------
    int
        The data version that the copy is of.
    """
    version = warehouse.version()
    if warehouse.ledger_version == version:
        return version
    changed = None
    if warehouse.ledger_version is not None:
        changed = warehouse.own_commits.tables_between(warehouse.ledger_version, version)
    if changed is None:
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE ledger_now AS {_PARTITIONS}")
        print_ledger(warehouse)
        known_dates(warehouse)
    elif changed:
        _read_again(warehouse, sorted(changed))
    warehouse.ledger_version = version
    return version


_PARTITIONS = """
  SELECT p.* REPLACE (CASE WHEN s.game_date IS NULL OR p.state = 'blocked'
                      THEN p.state ELSE 'stale' END AS state)
  FROM lake.ledger.partitions AS p LEFT JOIN known_stale AS s USING (table_name, game_date)
"""


def _read_again(warehouse: Warehouse, tables: list[str]) -> None:
    names = ", ".join(f"'{table}'" for table in tables)
    warehouse.execute(f"DELETE FROM ledger_now WHERE table_name IN ({names})")
    warehouse.execute(
        f"INSERT INTO ledger_now SELECT * FROM ({_PARTITIONS}) WHERE table_name IN ({names})"
    )
    for table in tables:
        print_ledger(warehouse, table)
    known_dates(warehouse)


def follow_commit(warehouse: Warehouse, table: TableDefinition, version: int) -> bool:
    """Note a commit of one's own, and bring the copy of the ledger to its version.

    Within a commit around it, which is to be noted when it is made, the copy has what is written.

    Parameters
    ----------
    table
        The table whose partitions are in the temporary table `recorded`, as committed.
    version
        The data version before the commit, which the copy is of where there is one; holding the
        commit lock, one's own is the next.

    Returns
    -------
    bool
        Whether there is a copy that was brought to it.
    """
    if not warehouse.is_committing:
        warehouse.own_commits.note(version + 1, table.name)
    if warehouse.ledger_version != version:
        return False
    warehouse.execute(
        "DELETE FROM ledger_now WHERE table_name = $1 "
        "AND game_date IN (SELECT game_date FROM outcome)",
        [table.name],
    )
    warehouse.execute("INSERT INTO ledger_now SELECT * FROM recorded")
    print_ledger(warehouse, table.name)
    if table.phase == RAW_PHASE:
        known_dates(warehouse)
    if not warehouse.is_committing:
        warehouse.ledger_version = version + 1
    return True


def known_dates(warehouse: Warehouse) -> None:
    """Create the temporary table `known_dates` from `ledger_now`.

    Columns: game_date, season, and is_scheduled: whether `raw.games` has a game then.
    A date is known when any source brought something for it, or anything is published.
    """
    warehouse.execute(
        """
        CREATE OR REPLACE TEMP TABLE known_dates AS
        SELECT game_date, min(season) AS season,
               bool_or(table_name = 'raw.games' AND row_count > 0) AS is_scheduled
        FROM ledger_now WHERE row_count > 0
        GROUP BY game_date
        """
    )
    print_dates(warehouse)
