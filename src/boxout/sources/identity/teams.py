"""Every way to write an NBA team, and the team's canonical tricode and NBA id."""

from __future__ import annotations

import re

from boxout.errors import IdentityError

# tricode: (NBA team id, city, nickname, other codes that sources use)
_TEAMS: dict[str, tuple[int, str, str, tuple[str, ...]]] = {
    "ATL": (1610612737, "Atlanta", "Hawks", ()),
    "BOS": (1610612738, "Boston", "Celtics", ()),
    "CLE": (1610612739, "Cleveland", "Cavaliers", ()),
    "NOP": (1610612740, "New Orleans", "Pelicans", ("NO", "NOH", "NOK", "NOR")),
    "CHI": (1610612741, "Chicago", "Bulls", ()),
    "DAL": (1610612742, "Dallas", "Mavericks", ()),
    "DEN": (1610612743, "Denver", "Nuggets", ()),
    "GSW": (1610612744, "Golden State", "Warriors", ("GS", "GOS")),
    "HOU": (1610612745, "Houston", "Rockets", ()),
    "LAC": (1610612746, "Los Angeles", "Clippers", ()),
    "LAL": (1610612747, "Los Angeles", "Lakers", ()),
    "MIA": (1610612748, "Miami", "Heat", ()),
    "MIL": (1610612749, "Milwaukee", "Bucks", ()),
    "MIN": (1610612750, "Minnesota", "Timberwolves", ()),
    "BKN": (1610612751, "Brooklyn", "Nets", ("BRK", "BK", "NJN", "NJ")),
    "NYK": (1610612752, "New York", "Knicks", ("NY",)),
    "ORL": (1610612753, "Orlando", "Magic", ()),
    "IND": (1610612754, "Indiana", "Pacers", ()),
    "PHI": (1610612755, "Philadelphia", "76ers", ("PHL",)),
    "PHX": (1610612756, "Phoenix", "Suns", ("PHO",)),
    "POR": (1610612757, "Portland", "Trail Blazers", ()),
    "SAC": (1610612758, "Sacramento", "Kings", ()),
    "SAS": (1610612759, "San Antonio", "Spurs", ("SA", "SAN")),
    "OKC": (1610612760, "Oklahoma City", "Thunder", ("SEA",)),
    "TOR": (1610612761, "Toronto", "Raptors", ()),
    "UTA": (1610612762, "Utah", "Jazz", ("UTAH", "UTH")),
    "MEM": (1610612763, "Memphis", "Grizzlies", ("VAN",)),
    "WAS": (1610612764, "Washington", "Wizards", ("WSH",)),
    "DET": (1610612765, "Detroit", "Pistons", ()),
    "CHA": (1610612766, "Charlotte", "Hornets", ("CHO", "CHH")),
}
# Names that no pattern gives.
_OTHER_NAMES = {
    "la clippers": "LAC",
    "la lakers": "LAL",
    "charlotte bobcats": "CHA",
    "new orleans hornets": "NOP",
    "new jersey nets": "BKN",
    "seattle supersonics": "OKC",
    "blazers": "POR",
    "sixers": "PHI",
}

TEAM_IDS: dict[str, int] = {code: team[0] for code, team in _TEAMS.items()}
TEAM_NAMES: dict[str, str] = {code: f"{team[1]} {team[2]}" for code, team in _TEAMS.items()}


def _spellings() -> dict[str, str]:
    known = dict(_OTHER_NAMES)
    for code, (team_id, city, nickname, others) in _TEAMS.items():
        for spelling in (code, str(team_id), nickname, f"{city} {nickname}", *others):
            known[spelling.lower()] = code
    return known


_SPELLINGS = _spellings()


def parse_team(text: str) -> str:
    """Return the canonical tricode of a team.

    Parameters
    ----------
    text
        A tricode of any source, an NBA team id, a nickname or a full name, in any case.

    Raises
    ------
    IdentityError
        When no team is written so.
    """
    code = _SPELLINGS.get(re.sub(r"\s+", " ", text.strip().lower()))
    if code is None:
        raise IdentityError(
            f"{text!r} is not an NBA team.", "", "Use a tricode such as DEN, or the full name."
        )
    return code
