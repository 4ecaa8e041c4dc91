"""Training: what goes in, what comes out, and that it comes out the same again."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from datetime import date, datetime

import numpy as np
import pytest

from boxout.errors import BoxoutError, StoppedError, UsageError
from boxout.learning import dataset
from boxout.learning import train as training
from boxout.learning.boosting import BoostingOptions
from boxout.learning.card import METRICS_RULE
from boxout.learning.freshness import is_trained_on, note_training
from boxout.learning.gates import readiness
from boxout.learning.hiding import LINEUP_FEATURES, before_lineups, hide_optional, may_be_missing
from boxout.learning.markets import MARKETS
from boxout.learning.registry import list_models, load_model
from boxout.learning.states import FEATURE_STORE
from boxout.learning.train import train
from boxout.learning.walk import run_walk
from boxout.pipeline import runs
from boxout.pipeline.due import RunOptions
from boxout.pipeline.goalposts import note_goalposts
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import write_property
from boxout.pipeline.run import run_tables


def _load(league):
    answer = readiness(league.warehouse, graph=league.graph)
    return dataset.load_dataset(league.warehouse, MARKETS, answer.first_date, answer.last_date)


def test_missing_features_stay_missing_and_identity_is_no_feature(league):
    data = _load(league)
    nulls = league.warehouse.scalar(
        "SELECT count(*) FROM lake.precompute.ml_feature_store AS f "
        "JOIN lake.analytics.player_game_summary "
        "AS o USING (game_id, player_id) WHERE o.minutes > 0 AND avg_points_season IS NULL AND "
        "f.game_date IN (SELECT game_date FROM lake.ledger.partitions WHERE (state = 'fresh' "
        "OR season > '2021-22') AND table_name = 'precompute.ml_feature_store')"
    )
    assert np.isnan(data.column("avg_points_season")).sum() == nulls
    assert data.matrix.dtype == np.float32
    assert "is_home" in data.features
    assert not {"player_id", "game_date", "is_upcoming", "data_completeness_pct"} & set(
        data.features
    )


def test_only_players_with_minutes_are_learned_from_and_no_day_of_which_nothing_was_known(league):
    data = _load(league)
    opening = np.datetime64("2021-11-01")
    assert data.game_date.min() >= opening + 14
    assert 108 not in data.player_id
    order = list(zip(data.game_date, data.game_id, data.player_id, strict=True))
    assert order == sorted(order)


def test_later_seasons_are_learned_from_their_first_day_on_and_first_games_count_more(league):
    data = _load(league)
    for opening in ("2022-11-01", "2023-11-01"):
        assert np.datetime64(opening) in data.game_date
    is_first = data.column("games_played_season") == 0
    assert is_first.sum() == 2 * 31  # of 32 players one never plays
    assert set(data.weights[is_first]) == {dataset.FIRST_GAME_WEIGHT}
    assert set(data.weights[~is_first]) == {1.0}
    before = data.column("avg_points_season")
    assert np.isnan(before[is_first]).all()


def test_past_seasons_are_never_hidden_for_they_are_all_that_a_first_game_has():
    hidden = may_be_missing(load_graph())
    assert {"avg_points_last_season", "seasons_since_last"}.isdisjoint(hidden)
    assert {"is_starting", "absent_minutes", "point_spread"} <= hidden


def test_the_order_of_columns_in_the_store_makes_no_other_dataset(league):
    before = _load(league)
    store = f"lake.{FEATURE_STORE}"
    with league.warehouse.commit():
        for statement in (
            f"ALTER TABLE {store} ADD COLUMN aside DOUBLE",
            f"UPDATE {store} SET aside = avg_points_season",
            f"ALTER TABLE {store} DROP COLUMN avg_points_season",
            f"ALTER TABLE {store} RENAME COLUMN aside TO avg_points_season",
        ):
            league.warehouse.execute(statement)
    assert next(reversed(league.warehouse.columns(store))) == "avg_points_season"
    assert _load(league).fingerprint() == before.fingerprint()


def test_hiding_takes_away_whole_games_and_never_fills_in(league):
    data = _load(league)
    options = BoostingOptions(hidden_share=0.25, seed=3)
    hidden = hide_optional(data, {"avg_points_season"}, options)
    column = data.features.index("avg_points_season")
    gone = np.isnan(hidden[:, column]) & ~np.isnan(data.matrix[:, column])
    assert 0.15 < gone.mean() < 0.35
    assert not set(data.game_id[gone]) & set(data.game_id[~gone & ~np.isnan(hidden[:, column])])
    lineup = [data.features.index(name) for name in LINEUP_FEATURES]
    others = np.delete(hidden, [column, *lineup], axis=1)
    kept = np.delete(data.matrix, [column, *lineup], axis=1)
    assert np.array_equal(others, kept, equal_nan=True)
    starting = lineup[0]
    unknown = np.isnan(hidden[:, starting]) & ~np.isnan(data.matrix[:, starting])
    assert 0.15 < unknown.mean() < 0.35
    assert (unknown & ~gone).any()
    assert (gone & ~unknown).any()


def test_before_the_lineups_nothing_else_is_taken_away(league):
    data = _load(league)
    early = before_lineups(data)
    lineup = [data.features.index(name) for name in LINEUP_FEATURES]
    assert np.isnan(early.matrix[:, lineup]).all()
    assert not np.isnan(data.matrix[:, lineup]).all()
    assert np.array_equal(
        np.delete(early.matrix, lineup, axis=1),
        np.delete(data.matrix, lineup, axis=1),
        equal_nan=True,
    )


def test_the_same_data_gives_the_same_model_and_nothing_new_is_written(trained, options):
    first = list_models(trained.warehouse)[0]
    version = trained.warehouse.version()
    again = train(trained.warehouse, options=options, graph=trained.graph)
    assert not again.is_new
    assert again.model == first
    assert (again.predictions.inserted, again.predictions.removed) == (0, 0)
    assert trained.warehouse.version() == version


def test_training_again_takes_only_the_walks_own_forecasts(trained, options):
    predictions = "lake.learning.predictions"
    last = f"SELECT max(game_date) FROM {predictions}"
    with trained.warehouse.commit():
        trained.warehouse.execute(
            f"INSERT INTO {predictions} SELECT * REPLACE ('tonight' AS game_id) FROM {predictions} "
            f"WHERE game_date = ({last})"
        )
        trained.warehouse.execute(f"DELETE FROM {predictions} WHERE player_id = 101")
        trained.warehouse.execute(f"UPDATE {predictions} SET p50 = -1 WHERE player_id = 102")
    tonight = f"SELECT * FROM {predictions} WHERE game_id = 'tonight' ORDER BY ALL"
    before = trained.warehouse.rows(tonight)
    again = train(trained.warehouse, options=options, graph=trained.graph)
    assert not again.is_new
    assert again.predictions.inserted > again.predictions.removed > 0
    assert trained.warehouse.rows(tonight) == before != []


def test_two_homes_with_the_same_data_give_the_same_bytes_and_metrics(league, trained, options):
    here = train(league.warehouse, options=options, graph=league.graph)
    there = list_models(trained.warehouse)[0]
    assert here.model.model_id == there.model_id
    other = trained.warehouse.home.models / there.folder
    for path in sorted(here.folder.iterdir()):
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_the_card_says_where_the_model_came_from(trained):
    model = load_model(trained.warehouse)
    card, record = model.card, model.record
    assert card["data_version"] == record.data_version < trained.warehouse.version()
    assert card["code_hash"] == record.code_hash
    assert card["readiness"]["is_ready"] is True
    assert len(card["readiness"]["answers"]) == 9
    assert card["training"]["rows"] == record.train_rows
    assert record.model_id.startswith("m0001-")
    assert {m["method"] for m in card["metrics"]} >= {
        "model_mean", "model_median", "last_10_games", "season_average", "recency_weighted",
        "books_line"}  # fmt: skip
    readable = (trained.warehouse.home.models / record.folder / "model_card.md").read_text()
    assert record.model_id in readable
    assert "simulated" not in readable


def test_a_simulated_league_is_labelled(league, options):
    with league.warehouse.commit():
        write_property(league.warehouse, "simulated", "true")
    report = train(league.warehouse, ["points"], options, graph=league.graph)
    assert report.model.is_simulated
    assert "simulated" in (report.folder / "model_card.md").read_text()


def test_every_method_is_scored_on_the_same_rows(trained):
    rows: dict[tuple[str, str], set[int]] = {}
    for metric in load_model(trained.warehouse).card["metrics"]:
        rows.setdefault((metric["market"], metric["scope"]), set()).add(metric["rows"])
    assert all(len(counts) == 1 for counts in rows.values())


def test_walk_forward_forecasts_are_stored_as_out_of_sample(trained):
    found = trained.warehouse.records(
        "SELECT bool_or(is_in_sample) AS seen, count(*) AS rows, count(DISTINCT market) AS markets,"
        " count(p50) AS medians, min(game_date) AS first FROM lake.learning.predictions"
    )[0]
    folds = load_model(trained.warehouse).card["folds"]
    assert found["seen"] is False
    assert found["markets"] == len(MARKETS)
    assert (
        found["rows"] == found["medians"] == len(MARKETS) * sum(fold["rows"] for fold in folds[1:])
    )
    assert str(found["first"]) == folds[1]["trained_before"]


def test_a_later_outcome_cannot_change_an_earlier_forecast(trained, league, options):
    last = date(2024, 4, 26)
    league.correct("landing.boxscores", "pts = pts + 7, trb = trb + 3", f"game_date = '{last}'")
    league.build()
    train(league.warehouse, options=options, graph=league.graph)
    columns = "game_id, player_id, market, predicted, p10, p50, p90, over_probability"
    query = f"SELECT {columns} FROM lake.learning.predictions ORDER BY ALL"
    assert trained.warehouse.rows(query) == league.warehouse.rows(query)


def test_a_shorter_range_trains_on_that_range(league, options):
    cut = dataclasses.replace(options, end=date(2023, 8, 1))
    report = train(league.warehouse, ["rebounds"], cut, graph=league.graph)
    assert report.model.train_end < date(2023, 8, 1)
    assert report.model.markets == "rebounds"


def test_a_market_that_is_unknown_or_a_history_that_is_short_is_refused(league, options):
    with pytest.raises(UsageError, match="dunks"):
        train(league.warehouse, ["dunks"], options, graph=league.graph)
    short = dataclasses.replace(options, end=date(2021, 11, 28))
    with pytest.raises(BoxoutError, match="too few months"):
        train(league.warehouse, options=short, graph=league.graph)


def test_a_model_whose_saving_fails_leaves_nothing_behind(league, options, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("boxout.learning.registry.card_markdown", fail)
    with pytest.raises(OSError, match="disk full"):
        train(league.warehouse, ["points"], options, graph=league.graph)
    assert list_models(league.warehouse) == ()
    monkeypatch.undo()
    report = train(league.warehouse, ["points"], options, graph=league.graph)
    assert [p.name for p in league.warehouse.home.models.iterdir()] == [report.model.folder]


def test_progress_is_told_step_by_step(league, options):
    steps = []
    train(
        league.warehouse,
        ["points"],
        options,
        graph=league.graph,
        listener=lambda step, done, total: steps.append((done, total)),
    )
    assert steps == [(i, steps[-1][1]) for i in range(len(steps))]
    assert steps[-1][0] == steps[-1][1]


def test_a_damaged_or_unknown_model_is_refused(trained):
    record = list_models(trained.warehouse)[0]
    with pytest.raises(UsageError, match="m9999"):
        load_model(trained.warehouse, "m9999")
    (trained.warehouse.home.models / record.folder / "points.ubj").write_bytes(b"x")
    with pytest.raises(BoxoutError, match="damaged"):
        load_model(trained.warehouse, record.model_id)


@pytest.mark.parametrize("lost", ["*", "points.ubj", "model_card.json"])
def test_a_model_whose_files_are_gone_is_trained_and_written_anew(trained, options, lost):
    note_training(trained.warehouse, "this code and data")
    assert is_trained_on(trained.warehouse, "this code and data")
    record = list_models(trained.warehouse)[0]
    folder = trained.warehouse.home.models / record.folder
    for path in folder.glob(lost):
        path.unlink()
    assert not is_trained_on(trained.warehouse, "this code and data")
    again = train(trained.warehouse, options=options, graph=trained.graph)
    assert (again.model, again.is_new) == (record, False)
    assert is_trained_on(trained.warehouse, "this code and data")
    assert load_model(trained.warehouse).record == record


def test_card_is_json_with_iso_times(trained):
    record = list_models(trained.warehouse)[0]
    text = (trained.warehouse.home.models / record.folder / "model_card.json").read_text()
    assert datetime.fromisoformat(json.loads(text)["trained_at"]) == record.trained_at
    assert METRICS_RULE in text


def test_every_learning_column_is_commented_in_the_lake(trained):
    commented = trained.warehouse.rows(
        "SELECT table_name, count(*), count(comment) FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND schema_name = 'learning' GROUP BY 1 ORDER BY 1"
    )
    assert [name for name, _, _ in commented] == ["champions", "grades", "models", "predictions"]
    assert all(columns == comments for _, columns, comments in commented)


def test_a_loosened_check_is_on_the_card_of_every_model_trained_after_it(trained, options):
    graph, name = trained.graph, "analytics.player_game_summary"
    table = graph.tables[name]
    looser = tuple(
        dataclasses.replace(c, at_least=0.45) if c.name == "usage_rate_populated" else c
        for c in table.checks
    )
    loosened = Graph({**graph.tables, name: dataclasses.replace(table, checks=looser)})
    note_goalposts(trained.warehouse, graph)
    run_tables(trained.warehouse, loosened, loosened.computed, RunOptions())
    report = train(trained.warehouse, options=options, graph=loosened)
    [moved] = report.readiness.goalposts
    assert (moved.table, moved.check, moved.change) == (name, "usage_rate_populated", "loosened")
    card = (report.folder / "model_card.md").read_text()
    assert "95%, block -> 45%, block" in card.split("## Moved goalposts")[1].split("##")[0]


def test_a_stop_asked_after_the_walk_saves_nothing(league, options, monkeypatch):
    asked = []

    def walk_and_ask(*arguments):
        walk = run_walk(*arguments)
        asked.append("the user's word")
        return walk

    monkeypatch.setattr(training, "run_walk", walk_and_ask)
    monkeypatch.setattr(runs, "signal_received", lambda: asked[0] if asked else None)
    with pytest.raises(StoppedError, match="the user's word"):
        train(league.warehouse, ["points"], options=options, graph=league.graph)
    assert list_models(league.warehouse) == ()


def test_a_walk_that_fails_does_not_wait_for_the_trees_of_all_dates(league, options, monkeypatch):
    queues = []

    def noted(statistics):
        queues.append(deque(statistics))
        return queues[-1]

    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(training, "deque", noted)
    monkeypatch.setattr(training, "_fit_all", lambda *arguments: {})
    monkeypatch.setattr(training, "run_walk", fail)
    with pytest.raises(ZeroDivisionError):
        train(league.warehouse, options=options, graph=league.graph)
    assert [len(queue) for queue in queues] == [0]
