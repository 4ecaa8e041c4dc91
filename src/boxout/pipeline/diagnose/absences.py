"""Causes that show as rows which the schedule expects and a source did not bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from boxout.pipeline.diagnose.findings import Finding
from boxout.pipeline.diagnose.question import SUSPECT, Question

# Of a date's teams so many must be missing to speak of a writer that stopped half way.
PARTIAL_SHARE = 0.4
LEAST_TEAMS = 4
_SCHEDULE = "SELECT * FROM lake.raw.games WHERE status = 'final'"
_TEAM_LOGS = "SELECT DISTINCT game_date, team FROM lake.landing.nba_team_gamelogs"
# The dates that are looked at: those in question, or their whole seasons.
_LOOKED_AT = {
    False: f"d.game_date IN (SELECT game_date FROM {SUSPECT})",
    True: f"d.season IN (SELECT season FROM {SUSPECT})",
}
_SHOTS = "SELECT DISTINCT game_date, team FROM lake.landing.nba_shots"
# The NBA's team logs have neither the play-in nor the cup final.
_IN_TEAM_LOGS = "season_type IS NULL OR season_type NOT IN ('play-in', 'cup-final')"


@dataclass(frozen=True)
class Expected:
    """What a table's source has to have: of which games, and what a team has there on a date.

    Attributes
    ----------
    games
        The query of the games that were played.
    covered
        Which of them the source has.
    present
        The query of the dates and teams that are there.
    counted_by
        The season's check that counts what is missing, where one does: then all of the season is
        looked at and not only what is held back, for a date without rows is held back by nothing.
    """

    source: str
    present: str
    covered: str = "true"
    games: str = _SCHEDULE
    counted_by: str | None = None


EXPECTED = {
    # The schedule itself is in question there: the box lines say what was played.
    "raw.games": Expected(
        "landing.nba_team_gamelogs",
        _TEAM_LOGS,
        _IN_TEAM_LOGS,
        "SELECT DISTINCT season, game_date, home_team, away_team, season_type "
        "FROM lake.landing.bref_player_boxscores",
    ),
    "raw.team_boxscores": Expected("landing.nba_team_gamelogs", _TEAM_LOGS, _IN_TEAM_LOGS),
    "raw.player_boxscores": Expected(
        "landing.bref_player_boxscores",
        """
        SELECT game_date, team FROM (
          SELECT game_date, team, player_key, minutes FROM lake.landing.bref_player_boxscores
          UNION SELECT game_date, team, player_key, minutes FROM lake.landing.nba_player_gamelogs)
        WHERE minutes > 0 GROUP BY game_date, team HAVING count(DISTINCT player_key) >= 5""",
    ),
    "raw.shots": Expected(
        "landing.nba_shots",
        _SHOTS,
        # Shots come later than results, and are of the regular season alone.
        "season_type = 'regular' AND game_date < (SELECT max(s.game_date) "
        "FROM lake.landing.nba_shots AS s WHERE s.season = g.season)",
        counted_by="earlier_games_have_their_shots",
    ),
}


def missing_rows(question: Question) -> list[Finding]:
    """Return what is missing of the teams that played: a season, dates, parts of dates, teams.

    Dates on which the source's rows were refused are left to `arrivals`.
    """
    expected = EXPECTED.get(question.table.name)
    if expected is None:
        return []
    source, present = expected.source, expected.present
    is_counted = expected.counted_by in {check["check_name"] for check in question.checks}
    question.warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE team_dates AS
        SELECT t.*, p.team IS NOT NULL AS is_there
        FROM (SELECT g.season, g.game_date, unnest([home_team, away_team]) AS team
              FROM ({expected.games}) AS g JOIN known_dates AS d USING (game_date)
              WHERE ({expected.covered}) AND ({_LOOKED_AT[is_counted]})
                AND game_date NOT IN (
                  SELECT game_date FROM lake.ledger.quarantine
                  WHERE table_name = '{source}' AND source_file IS NOT NULL
                    AND game_date IS NOT NULL)) AS t
        LEFT JOIN ({present}) AS p USING (game_date, team)
        """
    )
    rows = question.records(
        f"""
        WITH seasons AS (
          SELECT t.season, (SELECT count(*) FROM ({present}) AS p JOIN known_dates AS k
                            USING (game_date) WHERE k.season = t.season) = 0 AS is_whole
          FROM (SELECT DISTINCT season FROM team_dates) AS t),
        dates AS (
          SELECT season, game_date, count(*) AS expected,
                 count(*) FILTER (NOT is_there) AS missing,
                 list(team ORDER BY team) FILTER (NOT is_there) AS teams
          FROM team_dates GROUP BY season, game_date),
        kinds AS (
          SELECT *, CASE WHEN is_whole THEN 'season-missing' WHEN missing = expected THEN
                      'dates-missing'
                    WHEN expected >= {LEAST_TEAMS} AND missing >= {PARTIAL_SHARE} * expected
                      THEN 'partial-write'
                    ELSE 'missing-team-rows' END AS kind
          FROM dates JOIN seasons USING (season) WHERE missing > 0)
        SELECT kind, sum(missing)::BIGINT AS missing, sum(expected)::BIGINT AS expected,
               count(*) AS dates, min(game_date) AS first_date, max(game_date) AS last_date,
               list(DISTINCT season ORDER BY season) AS seasons,
               list_sort(list_distinct(flatten(list(teams)))) AS teams,
               list_slice(list(game_date || ': ' || (expected - missing) || ' of ' || expected ||
                               ' teams' ORDER BY missing DESC, game_date), 1, 3) AS samples
        FROM kinds GROUP BY kind ORDER BY dates DESC
        """
    )
    # Of what a check counts all is found; else what is missing explains the dates that it is on.
    unit, whole = ("dates", question.dates)
    if is_counted:
        unit, whole = ("missing", sum(row["missing"] for row in rows))
    return [_finding(question, source, row, row[unit] / whole) for row in rows]


