"""Rehearsals that are no spoiled file: a kill, a correction, the same files again, an outage."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from boxout.errors import BoxoutError, RefusedFileError
from boxout.pipeline.due import RunOptions
from boxout.pipeline.graph import Graph
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables
from boxout.rehearsal.faults import BOX, HARMLESS, LOGS, Fault
from boxout.rehearsal.planting import plant, write_again
from boxout.rehearsal.rehearse import Rehearsal, bring_in, causes_of
from boxout.rehearsal.truth import (
    recomputed_differences,
    take_snapshot,
    torn_partitions,
    wrong_rows,
)
from boxout.warehouse.ducklake import Warehouse

COMMITS_BEFORE_KILL = 2
# What a run says at each commit, such as 30/30 2023-12-01 120 rows raw.games.
_COMMIT = re.compile(r"^[0-9]+/[0-9]+ [0-9]{4}-")
_BACKFILL = "from boxout.cli.main import main; main()"
Event = Callable[[Warehouse, Graph, Path], Rehearsal]

# A turnover more for everybody after a date: it reaches usage, and all that is made of it.
_MANY = Fault(
    "correction",
    HARMLESS,
    "",
    BOX,
    "SELECT * REPLACE (CASE WHEN game_date::DATE > $after THEN tov + 1 ELSE tov END AS tov) "
    "FROM file",
)
_ONE = Fault(
    "correction",
    HARMLESS,
    "",
    BOX,
    "SELECT * REPLACE (CASE WHEN game_date::DATE = $day AND team = $team THEN tov + 1 ELSE tov "
    "END AS tov) FROM file",
)


def kill_mid_run(warehouse: Warehouse, graph: Graph, folder: Path) -> Rehearsal:
    """Kill a run with SIGKILL between its commits, and let another take over."""
    result = Rehearsal("kill-mid-run", _what(kill_mid_run), HARMLESS)
    before = take_snapshot(warehouse, graph)
    [planted] = plant(warehouse, _MANY, folder)
    bring_in(warehouse, graph, planted)
    result.planted.append(f"{planted.clean.name}: {planted.differing:,} rows corrected")
    started = time.monotonic()
    done = _run_and_kill(warehouse.home.path)
    result.planted.append(f"SIGKILL after {done} commits of the run that carries it on")
    torn = torn_partitions(warehouse)
    result.noticed = "the dead process's locks were free; no partition was half-written"
    result.noticed_seconds = time.monotonic() - started
    if torn:
        result.wrong_rows = torn
    started = time.monotonic()
    run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    result.facts.append(
        f"the next run took up the rest in {time.monotonic() - started:.1f} s and left "
        f"{recomputed_differences(warehouse, graph)} partitions other than a whole recompute does"
    )
    _undo(warehouse, graph, [planted.clean], result)
    result.differences = len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
    return result


def _run_and_kill(home: Path) -> int:
    """Start a run in a process of its own and kill it between commits; return how many it made.

    Raises
    ------
    BoxoutError
        When it was through before it could be killed.
    """
    command = [sys.executable, "-c", _BACKFILL, "backfill", "--home", str(home)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    done = 0
    for line in (
        process.stderr or ()
    ):  # a line a commit, such as 30/30 2023-12-01 120 rows raw.games
        done += _COMMIT.match(line) is not None
        if done == COMMITS_BEFORE_KILL:
            process.send_signal(signal.SIGKILL)
            break
    code = process.wait()
    if process.stderr:
        process.stderr.close()
    if code != -signal.SIGKILL:
        raise BoxoutError(
            f"The run ended with {code} before it could be killed.",
            str(home),
            "Rehearse on a league with more to compute.",
        )
    return done


def late_correction(warehouse: Warehouse, graph: Graph, folder: Path) -> Rehearsal:
    """Correct one team's box lines of a date long past, then take the correction back."""
    result = Rehearsal("late-correction", _what(late_correction), HARMLESS)
    before = take_snapshot(warehouse, graph)
    [planted] = plant(warehouse, _ONE, folder)
    started = time.monotonic()
    bring_in(warehouse, graph, planted)
    report = run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    result.planted.append(f"{planted.differing:,} rows of {planted.day} corrected")
    result.noticed = "by content hash"
    result.noticed_seconds = time.monotonic() - started
    computed = sum(outcome.computed for outcome in report.tables)
    changed = sum(outcome.changed for outcome in report.tables)
    result.facts.append(
        f"computed {computed:,} of {len(before.partitions):,} partitions, {changed:,} changed, "
        f"and {recomputed_differences(warehouse, graph)} differ from a whole recompute"
    )
    _undo(warehouse, graph, [planted.clean], result)
    result.differences = len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
    return result


