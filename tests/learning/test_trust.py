"""How far a forecast is trusted is learned from lines; where a price is known it is the anchor."""

from __future__ import annotations

import numpy as np
import pytest

from boxout.betting.value import expected_value
from boxout.learning.trust import LineTrust, Slope, borrow, fit_line_trust, read_line_trust

MARGIN = 1.045
QUOTES = 20_000


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def logit(chance):
    return np.log(chance / (1 - chance))


@pytest.fixture(scope="module")
def market():
    """Prices that are right but for the margin, a model that errs by half a logit, and outcomes."""
    random = np.random.default_rng(4)
    truth = sigmoid(random.normal(0, 0.5, QUOTES))
    model = sigmoid(logit(truth) + random.normal(0, 0.5, QUOTES))
    actual = (random.uniform(size=QUOTES) < truth).astype(float)
    return truth, model, actual


def nowhere(values):
    return np.full(len(values), np.nan)


def test_where_prices_are_right_no_value_is_found_in_them(market):
    truth, model, actual = market
    trust = fit_line_trust(model, truth, actual, np.full(QUOTES, 0.5))
    assert trust.price.slope < 0.05
    chance = trust.apply(model, truth)
    value = np.maximum(
        expected_value(chance, 1 / (truth * MARGIN)),
        expected_value(1 - chance, 1 / ((1 - truth) * MARGIN)),
    )
    assert (value >= 0.02).mean() < 0.001


def test_a_forecast_that_agrees_with_the_price_stays_whatever_the_trust():
    chance = np.array([0.36, 0.5, 0.9])
    for slope in (0.0, 0.3, 1.0):
        trust = LineTrust(Slope(slope, 1_000), Slope(slope, 1_000))
        assert trust.apply(chance, chance) == pytest.approx(chance)


def test_what_the_price_does_not_know_is_kept():
    random = np.random.default_rng(8)
    known, unknown = random.normal(0, 0.4, (2, QUOTES))
    truth = sigmoid(known + unknown)
    actual = (random.uniform(size=QUOTES) < truth).astype(float)
    trust = fit_line_trust(truth, sigmoid(known), actual, np.full(QUOTES, 0.5))
    assert trust.price.slope > 0.9


def test_without_a_price_it_is_drawn_towards_a_half_and_never_beyond_its_bounds():
    random = np.random.default_rng(11)
    truth = random.uniform(0.4, 0.6, 5_000)
    actual = (random.uniform(size=5_000) < truth).astype(float)
    line = np.full(5_000, 0.5)
    overconfident = sigmoid(5 * logit(truth))
    none = nowhere(truth)
    trust = fit_line_trust(overconfident, none, actual, line)
    assert abs(trust.half.slope - 0.2) < 0.06
    assert trust.price == Slope(None, 0)
    assert np.abs(trust.apply(overconfident, none) - truth).max() < 0.03
    assert fit_line_trust(1 - truth, none, actual, line).half.slope == 0.0
    assert np.isnan(trust.apply(np.array([np.nan]), np.array([0.5]))).all()


def test_few_lines_teach_nothing(market):
    truth, model, actual = (values[:299] for values in market)
    trust = fit_line_trust(model, truth, actual, np.full(299, 0.5))
    assert trust == LineTrust(Slope(None, 299), Slope(None, 299))


def test_a_card_of_before_knows_of_no_price_and_one_of_now_is_read_as_it_was_written():
    before = {"line_trust": {"slope": 0.2268, "lines": 4_333}, "distribution": {}}
    assert read_line_trust(before) == LineTrust(Slope(None, 0), Slope(0.2268, 4_333))
    unfitted = {"line_trust": {"slope": 1.0, "lines": 20}}
    assert read_line_trust(unfitted) == LineTrust(Slope(None, 0), Slope(None, 20))
    for trust in (LineTrust(Slope(0.1, 500), Slope(0.2, 600)),
                  LineTrust(Slope(None, 3), Slope(None, 4))):  # fmt: skip
        assert read_line_trust(trust.to_dict()) == trust


def test_a_market_with_few_lines_is_trusted_as_the_least_trusted_one():
    few = LineTrust(Slope(None, 0), Slope(None, 12))
    lent = borrow(
        {
            "points": LineTrust(Slope(0.5, 900), Slope(0.4, 900)),
            "pra": LineTrust(Slope(0.2, 400), Slope(0.6, 400)),
            "steals": few,
        }
    )
    assert lent["steals"] == LineTrust(Slope(0.2, 0), Slope(0.4, 12))
    assert lent["points"].price.slope == 0.5
    market = np.array([0.4, np.nan])
    assert lent["steals"].is_known(market).all()
    assert lent["steals"].is_borrowed(market).all()
    assert not lent["points"].is_borrowed(market).any()
    assert not borrow({"steals": few})["steals"].is_known(market).any()
