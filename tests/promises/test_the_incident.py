"""The night that must not happen again: half of the team rows lost to a game-id format."""

from __future__ import annotations

import json
import re

import pytest

SPOILED = ("2023-24", "2024-25")
COVERAGE = "usage_rate_populated"
UNREADY = {"blocked", "failed"}


@pytest.fixture
def spoiled_files(short_files, rewrite):
    """Team logs that from the middle of two seasons on write ids that nobody can place."""
    for season in SPOILED:
        rewrite(
            short_files / "nba" / f"team_gamelogs_{season}.parquet",
            "SELECT * REPLACE (CASE WHEN GAME_DATE::DATE > "
            "(SELECT median(GAME_DATE::DATE) FROM file) THEN "
            "'game-' || GAME_DATE || '-' || TEAM_ABBREVIATION ELSE GAME_ID END AS GAME_ID) "
            "FROM file",
        )
    return short_files


def test_half_a_join_is_held_back_and_one_run_repairs_it(
    spoiled_files, short_league, short_home, tmp_path, boxout, contents
):
    home = tmp_path / "home"
    broken = boxout("run", "--data", spoiled_files, "--home", home)
    assert broken.returncode == 3, broken.stderr
    assert "Traceback" not in broken.stderr

    checked = boxout("validate", "--home", home, "--json")
    assert checked.returncode == 3
    coverage = [
        c
        for c in json.loads(checked.stdout)["validation"]["coverage"]
        if c["check"] == COVERAGE and c["table"] == "analytics.player_game_summary"
    ]
    assert {c["season"] for c in coverage if not c["passed"]} == set(SPOILED)
    for c in coverage:
        if not c["passed"]:
            assert c["good"] == 0  # nothing of the season is published
            populated, rows = re.match(r"([\d,]+) of ([\d,]+) when last", c["detail"]).groups()
            assert 0.3 < _number(populated) / _number(rows) < 0.7
            assert c["at_least"] == 0.95

    states = contents(home)
    spoiled = _states(states, "analytics.player_game_summary", ("2023-10", "2025-02"))
    assert spoiled == {"failed", "blocked"}
    for table in ("player_composite_factors", "ml_feature_store"):
        assert _states(states, f"precompute.{table}", ("2023-10", "2025-02")) <= UNREADY
        assert _rows_built(states, f"precompute.{table}", ("2023-10", "2025-02")) == 0

    refused = boxout("train", "--home", home)
    assert refused.returncode == 3
    assert COVERAGE in refused.stderr + refused.stdout
    assert "2023-24" in refused.stderr + refused.stdout
    assert not list((home / "models").glob("*"))

    for season in SPOILED:
        name = f"nba/team_gamelogs_{season}.parquet"
        (spoiled_files / name).write_bytes((short_league / name).read_bytes())
    repaired = boxout("run", "--data", spoiled_files, "--home", home)
    assert repaired.returncode == 0, repaired.stderr
    assert contents(home) == contents(short_home)
    assert len(list((home / "models").glob("m0001-*"))) == 1


def test_an_id_format_that_is_known_just_works(
    short_files, short_home, tmp_path, boxout, rewrite, contents
):
    home = tmp_path / "home"
    rewrite(
        short_files / "nba" / "team_gamelogs_2023-24.parquet",
        "SELECT * REPLACE (CASE WHEN GAME_DATE > '2023-11-11' THEN ltrim(GAME_ID, '0') "
        "ELSE GAME_ID END AS GAME_ID) FROM file",
    )
    rewrite(
        short_files / "nba" / "team_gamelogs_2024-25.parquet",
        "SELECT * REPLACE (strftime(GAME_DATE::DATE, '%Y%m%d') || '_' || CASE "
        "WHEN MATCHUP LIKE '%@%' THEN TEAM_ABBREVIATION || '_' || right(MATCHUP, 3) "
        "ELSE right(MATCHUP, 3) || '_' || TEAM_ABBREVIATION END AS GAME_ID) FROM file",
    )
    done = boxout("run", "--data", short_files, "--home", home, "--no-train")
    assert done.returncode == 0, done.stderr
    assert contents(home) == contents(short_home)


def _number(text):
    return int(text.replace(",", ""))


def _states(states, table, between):
    return {
        state
        for (name, day), (state, _, _) in states.items()
        if name == table and between[0] <= day < between[1]
    }


def _rows_built(states, table, between):
    return sum(
        count or 0
        for (name, day), (_, count, _) in states.items()
        if name == table and between[0] <= day < between[1]
    )
