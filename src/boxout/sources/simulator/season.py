"""One season: the regular season, the play-in and the playoffs, played to the end or to a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.seasons import CUP_FINALS, PLAY_IN
from boxout.sources.simulator.boxscores import Lines, Matchups, TeamTraits, play
from boxout.sources.simulator.calendar import (
    EAST,
    TEAMS,
    Game,
    playoff_dates,
    regular_season,
    small_season,
)
from boxout.sources.simulator.people import People
from boxout.sources.simulator.rosters import Rosters, absences

Array = NDArray[Any]

CONFERENCES = (
    tuple(i for i, team in enumerate(TEAMS) if team in EAST),
    tuple(i for i, team in enumerate(TEAMS) if team not in EAST),
)
# Whether the better seed is at home in each game of a series.
AT_HOME = np.array([True, True, False, False, True, False, True])
WINS_TO_ADVANCE = 4
SMALL_TEAMS = 12
SMALL_DATES = 30


@dataclass
class Played:
    """Games of one kind, and their box lines.

    Attributes
    ----------
    season_type
        regular, cup-final, play-in or playoffs.
    days
        Ordinal of each game's date.
    games, lines
        Who met, and what came of it.
    labels
        Round and series of playoff games, as the NBA's ids have them; else the game's number.
    """

    season_type: str
    days: Array
    games: Matchups
    lines: Lines
    labels: Array


@dataclass
class Season:
    """All that makes a season; `first_day` is an ordinal."""

    start_year: int
    people: People
    rosters: Rosters
    traits: TeamTraits
    first_day: int


def season_traits(rng: np.random.Generator) -> TeamTraits:
    """Draw each team's pace and its defense by zone for a season."""
    count = len(TEAMS)
    return TeamTraits(
        pace=np.exp(rng.normal(0, 0.025, count)),
        offense=np.exp(rng.normal(0, 0.02, count)),
        defense=np.exp(rng.normal(0, 0.02, (count, 1)) + rng.normal(0, 0.02, (count, 3))),
    )


def play_season(rng: np.random.Generator, season: Season, size: str) -> list[Played]:
    """Play a season of the full or of the small size."""
    year = season.start_year
    if size == "small":
        fixtures = small_season(rng, year, SMALL_DATES, range(SMALL_TEAMS))
        return [_play(rng, season, "regular", fixtures)]
    first_play_in = next(first for first, _ in PLAY_IN if first.year == year + 1)
    fixtures = regular_season(rng, year, first_play_in - timedelta(days=2))
    regular = _play(rng, season, "regular", fixtures)
    blocks = [regular, *_cup_final(rng, season, regular)]
    seeds = [_standing(rng, regular, teams) for teams in CONFERENCES]
    blocks += _play_in(rng, season, seeds, first_play_in)
    return blocks + _playoffs(rng, season, seeds, first_play_in + timedelta(days=4))


def _play(
    rng: np.random.Generator,
    season: Season,
    season_type: str,
    fixtures: list[Game],
    labels: Array | None = None,
) -> Played:
    days = np.array([day.toordinal() for day, _, _ in fixtures])
    teams = np.array([(home, away) for _, home, away in fixtures])
    roster = season.rosters.of(days, teams)
    played = {(day, team) for day, pair in zip(days, teams, strict=True) for team in pair}
    tired = [[(day - 1, t) in played for t in p] for day, p in zip(days, teams, strict=True)]
    out = absences(rng, len(season.people.names), season.first_day, days, roster)
    games = Matchups(teams, roster, out, np.array(tired))
    lines = play(rng, season.people, season.traits, games)
    numbers = np.arange(1, len(days) + 1) if labels is None else labels
    return Played(season_type, days, games, lines, numbers)


def _home_wins(block: Played) -> Array:
    return np.asarray(block.lines.team_points[:, 0] > block.lines.team_points[:, 1])


