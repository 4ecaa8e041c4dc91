"""After a correction, compute the rows of the players whom it concerns, and no others.

A run notes of which players it has changed rows. A table that was at rest when the run began, and
of whose inputs nothing else has changed since, keeps the rows of all other players: by its header,
a row of it is made of rows of its own player alone in those inputs.
"""

from __future__ import annotations

from threading import Lock

from boxout.pipeline.graph import Graph
from boxout.pipeline.judge import differing_rows_query
from boxout.pipeline.ledger import read_partitions
from boxout.pipeline.resting import is_resting
from boxout.pipeline.stage import DUE, MANY_DATES, Chunk
from boxout.tables.definition import PLAYER, TableDefinition
from boxout.warehouse.ducklake import Warehouse

# The players whose rows are computed; of this connection.
CONCERNED = "concerned_players"
# Of more, the whole table is computed: on five real seasons a run takes a sixth less by player for
# 71 of them, as long for 183, and a sixth more for 364.
MOST_PLAYERS = 150


class Corrections:
    """What a run has changed so far, by player where that can be told.

    Parameters
    ----------
    warehouse
        The connection of the run's own thread, before anything has been computed.
    """

    def __init__(self, warehouse: Warehouse, graph: Graph) -> None:
        # The players of whom rows have changed, by table. No table holds them: a commit can write
        # to the lake alone, and all connections are to know them.
        self._players: dict[str, set[int]] = {}
        self._started = read_partitions(warehouse)
        self._by_player = {name for table in graph.computed for name in table.same_player}
        self._rested = {
            table.name
            for table in graph.computed
            if table.same_player and is_resting(warehouse, table)
        }
        self._changed: set[str] = set()
        self._untold: set[str] = set()
        self._noting = Lock()

    def note(
        self,
        warehouse: Warehouse,
        table: TableDefinition,
        chunk: Chunk,
        players: str | None,
        *,
        reshaped: bool,
    ) -> None:
        """Note what a chunk has changed, whose commit has just been made on this connection.

        Parameters
        ----------
        players
            The table of the only players whose rows were computed, if it was not all.
        reshaped
            Whether the table has other columns now, which concerns all rows made of them.
        """
        is_few = players is not None or chunk.dates <= MANY_DATES
        is_told = (
            table.name in self._by_player
            and is_few
            and not reshaped
            and not _is_redefined(warehouse, table)
        )
        players_changed: set[int] = set()
        if is_told:
            rows = warehouse.rows(f"SELECT DISTINCT {PLAYER} FROM ({differing_rows_query(table)})")
            players_changed = {player for (player,) in rows}
        with self._noting:
            self._changed.add(table.name)
            self._players.setdefault(table.name, set()).update(players_changed)
            if not is_told:
                self._untold.add(table.name)

    def forget(self) -> None:
        """Know of nothing from here on: what was noted has been rolled back."""
        with self._noting:
            self._rested.clear()

    def choose_players(self, warehouse: Warehouse, table: TableDefinition, version: int) -> bool:
        """Create the temporary table `concerned_players`, if no other's rows need computing.

        Parameters
        ----------
        version
            The data version that the table is computed from.

        Returns
        -------
        bool
            Whether all other players' rows are as they are published. False, too, where it
            cannot be told, and where too many players are concerned for it to be quicker.
        """
        with self._noting:
            changed = self._changed & table.windows.keys()
            told = changed <= table.same_player - self._untold
            players = set().union(*(self._players[name] for name in changed))
        if (
            table.name not in self._rested
            or not told
            or warehouse.own_commits.tables_between(self._started, version) is None
        ):
            return False
        if not 0 < len(players) <= MOST_PLAYERS:
            return False
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE {CONCERNED} AS SELECT unnest($1::BIGINT[]) AS {PLAYER}",
            [sorted(players)],
        )
        return True


def _is_redefined(warehouse: Warehouse, table: TableDefinition) -> bool:
    """Whether a due date was built by another definition: rows may have gone uncompared then."""
    return bool(
        warehouse.scalar(f"SELECT bool_or(recorded_code <> $1) FROM {DUE}", [table.code_hash])
    )
