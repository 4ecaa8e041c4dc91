"""The gates before training: what opens them, what closes them, and what they say."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from boxout.errors import GateError, TableDefinitionError, UsageError
from boxout.learning.gates import readiness
from boxout.learning.registry import list_models
from boxout.learning.train import train
from boxout.pipeline.graph import Graph
from boxout.pipeline.record import Waiver


def test_a_clean_league_is_ready_in_every_season(league):
    answer = readiness(league.warehouse, graph=league.graph)
    assert answer.is_ready
    assert len(answer.answers) == 9
    usage = next(a for a in answer.answers if a.gate == "usage_rate_populated")
    played = 60 * 2 * 16 - 60  # player 108 of the team that always plays has no minutes
    assert (usage.numerator, usage.denominator) == (played, played)
    assert str(usage.first_date) == "2021-11-01"


def test_missing_usage_closes_the_gate_with_exit_code_3_and_counts(league, options):
    league.correct("landing.boxscores", "usage = NULL", "season = '2022-23' AND player_id % 2 = 0")
    league.build()
    with pytest.raises(GateError, match="usage_rate_populated 2022-23: 0 of 1,860") as caught:
        train(league.warehouse, options=options, graph=league.graph)
    assert caught.value.exit_code == 3
    assert list_models(league.warehouse) == ()
    closed = [a for a in readiness(league.warehouse, graph=league.graph).answers if not a.is_open]
    assert {a.season for a in closed} == {"2022-23", "2023-24"}  # what reads history waits too


def test_a_correction_that_is_not_built_yet_closes_the_gate(league):
    league.correct("landing.boxscores", "pts = pts + 1", "game_date = DATE '2023-01-30'")
    answer = readiness(league.warehouse, graph=league.graph)
    assert not answer.is_ready
    assert "stale" in answer.reason
    league.build()
    assert readiness(league.warehouse, graph=league.graph).is_ready


def test_a_missing_partition_counts_against_the_share(league):
    with league.warehouse.commit():
        league.warehouse.execute(
            "DELETE FROM lake.ledger.partitions WHERE table_name = 'analytics.player_game_summary' "
            "AND season = '2021-22' AND game_date > DATE '2022-01-01'"
        )
    answer = readiness(league.warehouse, graph=league.graph)
    usage = next(a for a in answer.answers if a.gate == "usage_rate_populated")
    assert not usage.is_open
    assert usage.numerator < usage.denominator == 1860


def test_the_range_is_cut_to_what_is_asked(league):
    league.correct("landing.boxscores", "usage = NULL", "season = '2022-23'")
    league.build()
    from datetime import date

    first_season = readiness(league.warehouse, end=date(2022, 8, 1), graph=league.graph)
    assert first_season.is_ready
    assert {a.season for a in first_season.answers} == {"2021-22"}


def test_the_opening_days_of_a_season_do_not_hold_training_back(league):
    opening = league.warehouse.scalar(
        "SELECT min(game_date) FROM lake.raw.games WHERE season = '2023-24'"
    )
    answer = readiness(league.warehouse, end=opening + timedelta(days=6), graph=league.graph)
    assert answer.is_ready, answer.reason
    (rolling,) = (
        a for a in answer.answers if (a.gate, a.season) == ("rolling_usage_populated", "2023-24")
    )
    assert (rolling.is_open, rolling.denominator) == (True, 0)
    assert "opening days" in rolling.reason
    # what was never published of them holds it back by the partitions' gate as ever
    league.correct("landing.boxscores", "usage = NULL", f"game_date = DATE '{opening}'")
    assert not readiness(
        league.warehouse, end=opening + timedelta(days=6), graph=league.graph
    ).is_ready


def test_nothing_finished_is_not_ready(league):
    from datetime import date

    answer = readiness(league.warehouse, start=date(2030, 1, 1), graph=league.graph)
    assert not answer.is_ready
    assert "no finished game" in answer.reason


def test_thresholds_come_from_the_contract(league):
    tables = dict(league.graph.tables)
    summary = tables["analytics.player_game_summary"]
    check = dataclasses.replace(summary.checks[0], at_least=0.5)
    tables[summary.name] = dataclasses.replace(summary, checks=(check,))
    answer = readiness(league.warehouse, graph=Graph(tables))
    usage = next(a for a in answer.answers if a.gate == "usage_rate_populated")
    assert usage.at_least == 0.5
    tables[summary.name] = dataclasses.replace(summary, checks=())
    with pytest.raises(TableDefinitionError, match="usage_rate_populated"):
        readiness(league.warehouse, graph=Graph(tables))


def test_a_waiver_opens_the_gate_and_stays_visible(league):
    league.correct("landing.boxscores", "usage = NULL", "game_date = DATE '2023-03-04'")
    league.correct("landing.boxscores", "usage = NULL", "game_date = DATE '2023-03-07'")
    league.correct("landing.boxscores", "usage = NULL", "game_date = DATE '2023-03-10'")
    league.correct("landing.boxscores", "usage = NULL", "game_date = DATE '2023-03-13'")
    league.build(Waiver("ada", "the source lost four days"))
    answer = readiness(league.warehouse, graph=league.graph)
    assert answer.waived_partitions > 0
    assert ("ada", "the source lost four days") in {(w.who, w.reason) for w in answer.waivers}
    partitions = [a for a in answer.answers if a.gate == "feature_partitions_ready"]
    assert all(a.is_open for a in partitions)


def test_an_unknown_market_is_refused(league):
    with pytest.raises(UsageError, match="dunks"):
        readiness(league.warehouse, ["dunks"], graph=league.graph)
