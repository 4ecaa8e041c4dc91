"""Find which join of a table's query found nothing, and what the keys on both sides look like.

The query is taken apart by its syntax tree: every join of a SELECT becomes a LEFT JOIN that
shows its keys, and is run over the dates in question on what is published now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from boxout.pipeline.diagnose.findings import JoinProbe, Pattern
from boxout.pipeline.spellings import form_expression
from boxout.pipeline.stage import Chunk, input_slices
from boxout.tables.definition import TableDefinition
from boxout.tables.syntax import DIALECT, parse_query, sliced_query
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.engine import duckdb

SHOWN_FORMS = 3


@dataclass(frozen=True)
class _Join:
    """One join: its alias, what is joined, and the pairs of keys that must be equal."""

    alias: str
    source: str
    condition: str
    keys: tuple[tuple[exp.Expression, exp.Expression], ...]


def probe_joins(
    warehouse: Warehouse,
    table: TableDefinition,
    chunk: Chunk,
    rows: str = "true",
) -> tuple[JoinProbe, ...]:
    """Probe the joins of a table's query over a range of dates.

    Parameters
    ----------
    rows
        The condition, on the table's own columns, of the rows in question. Where it cannot be
        told for an inner part of the query, all of its rows are.

    Returns
    -------
    tuple of JoinProbe
        Joins that left rows without a partner, the most first.
    """
    slices = input_slices(table, chunk)
    tree = parse_query(table.query, table.name)
    probes: list[JoinProbe] = []
    for place, select in enumerate(_selects(tree)):
        for join in _joins(select):
            query = _probe(tree, place, join)
            found = _run(
                warehouse, table, slices, query, join, chunk, rows if not place else "true"
            )
            if found and found.unmatched:
                probes.append(found)
    return tuple(sorted(probes, key=lambda probe: -probe.unmatched))


def _selects(tree: exp.Expression) -> list[exp.Select]:
    """Return the outer SELECT first, then those of its common table expressions."""
    outer = [tree] if isinstance(tree, exp.Select) else list(tree.find_all(exp.Select))[:1]
    inner = [
        select
        for cte in _clause(tree, "with").expressions
        for select in cte.this.find_all(exp.Select)
        if not select.find_ancestor(exp.Subquery, exp.Join)
    ]
    return outer + inner


def _joins(select: exp.Select) -> list[_Join]:
    found = []
    for join in select.args.get("joins") or []:
        condition, alias = join.args.get("on"), join.this.alias_or_name
        if condition is None:
            continue
        keys = []
        for equal in condition.find_all(exp.EQ):
            sides = (equal.this, equal.expression)
            of_join = [_only_of(side, alias) for side in sides]
            if of_join == [False, True]:
                keys.append(sides)
            elif of_join == [True, False]:
                keys.append(sides[::-1])
        if keys:
            source = (
                f"{join.this.db}.{join.this.name}"
                if isinstance(join.this, exp.Table) and join.this.db
                else join.this.name or alias
            )
            found.append(_Join(alias, source, condition.sql(dialect=DIALECT), tuple(keys)))
    return found


def _only_of(side: exp.Expression, alias: str) -> bool | None:
    """Whether an expression reads the joined table alone; None where it mixes or reads none."""
    tables = {column.table for column in side.find_all(exp.Column)}
    if tables == {alias}:
        return True
    return False if tables and alias not in tables else None


def _probe(tree: exp.Expression, place: int, join: _Join) -> exp.Expression:
    """Return the query of one SELECT with every join optional and one join's keys shown."""
    copy = tree.copy()
    select = _selects(copy)[place]
    for other in select.args.get("joins") or []:
        other.set("side", "LEFT")
        other.set("kind", None)
    aliases = {other.this.alias_or_name for other in select.args.get("joins") or []}
    _loosen_filter(select, aliases)
    mine = _shown(key for key, _ in join.keys)
    theirs = _shown(key for _, key in join.keys)
    day = f"{_clause(select, 'from').this.alias_or_name}.game_date"
    shown = [f"{mine} AS probe_key", f"{theirs} AS probe_found", f"{day} AS probe_date"]
    is_plain = not (select.args.get("group") or select.args.get("distinct"))
    if place or not is_plain:
        select.set("expressions", [])
        for clause in ("group", "having", "qualify", "distinct", "order"):
            select.set(clause, None)
    for projection in shown:
        select.append("expressions", exp.maybe_parse(projection, dialect=DIALECT))
    if not place:
        return copy
    body = select.copy()
    before = [cte.copy() for cte in _clause(copy, "with").expressions if not _holds(cte, select)]
    if before:
        body.set("with_", exp.With(expressions=before))
    return body


