"""Pictures show the numbers they are made of, in files that are the same for the same data."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from boxout.learning.pictures.canvas import LINE, OVER, UNDER
from boxout.learning.pictures.pictures import reliability_picture
from boxout.learning.slate import coming_date
from boxout.learning.slate_forecast import forecast_slate
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SUMMARY = "lake.analytics.player_game_summary"


@pytest.fixture(scope="module")
def star(trained):
    """A player of the coming slate with many games, and the points of his last twenty."""
    with open_warehouse(Home(trained)) as warehouse:
        day = coming_date(warehouse)
        player = warehouse.scalar(
            f"SELECT s.player_id FROM lake.precompute.ml_feature_store AS s JOIN {SUMMARY} AS g "
            "USING (player_id) WHERE s.game_date = $1 AND g.minutes > 20 AND g.game_date < $1 "
            "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
            [day],
        )
        rows = warehouse.rows(
            f"SELECT pts FROM {SUMMARY} WHERE player_id = $1 AND minutes > 0 AND game_date < $2 "
            "ORDER BY game_date DESC LIMIT 20",
            [player, day],
        )
    return player, [row[0] for row in rows]


@pytest.fixture
def draw(boxout, trained, tmp_path):
    """Run `boxout picture` and return the SVG's text and the two paths."""

    def run(*arguments, folder="pictures"):
        done = boxout("picture", *arguments, "--folder", tmp_path / folder, "--home", trained)
        assert done.returncode == 0, done.stderr
        svg, png = (tmp_path / folder / line.rsplit("/", 1)[1] for line in done.stdout.split())
        ET.parse(svg)
        with Image.open(png) as image:
            assert image.size == (960, 540)
            assert len(image.getcolors(1_000_000)) > 10
        text = svg.read_text()
        assert text.count("SIMULATED league; ") == 2  # in the footer and in the metadata
        return text, svg, png

    return run


def test_form_has_a_bar_a_game_in_the_colour_of_its_side(draw, star):
    player, points = star
    text, *_ = draw("form", player, "--line", "14.5")
    assert text.count(f"fill: {OVER.lower()}") == sum(value > 14.5 for value in points)
    assert text.count(f"fill: {UNDER.lower()}") == sum(value < 14.5 for value in points)
    assert f"stroke: {LINE.lower()}" in text
    assert f"over 14.5 in {sum(v > 14.5 for v in points)} of {len(points)} games" in text


def test_a_distribution_shows_both_sides_of_the_line_and_the_same_bytes_each_time(draw, star):
    first = draw("distribution", star[0], "--market", "pra", "--line", "20.5")
    assert "line 20.5" in first[0]
    assert "projection" in first[0]
    assert first[0].count(f"fill: {OVER.lower()}") > 5
    assert first[0].count(f"fill: {UNDER.lower()}") > 5
    again = draw("distribution", star[0], "--market", "pra", "--line", "20.5", folder="again")
    for one, other in zip(first[1:], again[1:], strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_distribution_says_the_chance_that_predict_writes(draw, trained, graph):
    with open_warehouse(Home(trained)) as warehouse:
        day = coming_date(warehouse)
        _, _, [made] = forecast_slate(warehouse, graph, day)
    forecast = made.forecasts["points"]
    far = np.where(forecast.line % 1 == 0.5, np.abs(forecast.over_probability - 0.5), np.nan)
    place = np.nanargmax(far)
    text, *_ = draw("distribution", made.rows.player_id[place], "--market", "points")
    chance, line = forecast.over_probability[place : place + 1], forecast.line[place : place + 1]
    distribution, expected = made.model.distributions["points"], made.expected["points"]
    alone = distribution.over_probability(expected[place : place + 1], line)
    assert abs(chance[0] - alone[0]) > 0.01
    assert f"over {100 * chance[0]:.1f}%" in text
    assert f"{100 * alone[0]:.1f}% by the bars alone" in text


def test_reliability_is_of_the_champion_alone(trained, open_copy, tmp_path):
    warehouse = open_copy(trained)
    before, _ = reliability_picture(warehouse, tmp_path, "points")
    before = before.read_text()
    with warehouse.commit():
        warehouse.execute(
            "INSERT INTO lake.learning.grades "
            "SELECT * REPLACE ('m0009-of-another' AS model_id) FROM lake.learning.grades"
        )
    after, _ = reliability_picture(warehouse, tmp_path, "points")
    assert after.read_text() == before


def test_reliability_and_shots_are_drawn(draw, trained):
    assert "graded lines, out of sample" in draw("reliability", "--market", "points")[0]
    with open_warehouse(Home(trained)) as warehouse:
        player = warehouse.scalar(
            "SELECT max(player_id) FROM lake.precompute.player_shot_zone_analysis "
            "WHERE paint_share_last_20_games IS NOT NULL AND season = '2024-25'"
        )
    text, *_ = draw("shots", player, "--opponent", "DEN", "--date", "2024-11-20")
    assert "defence of DEN" in text
    assert text.count("% of shots") == 3


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("form", "Nobody Atall", "--line", "1.5"), "No player"),
        (("form", "{star}", "--line", "1.5", "--market", "dunks"), "dunks"),
        (("form", "{star}", "--line", "1.5", "--date", "2000-01-01"), "no game before"),
        (("reliability", "--market", "minutes"), "are needed"),
        (("shots", "{star}", "--date", "2021-10-20"), "No shots"),
        (("distribution", "{star}", "--date", "2031-01-01"), "No game is known"),
        (("form", "{star}", "--line", "1.5", "--folder", "/proc/nowhere"), "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_said(boxout, trained, star, arguments, what):
    named = [part.format(star=star[0]) for part in arguments]
    refused = boxout("picture", *named, "--home", trained)
    assert refused.returncode in (1, 2)
    assert what in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_matplotlib_the_extra_is_named(trained, star, tmp_path):
    code = "import sys; sys.modules['matplotlib'] = None\nfrom boxout.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "picture", "form", str(star[0]), "--line", "9.5",
         "--folder", str(tmp_path), "--home", str(trained)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "boxout[pictures]" in done.stderr
    assert list(tmp_path.iterdir()) == []
