"""The line of a player game is one that a book offers, whoever works it out."""

from __future__ import annotations

import numpy as np
import pytest

from boxout.learning.lines import PREGAME_LINES, read_lines
from boxout.learning.quotes import median_line
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def lines_of(tmp_path):
    """Return the line of each player from the books' lines, as it is put on record."""

    def read(books):
        with open_warehouse(Home(tmp_path / "home"), create=True) as warehouse:
            warehouse.execute("CREATE SCHEMA lake.raw")
            warehouse.execute(
                "CREATE TABLE lake.raw.prop_lines AS SELECT DATE '2024-01-05' AS game_date, "
                "'g1' AS game_id, unnest($1) AS player_id, 'points' AS market, "
                "'b' || unnest(range(len($1))) AS bookmaker, unnest($2)::DECIMAL(5, 1) AS line, "
                "-110 AS over_price, -110 AS under_price, "
                "TIMESTAMP '2024-01-05 23:00:00' AS captured_at, false AS is_live",
                [[player for player, _ in books], [line for _, line in books]],
            )
            read_lines(warehouse, FIRST_DATE, LAST_DATE)
            return dict(warehouse.rows(f"SELECT player_id, line FROM {PREGAME_LINES}"))

    return read


def test_between_two_books_the_line_is_one_of_theirs(lines_of):
    assert lines_of([(1, 24.5), (1, 25.5), (2, 9.5), (2, 10.5), (2, 11.5)]) == {1: 24.5, 2: 10.5}


def test_the_line_on_record_is_the_one_that_quotes_are_held_against(lines_of):
    random = np.random.default_rng(5)
    place = np.sort(random.integers(0, 60, 300))
    line = random.integers(10, 20, 300) + 0.5
    games, median = median_line(place, line)
    assert lines_of(list(zip(place.tolist(), line.tolist(), strict=True))) == dict(
        zip(games.tolist(), median.tolist(), strict=True)
    )
    assert np.isin(median, line).all()