def duplicate_ingest(warehouse: Warehouse, graph: Graph, folder: Path) -> Rehearsal:
    """Bring the same rows in again, in files of another folder and of other bytes."""
    result = Rehearsal("duplicate-ingest", _what(duplicate_ingest), HARMLESS)
    before = take_snapshot(warehouse, graph)
    paths = [write_again(source, folder) for source in _sources(warehouse)]
    started = time.monotonic()
    reports = ingest_files(warehouse, graph, paths)
    run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    result.stopped_seconds = time.monotonic() - started
    result.planted.append(f"{len(paths)} files, {sum(r.rows for r in reports):,} rows, once more")
    touched = sum(r.added + r.changed + r.removed for r in reports)
    result.noticed = "by content"
    result.noticed_seconds = result.stopped_seconds
    result.facts.append(f"{touched} rows were added, changed or removed")
    result.wrong_rows, result.renamed_rows = wrong_rows(warehouse, graph, before)
    result.differences = len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
    return result


def source_outage(warehouse: Warehouse, graph: Graph, folder: Path) -> Rehearsal:
    """Let a source answer with an error page in the place of its files."""
    result = Rehearsal("source-outage", _what(source_outage), "file-unreadable")
    before = take_snapshot(warehouse, graph)
    opened = {i.incident_id for i in read_incidents(warehouse, include_closed=True)}
    clean = _sources(warehouse, LOGS)
    folder.mkdir(parents=True, exist_ok=True)
    now = warehouse.scalar("SELECT current_timestamp::TIMESTAMP")
    started = time.monotonic()
    for path in clean:
        page = folder / path.name
        page.write_text("<html><title>503 Service Unavailable</title></html>")
        try:
            ingest_files(warehouse, graph, [page], known_as={page: str(path)})
        except RefusedFileError:
            continue
    run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    result.stopped_seconds = time.monotonic() - started
    result.planted.append(f"{len(clean)} files are an error page")
    result.wrong_rows, result.renamed_rows = wrong_rows(warehouse, graph, before)
    everything = read_incidents(warehouse, include_closed=True)
    result.incidents = [i for i in everything if i.incident_id not in opened]
    if result.incidents:
        result.noticed = "incident"
        result.noticed_seconds = (result.incidents[0].opened_at - now).total_seconds()
    result.findings, result.causes = causes_of(result.incidents)
    _undo(warehouse, graph, clean, result)
    still = {i.incident_id for i in read_incidents(warehouse)}
    result.facts.append(
        f"{len(still & {i.incident_id for i in result.incidents})} incidents are open after the "
        "source is back"
    )
    result.differences = len(before.partitions ^ take_snapshot(warehouse, graph).partitions)
    return result


def _undo(warehouse: Warehouse, graph: Graph, clean: list[Path], result: Rehearsal) -> None:
    started = time.monotonic()
    ingest_files(warehouse, graph, clean)
    run_tables(warehouse, graph, graph.computed, RunOptions(), command="rehearse")
    result.repaired_seconds = time.monotonic() - started


def _sources(warehouse: Warehouse, table: str | None = None) -> list[Path]:
    """Return the files that were ingested and are still there."""
    rows = warehouse.rows(
        "SELECT source_file FROM lake.ledger.files WHERE $1 IS NULL OR table_name = $1 ORDER BY 1",
        [table],
    )
    return [Path(row[0]) for row in rows if Path(row[0]).exists()]


def _what(event: Event) -> str:
    return (event.__doc__ or "").strip()


EVENTS: dict[str, Event] = {
    "kill-mid-run": kill_mid_run,
    "late-correction": late_correction,
    "duplicate-ingest": duplicate_ingest,
    "source-outage": source_outage,
}
