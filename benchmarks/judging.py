"""Say whether a result is right: compare it, cell by cell, with a from-scratch build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

NUMBERS = ("INTEGER", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL", "HUGEINT")


@dataclass(frozen=True)
class Verdict:
    """How one table compares.

    Attributes
    ----------
    rows
        Rows of the from-scratch build.
    wrong
        Rows that differ, are missing or should not be there.
    columns
        The columns in which rows differ; `(row)` for rows on one side only.
    """

    table: str
    rows: int
    wrong: int
    columns: tuple[str, ...]


def judge(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    result: str,
    truth: str,
    key: Sequence[str],
    columns: Sequence[str] | None = None,
    tolerance: float = 0.0,
) -> Verdict:
    """Compare a table with the truth.

    Parameters
    ----------
    result, truth
        What stands in a FROM clause for each.
    columns
        The columns to compare; all of the truth's when not given.
    tolerance
        How far numbers may be apart, relative to the larger of 1 and the truth. With 0, every
        cell must be the same.
    """
    types = {r[0]: r[1] for r in connection.execute(f"DESCRIBE SELECT * FROM {truth}").fetchall()}
    found = {r[0] for r in connection.execute(f"DESCRIBE SELECT * FROM {result}").fetchall()}
    compared = [c for c in (columns or types) if c not in key]
    absent = [c for c in (*key, *compared) if c not in found]
    rows = int(connection.execute(f"SELECT count(*) FROM {truth}").fetchall()[0][0])
    if absent:
        return Verdict(table, rows, rows, tuple(absent))
    if not tolerance and _is_same(connection, result, truth, (*key, *compared), types):
        return Verdict(table, rows, 0, ())
    joined = " AND ".join(f"r.{c} IS NOT DISTINCT FROM t.{c}" for c in key)
    listed = ", ".join(f'CAST("{c}" AS {types[c]}) AS "{c}"' for c in (*key, *compared))
    once = f"row_number() OVER (PARTITION BY {', '.join(key)}) AS copy"
    one_side = "r.copy IS NULL OR t.copy IS NULL"
    tests = {c: _differs(c, types[c], tolerance) for c in compared}
    any_test = " OR ".join(f"({test})" for test in tests.values()) or "FALSE"
    counts = ", ".join(
        f'count(*) FILTER (WHERE NOT ({one_side}) AND ({test})) AS "{c}"'
        for c, test in tests.items()
    )
    cursor = connection.execute(
        f"""
        SELECT count(*) FILTER (WHERE {one_side} OR {any_test}) AS wrong_rows,
               count(*) FILTER (WHERE {one_side}) AS one_side {", " + counts if counts else ""}
        FROM (SELECT {listed}, {once} FROM {result}) AS r
        FULL JOIN (SELECT {listed}, {once} FROM {truth}) AS t
          ON {joined} AND r.copy = t.copy
        """
    )
    wrong, alone, *by_column = cursor.fetchall()[0]
    odd = [c for c, count in zip(tests, by_column, strict=True) if count]
    return Verdict(table, rows, int(wrong), (*(["(row)"] if alone else []), *odd))


def _is_same(
    connection: duckdb.DuckDBPyConnection,
    result: str,
    truth: str,
    columns: Sequence[str],
    types: dict[str, str],
) -> bool:
    """Whether both have the same rows, by a sum of their hashes: a quarter of the time of a join.

    Where the sums differ, the join says which rows and columns do.
    """
    listed = ", ".join(f'CAST("{c}" AS {types[c]})' for c in columns)
    sums = [
        connection.execute(f"SELECT count(*), sum(hash({listed})::HUGEINT) FROM {of}").fetchall()
        for of in (result, truth)
    ]
    return sums[0] == sums[1]


def _differs(column: str, kind: str, tolerance: float) -> str:
    if tolerance and kind.startswith(NUMBERS):
        return (
            f'(r."{column}" IS NULL) <> (t."{column}" IS NULL) OR '
            f'abs(r."{column}"::DOUBLE - t."{column}"::DOUBLE) '
            f'> {tolerance} * greatest(1, abs(t."{column}"::DOUBLE))'
        )
    return f'r."{column}" IS DISTINCT FROM t."{column}"'
