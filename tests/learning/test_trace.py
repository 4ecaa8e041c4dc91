"""What a model was made of can be named, and read again, after everything has changed."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import numpy as np
import pytest

from boxout.errors import BoxoutError, UsageError
from boxout.learning.predict import predict
from boxout.learning.registry import load_model
from boxout.learning.storage import needed_versions
from boxout.learning.trace import (
    check_training_set,
    reread_training_set,
    trace_model,
    trace_prediction,
)
from boxout.warehouse.compaction import compact_lake

NOTHING = timedelta(0)
PLAYED = "season = '2022-23' AND player_id = 105"


def compact(league):
    return compact_lake(league.warehouse, needed_versions(league.warehouse), NOTHING, NOTHING)


def change_everything(league):
    """Correct a season of box lines, build, and give the space back."""
    league.correct("landing.boxscores", "pts = pts + 3", PLAYED)
    league.build()
    return compact(league)


def test_a_training_set_is_read_again_after_corrections_and_compaction(trained):
    model = load_model(trained.warehouse)
    before = reread_training_set(trained.warehouse.home, model)
    newest = trained.warehouse.rows("SELECT sum(pts) FROM lake.analytics.player_game_summary")
    freed = change_everything(trained)
    assert freed.expired > 0
    assert model.record.data_version in freed.needed
    assert (
        trained.warehouse.rows("SELECT sum(pts) FROM lake.analytics.player_game_summary") > newest
    )
    again = check_training_set(trained.warehouse)
    assert again.is_equal
    assert again.rows == model.record.train_rows > 1_000
    after = reread_training_set(trained.warehouse.home, model)
    assert np.array_equal(after.matrix, before.matrix, equal_nan=True)
    for market, outcomes in before.outcomes.items():
        assert np.array_equal(after.outcomes[market], outcomes)


def test_rows_that_are_not_those_trained_on_are_found_out(trained):
    trained.correct("landing.boxscores", "pts = pts + 3", PLAYED)
    trained.build()
    trained.warehouse.execute(
        "UPDATE lake.learning.models SET data_version = $1", [trained.warehouse.version()]
    )
    found = check_training_set(trained.warehouse)
    assert not found.is_equal
    assert found.rows == found.expected_rows


def test_compaction_changes_nothing_that_is_read_and_lets_the_rest_go(trained):
    listed = "SELECT table_name, game_date, state, content_hash FROM lake.ledger.partitions"
    trained.correct("landing.boxscores", "pts = pts + 3", "true")
    first = trained.warehouse.version()
    trained.build()
    ledger = sorted(trained.warehouse.rows(listed))
    rows = trained.warehouse.rows(
        "SELECT count(*), sum(hash(f)::HUGEINT) FROM (FROM lake.precompute.ml_feature_store) AS f"
    )
    freed = compact(trained)
    assert freed.files_waiting == 0
    assert sorted(trained.warehouse.rows(listed)) == ledger
    assert rows == trained.warehouse.rows(
        "SELECT count(*), sum(hash(f)::HUGEINT) FROM (FROM lake.precompute.ml_feature_store) AS f"
    )
    with pytest.raises(duckdb.Error, match=str(first)):
        trained.warehouse.rows(f"FROM lake.ledger.partitions AT (VERSION => {first})")
    # nothing is due that was not before
    trained.build()
    assert sorted(trained.warehouse.rows(listed)) == ledger


def test_young_versions_and_files_in_use_stay(trained):
    trained.correct("landing.boxscores", "pts = pts + 3", "true")
    trained.build()
    kept = compact_lake(trained.warehouse, (), timedelta(days=1), NOTHING)
    assert kept.expired == 0
    waiting = compact_lake(trained.warehouse, (), NOTHING, timedelta(hours=1))
    assert waiting.expired > 0
    assert waiting.files_waiting > 0
    assert compact_lake(trained.warehouse, (), NOTHING, NOTHING).files_waiting == 0


def test_a_model_names_its_version_checks_code_and_parameters(trained, options):
    trace = trace_model(trained.warehouse, trained.graph)
    assert trace.model["data_version"] == load_model(trained.warehouse).record.data_version
    assert trace.parameters["rounds"] == options.boosting.rounds
    assert trace.checks
    assert trace.failing == ()
    assert {check["table_name"] for check in trace.checks} >= {"analytics.player_game_summary"}
    assert trace.readiness["is_ready"]


def test_a_prediction_is_traced_to_the_features_it_saw(trained):
    day, game, player = trained.warehouse.rows(
        "SELECT game_date, game_id, player_id FROM lake.precompute.ml_feature_store "
        "ORDER BY game_date DESC, game_id, player_id LIMIT 1"
    )[0]
    predict(trained.warehouse, day, graph=trained.graph)
    seen = trace_prediction(trained.warehouse, trained.graph, game, player, "points").features
    change_everything(trained)
    trained.correct("landing.boxscores", "pts = pts + 5", f"player_id = {player}")
    trained.build()
    trace = trace_prediction(trained.warehouse, trained.graph, game, player, "points")
    assert trace.features == seen
    assert any(value is not None for value in seen.values())
    assert trace.partition["state"] == "fresh"
    assert trace.model.model["model_id"] == trace.prediction["model_id"]


def test_of_a_moved_game_the_forecast_of_its_present_date_is_traced(trained):
    day, game, player = trained.warehouse.rows(
        "SELECT game_date, game_id, player_id FROM lake.learning.predictions "
        "ORDER BY game_date DESC, game_id, player_id LIMIT 1"
    )[0]
    with trained.warehouse.commit():
        trained.warehouse.execute(
            "INSERT INTO lake.learning.predictions SELECT * REPLACE (game_date - 1 AS game_date, "
            "predicted_at + INTERVAL 1 DAY AS predicted_at) FROM lake.learning.predictions "
            "WHERE game_id = $1",
            [game],
        )
    found = trace_prediction(trained.warehouse, trained.graph, game, player, "points")
    assert (found.prediction["game_date"], found.is_on_schedule) == (day, True)
    with trained.warehouse.commit():
        trained.warehouse.execute(
            "DELETE FROM lake.learning.predictions WHERE game_date = $1", [day]
        )
    found = trace_prediction(trained.warehouse, trained.graph, game, player, "points")
    assert found.prediction["game_date"] == day - timedelta(days=1)
    assert not found.is_on_schedule


def test_what_does_not_exist_is_said_so(trained):
    with pytest.raises(UsageError, match="no prediction"):
        trace_prediction(trained.warehouse, trained.graph, "0022300061", 1, "points")
    with pytest.raises(UsageError, match="no model"):
        trace_model(trained.warehouse, trained.graph, "m9999")
    trained.warehouse.execute("UPDATE lake.learning.models SET data_version = 99999")
    with pytest.raises(BoxoutError, match="99999 is no longer there"):
        check_training_set(trained.warehouse)
