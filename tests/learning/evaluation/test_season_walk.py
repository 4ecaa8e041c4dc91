"""The walk finds what is there, nothing where there is nothing, and is calibrated on a truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boxout.errors import UsageError
from boxout.learning.boosting import BoostingOptions
from boxout.learning.dataset import Dataset
from boxout.learning.distribution import among_bets_that_count
from boxout.learning.evaluation.books import compare_with_books
from boxout.learning.evaluation.months import monthly_folds
from boxout.learning.evaluation.scores import score_market
from boxout.learning.evaluation.season_walk import learn_trusts, walk_months
from boxout.learning.lines import BooksLines
from boxout.learning.markets import BASELINES, select_markets
from boxout.learning.quotes import Quotes
from boxout.learning.trust import fit_line_trust

OPTIONS = BoostingOptions(rounds=40, min_child_weight=20, threads=1)
PLAYERS, DATES = 60, 60


def _known_league(seed=3):
    """Two seasons of Poisson points and rebounds around rates that a feature tells."""
    random = np.random.default_rng(seed)
    season = np.repeat(["2022-23", "2023-24"], DATES * PLAYERS)
    day = np.repeat(np.tile(np.arange(DATES), 2), PLAYERS)
    start = np.where(season == "2022-23", np.datetime64("2022-11-01"), np.datetime64("2023-11-01"))
    rate = np.tile(np.linspace(3, 28, PLAYERS), 2 * DATES)
    form = rate * random.uniform(0.8, 1.2, len(rate))
    points = random.poisson(form).astype(np.float32)
    # rebounds go with points, so that their sum is wider than if they did not
    rebounds = random.poisson(np.maximum(0.2 * points + 1, 0.1)).astype(np.float32)
    columns = {"games_played_season": np.full(len(rate), 20.0), "form": form}
    for statistic, value in (("points", rate), ("rebounds", 0.2 * rate + 1)):
        for name in BASELINES.values():
            columns[name.format(market=statistic)] = value * random.uniform(0.9, 1.1, len(rate))
    return Dataset(
        tuple(columns),
        np.column_stack(list(columns.values())).astype(np.float32),
        season,
        (start + 3 * day).astype("datetime64[D]"),
        np.array([f"g{each}" for each in day]),
        np.tile(np.arange(PLAYERS), 2 * DATES),
        outcomes={"points": points, "rebounds": rebounds, "pr": points + rebounds},
    )


def _walk(data, *markets):
    folds = monthly_folds(data.game_date, data.season, ("2023-24",))
    return walk_months(data, data.matrix, folds, select_markets(markets), OPTIONS, lambda *_: None)


@pytest.fixture(scope="module")
def league():
    return _known_league()


@pytest.fixture(scope="module")
def walked(league):
    return {each.market.name: each for each in _walk(league, "points", "rebounds", "pr")}


def test_months_are_forecast_from_earlier_rows_alone(league):
    folds = monthly_folds(league.game_date, league.season, ("2023-24",))
    for fold in folds:
        assert league.game_date[: fold.train_rows].max() < np.datetime64(fold.first_date)
    tested = [fold for fold in folds if fold.number]
    assert {fold.first_date.month for fold in tested} == {11, 12, 1, 2, 3, 4}
    rows = sum(fold.test.stop - fold.test.start for fold in tested)
    assert rows == (league.season == "2023-24").sum()


def test_forecasts_are_calibrated_on_a_league_whose_truth_is_known(league, walked):
    for market in ("points", "pr"):
        score = score_market(league, walked[market]).overall
        assert score.rows == DATES * PLAYERS
        assert 0.77 < score.coverage < 0.83
        assert score.calibration_error < 0.03
        assert score.crps < score.median_mae < score.baselines["last_10_games"]


def test_a_combination_is_as_wide_as_the_correlation_of_its_parts_makes_it(walked):
    spread = {
        name: ((each.survival * (2 * np.arange(each.survival.shape[1]) + 1)).sum(axis=1)
               - each.mean**2).mean()
        for name, each in walked.items()
    }  # fmt: skip
    assert spread["pr"] > 1.15 * (spread["points"] + spread["rebounds"])
    assert np.allclose(
        walked["pr"].expected, walked["points"].expected + walked["rebounds"].expected
    )


def test_a_planted_signal_is_found(league, walked):
    before = score_market(league, walked["points"]).overall
    planted = league.outcomes["points"] + np.random.default_rng(1).normal(0, 1, league.rows)
    told = replace(
        league,
        features=(*league.features, "planted"),
        matrix=np.column_stack([league.matrix, planted]).astype(np.float32),
    )
    after = score_market(told, _walk(told, "points")[0]).overall
    assert after.median_mae < 0.5 * before.median_mae


def test_shuffled_outcomes_give_no_better_than_one_number_for_all(league):
    shuffled = np.random.default_rng(2).permutation(league.outcomes["points"])
    lost = replace(league, outcomes={**league.outcomes, "points": shuffled})
    walked = _walk(lost, "points")[0]
    constant = np.abs(np.median(shuffled[: walked.rows.start]) - walked.actual).mean()
    assert np.abs(walked.median - walked.actual).mean() == pytest.approx(constant, rel=0.02)


def test_the_same_data_gives_the_same_chances(league, walked):
    again = _walk(league, "points", "rebounds", "pr")
    for each in again:
        assert np.array_equal(each.survival, walked[each.market.name].survival)


def test_a_season_without_one_before_it_or_that_is_unknown_is_refused(league):
    with pytest.raises(UsageError, match="first season"):
        monthly_folds(league.game_date, league.season, ("2022-23",))
    with pytest.raises(UsageError, match="1999-00"):
        monthly_folds(league.game_date, league.season, ("1999-00",))


def _quotes(data, walked, line, over, under):
    place = np.arange(walked.rows.start, walked.rows.stop)
    rows = len(place)
    prices = [np.full(rows, price) for price in (over, under, np.nan, np.nan)]
    book = np.full(rows, "a book", dtype=object)
    fair = np.full(rows, under / (over + under))
    no = np.zeros(rows, dtype=bool)
    return Quotes(place, book, line(place), *prices, fair, fair, no, no)


def _lines(data, quotes):
    """The books' line of each row, where a quote is believed."""
    believed = quotes.only(~quotes.is_suspect)
    line, chance = np.full((2, data.rows), np.nan)
    line[believed.place], chance[believed.place] = believed.line, believed.together
    return BooksLines(line, chance)


