"""`ingest` and `simulate`: bring raw data in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from boxout.cli.console import notice, print_json, print_table, writing_to
from boxout.cli.options import SEED, GameDate, with_home, with_json
from boxout.errors import SourceError
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import Listener, ingest_files
from boxout.pipeline.runs import Run, shown
from boxout.sources.files.finding import find_files, printable
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@with_home
@with_json
def ingest_command(paths: tuple[Path, ...], home: str | None, as_json: bool) -> None:
    """Bring files, or folders of files, into the project.

    The shape of a file is told by its columns. Each file is loaded whole or not at all; rows
    that cannot be placed go to quarantine with their reason. A file that was ingested before
    changes nothing, a corrected one changes what differs. One that was withdrawn is left out of
    a folder, and comes back when it is named itself. The first file that is refused ends it;
    `boxout run --data` goes on with the others. `boxout run` carries what came onward.

    \b
    boxout ingest ../shared/data
    boxout ingest corrections/team_gamelogs_2023-24.parquet --home .boxout-real
    """
    files = find_files(paths)

    def refused(path: Path, error: SourceError) -> None:
        left = len(files) - files.index(path) - 1
        if left:
            notice(f"{left:,} files after it were not tried; `boxout run --data` goes on with them")
        raise error

    with (
        open_warehouse(find_home(home), create=True) as warehouse,
        shown(Run(warehouse, "ingest")) as run,
    ):
        brought = reporting_to(run, len(files))
        reports = ingest_files(
            warehouse, load_graph(), files, brought, meant=paths, on_error=refused
        )
    if as_json:
        print_json(reports)
    else:
        print_ingest(reports)


def reporting_to(run: Run, files: int) -> Listener:
    """Return a listener that prints each file, says how far the run is, and ends it when asked."""
    done = 0

    def brought(report: FileReport) -> None:
        nonlocal done
        report_file(report)
        done += not report.is_read_again
        run.progress(printable(Path(report.path.name)), done, files, (0, 1), "files")
        run.heed_stop()

    return brought


def report_file(report: FileReport) -> None:
    if report.is_withdrawn:
        notice(
            f"{report.path.name}: left out, for it was withdrawn; "
            "`boxout ingest` with its path brings it back"
        )
    if report.is_known:
        return
    rejected = sum(report.rejected.values())
    changes = f"+{report.added:,} ~{report.changed:,} -{report.removed:,}"
    tail = f", {rejected:,} in quarantine" if rejected else ""
    why = ", read again by the code of now" if report.is_read_again else ""
    notice(
        f"{report.path.name}: {report.rows:,} rows{why}, {changes} on {report.dates:,} dates{tail}"
    )


def print_ingest(reports: list[FileReport]) -> None:
    """Print what ingest did, by landing table, and why rows were refused."""
    tables: dict[str, list[int]] = {}
    for report in reports:
        if report.is_withdrawn:
            continue
        counts = (
            1,
            report.rows,
            report.added,
            report.changed,
            report.removed,
            sum(report.rejected.values()),
        )
        totals = tables.setdefault(report.table, [0] * len(counts))
        for i, count in enumerate(counts):
            totals[i] += count
    print_table(
        ["table", "files", "rows", "added", "changed", "removed", "quarantined"],
        [[name, *counts] for name, counts in sorted(tables.items())],
    )
    for report in reports:
        for reason, count in report.rejected.items():
            click.echo(f"quarantined: {count:,} rows of {report.path.name}: {reason}")


@click.command("simulate")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", type=SEED, default=7, show_default=True, help="Same seed, same league.")
@click.option("--seasons", type=click.IntRange(1, 5), default=5, show_default=True)
@click.option(
    "--size",
    type=click.Choice(["full", "small"]),
    default="full",
    show_default=True,
    help="small is a few weeks a season, for trying things out.",
)
@click.option("--until", type=GameDate(), help="Last finished game date of the last season.")
@with_json
def simulate_command(
    folder: Path, seed: int, seasons: int, size: str, until: date | None, as_json: bool
) -> None:
    """Write the files of a simulated league, in the shapes of the public sources.

    `boxout run` does this by itself when it has no data. The files are labelled as simulated,
    and everything made of them says so.

    \b
    boxout simulate /tmp/league --size small
    boxout run --data /tmp/league --home /tmp/project
    """
    from boxout.sources.simulator import simulate_league

    with writing_to(folder, "FOLDER"):
        folder.mkdir(parents=True, exist_ok=True)
        league = simulate_league(
            folder, seed=seed, seasons=seasons, size=size, last_season_until=until
        )
    if as_json:
        print_json(league)
    else:
        click.echo(
            f"simulated league (seed {seed}): {len(league.seasons)} seasons, "
            f"{league.games:,} games on {league.dates:,} dates and {league.upcoming_games} to "
            f"come, {league.players:,} players in {folder}"
        )
