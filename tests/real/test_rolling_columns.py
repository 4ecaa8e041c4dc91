"""Every rolling column against the slow, obvious way, on a sample of real player games."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from slow_form import player_form, scores, shot_profile, zone_defense

from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SAMPLE = 60
IDENTITY = {"season", "game_date", "game_id", "player_id", "team_id", "team", "opponent"}


@pytest.fixture(scope="module")
def warehouse(real_home):
    with open_warehouse(Home(real_home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def player_games(warehouse):
    """A sample over all seasons, first games included, with each player's whole season."""
    picked = warehouse.records(
        "SELECT season, game_date, game_id, player_id FROM lake.precompute.player_daily_cache "
        f"ORDER BY hash(game_id, player_id) LIMIT {SAMPLE}"
    )
    picked += warehouse.records(
        "SELECT season, game_date, game_id, player_id FROM lake.precompute.player_daily_cache "
        "WHERE games_played_season < 4 ORDER BY hash(game_id, player_id) LIMIT 20"
    )
    warehouse.execute("CREATE OR REPLACE TEMP TABLE picked (season VARCHAR, player_id BIGINT)")
    warehouse.connection.executemany(
        "INSERT INTO picked VALUES ($1, $2)", [[p["season"], p["player_id"]] for p in picked]
    )
    seasons = {}
    for game in warehouse.records(
        "SELECT * FROM lake.analytics.player_game_summary "
        "SEMI JOIN picked USING (season, player_id) "
        "ORDER BY game_date, game_id"
    ):
        seasons.setdefault((game["season"], game["player_id"]), []).append(game)
    return [(p, seasons.get((p["season"], p["player_id"]), [])) for p in picked]


def agree(found, expected):
    for name, value in expected.items():
        actual = float(found[name]) if isinstance(found[name], Decimal) else found[name]
        if isinstance(value, float) and actual is not None:
            assert actual == pytest.approx(value, rel=1e-6, abs=2e-5), (name, found)
        else:
            assert actual == value, (name, found)


def row_of(warehouse, table, picked, *keys):
    condition = " AND ".join(f"{key} = ${n}" for n, key in enumerate(keys, 1))
    [row] = warehouse.records(
        f"SELECT * FROM lake.precompute.{table} WHERE {condition}", [picked[key] for key in keys]
    )
    return row


def test_form_before_a_game(warehouse, player_games):
    for picked, games in player_games:
        row = row_of(warehouse, "player_daily_cache", picked, "game_id", "player_id")
        expected = player_form(games, picked["game_date"])
        assert set(expected) == set(row) - IDENTITY
        agree(row, expected)


def test_shot_profile_before_a_game(warehouse, player_games):
    for picked, games in player_games:
        row = row_of(warehouse, "player_shot_zone_analysis", picked, "game_date", "player_id")
        expected = shot_profile(games, picked["game_date"])
        assert set(expected) == set(row) - IDENTITY
        agree(row, expected)


def test_defense_by_zone_before_a_game(warehouse):
    picked = warehouse.records(
        "SELECT * FROM lake.precompute.team_defense_zone_analysis "
        "ORDER BY hash(game_date, team) LIMIT 25"
    )
    for row in picked:
        games = warehouse.records(
            "SELECT * FROM lake.analytics.team_defense_game_summary WHERE season = $1 "
            "ORDER BY game_date, game_id",
            [row["season"]],
        )
        own = [game for game in games if game["team_id"] == row["team_id"]]
        expected = zone_defense(own, games, row["game_date"])
        assert set(expected) == set(row) - IDENTITY
        agree(row, expected)


def test_composite_scores_follow_from_what_they_show(warehouse, player_games):
    seen = set()
    for picked, games in player_games:
        rows = warehouse.records(
            "SELECT * FROM lake.precompute.player_composite_factors "
            "WHERE game_id = $1 AND player_id = $2",
            [picked["game_id"], picked["player_id"]],
        )
        for row in rows:
            contexts = [
                json.loads(row[f"{name}_context_json"])
                for name in ("usage", "fatigue", "pace", "shot_zone")
            ]
            form = player_form(games, picked["game_date"])
            for name in ("avg_usage_rate_last_7_games", "games_played_season"):
                agree(row, {name: form[name]})
            expected = scores(row, *contexts)
            for name, value in expected.items():
                if value is None:
                    assert row[name] is None
                else:
                    # contexts are rounded to four decimals
                    assert float(row[name]) == pytest.approx(value, abs=5e-4), (name, row)
                    seen.add(name)
            missing = len([m for m in row["missing_data_fields"].split(",") if m])
            assert row["data_completeness_pct"] == pytest.approx(100 * (6 - missing) / 6)
    assert len(seen) == 5


def test_the_feature_store_holds_what_the_other_tables_say(warehouse):
    shared = {
        "player_daily_cache": "game_id, player_id",
        "player_composite_factors": "game_id, player_id",
        "player_shot_zone_analysis": "game_date, player_id",
    }
    store = set(warehouse.columns("lake.precompute.ml_feature_store"))
    for table, key in shared.items():
        columns = (set(warehouse.columns(f"lake.precompute.{table}")) & store) - IDENTITY
        columns -= {"data_completeness_pct", "missing_data_fields"}
        if table == "player_composite_factors":
            columns -= {"games_in_window"}  # the usage window's there, the form's here
        assert len(columns) >= 6
        differs = " OR ".join(f"f.{c} IS DISTINCT FROM s.{c}" for c in sorted(columns))
        rows, odd = warehouse.rows(
            f"SELECT count(*), count(*) FILTER ({differs}) "
            "FROM lake.precompute.ml_feature_store AS f "
            f"JOIN lake.precompute.{table} AS s USING ({key})"
        )[0]
        assert rows > 100_000
        assert odd == 0, table


def test_seasons_without_shots_have_null_zone_features_and_say_so(warehouse):
    rows = warehouse.rows(
        """
        SELECT season, count(paint_share_last_10_games), count(shot_zone_mismatch_score),
               avg((contains(missing_data_fields, 'shot_zones'))::INTEGER), count(*)
        FROM lake.precompute.ml_feature_store WHERE season IN ('2021-22', '2025-26') GROUP BY season
        """
    )
    assert len(rows) == 2
    for _, shares, mismatches, said, count in rows:
        assert (shares, mismatches, said) == (0, 0, 1)
        assert count > 10_000
