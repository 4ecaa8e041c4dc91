"""The files themselves, one function a file, each in the shape of a public source."""

from __future__ import annotations

import numpy as np

from boxout.sources.simulator.columns import Columns
from boxout.sources.simulator.writing import REASONS, Writer

# The season from which team game logs have the tip-off and no minutes.
TIPOFF_SEASON = 2025
SHOT_SEASONS = (2022, 2023, 2024)


def write_schedule(writer: Writer) -> None:
    """Write every game that is listed, played or to come."""
    writer.write(
        "schedule",
        "SELECT game_date, home_code AS home_team, away_code AS away_team, tipoff_utc, "
        "type_name AS season_type, status, game_id FROM games ORDER BY game_date, game_id",
    )


def write_players(writer: Writer) -> None:
    """Write who has been on a roster, with the first date."""
    writer.write(
        "players",
        """
        SELECT name AS player_name, player_id, birth_date, position, height AS height_inches,
               min(game_date) AS first_seen
        FROM lines JOIN games USING (game) JOIN people USING (person)
        GROUP BY ALL ORDER BY player_id
        """,
    )


def write_boxscores(writer: Writer, season: str) -> None:
    """Write a season's box lines as Basketball-Reference has them, names double-encoded."""
    writer.write(
        f"bref/player_boxscores_{season}",
        f"""
        SELECT season, game_date, strftime(game_date, '%Y%m%d') || '0' || home_bref
                 AS bref_game_id, home_bref AS home_team, away_bref AS visitor_team,
               home_pts, away_pts AS visitor_pts, garbled AS player_name,
               CASE WHEN side = 0 THEN home_bref ELSE away_bref END AS team,
               side = 0 AS is_home, is_starter, minutes AS mp, fg, fga, fg3, fg3a, ft, fta,
               orb, drb, orb + drb AS trb, ast, stl, blk, tov, pf, pts, plus_minus
        FROM lines JOIN games USING (game) JOIN people USING (person)
        WHERE season = '{season}' AND status = 'final' AND is_listed
        ORDER BY game_date, game, side, is_starter DESC, minutes DESC, person
        """,
    )


def write_team_gamelogs(writer: Writer, season: str, start_year: int) -> None:
    """Write a season's team game logs as NBA Stats has them: no play-in, no cup final."""
    if start_year < TIPOFF_SEASON:
        place = (
            "team_name AS TEAM_NAME, game_id AS GAME_ID, game_date::VARCHAR AS GAME_DATE, "
            "code || CASE WHEN side = 0 THEN ' vs. ' ELSE ' @ ' END || rival AS MATCHUP, "
            "240 + 25 * overtimes AS MIN"
        )
    else:
        place = (
            "game_id AS GAME_ID, strftime(tipoff_utc, '%Y-%m-%d %H:%M:%S+00:00') "
            "AS GAME_TIME_UTC, rival AS OPPONENT, side = 0 AS IS_HOME"
        )
    writer.write(
        f"nba/team_gamelogs_{season}",
        f"""
        WITH totals AS (
          SELECT game, side, sum(fg) AS fg, sum(fga) AS fga, sum(fg3) AS fg3, sum(fg3a) AS fg3a,
                 sum(ft) AS ft, sum(fta) AS fta, sum(orb) AS orb, sum(drb) AS drb,
                 sum(ast) AS ast, sum(stl) AS stl, sum(blk) AS blk,
                 sum(tov) + any_value(team_tov) AS tov, sum(pf) AS pf, sum(pts) AS pts
          FROM lines JOIN team_turnovers USING (game, side) GROUP BY game, side),
        named AS (
          SELECT t.*, g.*, own.code, own.team_id, own.name AS team_name, other.code AS rival,
                 2 * t.pts - home_pts - away_pts AS margin
          FROM totals AS t JOIN games AS g USING (game)
          JOIN teams AS own ON own.team = CASE WHEN side = 0 THEN home ELSE away END
          JOIN teams AS other ON other.team = CASE WHEN side = 0 THEN away ELSE home END
          WHERE season = '{season}' AND status = 'final'
            AND type_name IN ('regular', 'playoffs'))
        SELECT CASE type_name WHEN 'playoffs' THEN '4' ELSE '2' END || '{start_year}' AS SEASON_ID,
               team_id AS TEAM_ID, code AS TEAM_ABBREVIATION, {place},
               CASE WHEN margin > 0 THEN 'W' ELSE 'L' END AS WL, fg AS FGM, fga AS FGA,
               fg3 AS FG3M, fg3a AS FG3A, ft AS FTM, fta AS FTA, orb AS OREB, drb AS DREB,
               orb + drb AS REB, ast AS AST, stl AS STL, blk AS BLK, tov AS TOV, pf AS PF,
               pts AS PTS, margin AS PLUS_MINUS
        FROM named ORDER BY game_id, side
        """,
    )


