"""The simulated league has the shape of the real one, and says that it is none."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from boxout.errors import UsageError
from boxout.sources.files.finding import find_files
from boxout.sources.seasons import CUP_FINALS, PLAY_IN
from boxout.sources.simulator import simulate_league

WHOLE = ("2021-22", "2022-23", "2023-24", "2024-25")


@pytest.fixture(scope="module")
def files(built_once):
    return built_once("full-league", lambda folder: simulate_league(folder, seed=7))


@pytest.fixture(scope="module")
def league(files):
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW schedule AS SELECT * FROM '{files}/schedule.parquet'")
        connection.execute(
            f"CREATE TABLE box AS SELECT * FROM read_parquet('{files}/bref/*.parquet')"
        )
        connection.execute(
            "CREATE TABLE games AS SELECT *, CASE WHEN month(game_date) > 7 THEN year(game_date) "
            "ELSE year(game_date) - 1 END AS start_year FROM schedule WHERE status = 'final'"
        )
        connection.execute(
            "CREATE TABLE sides AS SELECT *, home_team AS team FROM games UNION ALL "
            "SELECT *, away_team FROM games"
        )
        yield connection


def one(league, query):
    return league.execute(query).fetchone()


def test_a_season_has_the_nbas_size(league):
    seasons = league.execute(
        "SELECT start_year, count(*), count(DISTINCT game_date) FROM games "
        "WHERE start_year < 2025 GROUP BY 1"
    ).fetchall()
    assert len(seasons) == 4
    for _, games, dates in seasons:
        assert 1_300 <= games <= 1_340
        assert 195 <= dates <= 225


def test_every_team_plays_82_and_never_twice_on_a_date(league):
    counts = league.execute(
        "SELECT count(*) FROM sides WHERE season_type = 'regular' AND start_year < 2025 "
        "GROUP BY team, start_year"
    ).fetchall()
    assert [count for (count,) in counts] == [82] * 120
    assert one(league, "SELECT count(*) FROM (SELECT 1 FROM sides GROUP BY game_date, team "
                       "HAVING count(*) > 1)") == (0,)  # fmt: skip


def test_back_to_backs_come_as_often_as_in_the_nba(league):
    [(mean, most)] = league.execute(
        "SELECT avg(n), max(n) FROM (SELECT count(*) AS n FROM sides AS a JOIN sides AS b "
        "ON b.team = a.team AND b.game_date = a.game_date + 1 "
        "WHERE a.season_type = 'regular' AND a.start_year < 2025 GROUP BY a.team, a.start_year)"
    ).fetchall()
    assert 11 <= mean <= 17
    assert most <= 24


def test_the_play_in_and_the_cup_final_have_their_days(league):
    for first, last in (days for days in PLAY_IN if days[0].year in range(2022, 2026)):
        kinds = league.execute(
            "SELECT season_type, count(*) FROM games WHERE game_date BETWEEN $1 AND $2 GROUP BY 1",
            [first, last],
        ).fetchall()
        assert kinds == [("play-in", 6)]
    for day in CUP_FINALS:
        assert league.execute(
            "SELECT season_type, count(*) FROM games WHERE game_date = $1 GROUP BY 1", [day]
        ).fetchall() == [("cup-final", 1)]


def test_playoff_series_end_with_the_fourth_win(league):
    series = league.execute(
        """
        WITH won AS (
          SELECT start_year, substr(game_id, 8, 2) AS series,
                 CASE WHEN b.home_pts > b.visitor_pts THEN g.home_team ELSE g.away_team END AS team
          FROM games AS g JOIN (
            SELECT DISTINCT game_date, home_team, home_pts, visitor_pts FROM box) AS b
            ON b.game_date = g.game_date AND g.home_team = CASE b.home_team
              WHEN 'BRK' THEN 'BKN' WHEN 'CHO' THEN 'CHA' WHEN 'PHO' THEN 'PHX'
              ELSE b.home_team END
          WHERE season_type = 'playoffs')
        SELECT start_year, series, max(wins), count(*) FILTER (wins = 4), sum(wins) FROM (
          SELECT start_year, series, team, count(*) AS wins FROM won GROUP BY ALL)
        GROUP BY 1, 2
        """
    ).fetchall()
    assert len(series) == 4 * 15
    for *_, most, winners, games in series:
        assert (most, winners) == (4, 1)
        assert 4 <= games <= 7


def test_box_lines_add_up(league):
    team = """
      SELECT bref_game_id, team, sum(pts) AS pts, sum(mp) AS mp,
             sum(is_starter::INTEGER) AS starters, count(*) FILTER (mp > 0) AS played,
             count(*) FILTER (mp = 0) AS dnp,
             any_value(CASE WHEN is_home THEN home_pts ELSE visitor_pts END) AS final
      FROM box GROUP BY 1, 2"""
    teams, points, starters, least, most, minutes = one(
        league,
        f"SELECT count(*), count(*) FILTER (pts = final), count(*) FILTER (starters = 5), "
        "min(played), max(played), "
        f"max(abs((mp - 240) - 25 * round((mp - 240) / 25))) FROM ({team})",
    )
    assert points == starters == teams
    assert 8 <= least <= most <= 15
    assert minutes <= 2
    assert one(league, "SELECT count(*) FILTER (home_pts = visitor_pts) FROM box") == (0,)
    assert 0.05 < one(league, f"SELECT avg(dnp) / 11 FROM ({team})")[0] < 0.3


def test_overtime_blowouts_trades_rookies_and_injuries_happen(league, files):
    overtime = one(
        league,
        "SELECT avg((mp > 250)::INTEGER) FROM "
        "(SELECT sum(mp) AS mp FROM box GROUP BY bref_game_id, team)",
    )[0]
    assert 0.03 < overtime < 0.1
    blowouts = one(
        league,
        "SELECT avg((abs(home_pts - visitor_pts) >= 20)::INTEGER) FROM "
        "(SELECT DISTINCT bref_game_id, home_pts, visitor_pts FROM box)",
    )[0]
    assert 0.1 < blowouts < 0.4
    traded = one(
        league,
        "SELECT count(*) FROM (SELECT 1 FROM box WHERE season = '2022-23' GROUP BY player_name "
        "HAVING count(DISTINCT team) > 1)",
    )[0]
    assert 20 < traded < 80
    rookies = one(
        league,
        "SELECT count(*) FROM "
        "(SELECT player_name FROM box GROUP BY 1 HAVING min(season) = '2023-24')",
    )[0]
    assert 30 < rookies < 80
    reports = one(
        league, f"SELECT count(DISTINCT status), count(*) FROM '{files}/injuries.parquet'"
    )
    assert reports[0] == 3
    assert reports[1] > 15_000


def test_a_few_who_are_doubtful_play_and_nobody_who_is_out(league, files):
    played = dict(
        league.execute(
            "SELECT status, avg((coalesce(mp, 0) > 0)::INTEGER) "
            f"FROM '{files}/injuries.parquet' SEMI JOIN games USING (game_date) "
            "LEFT JOIN box USING (game_date, player_name) GROUP BY status"
        ).fetchall()
    )
    assert played["out"] == 0
    assert 0.1 < played["doubtful"] < 0.4


def test_scoring_and_shooting_are_those_of_the_league(league):
    points, fg, three, free, usage_leader = one(
        league,
        "SELECT sum(pts) / count(DISTINCT bref_game_id || team), sum(fg) / sum(fga), "
        "sum(fg3) / sum(fg3a), sum(ft) / sum(fta), max(pts) FROM box",
    )
    assert 108 < points < 120
    assert 0.45 < fg < 0.5
    assert 0.34 < three < 0.38
    assert 0.75 < free < 0.81
    assert 45 < usage_leader < 90


def test_shots_are_those_of_the_box_scores(league, files):
    for season in ("2022-23", "2023-24", "2024-25"):
        shots, made, threes = one(
            league,
            "SELECT count(*), sum(SHOT_MADE::INTEGER), count(*) FILTER (SHOT_TYPE LIKE '3PT%') "
            f"FROM '{files}/nba/shots_{season}.parquet'",
        )
        logs = one(
            league,
            "SELECT sum(FGA), sum(FGM), sum(FG3A) "
            f"FROM '{files}/nba/team_gamelogs_{season}.parquet' WHERE GAME_ID LIKE '002%'",
        )
        assert (shots, made, threes) == logs


def test_the_last_season_is_under_way(league):
    last, upcoming, until = one(
        league,
        "SELECT max(game_date) FILTER (status = 'final'), count(*) FILTER (status = 'scheduled'), "
        "max(game_date) FROM schedule",
    )
    assert last == date(2026, 1, 31)
    assert upcoming > 5
    assert until <= date(2026, 2, 3)


def rows(folder):
    with duckdb.connect() as connection:
        return {
            path.relative_to(folder): connection.execute(
                f"SELECT count(*), bit_xor(hash(f)) FROM '{path}' AS f"
            ).fetchone()
            for path in find_files([folder])
        }


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(small_league, tmp_path):
    simulate_league(tmp_path / "again", seed=7, size="small")
    simulate_league(tmp_path / "other", seed=8, size="small")
    assert rows(tmp_path / "again") == rows(small_league)
    assert rows(tmp_path / "other") != rows(small_league)


@pytest.mark.parametrize(
    "options",
    [{"seasons": 0}, {"seasons": 6}, {"size": "huge"}, {"last_season_until": date(2020, 1, 1)}],
)
def test_what_cannot_be_simulated_is_refused(tmp_path, options):
    with pytest.raises(UsageError):
        simulate_league(tmp_path, **options)


def test_fewer_seasons_and_another_end(tmp_path):
    league = simulate_league(
        tmp_path, seasons=2, size="small", last_season_until=date(2025, 11, 10)
    )
    assert league.seasons == ("2024-25", "2025-26")
    assert league.upcoming_games > 0
