"""Play games: minutes, shots, free throws, rebounds and the rest, for many games at once.

Each team's players are 15 slots; a slot is a player's row in `People`. Everything is drawn
from the players' talents, the opponent's defense, fatigue and who is missing, so that what
features can know does move the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.simulator.people import People

Array = NDArray[Any]

SLOTS = 15
# Minutes by place in the rotation, before noise.
ROTATION = np.array([35.5, 34, 32.5, 30.5, 28, 22.5, 18.5, 15, 11, 6.5, 3.5, 2, 0, 0, 0])
PLAYS_A_GAME = 113.0  # shots, free-throw trips and turnovers, second chances included
OVERTIME_SHARE = 0.06
BLOWOUT_SHARE = 0.12
HOME_EDGE = np.array([1.018, 0.990])  # on the chance of a shot
COUNTS = ("orb", "drb", "ast", "stl", "blk", "pf")
ZONES = ("paint", "mid_range", "three")


@dataclass
class Matchups:
    """The games to play: one row a game; axis 1 is home, away; axis 2 the slots.

    Attributes
    ----------
    teams
        Team index, games x 2.
    roster
        Player row in each slot, -1 where empty; games x 2 x slots.
    is_out
        Whether the player misses the game; the same shape.
    back_to_back
        Whether the team played the day before; games x 2.
    """

    teams: Array
    roster: Array
    is_out: Array
    back_to_back: Array


@dataclass
class TeamTraits:
    """What a team is like in a season: pace, offense, defense by zone; one row a team."""

    pace: Array
    offense: Array
    defense: Array


@dataclass
class Lines:
    """Box lines of games x 2 x slots; `minutes` is 0 for who did not play.

    Attributes
    ----------
    attempts, made
        By zone, games x 2 x slots x 3.
    expected
        Expected points, rebounds, assists, threes and minutes before the night's luck, for
        the odds; the same shape as `minutes`.
    """

    minutes: Array
    is_starter: Array
    overtimes: Array
    attempts: Array
    made: Array
    fta: Array
    ft: Array
    tov: Array
    counts: dict[str, Array]
    points: Array
    team_points: Array
    team_turnovers: Array
    expected: dict[str, Array]


def play(rng: np.random.Generator, people: People, traits: TeamTraits, games: Matchups) -> Lines:
    """Play all games of a set."""
    overtimes = np.where(
        rng.random(len(games.teams)) < OVERTIME_SHARE, 1 + (rng.random(len(games.teams)) < 0.15), 0
    )
    is_blowout = (rng.random(len(games.teams)) < BLOWOUT_SHARE) & (overtimes == 0)
    minutes, expected_minutes, is_starter = _minutes(rng, people, games, overtimes, is_blowout)
    plays, expected_plays = _plays(rng, people, traits, games, minutes, expected_minutes)
    attempts, trips, tov, shares = _outcomes(rng, people, games, plays)
    made, chance = _made(rng, people, traits, games, attempts, is_blowout)
    fta = 2 * trips + (rng.random(trips.shape) < 0.04 * np.sqrt(plays))
    ft = rng.binomial(fta, _talent(people.ft_pct, games))
    counts = {
        stat: rng.poisson(_talent(people.rates[stat], games) * minutes / 36) for stat in COUNTS
    }
    counts["pf"] = np.minimum(counts["pf"], 6)
    _break_ties(made, attempts, fta, ft, minutes)
    points = 2 * (made[..., 0] + made[..., 1]) + 3 * made[..., 2] + ft
    return Lines(
        minutes,
        is_starter,
        overtimes,
        attempts,
        made,
        fta,
        ft,
        tov,
        counts,
        points,
        points.sum(axis=2),
        rng.poisson(0.7, games.teams.shape),
        _expected(people, games, expected_plays, expected_minutes, chance * shares),
    )


def _talent(values: Array, games: Matchups) -> Array:
    return np.where(games.roster >= 0, values[np.maximum(games.roster, 0)], 0.0)


def _minutes(
    rng: np.random.Generator,
    people: People,
    games: Matchups,
    overtimes: Array,
    is_blowout: Array,
) -> tuple[Array, Array, Array]:
    able = (games.roster >= 0) & ~games.is_out
    skill = np.where(able, _talent(people.minutes_skill, games), -99.0)
    depth = rng.integers(9, 13, games.teams.shape)
    expected = _share_out(skill, able, np.full(games.teams.shape, 11), 240.0)
    is_starter = _places(skill) < 5
    noise = rng.normal(0, 0.3, skill.shape)
    total = 240.0 + 25.0 * overtimes[:, None]
    minutes = _share_out(np.where(is_starter, skill + 6, skill + noise), able, depth, total)
    # A blow-out gives the bench what the starters leave.
    factor = np.exp(rng.normal(0, 0.13, skill.shape)) * np.where(
        is_blowout[:, None, None], np.where(is_starter, 0.88, 1.2), 1.0
    )
    minutes = _to_total(minutes * factor, total, overtimes)
    return minutes, expected, is_starter & (minutes > 0)


def _places(skill: Array) -> Array:
    order = np.argsort(-skill, axis=2, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.broadcast_to(np.arange(SLOTS), order.shape), axis=2)
    return places


def _share_out(skill: Array, able: Array, depth: Array, total: Array | float) -> Array:
    places = _places(skill)
    minutes = np.where(able & (places < depth[..., None]), ROTATION[places], 0.0)
    sums = np.maximum(minutes.sum(axis=2, keepdims=True), 1.0)
    wanted = total[..., None] if isinstance(total, np.ndarray) else total
    return np.asarray(minutes * wanted / sums)


def _to_total(minutes: Array, total: Array, overtimes: Array) -> Array:
    """Scale to the team's minutes, at most the game's for one man, in tenths."""
    longest = 44.0 + 5.0 * overtimes[:, None, None]
    for _ in range(4):
        sums = np.maximum(minutes.sum(axis=2, keepdims=True), 1.0)
        minutes = np.minimum(minutes * total[..., None] / sums, longest)
    return np.asarray(np.round(minutes, 1))


def _plays(
    rng: np.random.Generator,
    people: People,
    traits: TeamTraits,
    games: Matchups,
    minutes: Array,
    expected_minutes: Array,
) -> tuple[Array, Array]:
    pace = traits.pace[games.teams].mean(axis=1)[:, None, None]
    usage = _talent(people.usage, games)
    tired = np.where(games.back_to_back, 0.985, 1.0)[..., None]
    form = np.exp(rng.normal(0, 0.16, minutes.shape))

    def shared(time: Array, weight: Array, night: Array) -> Array:
        raw = weight * time
        share = raw / np.maximum(raw.sum(axis=2, keepdims=True), 1e-9)
        team_time = time.sum(axis=2, keepdims=True) / 240.0
        return np.asarray(share * PLAYS_A_GAME * pace * tired * team_time * night)

    night = np.exp(rng.normal(0, 0.035, (len(minutes), 1, 1)))
    return shared(minutes, usage * form, night), shared(
        expected_minutes, usage, np.ones_like(night)
    )


def _outcomes(
    rng: np.random.Generator, people: People, games: Matchups, plays: Array
) -> tuple[Array, Array, Array, Array]:
    """Share each team's plays out among its men and what comes of a play.

    A team's plays are given: what one man takes another does not, so that a team's total
    varies less than the sum of independent men would.

    Returns
    -------
    tuple of arrays
        Attempts by zone, free-throw trips, turnovers; and the shares of a man's plays that
        end in a shot from each zone.
    """
    three, mid = _talent(people.threes, games), _talent(people.mid_range, games)
    zones = np.stack([np.maximum(1 - three - mid, 0.05), mid, three], axis=3)
    trips, tov = _talent(people.rates["trips"], games), _talent(people.rates["tov"], games)
    shooting = np.maximum(1 - trips - tov, 0.4)
    shot_shares = zones / zones.sum(axis=3, keepdims=True) * shooting[..., None]
    shares = np.concatenate([shot_shares, trips[..., None], tov[..., None]], axis=3)
    weights = (plays[..., None] * shares).reshape(*games.teams.shape, -1)
    total = np.round(plays.sum(axis=2)).astype(np.int64)
    drawn = rng.multinomial(total, weights / weights.sum(axis=2, keepdims=True))
    drawn = drawn.reshape(shares.shape)
    return drawn[..., :3], drawn[..., 3], drawn[..., 4], shot_shares


def _made(
    rng: np.random.Generator,
    people: People,
    traits: TeamTraits,
    games: Matchups,
    attempts: Array,
    is_blowout: Array,
) -> tuple[Array, Array]:
    """Return the shots made by zone, and the chance of each before the night's luck."""
    talent = np.stack(
        [_talent(p, games) for p in (people.paint_pct, people.mid_pct, people.three_pct)], axis=3
    )
    allowed = traits.defense[games.teams[:, ::-1]][:, :, None, :]
    tired = np.where(games.back_to_back, 0.99, 1.0)[:, :, None, None]
    able = talent * traits.offense[games.teams][:, :, None, None]
    chance = np.clip(able * allowed * tired * HOME_EDGE[None, :, None, None], 0.0, 0.95)
    luck = np.exp(rng.normal(0, 0.03, (*attempts.shape[:3], 1)))
    # A blow-out is a night on which one side makes what the other misses.
    swing = np.where(is_blowout, rng.choice((-0.03, 0.03), len(is_blowout)), 0.0)
    luck = luck * (1 + np.stack([swing, -swing], axis=1))[:, :, None, None]
    return rng.binomial(attempts, np.clip(chance * luck, 0.0, 0.98)), chance


def _break_ties(made: Array, attempts: Array, fta: Array, ft: Array, minutes: Array) -> None:
    """Let the home side's first man make one more free throw where the score is even."""
    points = (2 * (made[..., 0] + made[..., 1]) + 3 * made[..., 2] + ft).sum(axis=2)
    tied = np.flatnonzero(points[:, 0] == points[:, 1])
    first = minutes[tied, 0].argmax(axis=1)
    fta[tied, 0, first] += 1
    ft[tied, 0, first] += 1


def _expected(
    people: People, games: Matchups, plays: Array, minutes: Array, per_play: Array
) -> dict[str, Array]:
    trips = plays * _talent(people.rates["trips"], games)
    value = np.array([2.0, 2.0, 3.0])
    points = (plays[..., None] * per_play * value).sum(axis=3)
    points = points + 2 * trips * _talent(people.ft_pct, games)
    rebounds = _talent(people.rates["orb"] + people.rates["drb"], games) * minutes / 36
    return {
        "points": points,
        "rebounds": rebounds,
        "assists": _talent(people.rates["ast"], games) * minutes / 36,
        "threes": (plays * per_play[..., 2]),
        "minutes": minutes,
    }
