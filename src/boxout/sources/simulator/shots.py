"""Where each shot was taken: the zones, places and times that agree with the box lines."""

from __future__ import annotations

import numpy as np

from boxout.sources.simulator.columns import Columns

# Codes: 0 restricted area, 1 rest of the paint, 2 mid-range, 3 above the break, 4 left corner,
# 5 right corner, 6 backcourt. The NBA's names are in `writing`.
ZONE_SHARES = {
    "paint": ((0, 1), (0.62, 0.38)),
    "mid": ((2,), (1.0,)),
    "three": ((3, 4, 5), (0.74, 0.135, 0.125)),
}
DISTANCES = np.array([[0, 4], [4, 14], [10, 23], [24, 29], [22, 24], [22, 24], [45, 80]])
HEAVE_SHARE = 0.004  # of missed threes
QUARTER_SECONDS = 720
OVERTIME_SECONDS = 300


def shot_columns(rng: np.random.Generator, lines: Columns, games: Columns) -> Columns:
    """Return one row an attempt, for the lines given.

    Parameters
    ----------
    lines
        Rows of `line_columns` whose shots are wanted.
    games
        All games, by their number.
    """
    parts = [_zone(rng, lines, name) for name in ZONE_SHARES]
    line, zone, made = (np.concatenate([part[i] for part in parts]) for i in range(3))
    is_heave = (zone == 3) & ~made & (rng.random(zone.size) < HEAVE_SHARE)
    zone = np.where(is_heave, 6, zone)
    game = lines["game"][line]
    low, high = DISTANCES[zone].T
    distance = low + rng.random(zone.size) ** 1.3 * (high - low)
    # The angle at the rim, from the left baseline to the right one.
    angle = np.where(zone == 4, 0.06, np.where(zone == 5, np.pi - 0.06, 0.0))
    spread = np.where((zone == 4) | (zone == 5), 0.1, 0.0) * rng.random(zone.size)
    open_floor = 0.35 + rng.random(zone.size) * (np.pi - 0.7)
    angle = np.where((zone == 4) | (zone == 5), angle + spread, open_floor)
    period = rng.integers(1, 5, zone.size)
    # Of an overtime game, its share of the time.
    overtimes = games["overtimes"][game]
    in_overtime = rng.random(zone.size) < overtimes * 5 / (48 + overtimes * 5)
    period = np.where(in_overtime, 5 + (rng.random(zone.size) * overtimes).astype(int), period)
    seconds = rng.random(zone.size) * np.where(in_overtime, OVERTIME_SECONDS, QUARTER_SECONDS)
    seconds = np.where(is_heave, seconds % 3, seconds).astype(np.int64)
    return {
        "game": game,
        "side": lines["side"][line],
        "person": lines["person"][line],
        "zone": zone,
        "made": made,
        "is_pull_up": rng.random(zone.size) < 0.35,
        "loc_x": np.round(-distance * np.cos(angle), 1),
        "loc_y": np.round(5.25 + distance * np.sin(angle), 2),
        "distance": distance.astype(np.int64),
        "period": period,
        "seconds": seconds,
    }


def _zone(
    rng: np.random.Generator, lines: Columns, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return line, zone and whether made, of the shots in one part of the floor."""
    attempts, made = lines[f"{name}_a"], lines[f"{name}_m"]
    rows = np.arange(attempts.size)
    line = np.concatenate([np.repeat(rows, made), np.repeat(rows, attempts - made)])
    is_made = np.arange(line.size) < made.sum()
    codes, shares = ZONE_SHARES[name]
    # Shots at the rim go in more often, so more of the made ones were taken there.
    zone = rng.choice(np.array(codes), line.size, p=shares)
    if name == "paint":
        at_rim = np.where(is_made, 0.73, 0.49)
        zone = np.where(rng.random(line.size) < at_rim, 0, 1)
    return line, zone, is_made
