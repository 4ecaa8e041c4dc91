"""Who starts: as a finished game's box score has it, or as announced for a game to come."""

from __future__ import annotations

import pytest

GAMES = """
SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 'g7' AS game_id, 'DEN' AS home_team,
       'LAL' AS away_team, '{status}' AS status, TIMESTAMP '2024-01-08 02:00:00' AS tipoff_at
"""
# Seven men of each team who played the day before; the lowest five of DEN start every game.
BOXES = """
SELECT '2023-24' AS season, day AS game_date, 'g' || day AS game_id, p AS player_id,
       CASE WHEN p < 10 THEN 'DEN' ELSE 'LAL' END AS team, {starter} AS is_starter
FROM (SELECT unnest([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17]) AS p),
     (SELECT unnest([DATE '2024-01-06', DATE '2024-01-07']) AS day) WHERE day < DATE '{until}'
"""
INJURIES = """
SELECT DATE '2024-01-07' AS game_date, 0 AS player_id, 'DEN' AS team, 'out' AS status,
       TIMESTAMP '2024-01-07 18:00:00' AS report_at WHERE false
"""


def lineup(at, players, team="DEN"):
    return (
        f"SELECT DATE '2024-01-07' AS game_date, unnest({players}) AS player_id, '{team}' AS team, "
        f"TIMESTAMP '{at}' AS announced_at"
    )


@pytest.fixture
def starting(compute):
    """Whether each player starts, by player, from the lineups announced."""

    def run(*lineups, status="scheduled", starter="p <= 5"):
        boxes = BOXES.format(
            starter=starter, until="2024-01-08" if status == "final" else "2024-01-07"
        )
        boxes = boxes.replace(
            "'g' || day", "CASE WHEN day < DATE '2024-01-07' THEN 'g6' ELSE 'g7' END"
        )
        rows = compute(
            "precompute.slate",
            {
                "raw.games": GAMES.format(status=status),
                "raw.player_boxscores": boxes,
                "raw.injuries": INJURIES,
                "raw.lineups": " UNION ALL ".join(lineups)
                or lineup("2024-01-08", [1]) + " WHERE false",
            },
        )
        return {row["player_id"]: row["is_starting"] for row in rows}

    return run


def test_in_a_finished_game_the_box_score_says_who_started(starting):
    found = starting(lineup("2024-01-08 01:30:00", [3, 4, 5, 6, 7]), status="final")
    assert {p for p, starts in found.items() if starts} == {1, 2, 3, 4, 5}
    assert found[11] is False


def test_where_no_source_says_who_started_nothing_is_made_up(starting):
    found = starting(status="final", starter="CAST(NULL AS BOOLEAN)")
    assert set(found.values()) == {None}


def test_before_a_game_only_an_announced_lineup_says_who_starts(starting):
    assert set(starting().values()) == {None}
    found = starting(lineup("2024-01-08 01:30:00", [3, 4, 5, 6, 7]))
    assert {p for p, starts in found.items() if starts} == {3, 4, 5, 6, 7}
    assert {p for p, starts in found.items() if starts is False} == {1, 2}
    assert found[11] is None


def test_the_last_announcement_before_tipoff_counts(starting):
    found = starting(
        lineup("2024-01-08 01:00:00", [1, 2, 3, 4, 5]),
        lineup("2024-01-08 01:30:00", [3, 4, 5, 6, 7]),
        lineup("2024-01-08 02:00:00", [1, 2, 3, 4, 6]),
    )
    assert {p for p, starts in found.items() if starts} == {3, 4, 5, 6, 7}


def test_more_or_fewer_than_five_are_no_lineup(starting):
    assert set(starting(lineup("2024-01-08 01:30:00", [1, 2, 3, 4])).values()) == {None}
    assert set(starting(lineup("2024-01-08 01:30:00", [1, 2, 3, 4, 5, 6])).values()) == {None}
