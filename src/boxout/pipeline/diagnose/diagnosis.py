"""Put the questions in order: what fails, what was seen at ingest, what sources contradict.

`diagnose` answers for a person; `diagnose_incidents` after a run, for the record.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from boxout.pipeline.diagnose import absences, arrivals, columns, disagreements
from boxout.pipeline.diagnose.findings import Diagnosis, Finding, JoinProbe
from boxout.pipeline.diagnose.joins import probe_joins
from boxout.pipeline.diagnose.lineage import check_column, column_inputs, feeding_tables
from boxout.pipeline.diagnose.question import Question, ask
from boxout.pipeline.graph import Graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.stage import Chunk
from boxout.tables.definition import TableDefinition
from boxout.warehouse.ducklake import Warehouse

_RUN = re.compile("9+")
log = logging.getLogger(__name__)

# A cause that explains this share of the dates leaves the lesser kinds of evidence out.
ENOUGH = 0.5
# Below this a cause is not named: it is there on good days, too.
LEAST = 0.2


def diagnose(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, column: str | None = None
) -> Diagnosis:
    """Name the causes of what fails in a table, or in what feeds one column of it.

    Raises
    ------
    UsageError
        When the table has no such column.
    """
    if column is not None:
        check_column(table, column)
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    feeding = feeding_tables(graph, table, column)
    landing = [name for name in feeding if graph.tables[name].is_landing]
    findings = arrivals.refused_files(warehouse, landing)
    failing: list[str] = []
    joins: tuple[JoinProbe, ...] = ()
    first = last = None
    for name in feeding:
        question = (
            None if graph.tables[name].is_landing else ask(warehouse, graph, graph.tables[name])
        )
        if question is None:
            continue
        failing += [f"{name}: {c['check_name']} {c['season']}" for c in question.checks]
        first = min(first or question.first, question.first)
        last = max(last or question.last, question.last)
        probed = _probe(question, column if name == table.name else None)
        joins += probed
        findings += find_causes(question, probed)
    findings += arrivals.repaired_spellings(warehouse, landing)
    findings += arrivals.repeated_rows(warehouse, landing)
    inputs = column_inputs(graph, table, column) if column else ()
    return Diagnosis(
        table.name,
        column,
        tuple(failing),
        first,
        last,
        tuple(f"{name}.{source}" for name, source in inputs),
        joins,
        _ranked(findings),
    )


def find_causes(question: Question, joins: tuple[JoinProbe, ...] = ()) -> list[Finding]:
    """Return the causes of what a question is about; each explains a part of its dates."""
    findings = arrivals.refused_rows(question)
    findings += columns.constant_columns(question)
    findings += columns.repeated_keys(question)
    disagreements.collect_mentions(question)
    findings += disagreements.swapped_sides(question)
    findings += disagreements.shifted_dates(question)
    findings += disagreements.wrong_codes(question)
    findings = [finding for finding in findings if finding.explains >= LEAST]
    if not any(finding.explains >= ENOUGH for finding in findings):
        findings = _with_absences(findings, _absences(question))
    if not any(finding.explains >= LEAST for finding in findings):
        findings += _unmatched(question, joins)
    return [finding for finding in findings if finding.explains >= LEAST]


def _absences(question: Question) -> list[Finding]:
    """Return what is missing; where a file of that source was refused, that is why."""
    missing = absences.missing_rows(question)
    refused = arrivals.refused_files(question.warehouse, [finding.table for finding in missing])
    explained = max((finding.explains for finding in missing), default=0.0)
    return [replace(finding, explains=explained) for finding in refused] or missing


def _with_absences(findings: list[Finding], missing: list[Finding]) -> list[Finding]:
    """Return both; where as many rows of a source have no date as it lacks, they explain them."""
    explained = max((finding.explains for finding in missing), default=0.0)
    lacking = Counter[str]()
    for finding in missing:
        lacking[finding.table] += finding.count
    return [
        replace(finding, explains=explained)
        if finding.first_date is None and finding.count >= lacking[finding.table] > 0
        else finding
        for finding in findings
    ] + missing


def _probe(question: Question, column: str | None) -> tuple[JoinProbe, ...]:
    chunk = Chunk(question.first, question.last, question.dates)
    rows = f'"{column}" IS NULL' if column else "true"
    for check in question.table.checks:
        if column and check.kind == "share" and column in check.expression:
            rows = f"({check.of}) AND ({check.expression}) IS NOT TRUE"
    return probe_joins(question.warehouse, question.table, chunk, rows)


def _unmatched(question: Question, joins: Iterable[JoinProbe]) -> list[Finding]:
    """Return the joins that found nothing, where no fault of a known kind says why."""
    findings = []
    for probe in joins:
        share = probe.unmatched / probe.rows
        mine = [p for p in probe.patterns if p.side == "unmatched"]
        theirs = [p for p in probe.patterns if p.side != "unmatched"]
        if not mine or not theirs or mine[0].form == theirs[0].form:
            continue
        # The same but for the number of digits in a row: zeros in front were lost.
        is_shorter = _RUN.sub("9", mine[0].form) == _RUN.sub("9", theirs[0].form)
        kind = "game-id-format" if "game_id" in probe.keys else "unmatched-keys"
        findings.append(
            Finding(
                "lost-leading-zeros" if is_shorter else kind,
                f"{mine[0].count:,} of {probe.unmatched:,} keys that found nothing in "
                f"{probe.source} look like {mine[0].samples[0]}, the other side's like "
                f"{theirs[0].samples[0]}.",
                question.table.name,
                probe.unmatched,
                probe.rows,
                column=probe.keys,
                explains=share,
                patterns=probe.patterns,
                samples=mine[0].samples,
                first_date=probe.first_date,
                last_date=probe.last_date,
                seasons=question.seasons,
            )
        )
    return findings


def _ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each cause once, those that hold data back and explain most first."""
    best: dict[tuple[str, str, str, str | None], Finding] = {}
    for finding in findings:
        key = (finding.status, finding.kind, finding.table, finding.column)
        known = best.get(key)
        if known is None:
            best[key] = finding
        elif finding.explains > known.explains or finding.count > known.count:
            seasons = tuple(sorted({*known.seasons, *finding.seasons}))
            best[key] = replace(finding, seasons=seasons)
    return tuple(sorted(best.values(), key=lambda f: (f.status, -f.explains, -f.count)))


