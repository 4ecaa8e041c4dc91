"""Causes that show where sources contradict each other: dates shifted, sides swapped, codes."""

from __future__ import annotations

from typing import Any

from boxout.pipeline.diagnose.findings import Finding
from boxout.pipeline.diagnose.question import SUSPECT, Question
from boxout.sources.identity.teams import TEAM_IDS
from boxout.warehouse.ducklake import LAKE

NEARBY = "INTERVAL 2 DAY"
MENTIONS = "game_mentions"


def collect_mentions(question: Question) -> None:
    """Create `game_mentions`: each game that each source names on or near the dates in question.

    Columns: table_name, game_date, first_team and second_team in the order of the alphabet,
    home_team (null where a source calls both sides visitors, as on neutral courts), source_file
    and when that was ingested.
    """
    parts = [
        f"SELECT '{table.name}' AS table_name, game_date, home_team, away_team, source_file "
        f"FROM {LAKE}.{table.name} WHERE game_date IN (SELECT game_date FROM near_dates)"
        for table in question.graph.landing
        if {"home_team", "away_team"} <= set(table.column_comments)
    ]
    question.warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE near_dates AS SELECT DISTINCT k.game_date "
        f"FROM known_dates AS k JOIN {SUSPECT} AS d ON k.game_date BETWEEN "
        f"d.game_date - {NEARBY} AND d.game_date + {NEARBY}"
    )
    question.warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {MENTIONS} AS
        SELECT m.table_name, game_date, least(home_team, away_team) AS first_team,
               greatest(home_team, away_team) AS second_team,
               CASE WHEN min(home_team) = max(home_team) THEN min(home_team) END AS home_team,
               max(source_file) AS source_file, max(f.ingested_at) AS ingested_at
        FROM ({" UNION ALL ".join(parts)}) AS m LEFT JOIN lake.ledger.files AS f USING (source_file)
        GROUP BY m.table_name, game_date, first_team, second_team
        """
    )


def swapped_sides(question: Question) -> list[Finding]:
    """Return the sources that call the visitors the home team where the others do not."""
    # Of two sources that contradict each other alone, the one that came last is suspected.
    rows = question.records(
        f"""
        WITH votes AS (
          SELECT a.table_name, a.game_date, a.first_team, a.second_team, a.source_file,
                 count(*) FILTER (b.home_team <> a.home_team) AS against,
                 count(*) FILTER (b.home_team = a.home_team) AS agreeing,
                 a.ingested_at >= max(b.ingested_at) AS is_last
          FROM {MENTIONS} AS a JOIN {MENTIONS} AS b
            ON b.game_date = a.game_date AND b.first_team = a.first_team
           AND b.second_team = a.second_team AND b.table_name <> a.table_name
          WHERE a.home_team IS NOT NULL AND b.home_team IS NOT NULL
            AND a.game_date IN (SELECT game_date FROM {SUSPECT})
          GROUP BY a.table_name, a.game_date, a.first_team, a.second_team, a.source_file,
                   a.ingested_at)
        SELECT table_name, count(*) AS total, count(*) FILTER (is_swapped) AS games,
               count(DISTINCT game_date) FILTER (is_swapped) AS dates,
               min(game_date) FILTER (is_swapped) AS first_date,
               max(game_date) FILTER (is_swapped) AS last_date,
               list(DISTINCT source_file) FILTER (is_swapped) AS files,
               list_slice(list(game_date || ' ' || first_team || ' ' || second_team
                               ORDER BY game_date) FILTER (is_swapped), 1, 3) AS samples
        FROM (SELECT *, against > agreeing OR (against = agreeing AND against > 0 AND is_last)
                        AS is_swapped FROM votes)
        GROUP BY table_name HAVING games > 0 ORDER BY games DESC
        """
    )
    return [
        _finding(
            question,
            "home-away-swapped",
            f"{row['games']:,} of {row['total']:,} games have the visitors as the home team, "
            "by what the other sources say.",
            row,
        )
        for row in rows
    ]


def shifted_dates(question: Question) -> list[Finding]:
    """Return the sources whose games other sources have a day earlier or later."""
    findings = []
    for row in question.records(
        f"""
        WITH alone AS (
          SELECT * FROM {MENTIONS} AS a
          WHERE NOT EXISTS (SELECT 1 FROM {MENTIONS} AS b
                            WHERE b.game_date = a.game_date AND b.first_team = a.first_team
                              AND b.second_team = a.second_team AND b.table_name <> a.table_name)),
        moved AS (
          -- the others' date of the game, unless this source has it there as well
          SELECT a.table_name, a.game_date, a.first_team, a.second_team, a.source_file,
                 date_diff('day', b.game_date, a.game_date) AS days,
                 count(DISTINCT b.table_name) AS others, min(b.game_date) AS right_date,
                 a.ingested_at >= max(b.ingested_at) AS is_last
          FROM alone AS a JOIN {MENTIONS} AS b
            ON b.first_team = a.first_team AND b.second_team = a.second_team
           AND b.table_name <> a.table_name AND abs(date_diff('day', b.game_date, a.game_date)) = 1
          WHERE NOT EXISTS (SELECT 1 FROM {MENTIONS} AS o
                            WHERE o.table_name = a.table_name AND o.game_date = b.game_date
                              AND o.first_team = a.first_team AND o.second_team = a.second_team)
          GROUP BY a.table_name, a.game_date, a.first_team, a.second_team, a.source_file,
                   a.ingested_at, days)
        SELECT table_name, days, count(*) AS games, min(game_date) AS first_date,
               max(game_date) AS last_date, list(DISTINCT source_file) AS files,
               (SELECT count(*) FROM alone AS a WHERE a.table_name = m.table_name) AS total,
               (SELECT count(DISTINCT d.game_date) FROM {SUSPECT} AS d
                WHERE d.game_date IN (SELECT unnest(list(m.game_date)))
                   OR d.game_date IN (SELECT unnest(list(m.right_date)))) AS dates,
               list_slice(list(game_date || ' ' || first_team || ' ' || second_team ||
                               ', elsewhere ' || right_date ORDER BY game_date), 1, 3) AS samples
        FROM moved AS m WHERE others > 1 OR is_last
        GROUP BY table_name, days ORDER BY games DESC
        """
    ):
        if row["games"] < row["total"] / 2:
            continue
        later = "later" if row["days"] > 0 else "earlier"
        findings.append(
            _finding(
                question,
                "dates-shifted",
                f"{row['games']:,} games are a day {later} than in the other sources, as when a "
                "time is cut to a date in another time zone.",
                row,
            )
        )
    return findings


def wrong_codes(question: Question) -> list[Finding]:
    """Return the sources whose team code and team id name different teams."""
    known = ", ".join(f"('{code}', {number})" for code, number in TEAM_IDS.items())
    findings = []
    for name in question.landing:
        if not {"team", "team_id"} <= set(question.graph.tables[name].column_comments):
            continue
        row = question.records(
            f"""
            SELECT '{name}' AS table_name, count(*) AS total,
                   count(*) FILTER (is_wrong) AS games,
                   count(DISTINCT game_date) FILTER (is_wrong) AS dates,
                   min(game_date) FILTER (is_wrong) AS first_date,
                   max(game_date) FILTER (is_wrong) AS last_date,
                   list(DISTINCT source_file) FILTER (is_wrong) AS files,
                   list_slice(list(DISTINCT written || ' beside id ' || team_id || ' (' || team ||
                                   ')') FILTER (is_wrong), 1, 3) AS samples,
                   list(DISTINCT written) FILTER (is_wrong) AS teams
            FROM (SELECT l.game_date, l.source_file, l.team AS written, l.team_id, k.team,
                         k.team IS DISTINCT FROM l.team AS is_wrong
                  FROM {LAKE}.{name} AS l LEFT JOIN (VALUES {known}) AS k (team, team_id)
                    USING (team_id)
                  WHERE l.game_date IN (SELECT game_date FROM {SUSPECT}))
            """
        )[0]
        if row["games"]:
            findings.append(
                _finding(
                    question,
                    "team-codes",
                    f"{row['games']:,} of {row['total']:,} rows have a team code that is not "
                    "that of their team id.",
                    row,
                )
            )
    return findings


def _finding(question: Question, kind: str, what: str, row: dict[str, Any]) -> Finding:
    return Finding(
        kind,
        what,
        row["table_name"],
        row["games"],
        max(row["total"], row["games"]),
        explains=min(1.0, row["dates"] / question.dates),
        samples=tuple(row["samples"]),
        first_date=row["first_date"],
        last_date=row["last_date"],
        teams=tuple(row.get("teams") or ()),
        files=tuple(file for file in row["files"] if file),
    )
