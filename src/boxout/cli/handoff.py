"""`handoff`: the document that one watch hands to the next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from boxout.cli.console import as_json_document, notice, writing_to
from boxout.cli.options import with_home, with_json
from boxout.errors import UsageError
from boxout.pipeline.goalposts import note_goalposts
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.life_signs import now
from boxout.pipeline.record_watcher import note_watcher
from boxout.pipeline.runs import close_dead_runs
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


class Moment(click.ParamType[datetime]):
    """A moment, such as 2024-01-31T20:00 (UTC) or 2024-01-31T20:00-05:00."""

    name = "timestamp"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse the moment into naive UTC, or fail as a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
            moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is not a moment; write it like 2024-01-31T20:00 (UTC) or "
                "2024-01-31T20:00-05:00.",
                param,
                ctx,
            )
        if moment > now():
            self.fail(f"{value!r} is still to come.", param, ctx)
        return moment


@click.command("handoff")
@click.option("--at", type=Moment(), help="A past moment, UTC unless it names an offset.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    help="Markdown or a page of HTML.  [default: md]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="File to write; standard output when left out.",
)
@with_home
@with_json
def handoff_command(
    at: datetime | None, form: str | None, output: Path | None, home: str | None, as_json: bool
) -> None:
    """Write the handoff: what happened, what runs, what is blocked and why, what comes next.

    Everything in it comes from the ledger and the heartbeats. With --at it is the document of a
    past moment, read from the ledger as it was then.

    \b
    boxout handoff
    boxout handoff --at 2026-01-31T20:00-05:00 --format html --output handoff.html
    """
    from boxout.orchestration.handoff import write_handoff
    from boxout.orchestration.handoff_text import handoff_document

    if form and as_json:
        raise UsageError("--format and --json exclude each other.", "", "Leave one of them out.")
    graph = load_graph()
    with open_warehouse(find_home(home)) as warehouse, warehouse.one_thread():
        create_ledger(warehouse)
        close_dead_runs(warehouse)
        note_goalposts(warehouse, graph)
        note_watcher(warehouse)
        handoff = write_handoff(warehouse, graph, at)
    if as_json:
        text = as_json_document(handoff)
    else:
        document = handoff_document(handoff)
        text = document.as_html() if form == "html" else document.as_markdown()
    if output:
        with writing_to(output, "--output"):
            output.write_text(text, encoding="utf-8")
        notice(f"written: {output}")
    else:
        click.echo(text, nl=not text.endswith("\n"))
