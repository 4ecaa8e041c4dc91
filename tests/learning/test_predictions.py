"""Forecasting a date: played or to come, once or twice, ready or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from boxout.errors import BoxoutError, GateError
from boxout.learning.champions.decisions import read_lineup
from boxout.learning.dataset import load_features
from boxout.learning.markets import MARKETS
from boxout.learning.predict import predict, predicted_from, read_predictions
from boxout.learning.registry import list_models, load_model
from boxout.learning.slate import nobody_known
from boxout.learning.train import train
from boxout.orchestration.learning_round import learn
from boxout.orchestration.settings import TrainSettings

OPENING = date(2021, 11, 4)  # before the training range, in which history is too short
PLAYED = date(2022, 1, 3)  # in the training range, before the walk-forward folds
WALKED = date(2024, 3, 18)  # in a walk-forward fold
TONIGHT = date(2024, 5, 1)


def _schedule_nobody(league):
    league.land(
        "landing.games",
        f"SELECT '2023-24' AS season, DATE '{TONIGHT}' AS game_date, 'tonight' AS game_id, "
        "'scheduled' AS status, 1 AS home_team",
        "game_id = 'tonight'",
    )


def _schedule_tonight(league):
    _schedule_nobody(league)
    # The small league has no slate: a line without minutes stands for who is expected.
    league.land(
        "landing.boxscores",
        f"SELECT * REPLACE (DATE '{TONIGHT}' AS game_date, 'tonight' AS game_id, 0 AS minutes, "
        "0 AS pts, 0 AS trb, 0 AS ast, 0 AS fg3) FROM lake.landing.boxscores WHERE game_date = "
        "DATE '2024-04-26' AND team < 3",
        "game_id = 'tonight'",
    )
    league.build()


def test_tonight_is_forecast_with_a_distribution_out_of_sample(trained):
    _schedule_tonight(trained)
    report = predict(trained.warehouse, TONIGHT, graph=trained.graph)
    assert (report.games, report.player_games, report.is_in_sample) == (1, 16, False)
    rows = read_predictions(trained.warehouse, TONIGHT, report.model_id)
    assert len(rows) == report.written.inserted == len(MARKETS) * 16
    for row in rows:
        assert 0 <= row["p10"] <= row["p50"] <= row["p90"]
        assert row["sd"] > 0
        assert row["line"] is None
        assert row["over_probability"] is None
        assert row["data_version"] == report.data_version


def test_a_night_on_which_nobody_is_known_is_no_failure_of_learning(trained):
    _schedule_nobody(trained)
    trained.build()
    at = datetime(2024, 5, 1, 12)
    learned = learn(
        trained.warehouse, trained.graph, TrainSettings(enabled=False), at, lambda: None
    )
    assert learned.predicted is None
    assert learned.not_predicted == nobody_known(TONIGHT)
    assert learned.graded > 0
    assert read_predictions(trained.warehouse, TONIGHT) == []


def test_forecasting_twice_writes_nothing_the_second_time(trained):
    predict(trained.warehouse, PLAYED, graph=trained.graph)
    version = trained.warehouse.version()
    again = predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert (again.written.inserted, again.written.removed) == (0, 0)
    assert again.written.unchanged > 0
    assert trained.warehouse.version() == version


def test_a_date_that_was_trained_on_is_flagged_in_sample(trained):
    report = predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert report.is_in_sample
    assert {row["is_in_sample"] for row in read_predictions(trained.warehouse, PLAYED)} == {True}


def test_a_date_before_those_that_were_trained_on_is_in_sample_too(trained):
    assert load_model(trained.warehouse).record.train_start > OPENING
    report = predict(trained.warehouse, OPENING, graph=trained.graph)
    assert report.is_in_sample
    assert {row["is_in_sample"] for row in read_predictions(trained.warehouse, OPENING)} == {True}


def test_games_to_come_of_a_part_played_date_are_out_of_sample(trained):
    trained.correct("landing.games", "status = 'scheduled'", f"game_id = '{PLAYED:%Y%m%d}1'")
    trained.build()
    report = predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert report.is_in_sample
    rows = read_predictions(trained.warehouse, PLAYED)
    assert {(row["game_id"][-1], row["is_in_sample"]) for row in rows} == {
        ("0", True),
        ("1", False),
    }
    again = predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert (again.written.inserted, again.kept_out_of_sample) == (0, 0)


def test_honest_forecasts_of_history_are_not_replaced_by_in_sample_ones(trained):
    before = read_predictions(trained.warehouse, WALKED)
    report = predict(trained.warehouse, WALKED, graph=trained.graph)
    assert report.kept_out_of_sample == len(before) > 0
    kept = [row for row in read_predictions(trained.warehouse, WALKED) if not row["is_in_sample"]]
    assert kept == before
    keys = [
        (row["game_id"], row["player_id"], row["market"])
        for row in read_predictions(trained.warehouse, WALKED)
    ]
    assert len(keys) == len(set(keys))


def test_what_was_said_before_the_game_stays_when_it_is_played(trained):
    _schedule_tonight(trained)
    predict(trained.warehouse, TONIGHT, graph=trained.graph)
    before = read_predictions(trained.warehouse, TONIGHT)
    with trained.warehouse.commit():  # one who was not expected and played after all
        trained.warehouse.execute(
            "DELETE FROM lake.learning.predictions WHERE player_id = 105 AND game_id = 'tonight'"
        )
    trained.correct("landing.games", "status = 'final'", "game_id = 'tonight'")
    trained.correct("landing.boxscores", "pts = pts + 40", "game_date = DATE '2024-04-26'")
    trained.build()
    report = predict(trained.warehouse, TONIGHT, graph=trained.graph)
    assert (report.written.inserted, report.written.removed) == (len(MARKETS), 0)
    assert report.kept_out_of_sample == len(before) - len(MARKETS)
    after = read_predictions(trained.warehouse, TONIGHT)
    assert [r for r in after if r["player_id"] != 105] == [
        r for r in before if r["player_id"] != 105
    ]


def test_a_game_to_come_is_forecast_again_from_corrected_features(trained):
    _schedule_tonight(trained)
    predict(trained.warehouse, TONIGHT, graph=trained.graph)
    trained.correct("landing.boxscores", "pts = pts + 40", "game_date = DATE '2024-04-26'")
    trained.build()
    report = predict(trained.warehouse, TONIGHT, graph=trained.graph)
    assert report.written.inserted == report.written.removed > 0
    assert report.kept_out_of_sample == 0


def test_a_forecast_by_another_model_takes_the_champions_not_off_the_record(league, options):
    other = replace(options, boosting=replace(options.boosting, seed=7))
    for settings in (options, other):
        train(league.warehouse, ["points"], settings, graph=league.graph)
    (champion,) = read_lineup(league.warehouse).markets_of
    (loser,) = {model.model_id for model in list_models(league.warehouse)} - {champion}
    predict(league.warehouse, PLAYED, loser, graph=league.graph)
    assert predicted_from(league.warehouse, PLAYED) is None
    predict(league.warehouse, PLAYED, champion, graph=league.graph)
    noted = predicted_from(league.warehouse, PLAYED)
    predict(league.warehouse, PLAYED, loser, graph=league.graph)
    assert predicted_from(league.warehouse, PLAYED) == noted
    assert noted[0] == champion


def test_a_reloaded_model_predicts_the_same(trained):
    first, second = load_model(trained.warehouse), load_model(trained.warehouse)
    rows = load_features(trained.warehouse, first.features, WALKED)
    before, after = first.expected(rows.matrix), second.expected(rows.matrix)
    assert set(before) == {market.name for market in MARKETS}
    for market in before:
        assert np.array_equal(before[market], after[market])


def test_the_line_is_the_median_of_the_books_latest_lines_before_tipoff(trained):
    rows = [row for row in read_predictions(trained.warehouse, WALKED) if row["market"] == "pra"]
    lined = [row for row in rows if row["line"] is not None]
    assert lined
    for row in lined:
        # Books at -0.5, 0.5 and 1.5 around 10 + 3p; alpha's earlier and live lines do not count.
        assert row["line"] == 10 + 3 * (row["player_id"] % 100) + 0.5
        assert 0 < row["over_probability"] < 1


def test_a_date_without_games_says_what_to_do(trained):
    with pytest.raises(BoxoutError, match="No game is known") as caught:
        predict(trained.warehouse, date(2024, 8, 1), graph=trained.graph)
    assert "Ingest" in str(caught.value)


def test_a_date_whose_features_are_not_ready_is_held_back(trained):
    trained.correct("landing.boxscores", "pts = pts + 1", f"game_date = DATE '{PLAYED}'")
    with pytest.raises(GateError, match="stale") as caught:
        predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert caught.value.exit_code == 3


def test_a_correction_replaces_only_the_forecasts_that_differ(trained):
    report = predict(trained.warehouse, PLAYED, graph=trained.graph)
    trained.correct(
        "landing.boxscores", "pts = pts + 9", "player_id = 101 AND game_date < DATE '2022-01-03'"
    )
    trained.build()
    again = predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert 0 < again.written.inserted <= len(MARKETS)
    assert again.written.inserted == again.written.removed
    assert again.written.unchanged == report.written.inserted - again.written.inserted


def test_a_model_whose_features_are_gone_asks_for_training(trained):
    with trained.warehouse.commit():
        trained.warehouse.execute(
            "ALTER TABLE lake.precompute.ml_feature_store DROP COLUMN avg_points_season"
        )
    with pytest.raises(BoxoutError, match="avg_points_season") as caught:
        predict(trained.warehouse, PLAYED, graph=trained.graph)
    assert "boxout train" in caught.value.next_step
