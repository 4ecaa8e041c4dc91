"""`evaluate`: how good the forecasts are, by a walk through real or simulated seasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from boxout.cli.console import (
    DateProgress,
    as_plain,
    notice,
    print_json,
    print_table,
    writing_to,
)
from boxout.cli.options import with_home, with_json
from boxout.pipeline.graph import load_graph
from boxout.pipeline.preparation import prepare
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.evaluation.run import Evaluation


@click.command("evaluate")
@click.option("--season", "seasons", multiple=True, help="Season such as 2023-24; the newest.")
@click.option("--market", "markets", multiple=True, help="Market to score; all when left out.")
@click.option(
    "--with-lines", is_flag=True, help="Let the trees use betting lines seen before tip-off."
)
@click.option(
    "--before-lineups", is_flag=True, help="Forecast without knowing who starts, as in the morning."
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file to write, and JSON beside it.  [default: evaluations/ in the home]",
)
@with_home
@with_json
def evaluate_command(
    seasons: tuple[str, ...],
    markets: tuple[str, ...],
    with_lines: bool,
    before_lineups: bool,
    report_path: Path | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Forecast seasons month by month as one could have at the time, and score it all.

    Every month is forecast by trees grown on the rows before it. Scores are errors, log score,
    CRPS, coverage and calibration, by season, month and minutes, beside simple averages and the
    bookmakers; the report says plainly when the market is better.

    \b
    boxout evaluate --season 2023-24
    boxout evaluate --season 2023-24 --market pra --with-lines --report pra.html
    boxout evaluate --season 2023-24 --before-lineups
    """
    from boxout.learning.evaluation.report import html_report
    from boxout.learning.evaluation.run import EvaluateOptions, evaluate

    with open_warehouse(find_home(home)) as warehouse, DateProgress() as progress:
        prepare(warehouse, load_graph())
        evaluation = evaluate(
            warehouse,
            markets or None,
            EvaluateOptions(seasons, with_lines, before_lineups),
            listener=lambda step, done, total: progress.step(f"evaluating: {step}", done, total),
        )
        folder = warehouse.home.path / "evaluations"
    suffix = ("-with-lines" if with_lines else "") + ("-before-lineups" if before_lineups else "")
    path = report_path or folder / f"{'_'.join(evaluation.seasons)}{suffix}.html"
    with writing_to(path, "--report"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html_report(evaluation), encoding="utf-8")
        path.with_suffix(".json").write_text(
            json.dumps(evaluation, default=as_plain, indent=1) + "\n", encoding="utf-8"
        )
    if as_json:
        print_json(evaluation)
    else:
        print_evaluation(evaluation)
    notice(f"report: {path}")


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the overall scores and what the comparison with the books says."""
    label = ", on a SIMULATED league" if evaluation.is_simulated else ""
    label += ", lineups not yet known" if evaluation.before_lineups else ""
    click.echo(f"{', '.join(evaluation.seasons)}: {len(evaluation.months)} months{label}")
    scores = [market.overall for market in evaluation.markets]
    averages = list(scores[0].baselines)
    click.echo("mean absolute error on the same rows, the model's of its median")
    print_table(
        ["market", "rows", "model", *(name.replace("_", " ") for name in averages)],
        [[s.market, s.rows, s.median_mae, *(s.baselines[a] for a in averages)] for s in scores],
    )
    click.echo("as distributions; 0.8 is right for the share within p10 to p90")
    print_table(
        ["market", "CRPS", "log score", "covered", "ECE of P(over)", "RMSE", "bias"],
        [
            [s.market, s.crps, s.log_score, s.coverage, s.calibration_error, s.rmse, s.bias]
            for s in scores
        ],
    )
    for verdict in evaluation.verdicts:
        click.echo(verdict)
    if not evaluation.books:
        click.echo("no bookmaker's quote is known of these seasons")
