"""The overridden checks that training rests on, for the model card to name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from boxout.learning.states import FEATURE_STORE, with_inputs
from boxout.pipeline.graph import Graph
from boxout.pipeline.waiver import in_force
from boxout.warehouse.ducklake import Warehouse


@dataclass(frozen=True)
class WaivedCheck:
    """A waiver in the range: which check of which table was overridden, by whom and why."""

    table: str
    check: str
    start_date: date
    end_date: date
    who: str
    reason: str


def read_waivers(
    warehouse: Warehouse, graph: Graph, first: date, last: date
) -> tuple[tuple[WaivedCheck, ...], int]:
    """Return the waivers in force on what the feature store is made of, in a range.

    Returns
    -------
    waivers, partitions
        The overridden checks, and how many partitions are published under them.
    """
    tables = [table.name for table in with_inputs(graph, FEATURE_STORE).computed]
    rows = warehouse.rows(
        f"""
        SELECT DISTINCT w.table_name, w.check_name, w.start_date, w.end_date, w.who, w.reason
        FROM lake.ledger.waivers AS w
        WHERE w.table_name IN (SELECT unnest($3::VARCHAR[]))
          AND {in_force(within="p.game_date BETWEEN $1 AND $2")}
        ORDER BY ALL
        """,
        [first, last, tables],
    )
    waived = warehouse.scalar(
        "SELECT count(*) FROM lake.ledger.partitions WHERE state = 'waived' "
        "AND game_date BETWEEN $1 AND $2 AND table_name IN (SELECT unnest($3::VARCHAR[]))",
        [first, last, tables],
    )
    return tuple(WaivedCheck(*row) for row in rows), int(waived or 0)
