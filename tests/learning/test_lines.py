"""The line of a player game is one that a book offers, and that is believed."""

from __future__ import annotations

import pytest

from boxout.learning.lines import PREGAME_LINES, read_lines
from boxout.sources.seasons import FIRST_DATE, LAST_DATE


@pytest.fixture
def lines_of(offered):
    """Return the line and chance of each player from the books' lines, as put on record."""

    def read(*quotes):
        warehouse = offered(*quotes)
        read_lines(warehouse, FIRST_DATE, LAST_DATE)
        rows = warehouse.rows(f"SELECT player_id, line, chance FROM {PREGAME_LINES}")
        return {player: found for player, *found in rows}

    return read


def test_between_two_books_the_line_is_one_of_theirs(lines_of):
    found = lines_of(*((1, line) for line in (24.5, 25.5)), *((2, n + 0.5) for n in (9, 10, 11)))
    assert {player: line for player, (line, _) in found.items()} == {1: 24.5, 2: 10.5}


def test_a_wrong_price_moves_neither_the_line_nor_its_chance(lines_of):
    believed = [(1, 24.5, 1.8, 2.2), (1, 24.5, 1.85, 2.1), (1, 26.5, 1.9, 1.9)]
    wrong = [(1, 33.5, 1.9, 1.9), (1, 34.5, 1.9, 1.9)]
    assert lines_of(*believed, *wrong) == lines_of(*believed)
    alike = [(1, 24.5, 1.8, 2.2)] * 3
    assert lines_of(*alike, (1, 24.5, 5.0, 1.2)) == lines_of(*alike)


def test_where_no_quote_is_believed_there_is_no_line(lines_of):
    assert lines_of((1, 24.5, 2.4, 1.6), (1, 24.5, 1.6, 2.4)) == {}
