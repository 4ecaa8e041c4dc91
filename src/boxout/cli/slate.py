"""`slate` and `form`: tonight's board, and how often a player went over a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from boxout.cli.console import notice, print_json, print_table
from boxout.cli.options import GameDate, with_home, with_json
from boxout.errors import BoxoutError, UsageError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import prepare
from boxout.warehouse.ducklake import open_warehouse
from boxout.warehouse.home import find_home

if TYPE_CHECKING:
    from boxout.learning.board.board import Board

ODDS = ("american", "decimal", "fractional")
SHOWN = 25
CAUTION = (
    "Estimates, not promises: the price may know more than the model, and any bet can lose. "
    "If betting stops being fun, stop."
)


@click.command("slate")
@click.option("--date", "game_date", type=GameDate(), help="Game date; the coming one by default.")
@click.option("--market", "markets", multiple=True, help="Market; all when left out.")
@click.option("--player", help="Name or id of a player.")
@click.option("--team", help="Team, by tricode or name.")
@click.option("--min-edge", type=float, help="Only offers with this edge or more, such as 0.03.")
@click.option("--odds", type=click.Choice(ODDS), default=ODDS[0], show_default=True)
@click.option("--kelly", type=float, default=0.25, show_default=True, help="Share of full Kelly.")
@click.option("--model", "model_id", help="A model; each market's champion by default.")
@click.option("--all", "shows_all", is_flag=True, help=f"Every row, not the first {SHOWN}.")
@with_home
@with_json
def slate_command(
    game_date: date | None,
    markets: tuple[str, ...],
    player: str | None,
    team: str | None,
    min_edge: float | None,
    odds: str,
    kelly: float,
    model_id: str | None,
    shows_all: bool,
    home: str | None,
    as_json: bool,
) -> None:
    """Print a date's board: the best offer on each player and market, projection, edge and why.

    The best offer is the book, line and side that promise most among the books' last quotes
    before tip-off. Edge is the forecast's chance of that side minus the price's own without the
    margin; the stake is a share of the bankroll by fractional Kelly, at most one bet a player.
    Without lines the projections stand alone.

    \b
    boxout slate
    boxout slate --date 2026-01-31 --market points --min-edge 0.03 --odds decimal
    boxout slate --player "Nikola Jokic" --json
    """
    from boxout.betting.value import StakeLimits
    from boxout.learning.board.board import build_board
    from boxout.learning.markets import select_markets
    from boxout.learning.slate import coming_date
    from boxout.pipeline.explain import find_player
    from boxout.sources.identity.teams import parse_team

    chosen = [market.name for market in select_markets(markets)] if markets else []
    tricode = parse_team(team) if team else None
    limits = StakeLimits(fraction=kelly)
    graph = load_graph()
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        day = game_date or coming_date(warehouse)
        if day is None:
            raise BoxoutError(
                "There is no game on the schedule.", "", "Ingest a schedule, or run `boxout run`."
            )
        player_id = find_player(warehouse, player)[0] if player else None
        board = build_board(warehouse, graph, day, model_id=model_id, markets=chosen, limits=limits)
    rows = [
        row
        for row in board.rows
        if player_id in (None, row["player_id"])
        and tricode in (None, row["team"])
        and (min_edge is None or (row["edge"] is not None and row["edge"] >= min_edge))
    ]
    if as_json:
        print_json({"board": {**vars(board), "rows": rows}, "note": CAUTION})
        return
    _print_board(board, rows, odds, shows_all)


def _print_board(board: Board, rows: Sequence[dict[str, Any]], odds: str, shows_all: bool) -> None:
    offers = sum(bool(row["side"]) for row in rows)
    click.echo(
        f"{board.game_date}: {board.games} games, {offers:,} offers and {len(rows) - offers:,} "
        "projections without a line"
    )
    if not rows:
        click.echo(
            f"nothing fits what was asked for; without filters there are {len(board.rows):,} rows"
        )
    shown = rows if shows_all else rows[:SHOWN]
    if any(row["side"] for row in shown):
        _print_offers([row for row in shown if row["side"]], odds)
    without = [row for row in shown if not row["side"]]
    if without:
        click.echo("without a line:")
        print_table(
            ["player", "game", "market", "projection", "p10", "p50", "p90", "why"],
            [
                [_player(row), _game(row), row["market"],
                 *(f"{row[c]:.1f}" for c in ("projection", "p10", "p50", "p90")), _why(row)]
                for row in without
            ],
        )  # fmt: skip
    if len(rows) > len(shown):
        click.echo(f"... {len(rows) - len(shown):,} more: --all, or narrow with --market, --team")
    if board.is_in_sample:
        notice("a model was trained on this date: its forecasts prove nothing")
    if board.left_out:
        notice(f"{board.left_out:,} quotes cannot be right and do not count")
    if board.unknown_tipoff:
        notice(f"of {board.unknown_tipoff:,} quotes no source says that they were before tip-off")
    click.echo(CAUTION)


def _print_offers(rows: Sequence[dict[str, Any]], odds: str) -> None:
    print_table(
        ["player", "game", "market", "bet", "price", "at", "projection", "over", "edge", "value",
         "stake", "last 10", "why"],
        [
            [
                _player(row),
                _game(row),
                row["market"],
                f"{row['side']} {row['line']:g}",
                _price(row["price"], odds),
                row["bookmaker"],
                f"{row['projection']:.1f}",
                f"{100 * row['over_probability']:.1f}%",
                "-" if row["edge"] is None else f"{100 * row['edge']:+.1f}%",
                f"{100 * row['value']:+.1f}%",
                f"{100 * row['stake']:.2f}%" if row["stake"] else "-",
                f"{row['over_10']}/{row['games_10']}" if row["games_10"] else "-",
                _why(row),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _player(row: dict[str, Any]) -> str:
    return row["player"] or str(row["player_id"])


def _game(row: dict[str, Any]) -> str:
    return f"{row['team']} {'v' if row['is_home'] else '@'} {row['opponent']}"


def _price(decimal: float, odds: str) -> str:
    from boxout.betting.odds import american_from_decimal, fractional_from_decimal

    if odds == "decimal":
        return f"{decimal:.2f}"
    if odds == "fractional":
        return str(fractional_from_decimal(decimal))
    return f"{float(american_from_decimal(decimal)):+.0f}"


def _why(row: dict[str, Any]) -> str:
    return ", ".join(
        f"{each['feature']} {'-' if each['value'] is None else format(each['value'], '.4g')} "
        f"({each['moved']:+.1f})"
        for each in row["why"] or ()
    )


@click.command("form")
@click.argument("player")
@click.option("--market", default="points", show_default=True)
@click.option("--line", type=float, required=True, help="The line, such as 24.5.")
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
    from boxout.learning.board.hit_rates import hit_rates, opponent_on
    from boxout.learning.slate import coming_date
    from boxout.pipeline.explain import find_player
    from boxout.sources.identity.teams import parse_team

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        day = game_date or coming_date(warehouse)
        if day is None:
            raise BoxoutError("There is no game on the schedule.", "", "Run `boxout run` first.")
        player_id, name = find_player(warehouse, player)
        mate_id, mate_name = find_player(warehouse, mate) if mate else (None, None)
        if mate_id == player_id:
            raise UsageError("A player is no team mate of his own.", "--mate", "Name another.")
        against = parse_team(opponent) if opponent else opponent_on(warehouse, player_id, day)
        rates = hit_rates(
            warehouse, player_id, market, line, day, mate_id=mate_id, opponent=against
        )
    if as_json:
        print_json(
            {
                "player": name,
                "player_id": player_id,
                "market": market,
                "line": line,
                "before": day,
                "mate": mate_name,
                "splits": [{**vars(rate), "rate": rate.rate} for rate in rates],
            }
        )
        return
    click.echo(f"{name}, {market} over {line:g}, games before {day}")
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
