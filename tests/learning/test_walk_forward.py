"""Walk-forward folds never train on a date that they test on, or on a later one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.errors import BoxoutError
from boxout.learning.folds import walk_forward


@given(
    days=st.lists(st.integers(0, 1500), min_size=2, max_size=400),
    folds=st.integers(1, 8),
    test_seasons=st.integers(1, 5),
)
def test_training_dates_all_lie_before_the_test_dates(days, folds, test_seasons):
    dates = np.datetime64("2021-10-01") + np.sort(np.array(days)).astype("timedelta64[D]")
    years = (dates - np.timedelta64(212, "D")).astype("datetime64[Y]").astype(int) + 1970
    season = np.array([f"{year}-{year % 100 + 1}" for year in years], dtype=object)
    try:
        made = walk_forward(dates, season, folds, test_seasons)
    except BoxoutError:
        return
    assert len(made) >= 2
    assert len(made) <= folds + 1
    for fold in made:
        assert fold.test.start < fold.test.stop
        assert fold.train_rows == fold.test.start
        assert fold.train_rows > 0
        assert (dates[: fold.train_rows] < dates[fold.test].min()).all()
    for earlier, later in pairwise(made):
        assert earlier.test.stop == later.test.start
    assert made[-1].test.stop == len(dates)


def test_one_month_is_too_little():
    dates = np.full(50, np.datetime64("2024-01-05"))
    with pytest.raises(BoxoutError, match="too few months"):
        walk_forward(dates, np.full(50, "2023-24", dtype=object), 4, 2)
