"""NBA Stats team game logs: one row a team and game, ten-digit game ids.

The older files say who was home in MATCHUP ('DEN vs. LAL', 'LAL @ DEN') and the date as
text; the newer ones have IS_HOME, OPPONENT and the tip-off in UTC, and no minutes.
"""

from boxout.sources.files.box_stats import MOST_OF_A_TEAM, stat_columns, stats_problems
from boxout.sources.files.shape import GAME_COLUMNS, GAME_ID_PROBLEMS, Shape
from boxout.sources.files.values import calendar_date, utc_moment, whole_number
from boxout.sources.identity.games import SEASON_TYPES
from boxout.sources.seasons import eastern_date_sql

NBA_STATS = {"fg": "FGM", "fg3": "FG3M", "fg3a": "FG3A", "ft": "FTM", "orb": "OREB", "drb": "DREB"}
_COMMON = (
    "season_id team_id team_abbreviation game_id wl fgm fga fg3m fg3a ftm fta oreb dreb ast stl "
    "blk tov pf pts plus_minus"
)

# SEASON_ID opens with the digit that stands third in an NBA game id; other ids do not have it.
_SEASON_TYPE = "CASE left(f.season_id::VARCHAR, 1) {} END".format(
    " ".join(f"WHEN '{kind[2]}' THEN '{name}'" for kind, name in SEASON_TYPES.items())
)


def _query(game_date: str, opponent: str, is_home: str, minutes: str, tipoff: str) -> str:
    return f"""
    WITH p AS (
      SELECT source_row, {game_date} AS game_date, {is_home} AS is_home, t.team,
             o.team AS opponent,
             CASE WHEN {is_home} THEN t.team ELSE o.team END AS home_team,
             CASE WHEN {is_home} THEN t.number ELSE o.number END AS home_number,
             CASE WHEN {is_home} THEN o.team ELSE t.team END AS away_team,
             g.nba_game_id, coalesce(g.season_type, {_SEASON_TYPE}) AS nba_season_type,
             g.game_date AS id_date,
             g.home_team AS id_home, g.problem AS game_problem,
             coalesce(t.problem, o.problem) AS team_problem,
             try_cast(f.team_id AS BIGINT) AS team_id,
             {minutes} AS team_minutes, {tipoff} AS tipoff_at,
             {stat_columns(NBA_STATS)}, {whole_number("f.plus_minus")} AS plus_minus
      FROM source_file AS f
      LEFT JOIN team_names AS t ON t.spelling = f.team_abbreviation
      LEFT JOIN game_names AS g ON g.spelling = f.game_id::VARCHAR
      LEFT JOIN team_names AS o ON o.spelling = f.{opponent})
    SELECT source_row, {GAME_COLUMNS}, team, opponent, is_home, team_id, tipoff_at, team_minutes,
           fg, fga, fg3, fg3a, ft, fta, orb, drb, ast, stl, blk, tov, pf, pts, plus_minus,
           CASE WHEN game_problem IS NOT NULL THEN game_problem
                WHEN game_date IS NULL THEN 'the date is missing or malformed'
                WHEN nba_season_type IN ('preseason', 'all-star') THEN 'not a game that counts'
                {GAME_ID_PROBLEMS}
                WHEN team_problem IS NOT NULL THEN team_problem
                WHEN team IS NULL OR opponent IS NULL OR is_home IS NULL
                  THEN 'the team, the opponent or the home side is missing'
                WHEN team = opponent THEN 'a team plays itself'
                WHEN id_home <> home_team THEN 'the game id names another home team'
                {stats_problems(MOST_OF_A_TEAM)} END AS problem
    FROM p"""


SHAPE = Shape(
    table="landing.nba_team_gamelogs",
    required=frozenset([*_COMMON.split(), "game_date", "matchup", "min"]),
    key=("own_game_id", "team"),
    teams=("team_abbreviation", "_opponent"),
    games=("game_id",),
    query=_query(
        calendar_date("f.game_date"),
        "_opponent",
        "CASE WHEN f.matchup LIKE '% vs. %' THEN true WHEN f.matchup LIKE '% @ %' THEN false END",
        "try_cast(f.min AS INTEGER)",
        "NULL::TIMESTAMP",
    ),
)

_TIPOFF = utc_moment("f.game_time_utc")

SHAPE_WITH_TIPOFF = Shape(
    table="landing.nba_team_gamelogs",
    required=frozenset([*_COMMON.split(), "game_time_utc", "opponent", "is_home"]),
    key=SHAPE.key,
    teams=("team_abbreviation", "opponent"),
    games=("game_id",),
    query=_query(
        eastern_date_sql(_TIPOFF),
        "opponent",
        "try_cast(f.is_home AS BOOLEAN)",
        "NULL::INTEGER",
        _TIPOFF,
    ),
)
