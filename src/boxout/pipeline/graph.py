"""The graph of tables: who reads whom, in which order, checked against the SQL itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

from boxout.errors import TableDefinitionError, UsageError
from boxout.tables.definition import INCOMING, PLAYER, TableDefinition, load_tables

SCHEDULE = "raw.games"


@dataclass(frozen=True)
class Graph:
    """All tables with their order of dependency.

    Attributes
    ----------
    tables
        Definitions by `schema.table`, landing tables included, inputs before readers.
    """

    tables: Mapping[str, TableDefinition]

    @property
    def computed(self) -> tuple[TableDefinition, ...]:
        """The tables that are computed from others, inputs first."""
        return tuple(table for table in self.tables.values() if not table.is_landing)

    @property
    def landing(self) -> tuple[TableDefinition, ...]:
        """The tables that ingest fills."""
        return tuple(table for table in self.tables.values() if table.is_landing)

    def table(self, name: str) -> TableDefinition:
        """Return one table by its name, with or without the schema.

        Raises
        ------
        UsageError
            When there is no such table, or the short name fits several.
        """
        return _only(name, _fitting(name, self.tables), self.tables)

    def select(self, names: Iterable[str]) -> tuple[TableDefinition, ...]:
        """Return the named computed tables in dependency order; all when none is named.

        A name without the schema that fits a landing table, too, means the computed one.

        Raises
        ------
        UsageError
            When a name is unknown or names a landing table.
        """
        computed = {table.name: table for table in self.computed}
        wanted = set()
        for name in names:
            matches = _fitting(name, computed)
            landing = [] if matches else _fitting(name, self.tables)
            if landing:
                raise UsageError(
                    f"{landing[0]} is filled by ingest.", landing[0], "Use `boxout ingest FILE`."
                )
            wanted.add(_only(name, matches, computed).name)
        return tuple(table for table in self.computed if not wanted or table.name in wanted)

    def readers(self, name: str) -> tuple[TableDefinition, ...]:
        """Return the tables that read this one themselves, in order."""
        return tuple(table for table in self.computed if name in table.windows)

    def downstream(self, name: str) -> tuple[str, ...]:
        """Return every table that reads this one, directly or not, in order."""
        reached = {name}
        for table in self.computed:
            if reached & set(table.windows):
                reached.add(table.name)
        return tuple(table for table in self.tables if table in reached and table != name)

    def upstream(self, name: str) -> tuple[str, ...]:
        """Return every table that this one reads, directly or not, in order."""
        reached = {name}
        for table in reversed(self.computed):
            if table.name in reached:
                reached |= set(table.windows)
        return tuple(table for table in self.tables if table in reached and table != name)

    def computed_upstream(self, name: str) -> tuple[TableDefinition, ...]:
        """Return the computed ones of the tables that this one reads, directly or not, in order."""
        above = (self.tables[table] for table in self.upstream(name))
        return tuple(table for table in above if not table.is_landing)


def _fitting(name: str, tables: Collection[str]) -> list[str]:
    """Return the tables of a name, with or without the schema."""
    return [t for t in tables if t == name] or [t for t in tables if t.split(".")[1] == name]


def _only(name: str, matches: list[str], tables: Mapping[str, TableDefinition]) -> TableDefinition:
    if len(matches) != 1:
        raise UsageError(
            f"There is no table {name!r}." if not matches else f"{name!r} is ambiguous.",
            ", ".join(matches or tables),
            "Name one of these.",
        )
    return tables[matches[0]]


def build_graph(tables: Mapping[str, TableDefinition]) -> Graph:
    """Order tables by the inputs that their headers window.

    Raises
    ------
    TableDefinitionError
        When a table reads one that does not exist, or tables read each other.
    """
    for table in tables.values():
        for name in table.windows:
            if name not in tables:
                raise TableDefinitionError(
                    f"There is no table {name}.", table.name, "Mend [windows] in the header."
                )
    try:
        order = tuple(
            TopologicalSorter({t.name: set(t.windows) for t in tables.values()}).static_order()
        )
    except CycleError as error:
        raise TableDefinitionError(
            f"Tables read each other: {' -> '.join(error.args[1])}.", "", "Break the circle."
        ) from error
    ranked = sorted(order, key=lambda name: (tables[name].phase, order.index(name)))
    return Graph({name: tables[name] for name in ranked})


def check_definitions(graph: Graph) -> None:
    """Check each header against its SQL; parsing takes time, so only tests and authors ask.

    Raises
    ------
    TableDefinitionError
        When windows and the tables read differ, a key is no column, or a column has no comment.
    """
    from boxout.tables.syntax import input_tables

    for table in graph.tables.values():
        _check_columns(table)
        read = {
            name
            for name in input_tables(table.query, table.name)
            if not name.startswith(f"{INCOMING}.")
        }
        for check in table.checks:
            if check.kind == "query":
                read |= input_tables(check.expression, f"{table.name}, check {check.name}")
            if check.expected_from:
                read.add(check.expected_from)
        if read != set(table.windows):
            odd = sorted(read ^ set(table.windows))
            raise TableDefinitionError(
                f"[windows] and the SQL disagree about {', '.join(odd)}.",
                table.name,
                "Give every table that the SQL reads a window, and no other.",
            )
        for name, columns in table.earlier_columns.items():
            _check_earlier(table, graph.tables[name], columns)
        for name in table.same_player:
            if PLAYER not in graph.tables[name].column_comments:
                raise TableDefinitionError(
                    f"same_player lists {name}, which has no {PLAYER}.",
                    table.name,
                    "List inputs whose rows are players'.",
                )


def _check_earlier(table: TableDefinition, read: TableDefinition, columns: tuple[str, ...]) -> None:
    """A row that comes or goes must be seen by all dates, and so must every column be there."""
    missing = set(read.key) - set(columns)
    unknown = set(columns) - set(read.column_comments)
    for odd, problem in ((missing, "lack its key"), (unknown, "list what it has not")):
        if odd:
            raise TableDefinitionError(
                f"The earlier_columns of {read.name} {problem}: {', '.join(sorted(odd))}.",
                table.name,
                "List season, game_date, the input's key, and what else is read.",
            )


def _check_columns(table: TableDefinition) -> None:
    comments = table.column_comments
    silent = [name for name, comment in comments.items() if not comment]
    if silent:
        raise TableDefinitionError(
            f"Columns without a comment: {', '.join(silent)}.",
            table.name,
            "Say in a comment behind each column what it is, with its unit.",
        )
    absent = {"season", "game_date", *table.key} - set(comments)
    if absent:
        raise TableDefinitionError(
            f"The SQL gives no column {', '.join(sorted(absent))}.",
            table.name,
            "Every table has a season, a game_date and the columns of its key.",
        )


@cache
def load_graph() -> Graph:
    """Return the graph of the tables that boxout ships."""
    return build_graph(load_tables())
