"""A watcher that is asked to stop ends where it next could, and what it did stays."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from boxout.errors import StoppedError
from boxout.orchestration import learning_round
from boxout.orchestration.learning_round import Learned
from boxout.orchestration.round import Round
from boxout.orchestration.round_report import RoundReport
from boxout.orchestration.settings import TrainSettings, WatchSettings
from boxout.pipeline.life_signs import now
from boxout.pipeline.run_views import past_runs
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


def stop():
    raise StoppedError("The watcher was asked to stop: enough.")


def test_it_ends_at_the_next_commit_of_a_table(ingested, graph):
    doing = Round(Home(ingested), graph, WatchSettings(), now, stop, lambda text: None)
    with open_warehouse(Home(ingested)) as warehouse:
        with pytest.raises(StoppedError):
            doing._build(warehouse, RoundReport(now()))
        (run,) = past_runs(warehouse)
        assert (run.state, run.reason) == ("stopped", "The watcher was asked to stop: enough.")
        (built,) = warehouse.rows(
            "SELECT count(DISTINCT table_name) FROM lake.ledger.partitions "
            "WHERE table_name NOT LIKE 'landing.%'"
        )
        assert 0 < built[0] < len(graph.computed)


def test_it_ends_between_the_steps_of_a_training_and_notes_one_that_is_done(monkeypatch):
    asked, noted = [], []

    def train(warehouse, markets, options, graph, listener):
        for done in range(3):
            listener("a step", done, 2)
        model = SimpleNamespace(model_id="m0001", train_rows=1)
        return SimpleNamespace(model=model, is_new=True, decisions=())

    ready = SimpleNamespace(is_ready=True, first_date=None, last_date=None)
    for name, result in {
        "training_fingerprint": "data",
        "is_trained_on": False,
        "list_models": (),
        "readiness": ready,
    }.items():
        monkeypatch.setattr(learning_round, name, lambda *_, result=result, **__: result)
    monkeypatch.setattr(learning_round, "note_training", lambda *_: noted.append("noted"))
    monkeypatch.setattr(learning_round, "train", train)
    settings = TrainSettings()
    learning_round._train(settings, lambda: asked.append("asked"), None, None, now(), Learned())
    assert (len(asked), len(noted)) == (2, 1)
    with pytest.raises(StoppedError):
        learning_round._train(settings, stop, None, None, now(), Learned())
    assert len(noted) == 1
