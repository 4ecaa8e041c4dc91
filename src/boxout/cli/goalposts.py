"""`goalposts`: the checks that were loosened, rewritten or removed, and who agreed to it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from boxout.cli.console import print_json
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.authors import user_name
from boxout.pipeline.goalposts import Goalpost, accept_goalpost, read_goalposts
from boxout.pipeline.graph import load_graph
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("goalposts")
@click.option("--accept", metavar="ID", help="Agree to one, on record with your name and --reason.")
@click.option("--reason", help="Why it is agreed to.")
@with_home
@with_json
def goalposts_command(
    accept: str | None, reason: str | None, home: str | None, as_json: bool
) -> None:
    """List the checks that are looser than they were: old and new threshold, who, when and why.

    They stay on show in `status`, in every run's and training's report and on every model card
    until the check is back where it was; --accept adds who agreed. The exit code is 3 while
    nobody has agreed to one.

    \b
    boxout goalposts
    boxout goalposts --accept g0001 --reason "the league dropped the statistic"
    """
    if accept and not (reason or "").strip():
        raise UsageError(
            "A moved goalpost is accepted for a reason.", "--reason", 'Add --reason "why".'
        )
    from boxout.pipeline.preparation import prepare  # `status` has no need of it

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        if accept:
            accept_goalpost(warehouse, accept, user_name(), str(reason).strip())
        moved = read_goalposts(warehouse)
    if as_json:
        print_json(moved)
    else:
        print_goalposts(moved)
        if not moved:
            click.echo("every check is as strict as it ever was in this project")
    if any(goalpost.accepted_by is None for goalpost in moved):
        raise click.exceptions.Exit(HELD_BACK)


def print_goalposts(moved: Sequence[Goalpost]) -> None:
    """Print the checks that moved, a line each."""
    for goalpost in moved:
        click.echo(f"moved goalpost {goalpost.goalpost_id}: {goalpost}")
