"""Bring the league's columns into a database from which its files are written.

Numbers come as columns; names, spellings and ids are joined to them in SQL. Every file that
is written carries the label that tells simulated data from real.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

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
    """Create `games`: names, ids, tip-off, and whether it was played."""
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
