"""A wrong price takes no right one with it, and books that differ a little are believed."""

from __future__ import annotations

from datetime import date

import pytest

from boxout.learning.quotes import PREGAME_QUOTES, stage_quotes


@pytest.fixture
def judged(offered):
    """Return what is made of one player's quotes: whether each is suspect, and a column of it."""

    def judge(*prices, column="is_suspect"):
        warehouse = offered(*((1, *price) for price in prices))
        stage_quotes(warehouse, date.min, date.max)
        rows = warehouse.rows(f"SELECT {column} FROM {PREGAME_QUOTES} ORDER BY bookmaker")
        return [value for (value,) in rows]

    return judge


def test_one_wrong_price_among_many_is_left_out_alone(judged):
    right = [(24.5, 1.91, 1.91)] * 5
    assert judged(*right, (24.5, 5.0, 1.2)) == [False] * 5 + [True]


def test_books_a_little_apart_are_believed_for_that_is_line_shopping(judged):
    # 1 / 1.99 + 1 / 2.04 = 0.993
    assert not any(judged((24.5, 1.99, 1.84), (24.5, 1.80, 2.04)))


def test_of_two_books_that_exclude_each_other_neither_is_believed(judged):
    # 1 / 2.40 + 1 / 2.40 = 0.833: one is wrong, and nobody can say which
    quotes = [(24.5, 2.40, 1.60), (24.5, 1.60, 2.40), (25.5, 1.9, 1.9)]
    assert judged(*quotes) == [True, True, False]


@pytest.mark.parametrize("gift", [(24.5, 2.2, 2.2), (24.5, 2.6, None), (24.5, None, 2.6)])
def test_a_price_too_good_for_its_line_is_left_out_alone_though_its_own_chance_is_usual(
    judged, gift
):
    assert judged(*[(24.5, 1.91, 1.91)] * 3, gift) == [False] * 3 + [True]


def test_a_book_with_one_side_and_a_line_of_its_own_is_believed(judged):
    both = (24.5, 1.91, 1.91)
    quotes = [both, both, (24.5, None, 1.9), (26.5, 2.5, 1.5)]
    assert not any(judged(*quotes))
    assert judged(*quotes, column="together")[:3] == [0.5] * 3


def test_what_the_books_say_together_is_the_median_chance_of_those_that_are_believed(judged):
    prices = [(2.0, 2.0), (1.8, 2.05), (1.9, 2.02)]
    quotes = [(9.5, *price) for price in prices]
    least, most, middle = (under / (over + under) for over, under in prices)
    elsewhere = (10.5, 2.2, 1.8)
    found = judged(*quotes, elsewhere, column="together")
    assert found == pytest.approx([middle, middle, middle, 0.45])
    assert judged(*quotes[:2], column="together") == pytest.approx([(least + most) / 2] * 2)
    wrong = (9.5, 1.2, 5.0)
    assert judged(*quotes, wrong, column="together")[:3] == pytest.approx([middle] * 3)


def test_a_far_line_is_left_out_and_takes_no_other_with_it(judged):
    assert judged(*[(24.5, 1.91, 1.91)] * 3, (33.5, 1.91, 1.91)) == [False] * 3 + [True]


def test_a_price_of_nought_is_none(offered):
    warehouse = offered((1, 24.5, 1.91, 1.91))
    warehouse.execute("UPDATE lake.raw.prop_lines SET over_price = 0")
    stage_quotes(warehouse, date.min, date.max)
    assert warehouse.rows(f"SELECT over, fair, is_suspect FROM {PREGAME_QUOTES}") == [
        (None, None, False)
    ]
