"""A game that is moved after it was forecast, in files as a project gets them."""

from __future__ import annotations

from datetime import date

import pytest

from boxout.learning.freshness import grading_fingerprint
from boxout.learning.grade import grade, read_grades
from boxout.learning.predict import predict
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables

FORMER, NEW = date(2025, 12, 5), date(2025, 12, 6)


@pytest.fixture
def learned(trained, open_copy):
    """A copy of the trained project, open."""
    return open_copy(trained)


@pytest.fixture
def schedule(learned, tmp_path, graph):
    """Have the file of one game, on a date of its own, say something, and bring it in."""
    path = tmp_path / "one_game.csv"

    def say(day, status="scheduled"):
        path.write_text(
            "game_date,home_team,away_team,tipoff_utc,season_type,status,game_id\n"
            f"{day},BOS,DEN,{day} 23:30:00,regular,{status},0022500999\n"
        )
        ingest_files(learned, graph, [path])
        run_tables(learned, graph, graph.computed)

    return say


@pytest.mark.parametrize(
    "then", [(NEW, "scheduled"), (FORMER, "postponed")], ids=["moved", "postponed"]
)
def test_its_forecasts_are_void_once_its_file_says_so(learned, graph, schedule, then):
    schedule(FORMER)
    assert predict(learned, FORMER, graph=graph).player_games > 0
    assert grade(learned, FORMER, FORMER, graph=graph).written.inserted == 0
    before = grading_fingerprint(learned, graph)
    schedule(*then)
    assert grading_fingerprint(learned, graph) != before
    forecasts = learned.scalar(
        "SELECT count(*) FROM lake.learning.predictions WHERE game_date = $1", [FORMER]
    )
    assert grade(learned, FORMER, FORMER, graph=graph).written.inserted == forecasts > 0
    assert {row["result"] for row in read_grades(learned, FORMER)} == {"void"}
    again = grade(learned, FORMER, FORMER, graph=graph)
    assert (again.written.inserted, again.written.unchanged) == (0, forecasts)
