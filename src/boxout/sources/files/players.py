"""boxout's own file of players: birth date, position and height, one row a player."""

from boxout.sources.files.shape import PLAYER_COLUMNS, SEASON, Shape, calendar_date, player_names

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
             try_cast(f.player_id AS BIGINT) AS nba_player_id,
             try_cast(f.birth_date AS DATE) AS birth_date, nullif(trim(f.position), '') AS position,
             try_cast(f.height_inches AS INTEGER) AS height_inches
      FROM source_file AS f {_JOIN})
    SELECT source_row, {SEASON}, game_date, {PLAYER_COLUMNS}, nba_player_id, birth_date, position,
           height_inches,
           CASE WHEN game_date IS NULL THEN 'the day first seen is missing or malformed'
                WHEN player_key IS NULL THEN coalesce(player_problem, 'the player has no name')
                WHEN birth_date >= game_date THEN 'the player is seen before being born'
                WHEN height_inches NOT BETWEEN 48 AND 108 THEN 'the height is not in inches'
                END AS problem
    FROM p""",
)
