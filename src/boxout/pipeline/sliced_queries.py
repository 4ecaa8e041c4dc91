"""Put the slices of a chunk in the places of a query's inputs, without parsing it each time.

Where the inputs stand in a query is found by sqlglot once and remembered as a template; to fill
it in is to replace text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from boxout.pipeline import remembered
from boxout.tables.definition import PLACE
from boxout.warehouse.home import Home

FILE = "query_templates.json"
_PLACES = re.compile(rf"\b{PLACE}(\w+?)__(\w+)\b")


def fill_query(home: Home, query: str, slices: Mapping[str, str], where: str) -> str:
    """Return a query with each input replaced by a subquery that is cut to what is needed.

    Parameters
    ----------
    query
        A table's SELECT, or a check's.
    slices
        For each `schema.table`, the SELECT that stands in for it.
    where
        The table's name, for errors.

    Raises
    ------
    TableDefinitionError
        When the text is not exactly one query.
    """
    template = _template(remembered.beside_code(home, FILE), query, tuple(sorted(slices)), where)
    return _PLACES.sub(lambda place: f"({slices[f'{place[1]}.{place[2]}']})", template)


def _template(path: Path, query: str, names: tuple[str, ...], where: str) -> str:
    known = _known(path)
    made_of = repr((query, names, remembered.parser_version()))
    key = hashlib.sha256(made_of.encode()).hexdigest()[:24]
    if key not in known:
        from boxout.tables.syntax import query_template  # slow to import, for it parses

        known[key] = query_template(query, names, where)
        remembered.save(path, known)
    template: str = known[key]
    return template


@cache
def _known(path: Path) -> dict[str, Any]:
    return remembered.load(path)
