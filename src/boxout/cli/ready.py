"""`ready`: may I train, may I publish tonight; yes or no, with the count behind it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from boxout.cli.console import percent, print_label, print_labelled_json, print_table
from boxout.cli.goalposts import print_goalposts
from boxout.cli.options import GameDate, with_home, with_json
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.goalposts import note_goalposts
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import create_ledger, is_simulated_league
from boxout.pipeline.record_watcher import note_watcher
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.gates import Readiness

QUESTIONS = {"train": "may I train?", "publish": "may I publish tonight?"}


@click.command("ready")
@click.argument("what", required=False, type=click.Choice(list(QUESTIONS)))
@click.option("--date", "day", type=GameDate(), help="The slate to publish; the coming one.")
@with_home
@with_json
def ready_command(what: str | None, day: date | None, home: str | None, as_json: bool) -> None:
    """Answer yes or no: may I train, may I publish tonight; both when neither is named.

    Each gate is shown with its count, what it is counted against, and the range of dates. The
    exit code is 0 for yes and 3 for no.

    \b
    boxout ready
    boxout ready train --json
    boxout ready publish --date 2026-01-31
    """
    from boxout.learning.gates import readiness
    from boxout.learning.slate import publish_readiness

    if day and what == "train":
        raise UsageError(
            "Training is of no single date.",
            "--date",
            "Leave it out, or ask `boxout ready publish`.",
        )
    graph = load_graph()
    answers: dict[str, Readiness] = {}
    with open_warehouse(find_home(home)) as warehouse, warehouse.one_thread():
        create_ledger(warehouse)
        note_goalposts(warehouse, graph)
        note_watcher(warehouse)
        if what != "publish":
            answers["train"] = readiness(warehouse, graph=graph)
        if what != "train":
            answers["publish"] = publish_readiness(warehouse, graph, day)
        is_simulated = is_simulated_league(warehouse)
    is_ready = all(answer.is_ready for answer in answers.values())
    if as_json:
        print_labelled_json({"ready": is_ready, **answers}, is_simulated)
    else:
        print_label(is_simulated)
        for number, (name, answer) in enumerate(answers.items()):
            click.echo("\n" * bool(number) + f"{QUESTIONS[name]} {_verdict(answer)}")
            print_gates(answer)
        print_goalposts(next(iter(answers.values())).goalposts)
    if not is_ready:
        raise click.exceptions.Exit(HELD_BACK)


def _verdict(answer: Readiness) -> str:
    return f"{'yes' if answer.is_ready else 'NO'}: {answer.reason}"


def print_gates(answer: Readiness) -> None:
    """Print each gate with its numerator, denominator, threshold and range."""
    print_table(
        ["gate", "season", "from", "to", "good", "of", "share", "needed", "open"],
        [
            [
                a.gate,
                a.season,
                str(a.first_date),
                str(a.last_date),
                a.numerator,
                a.denominator,
                percent(a.numerator, a.denominator),
                f"{100 * a.at_least:g}%",
                a.is_open,
            ]
            for a in answer.answers
        ],
    )
    for waiver in answer.waivers:
        click.echo(
            f"waived: {waiver.table} {waiver.check}, {waiver.start_date} to {waiver.end_date}, "
            f"by {waiver.who}: {waiver.reason}"
        )
