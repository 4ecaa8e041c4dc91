"""`backfill` and `plan`: bring tables up to date, and say what that would do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from boxout.cli.console import DateProgress, notice, print_json, print_table
from boxout.cli.goalposts import print_goalposts
from boxout.cli.options import check_range, with_home, with_json, with_range
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.authors import user_name
from boxout.pipeline.contract import check_names
from boxout.pipeline.due import CHUNK_DATES, RunOptions
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.plan import TablePlan, plan_tables
from boxout.pipeline.preparation import prepare
from boxout.pipeline.run import RunReport, run_tables
from boxout.pipeline.stage import Chunk
from boxout.pipeline.stopping import heed_signals
from boxout.pipeline.table_run import TableOutcome
from boxout.pipeline.waiver import Waiver
from boxout.sources.seasons import FIRST_DATE, LAST_DATE
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("backfill")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@with_range
@click.option("--no-resume", is_flag=True, help="Compute again what is fresh, too.")
@click.option(
    "--skip-preflight",
    is_flag=True,
    help="Publish past closed gates and failing checks, as a waiver on record; needs --reason.",
)
@click.option(
    "--waive",
    "waived",
    multiple=True,
    metavar="CHECK",
    help="Publish past this failing check and no other, on record; needs --reason. Repeatable.",
)
@click.option("--reason", help="Why the waiver is given.")
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option(
    "--chunk-dates",
    type=click.IntRange(min=1),
    default=CHUNK_DATES,
    show_default=True,
    help="Dates a commit, at most.",
)
@with_home
@with_json
def backfill_command(
    tables: tuple[str, ...],
    start_date: date | None,
    end_date: date | None,
    no_resume: bool,
    skip_preflight: bool,
    waived: tuple[str, ...],
    reason: str | None,
    dry_run: bool,
    chunk_dates: int,
    home: str | None,
    as_json: bool,
) -> None:
    """Bring TABLEs up to date, or all of them: whatever is missing or stale, and nothing else.

    It resumes by itself after any stop. Dates whose inputs are not ready are held back, and the
    exit code is then 3.

    \b
    boxout backfill
    boxout backfill player_composite_factors --start-date 2021-10-19 --end-date 2026-01-02
    boxout backfill player_daily_cache --dry-run
    boxout backfill player_boxscores --waive columns_vary --reason "no steals were kept then"
    """
    check_range(start_date, end_date)
    graph = load_graph()
    selected = graph.select(tables)
    waiver = _waiver(selected, skip_preflight, waived, reason)
    options = RunOptions(
        start_date or FIRST_DATE,
        end_date or LAST_DATE,
        no_resume,
        waiver,
        chunk_dates,
    )
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        if dry_run:
            _print_plan(warehouse, graph, {t.name for t in selected}, as_json, options)
            return
        report = run_with_progress(warehouse, graph, selected, options, "backfill")
    if as_json:
        print_json({"held_back": report.held_back, "report": report})
    else:
        print_run(report)
    if report.held_back:
        raise click.exceptions.Exit(HELD_BACK)


def _waiver(
    tables: Sequence[TableDefinition], everything: bool, checks: Sequence[str], reason: str | None
) -> Waiver | None:
    if not everything and not checks:
        return None
    if not (reason or "").strip():
        raise UsageError(
            "What publishes past the contracts needs a reason.",
            "--reason",
            'Add --reason "why"; it stays on record with your name.',
        )
    known = {check for table in tables for check in check_names(table)}
    for check in checks:
        if check not in known:
            raise UsageError(
                f"No chosen table has a check {check!r}.",
                "--waive",
                "`boxout validate` lists the checks.",
            )
    who = user_name()
    return Waiver(who, str(reason).strip(), None if everything else frozenset(checks))


def run_with_progress(
    warehouse: Warehouse,
    graph: Graph,
    tables: tuple[TableDefinition, ...],
    options: RunOptions,
    command: str,
    created: frozenset[str] = frozenset(),
) -> RunReport:
    """Run tables and show each commit; see `run_tables`."""
    units = {table.name: _unit(table) for table in tables}
    with DateProgress() as progress:

        def report(table: str, chunk: Chunk, outcome: TableOutcome) -> None:
            rows = f"{outcome.rows_computed:,} {units[table]}"
            progress.advance(table, outcome.computed, outcome.due, chunk.last, rows)

        with heed_signals():
            return run_tables(
                warehouse, graph, tables, options, report, command=command, created=created
            )


def _unit(table: TableDefinition) -> str:
    if "player_id" in table.key:
        return "players"
    return "teams" if "team_id" in table.key else "rows"


def print_run(report: RunReport) -> None:
    """Print what a run did, table by table, and what it held back."""
    print_goalposts(report.goalposts)
    busy = [t for t in report.tables if t.due or t.failed or t.blocked]
    if not busy:
        click.echo(f"everything is up to date ({report.seconds:.2f} s)")
        return
    print_table(
        ["table", "dates", "changed", "written", "removed", "failed", "blocked", "waived", "s"],
        [
            [
                t.table,
                t.computed,
                t.changed,
                t.rows_written,
                t.rows_removed,
                t.failed,
                t.blocked,
                t.waived,
                f"{t.seconds:.2f}",
            ]
            for t in busy
        ],
    )
    for outcome in busy:
        for check, count in outcome.failures.items():
            click.echo(f"failed: {outcome.table}: {check} ({count} dates or seasons)")
        if outcome.blocked:
            click.echo(f"blocked: {outcome.table}: {outcome.blocked} dates wait for their inputs")
    if report.held_back:
        notice("something was held back: `boxout incidents` says what and why")


@click.command("plan")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@with_home
@with_json
def plan_command(tables: tuple[str, ...], home: str | None, as_json: bool) -> None:
    """Print what `backfill` would do, and change nothing.

    A partition is one table on one game date. Stale means that something it reads, or the
    table's own file, has changed since it was built. What is due is the most that can be: a run
    leaves alone what turns out to read the same as before.

    \b
    boxout plan
    boxout plan player_daily_cache ml_feature_store
    """
    graph = load_graph()
    selected = {table.name for table in graph.select(tables)}
    with open_warehouse(find_home(home)) as warehouse, warehouse.one_thread():
        prepare(warehouse, graph)
        _print_plan(warehouse, graph, selected, as_json)


def _print_plan(
    warehouse: Warehouse,
    graph: Graph,
    selected: set[str],
    as_json: bool,
    options: RunOptions | None = None,
) -> None:
    options = options or RunOptions()
    everything = plan_tables(
        warehouse,
        graph,
        within=(options.start, options.end),
        forced=selected if options.force else (),
    )
    plans = [plan for plan in everything if plan.table in selected]
    if as_json:
        print_json(plans)
        return
    states = ("fresh", "empty", "bootstrap", "waived", "stale", "missing", "failed", "blocked")
    shown = [s for s in states if any(plan.counts.get(s) for plan in plans)]
    print_table(
        ["table", *shown, "due", "from", "to"],
        [
            [
                p.table,
                *(p.counts.get(s, 0) for s in shown),
                p.due,
                str(p.first_due or "-"),
                str(p.last_due or "-"),
            ]
            for p in plans
        ],
    )
    for plan in plans:
        _print_reasons(plan)
    if not any(plan.due for plan in plans):
        click.echo("nothing to do")


def _print_reasons(plan: TablePlan) -> None:
    for reason, count in sorted(plan.reasons.items(), key=lambda item: -item[1])[:3]:
        click.echo(f"{plan.table}: {count} dates: {reason}")
