"""The trees: XGBoost with everything that could vary between two runs pinned down.

The only module that knows XGBoost. The forecast is the mean (squared error), never below
zero; missing values are left to the trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

# Its import takes as long as a whole run that has nothing to train.
if TYPE_CHECKING:
    import xgboost

Array = NDArray[Any]
# The bounds of the bins are found in about so many rows, evenly spaced. In all 105,000 of a fold it
# takes 0.7 s longer, and over eight statistics and three seeds the squared error of the months
# after was the same to 0.01%.
CUT_ROWS = 10_000


@dataclass(frozen=True)
class BoostingOptions:
    """Settings of the trees; chosen by walk-forward error on five real seasons.

    Attributes
    ----------
    rounds, learning_rate, max_depth, max_bin, min_child_weight
        As in XGBoost.
    row_share, column_share
        Share of rows a round, and of features a tree.
    hidden_share
        Share of training games in which features that may be missing are hidden, and share of
        those in which it is hidden who starts.
    seed
        Of all sampling.
    threads
        Part of the settings, for sums of floats depend on it in the last bit.
    """

    rounds: int = 110
    learning_rate: float = 0.08
    max_depth: int = 4
    max_bin: int = 64
    min_child_weight: float = 50.0
    row_share: float = 0.5
    column_share: float = 0.5
    hidden_share: float = 0.15
    seed: int = 2024
    threads: int = 1

    def parameters(self) -> dict[str, Any]:
        """Return XGBoost's own parameters."""
        return {
            "objective": "reg:squarederror",
            "tree_method": "hist",
            "eta": self.learning_rate,
            "max_depth": self.max_depth,
            "max_bin": self.max_bin,
            "min_child_weight": self.min_child_weight,
            "subsample": self.row_share,
            "colsample_bytree": self.column_share,
            "seed": self.seed,
            "nthread": self.threads,
            "verbosity": 0,
        }


def quantised(matrix: Array, weights: Array, options: BoostingOptions) -> xgboost.QuantileDMatrix:
    """Bin a feature matrix once, with each row's weight; all statistics of a fold share it."""
    from xgboost import QuantileDMatrix

    step = max(1, len(matrix) // CUT_ROWS)
    bins = {"max_bin": options.max_bin, "nthread": options.threads}
    cuts = QuantileDMatrix(np.ascontiguousarray(matrix[::step]), **bins) if step > 1 else None
    return QuantileDMatrix(matrix, weight=weights, ref=cuts, **bins)


def fit_booster(
    binned: xgboost.QuantileDMatrix, outcome: Array, options: BoostingOptions
) -> xgboost.Booster:
    """Train one statistic's trees."""
    from xgboost import train

    binned.set_label(outcome)
    return train(options.parameters(), binned, num_boost_round=options.rounds)


def predict_mean(booster: xgboost.Booster, matrix: Array) -> Array:
    """Return the expected outcome of each row as float64, never below zero."""
    return np.maximum(booster.inplace_predict(matrix).astype(np.float64), 0.0)


def contributions(booster: xgboost.Booster, matrix: Array) -> Array:
    """Return how much each feature moves each row's expected outcome away from the average.

    Shapley values of the trees (Lundberg et al. 2018, arXiv:1802.03888), as XGBoost computes
    them: shape (rows, features); with the average they add up to the expected outcome.
    """
    from xgboost import DMatrix

    every: Array = booster.predict(DMatrix(matrix, nthread=1), pred_contribs=True)
    return every[:, :-1].astype(np.float64)


def save_booster(booster: xgboost.Booster) -> bytes:
    """Return the trees as UBJSON."""
    return bytes(booster.save_raw(raw_format="ubj"))


def read_booster(saved: bytes) -> xgboost.Booster:
    """Return the trees that `save_booster` wrote."""
    from xgboost import Booster

    booster = Booster()
    booster.load_model(bytearray(saved))
    return booster


def most_used_features(
    booster: xgboost.Booster, features: tuple[str, ...], limit: int = 10
) -> list[tuple[str, float]]:
    """Return the features that lowered the error most, with their share of the total gain."""
    gains = {name: float(gain) for name, gain in _gains(booster).items()}
    total = sum(gains[name] for name in sorted(gains)) or 1.0
    ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return [(features[int(name[1:])], round(gain / total, 4)) for name, gain in ranked]


def _gains(booster: xgboost.Booster) -> dict[str, Any]:
    return dict(booster.get_score(importance_type="total_gain"))
