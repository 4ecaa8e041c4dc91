"""The document that one watch hands to the next, told from the ledger and the heartbeats.

Of a past moment, too: the ledger is read as it was then. Heartbeats leave no history, so that a
past document knows what was at work and not how far it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from boxout.errors import UsageError
from boxout.orchestration.events import Event, read_events
from boxout.orchestration.figures import Figure, read_figures
from boxout.orchestration.late_games import late_games, say_late
from boxout.orchestration.settings import WatchSettings, read_settings
from boxout.pipeline.goalposts import Goalpost, read_goalposts
from boxout.pipeline.graph import Graph
from boxout.pipeline.incidents import MODEL, read_incidents
from boxout.pipeline.ledger import READY_SQL, SIMULATED
from boxout.pipeline.ledger_at import LedgerAt
from boxout.pipeline.life_signs import now, read_life_signs
from boxout.pipeline.run_views import RunView, active_runs
from boxout.pipeline.watching import WATCHER, WatcherView, read_watcher
from boxout.sources.files.shape import REPEATED
from boxout.warehouse.ducklake import Warehouse

LOOK_BACK = timedelta(hours=24)
_MEND = " Mend the source and ingest it again, or waive it with a reason."
# What is to be done about an incident of some scopes; the sentences of others say so themselves.
_MENDING = {
    MODEL: "",
    WATCHER: "",
    "file": " Mend the file and ingest it, or take it away and ingest another in its place.",
}


@dataclass(frozen=True)
class Held:
    """Dates of one table and season that are held back for one reason."""

    table: str
    season: str
    state: str
    reason: str
    dates: int
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Handoff:
    """Everything that the next watch must know.

    Attributes
    ----------
    at
        The moment that it is of, UTC.
    is_past
        Whether it was asked for a moment of the past.
    ready
        Question, yes or no, and why; empty for a past moment, whose plan cannot be made.
    events
        What happened in the last day before the moment.
    active, past_active
        Runs at work now, with ETA; of a past moment, what was at work then.
    held
        What was blocked or failed, and why.
    starts
        What will start by itself, and when.
    decisions
        What a person must decide.
    goalposts
        The checks that are looser than they were, accepted or not.
    figures
        Expected figures beside present ones.
    """

    home: Path
    is_simulated: bool
    at: datetime
    is_past: bool
    ready: tuple[tuple[str, bool, str], ...]
    events: tuple[Event, ...]
    active: tuple[RunView, ...]
    past_active: tuple[dict[str, Any], ...]
    watcher: WatcherView | None
    held: tuple[Held, ...]
    starts: tuple[str, ...]
    decisions: tuple[str, ...]
    goalposts: tuple[Goalpost, ...]
    figures: tuple[Figure, ...]


def write_handoff(warehouse: Warehouse, graph: Graph, at: datetime | None = None) -> Handoff:
    """Put the handoff together.

    Parameters
    ----------
    at
        A past moment, UTC; now by default.

    Raises
    ------
    UsageError
        When there is no data version of that moment.
    """
    moment = at or now()
    ready = () if at else _ready(warehouse, graph)
    with warehouse.reading():
        ledger = LedgerAt(warehouse, at)
        held = _held(ledger, graph)
        moved = read_goalposts(warehouse, ledger)
        watcher = None if at else read_watcher(read_life_signs(warehouse.home), moment)
        label = ledger.records(
            "ledger.properties", "SELECT value FROM {table} WHERE name = $1", [SIMULATED]
        )
        return Handoff(
            warehouse.home.path,
            bool(label) and label[0]["value"] == "true",
            moment,
            at is not None,
            ready,
            read_events(ledger, moment - LOOK_BACK, moment),
            () if at else active_runs(warehouse.home, moment),
            _at_work_then(ledger, warehouse, moment) if at else (),
            watcher,
            held,
            _starts(watcher, held, is_past=at is not None),
            _decisions(ledger, watcher, moved) + (() if at else _late(warehouse, moment)),
            moved,
            read_figures(ledger, graph),
        )


def _ready(warehouse: Warehouse, graph: Graph) -> tuple[tuple[str, bool, str], ...]:
    from boxout.learning.gates import readiness
    from boxout.learning.slate import publish_readiness

    train = readiness(warehouse, graph=graph)
    publish = publish_readiness(warehouse, graph)
    return (
        ("may I train?", train.is_ready, train.reason),
        ("may I publish tonight?", publish.is_ready, publish.reason),
    )


def _at_work_then(
    ledger: LedgerAt, warehouse: Warehouse, moment: datetime
) -> tuple[dict[str, Any], ...]:
    """Runs that had begun and not ended, with how they ended after.

    One that died is recorded by whoever looks first, with the time of its last heartbeat.
    """
    unfinished = ledger.records(
        "ledger.runs",
        "SELECT run_id, command, started_at FROM {table} "
        "WHERE started_at <= $1 AND finished_at IS NULL ORDER BY started_at",
        [moment],
    )
    ends = {
        row["run_id"]: (row["outcome"], row["finished_at"])
        for row in warehouse.records("SELECT run_id, outcome, finished_at FROM lake.ledger.runs")
    }
    then = []
    for row in unfinished:
        outcome, finished_at = ends.get(row["run_id"], (None, None))
        if finished_at is None or finished_at > moment:
            then.append(row | {"outcome": outcome, "finished_at": finished_at})
    return tuple(then)


def _held(ledger: LedgerAt, graph: Graph) -> tuple[Held, ...]:
    order = {name: place for place, name in enumerate(graph.tables)}
    # A reason ends with the date that it waits for: those of one table count as one.
    rows = ledger.records(
        "ledger.partitions",
        "SELECT table_name, season, state, "
        r"regexp_replace(coalesce(reason, ''), ' \d{{4}}-\d\d-\d\d$', '') AS reason, "
        "count(*) AS dates, min(game_date) AS first_date, max(game_date) AS last_date "
        "FROM {table} WHERE state NOT IN (" + READY_SQL + ") GROUP BY ALL ORDER BY ALL",
    )
    held = [Held(*row.values()) for row in rows]
    return tuple(sorted(held, key=lambda h: (order.get(h.table, len(order)), h.season)))


def _starts(
    watcher: WatcherView | None, held: tuple[Held, ...], *, is_past: bool
) -> tuple[str, ...]:
    if is_past:
        return ("Heartbeats leave no history: whether a watcher was there is not on record.",)
    waiting = sum(h.dates for h in held if h.state == "blocked")
    if watcher is None or not watcher.is_well:
        last = "" if watcher is None else f" (the last watcher is {watcher.state})"
        lines = [f"Nothing: there is no watcher{last}. `boxout watch` starts one."]
        if waiting:
            lines.append(f"{waiting:,} blocked partitions wait for `boxout run`.")
        return tuple(lines)
    lines = [f"{when:%Y-%m-%d %H:%M:%S} UTC: {what}" for when, what in watcher.coming]
    if not lines:
        lines = [f"The watcher is {watcher.state}: {watcher.doing}."]
    if waiting:
        lines.append(
            f"{waiting:,} blocked partitions are taken up by the watcher as soon as their gates "
            "open."
        )
    return tuple(lines)


def _decisions(
    ledger: LedgerAt, watcher: WatcherView | None, moved: tuple[Goalpost, ...]
) -> tuple[str, ...]:
    decisions = []
    if ledger.has("ledger.incidents"):
        decisions = [
            incident.sentence + _MENDING.get(incident.scope, _MEND)
            for incident in read_incidents(ledger.warehouse, of=ledger.table("ledger.incidents"))
            if incident.scope != WATCHER or watcher is None  # else it is said of the watcher itself
        ]
    decisions += [
        f"{goalpost.table}: {goalpost.check} was {goalpost.change}, {goalpost.old} to "
        f"{goalpost.new}, by {goalpost.who}: put it back, or accept it with `boxout goalposts`."
        for goalpost in moved
        if goalpost.accepted_by is None
    ]
    decisions += [
        f"{row['rows']:,} rows of {row['table_name']} are in quarantine ({row['check_name']}): "
        "mend the file, or let them be."
        for row in ledger.records(
            "ledger.quarantine",
            "SELECT table_name, check_name, sum(failing)::BIGINT AS rows FROM {table} "
            "WHERE source_file IS NOT NULL AND check_name <> $1 "
            "GROUP BY ALL ORDER BY rows DESC, table_name, check_name",
            [REPEATED],
        )
    ]
    decisions += [
        f"{row['table_name']} is published under a waiver on {row['dates']:,} dates: does it "
        "still stand?"
        for row in ledger.records(
            "ledger.partitions",
            "SELECT table_name, count(*) AS dates FROM {table} WHERE state = 'waived' "
            "GROUP BY ALL ORDER BY ALL",
        )
    ]
    if watcher is not None and not watcher.is_well:
        decisions.append(
            f"The watcher is {watcher.state}: see why, and start another with `boxout watch`."
        )
    return tuple(decisions)


def _late(warehouse: Warehouse, at: datetime) -> tuple[str, ...]:
    try:
        late_after = read_settings(warehouse.home).late_after
    except UsageError:  # the watcher says what is wrong with its settings
        late_after = WatchSettings().late_after
    return tuple(
        f"{late}: bring the source's file in, or the schedule that calls the game off."
        for late in say_late(late_games(warehouse, late_after, at))
    )
