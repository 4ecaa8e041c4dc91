"""One player written two ways in one report or offer is one row, and always the same one."""

from __future__ import annotations

import pytest

# Two spellings of one man, in the order of the alphabet, and one of another man.
ALIASES = """
SELECT *, player_key AS base_key, player_key AS initial_key, player_key AS sorted_key,
       DATE '2023-10-24' AS game_date
FROM (VALUES ('nic claxton', 7), ('nicolas claxton', 7), ('cam thomas', 8))
  AS a(player_key, player_id)
"""
GAMES = """
SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 'g7' AS game_id, 'BKN' AS home_team,
       'POR' AS away_team, TIMESTAMP '2024-01-07 23:00:00' AS tipoff_at
"""
BOXES = """
SELECT DATE '2024-01-05' AS game_date, 'BKN' AS team, unnest([7, 8]) AS player_id
"""
REPORTS = """
SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 'BKN' AS team, name AS player_key,
       name AS base_key, status, 'Knee' AS reason, TIMESTAMP '2024-01-07 18:00:00' AS {seen}
FROM (VALUES ('nicolas claxton', 'out'), ('nic claxton', 'doubtful'), ('cam thomas', 'out'))
  AS r(name, status)
ORDER BY name {order}
"""
# One offer under two ids of one game: each source has its own idea of who is at home.
OFFERS = """
SELECT DATE '2024-01-07' AS game_date, game AS own_game_id, home AS home_team, away AS away_team,
       'cam thomas' AS player_key, 'cam thomas' AS base_key, 'cam thomas' AS initial_key,
       'cam thomas' AS sorted_key, 'book' AS bookmaker, 'points' AS market, line,
       -110 AS over_price, -110 AS under_price, TIMESTAMP '2024-01-07 18:00:00' AS captured_at,
       TIMESTAMP '2024-01-07 23:00:00' AS tipoff_at
FROM (VALUES ('920240107BKNPOR', 'BKN', 'POR', 20.5), ('920240107PORBKN', 'POR', 'BKN', 21.5))
  AS o(game, home, away, line)
ORDER BY game {order}
"""
ORDERS = pytest.mark.parametrize("order", ["ASC", "DESC"])


@ORDERS
@pytest.mark.parametrize(("name", "seen"), [("injuries", "report_at"), ("lineups", "announced_at")])
def test_two_spellings_of_one_player_in_one_report_are_one_row(compute, name, seen, order):
    reports = REPORTS.format(seen=seen, order=order)
    rows = compute(f"raw.{name}", {f"landing.{name}": reports, "raw.player_aliases": ALIASES})
    assert sorted(row["player_id"] for row in rows) == [7, 8]
    if name == "injuries":
        assert {row["player_id"]: row["status"] for row in rows} == {7: "doubtful", 8: "out"}


@pytest.mark.parametrize(("name", "seen"), [("injuries", "report_at"), ("lineups", "announced_at")])
def test_a_suffix_that_no_other_source_writes_names_whom_the_rest_of_the_name_does(
    compute, name, seen
):
    reports = REPORTS.format(seen=seen, order="ASC").replace(
        "name AS player_key", "name || ' iii' AS player_key"
    )

    def reported(*others):
        spelled = ", ".join(("('nic claxton', 7)", "('cam thomas', 8)", *others))
        aliases = (
            "SELECT *, replace(player_key, ' jr', '') AS base_key, player_key AS initial_key, "
            "player_key AS sorted_key, DATE '2023-10-24' AS game_date "
            f"FROM (VALUES {spelled}) AS a(player_key, player_id)"
        )
        rows = compute(f"raw.{name}", {f"landing.{name}": reports, "raw.player_aliases": aliases})
        return sorted(row["player_id"] for row in rows)

    assert reported() == [7, 8]
    # of two namesakes, or where one spelling fits several, nobody can say who is meant
    assert reported("('cam thomas jr', 9)") == [7]
    assert reported("('cam thomas jr', NULL)") == [7]


@ORDERS
def test_one_offer_under_two_ids_of_one_game_is_always_the_same_row(compute, order):
    rows = compute(
        "raw.prop_lines",
        {
            "landing.prop_lines": OFFERS.format(order=order),
            "raw.games": GAMES,
            "raw.player_aliases": ALIASES,
            "raw.player_boxscores": BOXES,
        },
    )
    assert [(row["player_id"], float(row["line"])) for row in rows] == [(8, 20.5)]