def _compare(data, walked, quotes, others=()):
    """Compare one market with its quotes; `others` are markets walked beside it, and quotes."""
    every = [(walked, quotes), *others]
    lines = {each.market.name: _lines(data, of) for each, of in every}
    trusts = learn_trusts([each for each, _ in every], lines)
    name = walked.market.name
    return compare_with_books(data, walked, quotes, lines[name], trusts[name])


def test_a_line_that_knows_more_is_said_to_be_better_and_none_is_won_from_it(league, walked):
    truth = league.outcomes["points"]
    knowing = _quotes(league, walked["points"], lambda p: np.floor(truth[p]) + 0.5, 1.9, 1.9)
    found = _compare(league, walked["points"], knowing)
    assert found.mae_difference.is_above_zero
    assert "market is better" in found.verdict
    assert found.player_games == found.quotes == DATES * PLAYERS


def test_a_line_that_knows_less_is_beaten_and_bets_on_it_are_won(league, walked):
    blind = _quotes(league, walked["points"], lambda p: np.full(len(p), 14.5), 1.95, 1.95)
    found = _compare(league, walked["points"], blind)
    assert found.mae_difference.is_below_zero
    assert found.model_log_loss < found.market_log_loss
    assert found.profit.is_above_zero
    assert 0 < found.bets <= found.player_games
    assert found.closing_value is None
    assert "The bets made a profit beyond chance." in found.verdict


def test_quotes_that_cannot_be_are_left_out_and_returns_of_unknown_time_claim_nothing(
    league, walked
):
    blind = _quotes(league, walked["points"], lambda p: np.full(len(p), 14.5), 1.95, 1.95)
    suspect = np.ones(len(blind.place), dtype=bool)
    far = replace(blind, line=blind.line + 8, is_suspect=suspect)
    gift = replace(blind, over=blind.over + 1, under=blind.under + 1, is_suspect=suspect)
    both = [blind, blind, blind, far]
    quotes = Quotes(**{n: np.stack([vars(q)[n] for q in both]).T.ravel() for n in vars(blind)})
    found = _compare(league, walked["points"], quotes)
    assert (found.quotes, found.left_out) == (3 * DATES * PLAYERS, DATES * PLAYERS)
    assert _compare(league, walked["points"], gift) is None
    unsure = replace(blind, is_unknown=np.ones(len(blind.place), dtype=bool))
    verdict = _compare(league, walked["points"], unsure).verdict
    assert "profit" not in verdict
    assert "shows nothing" in verdict


def test_nothing_is_bet_on_what_no_earlier_quote_has_taught(league, walked):
    blind = _quotes(league, walked["points"], lambda p: np.full(len(p), 14.5), 1.95, 1.95)
    few = blind.only(np.arange(len(blind.place)) < 250)
    found = _compare(league, walked["points"], few)
    assert (found.quotes, found.bets, found.profit) == (250, 0, None)


def test_what_few_lines_teach_is_borrowed_as_a_model_does(league, walked):
    """A season's bets on a market of few lines are those of the least trusted, not none."""
    blind = _quotes(league, walked["points"], lambda p: np.full(len(p), 14.5), 1.95, 1.95)
    few = _quotes(league, walked["rebounds"], lambda p: np.full(len(p), 4.5), 1.95, 1.95)
    few = few.only(np.arange(len(few.place)) >= len(few.place) - 250)
    assert _compare(league, walked["rebounds"], few).bets == 0
    found = _compare(league, walked["rebounds"], few, [(walked["points"], blind)])
    assert 0 < found.bets <= 250


def test_a_months_trust_is_learned_from_one_line_a_player_game_of_earlier_months(league, walked):
    points = walked["points"]
    blind = _quotes(league, points, lambda p: np.full(len(p), 14.5), 1.95, 1.95)
    trusts = learn_trusts([points], {"points": _lines(league, blind)})["points"]
    before = np.array([month.start for month in points.months])
    counted = [(points.actual[:start] != 14.5).sum() for start in before]
    assert [trust.half.lines for trust in trusts] == counted
    assert trusts[0].half.slope is None
    over, _, under = points.chances(np.arange(before[1]), np.full(before[1], 14.5))
    assert trusts[1] == fit_line_trust(
        among_bets_that_count(over, under), np.full(before[1], 0.5), points.actual[: before[1]],
        np.full(before[1], 14.5),
    )  # fmt: skip


def test_no_quote_is_no_comparison(league, walked):
    none = _quotes(league, walked["points"], lambda p: p * 0.0, 1.9, 1.9)
    assert _compare(league, walked["points"], none.only(none.place < 0)) is None
