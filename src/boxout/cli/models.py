"""`train`, `predict`, `grade` and `models`: from features to graded predictions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from boxout.cli.console import (
    DateProgress,
    notice,
    print_json,
    print_label,
    print_labelled_json,
    print_table,
)
from boxout.cli.goalposts import print_goalposts
from boxout.cli.options import GameDate, check_range, with_home, with_json, with_range
from boxout.errors import UsageError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.preparation import prepare
from boxout.pipeline.stopping import heed_signals
from boxout.warehouse.ducklake import Warehouse
from boxout.warehouse.home import find_home
from boxout.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from boxout.learning.evaluate import Metric
    from boxout.learning.grade import GradeReport
    from boxout.learning.train import TrainingReport, TrainOptions

SHOWN_PREDICTIONS = 10


@click.command("train")
@click.option("--market", "markets", multiple=True, help="Market to train; all when left out.")
@with_range
@with_home
@with_json
def train_command(
    markets: tuple[str, ...],
    start_date: date | None,
    end_date: date | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Train XGBoost on the feature store, if every season passes its gates (else exit code 3).

    Walks forward by date to compare itself with the last-10, season and recency-weighted
    averages on the same rows, then learns from everything and writes a model card.

    \b
    boxout train
    boxout train --market points --market pra --start-date 2022-10-18
    """
    from boxout.learning.train import TrainOptions

    check_range(start_date, end_date)
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        report = train_with_progress(
            warehouse, markets or None, TrainOptions(start=start_date, end=end_date)
        )
    if as_json:
        print_json(report)
    else:
        print_training(report)


def train_with_progress(
    warehouse: Warehouse, markets: tuple[str, ...] | None, options: TrainOptions
) -> TrainingReport:
    """Train, and show each step."""
    from boxout.learning.train import train

    with DateProgress() as progress, heed_signals():
        return train(
            warehouse,
            markets,
            options,
            listener=lambda step, done, total: progress.step(f"training: {step}", done, total),
        )


def print_training(report: TrainingReport) -> None:
    """Print a model's scores beside the baselines', and where its card is."""
    training = "new model" if report.is_new else "the same data and code had given this model"
    label = ", on a SIMULATED league" if report.model.is_simulated else ""
    click.echo(f"{report.model.model_id}: {training}{label}")
    click.echo(
        f"trained on {report.model.train_rows:,} player games, {report.model.train_start} to "
        f"{report.model.train_end}, in {sum(report.seconds.values()):.1f} s"
    )
    click.echo("mean absolute error, walking forward by date, on the same rows")
    print_metrics(report.metrics, "overall")
    if any(metric.scope == "with a line" for metric in report.metrics):
        click.echo("on rows that the books have a line on")
        print_metrics(report.metrics, "with a line")
    print_goalposts(report.readiness.goalposts)
    for outcome in dict.fromkeys(decision.outcome for decision in report.decisions):
        those = [d for d in report.decisions if d.outcome == outcome]
        markets = ", ".join(d.market for d in those)
        what = "champion" if those[0].is_promotion else "no champion"
        click.echo(f"{what} ({outcome}) of {markets}: `boxout models --history` says why")
    if report.let_go:
        click.echo(
            f"let go of the walks of superseded models, their scores stay on their cards: "
            f"{', '.join(report.let_go)}"
        )
    click.echo(f"model card: {report.folder / 'model_card.md'}")


def print_metrics(metrics: tuple[Metric, ...], scope: str) -> None:
    """Print the mean absolute error of each method, a market a line."""
    chosen = [metric for metric in metrics if metric.scope == scope]
    methods = list(dict.fromkeys(metric.method for metric in chosen))
    markets = list(dict.fromkeys(metric.market for metric in chosen))
    error = {(m.market, m.method): m.mae for m in chosen}
    rows = {m.market: m.rows for m in chosen}
    print_table(
        ["market", "rows", *(method.replace("_", " ") for method in methods)],
        [[market, rows[market], *(error.get((market, m)) for m in methods)] for market in markets],
    )


