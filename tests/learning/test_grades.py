"""Grading forecasts, worked by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from boxout.errors import BoxoutError
from boxout.learning.grade import grade, read_grades, summarise
from boxout.learning.storage import create_learning_tables
from boxout.warehouse.ducklake import Warehouse

DAY = date(2023, 12, 4)
GAME = f"{DAY:%Y%m%d}1"  # teams 3 and 4 or 2 and 4
# player, market, predicted, p10, p50, p90, line, chance of over, actual, in sample
HAND = [
    (401, "points", 10.0, 6.0, 10.0, 14.0, 9.5, 0.6, 12, False),  # over, hit
    (402, "points", 10.0, 6.0, 10.0, 14.0, 9.5, 0.7, 5, False),  # under, missed, not covered
    (403, "points", 10.0, 6.0, 10.0, 14.0, 11.0, 0.4, 11, False),  # push
    (404, "points", 10.0, 6.0, 10.0, 14.0, None, None, 14, False),  # no line
    (405, "points", 10.0, 6.0, 10.0, 14.0, 8.5, 0.8, None, False),  # did not play
    (406, "points", 3.0, 1.0, 3.0, 5.0, 8.5, 0.5, 3, False),  # even odds: no side
]


@pytest.fixture
def hand(league):
    create_learning_tables(league.warehouse)
    with league.warehouse.commit():
        for player, market, *numbers, actual, in_sample in HAND:
            league.warehouse.execute(
                "INSERT INTO lake.learning.predictions VALUES "
                "('2023-24', $1, $2, $3, $4, 'm1', $5, 4.0, $6, $7, $8, $9, $10, $11, 1, $12)",
                [DAY, GAME, player, market, *numbers, in_sample, datetime(2023, 12, 4, 9)],
            )
            played = f"pts = {actual}" if actual is not None else "minutes = 0"
            league.warehouse.execute(
                f"UPDATE lake.landing.boxscores SET {played} "
                f"WHERE game_id = '{GAME}' AND player_id = {player}"
            )
    league.record("landing.boxscores")
    league.build()
    return league


def test_each_forecast_is_graded_as_by_hand(hand):
    report = grade(hand.warehouse, graph=hand.graph)
    assert report.written.inserted == 6
    found = {row["player_id"]: row for row in read_grades(hand.warehouse, DAY)}
    facts = {
        player: tuple(
            row[name] for name in ("actual", "error", "side", "result", "is_hit", "is_covered")
        )
        for player, row in found.items()
    }
    assert facts == {
        401: (12, -2.0, "over", "over", True, True),
        402: (5, 5.0, "over", "under", False, False),
        403: (11, -1.0, "under", "push", None, True),
        404: (14, -4.0, None, None, None, True),
        405: (None, None, "over", "void", None, None),
        406: (3, 0.0, None, "under", None, True),
    }


def test_the_summary_adds_up_as_by_hand(hand):
    (summary,) = grade(hand.warehouse, graph=hand.graph).summaries
    assert (summary.graded, summary.void, summary.lined) == (5, 1, 4)
    assert summary.mae == pytest.approx((2 + 5 + 1 + 4 + 0) / 5)
    assert summary.bias == pytest.approx((-2 + 5 - 1 - 4 + 0) / 5)
    # 14 stands for 13.5 to 14.5, of which half lies below the 90th percentile of 14
    assert summary.coverage == pytest.approx(3.5 / 5)
    assert (summary.bets, summary.hits, summary.hit_rate) == (2, 1, 0.5)
    assert summary.line_mae == pytest.approx((2.5 + 4.5 + 0 + 5.5) / 4)
    assert summary.lined_mae == pytest.approx((2 + 5 + 1 + 0) / 4)
    # 0.6 over, 0.7 under, 0.5 under; the push does not count
    assert summary.log_loss == pytest.approx((0.5108 + 1.2040 + 0.6931) / 3, abs=1e-4)
    assert summary.brier == pytest.approx((0.16 + 0.49 + 0.25) / 3, abs=1e-4)


def test_grading_twice_writes_nothing_the_second_time(hand):
    grade(hand.warehouse, graph=hand.graph)
    version = hand.warehouse.version()
    again = grade(hand.warehouse, graph=hand.graph)
    assert (again.written.inserted, again.written.removed, again.written.unchanged) == (0, 0, 6)
    assert hand.warehouse.version() == version


def test_a_corrected_outcome_refreshes_its_grade_only(hand):
    grade(hand.warehouse, graph=hand.graph)
    hand.correct("landing.boxscores", "pts = 8", f"game_id = '{GAME}' AND player_id = 401")
    held = grade(hand.warehouse, graph=hand.graph)
    assert held.held_back == (DAY,)  # the correction is not built yet: old grades stay
    assert (held.written.inserted, held.written.removed) == (0, 0)
    hand.build()
    again = grade(hand.warehouse, graph=hand.graph)
    assert (again.written.inserted, again.written.removed) == (1, 1)
    row = next(r for r in read_grades(hand.warehouse, DAY) if r["player_id"] == 401)
    assert (row["actual"], row["result"], row["is_hit"]) == (8, "under", False)


def test_games_that_are_not_final_are_not_graded(hand):
    hand.correct("landing.games", "status = 'scheduled'", f"game_id = '{GAME}'")
    hand.build()
    assert grade(hand.warehouse, graph=hand.graph).summaries == ()


@pytest.mark.parametrize(
    "earlier", [date(2023, 12, 1), date(2023, 12, 2)], ids=["other games", "no other game"]
)
def test_the_forecasts_of_a_game_that_was_moved_to_another_date_are_void(hand, earlier):
    with hand.warehouse.commit():
        hand.warehouse.execute(
            "INSERT INTO lake.learning.predictions SELECT * REPLACE ($1::DATE AS game_date) "
            "FROM lake.learning.predictions",
            [earlier],
        )
    report = grade(hand.warehouse, graph=hand.graph)
    (summary,) = report.summaries
    assert (report.written.inserted, summary.graded, summary.void) == (12, 5, 7)
    assert {row["result"] for row in read_grades(hand.warehouse, earlier)} == {"void"}
    for day in (earlier, DAY):
        again = grade(hand.warehouse, day, day, graph=hand.graph)
        assert (again.written.inserted, again.written.removed) == (0, 0)


def test_a_forecast_of_a_game_that_is_on_no_date_any_more_is_void(hand):
    """One without an NBA id has another of ours on its new date; one may be called off."""
    with hand.warehouse.commit():
        hand.warehouse.execute(
            "UPDATE lake.learning.predictions SET game_date = '2023-12-01', game_id = '9231201737'"
        )
    (summary,) = grade(hand.warehouse, graph=hand.graph).summaries
    assert (summary.graded, summary.void) == (0, 6)
    assert {row["result"] for row in read_grades(hand.warehouse, date(2023, 12, 1))} == {"void"}


@pytest.mark.parametrize("side", ["home", "away"])
def test_a_forecast_follows_its_game_to_the_nbas_id(hand, side):
    """A schedule without ids has one of ours, until a source has the NBA's."""
    (team_id,) = hand.warehouse.rows(
        f"SELECT {side}_team_id FROM lake.raw.games WHERE game_id = $1", [GAME]
    )[0]
    with hand.warehouse.commit():
        hand.warehouse.execute(
            "UPDATE lake.learning.predictions SET game_id = $1",
            [f"9{DAY:%y%m%d}{team_id - 1610612700:03d}"],
        )
    report = grade(hand.warehouse, graph=hand.graph)
    (summary,) = report.summaries
    assert (summary.graded, summary.void) == (5, 1)
    assert {row["game_id"] for row in read_grades(hand.warehouse, DAY)} == {GAME}
    version = hand.warehouse.version()
    assert grade(hand.warehouse, graph=hand.graph).written.unchanged == 6
    assert hand.warehouse.version() == version


