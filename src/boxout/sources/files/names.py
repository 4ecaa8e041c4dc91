"""Map the distinct spellings in a file to teams, players and games.

Python sees each spelling once; rows are joined to the results in SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import duckdb

from boxout.errors import IdentityError
from boxout.sources.files.shape import Shape
from boxout.sources.identity.games import TEAM_ID_BASE, parse_game_id
from boxout.sources.identity.players import is_garbled, parse_player_name
from boxout.sources.identity.teams import TEAM_IDS, parse_team

_TABLES = {
    "team_names": "spelling VARCHAR, team VARCHAR, number BIGINT, problem VARCHAR",
    "player_names": "spelling VARCHAR, name VARCHAR, player_key VARCHAR, base_key VARCHAR, "
    "initial_key VARCHAR, sorted_key VARCHAR, own_player_id BIGINT, problem VARCHAR",
    "game_names": "spelling VARCHAR, nba_game_id VARCHAR, game_date DATE, home_team VARCHAR, "
    "away_team VARCHAR, season_type VARCHAR, problem VARCHAR",
}

GARBLED_NAME = "the player's name is garbled beyond repair"
# Reasons name no value, so that they can be counted; the sample rows show the values.
_PROBLEMS = {
    "team_names": "the team is no NBA team",
    "player_names": "the player's name cannot be read",
    "game_names": "the game id is in no known format",
}


def map_names(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Create the temporary tables `team_names`, `player_names` and `game_names`.

    Each has a row for every distinct spelling in `source_file`, with the identity, or with
    `problem`, which says why there is none.
    """
    _map(connection, "team_names", shape.teams, _team)
    _map(connection, "player_names", shape.players, _player)
    _map(connection, "game_names", shape.games, _game)


def _map(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    parse: Callable[[str], tuple[Any, ...]],
) -> None:
    fields = _TABLES[table]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({fields})")
    if not columns:
        return
    distinct = " UNION ".join(
        f'SELECT DISTINCT "{column}"::VARCHAR AS spelling FROM source_file '
        f'WHERE "{column}" IS NOT NULL'
        for column in columns
    )
    width = fields.count(",") + 1
    rows = []
    for (spelling,) in connection.execute(distinct).fetchall():
        try:
            rows.append((spelling, *parse(spelling), None))
        except IdentityError:
            is_misread = table == "player_names" and is_garbled(spelling)
            problem = GARBLED_NAME if is_misread else _PROBLEMS[table]
            rows.append((spelling, *[None] * (width - 2), problem))
    if rows:
        _insert(connection, table, rows)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    # One JSON text: binding thousands of values singly takes hundreds of times longer.
    columns = _TABLES[table].split(", ")
    kinds = {name: kind for name, kind in (column.split(" ") for column in columns)}
    records = [dict(zip(kinds, row, strict=True)) for row in rows]
    connection.execute(
        f"INSERT INTO {table} SELECT unnest(from_json($1, $2), recursive := true)",
        [json.dumps(records, default=str), json.dumps([kinds])],
    )


@cache
def _team(spelling: str) -> tuple[Any, ...]:
    team = parse_team(spelling)
    return team, TEAM_IDS[team] - TEAM_ID_BASE


@cache
def _player(spelling: str) -> tuple[Any, ...]:
    name = parse_player_name(spelling)
    return (
        name.name,
        name.player_key,
        name.base_key,
        name.initial_key,
        name.sorted_key,
        name.own_player_id,
    )


def _game(spelling: str) -> tuple[Any, ...]:
    game = parse_game_id(spelling)
    return game.nba_game_id, game.game_date, game.home_team, game.away_team, game.season_type
