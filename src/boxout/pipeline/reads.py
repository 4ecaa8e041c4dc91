"""Which columns of its inputs each table reads, found in the SQL and remembered.

A partition's fingerprint for one reader covers the columns that this reader reads and no
others: a corrected assist makes nothing stale that never looks at assists. Finding the columns
takes sqlglot longer than many a query runs, so they are kept by the hashes of the code they were
found in; see `remembered`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from boxout.pipeline import remembered
from boxout.pipeline.graph import Graph
from boxout.tables.definition import TableDefinition
from boxout.warehouse.home import Home

FILE = "columns_read.json"
# Follows a reader's code hash where what it reads of dates before its own is hashed.
EARLIER = ":earlier"

# By input: the columns that it has, and those that are read, or None where that cannot be told.
ColumnsRead = dict[str, tuple[list[str], list[str] | None]]


def print_sql(key: str) -> str:
    """SQL of what a partition of an input, a row of the ledger, is to a reader: a number.

    Parameters
    ----------
    key
        The reader's code hash, with `EARLIER` for what it reads of earlier dates. A partition that
        has no hash by it is taken by its whole content.
    """
    return f"""CASE WHEN coalesce(row_count, 0) = 0 AND coalesce(content_hash, 0) = 0
                           AND state IS DISTINCT FROM 'planned' THEN 0
                      ELSE hash(game_date, coalesce(read_hashes['{key}'], content_hash))::HUGEINT
                 END"""


def columns_by_reader(
    home: Home, graph: Graph, name: str, columns: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return the columns of a table that each of its readers reads.

    Parameters
    ----------
    name
        The table that is read.
    columns
        The columns that it has in the warehouse.

    Returns
    -------
    dict
        Sorted columns by the reader's code hash, and by that and `EARLIER` what it reads of
        earlier dates, where its header says so. A reader of all columns is left out, and so is
        one of which it cannot be told: for them the content hash stands for what they read.
    """
    has = set(columns)
    found = {
        reader.code_hash + EARLIER: tuple(sorted(reader.earlier_columns[name]))
        for reader in graph.readers(name)
        if has > set(reader.earlier_columns.get(name, columns))
    }
    for code_hash, reads in _remembered(home, graph, graph.readers(name)).items():
        listed, read = reads[name]
        if read is not None and set(listed) == has and len(read) < len(has):
            found[code_hash] = tuple(read)
    return found


def find_columns_read(graph: Graph, reader: TableDefinition) -> ColumnsRead:
    """Find in a table's SQL, and in that of its checks, which columns of each input it reads.

    The columns of an input's key, its season and its date always count, so that a row that comes
    or goes is seen by every reader.
    """
    from boxout.tables.syntax import columns_read

    has = {name: list(graph.tables[name].column_comments) for name in reader.windows}
    queries = [reader.query]
    for check in reader.checks:
        if check.kind == "query":
            queries.append(check.expression)
        if check.expected_from:
            queries.append(
                f"SELECT season, game_date FROM {check.expected_from} WHERE {check.expected_where}"
            )
    read: dict[str, set[str] | None] = {
        name: {"season", "game_date", *graph.tables[name].key} for name in has
    }
    for query in queries:
        for name, columns in columns_read(query, has, reader.name).items():
            known = read.get(name)
            if known is not None:
                read[name] = None if columns is None else known | columns
    return {
        name: (has[name], None if columns is None else sorted(columns & set(has[name])))
        for name, columns in read.items()
    }


def _remembered(
    home: Home, graph: Graph, readers: Iterable[TableDefinition]
) -> dict[str, ColumnsRead]:
    path = remembered.beside_code(home, FILE)
    known: dict[str, ColumnsRead] = remembered.load(path)
    found = {}
    is_new = False
    for reader in readers:
        code = _code(graph, reader)
        if code not in known:
            known[code] = find_columns_read(graph, reader)
            is_new = True
        found[reader.code_hash] = known[code]
    if is_new:
        remembered.save(path, known)
    return found


def _code(graph: Graph, reader: TableDefinition) -> str:
    inputs = [graph.tables[name].code_hash for name in sorted(reader.windows)]
    made_of = repr((reader.code_hash, inputs, remembered.parser_version()))
    return hashlib.sha256(made_of.encode()).hexdigest()[:16]
