"""`form`: how often a player went over a line, in all and by split."""

from __future__ import annotations

from datetime import date

import click

from boxout.cli.console import notice, print_label, print_labelled_json, print_table
from boxout.cli.options import LINE, GameDate, with_home, with_json
from boxout.errors import UsageError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.preparation import prepare
from boxout.sources.seasons import season_of
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("form")
@click.argument("player")
@click.option("--market", default="points", show_default=True)
@click.option("--line", type=LINE, required=True, help="The line, such as 24.5.")
@click.option("--date", "game_date", type=GameDate(), help="Games before it; the coming slate's.")
@click.option("--mate", help="Name or id of a team mate: games with and without him.")
@click.option("--opponent", help="Team; by default the one he meets on the date.")
@with_home
@with_json
def form_command(
    player: str,
    market: str,
    line: float,
    game_date: date | None,
    mate: str | None,
    opponent: str | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Count how often PLAYER went over a line: last 5, 10, 20, season, and splits.

    Splits are of the season of the date: home and away, days of rest, with and without a team
    mate; games against the opponent are all that are on record. Small samples say little.

    \b
    boxout form "Nikola Jokic" --market pra --line 48.5
    boxout form "Tyrese Maxey" --line 25.5 --mate "Joel Embiid" --date 2025-12-01
    """
    from boxout.learning.board.hit_rates import MATE_SPLITS, hit_rates, opponent_on
    from boxout.learning.slate import slate_date
    from boxout.pipeline.player_search import find_player
    from boxout.sources.identity.teams import parse_team

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        day = slate_date(warehouse, game_date)
        player_id, name = find_player(warehouse, player)
        mate_id, mate_name = (None, None) if mate is None else find_player(warehouse, mate)
        if mate_id == player_id:
            raise UsageError("A player is no team mate of his own.", "--mate", "Name another.")
        against = parse_team(opponent) if opponent else opponent_on(warehouse, player_id, day)
        rates = hit_rates(
            warehouse, player_id, market, line, day, mate_id=mate_id, opponent=against
        )
        is_simulated = is_simulated_league(warehouse)
    if not rates[0].games:
        raise UsageError(f"{name} has no game before {day}.", "--date", "Name a later date.")
    if mate_name and not any(rate.games for rate in rates if rate.split in MATE_SPLITS):
        raise UsageError(
            f"{name} has no game in {season_of(day)} before {day} as {mate_name}'s team mate.",
            "--mate",
            "Name another, or a --date of their season together.",
        )
    if as_json:
        print_labelled_json(
            {
                "player": name,
                "player_id": player_id,
                "market": market,
                "line": line,
                "before": day,
                "mate": mate_name,
                "opponent": against,
                "splits": [{**vars(rate), "rate": rate.rate} for rate in rates],
            },
            is_simulated,
        )
        return
    print_label(is_simulated)
    click.echo(f"{name}, {market} over {line:g}, games before {day}")
    if against is None:
        notice(f"his team has no game on {day}: name an --opponent to see games against it")
    print_table(
        ["games", "of", "over", "push", "hit rate", "average"],
        [
            [
                rate.split.replace("him", mate_name or "him"),
                rate.games,
                rate.over,
                rate.push,
                "-" if rate.rate is None else f"{100 * rate.rate:.0f}%",
                rate.average,
            ]
            for rate in rates
        ],
    )
