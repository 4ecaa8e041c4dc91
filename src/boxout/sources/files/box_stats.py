"""The counting stats of box lines and team logs: how they are read, and what cannot be."""

from __future__ import annotations

from boxout.sources.files.values import is_unreadable, whole_number

STATS = (
    "fg",
    "fga",
    "fg3",
    "fg3a",
    "ft",
    "fta",
    "orb",
    "drb",
    "ast",
    "stl",
    "blk",
    "tov",
    "pf",
    "pts",
)

# No player has had more than 100 of anything in a game, and no team more than 186.
MOST_OF_A_PLAYER = 120
MOST_OF_A_TEAM = 250


def stat_columns(spelling: dict[str, str]) -> str:
    """SQL for the counting stats, from the column that each is called in a file."""
    return ", ".join(f"{whole_number(spelling.get(stat, stat))} AS {stat}" for stat in STATS)


def stats_problems(most: int) -> str:
    """SQL of the WHENs that name what is wrong with a line's counting stats.

    Parameters
    ----------
    most
        More of any stat than in any game there was.
    """
    return " ".join(
        (
            "WHEN " + " OR ".join(f"{stat} IS NULL" for stat in STATS),
            "THEN 'a stat is missing or not a whole number'",
            "WHEN " + " OR ".join(f"{stat} < 0" for stat in STATS),
            "THEN 'a stat is negative'",
            "WHEN " + " OR ".join(f"{stat} > {most}" for stat in STATS),
            "THEN 'a stat is beyond that of any game'",
            "WHEN fg > fga OR fg3 > fg3a OR ft > fta OR fg3 > fg THEN 'more made than attempted'",
            "WHEN pts <> 2 * (fg - fg3) + 3 * fg3 + ft "
            "THEN 'points do not follow from the shots made'",
        )
    )


def score(column: str) -> str:
    """SQL for a team's points in a game: null where they are missing or those of no game."""
    return whole_number(column, 0, MOST_OF_A_TEAM)


# What is wrong with the points of a row that has home_pts and away_pts, and home_score and
# away_score as the file gives them.
SCORE_PROBLEM = f"""
                WHEN {is_unreadable("home_score", "home_pts")}
                     OR {is_unreadable("away_score", "away_pts")}
                  THEN 'a score is no whole number from 0 to {MOST_OF_A_TEAM}'"""
