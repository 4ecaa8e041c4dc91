"""A wrong price takes no right one with it, and books that differ a little are believed."""

from __future__ import annotations

import numpy as np
import pytest

from boxout.learning.quotes import Quotes, chance_on_line, is_suspect


def quotes_of(*prices, place=0):
    """Quotes of one player game: line and decimal prices of over and under, a book each."""
    line, over, under = (np.array(values, dtype=float) for values in zip(*prices, strict=True))
    books = np.array([f"book {number}" for number in range(len(prices))], dtype=object)
    unknown = np.full(len(prices), np.nan)
    where = np.full(len(prices), place)
    return Quotes(where, books, line, over, under, unknown, unknown, np.zeros(len(prices), bool))


def test_one_wrong_price_among_many_is_left_out_alone():
    right = [(24.5, 1.91, 1.91)] * 5
    assert is_suspect(quotes_of(*right, (24.5, 5.0, 1.2))).tolist() == [False] * 5 + [True]


def test_books_a_little_apart_are_believed_for_that_is_line_shopping():
    # 1 / 1.99 + 1 / 2.04 = 0.993
    assert not is_suspect(quotes_of((24.5, 1.99, 1.84), (24.5, 1.80, 2.04))).any()


def test_of_two_books_that_exclude_each_other_neither_is_believed():
    # 1 / 2.40 + 1 / 2.40 = 0.833: one is wrong, and nobody can say which
    quotes = quotes_of((24.5, 2.40, 1.60), (24.5, 1.60, 2.40), (25.5, 1.9, 1.9))
    assert is_suspect(quotes).tolist() == [True, True, False]


def test_a_price_too_good_for_its_line_is_left_out_alone_though_its_own_chance_is_usual():
    right = [(24.5, 1.91, 1.91)] * 3
    for gift in ((24.5, 2.2, 2.2), (24.5, 2.6, np.nan), (24.5, np.nan, 2.6)):
        assert is_suspect(quotes_of(*right, gift)).tolist() == [False] * 3 + [True]


def test_a_book_with_one_side_and_a_line_of_its_own_is_believed():
    both = (24.5, 1.91, 1.91)
    quotes = quotes_of(both, both, (24.5, np.nan, 1.9), (26.5, 2.5, 1.5))
    assert not is_suspect(quotes).any()
    chance, books = chance_on_line(quotes)
    assert books.tolist() == [2, 2, 2, 1]
    assert chance[:3].tolist() == [0.5] * 3


def test_what_the_books_say_together_is_their_median_chance():
    quotes = quotes_of((9.5, 2.0, 2.0), (9.5, 1.6, 2.4), (9.5, 1.8, 2.2), (10.5, 2.2, 1.8))
    chance, _ = chance_on_line(quotes)
    assert chance.tolist() == pytest.approx([0.55, 0.55, 0.55, 0.45])
    alone, _ = chance_on_line(quotes_of((9.5, 2.0, 2.0), (9.5, 1.6, 2.4)))
    assert alone.tolist() == pytest.approx([0.55, 0.55])


def test_a_far_line_is_left_out_and_takes_no_other_with_it():
    quotes = quotes_of(*[(24.5, 1.91, 1.91)] * 3, (33.5, 1.91, 1.91))
    assert is_suspect(quotes).tolist() == [False] * 3 + [True]
