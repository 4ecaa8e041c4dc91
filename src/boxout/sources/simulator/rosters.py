"""Who plays where and when: rosters, trades, rookies, injuries, days of rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.simulator.boxscores import SLOTS
from boxout.sources.simulator.people import People

Array = NDArray[Any]

TRADES_A_DEADLINE = 8
ROOKIES_A_SEASON = 52
MOVED_IN_SUMMER = 0.15
LAST_AGE = 36
SPELLS_A_SEASON = 1.5  # injuries a player
LONG_SPELL_SHARE = 0.12
RESTED_SHARE = 0.02
MOST_OUT = 5  # of a team on one date; the rest play hurt


@dataclass
class Rosters:
    """The rosters of a season: from each date in `since` on, `slots` (teams x 15 people)."""

    since: list[date]
    slots: list[Array]

    def of(self, days: Array, teams: Array) -> Array:
        """Return the roster of each team on each date, games x 2 x slots."""
        first = np.array([day.toordinal() for day in self.since])
        segment = np.searchsorted(first, days, side="right") - 1
        return np.asarray(np.stack(self.slots)[np.maximum(segment, 0)[:, None], teams])


def first_rosters(rng: np.random.Generator, people: People, teams: int) -> Array:
    """Share the first people out: each team has a man of about every level, with luck."""
    count = teams * SLOTS
    level = people.minutes_skill[:count] + rng.normal(0, 0.5, count)
    tiers = np.argsort(-level).reshape(SLOTS, teams)
    return np.stack([rng.permutation(tier) for tier in tiers], axis=1)


def next_rosters(
    rng: np.random.Generator, people: People, slots: Array, year: int, newcomers: Array
) -> Array:
    """Return the rosters after a summer: the old and weak retire, rookies come, some move.

    Parameters
    ----------
    newcomers
        Rows of people who have not played; they take the places that fall free, in order.
    """
    slots = slots.copy()
    flat = slots.reshape(-1)
    people.minutes_skill[flat] += rng.normal(0, 0.25, flat.size)
    age = year - people.birth_year[flat]
    value = people.minutes_skill[flat] + 0.4 * rng.normal(0, 1, flat.size) - 99 * (age > LAST_AGE)
    leaving = np.argsort(value)[: len(newcomers)]
    flat[leaving] = rng.permutation(newcomers)
    people.birth_year[newcomers] = year - rng.integers(19, 24, len(newcomers))
    moving = np.flatnonzero(rng.random(flat.size) < MOVED_IN_SUMMER)
    flat[moving] = flat[rng.permutation(moving)]
    return flat.reshape(slots.shape)


def season_rosters(rng: np.random.Generator, slots: Array, opening: date) -> Rosters:
    """Return a season's rosters, with trades in December, in January and at the deadline."""
    since, steps = [opening], [slots]
    for day in (date(opening.year, 12, 15), date(opening.year + 1, 1, 15)):
        since.append(day)
        steps.append(_traded(rng, steps[-1]))
    since.append(date(opening.year + 1, 2, 8))
    steps.append(_traded(rng, steps[-1]))
    return Rosters(since, steps)


def _traded(rng: np.random.Generator, slots: Array) -> Array:
    slots = slots.copy()
    flat = slots.reshape(-1)
    pairs = rng.permutation(flat.size)[: 2 * TRADES_A_DEADLINE].reshape(2, -1)
    flat[pairs] = flat[pairs[::-1]]
    return flat.reshape(slots.shape)


def absences(
    rng: np.random.Generator, people: int, first_day: int, days: Array, roster: Array
) -> Array:
    """Return who misses which game: injuries that last, and single games of rest.

    Parameters
    ----------
    people
        How many people there are.
    first_day, days
        The season's first day and each game's, as ordinals.
    roster
        Games x 2 x slots.
    """
    season_days = int(days.max()) - first_day + 1
    spells = rng.poisson(SPELLS_A_SEASON, people)
    who = np.repeat(np.arange(people), spells)
    start = rng.integers(0, season_days, who.size)
    is_long = rng.random(who.size) < LONG_SPELL_SHARE
    length = np.where(is_long, rng.integers(20, 90, who.size), rng.geometric(0.16, who.size))
    change = np.zeros((people, season_days + 1), dtype=np.int32)
    np.add.at(change, (who, start), 1)
    np.add.at(change, (who, np.minimum(start + length, season_days)), -1)
    is_hurt = np.cumsum(change, axis=1) > 0
    out = is_hurt[np.maximum(roster, 0), (days - first_day)[:, None, None]]
    out = (out | (rng.random(roster.shape) < RESTED_SHARE)) & (roster >= 0)
    return np.asarray(out & (np.cumsum(out, axis=2) <= MOST_OUT))
