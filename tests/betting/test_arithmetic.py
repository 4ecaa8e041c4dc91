"""Odds, margins, value and stakes against examples worked by hand."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.betting.margin import multiplicative_sql
from boxout.betting.odds import (
    american_from_decimal,
    fractional_from_decimal,
    implied_chance_sql,
)
from boxout.betting.value import StakeLimits, expected_value, kelly, stakes
from boxout.errors import UsageError


def _implied_chance(american):
    with duckdb.connect() as connection:
        [chance] = connection.execute(f"SELECT {implied_chance_sql('$1')}", [american]).fetchone()
    return chance


@pytest.mark.parametrize(
    ("american", "decimal", "fractional"),
    [(-110, 1 + 10 / 11, "10/11"), (150, 2.5, "3/2"), (-200, 1.5, "1/2"), (100, 2.0, "1/1")],
)
def test_one_price_in_three_spellings(american, decimal, fractional):
    assert 1 / _implied_chance(american) == pytest.approx(decimal)
    assert american_from_decimal(decimal) == pytest.approx(american)
    assert fractional_from_decimal(decimal) == Fraction(fractional)


@pytest.mark.parametrize(
    ("chance", "fractional"), [(0.5, "1/1"), (0.99, "1/99"), (0.998, "1/499"), (0.9999, "1/9999")]
)
def test_the_fair_odds_of_what_is_almost_certain_are_a_price(chance, fractional):
    odds = fractional_from_decimal(1 / chance)
    assert odds == Fraction(fractional)
    assert 1 / (float(odds) + 1) == pytest.approx(chance)


@given(st.integers(100, 5000), st.booleans())
def test_american_odds_come_back(size, is_positive):
    american = size if is_positive or size == 100 else -size
    decimal = 1 + american / 100 if american > 0 else 1 - 100 / american
    assert american_from_decimal(decimal) == pytest.approx(american)


def test_what_is_no_price_is_refused():
    with pytest.raises(UsageError, match="decimal odds"):
        american_from_decimal(1.0)


@pytest.mark.parametrize(
    ("over", "under", "fair"),
    [(-110, -110, 0.5), (-150, 120, 0.6 / 1.0545454545), (120, -150, 0.4545454545 / 1.0545454545)],
)
def test_the_margin_is_removed_as_worked_by_hand(over, under, fair):
    # of -150 and 120 the implied chances are 0.6 and 0.454545: together 1.054545
    query = multiplicative_sql(implied_chance_sql("$1"), implied_chance_sql("$2"))
    with duckdb.connect() as connection:
        (found,) = connection.execute(f"SELECT {query}", [over, under]).fetchone()
    assert found == pytest.approx(fair)


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


@pytest.mark.parametrize("price", ["0", "99", "-99.5", "NULL"])
def test_what_is_no_american_price_has_no_chance_in_the_engine(price):
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {implied_chance_sql(price)}").fetchone() == (None,)
