"""Everything that training reads, of one data version, behind the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from boxout.learning.dataset import Dataset, load_dataset
from boxout.learning.gates import Readiness, readiness, require_games, require_ready
from boxout.learning.lines import BooksLines, lines_by_market
from boxout.learning.markets import Market, with_parts
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import create_ledger, is_simulated_league
from boxout.warehouse.ducklake import Warehouse


@dataclass(frozen=True)
class Inputs:
    """What training reads.

    Attributes
    ----------
    data_version
        The lake's snapshot that all of it is from.
    lines
        The books' line by market, one element a row of the data.
    is_simulated
        Whether the project runs on a simulated league.
    """

    readiness: Readiness
    data_version: int
    data: Dataset
    lines: Mapping[str, BooksLines]
    is_simulated: bool


def read_inputs(
    warehouse: Warehouse,
    markets: Sequence[Market],
    start: date | None,
    end: date | None,
    graph: Graph,
    *,
    with_lines: bool = False,
) -> Inputs:
    """Ask the gates and read the training rows, in one data version.

    Outcomes are read of the markets and of the single statistics that they are made of.

    Raises
    ------
    GateError
        When a gate is closed.
    UsageError
        When the range has no finished game and others have.
    BoxoutError
        When there is no row to train on.
    """
    names = [market.name for market in markets]
    create_ledger(warehouse)
    with warehouse.reading():
        answer = readiness(warehouse, names, start=start, end=end, graph=graph)
        require_games(warehouse, answer)
        require_ready(answer)
        assert answer.first_date
        assert answer.last_date
        first, last = answer.first_date, answer.last_date
        read = tuple(dict.fromkeys((*with_parts(markets), *markets)))
        data = load_dataset(warehouse, read, first, last, with_lines=with_lines)
        lines = lines_by_market(warehouse, data, names)
        is_simulated = is_simulated_league(warehouse)
        return Inputs(answer, warehouse.version(), data, lines, is_simulated)