def test_a_game_that_stands_on_its_old_date_too_is_graded_once(hand):
    earlier = date(2023, 12, 1)
    with hand.warehouse.commit():
        for table in ("raw.games", "learning.predictions"):
            status = ", 'postponed' AS status" if table == "raw.games" else ""
            hand.warehouse.execute(
                f"INSERT INTO lake.{table} SELECT * REPLACE ($1::DATE AS game_date{status}) "
                f"FROM lake.{table} WHERE game_id = $2",
                [earlier, GAME],
            )
    (summary,) = grade(hand.warehouse, graph=hand.graph).summaries
    assert (summary.graded, summary.void) == (5, 7)
    assert {row["result"] for row in read_grades(hand.warehouse, earlier)} == {"void"}


def test_the_forecasts_of_a_postponed_game_are_void(hand):
    hand.correct("landing.boxscores", "minutes = 0", f"game_id = '{GAME}'")
    hand.correct("landing.games", "status = 'postponed'", f"game_id = '{GAME}'")
    hand.build()
    (summary,) = grade(hand.warehouse, graph=hand.graph).summaries
    assert (summary.graded, summary.void) == (0, len(HAND))


def test_in_sample_forecasts_are_summed_up_apart(hand):
    with hand.warehouse.commit():
        hand.warehouse.execute(
            "UPDATE lake.learning.predictions SET is_in_sample = true WHERE player_id = 402"
        )
    grade(hand.warehouse, graph=hand.graph)
    honest, seen = summarise(hand.warehouse)
    assert (honest.is_in_sample, seen.is_in_sample) == (False, True)
    assert (honest.graded, seen.graded) == (4, 1)


def test_nothing_to_grade_says_so(league):
    with pytest.raises(BoxoutError, match="no forecast"):
        grade(league.warehouse, graph=league.graph)


def test_no_statement_of_grading_goes_through_pairs_of_rows(trained, monkeypatch):
    """A left join by a condition that is no equality does, and takes minutes on real seasons."""
    execute = Warehouse.execute
    plans = []

    def explained(warehouse, sql, values=None):
        if "staged_grades" in sql or "learning.predictions" in sql:
            found = execute(warehouse, f"EXPLAIN (FORMAT json) {sql}", values).fetchall()
            plans.append(found[0][1])
        return execute(warehouse, sql, values)

    monkeypatch.setattr(Warehouse, "execute", explained)
    assert grade(trained.warehouse, graph=trained.graph).written.inserted
    assert any("HASH_JOIN" in plan for plan in plans)
    assert not [plan for plan in plans if "BLOCKWISE_NL_JOIN" in plan]
