"""`boxout withdraw` as a user types it."""

from __future__ import annotations

import json
import os
import shutil

import pytest


@pytest.fixture
def project(ingested_once, small_league, tmp_path):
    """A copy of a project into which the small league was brought, and of the league's files."""
    home = shutil.copytree(ingested_once, tmp_path / "home")
    return home, small_league


def test_it_says_what_was_taken_back_and_how_it_comes_again(boxout, project):
    home, files = project
    lineups = files / "lineups.parquet"
    taken = boxout("withdraw", lineups, "--reason", "guessed", "--home", home)
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.splitlines()[1].split()[-4:-3] == ["landing.lineups"]
    assert "`boxout run` brings the tables up to date" in taken.stderr
    from_folder = boxout("ingest", files, "--home", home, "--json")
    assert "lineups.parquet: left out, for it was withdrawn" in from_folder.stderr
    assert sum(file["is_withdrawn"] for file in json.loads(from_folder.stdout)) == 1
    by_path = boxout("ingest", lineups, "--home", home, "--json")
    [report] = json.loads(by_path.stdout)
    assert report["added"] == report["rows"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lineup.parquet", "--reason", "x"], "No file of this name"),
        (["lineups.parquet", "--reason", " "], "withdrawn for a reason"),
        (["lineups.parquet"], "--reason"),
    ],
)
def test_what_cannot_be_meant_takes_nothing_back(boxout, project, arguments, said):
    home, _ = project
    refused = boxout("withdraw", *arguments, "--home", home)
    assert (refused.returncode, said in refused.stderr) == (2, True)
    again = boxout("withdraw", "lineups.parquet", "--reason", "x", "--home", home, "--json")
    assert json.loads(again.stdout)[0]["removed"] > 0


def test_a_reason_that_is_no_text_is_kept_as_well_as_it_can_be(boxout, project):
    home, _ = project
    reason = os.fsdecode(b"guessed\xff")
    taken = boxout("withdraw", "lineups.parquet", "--reason", reason, "--home", home)
    assert taken.returncode == 0, taken.stderr
    assert "guessed\\udcff" in boxout("handoff", "--home", home).stdout
