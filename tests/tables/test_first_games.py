"""Who is to be predicted in a team's first game of a season: whom it had at the end of the last."""

from __future__ import annotations

import pytest

NO_NEWS = {
    "raw.injuries": "SELECT '2023-24' AS season, DATE '2023-10-24' AS game_date, 0 AS player_id, "
    "'DEN' AS team, 'out' AS status, TIMESTAMP '2023-10-24 18:00:00' AS report_at WHERE false",
    "raw.lineups": "SELECT '2023-24' AS season, DATE '2023-10-24' AS game_date, 0 AS player_id, "
    "'DEN' AS team, TIMESTAMP '2023-10-24 18:00:00' AS announced_at WHERE false",
}


def games(*played):
    """The season's first three days and a later one: DEN and LAL, and BOS and MIA beside them."""
    rows = [
        ("2023-10-24", "g1", "DEN", "LAL"),
        ("2023-10-25", "g2", "BOS", "MIA"),
        ("2023-10-26", "g3", "LAL", "DEN"),
        ("2023-11-20", "g4", "MIA", "BOS"),
    ]
    return " UNION ALL ".join(
        f"SELECT '2023-24' AS season, DATE '{day}' AS game_date, '{name}' AS game_id, '{home}' AS "
        f"home_team, '{away}' AS away_team, "
        f"'{'final' if name in played else 'scheduled'}' AS status, "
        f"TIMESTAMP '{day} 23:30:00' AS tipoff_at"
        for day, name, home, away in rows
    )


def boxes(team, players, day="2023-04-09", season="2022-23", minutes="10.0", game="old"):
    return (
        f"SELECT '{season}' AS season, DATE '{day}' AS game_date, '{game}' AS game_id, "
        f"unnest({list(players)}) AS player_id, '{team}' AS team, false AS is_starter, "
        f"{minutes} AS minutes"
    )


@pytest.fixture
def slate(compute):
    """The ids of the candidates by game and team."""

    def run(*lines, played=(), **news):
        rows = compute(
            "precompute.slate",
            {
                "raw.games": games(*played),
                "raw.player_boxscores": " UNION ALL ".join(lines),
                **NO_NEWS,
                **{f"raw.{name}": query for name, query in news.items()},
            },
        )
        found: dict[tuple[str, str], set[int]] = {}
        for row in rows:
            if row["is_candidate"]:
                found.setdefault((row["game_id"], row["team"]), set()).add(row["player_id"])
        return found

    return run


LAST = boxes("DEN", range(1, 9)), boxes("LAL", range(11, 19))


def test_before_its_first_game_a_team_has_whom_it_had_when_the_last_season_ended(slate):
    found = slate(*LAST, boxes("BOS", [8], day="2023-01-09"))
    assert found["g1", "DEN"] == found["g3", "DEN"] == set(range(1, 9))
    assert found["g1", "LAL"] == set(range(11, 19))
    assert ("g2", "BOS") not in found


def test_nobody_comes_back_from_an_earlier_season(slate):
    found = slate(*LAST, boxes("DEN", [20], day="2022-04-09", season="2021-22"))
    assert 20 not in found["g1", "DEN"]
    assert not slate(boxes("DEN", [20], day="2022-04-09", season="2021-22"))


def test_of_a_long_list_the_twelve_most_used_are_expected(slate):
    found = slate(boxes("DEN", range(1, 21), minutes="3.0"), boxes("DEN", [19], day="2023-04-11"))
    assert found["g1", "DEN"] == {*range(1, 12), 19}


def test_once_a_team_has_played_only_who_was_listed_is_expected(slate):
    opened = boxes("DEN", [1, 2, 9], day="2023-10-24", season="2023-24", game="g1")
    found = slate(*LAST, opened, played=["g1"])
    assert found["g1", "DEN"] == found["g3", "DEN"] == {1, 2, 9}


def test_who_has_played_for_another_team_is_no_more_expected(slate):
    signed = boxes("BOS", [11], day="2023-10-25", season="2023-24", game="g2")
    found = slate(*LAST, signed, played=["g2"])
    assert found["g1", "LAL"] == set(range(11, 19))
    assert found["g3", "LAL"] == set(range(12, 19))


@pytest.mark.parametrize("table", ["injuries", "lineups"])
def test_who_is_named_by_another_team_is_no_more_expected(slate, table):
    said = {"injuries": "'available' AS status, TIMESTAMP '{}' AS report_at"}
    said["lineups"] = "TIMESTAMP '{}' AS announced_at"

    def named(at):
        columns = said[table].format(at)
        return {
            table: "SELECT '2023-24' AS season, DATE '2023-10-25' AS game_date, 11 AS player_id, "
            f"'BOS' AS team, {columns}"
        }

    found = slate(*LAST, **named("2023-10-25 18:00:00"))
    assert 11 in found["g1", "LAL"]
    assert 11 not in found["g3", "LAL"]
    # what is told after a tip-off was not known before it
    assert 11 in slate(*LAST, **named("2023-10-27 18:00:00"))["g3", "LAL"]


def test_more_than_two_weeks_into_the_season_nothing_is_said_of_a_first_game(slate):
    found = slate(boxes("MIA", [31, 32]))
    assert found == {("g2", "MIA"): {31, 32}}
