"""The faults that can be rehearsed, each with the cause that the diagnosis must name.

A spoiled file is written by a query over the clean one, called `file`. In it $day stands for one
game date of the file, $after for the date after which its rows are spoiled, $team for a team.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from string import Template

from boxout.pipeline.diagnose.findings import HELD_BACK, REPAIRED

LOGS, BOX, SHOTS = (
    "landing.nba_team_gamelogs",
    "landing.bref_player_boxscores",
    "landing.nba_shots",
)
# Faults that the engine has nothing to hold back or repair for.
HARMLESS = "nothing to hold back"


@dataclass(frozen=True)
class Fault:
    """One fault that is planted in source files.

    Attributes
    ----------
    name
        What it is rehearsed by.
    kind, status
        The cause that the diagnosis must name, and whether the data is held back or read all
        the same.
    what
        One sentence for people.
    table
        The landing table whose file is spoiled.
    query
        The spoiled file, as SQL over `file`.
    seasons
        How many seasons' files are spoiled.
    """

    name: str
    kind: str
    what: str
    table: str
    query: str
    status: str = HELD_BACK
    seasons: int = 1

    @property
    def day(self) -> str:
        """The SQL of a row's game date in the file."""
        return _LOG_DAY if self.table == LOGS else _BOX_DAY

    def written(self, *, day: date, after: date, team: str) -> str:
        """Return the query with its date, the date after which it spoils, and its team."""
        return Template(self.query).safe_substitute(
            day=f"DATE '{day}'", after=f"DATE '{after}'", team=f"'{team}'"
        )


def _late(expression: str, column: str, day: str) -> str:
    """Return the query that changes one column from $after on."""
    return (
        f"SELECT * REPLACE (CASE WHEN {day} > $after THEN {expression} ELSE {column} END "
        f"AS {column}) FROM file"
    )


_LOG_DAY, _BOX_DAY = "GAME_DATE::DATE", "game_date::DATE"
_OTHER = "regexp_extract(MATCHUP, '([A-Z]+)$', 1)"
_NATURAL = (
    f"strftime({_LOG_DAY}, '%Y%m%d') || '_' || CASE WHEN MATCHUP LIKE '% @ %' "
    f"THEN TEAM_ABBREVIATION || '_' || {_OTHER} ELSE {_OTHER} || '_' || TEAM_ABBREVIATION END"
)
# Each byte of the UTF-8 taken for a letter of its own: what a reader sees who takes it for Latin-1.
_MISREAD = (
    "array_to_string(list_transform(regexp_extract_all(hex(encode({})), '..'), "
    "pair -> chr(('0x' || pair)::INTEGER)), '')"
)
_ONCE = _MISREAD.format("player_name")
_TWICE = _MISREAD.format(f"({_ONCE})")

