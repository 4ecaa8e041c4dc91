"""Which partitions downstream a set of partitions reaches, through the windows of the graph."""

from __future__ import annotations

from boxout.pipeline.graph import Graph
from boxout.pipeline.plan_query import SCHEDULED_PHASE
from boxout.tables.definition import WINDOW, TableDefinition
from boxout.warehouse.ducklake import Warehouse

REACHED = "reached"


def follow_downstream(warehouse: Warehouse, graph: Graph, table: str) -> None:
    """Add to the temporary table `reached` everything that reads what is in it.

    Parameters
    ----------
    table
        The table whose partitions `reached` holds at the start.

    `reached` has the columns source (what is followed, such as an incident), table_name, season
    and game_date. A reader's date is reached when one of its windows holds a date that is; it
    needs the temporary table `known_dates`.
    """
    for name in graph.downstream(table):
        reader = graph.tables[name]
        parts = " UNION ".join(
            _reached_by(source, window)
            for source, windows in reader.windows.items()
            for window in windows
        )
        warehouse.execute(
            f"INSERT INTO {REACHED} SELECT source, $1, k.season, game_date FROM ({parts}) AS r "
            f"JOIN known_dates AS k USING (game_date) {_expected(reader)}",
            [name],
        )


def _expected(reader: TableDefinition) -> str:
    return "WHERE k.is_scheduled" if reader.phase >= SCHEDULED_PHASE else ""


def _reached_by(source: str, window: str) -> str:
    """Return the query of a reader's (source, game_date) that one window of one input reaches."""
    dates = f"(SELECT * FROM {REACHED} WHERE table_name = '{source}')"
    match = WINDOW.match(window)
    if match is not None and match["days"]:
        days = f"INTERVAL {int(match['days'])} DAY"
        return (
            f"SELECT r.source, d.game_date FROM {dates} AS r JOIN known_dates AS d "
            f"ON d.game_date > r.game_date AND d.game_date <= r.game_date + {days}"
        )
    if window == "same_day":
        return f"SELECT source, game_date FROM {dates}"
    if window == "season_to_date":
        return (
            "SELECT r.source, d.game_date FROM "
            f"(SELECT source, season, min(game_date) AS first FROM {dates} GROUP BY ALL) AS r "
            "JOIN known_dates AS d ON d.season = r.season AND d.game_date > r.first"
        )
    if window == "past_seasons":
        return (
            "SELECT r.source, d.game_date FROM "
            f"(SELECT source, min(season) AS first FROM {dates} GROUP BY source) AS r "
            "JOIN known_dates AS d ON d.season > r.first"
        )
    after = "d.game_date > r.first" if window == "history" else "true"
    return (
        "SELECT r.source, d.game_date FROM "
        f"(SELECT source, min(game_date) AS first FROM {dates} GROUP BY source) AS r "
        f"JOIN known_dates AS d ON {after}"
    )
