"""Dagster: assets partitioned by day over DuckDB, contracts as asset checks.

Twice: one run for a range of partitions, and one run a partition, of which a sample is run on
tables that are already built and the rest is extrapolated.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.compared import (
    CHANGED_TABLE,
    changed_query,
    compared_tables,
    duplicate_keys,
    failing_rows,
    interval_query,
)
from benchmarks.environments import binary
from benchmarks.inputs import Inputs
from benchmarks.measuring import Command
from benchmarks.peer import DATABASE, Job, Peer
from benchmarks.peers.loop.peer import sampled
from boxout.pipeline.graph import load_graph
from boxout.tables.definition import TableDefinition

DEFINITIONS = Path(__file__).with_name("definitions.py")
WITHIN = (":first_date", ":last_date")
SAMPLE = 2


def lay_out(work: Path, inputs: Inputs, changed: bool) -> None:
    """Write the project."""
    names = {table.name for table in compared_tables()}
    settings = {
        "database": DATABASE,
        "first": str(inputs.first),
        "end": str(inputs.last + timedelta(days=1)),
        "assets": [
            {
                "name": table.name,
                "inputs": sorted(names & set(table.windows)),
                "query": interval_query(
                    table, *WITHIN, query=changed_query(table) if changed else None
                ),
                "checks": checks(table),
            }
            for table in compared_tables()
        ],
    }
    (work / "assets.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    shutil.copy(DEFINITIONS, work / "definitions.py")
    (work / "instance").mkdir(exist_ok=True)
    (work / "instance" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")


def checks(table: TableDefinition) -> list[dict[str, object]]:
    """Return the contract of a table, cut to the dates of a run."""
    this = f"(SELECT * FROM {table.name} WHERE game_date BETWEEN :first_date AND :last_date)"
    found = [{"name": "key_unique", "blocking": True, "query": duplicate_keys(table, this)}]
    return found + [
        {
            "name": check.name,
            "blocking": check.severity == "block",
            "query": failing_rows(table, check, this, WITHIN),
        }
        for check in table.checks
    ]


def commands(work: Path, inputs: Inputs, job: Job) -> Sequence[Command] | None:
    """Return the one run for the range of a job."""
    if job.name == "nothing":
        return None
    chosen = "*"
    if job.name == "definition":
        chosen = f"key:{CHANGED_TABLE.replace('.', '/')}+"
    return [_materialize(work, chosen, "--partition-range", f"{job.start}...{job.end}")]


def commands_a_partition(work: Path, inputs: Inputs, job: Job) -> Sequence[Command] | None:
    """Return one run for each date of a job, or for a sample of them."""
    if job.name not in ("full", "game_to_season_end"):
        return None
    return [
        _materialize(work, "*", "--partition", str(day)) for day in sampled(inputs, job, SAMPLE)
    ]


def _materialize(work: Path, chosen: str, *partitions: str) -> Command:
    program = binary("dagster", "dagster")
    return Command(
        (program, "asset", "materialize", "-f", "definitions.py", "--select", chosen, *partitions),
        work,
        {"DAGSTER_HOME": str(work / "instance"), "DAGSTER_DISABLE_TELEMETRY": "1"},
    )


def rewritten(inputs: Inputs, job: Job) -> tuple[date, date, tuple[str, ...]]:
    """All assets selected, within the range told."""
    if job.name == "definition":
        return job.start, job.end, (CHANGED_TABLE, *load_graph().downstream(CHANGED_TABLE))
    return job.start, job.end, ()


PEERS = (
    Peer("dagster", "Dagster, one run a range", lay_out, commands, rewritten),
    Peer(
        "dagster_partitions",
        "Dagster, one run a partition",
        lay_out,
        commands_a_partition,
        rewritten,
        sample=SAMPLE,
    ),
)
