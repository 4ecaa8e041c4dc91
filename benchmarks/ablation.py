"""What each group of features is worth: a season's error with all, and without one group each.

    python -m benchmarks.ablation --home FOLDER [--season 2023-24] [--market pra]

The walk is that of `boxout evaluate`: monthly refits, each on the rows before. Worth is by how
much the mean absolute error grows without the group, with the standard error of that difference
reckoned between dates; what is within two of them is no more than noise.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import Dataset
from boxout.learning.evaluate import LEAST_GAMES
from boxout.learning.evaluation.months import monthly_folds
from boxout.learning.evaluation.season_walk import WalkedMarket, walk_months
from boxout.learning.hiding import LINEUP_FEATURES, hide_optional, may_be_missing
from boxout.learning.inputs import read_inputs
from boxout.learning.markets import select_markets
from boxout.pipeline.graph import load_graph
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

# Patterns of whole names; a feature may be in several groups.
GROUPS = {
    "announced lineups": "|".join(LINEUP_FEATURES),
    "team mates who are out": r"absent_.*",
    "role in the last games": r"started_(last_game|share_last_(3|10)_games)|minutes_last_game"
    r"|avg_minutes_(last_3_games|short_weighted)",
    "the last season": r".*_last_season|earlier_seasons|seasons_since_last",
    "recency-weighted means": r"avg_.*_(recency|short)_weighted",
    "season's means": r"avg_.*_season",
    "last 5, 10 and 20 games": r"avg_.*_last_(5|10|20)_games",
    "spread of the last 10": r"std_.*",
    "usage and efficiency": r".*usage.*|ts_pct.*|efg_pct.*",
    "rest and density": r"days_rest|is_back_to_back|back_to_backs.*|.*_last_7_days|fatigue_score",
    "pace of both": r".*pace.*",
    "opponent's defence": r"opponent_(defensive|paint|mid|three).*",
    "shot zones": r"(paint|mid_range|three_zone)_.*|games_with_shots.*|shot_zone_mismatch_score"
    r"|opponent_(paint|mid_range|three_zone)_.*",
    "composite scores": r"(fatigue|pace|shot_zone_mismatch|usage_spike)_score"
    r"|total_composite_adjustment|projected_usage_rate",
    "home": r"is_home",
    "time of the season": r"day_of_season|league_pace_to_date|games_played_season|games_in_window",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", help="a project that has been built")
    parser.add_argument("--season", default="2023-24")
    parser.add_argument("--market", action="append", help="of points and pra by default")
    arguments = parser.parse_args()
    markets = select_markets(arguments.market or ["points", "pra"])
    graph = load_graph()
    with open_warehouse(find_home(arguments.home)) as warehouse:
        data = read_inputs(warehouse, markets, None, None, graph).data
    optional = may_be_missing(graph)
    folds = monthly_folds(data.game_date, data.season, (arguments.season,))

    def errors(kept: Dataset) -> dict[str, tuple[NDArray[np.float64], NDArray[np.datetime64]]]:
        options = BoostingOptions()
        walked = walk_months(
            kept, hide_optional(kept, optional, options), folds, markets, options, _silent
        )
        return {each.market.name: _errors(data, each) for each in walked}

    whole = errors(data)
    names = list(whole)
    print(f"{'':26} {'features':>8}  " + "  ".join(f"{name:>20}" for name in names))
    means = "  ".join(f"{whole[name][0].mean():20.4f}" for name in names)
    print(f"{'all':26} {len(data.features):8}  {means}", flush=True)
    for group, pattern in GROUPS.items():
        started = time.monotonic()
        gone = {name for name in data.features if re.fullmatch(pattern, name)}
        without = errors(_without(data, gone))
        cells = "  ".join(_worth(whole[name], without[name]) for name in names)
        print(
            f"- {group:24} {len(gone):8}  {cells}  {time.monotonic() - started:4.0f} s", flush=True
        )


def _without(data: Dataset, gone: Iterable[str]) -> Dataset:
    kept = [i for i, name in enumerate(data.features) if name not in set(gone)]
    features = tuple(data.features[i] for i in kept)
    return replace(data, features=features, matrix=np.ascontiguousarray(data.matrix[:, kept]))


def _errors(
    data: Dataset, walked: WalkedMarket
) -> tuple[NDArray[np.float64], NDArray[np.datetime64]]:
    """Absolute errors of the median, and dates, of players with enough earlier games."""
    counted = data.column("games_played_season")[walked.rows] >= LEAST_GAMES
    error = np.abs(walked.median - walked.actual)
    return error[counted], data.game_date[walked.rows][counted]


def _worth(
    whole: tuple[NDArray[np.float64], NDArray[np.datetime64]],
    without: tuple[NDArray[np.float64], NDArray[np.datetime64]],
) -> str:
    """By how much the error grows, and the standard error of that."""
    difference = without[0] - whole[0]
    _, of_date = np.unique(whole[1], return_inverse=True)
    sums = np.bincount(of_date, difference - difference.mean())
    error = float(np.sqrt((sums**2).sum()) / len(difference))
    return f"{difference.mean():+11.4f} +-{error:.4f}"


def _silent(step: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    main()
