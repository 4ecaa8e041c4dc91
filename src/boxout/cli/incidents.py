"""`incidents`: what failed its contract, what waits for it, and how it ended."""

from __future__ import annotations

import click

from boxout.cli.console import percent, print_json, print_table
from boxout.cli.diagnosis import print_finding
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK
from boxout.pipeline.diagnose.findings import HELD_BACK as HELD_BACK_STATUS
from boxout.pipeline.graph import load_graph
from boxout.pipeline.incidents import Incident, read_incidents
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("incidents")
@click.option("--all", "show_all", is_flag=True, help="Show those that are over, too.")
@with_home
@with_json
def incidents_command(show_all: bool, home: str | None, as_json: bool) -> None:
    """List the open incidents: failing contracts, with what waits for them downstream.

    An incident is one blocking check of one table that fails in one season. It opens in the
    commit that records the failure and closes in the one that repairs it. A refused file is one,
    too, and a watcher that is overdue or dead, and a champion that has become worse than it was
    tested to be. The exit code is 3 while one is open.

    \b
    boxout incidents
    boxout incidents --all --json
    """
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        incidents = read_incidents(warehouse, include_closed=show_all)
    if as_json:
        print_json(incidents)
    elif incidents:
        _print_incidents(incidents)
    else:
        click.echo("no incident" if show_all else "no open incident (--all shows those of before)")
    if any(incident.is_open for incident in incidents):
        raise click.exceptions.Exit(HELD_BACK)


def _print_incidents(incidents: tuple[Incident, ...]) -> None:
    print_table(
        ["incident", "table", "check", "season", "from", "to", "held back", "waiting", "detected",
         "blocked", "repaired"],
        [
            [
                i.incident_id,
                i.table,
                i.check,
                i.season or "-",
                str(i.first_date or "-"),
                str(i.last_date or "-"),
                i.partitions,
                i.affected_partitions,
                f"{i.opened_at:%Y-%m-%d %H:%M:%S}",
                _after(i.seconds_to_block),
                _after(i.seconds_to_repair, i.outcome),
            ]
            for i in incidents
        ],
    )  # fmt: skip
    for i in incidents:
        print_incident(i)


def _after(seconds: float | None, outcome: str | None = None) -> str:
    if seconds is None:
        return "-"
    said = f"{outcome} " if outcome and outcome != "repaired" else ""
    return f"{said}after {duration(seconds)}"


def duration(seconds: float) -> str:
    """Write a time for a person: 0.4 s, 12 s, 5 min, 2.5 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def print_incident(i: Incident) -> None:
    """Print what an incident is about: numbers, range, what waits for it."""
    click.echo(f"\n{i.incident_id} {i.subject}: {i.check}")
    if i.follows:
        click.echo(f"  follows from {i.follows}")
    if i.total:
        needed = f", at least {100 * i.at_least:g}% needed" if i.at_least is not None else ""
        good = i.total - i.failing
        click.echo(f"  {good:,} of {i.total:,} pass ({percent(good, i.total)}{needed})")
    if i.detail:
        click.echo(f"  {i.detail}")
    if i.follows:
        return
    for finding in (i.diagnosis or {}).get("findings", []):
        if finding["status"] == HELD_BACK_STATUS:
            print_finding(finding, "  ")
    for a in i.affected:
        click.echo(f"  waits: {a.table}, {a.partitions:,} dates, {a.first_date} to {a.last_date}")
