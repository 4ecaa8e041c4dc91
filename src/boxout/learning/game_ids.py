"""Have forecasts on record follow a game that gets another id on its date.

A game goes by an id of our own until a source gives the NBA's, often with its box score. What was
forecast before tip-off is of the same game, and is found, compared and graded by its new id.
"""

from __future__ import annotations

from boxout.learning.gates import GAMES
from boxout.learning.storage import PREDICTIONS
from boxout.sources.identity.games import own_game_id_sql
from boxout.warehouse.ducklake import LAKE, Warehouse

RENAMED = "renamed_games"


def follow_game_ids(warehouse: Warehouse) -> int:
    """Give forecasts of games that have got another id that id; return how many.

    A forecast under the former id stays as it is where the same model has made one under the new.
    Nothing is committed where no game has.
    """
    if not (warehouse.has_table(GAMES) and warehouse.has_table(PREDICTIONS.name)):
        return 0
    own = own_game_id_sql("game_date", "team_id")
    same = " AND ".join(f"p.{name} = o.{name}" for name in PREDICTIONS.key if name != "game_id")
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {RENAMED} AS
        SELECT DISTINCT r.game_date, r.former, r.game_id
        FROM (
          -- sources may differ in who is at home, which the id is made of
          SELECT game_date, game_id, {own} AS former
          FROM (SELECT game_date, game_id, unnest([home_team_id, away_team_id]) AS team_id
                FROM {LAKE}.{GAMES})) AS r
        JOIN {LAKE}.{PREDICTIONS.name} AS p
          ON p.game_date = r.game_date AND p.game_id = r.former
        WHERE r.former <> r.game_id
        """
    )
    if not warehouse.scalar(f"SELECT count(*) FROM {RENAMED}"):
        return 0
    with warehouse.commit():
        followed = warehouse.scalar(
            f"""
            UPDATE {LAKE}.{PREDICTIONS.name} AS p SET game_id = r.game_id
            FROM {RENAMED} AS r
            WHERE r.game_date = p.game_date AND r.former = p.game_id AND NOT EXISTS (
              SELECT 1 FROM {LAKE}.{PREDICTIONS.name} AS o WHERE o.game_id = r.game_id AND {same})
            """
        )
    return int(followed or 0)
