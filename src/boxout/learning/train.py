"""Train: ask the gates, walk forward to see how good it is, then learn from everything.

Reads one data version from beginning to end, so that the model traces back to it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from boxout.learning.boosting import (
    BoostingOptions,
    fit_booster,
    most_used_features,
    quantised,
    save_booster,
)
from boxout.learning.card import build_card, code_hash
from boxout.learning.champions.decisions import Decision
from boxout.learning.champions.retention import let_go_of_walks
from boxout.learning.champions.succession import challenge
from boxout.learning.dataset import Dataset
from boxout.learning.evaluate import Metric
from boxout.learning.folds import Fold, walk_forward
from boxout.learning.forecasts import STAGED, stage_forecasts
from boxout.learning.game_ids import follow_game_ids
from boxout.learning.gates import Readiness
from boxout.learning.hiding import hide_optional, may_be_missing
from boxout.learning.inputs import Inputs, read_inputs
from boxout.learning.markets import MARKET_NAMES, Market, select_markets, with_parts
from boxout.learning.registry import ModelRecord, save_model
from boxout.learning.storage import PREDICTIONS, Written, replace_rows
from boxout.learning.walk import Listener, Walk, fitting_workers, run_walk, submit_folds
from boxout.pipeline.authors import user_name
from boxout.pipeline.goalposts import note_goalposts
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.runs import Run, recorded
from boxout.warehouse.ducklake import Warehouse

# By statistic the features that its trees use most, and their share.
MostUsed = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True)
class TrainOptions:
    """How to train.

    Attributes
    ----------
    start, end
        First and last game date to learn from; by default all finished games.
    folds, test_seasons
        How many walk-forward folds, over how many of the last seasons.
    boosting
        The trees' settings.
    trained_at
        The time to record, UTC; now by default.
    """

    start: date | None = None
    end: date | None = None
    folds: int = 3
    test_seasons: int = 3
    boosting: BoostingOptions = field(default_factory=BoostingOptions)
    trained_at: datetime | None = None


@dataclass(frozen=True)
class TrainingReport:
    """What training gave.

    Attributes
    ----------
    model
        The registered model.
    is_new
        False when the same data and code had given the same model before.
    metrics
        Walk-forward scores against baselines and books.
    predictions
        Out-of-sample forecasts of the test folds, written for grading.
    decisions
        Of which markets it became champion, or why not.
    let_go
        Earlier models whose walks were removed, for nothing is compared with them any more.
    seconds
        Wall time by step: read, walk, fit, save, challenge.
    """

    model: ModelRecord
    is_new: bool
    folder: Path
    readiness: Readiness
    folds: tuple[Fold, ...]
    metrics: tuple[Metric, ...]
    predictions: Written
    decisions: tuple[Decision, ...]
    let_go: tuple[str, ...]
    seconds: Mapping[str, float]


def _silent(step: str, done: int, total: int) -> None:
    pass


def train(
    warehouse: Warehouse,
    markets: Sequence[str] | None = MARKET_NAMES,
    options: TrainOptions | None = None,
    *,
    graph: Graph | None = None,
    listener: Listener = _silent,
) -> TrainingReport:
    """Train one model for the given markets, if the gates are open.

    Parameters
    ----------
    markets
        Of `markets.MARKETS`.
    listener
        Called with what is being done, the steps done, and their number.

    Raises
    ------
    GateError
        When a gate is closed; nothing is trained.
    UsageError
        When a market is unknown, or the range has no finished game and others have.
    StoppedError
        When it was asked to stop; nothing is saved.
    BoxoutError
        When there is too little to train on.
    """
    options = options or TrainOptions()
    graph = graph or load_graph()
    create_ledger(warehouse)
    note_goalposts(warehouse, graph)
    follow_game_ids(warehouse)
    selected = select_markets(markets)
    clock = _Clock()
    inputs = read_inputs(warehouse, selected, options.start, options.end, graph)
    clock.lap("read")
    data = inputs.data
    folds = walk_forward(data.game_date, data.season, options.folds, options.test_seasons)
    steps = len(folds) + 1
    run = Run(warehouse, "train")

    def report(step: str, done: int, _: int) -> None:
        run.progress(f"training: {step}", done, steps, (0, 1), "steps")
        listener(step, done, steps)
        run.heed_stop()

    boosting = options.boosting
    with recorded(run):
        run.start(in_ledger=False)
        matrix = hide_optional(data, may_be_missing(graph), boosting)
        walk, files, most_used = _grow(inputs, matrix, folds, selected, boosting, report, clock)
        run.heed_stop()  # the walk's last report may be long ago
        trained_at = options.trained_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        code = code_hash(graph)
        card = build_card(inputs, boosting, folds, walk, files, most_used, code, trained_at)
        trained = _publish(warehouse, inputs, folds, walk, files, card, clock)
        run.summary["model"] = trained.model.model_id
        if trained.is_new:
            run.end("done")
        run.leave()
    listener(trained.model.model_id, steps, steps)
    return trained


def _publish(
    warehouse: Warehouse,
    inputs: Inputs,
    folds: tuple[Fold, ...],
    walk: Walk,
    files: Mapping[str, bytes],
    card: Mapping[str, Any],
    clock: _Clock,
) -> TrainingReport:
    """Save a model and its walk, and have it challenge the champions."""
    record, is_new = save_model(
        warehouse, files, card, lambda name, fingerprint: _record(name, fingerprint, card)
    )
    trained_at = card["trained_at"]
    written = _write_walk(warehouse, inputs, folds, walk, record.model_id, trained_at)
    clock.lap("save")
    decisions = challenge(
        warehouse, record.model_id, who=user_name(), is_automatic=True, at=trained_at
    )
    let_go = let_go_of_walks(warehouse, record.model_id)
    clock.lap("challenge")
    return TrainingReport(
        record,
        is_new,
        warehouse.home.models / record.folder,
        inputs.readiness,
        folds,
        walk.metrics,
        written,
        decisions,
        let_go,
        clock.seconds,
    )


class _Clock:
    """Wall time by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def lap(self, step: str) -> None:
        now = time.monotonic()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now


