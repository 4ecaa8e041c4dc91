"""The formulas against examples worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

GAME = "DATE '2024-01-05' AS game_date, '2023-24' AS season, '0022300500' AS game_id"
NO_SHOTS = (
    "SELECT ''::VARCHAR AS game_id, 0 AS player_id, '' AS team, '' AS zone, true AS is_made "
    "WHERE false"
)
GAMES = f"SELECT {GAME}, 'DEN' AS home_team, 'LAL' AS away_team, 110 AS home_pts, 104 AS away_pts"
# FG FGA 3P 3PA FT FTA ORB DRB AST TOV, of two teams in a game of 240 player minutes.
DENVER = "1 AS team_id, 'DEN' AS team, 'LAL' AS opponent, true AS is_home, {m} AS team_minutes, "
DENVER += "40 AS fg, 88 AS fga, 12 AS fg3, 35 AS fg3a, 18 AS ft, 25 AS fta, 10 AS orb, 34 AS drb, "
DENVER += "44 AS trb, 25 AS ast, 8 AS stl, 5 AS blk, 14 AS tov, 20 AS pf, 110 AS pts"
LAKERS = (
    "2 AS team_id, 'LAL' AS team, 'DEN' AS opponent, false AS is_home, {m} AS team_minutes, "
    "38 AS fg, 90 AS fga, 10 AS fg3, 30 AS fg3a, 18 AS ft, 20 AS fta, 8 AS orb, 32 AS drb, "
    "40 AS trb, 22 AS ast, 7 AS stl, 4 AS blk, 12 AS tov, 21 AS pf, 104 AS pts"
)


def teams(minutes=240):
    return (
        f"SELECT {GAME}, {DENVER.format(m=minutes)} UNION ALL "
        f"SELECT {GAME}, {LAKERS.format(m=minutes)}"
    )


def player(minutes, fg=0, fga=0, fg3=0, ft=0, fta=0, tov=0, player_id=7):
    pts = 2 * (fg - fg3) + 3 * fg3 + ft
    return (
        f"SELECT {GAME}, {player_id} AS player_id, 'A Player' AS player_name, 'DEN' AS team, "
        f"'LAL' AS opponent, true AS is_home, true AS is_starter, {minutes}::DECIMAL(6, 2) "
        f"AS minutes, {fg} AS fg, {fga} AS fga, {fg3} AS fg3, {fg3} AS fg3a, {ft} AS ft, "
        f"{fta} AS fta, 1 AS orb, 4 AS drb, 5 AS trb, 6 AS ast, 0 AS stl, 0 AS blk, {tov} AS tov, "
        f"0 AS pf, {pts} AS pts, 3 AS plus_minus"
    )


@pytest.fixture
def offense(compute):
    return lambda minutes=240: {
        row["team"]: row
        for row in compute(
            "analytics.team_offense_game_summary",
            {"raw.team_boxscores": teams(minutes), "raw.games": GAMES, "raw.shots": NO_SHOTS},
        )
    }


@pytest.fixture
def summary(compute):
    def run(*players, minutes=240, others_turnovers=14):
        others = player(204, tov=others_turnovers, player_id=99)
        rows = compute(
            "analytics.player_game_summary",
            {
                "raw.player_boxscores": " UNION ALL ".join([*players, others]),
                "raw.team_boxscores": teams(minutes),
                "raw.games": GAMES,
                "raw.shots": NO_SHOTS,
            },
        )
        return [row for row in rows if row["player_id"] != 99]

    return run


def test_possessions_are_both_teams_estimates_averaged(offense):
    # Denver: 88 + 0.4*25 - 1.07*(10/(10+32))*(88-40) + 14 = 112 - 12.2286 = 99.7714
    # Lakers: 90 + 0.4*20 - 1.07*(8/(8+34))*(90-38) + 12 = 110 - 10.5981 = 99.4019
    rows = offense()
    assert float(rows["DEN"]["possessions"]) == pytest.approx(99.58667, abs=1e-4)
    assert rows["DEN"]["possessions"] == rows["LAL"]["possessions"]


def test_pace_and_ratings_follow_from_possessions(offense):
    row = offense()["DEN"]
    # 48 * 99.5867 / (240 / 5) = 99.5867; 100 * 110 / 99.5867 = 110.4566
    assert float(row["pace"]) == pytest.approx(99.58667, abs=1e-4)
    assert float(row["offensive_rating"]) == pytest.approx(110.4566, abs=1e-3)


def test_pace_counts_an_overtimes_minutes(offense):
    # 48 * 99.5867 / (265 / 5) = 90.1917
    assert float(offense(265)["DEN"]["pace"]) == pytest.approx(90.1917, abs=1e-3)


def test_the_four_factors(offense):
    row = offense()["DEN"]
    assert float(row["efg_pct"]) == pytest.approx((40 + 6) / 88, abs=1e-6)
    assert float(row["tov_pct"]) == pytest.approx(14 / (88 + 11 + 14), abs=1e-6)
    assert float(row["orb_pct"]) == pytest.approx(10 / 42, abs=1e-6)
    assert float(row["ft_rate"]) == pytest.approx(18 / 88, abs=1e-6)


def test_shot_zones_are_null_and_not_zero_where_no_shots_are_known(offense):
    row = offense()["DEN"]
    assert [row[f"{zone}_fga"] for zone in ("paint", "mid_range", "three_zone")] == [None] * 3


def test_what_one_side_does_is_what_the_other_allows(compute, offense):
    own = offense()
    select = " UNION ALL ".join(
        "SELECT " + ", ".join(f"{_literal(value)} AS {name}" for name, value in row.items())
        for row in own.values()
    )
    allowed = {
        row["team"]: row
        for row in compute(
            "analytics.team_defense_game_summary",
            {"analytics.team_offense_game_summary": select},
        )
    }
    assert allowed["LAL"]["defensive_rating"] == own["DEN"]["offensive_rating"]
    assert allowed["LAL"]["opponent_pts"] == 110
    assert allowed["DEN"]["opponent_pts"] == 104


def _literal(value):
    if value is None:
        return "NULL::INTEGER"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return str(value) if isinstance(value, int | float | Decimal) else f"'{value}'"


def test_usage_rate_of_a_regulation_game(summary):
    # 14 turnovers by the players, of which 3 his own;
    # 100 * (20 + 0.44*5 + 3) * (240/5) / (36 * (88 + 0.44*25 + 14)) = 120960 / 4068 = 29.7345
    [row] = summary(player(36, fg=9, fga=20, fg3=2, ft=4, fta=5, tov=3), others_turnovers=11)
    assert float(row["usage_rate"]) == pytest.approx(29.7345, abs=1e-3)


def test_usage_rate_of_an_overtime_game_uses_the_teams_minutes(summary):
    # the same line, 265 / 5 = 53 minutes: 29.7345 * 53 / 48
    line = player(36, fg=9, fga=20, fg3=2, ft=4, fta=5, tov=3)
    [row] = summary(line, minutes=265, others_turnovers=11)
    assert float(row["usage_rate"]) == pytest.approx(32.8319, abs=1e-3)


def test_true_and_effective_shooting(summary):
    # 24 points: 24 / (2 * (20 + 0.44*5)) = 0.540541; (9 + 1) / 20 = 0.5
    [row] = summary(player(36, fg=9, fga=20, fg3=2, ft=4, fta=5, tov=3))
    assert float(row["ts_pct"]) == pytest.approx(0.540541, abs=1e-6)
    assert float(row["efg_pct"]) == pytest.approx(0.5)


def test_counts_a_36_minutes(summary):
    [row] = summary(player(24, fg=6, fga=10))
    per_36 = [float(row[f"{stat}_per_36"]) for stat in ("pts", "trb", "ast")]
    assert per_36 == pytest.approx([18, 7.5, 9])


def test_zero_is_a_value_and_not_missing(summary):
    [row] = summary(player(12, fga=3))
    assert (row["ts_pct"], row["efg_pct"], row["pts_per_36"]) == (0, 0, 0)
    [idle] = summary(player(12))
    assert idle["usage_rate"] == 0
    assert (idle["ts_pct"], idle["efg_pct"]) == (None, None)


def test_who_did_not_play_has_no_rates(summary):
    [row] = summary(player(0))
    assert (row["usage_rate"], row["ts_pct"], row["pts_per_36"]) == (None, None, None)


def test_a_one_second_appearance_does_not_take_the_date_with_it(summary):
    # one shot in a second: 100 * 48 / (0.02 * 113) = 2123.9
    extreme, usual = sorted(
        summary(player(0.02, fga=1, player_id=1), player(30, fga=9, player_id=2)),
        key=lambda row: row["player_id"],
    )
    assert float(extreme["usage_rate"]) == pytest.approx(2123.89, abs=0.01)
    assert float(usual["usage_rate"]) == pytest.approx(100 * 9 * 48 / (30 * 113), abs=1e-3)


def test_without_a_team_line_usage_is_null_and_not_a_default(compute):
    [row] = compute(
        "analytics.player_game_summary",
        {
            "raw.player_boxscores": player(30, fga=9),
            "raw.team_boxscores": f"SELECT * FROM ({teams()}) WHERE false",
            "raw.games": GAMES,
            "raw.shots": NO_SHOTS,
        },
    )
    assert row["usage_rate"] is None
    assert row["minutes"] == 30
