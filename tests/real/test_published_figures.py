"""Our rates against those that Basketball-Reference published, and errors against known ones."""

from __future__ import annotations

import pytest

from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

PUBLISHED = ("2021-22", "2022-23", "2023-24")


@pytest.fixture(scope="module")
def warehouse(real_home):
    with open_warehouse(Home(real_home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def compared(warehouse, real_data):
    """Each player game of three seasons with the published advanced line beside ours."""
    files = [str(real_data / "bref" / f"player_boxscores_{season}.parquet") for season in PUBLISHED]
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE compared AS
        SELECT p.season, p.minutes, p.fga, p.fta, p.usage_rate, p.ts_pct, p.efg_pct,
               f.adv_usg_pct, f.adv_ts_pct, f.adv_efg_pct
        FROM read_parquet({files}) AS f
        JOIN lake.landing.bref_player_boxscores AS l
          ON l.game_date = f.game_date AND l.minutes = round(f.mp, 2) AND l.pts = f.pts
         AND l.fga = f.fga AND l.fta = f.fta AND l.orb = f.orb AND l.drb = f.drb
         AND l.ast = f.ast AND l.tov = f.tov AND l.plus_minus = f.plus_minus AND l.pf = f.pf
         AND l.is_starter = f.is_starter AND l.stl = f.stl AND l.blk = f.blk
        JOIN lake.raw.player_aliases AS a ON a.player_key = l.player_key
        JOIN lake.analytics.player_game_summary AS p
          ON p.game_date = l.game_date AND p.player_id = a.player_id
        WHERE f.mp > 0
        QUALIFY count(*) OVER (PARTITION BY f.bref_game_id, f.team, f.player_name) = 1
        """
    )
    return warehouse


def test_nearly_every_published_line_is_compared(compared, real_data):
    files = [str(real_data / "bref" / f"player_boxscores_{season}.parquet") for season in PUBLISHED]
    published = compared.scalar(f"SELECT count(*) FROM read_parquet({files}) WHERE mp > 0")
    assert compared.scalar("SELECT count(*) FROM compared") > 0.985 * published


def test_usage_rate_is_the_published_one_but_for_rounded_minutes(compared):
    # Published with one decimal, which rounds by up to 0.05; and from seconds, where ours come
    # from minutes with one decimal: 0.05 of 22 minutes move a usage of 20 by another 0.05, and of
    # a minute by a point.
    mean, near, far = compared.rows(
        "SELECT avg(abs(usage_rate - adv_usg_pct)), "
        "avg((abs(usage_rate - adv_usg_pct) <= 0.051)::INTEGER), "
        "avg((abs(usage_rate - adv_usg_pct) > 1)::INTEGER) FROM compared"
    )[0]
    assert mean < 0.1
    assert near > 0.76
    assert far < 0.01


@pytest.mark.parametrize("rate", ["ts", "efg"])
def test_shooting_is_the_published_one_to_its_last_digit(compared, rate):
    # Published with three decimals: half of the last digit is rounding.
    off, rows = compared.rows(
        f"SELECT count(*) FILTER (abs({rate}_pct - adv_{rate}_pct) > 0.00051), count(*) "
        f"FROM compared WHERE adv_{rate}_pct IS NOT NULL AND fga > 0"
    )[0]
    assert rows > 60_000
    assert off == 0


def test_a_published_rate_is_missing_exactly_where_ours_is(compared):
    odd = "count(*) FILTER ((efg_pct IS NULL) <> (adv_efg_pct IS NULL))"
    assert compared.scalar(f"SELECT {odd} FROM compared") <= 5


def test_a_teams_usage_is_a_fifth(warehouse):
    near, games = warehouse.rows(
        """
        SELECT count(*) FILTER (abs(usage - 20) <= 1), count(*) FROM (
          SELECT sum(minutes * usage_rate) / sum(minutes) AS usage
          FROM lake.analytics.player_game_summary WHERE minutes > 0 GROUP BY game_id, team)
        """
    )[0]
    assert near / games > 0.995


def test_the_projection_of_usage_beats_the_means_that_it_is_made_of(warehouse):
    rows = warehouse.rows(
        """
        SELECT c.season, avg(abs(p.usage_rate - c.projected_usage_rate)),
               avg(abs(p.usage_rate - c.avg_usage_rate_last_7_games)),
               avg(abs(p.usage_rate - d.avg_usage_rate_season))
        FROM lake.precompute.player_composite_factors AS c
        JOIN lake.precompute.player_daily_cache AS d USING (game_id, player_id)
        JOIN lake.analytics.player_game_summary AS p USING (game_id, player_id)
        WHERE p.minutes >= 10 AND d.games_played_season >= 5
          AND c.avg_usage_rate_last_7_games IS NOT NULL
        GROUP BY c.season
        """
    )
    assert len(rows) == 5
    for season, projected, last_7, so_far in rows:
        assert projected < min(last_7, so_far) - 0.05, season
        assert projected == pytest.approx(4.32, abs=0.1)


@pytest.mark.parametrize(
    ("season", "last_10", "so_far"), [("2023-24", 4.67, 4.67), ("2024-25", 4.74, 4.73)]
)
def test_simple_forecasts_of_points_are_as_wrong_as_they_are_known_to_be(
    warehouse, season, last_10, so_far
):
    errors = warehouse.rows(
        """
        SELECT avg(abs(p.pts - f.avg_points_last_10_games)), avg(abs(p.pts - f.avg_points_season))
        FROM lake.precompute.ml_feature_store AS f
        JOIN lake.analytics.player_game_summary AS p USING (game_id, player_id)
        WHERE f.season = $1 AND p.minutes > 0 AND f.games_played_season >= 5
        """,
        [season],
    )[0]
    assert errors == pytest.approx((last_10, so_far), abs=0.015)
