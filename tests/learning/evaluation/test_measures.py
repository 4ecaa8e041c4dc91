"""Measures of distributions against what is known of them."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from boxout.learning.distribution import Spread
from boxout.learning.evaluation.measures import (
    binary_log_loss,
    coverage,
    crps,
    expected_calibration_error,
    log_score,
    reliability,
)
from boxout.learning.forecasts import COVERED_SHARE, HIGH, LOW
from boxout.learning.paired import mean_by_date


def _poisson_survival(mean, thresholds=60):
    """Chances of exceeding 0, 1, 2, ... of Poisson counts, by adding up their chances."""
    k = np.arange(thresholds)
    factorials = np.cumsum(np.log(np.maximum(k, 1)))
    chances = np.exp(k[None] * np.log(mean[:, None]) - mean[:, None] - factorials[None])
    return np.clip(1 - np.cumsum(chances, axis=1), 0, 1)


@pytest.fixture(scope="module")
def league():
    """Counts whose true distribution is known."""
    random = np.random.default_rng(5)
    mean = random.uniform(0.4, 25, 20_000)
    return mean, random.poisson(mean).astype(float)


def test_a_certain_forecast_scores_its_absolute_error():
    survival = np.array([[1.0, 1.0, 0.0, 0.0]])  # surely 2
    assert crps(survival, np.array([2.0]))[0] == 0
    assert crps(survival, np.array([4.0]))[0] == 2
    assert crps(survival, np.array([7.0]))[0] == 5
    assert log_score(survival, np.array([2.0]))[0] == pytest.approx(0)


@pytest.mark.parametrize("measure", [crps, log_score, coverage])
def test_part_of_a_minute_is_scored_as_the_whole_number_that_is_nearest(measure):
    survival = np.array([[1.0, 0.75, 0.5, 0.125]] * 4)
    parts, whole = np.array([1.7, 2.3, 2.5, 6.3]), np.array([2.0, 2.0, 2.0, 6.0])
    assert measure(survival, parts).tolist() == measure(survival, whole).tolist()


def test_a_coin_is_scored_as_worked_by_hand():
    survival = np.array([[0.5]])  # 0 or 1
    assert crps(survival, np.array([0.0]))[0] == pytest.approx(0.25)
    assert log_score(survival, np.array([1.0]))[0] == pytest.approx(np.log(2))
    assert binary_log_loss(np.array([0.8]), np.array([False]))[0] == pytest.approx(-np.log(0.2))


def test_the_truth_covers_what_it_says_however_coarse(league):
    mean, actual = league
    survival = _poisson_survival(mean)
    for few in (mean < 1.5, mean > 15):
        assert coverage(survival[few], actual[few]).mean() == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.2])
def test_grades_cover_as_evaluation_does_from_the_quantiles_alone(league, factor):
    mean, actual = league
    survival = _poisson_survival(mean * factor)
    low, high = (Spread(survival).quantile(level) for level in (LOW, HIGH))
    connection = duckdb.connect()
    connection.register("graded", {"p10": low, "p90": high, "actual": actual})
    graded = connection.execute(f"SELECT {COVERED_SHARE} AS share FROM graded").fetchnumpy()
    expected = coverage(survival, actual)
    assert graded["share"][low > 0] == pytest.approx(expected[low > 0], abs=1e-6)
    assert graded["share"][low == 0].mean() == pytest.approx(expected[low == 0].mean(), abs=0.03)


def test_the_truth_beats_what_is_near_it(league):
    mean, actual = league
    truth = _poisson_survival(mean)
    for other in (_poisson_survival(mean * 1.1), _poisson_survival(mean * 0.9)):
        assert crps(truth, actual).mean() < crps(other, actual).mean()
        assert log_score(truth, actual).mean() < log_score(other, actual).mean()


def test_calibration_tells_truth_from_overconfidence(league):
    mean, actual = league
    chance = _poisson_survival(mean)[np.arange(len(mean)), mean.astype(int)]
    happened = actual > mean.astype(int)
    assert expected_calibration_error(reliability(chance, happened)) < 0.015
    sure = np.where(chance > 0.5, 0.95, 0.05)
    assert expected_calibration_error(reliability(sure, happened)) > 0.2
    assert sum(each.rows for each in reliability(chance, happened)) == len(mean)


def test_rows_of_one_date_count_as_one():
    random = np.random.default_rng(1)
    by_date = random.normal(0.1, 1, 40)
    dates = np.repeat(np.arange(40), 25)
    together = mean_by_date(by_date[dates], dates)
    apart = mean_by_date(by_date[dates], np.arange(1000))
    assert together.mean == apart.mean
    assert together.rows == apart.rows == 1000
    assert together.high - together.low > 4 * (apart.high - apart.low)
    assert mean_by_date(np.array([np.nan]), np.array([1])) is None
    few = mean_by_date(np.ones(5), np.arange(5))
    assert few.low is None
    assert not few.is_above_zero


def test_the_interval_of_a_mean_holds_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        dates = np.repeat(np.arange(60), 8)
        values = random.normal(0, 1, 60)[dates] + random.normal(0, 1, 480)
        mean = mean_by_date(values, dates)
        held += not (mean.is_above_zero or mean.is_below_zero)
    assert 0.90 <= held / 200 <= 0.99