def _standing(rng: np.random.Generator, regular: Played, teams: tuple[int, ...]) -> list[int]:
    """Return a conference's teams, best record first."""
    winners = np.where(_home_wins(regular), regular.games.teams[:, 0], regular.games.teams[:, 1])
    wins = np.bincount(winners, minlength=len(TEAMS)) + rng.random(len(TEAMS)) / 2
    return sorted(teams, key=lambda team: -wins[team])


def _cup_final(rng: np.random.Generator, season: Season, regular: Played) -> list[Played]:
    day = next((day for day in CUP_FINALS if day.year == season.start_year), None)
    if day is None:
        return []
    east, west = (int(rng.choice(teams)) for teams in CONFERENCES)
    return [_play(rng, season, "cup-final", [(day, east, west)])]


def _winners(block: Played) -> list[int]:
    return [
        int(pair[0] if won else pair[1])
        for pair, won in zip(block.games.teams, _home_wins(block), strict=True)
    ]


def _play_in(
    rng: np.random.Generator, season: Season, seeds: list[list[int]], first: date
) -> list[Played]:
    """Play for the last two places of each conference, and order `seeds` by the outcome."""
    openers = [(first, s[6], s[7]) for s in seeds] + [
        (first + timedelta(days=1), s[8], s[9]) for s in seeds
    ]
    opening = _play(rng, season, "play-in", openers)
    winners = _winners(opening)
    last = []
    for i, seed in enumerate(seeds):
        loser = seed[7] if winners[i] == seed[6] else seed[6]
        last.append((first + timedelta(days=3), loser, winners[2 + i]))
    deciding = _play(rng, season, "play-in", last, np.array([5, 6]))
    for seed, seventh, eighth in zip(seeds, winners[:2], _winners(deciding), strict=True):
        seed[6:8] = [seventh, eighth]
    return [opening, deciding]


def _playoffs(
    rng: np.random.Generator, season: Season, seeds: list[list[int]], first: date
) -> list[Played]:
    pairs = [(s[a], s[b]) for s in seeds for a, b in ((0, 7), (3, 4), (2, 5), (1, 6))]
    rank = {team: place for seed in seeds for place, team in enumerate(seed)}
    blocks = []
    for number, dates in enumerate(playoff_dates(first)):
        block, winners = _round(rng, season, pairs, dates, number + 1)
        blocks.append(block)
        met = zip(winners[::2], winners[1::2], strict=False)  # the champion meets nobody
        pairs = [(a, b) if rank[a] <= rank[b] else (b, a) for a, b in met]
    return blocks


def _round(
    rng: np.random.Generator,
    season: Season,
    pairs: list[tuple[int, int]],
    dates: list[list[date]],
    number: int,
) -> tuple[Played, list[int]]:
    """Play seven games of each series and keep those up to the fourth win."""
    fixtures = [
        (dates[series % 2][game], *(pair if AT_HOME[game] else pair[::-1]))
        for series, pair in enumerate(pairs)
        for game in range(len(AT_HOME))
    ]
    labels = np.array([100 * number + 10 * s + g for s in range(len(pairs)) for g in range(1, 8)])
    block = _play(rng, season, "playoffs", fixtures, labels)
    better_won = (_home_wins(block) == np.tile(AT_HOME, len(pairs))).reshape(len(pairs), -1)
    wins, losses = np.cumsum(better_won, axis=1), np.cumsum(~better_won, axis=1)
    over_before = np.maximum(wins - better_won, losses - ~better_won) >= WINS_TO_ADVANCE
    winners = [
        pair[0] if (wins[i][~over_before[i]][-1] == WINS_TO_ADVANCE) else pair[1]
        for i, pair in enumerate(pairs)
    ]
    return keep(block, ~over_before.reshape(-1)), winners


def keep(block: Played, which: Array) -> Played:
    """Return some of a block's games."""
    lines: dict[str, Any] = {
        name: {k: v[which] for k, v in value.items()} if isinstance(value, dict) else value[which]
        for name, value in vars(block.lines).items()
    }
    games = {name: value[which] for name, value in vars(block.games).items()}
    return Played(
        block.season_type,
        block.days[which],
        Matchups(**games),
        Lines(**lines),
        block.labels[which],
    )
