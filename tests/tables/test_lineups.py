"""Who is to be predicted and who starts: by the box score, or what is told of a game to come."""

from __future__ import annotations

import pytest

GAMES = """
SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 'g7' AS game_id, 'DEN' AS home_team,
       'LAL' AS away_team, '{status}' AS status, TIMESTAMP '2024-01-08 02:00:00' AS tipoff_at
"""
# Seven men of each team who played the day before; the lowest five of DEN start every game.
BOXES = """
SELECT '2023-24' AS season, day AS game_date, 'g' || day AS game_id, p AS player_id,
       CASE WHEN p < 10 THEN 'DEN' ELSE 'LAL' END AS team, {starter} AS is_starter, 20.0 AS minutes
FROM (SELECT unnest([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17]) AS p),
     (SELECT unnest([DATE '2024-01-06', DATE '2024-01-07']) AS day) WHERE day < DATE '{until}'
"""
INJURIES = """
SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, 0 AS player_id,
       'DEN' AS team, 'out' AS status, TIMESTAMP '2024-01-07 18:00:00' AS report_at WHERE false
"""


def lineup(at, players, team="DEN"):
    return (
        f"SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, unnest({players}) AS "
        f"player_id, '{team}' AS team, TIMESTAMP '{at}' AS announced_at"
    )


def report(player, status, team="DEN"):
    return (
        f"SELECT '2023-24' AS season, DATE '2024-01-07' AS game_date, {player} AS player_id, "
        f"'{team}' AS team, '{status}' AS status, TIMESTAMP '2024-01-07 18:00:00' AS report_at"
    )


@pytest.fixture
def slate(compute):
    """The slate's rows, by player, from what is announced and reported."""

    def run(*lineups, status="scheduled", starter="p <= 5", reports=()):
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
                "raw.injuries": " UNION ALL ".join(reports) or INJURIES,
                "raw.lineups": " UNION ALL ".join(lineups)
                or lineup("2024-01-08", [1]) + " WHERE false",
            },
        )
        found = {row["player_id"]: row for row in rows}
        assert len(found) == len(rows)
        return found

    return run


@pytest.fixture
def starting(slate):
    """Whether each player starts, by player, from the lineups announced."""

    def run(*lineups, **told):
        found = slate(*lineups, **told)
        return {player: row["is_starting"] for player, row in found.items()}

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


@pytest.mark.parametrize(
    ("status", "is_candidate"),
    [("available", True), ("questionable", True), ("doubtful", False), ("out", False)],
)
def test_who_is_reported_for_a_game_to_come_is_with_the_team_again(slate, status, is_candidate):
    row = slate(reports=[report(8, status)])[8]
    assert (row["team"], row["report_status"]) == ("DEN", status)
    assert row["is_candidate"] == is_candidate
    # of a finished game the box score says who was there
    assert 8 not in slate(reports=[report(8, "available")], status="final")


def test_who_is_announced_starts_although_he_has_not_played_of_late(slate):
    found = slate(lineup("2024-01-08 01:30:00", [1, 2, 3, 4, 9]))
    assert found[9]["is_candidate"]
    assert {p for p, row in found.items() if row["is_starting"]} == {1, 2, 3, 4, 9}


def test_a_traded_player_is_with_the_team_that_reports_him(slate):
    found = slate(reports=[report(1, "available", team="LAL")])
    assert (found[1]["team"], found[1]["is_candidate"]) == ("LAL", True)
    assert found[2]["team"] == "DEN"
