"""Turn played blocks into flat columns: one row a game, one row a listed player and game."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.simulator.boxscores import COUNTS
from boxout.sources.simulator.season import Played

Array = NDArray[Any]
Columns = dict[str, Array]

SEASON_TYPES = ("regular", "cup-final", "play-in", "playoffs")
LISTED = 11  # men on the sheet who are able to play, at least
# Tip-offs on weekdays and on weekends, minutes after midnight, US Eastern.
EVENINGS = np.array([1140, 1140, 1170, 1170, 1200, 1200, 1260, 1320, 1350])
WEEKENDS = np.array([780, 930, 1080, 1140, 1170, 1200, 1230, 1320])


def game_columns(rng: np.random.Generator, blocks: list[Played], start_years: list[int]) -> Columns:
    """Return the games of blocks, each of which belongs to a season by its starting year."""
    days = np.concatenate([block.days for block in blocks])
    sizes = [len(block.days) for block in blocks]
    teams = np.concatenate([block.games.teams for block in blocks])
    points = np.concatenate([block.lines.team_points for block in blocks])
    is_weekend = (days - 1) % 7 >= 5
    return {
        "game": np.arange(len(days)),
        "start_year": np.repeat(np.array(start_years), sizes),
        "season_type": np.repeat([SEASON_TYPES.index(b.season_type) for b in blocks], sizes),
        "label": np.concatenate([block.labels for block in blocks]),
        "day": days,
        "home": teams[:, 0],
        "away": teams[:, 1],
        "home_pts": points[:, 0],
        "away_pts": points[:, 1],
        "overtimes": np.concatenate([block.lines.overtimes for block in blocks]),
        "tip": np.where(
            is_weekend, rng.choice(WEEKENDS, len(days)), rng.choice(EVENINGS, len(days))
        ),
    }


def line_columns(rng: np.random.Generator, blocks: list[Played]) -> Columns:
    """Return who was on each game's roster: his box line, and whether he was out."""

    def flat(values: list[Array]) -> Array:
        return np.concatenate(values).reshape(-1)

    minutes = np.concatenate([block.lines.minutes for block in blocks])
    roster = np.concatenate([block.games.roster for block in blocks])
    is_out = np.concatenate([block.games.is_out for block in blocks])
    dressed = (roster >= 0) & ~is_out
    is_listed = (minutes > 0) | (dressed & (np.cumsum(dressed, axis=2) <= LISTED))
    points = np.concatenate([block.lines.team_points for block in blocks])
    margin = (points - points[:, ::-1])[..., None]
    plus_minus = margin * minutes / 48 + rng.normal(0, 5, minutes.shape) * np.sqrt(minutes / 24)
    game, side, _ = np.indices(minutes.shape)
    columns = {
        "game": game.reshape(-1),
        "side": side.reshape(-1),
        "person": roster.reshape(-1),
        "is_out": is_out.reshape(-1),
        "is_listed": is_listed.reshape(-1),
        "minutes": minutes.reshape(-1),
        "is_starter": flat([block.lines.is_starter for block in blocks]),
        "plus_minus": np.round(plus_minus).astype(np.int64).reshape(-1),
    }
    for zone, name in enumerate(("paint", "mid", "three")):
        columns[f"{name}_a"] = flat([block.lines.attempts[..., zone] for block in blocks])
        columns[f"{name}_m"] = flat([block.lines.made[..., zone] for block in blocks])
    for name in ("fta", "ft", "tov"):
        columns[name] = flat([getattr(block.lines, name) for block in blocks])
    for name in COUNTS:
        columns[name] = flat([block.lines.counts[name] for block in blocks])
    for name in blocks[0].lines.expected:
        columns[f"expected_{name}"] = flat([block.lines.expected[name] for block in blocks])
    on_roster = columns["person"] >= 0
    return {name: values[on_roster] for name, values in columns.items()}


def team_columns(blocks: list[Played]) -> Columns:
    """Return the turnovers that are charged to a team and to nobody on it."""
    turnovers = np.concatenate([block.lines.team_turnovers for block in blocks])
    game, side = np.indices(turnovers.shape)
    return {
        "game": game.reshape(-1),
        "side": side.reshape(-1),
        "team_tov": turnovers.reshape(-1),
    }
