"""Bring a home to what the code expects, before a command works on it."""

from __future__ import annotations

from boxout.pipeline.goalposts import are_goalposts_noted, note_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.landing_layout import give_landing_columns, have_landing_columns
from boxout.pipeline.ledger import create_ledger, is_ledger_current
from boxout.pipeline.record_watcher import is_watcher_noted, note_watcher
from boxout.warehouse.ducklake import Warehouse


def prepare(warehouse: Warehouse, graph: Graph) -> None:
    """Create the ledger and the landing tables, or bring them up to date; note what has changed.

    That is goalposts that moved, and a watcher that fell silent.
    """
    with warehouse.reading():
        if (
            is_ledger_current(warehouse)
            and are_goalposts_noted(warehouse, graph)
            and is_watcher_noted(warehouse)
            and have_landing_columns(warehouse, graph)
        ):
            return
    create_ledger(warehouse)
    note_goalposts(warehouse, graph)
    note_watcher(warehouse)
    give_landing_columns(warehouse, graph)