FAULTS = (
    Fault(
        "game-id-format",
        "game-id-format",
        "The incident: from the middle of two seasons on, team logs write game ids in a form that "
        "nothing can be joined by.",
        LOGS,
        _late(f"strftime({_LOG_DAY}, '%Y%m%d') || '-' || TEAM_ABBREVIATION", "GAME_ID", _LOG_DAY),
        seasons=2,
    ),
    Fault(
        "date-for-game-id",
        "game-id-format",
        "Team logs write the bare date for the game id, eight digits as an NBA id without its "
        "zeros has.",
        LOGS,
        _late(f"strftime({_LOG_DAY}, '%Y%m%d')", "GAME_ID", _LOG_DAY),
    ),
    Fault(
        "game-id-of-another-season",
        "game-id-format",
        "Team logs write game ids with the season's second year in place of its first.",
        LOGS,
        _late(
            "left(GAME_ID::VARCHAR, 3) || lpad(((substr(GAME_ID::VARCHAR, 4, 2)::INTEGER + 1) "
            "% 100)::VARCHAR, 2, '0') || right(GAME_ID::VARCHAR, 5)",
            "GAME_ID",
            _LOG_DAY,
        ),
    ),
    Fault(
        "known-game-id-format",
        "game-id-format",
        "Team logs write game ids as date, visitor and home, which boxout can read.",
        LOGS,
        _late(_NATURAL, "GAME_ID", _LOG_DAY),
        REPAIRED,
    ),
    Fault(
        "lost-leading-zeros",
        "lost-leading-zeros",
        "Game ids of the team logs went through a spreadsheet and lost their leading zeros.",
        LOGS,
        _late("ltrim(GAME_ID::VARCHAR, '0')", "GAME_ID", _LOG_DAY),
        REPAIRED,
    ),
    Fault(
        "wrong-team-codes",
        "team-codes",
        "Team logs write one team with a code that nobody knows.",
        LOGS,
        _late(
            "CASE WHEN TEAM_ABBREVIATION = $team THEN 'X' || left($team, 1) || 'Q' "
            "ELSE TEAM_ABBREVIATION END",
            "TEAM_ABBREVIATION",
            _LOG_DAY,
        ),
    ),
    Fault(
        "missing-team-rows",
        "missing-team-rows",
        "One team's rows are missing from the team logs.",
        LOGS,
        f"SELECT * FROM file WHERE NOT (TEAM_ABBREVIATION = $team AND {_LOG_DAY} > $after)",
    ),
    Fault(
        "duplicated-rows",
        "duplicated-rows",
        "A delete failed silently and one date was written twenty times.",
        BOX,
        "SELECT f.* FROM file AS f, "
        f"range(CASE WHEN f.{_BOX_DAY} = $day THEN 20 ELSE 1 END)",
        REPAIRED,
    ),
    Fault(
        "contradicting-rows",
        "duplicated-rows",
        "A date is there twice, with other numbers the second time.",
        BOX,
        f"SELECT * FROM file UNION ALL SELECT * REPLACE (tov + 1 AS tov) FROM file "
        f"WHERE {_BOX_DAY} = $day",
    ),
    Fault(
        "minutes-unparsed",
        "minutes-unparsed",
        "Box lines write minutes as 34:12.",
        BOX,
        f"SELECT * REPLACE (CASE WHEN {_BOX_DAY} > $after AND mp::DOUBLE > 0 "
        "THEN floor(mp::DOUBLE)::INTEGER || ':' || "
        "lpad(round((mp::DOUBLE % 1) * 60)::INTEGER::VARCHAR, 2, '0') "
        "ELSE mp::VARCHAR END AS mp) FROM file",
    ),
    Fault(
        "names-double-encoded",
        "names-double-encoded",
        "Names of the box lines were encoded twice over, once more than can be undone.",
        BOX,
        f"SELECT * REPLACE (CASE WHEN {_BOX_DAY} > $after THEN {_TWICE} ELSE player_name END "
        "AS player_name) FROM file",
    ),
    Fault(
        "names-encoded-once-more",
        "names-double-encoded",
        "Names of the box lines were encoded once more than before, which boxout can undo.",
        BOX,
        f"SELECT * REPLACE (CASE WHEN {_BOX_DAY} > $after THEN {_ONCE} ELSE player_name END "
        "AS player_name) FROM file",
        REPAIRED,
    ),
    Fault(
        "dates-shifted",
        "dates-shifted",
        "Team logs have the UTC date of evening games, a day late.",
        LOGS,
        f"SELECT * REPLACE (CASE WHEN {_LOG_DAY} > $after THEN ({_LOG_DAY} + 1)::VARCHAR "
        "ELSE GAME_DATE::VARCHAR END AS GAME_DATE) FROM file",
    ),
    Fault(
        "season-missing",
        "season-missing",
        "The team logs of a season came back empty.",
        LOGS,
        "SELECT * FROM file WHERE false",
    ),
    Fault(
        "column-renamed",
        "column-renamed",
        "The source renamed a column of the team logs.",
        LOGS,
        "SELECT * EXCLUDE (FGA), FGA AS FG_ATT FROM file",
    ),
    Fault(
        "home-away-swapped",
        "home-away-swapped",
        "The home flag of the team logs is inverted.",
        LOGS,
        _late(
            "CASE WHEN MATCHUP LIKE '% @ %' THEN replace(MATCHUP, ' @ ', ' vs. ') "
            "ELSE replace(MATCHUP, ' vs. ', ' @ ') END",
            "MATCHUP",
            _LOG_DAY,
        ),
    ),
    Fault(
        "partial-write",
        "partial-write",
        "Only two teams of one date were saved, and the job said success.",
        LOGS,
        f"SELECT * FROM file WHERE {_LOG_DAY} <> $day OR TEAM_ABBREVIATION IN (SELECT "
        f"TEAM_ABBREVIATION FROM file WHERE {_LOG_DAY} = $day ORDER BY 1 LIMIT 2)",
    ),
    Fault(
        "column-constant",
        "column-constant",
        "Nobody computes steals any more: they are 0 for everybody.",
        BOX,
        "SELECT * REPLACE (0 AS stl) FROM file",
    ),
)  # fmt: skip
BY_NAME = {fault.name: fault for fault in FAULTS}
