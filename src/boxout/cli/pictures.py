"""`picture`: form, distribution, reliability and shots, as SVG and PNG files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from boxout.cli.console import print_json
from boxout.cli.options import LINE, GameDate, with_home, with_json
from boxout.pipeline.graph import load_graph
from boxout.pipeline.preparation import prepare
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.group("picture")
def picture_command() -> None:
    """Draw form, a distribution, reliability or shots, as SVG and PNG files.

    \b
    boxout picture form "Nikola Jokic" --market pra --line 48.5
    boxout picture distribution "Nikola Jokic" --market points --date 2026-01-31
    """


def _with_folder(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--folder", type=click.Path(path_type=Path), default=Path(), help="Where to; here."
    )
    return option(command)


def _with_date(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--date", "day", type=GameDate(), help="The coming slate's by default.")
    return option(command)


@contextmanager
def _opened(home: str | None, day: date | None) -> Iterator[tuple[Warehouse, date]]:
    from boxout.learning.slate import slate_date

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        yield warehouse, slate_date(warehouse, day)


def _say(paths: tuple[Path, Path], as_json: bool) -> None:
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        for path in paths:
            click.echo(str(path))


@picture_command.command("form")
@click.argument("player")
@click.option("--market", default="points", show_default=True)
@click.option("--line", type=LINE, required=True, help="The line, such as 24.5.")
@_with_date
@_with_folder
@with_home
@with_json
def form_command(
    player: str,
    market: str,
    line: float,
    day: date | None,
    folder: Path,
    home: str | None,
    as_json: bool,
) -> None:
    """Draw PLAYER's last 20 games before the date against a line.

    \b
    boxout picture form "Nikola Jokic" --market pra --line 48.5
    """
    from boxout.learning.pictures.pictures import form_picture
    from boxout.pipeline.player_search import find_player

    with _opened(home, day) as (warehouse, chosen):
        found = find_player(warehouse, player)
        paths = form_picture(warehouse, folder, found, market, line, chosen)
    _say(paths, as_json)


@picture_command.command("distribution")
@click.argument("player")
@click.option("--market", default="points", show_default=True)
@click.option("--line", type=LINE, help="The median of the books' lines by default.")
@_with_date
@_with_folder
@with_home
@with_json
def distribution_command(
    player: str,
    market: str,
    line: float | None,
    day: date | None,
    folder: Path,
    home: str | None,
    as_json: bool,
) -> None:
    """Draw the champion's forecast for PLAYER on the date, with the line.

    \b
    boxout picture distribution "Nikola Jokic" --market points --date 2026-01-31
    """
    from boxout.learning.pictures.pictures import distribution_picture
    from boxout.pipeline.player_search import find_player

    graph = load_graph()
    with _opened(home, day) as (warehouse, chosen):
        found = find_player(warehouse, player)
        paths = distribution_picture(warehouse, graph, folder, found, market, chosen, line)
    _say(paths, as_json)


@picture_command.command("reliability")
@click.option("--market", default="points", show_default=True)
@_with_folder
@with_home
@with_json
def reliability_command(market: str, folder: Path, home: str | None, as_json: bool) -> None:
    """Draw how often over came true against what the champion said, on all graded lines.

    \b
    boxout picture reliability --market rebounds --folder pictures
    """
    from boxout.learning.pictures.pictures import reliability_picture

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        paths = reliability_picture(warehouse, folder, market)
    _say(paths, as_json)


@picture_command.command("shots")
@click.argument("player")
@click.option("--opponent", help="Team; by default the one he meets on the date.")
@_with_date
@_with_folder
@with_home
@with_json
def shots_command(
    player: str,
    opponent: str | None,
    day: date | None,
    folder: Path,
    home: str | None,
    as_json: bool,
) -> None:
    """Draw PLAYER's shots by zone against what the opponent's defence allows.

    \b
    boxout picture shots "Nikola Jokic" --opponent LAL
    """
    from boxout.learning.board.hit_rates import opponent_on
    from boxout.learning.pictures.pictures import shots_picture
    from boxout.pipeline.player_search import find_player
    from boxout.sources.identity.teams import parse_team

    with _opened(home, day) as (warehouse, chosen):
        found = find_player(warehouse, player)
        against = parse_team(opponent) if opponent else opponent_on(warehouse, found[0], chosen)
        paths = shots_picture(warehouse, folder, found, chosen, against)
    _say(paths, as_json)
