"""A league of four teams and nine dates whose files can be changed, spoiled and mended at will.

The league knows what is true; the files are written from it anew after each change, so that
box lines, team logs and schedule agree unless a fault is planted on purpose.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

TEAMS = {"DEN": 1610612743, "LAL": 1610612747, "BOS": 1610612738, "MIA": 1610612748}
# Two seasons; each tuple is the dates that one pair of files brings.
BLOCKS = (
    (date(2022, 11, 1), date(2022, 11, 3), date(2022, 11, 4)),
    (date(2023, 11, 1), date(2023, 11, 3)),
    (date(2023, 11, 4), date(2023, 11, 7)),
    (date(2023, 11, 20), date(2023, 11, 21)),
)
SPARE_DATES = (date(2022, 11, 9), date(2023, 11, 2), date(2023, 11, 12))
PLAYERS = 6
STATS = ("orb", "drb", "ast", "stl", "blk", "tov", "pf")
FAULTS = ("half_a_team", "other_points", "unknown_team", "no_box_score", "strangers")


@dataclass
class Game:
    """One game: who, when, and the line of each player."""

    number: int
    block: int
    day: date
    home: str
    away: str
    lines: dict[str, dict[str, int]]
    is_played: bool = True
    postponed_from: list[date] = field(default_factory=list)

    @property
    def game_id(self) -> str:
        """The NBA's id, which a game keeps when it is postponed."""
        return f"00{2}{self.day.year % 100 if self.day.month > 7 else 0:02d}{self.number:05d}"

    def points(self, team: str) -> int:
        """The points of a team."""
        return sum(points(line) for line in self.lines.values() if line["team"] == team)


def points(line: dict[str, int]) -> int:
    """The points that follow from the shots made."""
    return 2 * (line["fg"] - line["fg3"]) + 3 * line["fg3"] + line["ft"]


@dataclass
class TinyLeague:
    """The truth, the faults that are planted in its files, and the folder of those files."""

    folder: Path
    seed: int
    games: list[Game] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        for block, days in enumerate(BLOCKS):
            for day in days:
                teams = draw.sample(sorted(TEAMS), 4)
                for home, away in (teams[:2], teams[2:]):
                    lines = {
                        f"{first} {team.title()}son": _line(draw, team, place)
                        for team in (home, away)
                        for place, first in enumerate("Abe Bob Cal Dan Ed Fay".split())
                    }
                    self.games.append(Game(len(self.games) + 1, block, day, home, away, lines))

    def of_block(self, block: int) -> list[Game]:
        """The games that a block's files hold."""
        return [game for game in self.games if game.block == block and game.is_played]

    def write(self, block: int) -> list[Path]:
        """Write a block's box lines and team logs and return their paths."""
        fault = self.faults.get(block)
        games = self.of_block(block)
        rows = [row for game in games for row in _box_rows(game)]
        logs = [row for game in games for row in _log_rows(game)]
        if rows and fault == "half_a_team":
            rows = [r for r in rows if r["game_date"] != rows[0]["game_date"] or r["is_starter"]]
        elif rows and fault == "no_box_score":
            rows = [r for r in rows if r["bref_game_id"] != rows[0]["bref_game_id"]]
        elif rows and fault == "strangers":
            rows += 150 * [rows[0] | {"team": "XYZ"}]
        elif logs and fault == "other_points":
            logs[0] |= {
                "FGM": logs[0]["FGM"] + 4,
                "FGA": logs[0]["FGA"] + 4,
                "PTS": logs[0]["PTS"] + 8,
            }
        elif logs and fault == "unknown_team":
            logs[-1] |= {"TEAM_ABBREVIATION": "XYZ"}
        if block in self.repeated:
            rows += rows[:5]
            logs += logs[:1]
        return [
            _write(self.folder / f"box_{block}.csv", rows, BOX_COLUMNS),
            _write(self.folder / f"logs_{block}.csv", logs, LOG_COLUMNS),
        ]

    def write_schedule(self) -> Path:
        """Write the schedule: every game on its date and on those it had before.

        There every other game is said to be postponed, and of the others nothing is said.
        """
        dated = [
            (game, day, game.is_played if day == game.day else game.number % 2 == 0)
            for game in self.games
            for day in (*game.postponed_from, game.day)
        ]
        rows = [
            {
                "game_date": day,
                "home_team": game.home,
                "away_team": game.away,
                "tipoff_utc": f"{day} 23:30:00",
                "season_type": "regular",
                "status": "scheduled" if is_scheduled else "postponed",
                "game_id": game.game_id,
            }
            for game, day, is_scheduled in dated
        ]
        return _write(self.folder / "schedule.csv", rows, list(rows[0]))


