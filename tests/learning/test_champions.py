"""A champion falls to who is better on rows that neither had seen, or to a person on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from boxout.errors import UsageError
from boxout.learning.boosting import BoostingOptions
from boxout.learning.champions.challenge import compare_models
from boxout.learning.champions.decisions import read_decisions, read_lineup
from boxout.learning.champions.succession import challenge, roll_back
from boxout.learning.markets import MARKET_NAMES
from boxout.learning.paired import mean_by_date
from boxout.learning.predict import predict, read_predictions
from boxout.learning.train import train

NOON = datetime(2024, 7, 2, 12, 0)
PLAYED = date(2022, 1, 3)
MARKETS = ("points", "rebounds")


def _poor(options):
    """Trees that have learned next to nothing."""
    return replace(options, boosting=BoostingOptions(rounds=1, learning_rate=0.02, threads=1))


def _train(league, options, markets=MARKETS):
    report = train(league.warehouse, markets, options, graph=league.graph)
    return report.model.model_id, {d.market: d for d in report.decisions}


def test_the_first_model_of_a_market_is_champion_by_itself(trained):
    decisions = read_decisions(trained.warehouse)
    assert {d.market: d.outcome for d in decisions} == dict.fromkeys(MARKET_NAMES, "first")
    assert [d.decision for d in decisions] == list(range(1, len(MARKET_NAMES) + 1))
    lineup = read_lineup(trained.warehouse)
    assert set(lineup.of_market.values()) == {lineup.name}


def test_a_better_challenger_wins_and_a_worse_one_is_refused_with_the_numbers(league, options):
    poor, _ = _train(league, _poor(options))
    good, decisions = _train(league, options)
    for market in MARKETS:
        assert (decisions[market].outcome, decisions[market].replaces) == ("won", poor)
        assert decisions[market].high < 0
        assert decisions[market].shared_dates >= 10
    assert set(read_lineup(league.warehouse).of_market.values()) == {good}
    (again,) = challenge(league.warehouse, poor, ["points"], who="ann", at=NOON)
    assert again.outcome == "refused"
    assert again.low > 0
    assert f"{again.shared_rows:,} rows of {again.shared_dates} dates" in again.reason
    # the same refusal is written once
    assert challenge(league.warehouse, poor, ["points"], who="ann", at=NOON) == ()
    assert set(read_lineup(league.warehouse).of_market.values()) == {good}


def test_another_recipe_that_is_no_better_is_refused(league, options):
    first, _ = _train(league, options)
    other = replace(options, boosting=replace(options.boosting, seed=7))
    _, decisions = _train(league, other, ["points"])
    if decisions["points"].high >= 0:
        assert decisions["points"].outcome == "refused"
        assert read_lineup(league.warehouse).of_market["points"] == first
    else:
        assert decisions["points"].outcome == "won"


def test_the_same_recipe_on_corrected_data_follows_its_champion(league, options):
    first, _ = _train(league, options)
    league.land(
        "landing.boxscores",
        "SELECT * REPLACE (pts + 1 AS pts) FROM lake.landing.boxscores "
        "WHERE game_date = DATE '2024-03-18'",
        "game_date = DATE '2024-03-18'",
    )
    league.build()
    second, decisions = _train(league, options)
    assert {d.outcome for d in decisions.values()} == {"refit"}
    assert second != first
    roll_back(league.warehouse, ["points"], who="ann", reason="it was wrong", at=NOON)
    assert read_lineup(league.warehouse).of_market == {"points": first, "rebounds": second}
    # by itself it does not come back, for a person took it out; asked for, it does
    (kept,) = challenge(league.warehouse, second, who="ann", is_automatic=True)
    assert kept.outcome == "refused"
    assert "ann rolled back" in kept.reason
    (asked,) = challenge(league.warehouse, second, who="ann")
    assert asked.outcome == "refit"


def test_a_refit_that_is_better_does_not_undo_a_rollback_by_itself(league, options):
    league.correct("landing.boxscores", "pts = pts + 20", "season = '2023-24'")
    league.build()
    first, _ = _train(league, options, ["points"])
    league.correct("landing.boxscores", "pts = pts - 20", "season = '2023-24'")
    league.build()
    second, decisions = _train(league, options, ["points"])
    assert decisions["points"].outcome == "won"
    roll_back(league.warehouse, who="ann", reason="it was wrong", at=NOON)
    (kept,) = challenge(league.warehouse, second, who="ann", is_automatic=True)
    assert kept.outcome == "refused"
    assert "ann rolled back" in kept.reason
    assert read_lineup(league.warehouse).of_market == {"points": first}
    (asked,) = challenge(league.warehouse, second, who="ann")
    assert asked.outcome == "won"


def test_the_same_recipe_on_fewer_dates_or_the_same_data_is_no_refit(league, options):
    first, _ = _train(league, options, ["points"])
    narrower, decisions = _train(league, replace(options, start=date(2021, 11, 20)), ["points"])
    assert decisions["points"].outcome == "refused"
    shorter, decisions = _train(league, replace(options, test_seasons=1), ["points"])
    assert decisions["points"].outcome == "refused"
    assert len({first, narrower, shorter}) == 3
    assert read_lineup(league.warehouse).of_market == {"points": first}


def test_only_rows_that_neither_was_trained_on_are_judged(league, options):
    poor, _ = _train(league, _poor(options))
    good, _ = _train(league, options)
    for model in (poor, good):
        predict(league.warehouse, PLAYED, model, graph=league.graph)
    compared = compare_models(league.warehouse, good, poor)["points"]
    rows = league.warehouse.execute(
        "SELECT a.game_date, a.p10, a.p50, a.p90, b.p10 AS q10, b.p50 AS q50, b.p90 AS q90, o.pts "
        "FROM lake.learning.predictions a JOIN lake.learning.predictions b "
        "USING (game_id, player_id, market) JOIN lake.analytics.player_game_summary o "
        "USING (game_id, player_id) WHERE a.model_id = $1 AND b.model_id = $2 "
        "AND a.market = 'points' AND o.minutes > 0 AND a.game_date > $3",
        [good, poor, PLAYED],
    ).fetchnumpy()

    def score(low, middle, high):
        miss = [(rows["pts"] - rows[name], level)
                for name, level in ((low, 0.1), (middle, 0.5), (high, 0.9))]  # fmt: skip
        return sum(np.maximum(level * m, (level - 1) * m) for m, level in miss) / 3

    by_hand = mean_by_date(
        score("p10", "p50", "p90") - score("q10", "q50", "q90"), rows["game_date"]
    )
    assert compared.rows == by_hand.rows
    assert compared.mean == pytest.approx(by_hand.mean, abs=2e-5)
    assert compared.high == pytest.approx(by_hand.high, abs=2e-5)


def test_what_was_forecast_without_the_lineups_is_not_held_against_what_knew_them(league, options):
    early = replace(options, end=date(2024, 3, 1))
    live = [date(2024, 3, 3), date(2024, 3, 6), date(2024, 3, 9)]
    poor, _ = _train(league, _poor(early), ["points"])
    champion, _ = _train(league, early, ["points"])
    for day in live:
        morning = datetime.combine(day, datetime.min.time()) + timedelta(hours=14)
        predict(league.warehouse, day, champion, graph=league.graph, predicted_at=morning)
        predict(league.warehouse, day, poor, graph=league.graph, predicted_at=morning)
    walked = compare_models(league.warehouse, poor, champion)["points"].dates - len(live)
    assert walked > 10
    # the walk of a later model knows the box scores of the dates that were to come then
    later, _ = _train(league, options, ["points"])
    assert compare_models(league.warehouse, later, champion)["points"].dates == walked
    # and so does what is forecast after tip-off
    with league.warehouse.commit():
        league.warehouse.execute(
            "UPDATE lake.learning.predictions SET predicted_at = predicted_at + INTERVAL 11 HOUR "
            "WHERE model_id = $1 AND game_date = $2",
            [poor, live[0]],
        )
    assert compare_models(league.warehouse, poor, champion)["points"].dates == (
        walked + len(live) - 1
    )


def test_a_postponed_game_is_judged_by_the_forecasts_of_its_new_date(league, options):
    early = replace(options, end=date(2024, 3, 1))
    models = [_train(league, each, ["points"])[0] for each in (early, _poor(early))]
    for model in models:
        predict(league.warehouse, date(2024, 3, 3), model, graph=league.graph)
    before = compare_models(league.warehouse, *models)["points"].rows
    with league.warehouse.commit():
        league.warehouse.execute(
            "INSERT INTO lake.learning.predictions "
            "SELECT * REPLACE (DATE '2024-03-02' AS game_date) FROM lake.learning.predictions "
            "WHERE game_date = DATE '2024-03-03'"
        )
    assert compare_models(league.warehouse, *models)["points"].rows == before


def test_a_forced_champion_is_on_record_and_the_way_back_leads_through_the_earlier_ones(
    league, options
):
    first, _ = _train(league, options)
    poor, _ = _train(league, _poor(options))
    (forced,) = challenge(league.warehouse, poor, ["points"], who="ann", force="a test", at=NOON)
    assert (forced.outcome, forced.who, forced.reason) == ("forced", "ann", "a test")
    assert (forced.decided_at, forced.replaces) == (NOON, first)
    assert read_lineup(league.warehouse).of_market["points"] == poor
    (back,) = roll_back(league.warehouse, ["points"], who="bob", reason="it was a test", at=NOON)
    assert (back.model_id, back.replaces, back.outcome) == (first, poor, "rolled back")
    with pytest.raises(UsageError, match="no earlier champion of points"):
        roll_back(league.warehouse, ["points"], who="bob", reason="further")
    with pytest.raises(UsageError, match="no earlier champion of any"):
        roll_back(league.warehouse, who="bob", reason="further")


def test_each_market_is_forecast_by_its_champion_alone(league, options):
    first, _ = _train(league, options)
    poor, _ = _train(league, _poor(options))
    challenge(league.warehouse, poor, ["points"], who="ann", force="a test")
    report = predict(league.warehouse, PLAYED, graph=league.graph)
    assert report.models == {"points": poor, "rebounds": first}
    rows = read_predictions(league.warehouse, PLAYED, models=report.models)
    assert {(row["market"], row["model_id"]) for row in rows} == {
        ("points", poor),
        ("rebounds", first),
    }
    assert len(rows) == report.written.inserted


def test_a_champion_that_cannot_forecast_any_more_gives_way(league, options):
    first, _ = _train(league, options)
    (league.warehouse.home.models / first / "model_card.json").write_text("{")
    _, decisions = _train(league, _poor(options))
    assert {d.outcome for d in decisions.values()} == {"first"}
    assert "damaged" in decisions["points"].reason


def test_a_home_without_decisions_goes_on_with_its_newest_model(league, options):
    first, _ = _train(league, options)
    with league.warehouse.commit():
        league.warehouse.execute("DELETE FROM lake.learning.champions")
    assert read_lineup(league.warehouse).of_market == dict.fromkeys(MARKETS, first)
    poor, decisions = _train(league, _poor(options), ["points"])
    assert decisions["points"].model_id == poor
    assert [d.outcome for d in read_decisions(league.warehouse)] == ["first", "refused"]
    assert read_lineup(league.warehouse).of_market["points"] == first


def test_promote_asks_for_the_markets_that_the_model_forecasts(league, options, boxout):
    _train(league, options)
    poor, _ = _train(league, _poor(options), ["points"])
    challenge(league.warehouse, poor, who="ann", force="a test")
    league.warehouse.close()
    again = boxout("promote", poor, "--home", league.warehouse.home.path)
    assert again.stdout == f"{poor} is champion already\n", again.stderr
    assert again.returncode == 0


def test_an_unknown_model_or_market_is_refused(trained):
    with pytest.raises(UsageError, match="no model 'm9'"):
        challenge(trained.warehouse, "m9", who="ann")
    (model,) = set(read_lineup(trained.warehouse).of_market.values())
    with pytest.raises(UsageError, match="no market 'dunks'"):
        challenge(trained.warehouse, model, ["dunks"], who="ann")
