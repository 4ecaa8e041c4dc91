"""Evaluate: read one data version, walk through the seasons, score, compare, sum up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from boxout.errors import UsageError
from boxout.learning.boosting import BoostingOptions
from boxout.learning.evaluation.books import BookComparison, compare_with_books
from boxout.learning.evaluation.months import monthly_folds
from boxout.learning.evaluation.scores import MarketScores, score_market
from boxout.learning.evaluation.season_walk import learn_trusts, walk_months
from boxout.learning.hiding import before_lineups, hide_optional, may_be_missing
from boxout.learning.inputs import read_inputs
from boxout.learning.markets import select_markets
from boxout.learning.quotes import read_quotes
from boxout.learning.walk import Listener
from boxout.pipeline.graph import Graph, load_graph
from boxout.pipeline.ledger import create_ledger
from boxout.warehouse.ducklake import Warehouse


@dataclass(frozen=True)
class EvaluateOptions:
    """What to evaluate.

    Attributes
    ----------
    seasons
        Seasons to test on, without a gap; the newest when none is named.
    with_lines
        Whether the trees may use betting lines, where those are known to be from before
        tip-off; see `betting_lines`.
    before_lineups
        Forecast as one could before the lineups were announced: who starts is hidden.
    """

    seasons: tuple[str, ...] = ()
    with_lines: bool = False
    before_lineups: bool = False
    boosting: BoostingOptions = field(default_factory=BoostingOptions)


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes
    ----------
    months
        First and last date of each tested month, and the rows that its trees had learned from.
    markets
        Scores by market.
    books
        Comparisons with the bookmakers, of the markets that have quotes.
    verdicts
        What the comparisons say, in words.
    seconds
        Wall time by step.
    """

    seasons: tuple[str, ...]
    is_simulated: bool
    with_lines: bool
    before_lineups: bool
    data_version: int
    dataset_hash: str
    features: int
    months: tuple[tuple[date, date, int], ...]
    markets: tuple[MarketScores, ...]
    books: tuple[BookComparison, ...]
    verdicts: tuple[str, ...]
    seconds: Mapping[str, float]


def evaluate(
    warehouse: Warehouse,
    markets: Sequence[str] | None = None,
    options: EvaluateOptions | None = None,
    *,
    graph: Graph | None = None,
    listener: Listener | None = None,
) -> Evaluation:
    """Walk through seasons month by month and score every market.

    Nothing is written to the lake.

    Parameters
    ----------
    markets
        Of `markets.MARKETS`; all when none is named.
    listener
        Called with what is being done, the steps done, and their number.

    Raises
    ------
    GateError
        When a gate is closed.
    UsageError
        When a market or season is unknown, or nothing precedes the season.
    """
    options = options or EvaluateOptions()
    graph = graph or load_graph()
    selected = select_markets(markets)
    started = time.monotonic()
    create_ledger(warehouse)
    with warehouse.reading():
        inputs = read_inputs(warehouse, selected, None, None, graph, with_lines=options.with_lines)
        quotes = read_quotes(warehouse, inputs.data, [market.name for market in selected])
    data = inputs.data
    seasons = options.seasons or (str(max(data.season.tolist())),)
    folds = monthly_folds(data.game_date, data.season, seasons)
    read = time.monotonic()
    boosting = options.boosting
    matrix = hide_optional(data, may_be_missing(graph), boosting)
    if options.before_lineups:
        data = before_lineups(data)
    walked = walk_months(data, matrix, folds, selected, boosting, listener or _silent)
    walk = time.monotonic()
    scores = [score for each in walked if (score := score_market(data, each))]
    if not scores:
        raise UsageError(
            "No player has enough earlier games in these seasons to be scored.",
            ", ".join(seasons),
            "Choose a season with more games.",
        )
    trusts = learn_trusts(walked, inputs.lines)
    books = [
        comparison
        for each in walked
        if (name := each.market.name)
        and (
            comparison := compare_with_books(
                data, each, quotes[name], inputs.lines[name], trusts[name]
            )
        )
    ]
    seconds = {
        "read": read - started,
        "walk": walk - read,
        "score": time.monotonic() - walk,
    }
    return Evaluation(
        tuple(sorted(seasons)),
        inputs.is_simulated,
        options.with_lines,
        options.before_lineups,
        inputs.data_version,
        inputs.data.fingerprint(),
        len(data.features),
        tuple((f.first_date, f.last_date, f.train_rows) for f in folds if f.number),
        tuple(scores),
        tuple(books),
        tuple(f"{each.market}: {each.verdict}" for each in books),
        {name: round(value, 2) for name, value in seconds.items()},
    )


def _silent(step: str, done: int, total: int) -> None:
    pass
