"""Who is out, what that leaves to others, and what is known of a player from earlier seasons."""

from __future__ import annotations

import json

import pytest

# Five games of DEN: player 1 plays 30 minutes for 20 points in all, player 2 ten minutes for 4.
PLAYED = """
SELECT '2023-24' AS season, DATE '2024-01-01' + CAST(d AS INTEGER) AS game_date,
       'g' || d AS game_id, p AS player_id, 'DEN' AS team,
       CASE p WHEN 1 THEN 30 ELSE 10 END::DECIMAL(6, 2) AS minutes,
       CASE p WHEN 1 THEN 20 ELSE 4 END AS pts, 6 AS trb, 2 AS ast, 1 AS fg3, 10 AS fga, 5 AS fta,
       1 AS tov, p = 1 AS is_starter, 1 AS stl, 0 AS blk,
       CASE p WHEN 1 THEN 30 ELSE 15 END::DECIMAL(12, 4) AS usage_rate
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
SELECT DATE '2024-01-07' AS game_date, 'g7' AS game_id, p AS player_id, 5 AS games_played_season,
       CASE p WHEN 1 THEN 1.0 WHEN 2 THEN 0.0 ELSE 0.5 END AS started_share_last_10_games
FROM range(1, 4) AS t(p)
"""
# Two regulars and a reserve.
FORM = """
SELECT DATE '2024-01-07' AS game_date, 'g7' AS game_id, p AS player_id,
       20 AS games_played_season, 7 AS usage_games_in_window,
       u AS avg_usage_rate_last_7_games, u AS avg_usage_rate_season, 2 AS days_rest,
       u AS avg_usage_rate_recency_weighted, false AS is_back_to_back, 1 AS games_last_7_days,
       30.0 AS minutes_last_7_days, 0 AS back_to_backs_last_14_days,
       m AS avg_minutes_season, m AS avg_minutes_last_10_games
FROM (VALUES (1, 30.0, 36.0), (2, 24.0, 32.0), (3, 20.0, 12.0)) AS form(p, u, m)
"""
# One regular out, a star, who was out of the last games, too.
LONG_OUT = """
SELECT DATE '2024-01-07' AS game_date, 'g7' AS game_id, p AS player_id, 1 AS absent_regulars,
       1 AS absent_stars, 0.0 AS absent_usage_minutes_change
FROM range(1, 4) AS t(p)
"""
NOTHING_ELSE = {
    "precompute.player_shot_zone_analysis": (
        "SELECT DATE '2024-01-07' AS game_date, 1 AS player_id, 'paint' AS primary_zone, "
        "0.5 AS paint_share_last_10_games, 0.2 AS mid_range_share_last_10_games, "
        "0.3 AS three_zone_share_last_10_games WHERE false"
    ),
    "precompute.team_defense_zone_analysis": (
        "SELECT DATE '2024-01-07' AS game_date, 'LAL' AS team, 100.0 AS pace_last_10_games, "
        "99.0 AS league_pace_to_date, 10 AS games_with_shots, 0.0 AS paint_vs_league, "
        "0.0 AS mid_range_vs_league, 0.0 AS three_zone_vs_league"
    ),
    "raw.players": (
        "SELECT 1 AS player_id, DATE '2023-10-01' AS game_date, DATE '1999-01-01' AS birth_date"
    ),
}


@pytest.fixture
def absences(compute):
    """A player's row today, 2 unless told, from who is listed and what is reported today."""

    def run(*today, player=2):
        slate = " UNION ALL ".join([LISTED.format(played=PLAYED), *today])
        rows = compute(
            "precompute.absent_teammates",
            {
                "precompute.slate": slate,
                "precompute.player_daily_cache": CACHE,
                "analytics.player_game_summary": PLAYED,
            },
        )
        return next(row for row in rows if row["game_id"] == "g7" and row["player_id"] == player)

    return run


@pytest.fixture
def usage_context(compute):
    """What each player's usage is projected from today, by player."""

    def run(*today, absent=LONG_OUT):
        slate = " UNION ALL ".join(today)
        rows = compute(
            "precompute.player_composite_factors",
            {
                "precompute.slate": f"SELECT *, 'LAL' AS opponent FROM ({slate})",
                "precompute.player_daily_cache": FORM,
                "precompute.absent_teammates": absent,
                **NOTHING_ELSE,
            },
        )
        return {row["player_id"]: row for row in rows}

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


def test_who_was_doubtful_and_played_is_not_his_own_absent_team_mate(absences):
    played_after_all = (today(1, absent=True, status="doubtful"), today(2, status="available"))
    own = absences(*played_after_all, player=1)
    assert own["absences_known"]
    assert (own["absent_regulars"], own["absent_minutes"], own["absent_plays"]) == (0, 0, 0)
    assert own["absent_starters_change"] == own["absent_points_change"] == 0
    # before the game his team mates expected to be without him
    others = absences(*played_after_all)
    assert (others["absent_regulars"], others["absent_minutes"]) == (1, 30)


def test_what_was_left_in_earlier_games_is_of_team_mates_too(compute):
    # ten games of two regulars; in the last of them player 1 was doubtful, and both played
    played = PLAYED.replace("range(1, 6)", "range(1, 11)").replace("ELSE 10 END", "ELSE 25 END")
    listed = LISTED.format(played=played).replace(
        "false AS is_absent,", "player_id = 1 AND game_id = 'g10' AS is_absent,"
    )
    listed = listed.replace("NULL::VARCHAR", "CASE WHEN game_id = 'g10' THEN 'doubtful' END")
    days = " UNION ALL ".join([listed, today(1), today(2)])
    later = "DATE '2024-01-12'"
    rows = compute(
        "precompute.absent_teammates",
        {
            "precompute.slate": days.replace("DATE '2024-01-07'", later).replace("'g7'", "'g11'"),
            "precompute.player_daily_cache": CACHE.replace("DATE '2024-01-07'", later)
            .replace("'g7'", "'g11'")
            .replace("5 AS games", "10 AS games"),
            "analytics.player_game_summary": played,
        },
    )
    change = {r["player_id"]: r["absent_minutes_change"] for r in rows if r["game_id"] == "g11"}
    assert change == {1: 0, 2: pytest.approx(-3.0)}


