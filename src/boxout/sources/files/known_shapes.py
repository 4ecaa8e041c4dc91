"""The shapes that there are, and which of them a file's columns are those of."""

from __future__ import annotations

from pathlib import Path

from boxout.errors import RefusedFileError, UnknownShapeError
from boxout.sources.files import (
    bref_player_boxscores,
    game_lines,
    injuries,
    lineups,
    nba_player_gamelogs,
    nba_shots,
    nba_team_gamelogs,
    players,
    prop_lines,
    schedule,
)
from boxout.sources.files.shape import Shape

SHAPES = (
    schedule.SHAPE,
    bref_player_boxscores.SHAPE,
    nba_team_gamelogs.SHAPE,
    nba_team_gamelogs.SHAPE_WITH_TIPOFF,
    nba_player_gamelogs.SHAPE,
    nba_shots.SHAPE,
    players.SHAPE,
    injuries.SHAPE,
    lineups.SHAPE,
    game_lines.SHAPE,
    prop_lines.SHAPE,
    prop_lines.SHAPE_WITH_MARKET,
)
# A file that has this share of a shape's columns is taken for a damaged one of that shape.
NEAR_SHARE = 0.5


def detect_shape(columns: set[str], path: Path) -> Shape:
    """Return the shape whose required columns are all there; the one that asks most.

    Parameters
    ----------
    columns
        The file's columns in lower case.

    Raises
    ------
    SourceError
        When there is none; it names the nearest shape and the columns that are missing.
    """
    matches = [shape for shape in SHAPES if shape.required <= columns]
    if matches:
        return max(matches, key=lambda shape: len(shape.required))
    nearest, share = nearest_shape(columns)
    missing = sorted(nearest.required - columns)
    if share >= NEAR_SHARE:
        meant = {column for shape in SHAPES for column in (*shape.required, *shape.optional)}
        raise RefusedFileError(
            f"The file looks like {nearest.table} but lacks {', '.join(missing)}.",
            str(path),
            "Fetch the file again with these columns.",
            table=nearest.table,
            missing=missing,
            unknown=sorted(columns - meant),
        )
    known = ", ".join(dict.fromkeys(shape.table.removeprefix("landing.") for shape in SHAPES))
    raise UnknownShapeError(
        f"The file's columns are those of no known shape: {', '.join(sorted(columns)[:8])} ...",
        str(path),
        f"Known shapes: {known}; docs/files.md lists their columns.",
    )


def shape_of(table: str) -> Shape:
    """Return a shape that fills a landing table; all that do have its key."""
    return next(shape for shape in SHAPES if shape.table == table)


def nearest_shape(columns: set[str]) -> tuple[Shape, float]:
    """Return the shape of which most columns are there, and the share that is."""
    shares = {shape: len(shape.required & columns) / len(shape.required) for shape in SHAPES}
    return max(shares.items(), key=lambda item: item[1])
