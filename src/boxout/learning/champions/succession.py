"""Who becomes champion: the first, a refit, a challenger that won, or whom a person forces in.

A refit is the same recipe (features and settings) learned from later data, on the champion's dates
or more: it follows its own recipe's champion unless it is shown to be worse, so that forecasts
never rest on data that has been corrected since. Any other model has to win: the whole 95%
interval of the difference, on rows that neither had seen, is on its side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from boxout.errors import BoxoutError, UsageError
from boxout.learning.champions.challenge import compare_models
from boxout.learning.champions.decisions import (
    FIRST,
    FORCED,
    REFIT,
    REFUSED,
    ROLLED_BACK,
    WON,
    Decision,
    add_decisions,
    read_decisions,
    read_lineup,
    reigns,
)
from boxout.learning.dataset import feature_columns
from boxout.learning.markets import select_markets
from boxout.learning.paired import LEAST_CLUSTERS, MeanWithError
from boxout.learning.registry import ModelRecord, list_models, read_card
from boxout.learning.storage import create_learning_tables
from boxout.warehouse.ducklake import Warehouse


def challenge(
    warehouse: Warehouse,
    model_id: str,
    markets: Sequence[str] | None = None,
    *,
    who: str,
    force: str | None = None,
    is_automatic: bool = False,
    at: datetime | None = None,
) -> tuple[Decision, ...]:
    """Let a model challenge the champion of each market, and record how it ended.

    Parameters
    ----------
    markets
        All that the model forecasts when none is named.
    who
        Whose command it is.
    force
        Why it becomes champion whatever the rows say; None to let them decide.
    is_automatic
        Whether nobody asked for it: then what a person rolled back to stays until another
        recipe beats it.
    at
        The time to record, UTC; now by default.

    Returns
    -------
    decisions
        One a market of which the model was not champion before; a refusal that is on record
        already is not written again.

    Raises
    ------
    UsageError
        When there is no such model, or it does not forecast a market.
    """
    create_learning_tables(warehouse)
    records = {record.model_id: record for record in list_models(warehouse)}
    if model_id not in records:
        raise UsageError(
            f"There is no model {model_id!r}.", str(warehouse.home.models), "See `boxout models`."
        )
    chosen = _chosen_markets(records[model_id], markets)
    moment = at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with warehouse.commit():
        known = read_decisions(warehouse)
        stacks = reigns(known)
        lineup = read_lineup(warehouse, without=model_id).of_market
        court = _Court(warehouse, records, model_id, who, moment)
        decisions = []
        for market in chosen:
            champion = lineup.get(market)
            if champion == model_id:
                continue
            if champion and market not in stacks:
                decisions.append(court.decide(market, champion, None, FIRST, "It was the newest."))
            if force is not None:
                decisions.append(court.decide(market, model_id, champion, FORCED, force))
                continue
            held = stacks[market][-1] if is_automatic and market in stacks else None
            decisions.append(court.judge(market, champion, held))
        return add_decisions(warehouse, [each for each in decisions if not _is_known(each, known)])


def roll_back(
    warehouse: Warehouse,
    markets: Sequence[str] | None = None,
    *,
    who: str,
    reason: str,
    at: datetime | None = None,
) -> tuple[Decision, ...]:
    """Make the earlier champion of each market champion again.

    Parameters
    ----------
    markets
        All that have an earlier champion when none is named.

    Raises
    ------
    UsageError
        When a named market, or none at all, has an earlier champion.
    """
    create_learning_tables(warehouse)
    moment = at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with warehouse.commit():
        stacks = reigns(read_decisions(warehouse))
        selected = [market.name for market in select_markets(markets)]
        possible = [market for market in selected if len(stacks.get(market, ())) > 1]
        missing = [market for market in markets or () if market not in possible]
        if missing or not possible:
            raise UsageError(
                f"There is no earlier champion of {missing[0] if missing else 'any market'}.",
                "",
                "`boxout models --history` shows who was champion.",
            )
        return add_decisions(
            warehouse,
            [
                _decision(
                    market, before.model_id, now.model_id, ROLLED_BACK, None, moment, who, reason
                )
                for market in possible
                for *_, before, now in [stacks[market]]
            ],
        )


class _Court:
    """One model before the champions: compared with each of them once."""

    def __init__(
        self,
        warehouse: Warehouse,
        records: Mapping[str, ModelRecord],
        model_id: str,
        who: str,
        moment: datetime,
    ) -> None:
        self._warehouse = warehouse
        self._records = records
        self._model_id = model_id
        self._who = who
        self._moment = moment
        self._compared: dict[str, dict[str, MeanWithError | None]] = {}
        self._barriers: dict[str, str | None] = {}

    def decide(
        self,
        market: str,
        model_id: str,
        champion: str | None,
        outcome: str,
        reason: str,
        test: MeanWithError | None = None,
    ) -> Decision:
        return _decision(market, model_id, champion, outcome, test, self._moment, self._who, reason)

    def judge(self, market: str, champion: str | None, held: Decision | None) -> Decision:
        """Judge the model against the champion of a market.

        Parameters
        ----------
        held
            The decision by which the champion is there, where a person's has to be respected.
        """
        if champion is None:
            return self.decide(
                market, self._model_id, None, FIRST, "The first model of the market."
            )
        if barrier := self._unable(champion):
            return self.decide(market, self._model_id, champion, FIRST, barrier)
        if champion not in self._compared:
            self._compared[champion] = compare_models(self._warehouse, self._model_id, champion)
        test = self._compared[champion].get(market)
        outcome, reason = self._verdict(champion, test, held)
        return self.decide(market, self._model_id, champion, outcome, reason, test)

    def _verdict(
        self, champion: str, test: MeanWithError | None, held: Decision | None
    ) -> tuple[str, str]:
        shown = _in_words(test)
        is_refit = self._is_refit(champion)
        if is_refit and held and held.outcome == ROLLED_BACK:
            return REFUSED, f"A refit, and {held.who} rolled back to the champion: {held.reason}."
        if test and test.is_below_zero:
            return WON, f"Better: {shown}."
        if test and test.is_above_zero:
            return REFUSED, f"Worse: {shown}."
        if not is_refit:
            return REFUSED, f"Not shown to be better: {shown}."
        return REFIT, f"The same recipe with later data, not shown to be worse: {shown}."

    def _is_refit(self, champion: str) -> bool:
        """Whether the model is the champion's recipe, learned from its dates in a later state."""
        mine, theirs = self._records[self._model_id], self._records[champion]
        is_later = mine.data_version >= theirs.data_version and (
            mine.train_start <= theirs.train_start and mine.train_end >= theirs.train_end
        )
        if not is_later or mine.dataset_hash == theirs.dataset_hash:
            return False
        return _recipe(self._warehouse, mine) == _recipe(self._warehouse, theirs)

    def _unable(self, champion: str) -> str | None:
        """Why a champion cannot forecast any more; None when it can."""
        if champion not in self._barriers:
            self._barriers[champion] = _why_unable(self._warehouse, self._records.get(champion))
        return self._barriers[champion]


