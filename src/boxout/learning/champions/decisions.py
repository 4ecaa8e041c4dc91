"""The record of who became champion of a market, when and why; rows are only ever added.

A market's champion is the last model that was let in, and a decision to roll back takes the
last one out again. Decisions to refuse are kept, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from boxout.learning.markets import MARKET_NAMES
from boxout.learning.registry import ModelRecord, list_models
from boxout.learning.storage import CHAMPIONS
from boxout.warehouse.ducklake import LAKE, Warehouse

FIRST, REFIT, WON, FORCED = "first", "refit", "won", "forced"
ROLLED_BACK, REFUSED = "rolled back", "refused"


@dataclass(frozen=True)
class Decision:
    """One row of `learning.champions`; its columns say what each is."""

    decision: int
    market: str
    model_id: str
    replaces: str | None
    outcome: str
    shared_rows: int | None
    shared_dates: int | None
    difference: float | None
    low: float | None
    high: float | None
    decided_at: datetime
    who: str
    reason: str

    @property
    def is_promotion(self) -> bool:
        """Whether the model became champion by it."""
        return self.outcome != REFUSED


@dataclass(frozen=True)
class Lineup:
    """The champions of a moment.

    Attributes
    ----------
    of_market
        Model id by market, in the markets' usual order.
    """

    of_market: Mapping[str, str]

    @property
    def markets_of(self) -> dict[str, tuple[str, ...]]:
        """The markets by model id."""
        models: dict[str, list[str]] = {}
        for market, model_id in self.of_market.items():
            models.setdefault(model_id, []).append(market)
        return {model_id: tuple(markets) for model_id, markets in models.items()}

    @property
    def name(self) -> str:
        """One word for the whole: a model's id, or each model's with its markets."""
        markets_of = self.markets_of
        if len(markets_of) < 2:
            return "".join(markets_of)
        return "+".join(f"{model}:{','.join(those)}" for model, those in markets_of.items())


def read_decisions(warehouse: Warehouse) -> tuple[Decision, ...]:
    """Return every decision, oldest first."""
    if not warehouse.has_table(CHAMPIONS.name):
        return ()
    names = ", ".join(name for name, _, _ in CHAMPIONS.columns)
    return tuple(
        Decision(**row)
        for row in warehouse.records(
            f"SELECT {names} FROM {LAKE}.{CHAMPIONS.name} ORDER BY decision"
        )
    )


def reigns(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """Return by market the decisions that count: the champion's last, those before it first."""
    stacks: dict[str, list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault(decision.market, [])
        if decision.outcome == ROLLED_BACK and len(stack) > 1:
            stack.pop()
            stack[-1] = replace(decision, replaces=stack[-1].replaces)
        elif decision.outcome not in (ROLLED_BACK, REFUSED):
            stack.append(decision)
    return {market: stack for market, stack in stacks.items() if stack}


def read_lineup(warehouse: Warehouse, *, without: str | None = None) -> Lineup:
    """Return the champions; where a market has none on record, the newest model that has it.

    Parameters
    ----------
    without
        A model that is not taken for a champion unless it is on record as one.
    """
    on_record = {
        market: stack[-1].model_id for market, stack in reigns(read_decisions(warehouse)).items()
    }
    newest = _newest(model for model in list_models(warehouse) if model.model_id != without)
    found = newest | on_record
    return Lineup({market: found[market] for market in MARKET_NAMES if market in found})


def _newest(models: Iterable[ModelRecord]) -> dict[str, str]:
    return {market: model.model_id for model in models for market in model.markets.split(",")}


def add_decisions(warehouse: Warehouse, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Write decisions with the next numbers and return them; call inside a commit."""
    last = int(warehouse.scalar(f"SELECT max(decision) FROM {LAKE}.{CHAMPIONS.name}") or 0)
    numbered = tuple(
        replace(decision, decision=last + place) for place, decision in enumerate(decisions, 1)
    )
    names = [name for name, _, _ in CHAMPIONS.columns]
    places = ", ".join(f"${i + 1}" for i in range(len(names)))
    if numbered:
        warehouse.connection.executemany(
            f"INSERT INTO {LAKE}.{CHAMPIONS.name} ({', '.join(names)}) VALUES ({places})",
            [[getattr(decision, name) for name in names] for decision in numbered],
        )
    return numbered
