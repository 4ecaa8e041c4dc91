"""The recipe of content hashes: how a partition's rows become one number.

Order of rows and columns does not count, and neither does who wrote them when.
"""

from __future__ import annotations

# The version of the recipe of content and input hashes; a change makes everything stale.
HASH_RECIPE = "duckdb-hash-1"
HASH_MODULUS = 18446744073709551616  # 2 to the 64th


def content_hash_expression(columns: dict[str, str]) -> str:
    """Return the SQL that folds a partition's rows into one number.

    The sum over rows of each row's hash, so that row order does not count; columns are taken
    in the order of their names, so that column order does not count either.
    """
    listed = ", ".join(f'"{name}"' for name in sorted(columns))
    return f"(sum(hash({listed})::HUGEINT) % {HASH_MODULUS})::UBIGINT"
