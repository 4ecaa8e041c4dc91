"""`slate`: tonight's board, the best offer on each player and market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from boxout.cli.console import notice, print_label, print_labelled_json, print_table
from boxout.cli.options import Finite, GameDate, with_home, with_json
from boxout.errors import UsageError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

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
@click.option("--min-edge", type=Finite(), help="Only offers with this edge or more, such as 0.03.")
@click.option("--lines", "shows_lines", is_flag=True, help="Every line on offer, not the best.")
@click.option("--odds", type=click.Choice(ODDS), default=ODDS[0], show_default=True)
@click.option(
    "--kelly", type=Finite(0, 1), default=0.25, show_default=True, help="Share of full Kelly."
)
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
    shows_lines: bool,
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
    Without lines the projections stand alone. With --lines, each line that any book offers, with
    the chance of over, the fair odds of both sides, and the best price of each.

    \b
    boxout slate
    boxout slate --player "Nikola Jokic" --market points --lines
    boxout slate --date 2026-01-31 --market points --min-edge 0.03 --odds decimal
    boxout slate --player "Nikola Jokic" --json
    """
    from boxout.betting.value import StakeLimits
    from boxout.learning.board.board import build_board
    from boxout.learning.markets import select_markets
    from boxout.learning.slate import nobody_known, slate_date
    from boxout.pipeline.player_search import find_player
    from boxout.sources.identity.teams import parse_team

    chosen = [market.name for market in select_markets(markets)] if markets else []
    tricode = parse_team(team) if team else None
    limits = StakeLimits(fraction=kelly)
    graph = load_graph()
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        day = slate_date(warehouse, game_date)
        player_id, name = (None, None) if player is None else find_player(warehouse, player)
        board = build_board(warehouse, graph, day, model_id=model_id, markets=chosen, limits=limits)
        is_simulated = is_simulated_league(warehouse)
    if board.rows and tricode and tricode not in board.teams:
        raise UsageError(
            f"{tricode} does not play on {day}.", "--team", f"Name one of {', '.join(board.teams)}."
        )
    if board.rows and player_id not in {None, *(row["player_id"] for row in board.rows)}:
        raise UsageError(
            f"{name} is not on the slate of {day}.", "--player", "Name another, or another --date."
        )
    rows = [
        row
        for row in board.rows
        if player_id in (None, row["player_id"])
        and tricode in (None, row["team"])
        and (min_edge is None or (row["edge"] is not None and row["edge"] >= min_edge))
    ]
    if as_json:
        document = {"board": {**vars(board), "rows": rows}, "note": CAUTION}
        print_labelled_json(document, is_simulated)
        return
    print_label(is_simulated)
    if not board.rows:
        click.echo(nobody_known(day))
        return
    _print_board(board, rows, odds, shows_all=shows_all, shows_lines=shows_lines)


def _print_board(
    board: Board,
    rows: Sequence[dict[str, Any]],
    odds: str,
    *,
    shows_all: bool,
    shows_lines: bool,
) -> None:
    offers = sum(bool(row["side"]) for row in rows)
    click.echo(
        f"{board.game_date}: {board.games} games, {offers:,} offers and {len(rows) - offers:,} "
        "projections without a line"
    )
    if not rows:
        click.echo(
            "nothing fits what was asked for; without --min-edge, --player and --team there "
            f"are {len(board.rows):,} rows"
        )
    if not board.quotes:
        notice("no bookmaker's line is on record for this date: projections stand alone")
    shown = rows if shows_all else rows[:SHOWN]
    offered = [row for row in shown if row["side"]]
    if shows_lines:
        _print_lines(offered, odds)
    else:
        _print_offers(offered, odds)
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
        notice(
            f"{board.left_out:,} quotes do not count: they stand far from the other books', or are "
            "on a line that would pay whoever took both sides"
        )
    if board.begun:
        notice(f"{board.begun} of {board.games} games have begun or are over: no stake is named")
    if board.after_the_fact:
        notice(
            f"{board.after_the_fact:,} rows are of games that are over, from features that know "
            "who was listed and who started: nobody could have had them before tip-off"
        )
    if board.borrowed:
        notice(
            f"few lines are known of {', '.join(board.borrowed)}: drawn towards the price as the "
            "market that is trusted least"
        )
    if board.untrusted:
        notice(
            f"too few lines are known to say how far to trust {', '.join(board.untrusted)} against "
            "the price: no stake is named; `boxout train` learns from the lines on record"
        )
    if board.unknown_tipoff:
        notice(f"of {board.unknown_tipoff:,} quotes no source says that they were before tip-off")
    click.echo(CAUTION)


def _print_offers(rows: Sequence[dict[str, Any]], odds: str) -> None:
    print_table(
        ["player", "game", "market", "bet", "best over", "best under", "projection", "over", "edge",
         "value", "stake", "hit of last 10", "why"],
        [
            [
                _player(row),
                _game(row),
                row["market"],
                f"{row['side']} {row['line']:g}",
                _best(row, "over", odds),
                _best(row, "under", odds),
                f"{row['projection']:.1f}",
                f"{100 * row['over_probability']:.1f}%",
                "-" if row["edge"] is None else f"{100 * row['edge']:+.1f}%",
                _value(row["value"]),
                f"{100 * row['stake']:.2f}%" if row["stake"] else "-",
                f"{_hits(row)} of {row['games_10']}" if row["games_10"] else "-",
                _why(row),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _print_lines(rows: Sequence[dict[str, Any]], odds: str) -> None:
    print_table(
        ["player", "game", "market", "line", "over", "push", "fair over", "fair under",
         "best over", "value", "best under", "value"],
        [
            [
                _player(row),
                _game(row),
                row["market"],
                f"{each['line']:g}",
                f"{100 * each['over_probability']:.1f}%",
                f"{100 * each['push']:.1f}%" if each["push"] else "-",
                _fair(each["over_probability"], odds),
                _fair(1 - each["over_probability"], odds),
                _best(each, "over", odds),
                _value(each["value_over"]),
                _best(each, "under", odds),
                _value(each["value_under"]),
            ]
            for row in rows
            for each in row["lines"]
        ],
    )  # fmt: skip


def _hits(row: dict[str, Any]) -> int:
    """Return in how many of the last games the side of the bet won."""
    over: int = row["over_10"]
    return over if row["side"] == "over" else row["games_10"] - row["push_10"] - over


def _best(offer: dict[str, Any], side: str, odds: str) -> str:
    price = offer[f"best_{side}"]
    return "-" if price is None else f"{_price(price, odds)} {offer[f'best_{side}_at']}"


def _fair(chance: float, odds: str) -> str:
    return _price(1 / chance, odds) if 0 < chance < 1 else "-"


def _value(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.1f}%"


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