@click.command("predict")
@click.option(
    "--date", "game_date", type=GameDate(), required=True, help="Game date, played or to come."
)
@click.option("--model", "model_id", help="Model id; each market's champion when left out.")
@with_home
@with_json
def predict_command(game_date: date, model_id: str | None, home: str | None, as_json: bool) -> None:
    """Write predictions for the games of a date into learning.predictions.

    Of a game that is played, what the model had predicted out of sample is kept.

    \b
    boxout predict --date 2026-01-31
    """
    from boxout.learning.predict import predict, read_predictions
    from boxout.learning.slate import nobody_known

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        report = predict(warehouse, game_date, model_id)
        rows = read_predictions(warehouse, game_date, models=report.models)
        is_simulated = is_simulated_league(warehouse)
    if as_json:
        print_labelled_json({"report": report, "predictions": rows}, is_simulated)
        return
    print_label(is_simulated)
    click.echo(
        f"{report.model_id}: {len(rows):,} predictions of {report.player_games:,} players in "
        f"{report.games} games on {game_date}"
    )
    if not report.player_games:
        click.echo(nobody_known(game_date))
    if report.kept_out_of_sample:
        notice(f"{report.kept_out_of_sample:,} of played games are kept as predicted before")
    if report.is_in_sample:
        notice(
            "the model has learned from this date or later ones: "
            "what it predicts of games already played proves nothing"
        )
    top = [row for row in rows if row["market"] == "points"] or rows
    print_table(
        ["player", "market", "predicted", "p10", "p50", "p90", "line", "over"],
        [
            [
                row["player_name"] or str(row["player_id"]),
                row["market"],
                *(row[c] for c in ("predicted", "p10", "p50", "p90", "line", "over_probability")),
            ]
            for row in top[:SHOWN_PREDICTIONS]
        ],
    )
    if len(rows) > SHOWN_PREDICTIONS:
        click.echo(f"... all {len(rows):,} are in learning.predictions; --json prints them")


@click.command("grade")
@click.option("--date", "game_date", type=GameDate(), help="One game date.")
@with_range
@with_home
@with_json
def grade_command(
    game_date: date | None,
    start_date: date | None,
    end_date: date | None,
    home: str | None,
    as_json: bool,
) -> None:
    """Score predictions against what happened, and against the lines that exist.

    \b
    boxout grade
    boxout grade --date 2026-01-31
    """
    from boxout.learning.grade import grade, in_words

    if game_date and (start_date or end_date):
        raise UsageError("--date and a range exclude each other.", "", "Give one of them.")
    check_range(start_date, end_date)
    first, last = game_date or start_date, game_date or end_date
    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        report = grade(warehouse, first, last)
        is_simulated = is_simulated_league(warehouse)
    if as_json:
        print_labelled_json(vars(report), is_simulated)
    else:
        print_label(is_simulated)
        print_grades(report)
        if not report.summaries and not report.held_back:
            click.echo(f"no forecast {in_words(first, last)} is of a finished game")


def print_grades(report: GradeReport) -> None:
    """Print the scores of each model and market."""
    print_table(
        [
            "model",
            "market",
            "in sample",
            "graded",
            "MAE",
            "bias",
            "in p10-p90",
            "lines",
            "line MAE",
            "hit rate",
        ],
        [
            [
                s.model_id,
                s.market,
                "yes" if s.is_in_sample else "no",
                s.graded,
                s.mae,
                s.bias,
                s.coverage,
                s.lined,
                s.line_mae,
                s.hit_rate,
            ]
            for s in report.summaries
        ],
    )
    if report.held_back:
        notice(f"{len(report.held_back)} dates are not graded: their outcomes are not ready")


@click.command("models")
@click.option("--history", is_flag=True, help="Who was champion when, and why; refusals, too.")
@with_home
@with_json
def models_command(history: bool, home: str | None, as_json: bool) -> None:
    """List the trained models, oldest first, and of which markets each is champion.

    \b
    boxout models
    boxout models --history
    """
    from boxout.cli.champions import print_decisions
    from boxout.learning.champions.decisions import read_decisions, read_lineup
    from boxout.learning.registry import list_models

    with open_warehouse(find_home(home)) as warehouse:
        prepare(warehouse, load_graph())
        models = list_models(warehouse)
        champion_of = read_lineup(warehouse).markets_of
        decisions = read_decisions(warehouse) if history else ()
        folder = warehouse.home.models
    if as_json:
        listed = [{**vars(m), "champion_of": champion_of.get(m.model_id, ())} for m in models]
        print_json(decisions if history else listed)
        return
    if not models:
        click.echo("no model yet: `boxout train`")
    if history:
        print_decisions(decisions)
        return
    print_table(
        [
            "model",
            "trained",
            "champion of",
            "from",
            "to",
            "rows",
            "features",
            "data version",
            "simulated",
            "card",
        ],
        [
            [
                m.model_id,
                f"{m.trained_at:%Y-%m-%d %H:%M}",
                _which(m.markets.split(","), champion_of.get(m.model_id, ())),
                str(m.train_start),
                str(m.train_end),
                m.train_rows,
                m.features,
                m.data_version,
                "yes" if m.is_simulated else "no",
                str(folder / m.folder / "model_card.md"),
            ]
            for m in models
        ],
    )


def _which(forecast: Sequence[str], champion_of: Sequence[str]) -> str:
    """Say of which of its markets a model is champion."""
    if len(champion_of) == len(forecast):
        return f"all {len(forecast)}" if len(forecast) > 1 else forecast[0]
    return ",".join(champion_of) or "-"