def _finding(question: Question, source: str, row: dict[str, Any], explains: float) -> Finding:
    lacking = f"{row['missing']:,} of {row['expected']:,} teams' rows are missing"
    what = {
        "season-missing": f"The source has nothing of {', '.join(row['seasons'])}: {lacking}.",
        "dates-missing": f"The source has nothing of {row['dates']} dates: {lacking}.",
        "partial-write": f"{row['dates']} dates were saved in part: {lacking}.",
        "missing-team-rows": f"{lacking} on {row['dates']} dates, of "
        f"{', '.join(row['teams'][:6])}{' and others' if len(row['teams']) > 6 else ''}.",
    }[row["kind"]]
    what += _taken_back(question, source, row["first_date"], row["last_date"])
    files = question.records(
        f"SELECT source_file, count(*) AS n FROM lake.{source} AS l JOIN known_dates AS k "
        "USING (game_date) WHERE k.season IN (SELECT unnest($1::VARCHAR[])) "
        "GROUP BY source_file ORDER BY n DESC, source_file LIMIT 3",
        list(row["seasons"]),
    ) or question.records(
        "SELECT source_file FROM lake.ledger.files WHERE table_name = $1 AND row_count = 0 "
        "ORDER BY ingested_at DESC LIMIT 3",
        source,
    )
    return Finding(
        row["kind"],
        what,
        source,
        row["missing"],
        row["expected"],
        explains=explains,
        samples=tuple(row["samples"]),
        first_date=row["first_date"],
        last_date=row["last_date"],
        seasons=tuple(row["seasons"]),
        teams=tuple(row["teams"]),
        files=tuple(file["source_file"] for file in files),
    )


def _taken_back(question: Question, source: str, first: date, last: date) -> str:
    """Say which files were withdrawn that had rows of the source between two dates."""
    rows = question.records(
        "SELECT source_file, any_value(who) AS who, any_value(reason) AS reason "
        "FROM lake.ledger.withdrawals WHERE table_name = $1 AND undone_at IS NULL "
        "AND first_date <= $3 AND last_date >= $2 GROUP BY source_file ORDER BY source_file",
        source,
        first,
        last,
    )
    said = "; ".join(f"{Path(r['source_file']).name} by {r['who']}: {r['reason']}" for r in rows)
    return f" Withdrawn since: {said}." if said else ""
