"""A line is that of the game's own home team, whichever team its source has at home."""

from __future__ import annotations

import pytest

GAMES = """
SELECT '2023-24' AS season, DATE '2023-10-25' AS game_date, 'g1' AS game_id, 'NYK' AS home_team,
       'BOS' AS away_team
"""
# Boston gives eight points and a half, said from either side.
HOME_FIRST = ("NYK", "BOS", 8.5, 295, -365)
AWAY_FIRST = ("BOS", "NYK", -8.5, -365, 295)


def lines(*offers):
    values = ", ".join(str(offer) for offer in offers)
    return f"""
    SELECT DATE '2023-10-25' AS game_date, 'consensus' AS bookmaker, home AS home_team,
           away AS away_team, spread AS spread_home, 223.5 AS total,
           moneyline_home, moneyline_away
    FROM (VALUES {values}) AS o(home, away, spread, moneyline_home, moneyline_away)
    """


@pytest.mark.parametrize(
    "offers",
    [[HOME_FIRST], [AWAY_FIRST], [HOME_FIRST, AWAY_FIRST], [AWAY_FIRST, HOME_FIRST]],
    ids=["home first", "away first", "both", "both the other way"],
)
def test_a_line_says_the_same_whichever_team_its_source_has_at_home(compute, offers):
    rows = compute("raw.game_lines", {"landing.game_lines": lines(*offers), "raw.games": GAMES})
    said = [(r["spread_home"], r["moneyline_home"], r["moneyline_away"]) for r in rows]
    assert [(float(spread), home, away) for spread, home, away in said] == [(8.5, 295, -365)]


def test_of_two_lines_of_one_game_that_of_the_right_home_team_counts(compute):
    other = ("BOS", "NYK", -9.5, -400, 310)
    rows = compute(
        "raw.game_lines", {"landing.game_lines": lines(other, HOME_FIRST), "raw.games": GAMES}
    )
    assert [float(row["spread_home"]) for row in rows] == [8.5]
