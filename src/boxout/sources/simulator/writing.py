"""Write the league's files in the shapes of the public sources, spellings and quirks included.

Numbers come as columns; names and ids are joined to them in SQL. Every file carries the
label that tells simulated data from real.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from boxout.sources.files.reading import SIMULATED_LABEL
from boxout.sources.identity.teams import TEAM_IDS, TEAM_NAMES
from boxout.sources.simulator.calendar import TEAMS
from boxout.sources.simulator.columns import SEASON_TYPES, Columns
from boxout.sources.simulator.odds import BOOKMAKERS, MARKETS
from boxout.sources.simulator.people import POSITIONS, People

# Where a source has a code of its own for a team.
BREF_CODES = {"BKN": "BRK", "CHA": "CHO", "PHX": "PHO"}
ODDS_CODES = {"GSW": "gs", "SAS": "sa", "NYK": "ny", "NOP": "no", "UTA": "utah", "WAS": "wsh"}
ZONES = (
    ("Restricted Area", "Less Than 8 ft.", "Layup Shot", "Driving Layup Shot"),
    ("In The Paint (Non-RA)", "8-16 ft.", "Driving Floating Jump Shot", "Hook Shot"),
    ("Mid-Range", "16-24 ft.", "Jump Shot", "Pullup Jump shot"),
    ("Above the Break 3", "24+ ft.", "Jump Shot", "Step Back Jump shot"),
    ("Left Corner 3", "24+ ft.", "Jump Shot", "Jump Shot"),
    ("Right Corner 3", "24+ ft.", "Jump Shot", "Jump Shot"),
    ("Backcourt", "Back Court Shot", "Jump Shot", "Jump Shot"),
)
REASONS = ("Ankle; Sprain", "Knee; Soreness", "Hamstring; Strain", "Illness", "Rest")
# The season from which team game logs have the tip-off and no minutes.
TIPOFF_SEASON = 2025
SHOT_SEASONS = (2022, 2023, 2024)


class Writer:
    """A folder to write to, and the columns that its files are made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        _create_teams(self.connection)

    def load(self, name: str, columns: Mapping[str, Any]) -> None:
        """Create a table from columns of numbers."""
        source = dict(columns)  # noqa: F841 - the statement reads it by this name
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM source")

    def write(self, name: str, query: str) -> None:
        """Write a query's rows to a labelled Parquet file."""
        path = self.folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        quoted = str(path).replace("'", "''")
        self.connection.execute(
            f"COPY ({query}) TO '{quoted}' "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{SIMULATED_LABEL}: 'true'}})"
        )

    def close(self) -> None:
        """Let go of the tables."""
        self.connection.close()


def _table(connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> None:
    connection.execute(
        f"CREATE TABLE {name} AS SELECT unnest(from_json($1, $2), recursive := true)",
        [
            json.dumps(rows, default=str),
            json.dumps([{key: _kind(value) for key, value in rows[0].items()}]),
        ],
    )


def _kind(value: Any) -> str:
    return {int: "BIGINT", date: "DATE"}.get(type(value), "VARCHAR")


def _create_teams(connection: duckdb.DuckDBPyConnection) -> None:
    _table(
        connection,
        "teams",
        [
            {
                "team": number,
                "code": code,
                "team_id": TEAM_IDS[code],
                "name": TEAM_NAMES[code],
                "bref": BREF_CODES.get(code, code),
                "odds": ODDS_CODES.get(code, code.lower()),
            }
            for number, code in enumerate(TEAMS)
        ],
    )
    for name, values in (("season_types", SEASON_TYPES), ("markets", MARKETS)):
        _table(connection, name, [{"code": i, "name": v} for i, v in enumerate(values)])
    _table(connection, "bookmakers", [{"code": i, "name": v} for i, v in enumerate(BOOKMAKERS)])
    _table(connection, "reasons", [{"code": i, "name": v} for i, v in enumerate(REASONS)])
    names = ("basic_zone", "zone_range", "action", "pull_up_action")
    _table(
        connection,
        "zones",
        [{"zone": i} | dict(zip(names, zone, strict=True)) for i, zone in enumerate(ZONES)],
    )


def load_people(writer: Writer, people: People) -> None:
    """Create `people`: names right and double-encoded, ids, birth dates."""
    _table(
        writer.connection,
        "people",
        [
            {
                "person": i,
                "name": name,
                # What a reader sees who takes UTF-8 for Latin-1.
                "garbled": name.encode("utf-8").decode("latin-1"),
                "player_id": int(people.ids[i]),
                "birth_date": date(int(people.birth_year[i]), 1, 1)
                + timedelta(days=int(people.birth_day[i])),
                "position": POSITIONS[people.position[i]],
                "height": int(people.height[i]),
            }
            for i, name in enumerate(people.names)
        ],
    )


def load_games(writer: Writer, games: Columns, last_final: date, last_listed: date) -> None:
    """Create `games` and `lines_of` helpers: names, ids, tip-off, and whether it was played."""
    writer.load("game_numbers", games)
    writer.connection.execute(
        f"""
        CREATE OR REPLACE TABLE games AS
        SELECT n.*, DATE '0001-01-01' + (n.day - 1)::INTEGER AS game_date,
               CASE WHEN game_date <= DATE '{last_final}' THEN 'final' ELSE 'scheduled' END
                 AS status,
               start_year || '-' || lpad(((start_year + 1) % 100)::VARCHAR, 2, '0') AS season,
               t.name AS type_name,
               CASE t.name WHEN 'playoffs' THEN '004' WHEN 'play-in' THEN '005'
                           WHEN 'cup-final' THEN '006' ELSE '002' END
               || lpad((start_year % 100)::VARCHAR, 2, '0') || lpad(label::VARCHAR, 5, '0')
                 AS game_id,
               ((game_date + to_minutes(tip::INTEGER)) AT TIME ZONE 'America/New_York')
                 AT TIME ZONE 'UTC' AS tipoff_utc,
               h.code AS home_code, a.code AS away_code, h.bref AS home_bref, a.bref AS away_bref,
               h.odds AS home_odds, a.odds AS away_odds, h.name AS home_name, a.name AS away_name
        FROM game_numbers AS n JOIN season_types AS t ON t.code = n.season_type
        JOIN teams AS h ON h.team = n.home JOIN teams AS a ON a.team = n.away
        WHERE game_date <= DATE '{last_listed}'
        """
    )


def load_lines(writer: Writer, lines: Columns, team_turnovers: Columns) -> None:
    """Create `lines`: one row a man on a roster and game, box line included."""
    writer.load("line_numbers", lines)
    writer.load("team_turnovers", team_turnovers)
    writer.connection.execute(
        """
        CREATE OR REPLACE TABLE lines AS
        SELECT *, paint_m + mid_m + three_m AS fg, paint_a + mid_a + three_a AS fga,
               three_m AS fg3, three_a AS fg3a,
               2 * (paint_m + mid_m) + 3 * three_m + ft AS pts
        FROM line_numbers
        """
    )


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
    """Write the injury report: who is out, and a few who are doubtful and play."""
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
               CASE WHEN NOT is_out THEN 'questionable' WHEN chance < 0.85 THEN 'out'
                    ELSE 'doubtful' END AS status,
               r.name AS reason
        FROM (SELECT *, row_number() OVER () - 1 AS row_number FROM lines) AS l
        JOIN reports USING (row_number) JOIN games USING (game)
        JOIN people AS p USING (person) JOIN reasons AS r ON r.code = reports.reason
        WHERE is_out OR (minutes > 0 AND chance < 0.04)
        ORDER BY report_utc, game_date, team, player_name
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
