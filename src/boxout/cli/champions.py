"""`promote`: let a model challenge the champions, force it in, or go back to the earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from boxout.cli.console import print_json, print_table
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.authors import user_name
from boxout.pipeline.graph import load_graph
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.champions.decisions import Decision


@click.command("promote")
@click.argument("model", required=False)
@click.option("--market", "markets", multiple=True, help="Market; all when left out.")
@click.option("--force", is_flag=True, help="Whatever the rows say, on record with --reason.")
@click.option("--rollback", is_flag=True, help="Make the earlier champion champion again.")
@click.option("--reason", help="Why it is forced or rolled back.")
@with_home
@with_json
def promote_command(
    model: str | None,
    markets: tuple[str, ...],
    force: bool,
    rollback: bool,
    reason: str | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Let MODEL challenge each market's champion, which `predict` forecasts with.

    It wins when its forecasts are better beyond chance on the rows that both forecast knowing the
    same, and neither was trained on. A refit (the champion's features and settings on later data,
    none of its dates left out) follows it unless shown to be worse. The exit code is 3 when a
    market is refused. Training does the same by itself; --force and --rollback need a --reason,
    which is recorded with your name.

    \b
    boxout promote m0002-1a2b3c4d --market points
    boxout promote m0002-1a2b3c4d --force --reason "new arena, the old rows say nothing"
    boxout promote --rollback --market points --reason "forecasts fell behind this week"
    """
    _check_usage(model, force, rollback, reason)
    from boxout.learning.champions.decisions import read_lineup
    from boxout.learning.champions.succession import challenge, roll_back
    from boxout.learning.registry import list_models

    who, why = user_name(), (reason or "").strip()
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        if rollback:
            decisions = roll_back(warehouse, markets or None, who=who, reason=why)
        else:
            decisions = challenge(
                warehouse, str(model), markets or None, who=who, force=why if force else None
            )
        lineup = read_lineup(warehouse).of_market
        own = {each.model_id: each.markets.split(",") for each in list_models(warehouse)}
    refused = [] if rollback else [m for m in markets or own[str(model)] if lineup[m] != model]
    if as_json:
        print_json({"decisions": decisions, "champions": lineup})
    elif decisions:
        print_decisions(decisions)
    elif refused:
        click.echo("nothing has changed since it was refused: see `boxout models --history`")
    else:
        click.echo(f"{model} is champion already")
    if any(not decision.is_promotion for decision in decisions) or (refused and not decisions):
        raise click.exceptions.Exit(HELD_BACK)


def _check_usage(model: str | None, force: bool, rollback: bool, reason: str | None) -> None:
    if rollback and (model or force):
        raise UsageError(
            "--rollback goes back to the earlier champion, and takes no model.",
            "MODEL, --force",
            "Name a market with --market, or promote a model without --rollback.",
        )
    if not rollback and not model:
        raise UsageError("Which model?", "MODEL", "`boxout models` lists them.")
    if (force or rollback) and not (reason or "").strip():
        raise UsageError(
            "What people decide past the rows is recorded with its reason.",
            "--reason",
            'Add --reason "why".',
        )


def print_decisions(decisions: Sequence[Decision]) -> None:
    """Print decisions, a line a market where they differ."""
    print_table(
        ["decided", "market", "model", "outcome", "instead of", "by", "reason"],
        [
            [
                f"{d.decided_at:%Y-%m-%d %H:%M}",
                d.market,
                d.model_id,
                d.outcome,
                d.replaces or "-",
                d.who,
                d.reason,
            ]
            for d in decisions
        ],
    )
