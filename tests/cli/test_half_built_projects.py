"""Commands in a project of which only some tables are built say what to build, not what broke."""

from __future__ import annotations

import shutil

import pytest

PEOPLE = ("raw.games", "raw.player_aliases", "raw.players", "raw.player_boxscores")
PLAYER, LINE = "1900008", ("--line", "9.5")
SUMMARY, SLATE = "analytics.player_game_summary", "precompute.slate"
ZONES = "precompute.player_shot_zone_analysis"
HELD_BACK = "Training is held back"


@pytest.fixture(scope="module")
def half_built(ingested_once, tmp_path_factory, boxout):
    """Copies of the ingested project with its games built, and with its people built too."""
    folder = tmp_path_factory.mktemp("half-built")
    for name, tables in (("games", PEOPLE[:1]), ("people", PEOPLE)):
        shutil.copytree(ingested_once, folder / name)
        assert boxout("backfill", *tables, "--home", folder / name).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("built", "arguments", "code", "said"),
    [
        ("games", ("form", PLAYER, *LINE), 2, "raw.players"),
        ("games", ("picture", "shots", PLAYER), 2, "raw.players"),
        ("games", ("evaluate",), 3, HELD_BACK),
        ("games", ("train",), 3, HELD_BACK),
        ("people", ("form", PLAYER, *LINE), 2, SLATE),
        ("people", ("form", PLAYER, *LINE, "--opponent", "DEN"), 2, SUMMARY),
        ("people", ("picture", "form", PLAYER, *LINE), 2, SUMMARY),
        ("people", ("picture", "shots", PLAYER), 2, SLATE),
        ("people", ("picture", "shots", PLAYER, "--opponent", "DEN"), 2, ZONES),
        ("people", ("evaluate",), 3, HELD_BACK),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else None,
)
def test_what_is_missing_is_named_with_what_builds_it(
    half_built, boxout, built, arguments, code, said
):
    refused = boxout(*arguments, "--home", half_built / built)
    assert (refused.returncode, refused.stdout) == (code, "")
    assert said in refused.stderr
    assert "`boxout run`" in refused.stderr
    assert "disk space" not in refused.stderr


@pytest.mark.parametrize("command", [("ready", "train"), ("handoff",)], ids=" ".join)
def test_what_answers_for_the_whole_project_answers(half_built, boxout, command):
    done = boxout(*command, "--home", half_built / "games")
    assert "feature_partitions_ready" in done.stdout
    assert "engine" not in done.stderr
