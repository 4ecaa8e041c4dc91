"""A champion that does worse than it was tested to do is an incident, and a sound one is none."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from boxout.learning.champions.decisions import read_lineup
from boxout.learning.drift.figures import FIGURES
from boxout.learning.drift.limits import WINDOW_DATES
from boxout.learning.drift.watch import FEATURES, read_drift, watch_drift
from boxout.orchestration.handoff import write_handoff
from boxout.pipeline.incidents import MODEL, read_incidents
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

GRADES, STORE = "lake.learning.grades", "lake.precompute.ml_feature_store"
OPENING = (
    "SELECT game_date FROM lake.ledger.partitions "
    "WHERE table_name = 'precompute.ml_feature_store' AND state = 'bootstrap'"
)


@pytest.fixture
def project(trained, tmp_path):
    with open_warehouse(Home(shutil.copytree(trained, tmp_path / "home"))) as warehouse:
        yield warehouse


@pytest.fixture
def since(project):
    """The first of the last graded dates."""
    return project.rows(
        f"SELECT DISTINCT game_date FROM {GRADES} WHERE NOT is_in_sample "
        f"ORDER BY game_date DESC LIMIT {WINDOW_DATES}"
    )[-1][0]


def spoil(project, statement):
    with project.commit():
        project.execute(statement)


def figure_of(project, market, name):
    [found] = [f for f in read_drift(project).figures if (f.market, f.name) == (market, name)]
    return found


def open_ones(project):
    return {i.check: i for i in read_incidents(project) if i.scope == MODEL}


def test_sound_champions_raise_nothing_and_every_market_is_looked_at(project):
    drift = watch_drift(project)
    assert not drift.is_degraded
    assert open_ones(project) == {}
    champions = read_lineup(project).of_market
    assert {(f.market, f.model_id) for f in drift.figures} == set(champions.items())
    assert {f.name for f in drift.figures} == set(FIGURES)
    assert all(f.recent.dates == WINDOW_DATES for f in drift.figures if f.name == "error")
    assert all(len(shifts) > 20 for shifts in drift.shifts.values())


def test_figures_are_those_of_the_grades_but_for_opening_weeks(project, since):
    figure = figure_of(project, "pra", "error")
    both = (
        f"{GRADES} AS g JOIN lake.learning.predictions AS p "
        "USING (game_id, player_id, market, model_id) "
        "WHERE g.market = 'pra' AND NOT g.is_in_sample AND g.actual IS NOT NULL AND p.sd > 0 "
        f"AND g.game_date NOT IN ({OPENING})"
    )
    assert project.scalar(f"SELECT count(*) FROM {GRADES} WHERE game_date IN ({OPENING})")
    for said, when in ((figure.recent.mean, ">="), (figure.expected, "<")):
        value = project.scalar(
            f"SELECT avg(g.absolute_error / p.sd) FROM {both} AND g.game_date {when} $1", [since]
        )
        assert said == pytest.approx(value, abs=1e-4)
    assert figure.first_date == since


@pytest.mark.parametrize(
    ("market", "figure", "change"),
    [
        ("points", "error", "absolute_error = absolute_error * 1.6"),
        (
            "rebounds",
            "coverage",
            "actual = actual + CASE WHEN hash(game_id, player_id) % 4 = 0 THEN 60 ELSE 0 END",
        ),
        ("pra", "over", "result = CASE WHEN result = 'under' THEN 'over' ELSE result END"),
    ],
)
def test_what_is_planted_is_named_and_nothing_else_and_it_closes_when_it_is_over(
    project, since, market, figure, change
):
    before = project.version()
    spoil(
        project,
        f"UPDATE {GRADES} SET {change} WHERE market = '{market}' AND game_date >= '{since}'",
    )
    assert watch_drift(project).is_degraded
    [(check, incident)] = open_ones(project).items()
    assert check == f"{figure} of {market}"
    assert "model degraded" in incident.sentence
    assert str(since) in incident.sentence
    assert f"--rollback --market {market}" in incident.sentence
    # looked at again it is the same incident
    watch_drift(project)
    assert open_ones(project)[check].incident_id == incident.incident_id
    spoil(
        project,
        f"UPDATE {GRADES} AS g SET absolute_error = o.absolute_error, actual = o.actual, "
        f"result = o.result FROM (FROM {GRADES} AT (VERSION => {before})) AS o "
        "WHERE o.game_id = g.game_id AND o.player_id = g.player_id AND o.market = g.market "
        f"AND o.model_id = g.model_id AND g.market = '{market}'",
    )
    assert not watch_drift(project).is_degraded
    assert open_ones(project) == {}
    [over] = [i for i in read_incidents(project, include_closed=True) if i.scope == MODEL]
    assert over.outcome == "repaired"


@pytest.mark.parametrize(
    ("market", "figure", "spoiled_before"),
    [
        ("pra", "over", "result = CASE WHEN result = 'under' THEN 'over' ELSE result END"),
        ("points", "coverage", "actual = round(predicted)"),
        ("points", "coverage", "actual = actual + 60 * (hash(game_id, player_id) % 4 = 0)::INT"),
    ],
)
def test_what_comes_nearer_to_what_is_right_is_no_worse(
    project, since, market, figure, spoiled_before
):
    spoil(
        project,
        f"UPDATE {GRADES} SET {spoiled_before} WHERE market = '{market}' AND game_date < '{since}'",
    )
    right = {"over": 0.0, "coverage": 0.8}[figure]
    better = figure_of(project, market, figure)
    assert abs(better.recent.mean - right) < abs(better.expected - right) - 0.04
    assert not better.is_degraded


def test_intervals_that_hold_too_much_lately_are_worse(project, since):
    spoil(
        project,
        f"UPDATE {GRADES} SET actual = round(predicted) "
        f"WHERE market = 'points' AND game_date >= '{since}'",
    )
    wide = figure_of(project, "points", "coverage")
    assert wide.recent.mean > 0.9
    assert wide.is_degraded


def test_an_edge_that_crosses_a_whole_number_changes_no_cover(project, since):
    forecasts = "lake.learning.predictions"
    spoil(
        project,
        f"UPDATE {forecasts} SET p10 = 0, p90 = "
        f"CASE WHEN game_date < '{since}' THEN 1.01 ELSE 0.99 END WHERE market = 'blocks'",
    )
    spoil(
        project,
        f"UPDATE {GRADES} AS g SET is_covered = g.actual BETWEEN p.p10 AND p.p90 FROM {forecasts} "
        "AS p WHERE p.game_id = g.game_id AND p.player_id = g.player_id AND p.market = g.market "
        "AND p.model_id = g.model_id AND g.market = 'blocks'",
    )
    cover = figure_of(project, "blocks", "coverage")
    assert cover.recent.mean == pytest.approx(cover.expected, abs=0.04)
    assert not cover.is_degraded


def test_a_feature_that_is_not_what_was_trained_on_is_named(project, graph):
    last = project.scalar(f"SELECT max(game_date) FROM {STORE}") - timedelta(days=14)
    spoil(
        project,
        f"UPDATE {STORE} SET avg_minutes_recency_weighted = avg_minutes_recency_weighted / 60, "
        f"avg_rebounds_recency_weighted = NULL WHERE game_date >= '{last}'",
    )
    watch_drift(project)
    [(check, incident)] = open_ones(project).items()
    assert check == FEATURES
    assert "avg_minutes_recency_weighted (shift" in incident.detail
    assert "avg_rebounds_recency_weighted (shift" in incident.detail
    assert incident.detail.startswith("2 features")
    assert incident.sentence in write_handoff(project, graph).decisions


def test_a_league_without_a_model_or_grades_has_nothing_to_say(small_home, tmp_path, boxout):
    home = shutil.copytree(small_home, tmp_path / "home")
    done = boxout("drift", "--home", home)
    assert done.returncode == 0, done.stderr
    assert "enough graded dates" in done.stdout


def test_the_command_and_status_show_it(project, since, boxout):
    home = project.home.path
    well = boxout("drift", "--home", home)
    assert well.returncode == 0, well.stdout
    assert "DEGRADED" not in well.stdout
    spoil(
        project,
        f"UPDATE {GRADES} SET absolute_error = absolute_error * 1.6 "
        f"WHERE market = 'assists' AND game_date >= '{since}'",
    )
    project.close()
    shown = boxout("drift", "--json", "--home", home)
    assert shown.returncode == 3
    figures = json.loads(shown.stdout)["drift"]["figures"]
    degraded = [(f["market"], f["name"]) for f in figures if f["is_degraded"]]
    assert degraded == [("assists", "error")]
    assert "model degraded. assists" in boxout("status", "--home", home).stdout
    assert "error of assists" in boxout("incidents", "--home", home).stdout
