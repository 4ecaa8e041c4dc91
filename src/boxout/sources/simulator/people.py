"""Invented players: names that no one has, and talents that last.

Names are made of parts, so that no list of real people is needed; some carry accents,
hyphens, apostrophes and suffixes, for these are what sources disagree about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxout.sources.identity.players import parse_player_name

Array = NDArray[Any]

FIRST = (
    "Aldo Brann Cassius Dario Emeka Fabrice Goran Hollis Ivo Jaret Kelvar Lonzell Marek Niles "
    "Orlan Petar Quade Rasmus Sandro Tavion Ulrich Vance Wendell Xander Yannis Zoran Amari Blaze "
    "Corvin Denzo Ezra Florin Gaspard Hakim Ignas Jovan Kobie Luther Mirko Nando Osric Pavel "
    "Renzo Silas Tariq Umar Viktor Willem Yusuf Zeke Andr\u00e9s Jos\u00e9 Luk\u00e1\u0161 "
    "Nikol\u00e1s D'Marco Ja'Quan Karl-Emil Jean-Luc Tre'Von Bj\u00f6rn"
).split()
LAST = (
    "Abernethy Bratovic Calloway Drummell Estevan Fontaine Garrick Holloman Ibarra Jankovec "
    "Kilbride Langmore Mathurel Novakov Okonjo Prewitt Quarles Rademaker Stallworth Tillery "
    "Uribarri Vandermeer Whitlock Xavier Yarborough Zielinski Ashdown Bellamy Cordova Delacroix "
    "Ewing-Hart Farquhar Gravely Hutchens Ingersoll Jessup Kowalczyk Lindgren Marchetti Nwosu "
    "O'Rourke Petrosian Quintero Rutledge Sorensen Thibodeau Upshaw Valdivia Winslet Youngblood "
    "Zamora Bogdani\u0107 \u0160imunovi\u0107 Dvo\u0159\u00e1k Garc\u00eda-Ruiz M\u00fcnster "
    "Kov\u00e1cs Pe\u00f1aranda \u017deleznik St.Clair"
).split()
SUFFIXES = ("", "", "", "", "", "", "", "", "", "", "", " Jr.", " III", " II")
POSITIONS = ("G", "F", "C")


@dataclass
class People:
    """All players of the league, one row each; talents are a man's own and last.

    Attributes
    ----------
    names, ids
        Name and NBA-like id.
    birth_year, birth_day, position, height
        As listed; the position is an index into `POSITIONS`.
    minutes_skill
        What a coach sees: the higher, the more he plays.
    usage, threes, mid_range
        Share of plays, and of shots by zone, relative to the league.
    paint_pct, mid_pct, three_pct, ft_pct
        Chance of a shot going in.
    rates
        Offensive and defensive rebounds, assists, steals, blocks, fouls a 36 minutes; and
        turnovers and free-throw trips a play.
    """

    names: list[str]
    ids: Array
    birth_year: Array
    birth_day: Array
    position: Array
    height: Array
    minutes_skill: Array
    usage: Array
    threes: Array
    mid_range: Array
    paint_pct: Array
    mid_pct: Array
    three_pct: Array
    ft_pct: Array
    rates: dict[str, Array]


def make_people(rng: np.random.Generator, count: int, first_year: int) -> People:
    """Invent players; the first come at every age, the later ones are to be rookies."""
    position = rng.choice(3, count, p=(0.42, 0.4, 0.18))
    skill = rng.normal(0, 1, count)
    usage = np.exp(rng.normal(0.0, 0.22, count) + 0.16 * skill)
    is_guard, is_center = position == 0, position == 2
    threes = np.clip(rng.normal(0.42, 0.12, count) - 0.28 * is_center + 0.04 * is_guard, 0.02, 0.8)
    mid_range = np.clip(rng.normal(0.12, 0.06, count), 0.01, 0.35)

    def rate(mean: float, spread: float, guard: float, center: float) -> Array:
        scale = np.where(is_guard, guard, np.where(is_center, center, 1.0))
        return np.asarray(mean * scale * np.exp(rng.normal(0, spread, count)))

    return People(
        names=_names(rng, count),
        ids=np.arange(count) * 7 + 1_900_001,
        birth_year=first_year - rng.integers(19, 35, count),
        birth_day=rng.integers(0, 365, count),
        position=position,
        height=np.round(rng.normal(76, 1.6, count) + 3 * (position == 1) + 6.5 * is_center),
        minutes_skill=skill,
        usage=usage,
        threes=threes,
        mid_range=mid_range,
        paint_pct=np.clip(rng.normal(0.575, 0.03, count) + 0.05 * is_center, 0.45, 0.75),
        mid_pct=np.clip(rng.normal(0.415, 0.035, count), 0.28, 0.52),
        three_pct=np.clip(rng.normal(0.36, 0.022, count) - 0.03 * is_center, 0.2, 0.44),
        ft_pct=np.clip(rng.normal(0.785, 0.07, count) - 0.06 * is_center, 0.45, 0.93),
        rates={
            "orb": rate(1.35, 0.35, 0.55, 2.2),
            "drb": rate(4.9, 0.2, 0.72, 1.5),
            "ast": rate(2.8, 0.4, 1.75, 0.75),
            "stl": rate(1.05, 0.2, 1.1, 0.8),
            "blk": rate(0.6, 0.4, 0.6, 2.5),
            "pf": rate(2.9, 0.15, 0.9, 1.25),
            "tov": rate(0.118, 0.15, 1.05, 1.0),
            "trips": rate(0.092, 0.25, 1.0, 1.1),
        },
    )


def _names(rng: np.random.Generator, count: int) -> list[str]:
    """Return names of which no two share a base key; a few are left to share initials."""
    names: list[str] = []
    taken: set[str] = set()
    while len(names) < count:
        first = FIRST[int(rng.integers(len(FIRST)))]
        last = LAST[int(rng.integers(len(LAST)))]
        name = f"{first} {last}{SUFFIXES[int(rng.integers(len(SUFFIXES)))]}"
        key = parse_player_name(name).base_key
        if key not in taken:
            taken.add(key)
            names.append(name)
    return names
