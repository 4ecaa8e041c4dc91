"""`run`: the main job, from raw files to graded predictions, in one command."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boxout.cli.console import notice, percent, print_by_season, print_json
from boxout.cli.models import print_grades, print_training, train_with_progress
from boxout.cli.options import SEED, with_home, with_json
from boxout.cli.sources import print_ingest, reporting_to
from boxout.cli.tables import print_run, run_with_progress
from boxout.errors import HELD_BACK, GateError, SourceError, UnknownShapeError
from boxout.orchestration.first_tables import create_first_tables
from boxout.pipeline.arrivals import FileReport
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import SIMULATED, is_simulated_league, read_property
from boxout.pipeline.preparation import prepare
from boxout.pipeline.run import RunReport
from boxout.pipeline.runs import Run, shown
from boxout.pipeline.stopping import heed_signals, heed_stop
from boxout.sources.files.finding import find_files, reader_of
from boxout.sources.files.reading import is_simulated
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import Home, find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.predict import PredictionReport

MATCHED = "matched"


@dataclass
class JobReport:
    """What the job did; parts that were not reached are None."""

    home: Path
    simulated: bool = False
    files: list[FileReport] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    tables: RunReport | None = None
    matched: list[dict[str, Any]] = field(default_factory=list)
    training: Any = None
    held_back: str | None = None
    predicted: Any = None
    grades: Any = None
    seconds: dict[str, float] = field(default_factory=dict)


@click.command("run")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="File or folder of raw data; a simulated league when there is none.",
)
@click.option(
    "--seed", type=SEED, default=7, show_default=True, help="Seed of the simulated league."
)
@click.option("--no-train", is_flag=True, help="Stop after the tables.")
@with_home
@with_json
def run_command(
    data: tuple[Path, ...], seed: int, no_train: bool, home: str | None, as_json: bool
) -> None:
    """Do the main job: ingest, tables, contracts, training, predictions, grades, report.

    Repeating it does only what is new. Without --data it works on what has been ingested, and
    in a new project on a simulated league, which is labelled as such everywhere.

    \b
    boxout run
    boxout run --data ../shared/data --home .boxout-real
    """
    clock = _Clock()
    graph = load_graph()
    project = find_home(home)
    _keep_simulated_league_apart(project, data, home)
    report = JobReport(project.path)
    with open_warehouse(project, create=True) as warehouse, heed_signals():
        created = create_first_tables(warehouse, graph)
        prepare(warehouse, graph)
        _bring_in(warehouse, graph, _files(warehouse, data, seed, report), report)
        clock.lap("ingest")
        report.simulated = is_simulated_league(warehouse)
        report.tables = run_with_progress(
            warehouse, graph, graph.computed, RunOptions(), "run", created
        )
        clock.lap("tables")
        report.matched = _matched(warehouse)
        if not no_train:
            heed_stop()
            _learn(warehouse, graph, report)
            clock.lap("learning")
    report.seconds = clock.seconds
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if report.held_back or report.tables.held_back:
        raise click.exceptions.Exit(HELD_BACK)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name] = round(now - self._since, 2)
        self._since = now


def _keep_simulated_league_apart(project: Home, data: tuple[Path, ...], home: str | None) -> None:
    """Move a simulated project aside when real data comes to the default folder."""
    if not data or home or not project.exists():
        return
    with open_warehouse(project) as warehouse:
        prepare(warehouse, load_graph())
        if not is_simulated_league(warehouse):
            return
        parquet = [path for path in find_files(data) if reader_of(path) == "read_parquet"]
        if not parquet or is_simulated(warehouse.connection, parquet[0]):
            return
    aside = project.path.with_name(f"{project.path.name}-simulated")
    number = 1
    while aside.exists():
        number += 1
        aside = project.path.with_name(f"{project.path.name}-simulated-{number}")
    project.path.rename(aside)
    notice(f"the simulated league that was in {project.path} is now in {aside}")


def _files(
    warehouse: Warehouse, data: tuple[Path, ...], seed: int, report: JobReport
) -> list[Path]:
    if data:
        return find_files(data)
    label = read_property(warehouse, SIMULATED)
    if label is not None:
        return []  # the project has its data: bring its tables up to date
    from boxout.sources.simulator import simulate_league

    notice("no --data: simulating a league (labelled as such everywhere)")
    simulate_league(warehouse.home.simulated, seed=seed)
    return find_files([warehouse.home.simulated])


def _bring_in(warehouse: Warehouse, graph: Graph, files: list[Path], report: JobReport) -> None:
    problems: list[SourceError] = []

    def refused(path: Path, error: SourceError) -> None:
        if not isinstance(error, UnknownShapeError):
            problems.append(error)
            notice(f"error: {error}")
        elif len(files) == 1:
            raise error
        else:
            report.skipped.append(str(path))
            notice(f"{path.name}: left out, of no known shape")
        heed_stop()

    with shown(Run(warehouse, "run")) as run:
        brought = reporting_to(run, len(files))
        report.files += ingest_files(warehouse, graph, files, brought, on_error=refused)
    if problems:
        raise SourceError(
            f"{len(problems)} of {len(files)} files could not be ingested; the others were.",
            ", ".join(error.where for error in problems),
            "Mend or remove them and run again.",
        )


def _matched(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The shares of rows that found their game and player, each a contract of its own."""
    return warehouse.records(
        "SELECT table_name, season, total - failing AS good, total, at_least, passed "
        "FROM lake.ledger.check_results "
        "WHERE scope = 'season' AND check_name LIKE $1 AND total > 0 "
        "ORDER BY table_name, season",
        [f"%{MATCHED}%"],
    )


