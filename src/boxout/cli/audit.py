"""`audit`: what features could not have known, and whether what is stored was published."""

from __future__ import annotations

from datetime import date

import click

from boxout.cli.console import print_json, print_table
from boxout.cli.options import SEED, GameDate, with_home, with_json
from boxout.errors import HELD_BACK
from boxout.learning.states import FEATURE_STORE
from boxout.pipeline.content_audit import ContentAudit, audit_content
from boxout.pipeline.graph import load_graph
from boxout.pipeline.leakage import LeakageAudit, audit_leakage, sample_dates
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

MOST_SHOWN = 20


@click.group("audit")
def audit_command() -> None:
    """Put a promise to the test on the data of this project."""


@audit_command.command("leakage")
@click.argument("table", default=FEATURE_STORE)
@click.option("--date", "days", type=GameDate(), multiple=True, help="Game date; may be repeated.")
@click.option(
    "--dates",
    "a_season",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Dates to sample in each season, where none is named.",
)
@click.option("--seed", type=SEED, default=7, show_default=True, help="Seed of the sampling.")
@with_home
@with_json
def leakage_command(
    table: str, days: tuple[date, ...], a_season: int, seed: int, home: str | None, as_json: bool
) -> None:
    """Take away what was not known before tip-off, compute TABLE again, and compare.

    TABLE is the feature store where none is named. Every value of every column is compared. The
    exit code is 3 when a column gives the future away.

    \b
    boxout audit leakage
    boxout audit leakage --date 2024-01-31 --date 2024-03-02
    """
    graph = load_graph()
    definition = graph.select([table])[0]
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        chosen = list(days)
        if not chosen and warehouse.has_table(definition.name):
            chosen = sample_dates(warehouse, definition, a_season, seed)
        result = audit_leakage(warehouse, graph, definition, chosen)
    if as_json:
        print_json({"passed": result.passed, "audit": result})
    else:
        _print_audit(result)
    if not result.passed:
        raise click.exceptions.Exit(HELD_BACK)


def _print_audit(audit: LeakageAudit) -> None:
    shown = audit.leaks or audit.columns
    print_table(
        ["column", "compared", "with a value", "leaks"],
        [[c.column, c.compared, c.present, c.leaks] for c in shown],
    )
    hidden = ", ".join(f"{name} {count:,}" for name, count in audit.hidden.items() if count)
    click.echo(f"taken away or scrambled, rows: {hidden or 'none'}")
    for fact in audit.taken_as_known:
        click.echo(f"taken as known: {fact}")
    if audit.lost or audit.gained:
        click.echo(f"rows that depend on what came later: {audit.lost} lost, {audit.gained} gained")
    verdict = (
        "no leak"
        if audit.passed
        else "LEAK"
        if audit.leaks or audit.lost or audit.gained
        else "nothing proved"
    )
    click.echo(
        f"{verdict}: {audit.table}, {len(audit.columns)} columns, {audit.rows:,} rows of "
        f"{len(audit.dates)} dates"
    )


@audit_command.command("content")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@with_home
@with_json
def content_command(tables: tuple[str, ...], home: str | None, as_json: bool) -> None:
    """Read every row of TABLEs, or of all, and compare with what was published.

    The content hash of every partition is computed again and held against the ledger. The exit
    code is 3 when a partition is not what was published: the disk, the storage engine or a hand
    has changed it.

    \b
    boxout audit content
    boxout audit content ml_feature_store
    """
    graph = load_graph()
    chosen = [graph.table(name) for name in tables] or list(graph.tables.values())
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        result = audit_content(warehouse, chosen)
    if as_json:
        print_json({"passed": result.passed, "audit": result})
    else:
        shown = result.damaged[:MOST_SHOWN]
        print_table(
            ["table", "date", "rows published", "rows stored"],
            [[d.table, d.game_date, d.rows_published, d.rows_stored] for d in shown],
        )
        if len(result.damaged) > len(shown):
            click.echo(f"... and {len(result.damaged) - len(shown):,} more; --json has them all")
        click.echo(
            f"{_content_verdict(result)}: {result.partitions:,} partitions, {result.rows:,} rows "
            f"of {result.tables} tables, data version {result.version}"
        )
    if not result.passed:
        raise click.exceptions.Exit(HELD_BACK)


def _content_verdict(audit: ContentAudit) -> str:
    if audit.passed:
        return "as published"
    if not audit.partitions:
        return "nothing to compare"
    return (
        f"NOT AS PUBLISHED, {len(audit.damaged):,} partitions. Restore a backup of the project, or "
        "build it anew from its files with another --home"
    )
