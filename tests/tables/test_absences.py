"""Who is out, what that leaves to others, and what is known of a player from earlier seasons."""

from __future__ import annotations

import pytest

# Five games of DEN: player 1 plays 30 minutes for 20 points in all, player 2 ten minutes for 4.
PLAYED = """
SELECT '2023-24' AS season, DATE '2024-01-01' + CAST(d AS INTEGER) AS game_date,
       'g' || d AS game_id, p AS player_id, 'DEN' AS team,
       CASE p WHEN 1 THEN 30 ELSE 10 END::DECIMAL(6, 2) AS minutes,
       CASE p WHEN 1 THEN 20 ELSE 4 END AS pts, 6 AS trb, 2 AS ast, 1 AS fg3, 10 AS fga, 5 AS fta,
       1 AS tov, p = 1 AS is_starter, 1 AS stl, 0 AS blk
FROM range(1, 6) AS days(d), range(1, 3) AS players(p)
"""
LISTED = """
SELECT season, game_date, game_id, player_id, team, false AS is_upcoming, false AS is_absent,
       NULL::VARCHAR AS report_status, true AS is_candidate, player_id = 1 AS is_starting
FROM ({played})
"""
TODAY = (
    "SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 'g7' AS game_id, {player} AS "
    "player_id, 'DEN' AS team, {upcoming} AS is_upcoming, {absent} AS is_absent, {status} AS "
    "report_status, true AS is_candidate, {starting} AS is_starting"
)
# Player 1 has started all of his last games, player 2 none, and player 3 one of two.
CACHE = """
SELECT 'g7' AS game_id, p AS player_id, 5 AS games_played_season,
       CASE p WHEN 1 THEN 1.0 WHEN 2 THEN 0.0 ELSE 0.5 END AS started_share_last_10_games
FROM range(1, 4) AS t(p)
"""


@pytest.fixture
def absences(compute):
    """The rows of player 2 today, from who is listed and what is reported today."""

    def run(*today):
        slate = " UNION ALL ".join([LISTED.format(played=PLAYED), *today])
        rows = compute(
            "precompute.absent_teammates",
            {
                "precompute.slate": slate,
                "precompute.player_daily_cache": CACHE,
                "analytics.player_game_summary": PLAYED,
            },
        )
        return next(row for row in rows if row["game_id"] == "g7" and row["player_id"] == 2)

    return run


def today(player, upcoming=False, absent=False, status=None, starting=False):
    status = f"'{status}'" if status else "NULL::VARCHAR"
    return TODAY.format(
        player=player, upcoming=upcoming, absent=absent, status=status, starting=starting
    )


@pytest.mark.parametrize(
    ("starting", "new", "benched"),
    [
        # he himself is not his own team mate
        ({2: True}, 0, 2),
        ({1: True, 3: True}, 0, 0),
        ({2: False, 3: True}, 0, 1),
        ({2: "NULL"}, None, None),
    ],
)
def test_who_starts_and_sits_among_team_mates_is_counted(absences, starting, new, benched):
    row = absences(*(today(player, starting=starting.get(player, False)) for player in (1, 2, 3)))
    assert (row["new_starters"], row["benched_starters"]) == (new, benched)


def test_a_regular_who_is_not_listed_leaves_his_usual_numbers(absences):
    row = absences(today(2))
    assert row["absences_known"]
    assert row["absent_regulars"] == 1
    assert row["absent_minutes"] == row["absent_minutes_change"] == 30
    assert (row["absent_points"], row["absent_rebounds"], row["absent_assists"]) == (20, 6, 2)
    assert row["absent_plays"] == pytest.approx(10 + 0.44 * 5 + 1)
    assert row["absent_starters"] == 1


def test_nobody_is_out_when_all_are_listed(absences):
    row = absences(today(1), today(2))
    assert (row["absent_regulars"], row["absent_minutes"], row["absent_points_change"]) == (0, 0, 0)


def test_a_reserve_who_is_not_listed_is_no_absence(compute):
    rows = compute(
        "precompute.absent_teammates",
        {
            "precompute.slate": " UNION ALL ".join([LISTED.format(played=PLAYED), today(1)]),
            "precompute.player_daily_cache": CACHE,
            "analytics.player_game_summary": PLAYED,
        },
    )
    row = next(row for row in rows if row["game_id"] == "g7")
    assert row["absent_regulars"] == 0


def test_before_a_game_to_come_nothing_is_known_without_a_report(absences):
    row = absences(today(1, upcoming=True), today(2, upcoming=True))
    assert not row["absences_known"]
    assert row["absent_regulars"] is None
    assert row["absent_minutes_change"] is None


def test_a_report_decides_where_there_is_one(absences):
    row = absences(
        today(1, upcoming=True, absent=True, status="out"),
        today(2, upcoming=True, status="available"),
    )
    assert row["absent_regulars"] == 1
    # a report that expects him to play is believed, although he did not come
    assert absences(today(2, status="available"))["absent_regulars"] == 0


def test_the_last_season_played_is_what_is_known_of_a_returner(compute):
    earlier = PLAYED.replace("2023-24", "2021-22").replace("2024", "2022")
    slate = f"{today(2)} UNION ALL {today(8)}"
    rows = compute(
        "precompute.player_past_seasons",
        {
            "precompute.slate": slate,
            "analytics.player_game_summary": f"{earlier} UNION ALL {PLAYED}",
        },
    )
    known = {row["player_id"]: row for row in rows}
    assert known[2]["last_season"] == "2021-22"
    assert (known[2]["earlier_seasons"], known[2]["seasons_since_last"]) == (1, 2)
    assert (known[2]["games_last_season"], known[2]["avg_points_last_season"]) == (5, 4)
    assert known[2]["started_share_last_season"] == 0
    assert known[8]["earlier_seasons"] == 0
    assert known[8]["avg_points_last_season"] is None
