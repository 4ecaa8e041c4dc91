"""The rolling columns again, one row at a time and as plainly as they can be said."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, stdev

STATS = {
    "points": "pts",
    "rebounds": "trb",
    "assists": "ast",
    "threes": "fg3",
    "pra": "pra",
    "minutes": "minutes",
}
# Of these only means, and none over 20 games.
RARE_STATS = {"steals": "stl", "blocks": "blk", "turnovers": "tov"}
ZONES = ("paint", "mid_range", "three_zone")


def player_form(games, day):
    """What `player_daily_cache` should say of a player before a date.

    Parameters
    ----------
    games
        All his games of the season, as dictionaries, in order.
    """
    played = [g for g in games if g["minutes"] > 0 and g["game_date"] < day]
    form = {"games_played_season": len(played), "games_in_window": len(played[-10:])}
    for name, stat in (STATS | RARE_STATS).items():
        values = [float(g[stat]) for g in played]
        for n in (5, 10) if name in RARE_STATS else (5, 10, 20):
            form[f"avg_{name}_last_{n}_games"] = mean(values[-n:])
        form[f"avg_{name}_season"] = mean(values)
        form[f"avg_{name}_recency_weighted"] = weighted(values)
        if name in STATS:
            form[f"std_{name}_last_10_games"] = stdev(values[-10:]) if len(values) > 1 else None
    form |= _role(played)
    usage = [None if g["usage_rate"] is None else float(g["usage_rate"]) for g in played]
    recent = [u for u in usage[-7:] if u is not None]
    form["usage_games_in_window"] = len(recent)
    form["avg_usage_rate_last_7_games"] = mean(recent) if len(recent) >= 3 else None
    form["avg_usage_rate_season"] = mean([u for u in usage if u is not None])
    form["avg_usage_rate_recency_weighted"] = weighted(usage)
    form |= _load(played, day) | _shooting(played[-10:])
    return form


def _role(played):
    minutes = [float(g["minutes"]) for g in played]
    starts = [g["is_starter"] for g in played]
    return {
        "avg_minutes_short_weighted": weighted(minutes, half_life=4),
        "avg_minutes_last_3_games": mean(minutes[-3:]),
        "minutes_last_game": minutes[-1] if minutes else None,
        "started_last_game": None if not starts or starts[-1] is None else int(starts[-1]),
        "started_share_last_3_games": mean([s for s in starts[-3:] if s is not None]),
    }


def _load(played, day):
    if not played:
        return {"days_rest": None, "is_back_to_back": None, "games_last_7_days": 0,
                "minutes_last_7_days": 0.0, "back_to_backs_last_14_days": 0}  # fmt: skip
    days = [g["game_date"] for g in played]
    week = [g for g in played if (day - g["game_date"]).days <= 7]
    second_nights = [b for a, b in pairwise(days) if (b - a).days == 1]
    return {
        "days_rest": (day - days[-1]).days,
        "is_back_to_back": (day - days[-1]).days == 1,
        "games_last_7_days": len(week),
        "minutes_last_7_days": float(sum(g["minutes"] for g in week)),
        "back_to_backs_last_14_days": sum((day - d).days <= 14 for d in second_nights),
    }


def _shooting(games):
    total = {s: sum(g[s] for g in games) for s in ("pts", "fg", "fga", "fg3", "fta")}
    starts = [g["is_starter"] for g in games if g["is_starter"] is not None]
    return {
        "ts_pct_last_10_games": ratio(total["pts"], 2 * (total["fga"] + 0.44 * total["fta"])),
        "efg_pct_last_10_games": ratio(total["fg"] + 0.5 * total["fg3"], total["fga"]),
        "avg_fga_last_10_games": mean([g["fga"] for g in games]),
        "avg_fg3a_last_10_games": mean([g["fg3a"] for g in games]),
        "avg_fta_last_10_games": mean([g["fta"] for g in games]),
        "started_share_last_10_games": mean(starts),
    }


def shot_profile(games, day):
    """What `player_shot_zone_analysis` should say of a player before a date."""
    played = [g for g in games if g["minutes"] > 0 and g["game_date"] < day]
    profile = {}
    for n in (10, 20):
        known = [g for g in played[-n:] if g["paint_fga"] is not None]
        profile[f"games_with_shots_last_{n}"] = len(known)
        attempts = {z: sum(g[f"{z}_fga"] for g in known) for z in ZONES}
        for zone in ZONES:
            made = sum(g[f"{zone}_fg"] for g in known)
            share = ratio(attempts[zone], sum(attempts.values()))
            profile[f"{zone}_share_last_{n}_games"] = share
            profile[f"{zone}_fg_pct_last_{n}_games"] = ratio(made, attempts[zone])
        if n == 10:
            order = sorted(("paint", "three_zone", "mid_range"), key=lambda z: -attempts[z])
            names = {"three_zone": "three"}
            most = names.get(order[0], order[0]) if sum(attempts.values()) else None
            profile["primary_zone"] = most
    return profile


def zone_defense(team_games, league_games, day):
    """What `team_defense_zone_analysis` should say of a team before a date."""
    before = [g for g in team_games if g["game_date"] < day]
    league = [g for g in league_games if g["game_date"] < day]
    last_15, last_10 = before[-15:], before[-10:]
    known = [g for g in last_15 if g["opponent_paint_fga"] is not None]
    league_known = [g for g in league if g["opponent_paint_fga"] is not None]
    attempts = {z: sum(g[f"opponent_{z}_fga"] for g in known) for z in ZONES}
    row = {
        "games_in_window": len(last_15),
        "games_with_shots": len(known),
        "pace_last_10_games": mean([float(g["pace"]) for g in last_10]),
        "defensive_rating_last_10_games": mean([float(g["defensive_rating"]) for g in last_10]),
        "opponent_pts_last_10_games": mean([g["opponent_pts"] for g in last_10]),
        "league_pace_to_date": mean([float(g["pace"]) for g in league]),
        "league_defensive_rating_to_date": mean([float(g["defensive_rating"]) for g in league]),
    }
    above = {}
    for zone in ZONES:
        own = ratio(sum(g[f"opponent_{zone}_fg"] for g in known), attempts[zone])
        usual = ratio(
            sum(g[f"opponent_{zone}_fg"] for g in league_known),
            sum(g[f"opponent_{zone}_fga"] for g in league_known),
        )
        above[zone] = None if own is None or usual is None else 100 * (own - usual)
        row[f"{zone}_fg_pct_allowed"] = own
        row[f"{zone}_share_allowed"] = ratio(attempts[zone], sum(attempts.values()))
        row[f"league_{zone}_fg_pct"] = usual
        row[f"{zone}_vs_league"] = above[zone]
    known_zones = None not in above.values()
    names = {"three_zone": "three"}
    weakest = max(above, key=lambda z: above[z] or 0)
    strongest = min(above, key=lambda z: above[z] or 0)
    row["weakest_zone"] = names.get(weakest, weakest) if known_zones else None
    row["strongest_zone"] = names.get(strongest, strongest) if known_zones else None
    return row


def scores(row, usage, fatigue, pace, zone):
    """What `player_composite_factors` should score, from the contexts that it shows."""
    spike = None
    if row["avg_usage_rate_last_7_games"] is not None:
        spike = 0.3 * (row["projected_usage_rate"] - row["avg_usage_rate_last_7_games"])
        if spike > 0:
            spike *= {0: 1.0, 1: 1.15}.get(usage["star_teammates_out"] or 0, 1.30)
        spike = clamp(spike, 3)
    tired = None
    if fatigue["days_rest"] is not None:
        games, minutes = fatigue["games_last_7_days"], fatigue["minutes_last_7_days"]
        tired = 100 + (-15 if fatigue["days_rest"] == 1 else 5 if fatigue["days_rest"] >= 3 else 0)
        tired -= 10 if games >= 4 else 0
        tired -= 10 if minutes > 240 else 0
        tired -= 8 if games and minutes / games > 35 else 0
        tired -= {0: 0, 1: 5}.get(fatigue["back_to_backs_last_14_days"], 12)
        age = fatigue["age"]
        tired -= 0 if age is None or age < 30 else 10 if age >= 35 else 5
        tired = max(0, min(100, tired))
    fast = None
    if None not in (pace["opponent_pace_last_10_games"], pace["league_pace_to_date"]):
        fast = clamp((pace["opponent_pace_last_10_games"] - pace["league_pace_to_date"]) / 2, 3)
    mismatch = None
    if None not in (zone["opponent_vs_league"], zone["primary_zone_share"]):
        mismatch = zone["opponent_vs_league"] * min(zone["primary_zone_share"] / 0.5, 1)
        mismatch = clamp(mismatch * (1.2 if abs(mismatch) > 5 else 1), 10)
    adjustments = (spike, None if tired is None else (tired - 100) / 20, fast, mismatch)
    known = [v for v in adjustments if v is not None]
    return {
        "usage_spike_score": spike,
        "fatigue_score": tired,
        "pace_score": fast,
        "shot_zone_mismatch_score": mismatch,
        "total_composite_adjustment": sum(known) if known else None,
    }


def clamp(value, limit):
    """Keep a value between -limit and limit."""
    return max(-limit, min(limit, value))


def mean(values):
    """The mean, or None of nothing."""
    return fmean(values) if values else None


def ratio(part, whole):
    """A share, or None where there is nothing to share."""
    return part / whole if whole else None


def weighted(values, half_life=10):
    """The mean in which a game counts half as much as one so many later, weights to 0.0001."""
    weights = [round(math.pow(2, n / half_life), 4) for n in range(1, len(values) + 1)]
    pairs = [(v, w) for v, w in zip(values, weights, strict=True) if v is not None]
    return sum(v * w for v, w in pairs) / sum(w for _, w in pairs) if pairs else None
