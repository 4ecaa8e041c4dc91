"""`rehearse`: play a fault on a copy of a project and show how it is handled."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from boxout.cli.console import notice, print_json, print_table, writing_to
from boxout.cli.diagnosis import print_finding
from boxout.cli.incidents import duration
from boxout.cli.options import SEED, with_json
from boxout.errors import UsageError
from boxout.pipeline.graph import Graph, load_graph
from boxout.warehouse.home import Home, find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.rehearsal.rehearse import Rehearsal

FAILED = 1
INCIDENT = "game-id-format"


@click.command("rehearse")
@click.argument("faults", nargs=-1, metavar="[FAULT]...")
@click.option("--list", "list_faults", is_flag=True, help="List the faults that can be played.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Play on a project built from these files.",
)
@click.option(
    "--seed", type=SEED, default=7, show_default=True, help="Seed of the simulated league."
)
@click.option("--train", is_flag=True, help="Ask for a model while it is broken, and after.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder to play in, to look around in afterwards.",
)
@click.option(
    "--home",
    metavar="FOLDER",
    help="A project to play on a copy of; a small simulated league when left out.",
)
@with_json
def rehearse_command(
    faults: tuple[str, ...],
    list_faults: bool,
    data: tuple[Path, ...],
    seed: int,
    train: bool,
    keep: Path | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Play FAULTs on a copy of a project and show how each is noticed, named and repaired.

    Without --home or --data it plays on a small simulated league; with --home on a copy of that
    project, which is only read. `all` plays every fault. The exit code is 1 when one is not
    handled as promised.

    \b
    boxout rehearse game-id-format
    boxout rehearse partial-write kill-mid-run --home .boxout-real
    boxout rehearse --list
    """
    from boxout.rehearsal.events import EVENTS
    from boxout.rehearsal.faults import BY_NAME

    known = [*BY_NAME, *EVENTS]
    if list_faults:
        _print_faults(as_json)
        return
    names = known if "all" in faults else list(faults)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(
            f"There is no fault {unknown[0]!r}." if unknown else "No fault is named.",
            ", ".join(known),
            "Name one of these, or `all`; `boxout rehearse --list` says what each is.",
        )
    if data and home:
        raise UsageError("--data and --home exclude each other.", "", "Leave one of them out.")
    graph = load_graph()
    with ExitStack() as stack:
        folder = _folder(keep, stack)
        notice("preparing the copy ...")
        project = _project(graph, folder, data, home, seed)
        results = [_play(graph, project, name, folder, train, as_json) for name in names]
    if as_json:
        print_json([{"passed": r.passed, "rehearsal": r} for r in results])
    elif len(results) > 1:
        _print_summary(results)
    if not all(result.passed for result in results):
        raise click.exceptions.Exit(FAILED)


def _folder(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="boxout-rehearsal-")))
    with writing_to(keep, "--keep"):
        if keep.exists() and any(keep.iterdir()):
            raise UsageError("The folder is not empty.", str(keep), "Name a new one with --keep.")
        keep.mkdir(parents=True, exist_ok=True)
    return keep.absolute()


def _project(
    graph: Graph, folder: Path, data: tuple[Path, ...], home: str | None, seed: int
) -> Home:
    from boxout.rehearsal.stage import build_project, copy_project, simulate_project

    if data:
        return build_project(graph, data, folder / "home")
    if home:
        return copy_project(find_home(home), folder / "home")
    return simulate_project(graph, folder, seed)


def _play(
    graph: Graph, project: Home, name: str, folder: Path, train: bool, as_json: bool
) -> Rehearsal:
    from boxout.rehearsal.events import EVENTS
    from boxout.rehearsal.faults import BY_NAME
    from boxout.rehearsal.rehearse import rehearse_fault, settle

    with open_warehouse(project) as warehouse:
        settle(warehouse, graph)
        spoiled = folder / "spoiled" / name
        if name in EVENTS:
            result = EVENTS[name](warehouse, graph, spoiled)
        else:
            result = rehearse_fault(warehouse, graph, BY_NAME[name], spoiled, train=train)
    if not as_json:
        _print_rehearsal(result)
    return result


