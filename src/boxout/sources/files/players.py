"""boxout's own file of players: birth date, position and height, one row a player."""

from datetime import date

from boxout.sources.files.shape import PLAYER_COLUMNS, SEASON, Shape, player_names
from boxout.sources.files.values import calendar_date, is_unreadable, player_id, whole_number

FIRST_BIRTH = date(1900, 1, 1)  # before that of any player of the league's first season

_NAMES, _JOIN = player_names("f.player_name")

SHAPE = Shape(
    table="landing.players",
    required=frozenset("player_name birth_date position height_inches first_seen".split()),
    optional=("player_id",),
    key=("player_key",),
    players=("player_name",),
    query=f"""
    WITH p AS (
      SELECT source_row, {calendar_date("f.first_seen")} AS game_date, {_NAMES},
             {player_id("f.player_id")} AS nba_player_id, f.player_id AS id_given,
             {calendar_date("f.birth_date", FIRST_BIRTH)} AS birth_date,
             f.birth_date AS birth_given, nullif(trim(f.position), '') AS position,
             {whole_number("f.height_inches", 48, 108)} AS height_inches,
             f.height_inches AS height_given
      FROM source_file AS f {_JOIN})
    SELECT source_row, {SEASON}, game_date, {PLAYER_COLUMNS}, nba_player_id, birth_date, position,
           height_inches,
           CASE WHEN game_date IS NULL THEN 'the day first seen is missing or malformed'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                WHEN {is_unreadable("id_given", "nba_player_id")}
                  THEN 'the player''s id is none of the NBA''s'
                WHEN {is_unreadable("birth_given", "birth_date")}
                  THEN 'the day of birth is malformed'
                WHEN birth_date >= game_date THEN 'the player is seen before being born'
                WHEN {is_unreadable("height_given", "height_inches")}
                  THEN 'the height is not in inches'
                END AS problem
    FROM p""",
)
