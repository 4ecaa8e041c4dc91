"""What `run` learns when nothing is to be trained, and when a gate holds a step back."""

from __future__ import annotations

import json
import shutil

import pytest

from boxout.cli import job
from boxout.learning.freshness import TRAINED_ON, is_trained_on, training_fingerprint
from boxout.learning.predict import predict
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import write_property
from boxout.warehouse.home import Home
from boxout.warehouse.opening import newest_version, open_warehouse

COMING, PLAYED = "2025-11-27", "2025-11-26"
ALL_OUT = (
    f"SELECT * REPLACE (CASE WHEN game_date = DATE '{COMING}' THEN 'out' ELSE status END "
    "AS status) FROM file"
)


@pytest.fixture
def home(trained, tmp_path):
    """A copy of the trained project."""
    return shutil.copytree(trained, tmp_path / "home")


@pytest.fixture
def injuries(league_files, rewrite):
    """The file of the league's injuries, with everybody listed out of the coming slate."""
    rewrite(league_files / "injuries.parquet", ALL_OUT)
    return league_files / "injuries.parquet"


def test_a_slate_is_predicted_again_when_its_features_changed_and_nothing_is_trained(
    boxout, home, injuries
):
    done = boxout("run", "--data", injuries, "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["training"] is None
    assert report["predicted"]["game_date"] == COMING
    assert boxout("ready", "publish", "--home", home).returncode == 0
    version = newest_version(Home(home))
    again = json.loads(boxout("run", "--home", home, "--json").stdout)
    assert again["predicted"] is None
    assert again["grades"]["summaries"] == report["grades"]["summaries"]
    assert newest_version(Home(home)) == version


def test_what_was_predicted_since_the_last_run_is_graded_by_the_next(boxout, home):
    with open_warehouse(Home(home)) as warehouse:
        warehouse.execute(f"DELETE FROM lake.learning.predictions WHERE game_date = '{PLAYED}'")
        predict(warehouse, day := warehouse.scalar(f"SELECT DATE '{PLAYED}'"))
    report = json.loads(boxout("run", "--home", home, "--json").stdout)
    assert report["training"] is None
    assert report["grades"]["written"]["inserted"] > 0
    with open_warehouse(Home(home)) as warehouse:
        assert warehouse.scalar(
            "SELECT bool_and(is_in_sample) FROM lake.learning.grades WHERE game_date = $1", [day]
        )


def test_a_slate_that_is_held_back_keeps_neither_grades_nor_the_note_of_training_back(
    home, injuries, graph, monkeypatch
):
    monkeypatch.setattr(job, "train_with_progress", lambda *_: "trained")
    report = job.JobReport(home)
    with open_warehouse(Home(home)) as warehouse:
        with warehouse.commit():
            write_property(warehouse, TRAINED_ON, "other data")
        ingest_files(warehouse, graph, [injuries])  # the slate's features are stale now
        job._learn(warehouse, graph, report)
        assert is_trained_on(warehouse, training_fingerprint(warehouse, graph))
    assert f"The features of {COMING} are stale" in report.held_back
    assert report.grades.summaries
