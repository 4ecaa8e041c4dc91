"""The shape of a season: who plays whom on which date, with the NBA's own rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from boxout.sources.identity.teams import TEAM_IDS
from boxout.sources.seasons import CUP_FINALS

TEAMS = tuple(sorted(TEAM_IDS))
EAST = frozenset("ATL BOS BKN CHA CHI CLE DET IND MIA MIL NYK ORL PHI TOR WAS".split())
EXTRA_ROUNDS = 24  # beyond one game at home and one away against everybody: 82 in all
# Games on Monday to Sunday of a usual week.
WEEK = (8, 5, 11, 4, 10, 8, 6)
ALL_STAR_DAYS = 6
# Games a date for which teams that did not play the day before are looked for first.
RESTED_GAMES = 7
MOST_DAYS = 190

OPENINGS = {
    2021: date(2021, 10, 19),
    2022: date(2022, 10, 18),
    2023: date(2023, 10, 24),
    2024: date(2024, 10, 22),
    2025: date(2025, 10, 21),
}
Game = tuple[date, int, int]


def regular_season(rng: np.random.Generator, start_year: int, last_day: date) -> list[Game]:
    """Return the 1,230 games of a regular season as (date, home, away), by date.

    Parameters
    ----------
    last_day
        The latest date to use; games that find no room before it are squeezed in.
    """
    waiting = _pairings(rng)
    opening = OPENINGS[start_year]
    break_start = date(start_year + 1, 2, 14)
    played: list[Game] = []
    busy: dict[date, set[int]] = {}
    for number in range(min(MOST_DAYS, (last_day - opening).days + 1)):
        day = opening + timedelta(days=number)
        is_break = break_start <= day < break_start + timedelta(days=ALL_STAR_DAYS)
        if is_break or day in CUP_FINALS:
            continue
        room = 2 if number == 0 else WEEK[day.weekday()]
        yesterday = busy.get(day - timedelta(days=1), set())
        tired = yesterday & busy.get(day - timedelta(days=2), set())
        # The rested play first, so that a back-to-back comes about only where a date needs it.
        today = _fill(waiting, min(room, RESTED_GAMES), yesterday)
        taken = {team for pair in today for team in pair}
        today += _fill(waiting, room - len(today), tired | taken)
        busy[day] = {team for pair in today for team in pair}
        played += [(day, home, away) for home, away in today]
        if not waiting:
            break
    _squeeze(waiting, busy, played)
    return sorted(played)


def _pairings(rng: np.random.Generator) -> list[tuple[int, int]]:
    count = len(TEAMS)
    pairs = [(home, away) for home in range(count) for away in range(count) if home != away]
    for number in range(EXTRA_ROUNDS):
        order = rng.permutation(count)
        sides = order.reshape(-1, 2) if number % 2 else order.reshape(-1, 2)[:, ::-1]
        pairs += [(int(home), int(away)) for home, away in sides]
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _fill(waiting: list[tuple[int, int]], room: int, tired: set[int]) -> list[tuple[int, int]]:
    """Take up to `room` games whose teams are free; they leave the waiting list."""
    today: list[tuple[int, int]] = []
    taken = set(tired)
    rest = []
    for pair in waiting:
        if len(today) < room and pair[0] not in taken and pair[1] not in taken:
            today.append(pair)
            taken.update(pair)
        else:
            rest.append(pair)
    waiting[:] = rest
    return today


def _squeeze(
    waiting: list[tuple[int, int]], busy: dict[date, set[int]], played: list[Game]
) -> None:
    for day in sorted(busy, reverse=True):
        if not waiting:
            return
        room = len(TEAMS) // 2
        for home, away in _fill(waiting, room, busy[day]):
            busy[day] |= {home, away}
            played.append((day, home, away))


def playoff_dates(first: date, rounds: int = 4) -> list[list[list[date]]]:
    """Return the dates of each round's up to seven games, for odd and even series."""
    days = []
    start = first
    for _ in range(rounds):
        odd = [start + timedelta(days=2 * n) for n in range(7)]
        days.append([odd, [day + timedelta(days=1) for day in odd]])
        start += timedelta(days=14)
    return days


def small_season(
    rng: np.random.Generator, start_year: int, days: int, teams: Sequence[int]
) -> list[Game]:
    """Return a short season: every other day half of the teams' pairs, for trying things out."""
    opening = OPENINGS[start_year]
    games: list[Game] = []
    for number in range(days):
        order = rng.permutation(np.array(teams))
        pairs = order[: len(order) // 2 * 2].reshape(-1, 2)
        chosen = pairs[: max(2, len(pairs) * 3 // 4)]
        day = opening + timedelta(days=number + number // 3)
        games += [(day, int(home), int(away)) for home, away in chosen]
    return sorted(games)