def diagnose_incidents(warehouse: Warehouse, graph: Graph) -> None:
    """Diagnose the open incidents that have no diagnosis of their present state, and record it.

    It never raises: what goes wrong in it must not break the run that it explains.
    """
    try:
        _diagnose_incidents(warehouse, graph)
    except Exception as error:
        log.warning("the incidents could not be diagnosed: %s", str(error).splitlines()[0])


def _diagnose_incidents(warehouse: Warehouse, graph: Graph) -> None:
    rows = warehouse.records(
        "SELECT incident_id, table_name, check_name, season, scope, updated_at "
        "FROM lake.ledger.incidents WHERE repaired_at IS NULL AND table_name IS NOT NULL "
        # As moments: the engine writes none of the zeros at the end of one, and Python all.
        "AND (diagnosis IS NULL OR "
        "try_cast(diagnosis->>'of' AS TIMESTAMP) IS DISTINCT FROM updated_at) "
        "ORDER BY incident_id"
    )
    known = [row for row in rows if row["table_name"] in graph.tables]
    if not known:
        return
    forget_stale_partitions(warehouse)
    read_partitions(warehouse)
    texts = []
    for row in known:
        table = graph.tables[row["table_name"]]
        diagnosis = _of_incident(warehouse, graph, table, row)
        plain = diagnosis.to_dict() | {"of": str(row["updated_at"])}
        texts.append((row["incident_id"], json.dumps(plain, default=str, ensure_ascii=False)))
    with warehouse.commit():
        for incident_id, text in texts:
            warehouse.execute(
                "UPDATE lake.ledger.incidents SET diagnosis = $2 WHERE incident_id = $1",
                [incident_id, text],
            )


def _of_incident(
    warehouse: Warehouse, graph: Graph, table: TableDefinition, row: dict[str, str]
) -> Diagnosis:
    if row["scope"] == "file":
        refused = arrivals.refused_files(warehouse, [table.name])
        return Diagnosis(table.name, None, findings=_ranked(refused))
    question = ask(warehouse, graph, table, check=row["check_name"], season=row["season"])
    if question is None:
        return Diagnosis(table.name, None)
    causes = find_causes(question)
    joins: tuple[JoinProbe, ...] = ()
    if not causes:
        joins = _probe(question, None)
        causes = find_causes(question, joins)
    return Diagnosis(
        table.name,
        None,
        (f"{row['check_name']} {row['season']}",),
        question.first,
        question.last,
        joins=joins,
        findings=_ranked(causes),
    )
