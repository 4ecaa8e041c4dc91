"""Create all tables of a new project before its ledger, so that what reads it loads one catalog.

DuckLake keeps the catalog by version. For the small rows that the ledger holds within the catalog
it loads the version in which the ledger's tables were created, and for a table as it was at a
moment that moment's. Where nothing is created after the ledger, these and the newest are one, and
each short command is spared some 20 ms for each of the others.
"""

from __future__ import annotations

from boxout.learning.storage import create_learning_tables
from boxout.pipeline.creation import create_missing
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing_layout import create_landing_tables
from boxout.pipeline.ledger import has_ledger
from boxout.warehouse.ducklake import Warehouse


def create_first_tables(warehouse: Warehouse, graph: Graph) -> frozenset[str]:
    """Create the landing, computed and learning tables of a project that has no ledger yet.

    Returns
    -------
    frozenset of str
        The computed tables that were created, which have the columns of their queries.
    """
    with warehouse.reading():
        if has_ledger(warehouse):
            return frozenset()
    with warehouse.commit():
        create_landing_tables(warehouse, graph)
        created = create_missing(warehouse, graph.computed)
        create_learning_tables(warehouse)
    return created
