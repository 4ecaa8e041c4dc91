"""When a game starts, where its sources differ."""

from __future__ import annotations

import pytest

GAME = (
    "SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, '920240107LALDEN' AS own_game_id, "
    "'DEN' AS home_team, 'LAL' AS away_team, 'regular' AS season_type, '0022300500' AS nba_game_id"
)
SCHEDULE = f"{GAME}, 'scheduled' AS status, {{tipoff}} AS tipoff_at"
LOG = f"{GAME}, {{tipoff}} AS tipoff_at, true AS is_home, 110 AS pts, 240 AS team_minutes"
BOX = f"{GAME}, 110 AS home_pts, 100 AS away_pts, 240.0 AS minutes"


@pytest.mark.parametrize(
    ("schedule", "log", "tipoff"),
    [
        ("TIMESTAMP '2024-01-08 00:00'", "TIMESTAMP '2024-01-08 00:30'", "2024-01-08 00:00:00"),
        ("TIMESTAMP '2024-01-08 00:30'", "TIMESTAMP '2024-01-08 00:00'", "2024-01-08 00:00:00"),
        ("TIMESTAMP '2024-01-08 00:30'", "NULL::TIMESTAMP", "2024-01-08 00:30:00"),
        ("NULL::TIMESTAMP", "NULL::TIMESTAMP", "None"),
    ],
)
def test_what_was_known_before_the_earlier_of_two_tipoffs_was_known_in_time(
    compute, schedule, log, tipoff
):
    rows = compute(
        "raw.games",
        {
            "landing.schedule": SCHEDULE.format(tipoff=schedule),
            "landing.nba_team_gamelogs": LOG.format(tipoff=log),
            "landing.bref_player_boxscores": f"{BOX} WHERE false",
            "landing.nba_shots": f"{GAME} WHERE false",
        },
    )
    assert [str(row["tipoff_at"]) for row in rows] == [tipoff]
