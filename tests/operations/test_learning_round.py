"""What a round learns: each step by itself and at its own moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace as Made

import pytest

from boxout.errors import StoppedError
from boxout.orchestration import learning_round
from boxout.orchestration.learning_round import learn
from boxout.orchestration.round import Round
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import RetrySettings, TrainSettings, WatchSettings
from boxout.warehouse.engine import duckdb
from boxout.warehouse.home import Home

NOON = datetime(2026, 1, 15, 12)
AFTER = ["predicted", "graded", "watched drift"]


class Steps:
    """The steps of learning: what was done, and at which moment it was said to be."""

    def __init__(self) -> None:
        self.clock = datetime(2030, 1, 1)
        self.done: dict[str, datetime | None] = {}
        self.failing: dict[str, Exception] = {}

    def take(self, name, at=None):
        self.done[name] = at
        if name in self.failing:
            raise self.failing[name]


@pytest.fixture
def steps(monkeypatch):
    """Steps that take no time and a training that takes an hour, of a project with a model."""
    steps = Steps()

    def train(warehouse, markets, options, graph, listener):
        steps.clock += timedelta(hours=1)
        steps.take("trained", options.trained_at)
        return Made(model=model, is_new=True, decisions=())

    model = Made(model_id="m1", train_rows=100, trained_at=NOON - timedelta(days=1))
    ready = Made(is_ready=True, first_date=None, last_date=None)
    drift = Made(figures=(), is_degraded=True)
    for name, stand_in in {
        "now": lambda: steps.clock,
        "training_fingerprint": lambda warehouse, graph: "new",
        "is_trained_on": lambda warehouse, fingerprint: False,
        "list_models": lambda warehouse: [model],
        "readiness": lambda warehouse, graph: ready,
        "train": train,
        "note_training": lambda warehouse, fingerprint: None,
        "predict_coming": lambda warehouse, graph, at: steps.take("predicted", at),
        "grade_finished": lambda warehouse, graph: steps.take("graded"),
        "watch_drift": lambda warehouse, at: steps.take("watched drift", at) or drift,
    }.items():
        monkeypatch.setattr(learning_round, name, stand_in, raising=False)
    return steps


def play():
    return learn(None, None, TrainSettings(), NOON, lambda: None)


@pytest.mark.parametrize("failing", ["trained", *AFTER])
def test_a_step_that_fails_keeps_no_other_back_and_is_told_in_the_end(steps, failing):
    for name in ("trained", failing):
        steps.failing[name] = duckdb.OutOfMemoryException("failed to allocate")
    with pytest.raises(duckdb.OutOfMemoryException):
        play()
    assert list(steps.done) == ["trained", *AFTER]


def test_what_the_other_steps_did_is_told_of_a_round_in_which_one_failed(
    steps, tmp_path, graph, monkeypatch
):
    trained_on = iter([False, True])
    monkeypatch.setattr(learning_round, "is_trained_on", lambda *_: next(trained_on))
    grades = iter([7, 0])
    monkeypatch.setattr(
        learning_round,
        "grade_finished",
        lambda *_: Made(written=Made(inserted=next(grades))),
    )
    steps.failing["predicted"] = OSError("full")
    settings = WatchSettings(retry=RetrySettings(2, 0, 0))
    doing = Round(Home(tmp_path), graph, settings, lambda: NOON, lambda: None, lambda text: None)
    report = RoundReport(NOON)
    assert not doing._attempt("learning", report, lambda w: doing._learn(w, report))
    learned = report.learned
    assert (learned.model_id, learned.graded, learned.is_degraded) == ("m1", 7, True)
    assert report.problems == ["learning: OSError: full"]


def test_the_first_failure_is_the_one_that_is_told(steps):
    steps.failing = {"trained": OSError("first"), "graded": OSError("second")}
    with pytest.raises(OSError, match="first"):
        play()


def test_a_stop_ends_it_at_once(steps):
    steps.failing["trained"] = StoppedError("asked to")
    with pytest.raises(StoppedError):
        play()
    assert list(steps.done) == ["trained"]


def test_a_forecast_has_the_moment_after_training_and_not_the_one_before(steps):
    learned = play()
    assert (learned.model_id, learned.is_degraded) == ("m1", True)
    assert steps.done["predicted"] == NOON + timedelta(hours=1)
    assert steps.done["watched drift"] == NOON + timedelta(hours=1)
    assert steps.done["trained"] is None  # training says itself when it is done
