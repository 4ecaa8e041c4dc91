"""Know a table again that has nothing to be planned, without planning it.

A plan is made of the schedule, of the ledger's rows of the table and of what it reads, and of the
table's definition. Where a plan found all of a table ready and nothing due, two fingerprints of
all these are kept in the home's scratch folder; while one is the same, so is the plan. The first
is of all that is on record of the inputs, and comes at no cost; the second of what this table
reads of them, which takes a query. The file may be deleted at any time.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from boxout.pipeline import remembered
from boxout.pipeline.content_hash import HASH_RECIPE
from boxout.pipeline.reads import EARLIER, print_sql
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home

DATES = "known_dates"
FILE = "resting_tables.json"
# Inputs by name, and what each hashes to.
_Inputs = list[tuple[str, int | None]]
_noting = Lock()
# Of each open warehouse what the rows of `ledger_now` and `known_dates` hash to, by table.
_prints: WeakKeyDictionary[Warehouse, dict[str, int]] = WeakKeyDictionary()
# By a reader's code hash: the prints of its inputs, and what it read of them then.
_read: WeakKeyDictionary[Warehouse, dict[str, tuple[_Inputs, _Inputs]]] = WeakKeyDictionary()


def print_ledger(warehouse: Warehouse, table: str | None = None) -> None:
    """Take fingerprints of `ledger_now` as it is: of all of it, or of one table's rows."""
    prints = _prints.setdefault(warehouse, {})
    if table is None:
        prints.clear()
    prints.pop(table or "", None)
    rows = warehouse.rows(
        "SELECT table_name, sum(hash(l)::HUGEINT) FROM ledger_now AS l "
        "WHERE $1::VARCHAR IS NULL OR table_name = $1 GROUP BY table_name",
        [table],
    )
    prints.update(rows)


def print_dates(warehouse: Warehouse) -> None:
    """Take the fingerprint of `known_dates` as they are."""
    total = warehouse.scalar("SELECT sum(hash(k)::HUGEINT) FROM known_dates AS k")
    _prints.setdefault(warehouse, {})[DATES] = total or 0


def is_resting(warehouse: Warehouse, table: TableDefinition) -> bool:
    """Whether what a plan of the table is made of is what it was when nothing was to be done."""
    known = remembered.load(_path(warehouse.home)).get(table.name)
    if not isinstance(known, list):
        return False
    on_record = _fingerprint(warehouse, table)
    if on_record == known[0]:
        return True
    if _fingerprint_read(warehouse, table) != known[1]:
        return False
    _keep(warehouse, table, [on_record, known[1]])
    return True


def note_resting(warehouse: Warehouse, table: TableDefinition) -> None:
    """Keep the fingerprints of a table that its plan found to have nothing to be done."""
    prints = [_fingerprint(warehouse, table), _fingerprint_read(warehouse, table)]
    _keep(warehouse, table, prints)


def _keep(warehouse: Warehouse, table: TableDefinition, prints: list[str]) -> None:
    path = _path(warehouse.home)
    with _noting:
        remembered.save(path, remembered.load(path) | {table.name: prints})


def _path(home: Home) -> Path:
    return home.scratch / FILE


def _fingerprint(warehouse: Warehouse, table: TableDefinition) -> str:
    return _hashed(warehouse, table, _on_record(warehouse, table))


def _fingerprint_read(warehouse: Warehouse, table: TableDefinition) -> str:
    on_record = _on_record(warehouse, table)
    known = _read.setdefault(warehouse, {})
    if table.code_hash not in known or known[table.code_hash][0] != on_record:
        known[table.code_hash] = (on_record, _find_read(warehouse, table))
    return _hashed(warehouse, table, known[table.code_hash][1])


def _on_record(warehouse: Warehouse, table: TableDefinition) -> _Inputs:
    prints = _prints[warehouse]
    return [(name, prints.get(name)) for name in sorted(table.windows)]


def _find_read(warehouse: Warehouse, table: TableDefinition) -> _Inputs:
    names = ", ".join(f"'{name}'" for name in table.windows)
    fewer = ", ".join(f"'{name}'" for name in table.earlier_columns)
    rows = warehouse.rows(
        f"""
        SELECT table_name, sum(hash(game_date, state, {print_sql(table.code_hash)},
                 CASE WHEN table_name IN ({fewer or "''"})
                   THEN {print_sql(table.code_hash + EARLIER)} END)::HUGEINT)
        FROM ledger_now WHERE table_name IN ({names}) GROUP BY 1 ORDER BY 1
        """
    )
    return [(name, total) for name, total in rows]


def _hashed(warehouse: Warehouse, table: TableDefinition, read: _Inputs) -> str:
    prints = _prints[warehouse]
    own = [(name, prints.get(name)) for name in (DATES, table.name)]
    made_of = (HASH_RECIPE, table.code_hash, table.phase, sorted(table.windows.items()), own, read)
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