def _clause(tree: exp.Expression, name: str) -> exp.Expression:
    """Return a WITH or FROM; one without expressions where there is none."""
    found = tree.args.get(f"{name}_") or tree.args.get(name)
    return found if isinstance(found, exp.Expression) else exp.With(expressions=[])


def _shown(keys: Iterable[exp.Expression]) -> str:
    """Return the SQL that writes the keys of one side as one text."""
    return " || ' ' || ".join(f"CAST({key.sql(dialect=DIALECT)} AS VARCHAR)" for key in keys)


def _holds(cte: exp.CTE, select: exp.Select) -> bool:
    return any(found is select for found in cte.find_all(exp.Select))


def _loosen_filter(select: exp.Select, aliases: set[str]) -> None:
    """Drop the conditions on what is joined: they would drop the rows that found nothing."""
    where = select.args.get("where")
    if where is None:
        return
    is_all = isinstance(where.this, exp.And)
    kept = list(where.this.flatten()) if is_all else [where.this]
    kept = [
        part
        for part in kept
        if not {column.table for column in part.find_all(exp.Column)} & aliases
    ]
    select.set("where", exp.Where(this=exp.and_(*kept)) if kept else None)


def _run(
    warehouse: Warehouse,
    table: TableDefinition,
    slices: dict[str, str],
    query: exp.Expression,
    join: _Join,
    chunk: Chunk,
    rows: str,
) -> JoinProbe | None:
    try:
        sliced = sliced_query(query.sql(dialect=DIALECT), slices, table.name)
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE probed AS SELECT probe_key, probe_found, probe_date "
            f"FROM ({sliced}) WHERE ({rows}) AND probe_date BETWEEN $1 AND $2",
            [chunk.first, chunk.last],
        )
    except (duckdb.ProgrammingError, duckdb.DataError):
        return None  # a form of query that cannot be taken apart: the other joins still tell
    count, unmatched, without, first, last = warehouse.rows(
        "SELECT count(*), count(*) FILTER (probe_found IS NULL), "
        "count(*) FILTER (probe_key IS NULL), "
        "min(probe_date) FILTER (probe_found IS NULL), "
        "max(probe_date) FILTER (probe_found IS NULL) FROM probed"
    )[0]
    if not unmatched:
        return None
    others, lonely = _other_side(warehouse, table, slices, join, chunk)
    patterns = _patterns(warehouse, "SELECT probe_key AS key FROM probed WHERE probe_found IS NULL",
                         "unmatched")  # fmt: skip
    patterns += _patterns(
        warehouse,
        "SELECT other_key AS key FROM other_keys "
        "WHERE other_key NOT IN (SELECT probe_found FROM probed WHERE probe_found IS NOT NULL)",
        join.source,
    )
    return JoinProbe(
        join.source,
        join.condition,
        count,
        unmatched,
        without,
        others,
        lonely,
        patterns,
        first,
        last,
    )


def _other_side(
    warehouse: Warehouse,
    table: TableDefinition,
    slices: dict[str, str],
    join: _Join,
    chunk: Chunk,
) -> tuple[int, int]:
    """Create `other_keys`, what the joined side has; return how many, and how many unasked."""
    tree = parse_query(table.query, table.name)
    keys = _shown(key for _, key in join.keys)
    body = parse_query(
        f"SELECT DISTINCT {keys} AS other_key FROM {join.source} AS {join.alias}", table.name
    )
    if "." not in join.source:
        body.set("with_", _clause(tree, "with").copy())
    try:
        sliced = sliced_query(body.sql(dialect=DIALECT), slices, table.name)
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE other_keys AS {sliced}")
    except (duckdb.ProgrammingError, duckdb.DataError):
        warehouse.execute("CREATE OR REPLACE TEMP TABLE other_keys (other_key VARCHAR)")
    everything, lonely = warehouse.rows(
        "SELECT count(*), count(*) FILTER (other_key NOT IN "
        "(SELECT probe_found FROM probed WHERE probe_found IS NOT NULL)) FROM other_keys"
    )[0]
    return everything, lonely


def _patterns(warehouse: Warehouse, keys: str, side: str) -> tuple[Pattern, ...]:
    return tuple(
        Pattern(side, form, count, tuple(samples))
        for form, count, samples in warehouse.rows(
            f"""
            SELECT {form_expression("key")} AS form, count(*) AS n,
                   list_slice(list(DISTINCT key ORDER BY key), 1, 3)
            FROM ({keys}) WHERE key IS NOT NULL GROUP BY form ORDER BY n DESC, form
            LIMIT {SHOWN_FORMS}
            """
        )
    )
