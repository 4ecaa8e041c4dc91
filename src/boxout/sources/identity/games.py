"""Every known format of a game id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from boxout.errors import IdentityError
from boxout.sources.identity.teams import TEAM_IDS, parse_team

# NBA game ids open with a kind of game; 3 is the All-Star game, which counts for nobody.
SEASON_TYPES = {
    "001": "preseason",
    "002": "regular",
    "003": "all-star",
    "004": "playoffs",
    "005": "play-in",
    "006": "cup-final",
}
TEAM_ID_BASE = 1610612700
# 00, the kind of game, the season's first year, and a number that has always begun with 0: so that
# a bare date such as 20231024 is none.
_NBA = re.compile(r"^00[1-6][0-9]{2}0[0-9]{4}$")
_NATURAL = re.compile(r"^(?P<day>[0-9]{8})_(?P<away>[A-Za-z]{2,4})_(?P<home>[A-Za-z]{2,4})$")
_BREF = re.compile(r"^(?P<day>[0-9]{8})0(?P<home>[A-Z]{3})$")


@dataclass(frozen=True)
class GameId:
    """What a game id says.

    Attributes
    ----------
    nba_game_id
        The ten-digit NBA id, where the id is one.
    game_date, home_team, away_team
        What ids that are built from date and teams say.
    """

    nba_game_id: str | None = None
    game_date: date | None = None
    home_team: str | None = None
    away_team: str | None = None

    @property
    def season_type(self) -> str | None:
        """regular, playoffs and so on, where the id says it."""
        return SEASON_TYPES.get(self.nba_game_id[:3]) if self.nba_game_id else None


def parse_game_id(text: str | int) -> GameId:
    """Parse a game id in any known format.

    Parameters
    ----------
    text
        '0022300061'; 22300061 or '22300061' with its leading zeros lost;
        '20231024_LAL_DEN' (date, visitor, home); '202310240DEN' (Basketball-Reference).

    Raises
    ------
    IdentityError
        When the id is in none of these formats.
    """
    text = str(text).strip()
    padded = text.zfill(10) if text.isdigit() and len(text) >= 8 else text
    if _NBA.match(padded):
        return GameId(nba_game_id=padded)
    match = _NATURAL.match(text) or _BREF.match(text)
    if match is None:
        raise IdentityError(
            f"{text!r} is no known format of a game id.",
            "",
            "Known: 0022300061, 22300061, 20231024_LAL_DEN, 202310240DEN.",
        )
    try:
        day = datetime.strptime(match["day"], "%Y%m%d").date()
    except ValueError:
        raise IdentityError(f"{text!r} holds no date.", "", "Mend the id at its source.") from None
    away = match.groupdict().get("away")
    return GameId(None, day, parse_team(match["home"]), parse_team(away) if away else None)


def own_game_id(game_date: date, home_team: str) -> str:
    """Return our stable id of a game: 9, the date as YYMMDD, and the home team's number.

    A team is at home at most once a date, so this names a game before any source has given
    it an NBA id. NBA ids open with 00, so the two never collide.
    """
    return f"9{game_date:%y%m%d}{TEAM_IDS[home_team] - TEAM_ID_BASE:03d}"


def own_game_id_sql(game_date: str, home_team_id: str) -> str:
    """SQL of `own_game_id`, of a date and the NBA id of the home team."""
    return (
        f"'9' || strftime({game_date}, '%y%m%d') || "
        f"lpad(CAST({home_team_id} - {TEAM_ID_BASE} AS VARCHAR), 3, '0')"
    )
