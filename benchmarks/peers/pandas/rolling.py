"""The core columns of the four tables in pandas, as a competent person would write them.

    python rolling.py RAW_FOLDER RESULT_FOLDER

Reads raw tables as Parquet and writes four tables as Parquet; always from the beginning.
"""

import sys
from pathlib import Path

import pandas as pd

RAW, RESULT = Path(sys.argv[1]), Path(sys.argv[2])
KEYS = ["season", "game_date", "game_id", "player_id"]
MEANS = {
    "points": "pts",
    "rebounds": "trb",
    "assists": "ast",
    "threes": "fg3",
    "minutes": "minutes",
}


def main() -> None:
    teams = pd.read_parquet(RAW / "team_boxscores.parquet")
    players = pd.read_parquet(RAW / "player_boxscores.parquet")
    players["minutes"] = players["minutes"].astype(float)
    for frame in (teams, players):
        frame["game_date"] = pd.to_datetime(frame["game_date"])
    offense = team_offense(teams)
    summary = player_summary(players, teams)
    form = rolling_form(summary)
    factors = form[[*KEYS, "avg_usage_rate_last_7_games", "games_played_season"]]
    features = form.merge(
        summary[["game_id", "player_id", "team", "opponent", "is_home"]],
        on=["game_id", "player_id"],
        validate="one_to_one",
    )
    RESULT.mkdir(exist_ok=True)
    tables = {
        "analytics.team_offense_game_summary": offense,
        "analytics.player_game_summary": summary,
        "precompute.player_composite_factors": factors,
        "precompute.ml_feature_store": features,
    }
    for name, frame in tables.items():
        frame.to_parquet(RESULT / f"{name}.parquet", index=False)


def team_offense(teams: pd.DataFrame) -> pd.DataFrame:
    """Possessions, pace, rating and the four factors, each side beside the other."""
    other = teams[["game_id", "team_id", "fg", "fga", "fta", "orb", "drb", "tov"]]
    both = teams.merge(other, on="game_id", suffixes=("", "_o"))
    both = both[both["team_id"] != both["team_id_o"]].copy()
    own = side(both, "", "_o")
    both["possessions"] = (own + side(both, "_o", "")) / 2
    both["pace"] = 240 * both["possessions"] / both["team_minutes"]
    both["offensive_rating"] = 100 * both["pts"] / both["possessions"]
    plays = both["fga"] + 0.44 * both["fta"] + both["tov"]
    both["efg_pct"] = (both["fg"] + 0.5 * both["fg3"]) / both["fga"]
    both["tov_pct"] = both["tov"] / plays
    both["orb_pct"] = both["orb"] / (both["orb"] + both["drb_o"])
    both["ft_rate"] = both["ft"] / both["fga"]
    columns = "season game_date game_id team_id team opponent is_home team_minutes pts possessions"
    rates = "pace offensive_rating efg_pct tov_pct orb_pct ft_rate"
    return both[[*columns.split(), *rates.split()]]


def side(both: pd.DataFrame, own: str, other: str) -> pd.Series:
    """One side's estimate of its possessions."""
    rebounds = both[f"orb{own}"] / (both[f"orb{own}"] + both[f"drb{other}"])
    missed = both[f"fga{own}"] - both[f"fg{own}"]
    plays = both[f"fga{own}"] + 0.4 * both[f"fta{own}"] + both[f"tov{own}"]
    return plays - 1.07 * rebounds * missed


def player_summary(players: pd.DataFrame, teams: pd.DataFrame) -> pd.DataFrame:
    """Usage and shooting beside the box line."""
    turnovers = players.groupby(["game_id", "team"])["tov"].sum().rename("t_tov").reset_index()
    team = teams[["game_id", "team", "team_minutes", "fga", "fta"]].rename(
        columns={"fga": "t_fga", "fta": "t_fta"}
    )
    joined = players.merge(team, on=["game_id", "team"], how="left")
    joined = joined.merge(turnovers, on=["game_id", "team"], how="left")
    plays = joined["fga"] + 0.44 * joined["fta"] + joined["tov"]
    team_plays = joined["t_fga"] + 0.44 * joined["t_fta"] + joined["t_tov"]
    time = joined["minutes"].where(joined["minutes"] > 0)
    joined["usage_rate"] = 100 * plays * (joined["team_minutes"] / 5) / (time * team_plays)
    shots = 2 * (joined["fga"] + 0.44 * joined["fta"])
    joined["ts_pct"] = joined["pts"] / shots.where(shots > 0)
    attempts = joined["fga"].where(joined["fga"] > 0)
    joined["efg_pct"] = (joined["fg"] + 0.5 * joined["fg3"]) / attempts
    joined["pra"] = joined["pts"] + joined["trb"] + joined["ast"]
    line = "team opponent is_home minutes fg fga fg3 fg3a ft fta orb drb trb ast stl blk tov pf pts"
    return joined[[*KEYS, *line.split(), "pra", "usage_rate", "ts_pct", "efg_pct"]]


def rolling_form(summary: pd.DataFrame) -> pd.DataFrame:
    """Means over the games played before each game: last 5, 10 and 20, and the season."""
    ordered = summary.sort_values(["season", "player_id", "game_date", "game_id"])
    played = ordered[ordered["minutes"] > 0].copy()
    groups = played.groupby(["season", "player_id"], sort=False)
    form = played[["season", "player_id", "game_date"]].copy()
    form["games_played_season"] = groups.cumcount() + 1
    for name, column in MEANS.items():
        for games in (5, 10, 20):
            means = groups[column].rolling(games, min_periods=1).mean()
            form[f"avg_{name}_last_{games}_games"] = means.droplevel([0, 1])
        form[f"avg_{name}_season"] = groups[column].expanding().mean().droplevel([0, 1])
    usage = groups["usage_rate"]
    form["avg_usage_rate_last_7_games"] = usage.rolling(7, min_periods=3).mean().droplevel([0, 1])
    form["avg_usage_rate_season"] = usage.expanding().mean().droplevel([0, 1])
    # what is known before a game is the form after the last game of an earlier date
    left = ordered[KEYS].sort_values("game_date", kind="stable")
    joined = pd.merge_asof(
        left,
        form.sort_values("game_date", kind="stable"),
        on="game_date",
        by=["season", "player_id"],
        allow_exact_matches=False,
    )
    joined["games_played_season"] = joined["games_played_season"].fillna(0).astype(int)
    return joined


main()