def _line(draw: random.Random, team: str, place: int) -> dict[str, int]:
    fg3, twos = draw.randint(0, 3), draw.randint(1, 6)
    line = {"team": team, "mp": 40, "fg": twos + fg3, "fg3": fg3, "ft": draw.randint(0, 4)}
    line |= {"fga": line["fg"] + draw.randint(1, 6), "fg3a": fg3 + draw.randint(0, 1)}
    line |= {"fta": line["ft"] + draw.randint(0, 2), "is_starter": place < 3}
    return line | {stat: draw.randint(0, 6) for stat in STATS}


def _box_rows(game: Game) -> list[dict[str, object]]:
    home, away = game.points(game.home), game.points(game.away)
    return [
        {
            **line,
            "game_date": game.day,
            "bref_game_id": f"{game.day:%Y%m%d}0{game.home}",
            "home_team": game.home,
            "visitor_team": game.away,
            "home_pts": home,
            "visitor_pts": away,
            "player_name": name,
            "pts": points(line),
            "plus_minus": line["ast"] - 3,
        }
        for name, line in game.lines.items()
    ]


def _log_rows(game: Game) -> list[dict[str, object]]:
    rows = []
    for team, other in ((game.home, game.away), (game.away, game.home)):
        lines = [line for line in game.lines.values() if line["team"] == team]
        total = {
            name: sum(line[name] for line in lines)
            for name in ("fg", "fga", "fg3", "fg3a", "ft", "fta", *STATS)
        }
        rows.append(
            {
                "SEASON_ID": f"2{game.day.year}",
                "TEAM_ID": TEAMS[team],
                "TEAM_ABBREVIATION": team,
                "GAME_ID": game.game_id,
                "GAME_DATE": game.day,
                "MATCHUP": f"{team} vs. {other}" if team == game.home else f"{team} @ {other}",
                "MIN": 240,
                "WL": "W" if game.points(team) > game.points(other) else "L",
                **{NBA_STATS[name]: value for name, value in total.items()},
                "PTS": game.points(team),
                "PLUS_MINUS": game.points(team) - game.points(other),
            }
        )
    return rows


NBA_STATS = {
    "fg": "FGM", "fga": "FGA", "fg3": "FG3M", "fg3a": "FG3A", "ft": "FTM", "fta": "FTA",
    "orb": "OREB", "drb": "DREB", "ast": "AST", "stl": "STL", "blk": "BLK", "tov": "TOV",
    "pf": "PF",
}  # fmt: skip
BOX_COLUMNS = (
    "game_date bref_game_id home_team visitor_team home_pts visitor_pts player_name team "
    "is_starter mp fg fga fg3 fg3a ft fta orb drb ast stl blk tov pf pts plus_minus"
).split()
LOG_COLUMNS = [
    *"SEASON_ID TEAM_ID TEAM_ABBREVIATION GAME_ID GAME_DATE MATCHUP MIN WL".split(),
    *NBA_STATS.values(),
    "PTS",
    "PLUS_MINUS",
]


def _write(path: Path, rows: list[dict[str, object]], columns: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path