def _grow(
    inputs: Inputs,
    matrix: NDArray[Any],
    folds: Sequence[Fold],
    markets: Sequence[Market],
    boosting: BoostingOptions,
    report: Listener,
    clock: _Clock,
) -> tuple[Walk, dict[str, bytes], MostUsed]:
    """Walk forward and grow the trees on all dates, side by side."""
    data, statistics = inputs.data, with_parts(markets)
    report("fold by fold, and all dates", 0, len(folds) + 1)
    with fitting_workers() as workers:
        at_work = submit_folds(data, matrix, folds, statistics, boosting, workers)
        # What the walk has learned is worked out while these grow: nothing waits for them but the
        # model. Two that take them from one list are done at nearly the same time.
        left = deque(statistics)
        parts = [workers.submit(_fit_all, data, matrix, left, boosting) for _ in range(2)]
        try:
            walk = run_walk(data, folds, markets, inputs.lines, at_work, report)
            clock.lap("walk")
            grown = parts[0].result() | parts[1].result()
        finally:
            left.clear()  # what ended early is not to wait for trees that nobody needs
    clock.lap("fit")
    files = {each.name: grown[each.name][0] for each in statistics}
    return walk, files, {each.name: grown[each.name][1] for each in statistics}


def _fit_all(
    data: Dataset, matrix: NDArray[Any], left: deque[Market], options: BoostingOptions
) -> dict[str, tuple[bytes, list[tuple[str, float]]]]:
    """Grow some statistics' trees on all dates; by name, they and the features they use most."""
    binned = quantised(matrix, data.weights, options)
    grown = {}
    while left:
        try:
            statistic = left.popleft()
        except IndexError:  # the other part has taken the last one
            break
        booster = fit_booster(binned, data.outcomes[statistic.name], options)
        used = most_used_features(booster, data.features)
        grown[statistic.name] = save_booster(booster), used
    return grown


def _record(model_id: str, fingerprint: str, card: Mapping[str, Any]) -> ModelRecord:
    return ModelRecord(
        model_id=model_id,
        content_hash=fingerprint,
        trained_at=card["trained_at"],
        data_version=card["data_version"],
        dataset_hash=card["dataset_hash"],
        code_hash=card["code_hash"],
        markets=",".join(card["markets"]),
        features=len(card["features"]),
        train_start=card["training"]["first_date"],
        train_end=card["training"]["last_date"],
        train_rows=card["training"]["rows"],
        seed=card["settings"]["seed"],
        waived_partitions=card["readiness"]["waived_partitions"],
        is_simulated=card["is_simulated"],
        folder=model_id,
    )


def _write_walk(
    warehouse: Warehouse,
    inputs: Inputs,
    folds: Sequence[Fold],
    walk: Walk,
    model_id: str,
    trained_at: datetime,
) -> Written:
    stage_forecasts(
        warehouse,
        inputs.data,
        walk.forecasts,
        model_id,
        inputs.data_version,
        trained_at,
        is_in_sample=False,
    )
    # A model's walk is of the same player games each time: whatever else it has on record there,
    # such as forecasts of games still to come, is not the walk's to replace.
    key = ", ".join(PREDICTIONS.key)
    scope = (
        f"model_id = '{model_id}' AND game_date BETWEEN DATE '{folds[1].first_date}' "
        f"AND DATE '{folds[-1].last_date}' AND ({key}) IN (SELECT ({key}) FROM {STAGED})"
    )
    return replace_rows(warehouse, PREDICTIONS, STAGED, scope)
