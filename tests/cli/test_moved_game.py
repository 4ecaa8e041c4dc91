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

    def say(day, status="scheduled", game_id="0022500999"):
        path.write_text(
            "game_date,home_team,away_team,tipoff_utc,season_type,status,game_id\n"
            f"{day},BOS,DEN,{day} 23:30:00,regular,{status},{game_id}\n"
        )
        ingest_files(learned, graph, [path])
        run_tables(learned, graph, graph.computed)

    return say


@pytest.mark.parametrize(
    ("then", "game_id"),
    [
        ((NEW, "scheduled"), "0022500999"),
        ((FORMER, "postponed"), "0022500999"),
        # without the NBA's id it has another of ours on its new date
        ((NEW, "scheduled"), ""),
    ],
    ids=["moved", "postponed", "moved without an id"],
)
def test_its_forecasts_are_void_once_its_file_says_so(learned, graph, schedule, then, game_id):
    schedule(FORMER, game_id=game_id)
    assert predict(learned, FORMER, graph=graph).player_games > 0
    assert grade(learned, FORMER, FORMER, graph=graph).written.inserted == 0
    before = grading_fingerprint(learned, graph)
    schedule(*then, game_id)
    assert grading_fingerprint(learned, graph) != before
    forecasts = learned.scalar(
        "SELECT count(*) FROM lake.learning.predictions WHERE game_date = $1", [FORMER]
    )
    assert grade(learned, FORMER, FORMER, graph=graph).written.inserted == forecasts > 0
    assert {row["result"] for row in read_grades(learned, FORMER)} == {"void"}
    again = grade(learned, FORMER, FORMER, graph=graph)
    assert (again.written.inserted, again.written.unchanged) == (0, forecasts)


def test_what_was_forecast_before_a_game_had_the_nbas_id_stays_its_forecast(
    learned, graph, schedule
):
    def forecasts():
        return learned.rows(
            "SELECT game_id, count(*), max(predicted_at) FROM lake.learning.predictions "
            "WHERE game_date = $1 GROUP BY game_id",
            [FORMER],
        )

    schedule(FORMER, game_id="")
    predict(learned, FORMER, graph=graph)
    [(own, *made)] = forecasts()
    assert own.startswith("9251205")
    schedule(FORMER)
    again = predict(learned, FORMER, graph=graph)
    assert (again.written.inserted, again.written.removed) == (0, 0)
    assert forecasts() == [("0022500999", *made)]