def _learn(warehouse: Warehouse, graph: Graph, report: JobReport) -> None:
    """Train, predict and grade what is due; what a gate holds back keeps no other step back."""
    from boxout.learning.registry import list_models

    held_back: list[str] = []
    for step in (_train, _predict, _grade):
        if step is not _train and not list_models(warehouse):
            break
        try:
            step(warehouse, graph, report)
        except GateError as error:
            held_back.append(str(error))
    report.held_back = "\n".join(held_back) or None


def _train(warehouse: Warehouse, graph: Graph, report: JobReport) -> None:
    from boxout.learning.freshness import is_trained_on, note_training, training_fingerprint
    from boxout.learning.train import TrainOptions

    fingerprint = training_fingerprint(warehouse, graph)
    if not is_trained_on(warehouse, fingerprint):
        report.training = train_with_progress(warehouse, None, TrainOptions())
        note_training(warehouse, fingerprint)


def _predict(warehouse: Warehouse, graph: Graph, report: JobReport) -> None:
    from boxout.orchestration.learning_round import predict_coming

    report.predicted = predict_coming(warehouse, graph)


def _grade(warehouse: Warehouse, graph: Graph, report: JobReport) -> None:
    from boxout.learning.freshness import grading_fingerprint, is_graded_on
    from boxout.learning.grade import GradeReport, summarise
    from boxout.learning.storage import Written
    from boxout.orchestration.learning_round import grade_finished

    if is_graded_on(warehouse, grading_fingerprint(warehouse, graph)):
        report.grades = GradeReport(None, None, Written(0, 0, 0), (), summarise(warehouse))
    else:
        report.grades = grade_finished(warehouse, graph)


def _print_report(report: JobReport) -> None:
    label = "SIMULATED league" if report.simulated else "real data"
    click.echo(f"\nboxout run: {label}, project {report.home}")
    changed = [f for f in report.files if not f.is_known]
    if changed:
        click.echo(f"\n1 ingest ({report.seconds['ingest']} s)")
        print_ingest(changed)
    if report.tables:
        click.echo(f"\n2-4 raw, analytics, precompute ({report.seconds['tables']} s)")
        print_run(report.tables)
    click.echo("\nmatched to their game and player, share of rows")
    print_by_season(
        ["rows of", "needed"],
        (
            ([c["table_name"], f"{100 * c['at_least']:g}%"], c["season"], _share(c))
            for c in report.matched
        ),
    )
    if "learning" in report.seconds:
        click.echo(f"\n5 learning ({report.seconds['learning']} s)")
        _print_learning(report)
    click.echo(
        f"\ndone in {sum(report.seconds.values()):.1f} s. Look next: `boxout validate`, "
        "`boxout status`, `boxout slate`, `boxout models`"
    )


def _share(result: dict[str, Any]) -> str:
    verdict = "pass" if result["passed"] else "FAIL"
    return f"{percent(result['good'], result['total'])} {verdict}"


def _print_learning(report: JobReport) -> None:
    if report.held_back:
        click.echo(report.held_back)
    if report.training:
        print_training(report.training)
    elif not report.held_back:
        click.echo("the newest model was trained on just this data")
    if report.predicted:
        _print_predicted(report.predicted)
    if report.grades:
        click.echo("graded")
        print_grades(report.grades)


def _print_predicted(predicted: PredictionReport) -> None:
    from boxout.learning.slate import nobody_known

    day, players = predicted.game_date, predicted.player_games
    click.echo(f"predicted {day}: {players:,} players" if players else nobody_known(day))
