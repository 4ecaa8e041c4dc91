"""Play one fault on a copy of a project: plant it, see it caught, mend it, compare.

Everything is measured on the copy: when the incident was on record, which published rows
differ from the truth, what the diagnosis says, and whether the mended project holds what the
project held that was never broken.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boxout.errors import GateError, RefusedFileError
from boxout.pipeline.diagnose.arrivals import repaired_spellings, repeated_rows
from boxout.pipeline.diagnose.findings import HELD_BACK, REPAIRED
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.incidents import Incident, read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.preparation import prepare
from boxout.pipeline.run import run_tables
from boxout.rehearsal.faults import HARMLESS, Fault
from boxout.rehearsal.planting import Planted, plant
from boxout.rehearsal.truth import Snapshot, take_snapshot, wrong_rows
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

HELD = ("failed", "blocked")


@dataclass
class Rehearsal:
    """How one fault was handled; seconds are wall time since the bad file came in.

    Attributes
    ----------
    fault, what, expected
        The fault, and the cause that should be named.
    planted
        What was planted, one sentence a file.
    noticed
        How it was noticed: 'incident', 'repaired at ingest', or None.
    noticed_seconds, stopped_seconds
        Until the incident was on record, and until the run had ended with the rest held back.
    wrong_rows
        Published rows that are not in the never-broken project, by table; empty where all are.
    renamed_rows
        Published rows that differ from the never-broken project's in the game's id alone.
    held_back
        Partitions that were kept from being published or built on.
    incidents, causes
        The incidents and the kinds of causes that the diagnosis named, the first one first.
    repaired_seconds
        From the mended file's ingest until everything was up to date.
    differences
        Partitions that differ after the repair from the never-broken project; 0 is restored.
    facts
        What else was measured, a sentence each.
    trained
        What training said while it was broken and after, where it was asked.
    """

    fault: str
    what: str
    expected: str
    planted: list[str] = field(default_factory=list)
    noticed: str | None = None
    noticed_seconds: float | None = None
    stopped_seconds: float | None = None
    wrong_rows: dict[str, int] = field(default_factory=dict)
    renamed_rows: int = 0
    held_back: int = 0
    incidents: list[Incident] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    findings: list[Mapping[str, object]] = field(default_factory=list)
    repaired_seconds: float | None = None
    differences: int | None = None
    facts: list[str] = field(default_factory=list)
    trained: list[str] = field(default_factory=list)

    @property
    def is_named(self) -> bool:
        """Whether the first cause that was named is the one that was planted."""
        return self.expected == HARMLESS or self.causes[:1] == [self.expected]

    @property
    def passed(self) -> bool:
        """Whether it was noticed and named, published nothing wrong, and left no trace."""
        is_noticed = self.noticed is not None or self.expected == HARMLESS
        return is_noticed and self.is_named and not self.wrong_rows and self.differences == 0


def rehearse_fault(
    warehouse: Warehouse,
    graph: Graph,
    fault: Fault,
    folder: Path,
    *,
    tables: Sequence[TableDefinition] | None = None,
    season: str | None = None,
    train: bool = False,
) -> Rehearsal:
    """Plant a fault in a project that is up to date, and follow it to its repair.

    Parameters
    ----------
    warehouse
        The copy of a project, to be changed at will.
    folder
        Where the spoiled files go.
    tables
        What a run brings up to date; everything where left out.
    season
        The season to spoil.
    train
        Whether to ask for a model while it is broken and after the repair.
    """
    tables = graph.computed if tables is None else tables
    result = Rehearsal(fault.name, fault.what, fault.kind)
    planted = plant(warehouse, fault, folder, season)
    result.planted = [_describe(item) for item in planted]
    before = take_snapshot(warehouse, graph)
    _break(warehouse, graph, before, planted, tables, result)
    result.wrong_rows, result.renamed_rows = wrong_rows(warehouse, graph, before)
    if train:
        result.trained.append(f"while broken: {_train(warehouse)}")
    _mend(warehouse, graph, [item.clean for item in planted], tables, result)
    result.differences = len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
    if train:
        result.trained.append(f"after the repair: {_train(warehouse)}")
    return result


def bring_in(warehouse: Warehouse, graph: Graph, planted: Planted) -> None:
    """Ingest a spoiled file as if it were the clean one, fetched again.

    Raises
    ------
    RefusedFileError
        When it is refused whole, which is on record as an incident of its own.
    """
    ingest_files(
        warehouse, graph, [planted.spoiled], known_as={planted.spoiled: str(planted.clean)}
    )


def _describe(item: Planted) -> str:
    return (
        f"{item.clean.name}: {item.differing:,} of {item.clean_rows:,} rows differ, "
        f"the file has {item.rows:,} (after {item.after}, or on {item.day})"
    )


def _break(
    warehouse: Warehouse,
    graph: Graph,
    before: Snapshot,
    planted: Sequence[Planted],
    tables: Sequence[TableDefinition],
    result: Rehearsal,
) -> None:
    opened = {i.incident_id for i in read_incidents(warehouse, include_closed=True)}
    started = time.monotonic()
    now = warehouse.scalar("SELECT current_timestamp::TIMESTAMP")
    for item in planted:
        with contextlib.suppress(RefusedFileError):
            bring_in(warehouse, graph, item)
    run_tables(warehouse, graph, tables, RunOptions(), command="rehearse")
    result.stopped_seconds = time.monotonic() - started
    result.incidents = [
        i for i in read_incidents(warehouse, include_closed=True) if i.incident_id not in opened
    ]
    names = {str(item.clean) for item in planted}
    if result.incidents:
        result.noticed = "incident"
        first = min(i.opened_at for i in result.incidents)
        result.noticed_seconds = max((first - now).total_seconds(), 0.0)
        result.findings, result.causes = causes_of(result.incidents)
    else:
        findings: list[Mapping[str, object]] = [
            finding.to_dict()
            for find in (repaired_spellings, repeated_rows)
            for finding in find(warehouse, [table.name for table in graph.landing])
            if names & set(finding.files)
        ]
        if findings:
            result.noticed = REPAIRED
            result.noticed_seconds = time.monotonic() - started
        result.findings = findings
        result.causes = _kinds(findings)
    held = {(table, day) for table, day, state, *_ in before.partitions if state in HELD}
    result.held_back = sum(
        (table, day) not in held
        for table, day, state, *_ in take_snapshot(warehouse, graph).partitions
        if state in HELD
    )


def causes_of(incidents: Sequence[Incident]) -> tuple[list[Mapping[str, object]], list[str]]:
    """Return the causes that incidents name, those that explain most first, and their kinds."""
    found = [
        finding
        for incident in incidents
        for finding in (incident.diagnosis or {}).get("findings", [])
        if finding["status"] == HELD_BACK
    ]
    found.sort(key=lambda f: -f["explains"])
    return found, _kinds(found)


def _kinds(findings: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(str(finding["kind"]) for finding in findings))


def _mend(
    warehouse: Warehouse,
    graph: Graph,
    paths: list[Path],
    tables: Sequence[TableDefinition],
    result: Rehearsal,
) -> None:
    started = time.monotonic()
    ingest_files(warehouse, graph, paths)
    run_tables(warehouse, graph, tables, RunOptions(), command="rehearse")
    result.repaired_seconds = time.monotonic() - started
    ids = {i.incident_id for i in result.incidents}
    result.incidents = [
        i for i in read_incidents(warehouse, include_closed=True) if i.incident_id in ids
    ]


def _train(warehouse: Warehouse) -> str:
    from boxout.learning.train import TrainOptions, train

    started = time.monotonic()
    try:
        report = train(warehouse, None, TrainOptions())
    except GateError as error:
        return f"refused: {error.what}"
    seconds = time.monotonic() - started
    return f"{report.model.model_id} on {report.model.train_rows:,} rows in {seconds:.1f} s"


def settle(warehouse: Warehouse, graph: Graph) -> None:
    """Bring the copy up to date, so that what is held back later is the fault's own.

    Raises
    ------
    GateError
        When something is held back already.
    """
    prepare(warehouse, graph)
    report = run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    if report.held_back:
        raise GateError(
            "The project has open incidents of its own; a rehearsal starts from a sound one.",
            str(warehouse.home.path),
            "Repair them first (`boxout incidents`), or rehearse on a simulated league.",
        )
