"""Odds, margins, value and stakes against examples worked by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.betting.margin import METHODS, fair_chance, overround
from boxout.betting.odds import (
    american_from_decimal,
    decimal_from_american,
    decimal_from_fractional,
    fair_decimal,
    fractional_from_decimal,
    implied_chance,
)
from boxout.betting.value import StakeLimits, edge, expected_value, kelly, stakes
from boxout.errors import UsageError


@pytest.mark.parametrize(
    ("american", "decimal", "fractional"),
    [(-110, 1 + 10 / 11, "10/11"), (150, 2.5, "3/2"), (-200, 1.5, "1/2"), (100, 2.0, "1/1")],
)
def test_one_price_in_three_spellings(american, decimal, fractional):
    assert decimal_from_american(american) == pytest.approx(decimal)
    assert american_from_decimal(decimal) == pytest.approx(american)
    assert fractional_from_decimal(decimal) == Fraction(fractional)
    assert decimal_from_fractional(fractional) == pytest.approx(decimal)


@pytest.mark.parametrize(
    ("chance", "fractional"), [(0.5, "1/1"), (0.99, "1/99"), (0.998, "1/499"), (0.9999, "1/9999")]
)
def test_the_fair_odds_of_what_is_almost_certain_are_a_price(chance, fractional):
    odds = fractional_from_decimal(1 / chance)
    assert odds == Fraction(fractional)
    assert implied_chance(decimal_from_fractional(odds)) == pytest.approx(chance)


@given(st.integers(100, 5000), st.booleans())
def test_american_odds_come_back(size, is_positive):
    american = size if is_positive or size == 100 else -size
    assert american_from_decimal(decimal_from_american(american)) == pytest.approx(american)


@pytest.mark.parametrize("bad", [0, 99, -99.5, 50])
def test_what_is_no_price_is_refused(bad):
    with pytest.raises(UsageError, match="American odds"):
        decimal_from_american(bad)
    with pytest.raises(UsageError, match="decimal odds"):
        implied_chance(1.0)
    with pytest.raises(UsageError, match="fractional"):
        decimal_from_fractional("a/b")
    with pytest.raises(UsageError, match="fractional"):
        decimal_from_fractional("-1/2")


def test_a_missing_price_stays_missing():
    assert np.isnan(decimal_from_american([np.nan, -110])).tolist() == [True, False]


def test_minus_110_both_ways_is_even_by_every_method():
    both = decimal_from_american(-110)
    assert overround(both, both) == pytest.approx(2 * 110 / 210 - 1)
    for method in METHODS:
        assert fair_chance(both, both, method) == pytest.approx(0.5)


def test_margins_are_removed_as_worked_by_hand():
    over, under = decimal_from_american(-150), decimal_from_american(120)
    # implied 0.6 and 0.454545: together 1.054545
    assert fair_chance(over, under) == pytest.approx(0.6 / 1.0545454545)
    assert fair_chance(over, under, "additive") == pytest.approx(0.6 - 0.0545454545 / 2)
    assert fair_chance(over, under, "shin") == pytest.approx(0.6 - 0.0545454545 / 2, abs=1e-6)
    chance = float(fair_chance(over, under, "power"))
    exponent = np.log(chance) / np.log(0.6)
    assert chance + 0.4545454545**exponent == pytest.approx(1)
    # the longshot carries more of the margin than in proportion
    assert chance > fair_chance(over, under)


@given(st.floats(1.05, 15), st.floats(1.05, 15))
def test_both_sides_add_up_to_one_by_every_method(over, under):
    if overround(over, under) < 0:
        return
    for method in METHODS:
        both = fair_chance(over, under, method) + fair_chance(under, over, method)
        assert both == pytest.approx(1, abs=1e-6)


def test_an_unknown_method_is_refused():
    with pytest.raises(UsageError, match="multiplicative"):
        fair_chance(1.9, 1.9, "guess")


def test_value_and_kelly_as_worked_by_hand():
    # even money at 55%: 5 cents a unit, Kelly a tenth of the bankroll
    assert expected_value(0.55, 2.0) == pytest.approx(0.10)
    assert kelly(0.55, 2.0) == pytest.approx(0.10)
    assert kelly(0.45, 2.0) == 0
    # -110 at 55%: 0.55 * 210/110 - 1
    assert expected_value(0.55, 1 + 10 / 11) == pytest.approx(0.05)
    # 50% to win, 10% to push, even money: of the bets that count 5/9 are won
    assert expected_value(0.5, 2.0, 0.1) == pytest.approx(0.10)
    assert kelly(0.5, 2.0, 0.1) == pytest.approx(1 / 9)
    assert expected_value(0.5, fair_decimal(0.5, 0.1), 0.1) == pytest.approx(0)
    assert edge(0.55, 0.5) == pytest.approx(0.05)


def test_stakes_keep_within_their_limits():
    assert stakes([0.55], [2.0])[0] == pytest.approx(0.02)
    assert stakes([0.51], [2.0])[0] == pytest.approx(0.005)
    many = stakes(np.full(20, 0.6), np.full(20, 2.0))
    assert many.sum() == pytest.approx(0.10)
    free = StakeLimits(fraction=1, most_a_bet=1, most_a_night=1)
    assert stakes([0.55], [2.0], limits=free)[0] == pytest.approx(0.10)
    with pytest.raises(UsageError, match="most_a_bet"):
        StakeLimits(most_a_bet=2)
