"""Simulate a league from its first opening night to the last finished date, and write its files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from boxout.errors import UsageError
from boxout.sources.seasons import season_of
from boxout.sources.simulator import source_files, writing
from boxout.sources.simulator.boxscores import SLOTS
from boxout.sources.simulator.calendar import OPENINGS, TEAMS
from boxout.sources.simulator.columns import Columns, game_columns, line_columns, team_columns
from boxout.sources.simulator.odds import MARKETS, game_line_columns, prop_line_columns
from boxout.sources.simulator.people import People, make_people
from boxout.sources.simulator.rosters import (
    ROOKIES_A_SEASON,
    first_rosters,
    next_rosters,
    season_rosters,
)
from boxout.sources.simulator.season import Played, Season, play_season, season_traits
from boxout.sources.simulator.shots import shot_columns

SIZES = ("full", "small")
LAST_FINAL = date(2026, 1, 31)
# Days after the last finished date whose games are on the schedule.
LISTED_DAYS = 3
PRA_BOOKMAKERS, PROP_BOOKMAKERS = 4, 2


@dataclass(frozen=True)
class SimulatedLeague:
    """What was simulated; games and dates count those that are finished."""

    folder: Path
    seed: int
    seasons: tuple[str, ...]
    games: int
    upcoming_games: int
    dates: int
    players: int


def simulate_league(
    folder: Path,
    *,
    seed: int = 7,
    seasons: int = 5,
    size: str = "full",
    last_season_until: date | None = None,
) -> SimulatedLeague:
    """Simulate seasons and write their files to a folder; the same seed gives the same rows.

    Parameters
    ----------
    folder
        Where to write; files of an earlier simulation in it are replaced.
    seasons
        How many, the last of which is 2025-26.
    size
        full is 30 teams and the NBA's calendar; small is 12 teams and 30 dates a season.
    last_season_until
        The last finished date of the last season; the games of the next days are scheduled.
        By default 31 January, or the last but two dates of a small season.

    Raises
    ------
    UsageError
        When a number or date is out of range.
    """
    years = sorted(OPENINGS)[-seasons:] if 1 <= seasons <= len(OPENINGS) else []
    _check(years, size, last_season_until)
    rng = np.random.default_rng(seed)
    blocks, block_years, people = _play(rng, years, size)
    games, lines = game_columns(rng, blocks, block_years), line_columns(rng, blocks)
    last_final = last_season_until or _last_final(games, size)
    _write(rng, folder, people, games, lines, team_columns(blocks), last_final)
    final = games["day"] <= last_final.toordinal()
    listed = games["day"] <= last_final.toordinal() + LISTED_DAYS
    seen = lines["person"][listed[lines["game"]]]
    return SimulatedLeague(
        folder,
        seed,
        tuple(season_of(OPENINGS[year]) for year in years),
        int(final.sum()),
        int((listed & ~final).sum()),
        int(np.unique(games["day"][final]).size),
        int(np.unique(seen).size),
    )


def _check(years: list[int], size: str, until: date | None) -> None:
    if not years:
        raise UsageError(
            "The number of seasons is out of range.", "--seasons", f"Use 1 to {len(OPENINGS)}."
        )
    if size not in SIZES:
        raise UsageError(f"{size!r} is no size.", "--size", f"Use {' or '.join(SIZES)}.")
    last = OPENINGS[years[-1]]
    if until is not None and not last <= until <= last + timedelta(days=300):
        raise UsageError(
            f"{until} is not in the last season.",
            "--until",
            f"Use a date from {last} on, for the season {season_of(last)}.",
        )


def _play(
    rng: np.random.Generator, years: list[int], size: str
) -> tuple[list[Played], list[int], People]:
    first = len(TEAMS) * SLOTS
    people = make_people(rng, first + ROOKIES_A_SEASON * (len(years) - 1), years[0])
    slots = first_rosters(rng, people, len(TEAMS))
    blocks: list[Played] = []
    block_years: list[int] = []
    for number, year in enumerate(years):
        if number:
            start = first + ROOKIES_A_SEASON * (number - 1)
            newcomers = np.arange(start, start + ROOKIES_A_SEASON)
            slots = next_rosters(rng, people, slots, year, newcomers)
        rosters = season_rosters(rng, slots, OPENINGS[year])
        opening = OPENINGS[year].toordinal()
        season = Season(year, people, rosters, season_traits(rng), opening)
        played = play_season(rng, season, size)
        blocks += played
        block_years += [year] * len(played)
        slots = rosters.slots[-1]
    return blocks, block_years, people


def _last_final(games: Columns, size: str) -> date:
    if size == "full":
        return LAST_FINAL
    return date.fromordinal(int(np.unique(games["day"])[-3]))


def _write(
    rng: np.random.Generator,
    folder: Path,
    people: People,
    games: Columns,
    lines: Columns,
    team_turnovers: Columns,
    last_final: date,
) -> None:
    for part in ("bref", "nba", "odds"):
        shutil.rmtree(folder / part, ignore_errors=True)
    writer = writing.Writer(folder)
    try:
        writing.load_people(writer, people)
        writing.load_games(writer, games, last_final, last_final + timedelta(days=LISTED_DAYS))
        writing.load_lines(writer, lines, team_turnovers)
        source_files.write_schedule(writer)
        source_files.write_players(writer)
        source_files.write_injuries(writer, rng)
        source_files.write_lineups(writer)
        years = [int(year) for year in np.unique(games["start_year"])]
        for year in years:
            season = season_of(OPENINGS[year])
            source_files.write_boxscores(writer, season)
            source_files.write_team_gamelogs(writer, season, year)
            if year in source_files.SHOT_SEASONS:
                source_files.write_shots(
                    writer, season, shot_columns(rng, _of(lines, games, year, 0), games)
                )
        _write_odds(rng, writer, games, lines, years)
    finally:
        writer.close()


def _write_odds(
    rng: np.random.Generator,
    writer: writing.Writer,
    games: Columns,
    lines: Columns,
    years: list[int],
) -> None:
    source_files.write_game_lines(writer, game_line_columns(rng, lines, games))
    current = years[-1]
    props = prop_line_columns(rng, _of(lines, games, current), MARKETS, PROP_BOOKMAKERS)
    source_files.write_prop_lines(writer, season_of(OPENINGS[current]), props)
    if len(years) > 1:
        pra = prop_line_columns(rng, _of(lines, games, years[-2]), ("pra",), PRA_BOOKMAKERS)
        source_files.write_pra_lines(writer, season_of(OPENINGS[years[-2]]), pra)


def _of(lines: Columns, games: Columns, year: int, season_type: int | None = None) -> Columns:
    """Return the lines of a season, and of one season type when it is given."""
    wanted = games["start_year"] == year
    if season_type is not None:
        wanted = wanted & (games["season_type"] == season_type)
    of_season = wanted[lines["game"]]
    return {name: values[of_season] for name, values in lines.items()}
