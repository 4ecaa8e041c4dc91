"""`explain`: why a table is in its state on a date, down to the rows that changed."""

from __future__ import annotations

from datetime import date

import click

from boxout.cli.console import percent, print_json, print_table
from boxout.cli.options import GameDate, with_home, with_json
from boxout.pipeline.explain import Explanation, explain_partition
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import create_ledger, is_ledger_current, reading_when
from boxout.pipeline.partition_changes import Change
from boxout.pipeline.row_changes import RowDifference
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

SHOWN_COLUMNS = 8


@click.command("explain")
@click.argument("table")
@click.argument("game_date", type=GameDate())
@click.option("--player", help="Name or id of a player: explain down to that player's rows.")
@with_home
@with_json
def explain_command(
    table: str, game_date: date, player: str | None, home: str | None, as_json: bool
) -> None:
    """Say why TABLE is in its state on GAME_DATE: what changed, when, by what, and how.

    Each input date that changed since the table was built is shown with the run or the file
    that changed it and the rows that differ from what was read.

    \b
    boxout explain player_game_summary 2024-01-31
    boxout explain player_daily_cache 2024-01-31 --player "LeBron James"
    """
    graph = load_graph()
    definition = graph.select([table])[0]
    with (
        open_warehouse(find_home(home)) as warehouse,
        warehouse.one_thread(),
        reading_when(
            warehouse, lambda: is_ledger_current(warehouse), lambda: create_ledger(warehouse)
        ),
    ):
        explanation = explain_partition(warehouse, graph, definition, game_date, player)
    if as_json:
        print_json(explanation)
    else:
        _print_explanation(explanation)


def _print_explanation(e: Explanation) -> None:
    about = f", {e.player} ({e.player_id})" if e.player else ""
    click.echo(f"{e.table} on {e.game_date} ({e.season}){about}: {e.state}")
    click.echo(e.reason)
    built = f", last built {e.built_at:%Y-%m-%d %H:%M:%S} UTC" if e.built_at else ""
    click.echo(f"{e.rows:,} rows published{built}{f' by {e.built_by}' if e.built_by else ''}")
    if e.own_change:
        _print_change(e.own_change, "its rows changed last")
    print_table(
        ["reads", "window", "from", "to", "dates", "ready", "changed since"],
        [
            [
                i.table,
                i.window,
                str(i.first or "-"),
                str(i.last or "-"),
                i.partitions,
                i.ready,
                ", ".join(str(day) for day in i.changed) or "-",
            ]
            for i in e.inputs
        ],
    )
    for change in e.changes:
        _print_change(change, f"{change.table} on {change.game_date} changed")
    for read in e.inputs:
        for day, state in read.unready:
            click.echo(f"waits for: {read.table} on {day}, which is {state}")
    for check in e.checks:
        total = int(str(check["total"]))
        good = percent(total - int(str(check["failing"])), total)
        where = check["game_date"] or e.season
        click.echo(
            f"fails ({check['severity']}): {check['check_name']} on {where}: {good} of {total:,}"
        )


def _print_change(change: Change, what: str) -> None:
    click.echo(f"{what} {change.changed_at:%Y-%m-%d %H:%M:%S} UTC by {change.by}")
    found = change.difference
    if found is None:
        return
    counts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    click.echo("  rows " + ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n))
    if found.columns:
        listed = [f"{column} {rows:,}" for column, rows in found.columns.items()]
        more = f" and {len(listed) - SHOWN_COLUMNS} more" if len(listed) > SHOWN_COLUMNS else ""
        click.echo(f"  columns, rows that differ: {', '.join(listed[:SHOWN_COLUMNS])}{more}")
    for row in found.sample:
        click.echo(f"  {_row(row)}")


def _row(row: RowDifference) -> str:
    key = ", ".join(f"{column} {value}" for column, value in row.key.items())
    values = [f"{c} {before} -> {now}" for c, (before, now) in row.columns.items()]
    tail = f": {', '.join(values[:SHOWN_COLUMNS])}" if values else f" {row.kind}"
    more = f" and {len(values) - SHOWN_COLUMNS} more" if len(values) > SHOWN_COLUMNS else ""
    return f"{key}{tail}{more}"