def test_usage_is_left_by_team_mates_and_not_by_oneself(absences):
    # ten points above an average share, in 30 minutes
    row = absences(today(2))
    assert (row["absent_stars"], row["absent_usage_minutes_change"]) == (1, 300)
    played_after_all = (today(1, absent=True, status="doubtful"), today(2, status="available"))
    own = absences(*played_after_all, player=1)
    assert (own["absent_stars"], own["absent_usage_minutes_change"]) == (0, 0)
    assert absences(*played_after_all)["absent_stars"] == 1


def test_who_has_been_out_for_long_is_out_still_and_leaves_no_more_than_before(compute):
    # player 1 has not been listed since the fifth of player 2's forty-five games, a month and more
    played = PLAYED.replace("range(1, 6)", "range(1, 46)").replace("ELSE 10 END", "ELSE 25 END")
    played = f"SELECT * FROM ({played}) WHERE player_id = 2 OR game_date < DATE '2024-01-07'"
    later = "DATE '2024-02-15'"
    rows = compute(
        "precompute.absent_teammates",
        {
            "precompute.slate": LISTED.format(played=played)
            + " UNION ALL "
            + today(2).replace("DATE '2024-01-07'", later).replace("'g7'", "'g46'"),
            "precompute.player_daily_cache": CACHE.replace("DATE '2024-01-07'", later)
            .replace("'g7'", "'g46'")
            .replace("5 AS games", "45 AS games"),
            "analytics.player_game_summary": played,
        },
    )
    [row] = [row for row in rows if row["game_id"] == "g46"]
    assert (row["absent_regulars"], row["absent_minutes"]) == (1, 30)
    assert row["absent_minutes_change"] == row["absent_usage_minutes_change"] == 0


def test_a_report_on_one_game_says_nothing_of_another_of_the_date(absences):
    elsewhere = today(9, absent=True, status="out").replace("'g7'", "'g8'").replace("DEN", "LAL")
    assert absences(today(2), elsewhere)["absent_regulars"] == 1
    assert not absences(
        today(2, upcoming=True), elsewhere.replace("false AS is_up", "true AS is_up")
    )["absences_known"]


def test_where_no_source_says_who_started_absent_starts_are_unknown(compute):
    played = PLAYED.replace("p = 1 AS is_starter", "NULL::BOOLEAN AS is_starter")
    rows = compute(
        "precompute.absent_teammates",
        {
            "precompute.slate": f"{LISTED.format(played=played)} UNION ALL {today(2)}",
            "precompute.player_daily_cache": CACHE,
            "analytics.player_game_summary": played,
        },
    )
    [row] = [row for row in rows if row["game_id"] == "g7"]
    assert (row["absent_regulars"], row["absent_minutes"]) == (1, 30)
    assert row["absent_starters"] is row["absent_starters_change"] is None


def test_usage_that_is_left_goes_to_each_by_his_own_share_of_the_plays(usage_context):
    found = usage_context(
        today(1, upcoming=True), today(2), today(3), absent=LONG_OUT.replace("0.0 AS", "240.0 AS")
    )
    usage = {player: json.loads(row["usage_context_json"]) for player, row in found.items()}
    for player, share in {1: 30 / 20, 2: 24 / 20, 3: 20 / 20}.items():
        left = usage[player]["usage_left_by_absent_regulars_change"]
        assert left == pytest.approx(share, abs=1e-4)
    # his usage has been the same of late and in the season
    assert found[1]["projected_usage_rate"] == pytest.approx(30 + 30 / 20)
    assert usage[1]["star_teammates_out"] == 1
    # 0.3 times what is projected above the last games, and more for the star who is out
    assert found[1]["usage_spike_score"] == pytest.approx(0.3 * 1.5 * 1.15)


def test_where_nothing_says_who_is_out_usage_is_projected_from_form_alone(usage_context):
    unknown = LONG_OUT.replace("0.0 AS", "NULL::DOUBLE AS").replace("1 AS absent", "NULL AS absent")
    row = usage_context(today(1, upcoming=True), absent=unknown)[1]
    assert row["projected_usage_rate"] == 30
    context = json.loads(row["usage_context_json"])
    assert context["absent_regulars"] is context["star_teammates_out"] is None
    assert json.loads(row["shot_zone_context_json"])["primary_zone"] is None


def test_reports_are_known_where_the_slate_has_one_of_the_game(usage_context):
    elsewhere = today(3, status="out").replace("'g7'", "'g8'")
    for status, is_known in ((None, False), ("questionable", True)):
        found = usage_context(today(1), today(2, status=status), elsewhere)
        known = [json.loads(found[p]["usage_context_json"])["injury_reports_known"] for p in (1, 2)]
        assert known == [is_known, is_known]


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


def test_in_the_first_season_on_record_nobody_is_taken_for_a_rookie(compute):
    rows = compute(
        "precompute.player_past_seasons",
        {"precompute.slate": today(2), "analytics.player_game_summary": PLAYED},
    )
    assert [row["earlier_seasons"] for row in rows] == [None]