def write_shots(writer: Writer, season: str, shots: Columns) -> None:
    """Write a season's shots as NBA Stats has them: game ids without their leading zeros."""
    writer.load("shots", shots)
    writer.write(
        f"nba/shots_{season}",
        """
        SELECT season AS SEASON, t.team_id AS TEAM_ID, t.name AS TEAM_NAME, player_id AS PLAYER_ID,
               p.name AS PLAYER_NAME, game_date AS GAME_DATE, game_id::BIGINT AS GAME_ID,
               home_code AS HOME_TEAM, away_code AS AWAY_TEAM, made AS SHOT_MADE,
               CASE WHEN is_pull_up THEN pull_up_action ELSE action END AS ACTION_TYPE,
               CASE WHEN zone >= 3 THEN '3PT Field Goal' ELSE '2PT Field Goal' END AS SHOT_TYPE,
               basic_zone AS BASIC_ZONE,
               CASE WHEN zone = 6 THEN 'Back Court' WHEN loc_x < -8 THEN 'Left Side'
                    WHEN loc_x > 8 THEN 'Right Side' ELSE 'Center' END AS ZONE_NAME,
               zone_range AS ZONE_RANGE, loc_x AS LOC_X, loc_y AS LOC_Y,
               distance AS SHOT_DISTANCE, period AS QUARTER, seconds // 60 AS MINS_LEFT,
               seconds % 60 AS SECS_LEFT
        FROM shots JOIN games USING (game) JOIN zones USING (zone) JOIN people AS p USING (person)
        JOIN teams AS t ON t.team = CASE WHEN side = 0 THEN home ELSE away END
        ORDER BY game_id, QUARTER, seconds DESC, person, loc_x, loc_y
        """,
    )


def write_injuries(writer: Writer, rng: np.random.Generator) -> None:
    """Write the injury report: who is out, and who plays after all, a few of them doubtful."""
    count = int(writer.connection.execute("SELECT count(*) FROM lines").fetchall()[0][0])
    writer.load(
        "reports",
        {
            "row_number": np.arange(count),
            "chance": rng.random(count),
            "hours": rng.integers(2, 9, count),
            "reason": rng.integers(0, len(REASONS), count),
        },
    )
    writer.write(
        "injuries",
        """
        SELECT tipoff_utc - to_hours(hours::INTEGER) AS report_utc, game_date,
               CASE WHEN side = 0 THEN home_code ELSE away_code END AS team,
               p.name AS player_name,
               CASE WHEN is_out AND chance < 0.85 THEN 'out'
                    WHEN is_out OR chance < 0.004 THEN 'doubtful'
                    ELSE 'questionable' END AS status,
               r.name AS reason
        FROM (SELECT *, row_number() OVER () - 1 AS row_number FROM lines) AS l
        JOIN reports USING (row_number) JOIN games USING (game)
        JOIN people AS p USING (person) JOIN reasons AS r ON r.code = reports.reason
        WHERE is_out OR (minutes > 0 AND chance < 0.04)
        ORDER BY report_utc, game_date, team, player_name
        """,
    )


def write_lineups(writer: Writer) -> None:
    """Write the lineups of the next date, announced so far: every second game's."""
    writer.write(
        "lineups",
        """
        SELECT tipoff_utc - to_minutes(30) AS announced_utc, game_date,
               CASE WHEN side = 0 THEN home_code ELSE away_code END AS team,
               p.name AS player_name
        FROM lines JOIN (
          SELECT *, row_number() OVER (ORDER BY game_id) AS place FROM games
          WHERE game_date = (SELECT min(game_date) FROM games WHERE status = 'scheduled'))
          USING (game) JOIN people AS p USING (person)
        WHERE is_starter AND place % 2 = 1
        ORDER BY announced_utc, team, player_name
        """,
    )


def write_game_lines(writer: Writer, columns: Columns) -> None:
    """Write spreads, totals and moneylines; team codes in lower case, as some books write them."""
    writer.load("game_lines", columns)
    writer.write(
        "odds/game_lines",
        """
        SELECT start_year + 1 AS season, game_date AS date, away_odds AS away, home_odds AS home,
               CASE WHEN status = 'final' THEN away_pts END AS score_away,
               CASE WHEN status = 'final' THEN home_pts END AS score_home,
               CASE WHEN home_favored THEN 'home' ELSE 'away' END AS whos_favored,
               spread, total, moneyline_away, moneyline_home
        FROM game_lines JOIN games USING (game) ORDER BY date, game_id
        """,
    )


_LINES = """
    SELECT *, p.name AS player_name, b.name AS bookmaker_name, m.name AS market_name,
           tipoff_utc - to_minutes(minutes_to_tip::INTEGER) AS captured
    FROM prop_lines AS l JOIN games USING (game) JOIN people AS p USING (person)
    JOIN bookmakers AS b ON b.code = l.bookmaker JOIN markets AS m ON m.code = l.market"""


def write_pra_lines(writer: Writer, season: str, columns: Columns) -> None:
    """Write points+rebounds+assists lines with the UTC date of the tip-off."""
    writer.load("prop_lines", columns)
    writer.write(
        f"odds/pra_lines_{season}",
        f"""
        SELECT player_name, tipoff_utc::DATE AS event_date, home_name AS home_team,
               away_name AS away_team, bookmaker_name AS bookmaker, line,
               captured AT TIME ZONE 'UTC' AS timestamp, over_price, under_price
        FROM ({_LINES}) ORDER BY captured, player_name, bookmaker
        """,
    )


def write_prop_lines(writer: Writer, season: str, columns: Columns) -> None:
    """Write lines of several markets with the tip-off itself."""
    writer.load("prop_lines", columns)
    writer.write(
        f"odds/prop_lines_{season}",
        f"""
        SELECT player_name, tipoff_utc AT TIME ZONE 'UTC' AS commence_time, home_name AS home_team,
               away_name AS away_team, bookmaker_name AS bookmaker, market_name AS market, line,
               captured AT TIME ZONE 'UTC' AS timestamp, over_price, under_price
        FROM ({_LINES}) ORDER BY captured, player_name, market, bookmaker
        """,
    )
