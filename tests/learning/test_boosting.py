"""The trees."""

from __future__ import annotations

import numpy as np

from boxout.learning.boosting import (
    CUT_ROWS,
    BoostingOptions,
    fit_booster,
    predict_mean,
    quantised,
)


def test_bins_follow_what_comes_late_in_many_rows():
    rows = 3 * CUT_ROWS + 17
    late = np.arange(rows) / rows
    matrix = np.column_stack([late, np.where(late > 0.5, np.nan, late)]).astype(np.float32)
    outcome = (late > 0.9).astype(np.float32)
    options = BoostingOptions(rounds=20, learning_rate=0.5, column_share=1.0)
    booster = fit_booster(quantised(matrix, np.ones(rows), options), outcome, options)
    # 64 bins of even width end within a 64th of where the outcome changes
    far = np.abs(late - 0.9) > 1 / options.max_bin
    assert np.abs(predict_mean(booster, matrix) - outcome)[far].max() < 0.05
