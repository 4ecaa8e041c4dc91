"""The recipe of content hashes: how a partition's rows become one number.

Order of rows and columns does not count, and neither does who wrote them when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

# The version of the recipe of content and input hashes; a change makes everything stale.
HASH_RECIPE = "duckdb-hash-3"
HASH_MODULUS = 18446744073709551616  # 2 to the 64th


def content_hash_expression(
    columns: Iterable[str], types: Mapping[str, str] | None = None, beside: str | None = None
) -> str:
    """Return the SQL that folds a partition's rows into one number.

    The sum over rows of each row's hash, so that row order does not count; columns are taken
    in the order of their names, so that column order does not count either.

    Parameters
    ----------
    columns
        The columns whose values count.
    types
        Their types, which count, too: DuckDB hashes a number alike in whichever type it is, and a
        reader of a type that is wider now is to be computed again. None for landing tables, whose
        types stay.
    beside
        An SQL number that is the same in all rows of the partition and counts as well.
    """
    names = sorted(columns)
    listed = ", ".join(f'"{name}"' for name in names)
    if types:
        shape = repr([(name, types[name]) for name in names])
        listed = f"'{hashlib.sha256(shape.encode()).hexdigest()[:16]}', {listed}"
    total = f"sum(hash({listed})::HUGEINT)"
    if beside:
        total = f"({total} + any_value({beside}))"
    return f"({total} % {HASH_MODULUS})::UBIGINT"


def moved_hash_expression(before: str, gone: str, come: str) -> str:
    """Return the SQL of a partition's hash after some of its rows are replaced.

    Parameters
    ----------
    before
        Its hash before.
    gone, come
        The hashes of the rows that were replaced, and of those in their place; null where there
        are none.
    """
    total = f"({before})::HUGEINT - coalesce({gone}, 0) + coalesce({come}, 0)"
    return f"((({total}) % {HASH_MODULUS} + {HASH_MODULUS}) % {HASH_MODULUS})::UBIGINT"


def read_hashes_expression(
    columns_by_reader: Mapping[str, Iterable[str]],
    types: Mapping[str, str] | None = None,
    beside: str | None = None,
) -> str:
    """Return the SQL of a map from each reader to the hash of what it reads of a partition.

    Parameters
    ----------
    columns_by_reader
        By the reader's code hash; readers that are left out go by the content hash.
    types, beside
        See `content_hash_expression`.
    """
    keys = ", ".join(f"'{reader}'" for reader in columns_by_reader)
    hashes = ", ".join(
        content_hash_expression(read, types, beside) for read in columns_by_reader.values()
    )
    return f"MAP([{keys}]::VARCHAR[], [{hashes}]::UBIGINT[])"
