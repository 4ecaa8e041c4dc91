"""`diagnose`: why a table or column is not what it should be, and the printing of causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from boxout.cli.console import print_json
from boxout.cli.options import with_home, with_json
from boxout.errors import HELD_BACK, UsageError
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.preparation import prepare
from boxout.tables.definition import TableDefinition
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

SHOWN_INPUTS = 12


@click.command("diagnose")
@click.argument("target", metavar="TABLE[.COLUMN]")
@with_home
@with_json
def diagnose_command(target: str, home: str | None, as_json: bool) -> None:
    """Name the cause of what fails in TABLE, or in what feeds one COLUMN of it.

    Follows the query's own structure to the source files: which join found nothing, which side
    lacks the keys and what they look like, since which date, which file brought it, and what to
    do. The exit code is 3 when something fails.

    \b
    boxout diagnose player_game_summary.usage_rate
    boxout diagnose raw.team_boxscores --json
    """
    from boxout.pipeline.diagnose.diagnosis import diagnose

    graph = load_graph()
    table, column = _split(graph, target)
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, graph)
        diagnosis = diagnose(warehouse, graph, table, column)
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        print_diagnosis(diagnosis.to_dict())
    if diagnosis.failing or diagnosis.causes:
        raise click.exceptions.Exit(HELD_BACK)


def _split(graph: Graph, target: str) -> tuple[TableDefinition, str | None]:
    """Read `schema.table.column`, `table.column`, `schema.table` or `table`."""
    try:
        return graph.select([target])[0], None
    except UsageError as unknown:
        name, _, column = target.rpartition(".")
        try:
            return graph.select([name])[0], column
        except UsageError:
            raise unknown from None


def print_diagnosis(d: Mapping[str, Any]) -> None:
    """Print a diagnosis as `Diagnosis.to_dict` gives it."""
    click.echo(d["table"] + (f".{d['column']}" if d["column"] else ""))
    if d["inputs"]:
        more = len(d["inputs"]) - SHOWN_INPUTS
        tail = f" and {more} more" if more > 0 else ""
        click.echo(f"  comes from: {', '.join(d['inputs'][:SHOWN_INPUTS])}{tail}")
    for failing in d["failing"]:
        click.echo(f"  fails: {failing}")
    for join in d["joins"]:
        _print_join(join)
    causes = [f for f in d["findings"] if f["status"] == "held back"]
    for finding in causes:
        click.echo("")
        print_finding(finding)
    for finding in d["findings"]:
        if finding not in causes:
            click.echo(f"\n{finding['kind']} in {finding['table']}, repaired at ingest")
            _print_evidence(finding)
    if not d["failing"] and not causes:
        click.echo("  nothing fails here, nor in what feeds it")
    elif not causes:
        click.echo("  no cause of a known kind was found; `boxout validate` has the numbers")


def _print_join(join: Mapping[str, Any]) -> None:
    click.echo(
        f"  join: {join['unmatched']:,} of {join['rows']:,} rows found nothing in "
        f"{join['source']} on {join['keys']}"
    )
    if join["without_key"]:
        click.echo(f"    {join['without_key']:,} of them have no key themselves")
    for pattern in join["patterns"]:
        click.echo(f"    {_pattern(pattern)}")


def print_finding(f: Mapping[str, Any], indent: str = "") -> None:
    """Print one cause: its kind, its evidence, and what to do."""
    click.echo(f"{indent}cause: {f['kind']} in {f['table']}")
    _print_evidence(f, indent)
    click.echo(f"{indent}  to do: {f['advice']}")


def _print_evidence(f: Mapping[str, Any], indent: str = "") -> None:
    click.echo(f"{indent}  {f['what']}")
    for pattern in f["patterns"]:
        click.echo(f"{indent}    {_pattern(pattern)}")
    if f["first_date"]:
        seasons = f" ({', '.join(f['seasons'])})" if f["seasons"] else ""
        click.echo(f"{indent}  from {f['first_date']} to {f['last_date']}{seasons}")
    if f["samples"] and not f["patterns"]:
        click.echo(f"{indent}  such as: {'; '.join(f['samples'])}")
    if f["files"]:
        click.echo(f"{indent}  brought by: {_names(f['files'])}")


def _pattern(p: Mapping[str, Any]) -> str:
    samples = f", such as {', '.join(p['samples'])}" if p["samples"] else ""
    return f"{p['side']}: {p['count']:,} look like {p['form']}{samples}"


def _names(files: Sequence[str]) -> str:
    names = [Path(file).name for file in files[:3]]
    return ", ".join(names) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
