"""Superseded models keep what they forecast for games to come, and no walk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from boxout.learning import grade as grading
from boxout.learning.boosting import BoostingOptions
from boxout.learning.champions.decisions import read_lineup
from boxout.learning.champions.succession import challenge, roll_back
from boxout.learning.grade import grade
from boxout.learning.predict import predict
from boxout.learning.registry import read_card
from boxout.learning.train import train

MARCH = date(2024, 3, 1)
TO_COME = date(2024, 3, 3)
MORNING = datetime(2024, 3, 3, 14)


def _weak(options, seed):
    """Trees that have learned next to nothing, each its own."""
    boosting = BoostingOptions(rounds=1, learning_rate=0.02, seed=seed, threads=1)
    return replace(options, boosting=boosting)


def _train(league, options):
    return train(league.warehouse, ["points"], options, graph=league.graph)


def _rows(league, table="predictions"):
    """Rows by model and date, of dates up to the last one trained on or after it."""
    counted = league.warehouse.rows(
        f"SELECT model_id, game_date > $1, count(*) FROM lake.learning.{table} "
        "GROUP BY ALL ORDER BY ALL",
        [MARCH],
    )
    return {(model, is_later): rows for model, is_later, rows in counted}


@pytest.fixture
def early(options):
    return replace(options, end=MARCH)


def test_a_superseded_model_loses_its_walk_and_keeps_its_real_forecasts(league, early):
    champion = _train(league, early).model.model_id
    first = _train(league, _weak(early, 1))
    predict(
        league.warehouse, TO_COME, first.model.model_id, graph=league.graph, predicted_at=MORNING
    )
    grade(league.warehouse, graph=league.graph)
    old = first.model.model_id
    before = _rows(league)
    assert before[old, False] > 100
    assert before[old, True] > 0
    others = [_train(league, _weak(early, seed)) for seed in (2, 3)]
    assert [report.let_go for report in (first, *others)] == [(), (), ()]
    newest = _train(league, _weak(early, 4))
    assert newest.let_go == (old,)
    kept = [champion, *(report.model.model_id for report in (*others, newest))]
    after, graded = _rows(league), _rows(league, "grades")
    assert (old, False) not in after
    assert (old, False) not in graded
    assert after[old, True] == before[old, True] == graded[old, True]
    assert all(after[model, False] == before[champion, False] for model in kept)
    assert read_card(league.warehouse, first.model)["metrics"]
    assert _train(league, _weak(early, 5)).let_go == (others[0].model.model_id,)


def test_champions_of_other_recipes_keep_their_walks_for_rollbacks(league, early):
    weak = _train(league, _weak(early, 1)).model.model_id
    better = replace(early, boosting=BoostingOptions(rounds=4, learning_rate=0.1, threads=1))
    middle = _train(league, better).model.model_id
    champion = _train(league, early).model.model_id
    assert read_lineup(league.warehouse).of_market == {"points": champion}
    for seed in (2, 3, 4, 5):
        _train(league, _weak(early, seed))
    for _ in range(2):
        roll_back(league.warehouse, who="ann", reason="a test")
    assert read_lineup(league.warehouse).of_market == {"points": weak}
    (decision,) = challenge(league.warehouse, middle, who="ann")
    assert (decision.outcome, decision.replaces) == ("won", weak)
    # what was rolled back is neither champion now nor one before
    assert champion in _train(league, _weak(early, 6)).let_go


def test_of_refits_that_follow_each_other_the_last_three_keep_their_walks(league, early):
    refits, outcomes, let_go = [], [], []
    for _ in range(4):
        report = _train(league, early)
        refits.append(report.model.model_id)
        outcomes.append(report.decisions[0].outcome)
        let_go += report.let_go
        league.correct(
            "landing.boxscores",
            "pts = pts + 1",
            "game_date = DATE '2022-01-03' AND player_id = 101",
        )
        league.build()
    assert outcomes == ["first", "refit", "refit", "refit"]
    assert read_lineup(league.warehouse).of_market == {"points": refits[-1]}
    for seed in (1, 2, 3):
        let_go += _train(league, _weak(early, seed)).let_go
    assert let_go == refits[:1]
    kept = {model for model, is_later in _rows(league) if not is_later}
    assert kept > set(refits[1:])


def test_a_forecast_from_the_last_date_trained_on_stays_where_no_tip_off_is_known(league, early):
    _train(league, early)
    old = _train(league, _weak(early, 1)).model.model_id
    last = league.warehouse.scalar(
        "SELECT train_end FROM lake.learning.models WHERE model_id = $1", [old]
    )
    with league.warehouse.commit():
        league.warehouse.execute(
            "UPDATE lake.raw.games SET tipoff_at = NULL WHERE game_date = $1", [last]
        )
    for seed in (2, 3, 4):
        report = _train(league, _weak(early, seed))
    assert report.let_go == (old,)
    days = league.warehouse.rows(
        "SELECT DISTINCT game_date FROM lake.learning.predictions WHERE model_id = $1", [old]
    )
    assert days == [(last,)]


def test_small_models_are_graded_together_and_large_ones_by_themselves():
    counted = [("a", 5), ("b", 5), ("c", 30), ("d", 2), ("e", 2), ("f", 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "ROWS_AT_ONCE", 10)
        assert list(grading._batches(counted)) == [["a", "b"], ["c"], ["d", "e", "f"]]
        assert list(grading._batches([])) == []


def test_to_train_a_superseded_model_again_brings_its_walk_back(league, early):
    champion = _train(league, early).model.model_id
    old = _train(league, _weak(early, 1)).model.model_id
    for seed in (2, 3, 4):
        _train(league, _weak(early, seed))
    (unjudged,) = challenge(league.warehouse, old, who="ann")
    assert unjudged.outcome == "refused"
    assert "superseded models keep no walk" in unjudged.reason
    again = _train(league, _weak(early, 1))
    assert (again.is_new, again.model.model_id) == (False, old)
    (judged,) = again.decisions
    assert (judged.outcome, judged.replaces) == ("refused", champion)
    assert judged.shared_rows > 100
    assert _rows(league)[old, False] == _rows(league)[champion, False]
