"""Two players of one name are told apart where a source gives their ids."""

from __future__ import annotations

GAMES = """
SELECT '2023-24' AS season, DATE '2023-10-25' AS game_date, 'g1' AS game_id, 'NYK' AS home_team,
       'BOS' AS away_team
"""
# A name that fits both, and one that fits nobody else.
ALIASES = "FROM (VALUES ('john smith', NULL), ('jayson tatum', 3)) AS a(player_key, player_id)"
STATS = "fg fga fg3 fg3a ft fta orb drb ast stl blk tov pf pts plus_minus".split()
LINES = f"""
SELECT DATE '2023-10-25' AS game_date, 'NYK' AS home_team, 'BOS' AS away_team, key AS player_key,
       key AS player_name, id AS nba_player_id, team, true AS is_starter, 30.0 AS minutes,
       {", ".join(f"1 AS {stat}" for stat in STATS)}
FROM (VALUES ('john smith', 1, 'NYK'), ('john smith', 2, 'BOS'), ('jayson tatum', 3, 'BOS'))
  AS l(key, id, team)
"""
SHOTS = f"""
SELECT *, 'paint' AS basic_zone, 'Dunk' AS action_type, nba_player_id AS shot_number, 1 AS period,
       0 AS seconds_left, 0 AS loc_x, 0 AS loc_y, 1 AS distance_ft, 2 AS shot_value, true AS is_made
FROM ({LINES})
"""
EVERYONE = [(1, "NYK"), (2, "BOS"), (3, "BOS")]


def players(rows):
    return sorted((row["player_id"], row["team"]) for row in rows)


def test_each_has_his_own_line_and_shots(compute):
    known = {"raw.games": GAMES, "raw.player_aliases": ALIASES}
    lines = {
        "landing.nba_player_gamelogs": LINES,
        "landing.bref_player_boxscores": f"{LINES} LIMIT 0",
    }
    assert players(compute("raw.player_boxscores", known | lines)) == EVERYONE
    boxes = f"SELECT *, 'g1' AS game_id, nba_player_id AS player_id FROM ({LINES})"
    shots = {"landing.nba_shots": SHOTS, "raw.player_boxscores": boxes}
    assert players(compute("raw.shots", known | shots)) == EVERYONE


def test_a_source_without_ids_brings_no_line_of_either(compute):
    rows = compute(
        "raw.player_boxscores",
        {
            "landing.nba_player_gamelogs": f"{LINES} LIMIT 0",
            "landing.bref_player_boxscores": LINES,
            "raw.games": GAMES,
            "raw.player_aliases": ALIASES,
        },
    )
    assert players(rows) == [(3, "BOS")]
