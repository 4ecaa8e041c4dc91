"""The core columns of the four tables in Polars, as a competent person would write them.

    python rolling.py RAW_FOLDER RESULT_FOLDER

Reads raw tables as Parquet, lazily, and writes four tables as Parquet; always from the beginning.
"""

import sys
from pathlib import Path

import polars as pl

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
    teams = pl.scan_parquet(RAW / "team_boxscores.parquet").with_columns(
        pl.col("fg", "fga", "fg3", "ft", "fta", "orb", "drb", "tov", "pts").cast(pl.Float64)
    )
    players = pl.scan_parquet(RAW / "player_boxscores.parquet").with_columns(
        pl.col("minutes").cast(pl.Float64)
    )
    offense = team_offense(teams)
    summary = player_summary(players, teams).collect().lazy()
    form = rolling_form(summary)
    factors = form.select(*KEYS, "avg_usage_rate_last_7_games", "games_played_season")
    context = summary.select("game_id", "player_id", "team", "opponent", "is_home")
    features = form.join(context, on=["game_id", "player_id"], validate="1:1")
    RESULT.mkdir(exist_ok=True)
    tables = {
        "analytics.team_offense_game_summary": offense,
        "analytics.player_game_summary": summary,
        "precompute.player_composite_factors": factors,
        "precompute.ml_feature_store": features,
    }
    frames = pl.collect_all(list(tables.values()))
    for name, frame in zip(tables, frames, strict=True):
        frame.write_parquet(RESULT / f"{name}.parquet")


def team_offense(teams: pl.LazyFrame) -> pl.LazyFrame:
    """Possessions, pace, rating and the four factors, each side beside the other."""
    other = teams.select("game_id", "team_id", "fg", "fga", "fta", "orb", "drb", "tov")
    both = teams.join(other, on="game_id", suffix="_o").filter(
        pl.col("team_id") != pl.col("team_id_o")
    )
    plays = pl.col("fga") + 0.44 * pl.col("fta") + pl.col("tov")
    return both.with_columns(possessions=(side("", "_o") + side("_o", "")) / 2).select(
        "season", "game_date", "game_id", "team_id", "team", "opponent", "is_home",
        "team_minutes", "pts", "possessions",
        pace=240 * pl.col("possessions") / pl.col("team_minutes"),
        offensive_rating=100 * pl.col("pts") / pl.col("possessions"),
        efg_pct=(pl.col("fg") + 0.5 * pl.col("fg3")) / pl.col("fga"),
        tov_pct=pl.col("tov") / plays,
        orb_pct=pl.col("orb") / (pl.col("orb") + pl.col("drb_o")),
        ft_rate=pl.col("ft") / pl.col("fga"),
    )  # fmt: skip


def side(own: str, other: str) -> pl.Expr:
    """One side's estimate of its possessions."""
    rebounds = pl.col(f"orb{own}") / (pl.col(f"orb{own}") + pl.col(f"drb{other}"))
    missed = pl.col(f"fga{own}") - pl.col(f"fg{own}")
    plays = pl.col(f"fga{own}") + 0.4 * pl.col(f"fta{own}") + pl.col(f"tov{own}")
    return plays - 1.07 * rebounds * missed


def player_summary(players: pl.LazyFrame, teams: pl.LazyFrame) -> pl.LazyFrame:
    """Usage and shooting beside the box line."""
    turnovers = players.group_by("game_id", "team").agg(t_tov=pl.col("tov").sum())
    team = teams.select("game_id", "team", "team_minutes", t_fga="fga", t_fta="fta")
    plays = pl.col("fga") + 0.44 * pl.col("fta") + pl.col("tov")
    team_plays = pl.col("t_fga") + 0.44 * pl.col("t_fta") + pl.col("t_tov")
    time = pl.when(pl.col("minutes") > 0).then(pl.col("minutes"))
    shots = 2 * (pl.col("fga") + 0.44 * pl.col("fta"))
    line = "team opponent is_home minutes fg fga fg3 fg3a ft fta orb drb trb ast stl blk tov pf pts"
    return (
        players.join(team, on=["game_id", "team"], how="left")
        .join(turnovers, on=["game_id", "team"], how="left")
        .select(
            *KEYS,
            *line.split(),
            pra=pl.col("pts") + pl.col("trb") + pl.col("ast"),
            usage_rate=100 * plays * (pl.col("team_minutes") / 5) / (time * team_plays),
            ts_pct=pl.col("pts") / pl.when(shots > 0).then(shots),
            efg_pct=(pl.col("fg") + 0.5 * pl.col("fg3"))
            / pl.when(pl.col("fga") > 0).then(pl.col("fga")),
        )
    )


def rolling_form(summary: pl.LazyFrame) -> pl.LazyFrame:
    """Means over the games played before each game: last 5, 10 and 20, and the season."""
    by = ["season", "player_id"]
    played = summary.filter(pl.col("minutes") > 0).sort(*by, "game_date", "game_id")
    means = {}
    for name, column in MEANS.items():
        for games in (5, 10, 20):
            mean = pl.col(column).cast(pl.Float64).rolling_mean(games, min_samples=1)
            means[f"avg_{name}_last_{games}_games"] = mean.over(by)
        count = pl.int_range(1, pl.len() + 1)
        means[f"avg_{name}_season"] = (pl.col(column).cum_sum() / count).over(by)
    usage = pl.col("usage_rate")
    means["avg_usage_rate_last_7_games"] = usage.rolling_mean(7, min_samples=3).over(by)
    means["avg_usage_rate_season"] = (usage.cum_sum() / usage.cum_count()).over(by)
    form = played.select(
        *by, "game_date", games_played_season=pl.int_range(1, pl.len() + 1).over(by), **means
    )
    # what is known before a game is the form after the last game of an earlier date
    return (
        summary.select(KEYS)
        .sort("game_date")
        .join_asof(
            form.sort("game_date"), on="game_date", by=by, allow_exact_matches=False,
            check_sortedness=False,
        )
        .with_columns(pl.col("games_played_season").fill_null(0))
    )  # fmt: skip


main()
