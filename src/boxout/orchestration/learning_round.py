"""The learning part of a round: train, predict and grade, each only when it is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from boxout.errors import GateError, StoppedError
from boxout.learning.champions.decisions import read_lineup
from boxout.learning.drift.watch import watch_drift
from boxout.learning.freshness import (
    grading_fingerprint,
    is_trained_on,
    note_grading,
    note_training,
    training_fingerprint,
)
from boxout.learning.gates import readiness
from boxout.learning.grade import GradeReport, grade
from boxout.learning.predict import PredictionReport, features_hash, predict, predicted_from
from boxout.learning.registry import list_models
from boxout.learning.slate import coming_date, nobody_known
from boxout.learning.states import FEATURE_STORE, read_states
from boxout.learning.storage import PREDICTIONS
from boxout.learning.train import TrainOptions, train
from boxout.orchestration.logs import log, log_failure
from boxout.orchestration.settings import TrainSettings
from boxout.pipeline.built import has_rows
from boxout.pipeline.graph import Graph
from boxout.pipeline.life_signs import now
from boxout.warehouse.ducklake import Warehouse


@dataclass
class Learned:
    """What the learning part of a round did.

    Attributes
    ----------
    model_id
        The model that was trained; None when none was due.
    not_trained
        Why a due training did not take place; None where it did or none was due.
    predicted
        The slate that was predicted; None when it was predicted before.
    not_predicted
        Why a due prediction was held back, or is of nobody.
    graded
        Grades written or replaced.
    is_degraded
        Whether a champion is worse than it was tested to be.
    """

    model_id: str | None = None
    not_trained: str | None = None
    predicted: date | None = None
    not_predicted: str | None = None
    graded: int = 0
    is_degraded: bool = False


def learn(
    warehouse: Warehouse,
    graph: Graph,
    settings: TrainSettings,
    at: datetime,
    heed_stop: Callable[[], None],
    learned: Learned | None = None,
) -> Learned:
    """Train, predict and grade what is due; what fails keeps no other step back.

    Parameters
    ----------
    at
        The present moment, naive UTC.
    heed_stop
        Raises `StoppedError` when it is to end; called between steps, also of the training.
    learned
        Where what a step does is put, as it is done; of an earlier try it holds what that did.

    Raises
    ------
    StoppedError
        When it was to end.
    Exception
        The first that a step raised, when all are through.
    """
    learned = learned or Learned()
    learned.not_trained = learned.not_predicted = None
    started = now()
    errors: list[Exception] = []
    training = partial(_train, settings, heed_stop)
    for step in (training, _predict, _grade, _watch_drift):
        try:
            heed_stop()
            if step is not training and not list_models(warehouse):
                break
            # A forecast is of its own moment: training may take until after a tip-off.
            step(warehouse, graph, at + (now() - started), learned)
        except StoppedError:
            raise
        except Exception as error:
            errors.append(error)
            log_failure("a step of learning failed", error)
    if errors:
        raise errors[0]
    return learned


def predict_coming(
    warehouse: Warehouse, graph: Graph, predicted_at: datetime | None = None
) -> PredictionReport | None:
    """Predict the coming slate, unless the champions did from the features as they are now.

    Parameters
    ----------
    predicted_at
        The time to record, UTC; now by default.

    Returns
    -------
    PredictionReport or None
        None when nothing was due.

    Raises
    ------
    GateError
        When the slate's features are not ready.
    """
    day = coming_date(warehouse)
    if day is None or not has_rows(warehouse, FEATURE_STORE):
        return None
    read_states(warehouse, graph, FEATURE_STORE, "feature_states")
    champions = read_lineup(warehouse).name
    if predicted_from(warehouse, day) == (champions, features_hash(warehouse, day)) and (
        warehouse.scalar("SELECT is_ready FROM feature_states WHERE game_date = $1", [day])
    ):
        return None
    return predict(warehouse, day, graph=graph, predicted_at=predicted_at)


def grade_finished(warehouse: Warehouse, graph: Graph) -> GradeReport | None:
    """Grade all forecasts of finished games, and note what they were graded on.

    Returns
    -------
    GradeReport or None
        None when there is no forecast yet.

    Raises
    ------
    GateError
        When no outcome has been built.
    """
    if not warehouse.has_table(PREDICTIONS.name):
        return None
    if not warehouse.scalar(f"SELECT count(*) FROM lake.{PREDICTIONS.name}"):
        return None
    fingerprint = grading_fingerprint(warehouse, graph)
    report = grade(warehouse, graph=graph)
    if not report.held_back:
        note_grading(warehouse, fingerprint)
    return report


def _train(
    settings: TrainSettings,
    heed_stop: Callable[[], None],
    warehouse: Warehouse,
    graph: Graph,
    at: datetime,
    learned: Learned,
) -> None:
    fingerprint = training_fingerprint(warehouse, graph)
    if not settings.enabled or is_trained_on(warehouse, fingerprint):
        return
    models = list_models(warehouse)
    waits_until = models[-1].trained_at + timedelta(hours=settings.min_age_hours) if models else at
    if waits_until > at:
        learned.not_trained = f"the newest model is kept until {waits_until:%Y-%m-%d %H:%M} UTC"
        return
    answer = readiness(warehouse, graph=graph)
    if not answer.is_ready:
        learned.not_trained = answer.reason
        return
    log("training", first_date=answer.first_date, last_date=answer.last_date)

    def heed(step: str, done: int, steps: int) -> None:
        if done < steps:  # at the end the model is saved, and is to be noted
            heed_stop()

    report = train(warehouse, None, TrainOptions(), graph=graph, listener=heed)
    note_training(warehouse, fingerprint)
    learned.model_id = report.model.model_id
    log("trained", model=learned.model_id, rows=report.model.train_rows, is_new=report.is_new)
    for decision in report.decisions:
        log(
            "champion" if decision.is_promotion else "challenger refused",
            market=decision.market,
            model=decision.model_id,
            replaces=decision.replaces,
            outcome=decision.outcome,
            reason=decision.reason,
        )


def _predict(warehouse: Warehouse, graph: Graph, at: datetime, learned: Learned) -> None:
    try:
        report = predict_coming(warehouse, graph, at.replace(microsecond=0))
    except GateError as error:
        learned.not_predicted = error.what
        return
    if report and not report.player_games:
        learned.not_predicted = nobody_known(report.game_date)
    elif report:
        learned.predicted = report.game_date
        log(
            "predicted",
            table=PREDICTIONS.name,
            date=report.game_date,
            model=report.model_id,
            players=report.player_games,
        )


def _watch_drift(warehouse: Warehouse, graph: Graph, at: datetime, learned: Learned) -> None:
    drift = watch_drift(warehouse, at)
    for figure in drift.figures:
        if figure.is_degraded:
            log(
                "model degraded",
                market=figure.market,
                model=figure.model_id,
                figure=figure.name,
                recent=figure.recent.mean,
                expected=figure.expected,
            )
    learned.is_degraded = drift.is_degraded


def _grade(warehouse: Warehouse, graph: Graph, at: datetime, learned: Learned) -> None:
    try:
        report = grade_finished(warehouse, graph)
    except GateError as error:
        log("grading is held back", reason=error.what)
        return
    graded = report.written.inserted if report else 0
    learned.graded += graded
    if graded:
        log("graded", table="learning.grades", rows=graded)
