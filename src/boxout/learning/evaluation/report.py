"""The report of an evaluation: one HTML page to read, from the same facts as the JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from boxout.learning.evaluation.books import BookComparison
from boxout.learning.evaluation.charts import lines_plot, reliability_plot
from boxout.learning.evaluation.run import Evaluation
from boxout.learning.evaluation.scores import MONTH, OVERALL, MarketScores, Score
from boxout.learning.paired import MeanWithError

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:right}
th:first-child,td:first-child{text-align:left}
.label{background:#fff3cd;padding:.5rem 1rem}
.wide{overflow-x:auto}
"""
NOTE = (
    "A forecast is no promise. Past returns say little about those to come, the books limit who "
    "wins, and a chance of 60% fails four times in ten. Bet only what you can lose; where it is "
    "no longer play, stop and get help."
)


def html_report(evaluation: Evaluation) -> str:
    """Return the page."""
    title = f"Forecasts of {', '.join(evaluation.seasons)}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        '<p class="label">On a <strong>simulated</strong> league.</p>'
        if evaluation.is_simulated
        else "",
        _about(evaluation),
        "<h2>Against the simple averages</h2>",
        "<p>Mean absolute error, in the market's unit, on rows of players with five or more "
        "earlier games in the season. The model's is that of its median.</p>",
        _averages(evaluation.markets),
        "<h2>As distributions</h2>",
        "<p>CRPS is the mean absolute error's likeness for a distribution, 80% intervals should "
        "cover 80%, and ECE is the mean gap between a chance of over and how often it was, on "
        "lines at, below and above the last-10 average.</p>",
        _distributions(evaluation.markets),
        "<h2>Against the bookmakers</h2>",
        _books(evaluation.books),
        *(_market(each) for each in evaluation.markets),
        "<h2>What this is not</h2>",
        f"<p>{escape(NOTE)}</p>",
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _about(evaluation: Evaluation) -> str:
    lines = "with betting lines" if evaluation.with_lines else "no betting line"
    if evaluation.before_lineups:
        lines += ", lineups not yet known"
    return (
        f"<p>{len(evaluation.months)} months, each forecast by trees grown on all rows before "
        f"it: {evaluation.features} features, {lines} among them. Data version "
        f"{evaluation.data_version}, rows <code>{evaluation.dataset_hash[:12]}</code>.</p>"
    )


def _averages(markets: Sequence[MarketScores]) -> str:
    names = list(markets[0].overall.baselines)
    return _table(
        ["market", "rows", "model", *(name.replace("_", " ") for name in names)],
        (
            [each.market, o.rows, o.median_mae, *(o.baselines[name] for name in names)]
            for each in markets
            for o in [each.overall]
        ),
    )


def _distributions(markets: Sequence[MarketScores]) -> str:
    return _table(
        ["market", "CRPS", "log score", "80% covers", "ECE", "RMSE", "bias"],
        (
            [
                each.market,
                o.crps,
                o.log_score,
                f"{100 * o.coverage:.1f}%",
                f"{100 * o.calibration_error:.2f}%",
                o.rmse,
                o.bias,
            ]
            for each in markets
            for o in [each.overall]
        ),
    )


def _books(books: Sequence[BookComparison]) -> str:
    if not books:
        return "<p>No bookmaker's quote is known of these seasons, so nothing is compared.</p>"
    parts = []
    for each in books:
        parts.append(
            f"<h3>{escape(each.market)}</h3><p><strong>{escape(each.verdict)}</strong></p>"
        )
        parts.append(
            _table(
                ["", "model", "books", "difference"],
                [
                    [
                        "absolute error of the median (line)",
                        each.model_mae,
                        each.line_mae,
                        interval(each.mae_difference),
                    ],
                    [
                        "log loss of over (price without margin)",
                        each.model_log_loss,
                        each.market_log_loss,
                        interval(each.log_loss_difference),
                    ],
                ],
            )
        )
        parts.append(
            f"<p>{each.quotes:,} quotes on {each.player_games:,} player games of {each.dates} "
            f"dates; games of one date count as one when intervals are reckoned. ECE of the "
            f"model's chance on these quotes: {100 * each.calibration_error:.2f}%. "
            f"{each.bets:,} bets at the best price: return {interval(each.profit, percent=True)} "
            f"a unit staked. {each.left_out:,} quotes are left out, far from the others or on a "
            "line that would pay whoever took both sides. "
            f"Closing line value: {interval(each.closing_value, percent=True)}. "
            f"Of {100 * each.unknown_tipoff:.0f}% of the quotes no source says that they were "
            "before tip-off. The features know who is listed for the game, which may have come "
            "out after a quote.</p>"
        )
    return "".join(parts)


def interval(mean: MeanWithError | None, *, percent: bool = False) -> str:
    """Write a mean with its 95% interval and its sample, or say that there is none."""
    if mean is None:
        return "not known"
    numbers = [mean.mean] if mean.low is None else [mean.mean, mean.low, mean.high]
    text = [
        f"{100 * number:+.1f}%" if percent else f"{number:+.4f}"
        for number in numbers
        if number is not None
    ]
    spread = f" ({text[1]} to {text[2]})" if len(text) == 3 else ", too few dates for an interval"
    return f"{text[0]}{spread}, n = {mean.rows:,} on {mean.dates} dates"


def _market(market: MarketScores) -> str:
    months = [score for score in market.scores if score.kind == MONTH]
    series = {"model": [score.median_mae for score in months]}
    for name in ("last_10_games", "season_average"):
        series[name.replace("_", " ")] = [score.baselines[name] for score in months]
    labels = [score.scope[2:] for score in months]
    plots = reliability_plot(f"{market.market}: P(over)", market.reliability) + lines_plot(
        f"{market.market}: mean absolute error by month", labels, series, "error"
    )
    others = [score for score in market.scores if score.kind != OVERALL]
    return f"<h2>{escape(market.market)}</h2>{plots}{_scores(others)}"


def _scores(scores: Sequence[Score]) -> str:
    return _table(
        ["", "rows", "MAE", "RMSE", "bias", "CRPS", "log score", "covers", "ECE", "last 10"],
        (
            [
                f"{s.kind} {s.scope}",
                s.rows,
                s.median_mae,
                s.rmse,
                s.bias,
                s.crps,
                s.log_score,
                f"{100 * s.coverage:.1f}%",
                f"{100 * s.calibration_error:.2f}%",
                s.baselines["last_10_games"],
            ]
            for s in scores
        ),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