def _why_unable(warehouse: Warehouse, record: ModelRecord | None) -> str | None:
    if record is None:
        return "The champion is no longer registered."
    try:
        features = read_card(warehouse, record)["features"]
    except BoxoutError as error:
        return f"The champion cannot forecast any more: {error.what}"
    gone = sorted(set(features) - set(feature_columns(warehouse, with_lines=True)))
    return f"The champion needs {gone[0]}, which the feature store no longer has." if gone else None


def _recipe(warehouse: Warehouse, record: ModelRecord) -> tuple[Any, Any]:
    card = read_card(warehouse, record)
    return card["features"], card["settings"]


def _in_words(test: MeanWithError | None) -> str:
    if test is None:
        return (
            "no row is forecast out of sample by both (superseded models keep no walk; to train "
            "one again from the same data and code brings its walk back)"
        )
    rows = f"on {test.rows:,} rows of {test.dates} dates that neither was trained on"
    if test.low is None:
        return f"{rows}, and at least {LEAST_CLUSTERS} dates are needed to tell"
    return f"score {test.mean:+.5f}, 95% interval {test.low:+.5f} to {test.high:+.5f}, {rows}"


def _chosen_markets(record: ModelRecord, markets: Sequence[str] | None) -> list[str]:
    forecast = record.markets.split(",")
    chosen = [market.name for market in select_markets(markets or forecast)]
    for market in chosen:
        if market not in forecast:
            raise UsageError(
                f"{record.model_id} does not forecast {market}.",
                "--market",
                f"It forecasts {', '.join(forecast)}.",
            )
    return chosen


def _is_known(decision: Decision, known: Sequence[Decision]) -> bool:
    """Whether the last word on a market was the same refusal."""
    if decision.outcome != REFUSED:
        return False
    last = [each for each in known if each.market == decision.market][-1:]
    return any(
        (each.outcome, each.model_id, each.replaces, each.shared_rows, each.difference)
        == (
            REFUSED,
            decision.model_id,
            decision.replaces,
            decision.shared_rows,
            decision.difference,
        )
        for each in last
    )


def _decision(
    market: str,
    model_id: str,
    replaces: str | None,
    outcome: str,
    test: MeanWithError | None,
    at: datetime,
    who: str,
    reason: str,
) -> Decision:
    return Decision(
        0,
        market,
        model_id,
        replaces,
        outcome,
        test.rows if test else None,
        test.dates if test else None,
        test.mean if test else None,
        test.low if test else None,
        test.high if test else None,
        at,
        who,
        reason,
    )