def _print_faults(as_json: bool) -> None:
    from boxout.rehearsal.events import EVENTS
    from boxout.rehearsal.faults import FAULTS

    rows = [[f.name, f.kind, f.status, f.what] for f in FAULTS]
    rows += [[name, "-", "-", str(event.__doc__)] for name, event in EVENTS.items()]
    if as_json:
        heads = ("fault", "cause", "status", "what")
        print_json([dict(zip(heads, row, strict=True)) for row in rows])
    else:
        print_table(["fault", "cause to be named", "then", "what happens"], rows)


def _print_rehearsal(r: Rehearsal) -> None:
    click.echo(f"\n{r.fault}: {r.what}")
    for planted in r.planted:
        click.echo(f"  planted: {planted}")
    after = f" after {duration(r.noticed_seconds)}" if r.noticed_seconds is not None else ""
    click.echo(f"  noticed: {r.noticed or 'NOT AT ALL'}{after}")
    for incident in r.incidents:
        season = f" {incident.season}" if incident.season else ""
        click.echo(f"    {incident.incident_id} {incident.table}{season}: {incident.check}")
    if r.held_back:
        click.echo(f"  held back: {r.held_back:,} partitions")
    click.echo(f"  wrong rows published: {_wrong(r)}")
    if r.renamed_rows:
        click.echo(
            f"  {r.renamed_rows:,} rows go by game ids of our own while no source has the NBA's"
        )
    for finding in r.findings[:1]:
        print_finding(finding, "  ")
    if not r.is_named:
        click.echo(f"  NOT NAMED RIGHT: it was {r.expected}")
    for fact in r.facts:
        click.echo(f"  {fact}")
    if r.repaired_seconds is not None:
        click.echo(f"  repaired: {duration(r.repaired_seconds)} after the mended file came")
    click.echo(f"  restored: {_restored(r)}")
    for said in r.trained:
        click.echo(f"  training {said}")
    if r.fault == INCIDENT:
        _print_timeline(r)


def _wrong(r: Rehearsal) -> str:
    if not r.wrong_rows:
        return "0"
    return ", ".join(f"{count:,} of {table}" for table, count in r.wrong_rows.items())


def _restored(r: Rehearsal) -> str:
    if r.differences == 0:
        return "every partition holds what it held before"
    return f"NOT: {r.differences} partitions differ"


def _print_timeline(r: Rehearsal) -> None:
    """Print the incident as it was beside how it went here."""
    noticed, stopped, repaired = (
        "-" if seconds is None else duration(seconds)
        for seconds in (r.noticed_seconds, r.stopped_seconds, r.repaired_seconds)
    )
    trained = (
        r.trained[-1].removeprefix("after the repair: ") if r.trained else "not asked: --train"
    )
    click.echo("")
    print_table(
        ["", "then", "here"],
        [
            ["noticed", "after 2.5 h, by a person", f"after {noticed}, by its contract"],
            [
                "stopped",
                "a process killed by its PID",
                f"after {stopped}, {r.held_back:,} partitions held back",
            ],
            ["wrong rows published", "118,423", _wrong(r)],
            ["cleaned up", "deleted by hand", "nothing to delete"],
            ["cause", "found by typing queries", ", ".join(r.causes) or "-"],
            [
                "fixed",
                "table rebuilt in 30 min, features in 8 h",
                f"{repaired} after the mended file came",
            ],
            ["restored", "checked with a typed query", _restored(r)],
            ["trained", "a night later", trained],
        ],
    )


def _print_summary(results: list[Rehearsal]) -> None:
    click.echo("")
    print_table(
        ["fault", "noticed", "s", "wrong rows", "named", "restored", "passed"],
        [
            [
                r.fault,
                r.noticed or "-",
                r.noticed_seconds,
                sum(r.wrong_rows.values()),
                ", ".join(r.causes) or "-",
                r.differences == 0,
                r.passed,
            ]
            for r in results
        ],
    )
