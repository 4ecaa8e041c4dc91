"""Odds, margins, value and stakes against examples worked by hand."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.betting.margin import multiplicative
from boxout.betting.odds import (
    american_from_decimal,
    decimal_from_american,
    fractional_from_decimal,
    implied_chance,
    implied_chance_sql,
)
from boxout.betting.value import StakeLimits, expected_value, kelly, stakes
from boxout.errors import UsageError


@pytest.mark.parametrize(
    ("american", "decimal", "fractional"),
    [(-110, 1 + 10 / 11, "10/11"), (150, 2.5, "3/2"), (-200, 1.5, "1/2"), (100, 2.0, "1/1")],
)
def test_one_price_in_three_spellings(american, decimal, fractional):
    assert decimal_from_american(american) == pytest.approx(decimal)
    assert american_from_decimal(decimal) == pytest.approx(american)
    assert fractional_from_decimal(decimal) == Fraction(fractional)


@pytest.mark.parametrize(
    ("chance", "fractional"), [(0.5, "1/1"), (0.99, "1/99"), (0.998, "1/499"), (0.9999, "1/9999")]
)
def test_the_fair_odds_of_what_is_almost_certain_are_a_price(chance, fractional):
    odds = fractional_from_decimal(1 / chance)
    assert odds == Fraction(fractional)
    assert implied_chance(float(odds) + 1) == pytest.approx(chance)


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


def test_a_missing_price_stays_missing():
    assert np.isnan(decimal_from_american([np.nan, -110])).tolist() == [True, False]


def test_the_margin_is_removed_as_worked_by_hand():
    both = decimal_from_american(-110)
    assert multiplicative(both, both) == pytest.approx(0.5)
    over, under = decimal_from_american(-150), decimal_from_american(120)
    # implied 0.6 and 0.454545: together 1.054545
    assert multiplicative(over, under) == pytest.approx(0.6 / 1.0545454545)


@given(st.floats(1.05, 15), st.floats(1.05, 15))
def test_both_sides_add_up_to_one(over, under):
    assert multiplicative(over, under) + multiplicative(under, over) == pytest.approx(1)


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
    # of a bet that may push, win * odds + push = 1 breaks even
    assert expected_value(0.5, 1.8, 0.1) == pytest.approx(0)


def test_stakes_keep_within_their_limits():
    assert stakes([0.55], [2.0])[0] == pytest.approx(0.02)
    assert stakes([0.51], [2.0])[0] == pytest.approx(0.005)
    many = stakes(np.full(20, 0.6), np.full(20, 2.0))
    assert many.sum() == pytest.approx(0.10)
    free = StakeLimits(fraction=1, most_a_bet=1, most_a_night=1)
    assert stakes([0.55], [2.0], limits=free)[0] == pytest.approx(0.10)
    with pytest.raises(UsageError, match="most_a_bet"):
        StakeLimits(most_a_bet=2)


@given(st.one_of(st.floats(100, 10_000), st.floats(-10_000, -100)))
def test_the_engine_finds_the_chance_of_a_price_that_numpy_does(american):
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {implied_chance_sql('$1')}", [american]).fetchone()[0]
    assert found == pytest.approx(float(implied_chance(decimal_from_american(american))))


@pytest.mark.parametrize("price", ["0", "99", "-99.5", "NULL"])
def test_what_is_no_american_price_has_no_chance_in_the_engine(price):
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {implied_chance_sql(price)}").fetchone() == (None,)
