"""The distribution around a forecast."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boxout.learning.distribution import fit_distribution, read_distribution, rising
from boxout.learning.evaluate import score


def _outcomes(rows=20_000, lowest=0.5, seed=7):
    random = np.random.default_rng(seed)
    mean = random.uniform(lowest, 30, rows)
    return mean, random.poisson(mean).astype(float)


def test_intervals_cover_what_they_say():
    predicted, actual = _outcomes()
    known = fit_distribution(predicted[:10_000], actual[:10_000])
    spread = known.spread(predicted[10_000:])
    low, high = (spread.quantile(level) for level in (0.1, 0.9))
    covered = ((actual[10_000:] >= low) & (actual[10_000:] <= high)).mean()
    assert 0.77 < covered < 0.84
    assert np.allclose(known.spread(np.array([4.0, 25.0])).sd, [2.0, 5.0], atol=0.4)


def test_over_probabilities_are_calibrated_and_fall_with_the_line():
    predicted, actual = _outcomes()
    known = fit_distribution(predicted, actual)
    line = np.floor(predicted) + 0.5
    chance = known.over_probability(predicted, line)
    for low in (0.3, 0.4, 0.5):
        chosen = (chance >= low) & (chance < low + 0.1)
        assert abs((actual > line)[chosen].mean() - chance[chosen].mean()) < 0.03
    falling = known.over_probability(np.full(60, 12.0), np.arange(60) / 2 + 0.25)
    assert (np.diff(falling) <= 1e-12).all()


def test_a_push_counts_for_neither_side():
    predicted, actual = _outcomes()
    known = fit_distribution(predicted, actual)
    near = np.abs(predicted - 9) < 1.5
    chance = known.over_probability(predicted[near], np.full(near.sum(), 9.0)).mean()
    over, under = (actual[near] > 9).mean(), (actual[near] < 9).mean()
    assert abs(chance - over / (over + under)) < 0.03


def test_over_push_and_under_add_up_and_follow_the_counts():
    predicted, actual = _outcomes()
    known = fit_distribution(predicted, actual)
    near = np.abs(predicted - 9) < 1.5
    line = np.full(near.sum(), 9.0)
    over, push, under = (chance.mean() for chance in known.chances(predicted[near], line))
    assert abs(over + push + under - 1) < 1e-12
    assert abs(push - (actual[near] == 9).mean()) < 0.02
    assert abs(over - (actual[near] > 9).mean()) < 0.02
    half = known.chances(predicted[near], line + 0.5)
    assert (half[1] == 0).all()


def test_chances_never_fall_when_the_forecast_rises():
    random = np.random.default_rng(3)
    values, weights = random.uniform(size=(40, 3)), random.uniform(1, 5, 40)
    fitted = rising(values, weights)
    assert (np.diff(fitted, axis=0) >= -1e-12).all()
    assert np.allclose((fitted * weights[:, None]).sum(axis=0), weights @ values)
    error = ((values - fitted) ** 2 * weights[:, None]).sum()
    for change in (0.98, 1.02):
        assert ((values - fitted * change) ** 2 * weights[:, None]).sum() > error
    assert np.allclose(rising(np.sort(values, axis=0), weights), np.sort(values, axis=0))


def test_a_forecast_beyond_all_others_takes_the_distribution_along():
    predicted, actual = _outcomes()
    known = fit_distribution(predicted, actual)
    far = np.array([known.centres[-1], known.centres[-1] + 6])
    assert np.diff(known.mean(far)) == pytest.approx(6, abs=0.2)
    assert np.diff(known.spread(far).median) == pytest.approx(6, abs=1)


def test_a_forecast_below_all_others_takes_the_distribution_along():
    predicted, actual = _outcomes(lowest=20)
    known = fit_distribution(predicted, actual)
    low = np.array([known.centres[0] - 6, known.centres[0]])
    assert np.diff(known.mean(low)) == pytest.approx(6, abs=0.01)
    assert np.diff(known.spread(low).median) == pytest.approx(6, abs=1)
    near = known.survival(known.centres[0] + np.array([-1e-6, 0, 1e-6]))
    assert np.allclose(near[[0, 2]], near[1], atol=1e-5)


def test_few_rows_say_no_more_of_small_forecasts_than_happens():
    known = fit_distribution(*_outcomes(400))
    assert len(known.centres) == 1
    predicted, actual = _outcomes(seed=8)
    below = predicted < known.centres[0]
    line = np.floor(predicted) + 0.5
    said = known.over_probability(predicted, line)[below].mean()
    assert said == pytest.approx((actual > line)[below].mean(), abs=0.05)
    assert (known.mean(predicted) - actual).mean() < 1


def test_many_rows_give_small_forecasts_their_own_mean():
    known = fit_distribution(*_outcomes())
    predicted, actual = _outcomes(seed=8)
    for low, high in ((0.5, known.centres[0]), (known.centres[0], 3), (3, 30)):
        chosen = (predicted >= low) & (predicted < high)
        assert abs((known.mean(predicted) - actual)[chosen].mean()) < 0.15


def test_no_line_gives_no_chance_and_a_saved_distribution_is_the_same():
    predicted, actual = _outcomes(500)
    known = fit_distribution(predicted, actual)
    again = read_distribution(json.loads(json.dumps(known.to_dict())))
    line = np.where(np.arange(500) % 2 == 0, np.nan, 8.5)
    chance = known.over_probability(predicted, line)
    assert np.isnan(chance[::2]).all()
    assert np.array_equal(chance, again.over_probability(predicted, line), equal_nan=True)


def test_errors_are_forecast_minus_outcome():
    metric = score("points", "overall", "x", np.array([10.0, 20.0]), np.array([12.0, 19.0]))
    assert (metric.rows, metric.mae, metric.bias, metric.rmse) == (2, 1.5, 0.5, 1.5811)


def test_a_forecast_is_found_again_by_its_mean():
    known = fit_distribution(*_outcomes(lowest=5))
    smallest, largest = known.centres[0], known.centres[-1]
    predicted = np.array([smallest - 3, smallest, 12.5, largest, largest + 4])
    assert np.allclose(known.forecast_of(known.mean(predicted)), predicted, atol=1e-4)
