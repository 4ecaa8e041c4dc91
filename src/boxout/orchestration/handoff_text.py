"""The handoff as a document for people."""

from __future__ import annotations

from boxout.orchestration.document import Document
from boxout.orchestration.handoff import LOOK_BACK, Handoff
from boxout.pipeline.run_views import RunView, span


def handoff_document(h: Handoff) -> Document:
    """Write a handoff down, section by section."""
    league = "a SIMULATED league" if h.is_simulated else "real data"
    document = Document(f"Handoff, {h.at:%Y-%m-%d %H:%M:%S} UTC")
    then = "as it was then" if h.is_past else "as it is"
    document.sentence(f"Project `{h.home}`, {league}, {then}.")
    if h.ready:
        document.bullets(
            [f"{asked} {'yes' if yes else 'NO'}: {why}" for asked, yes, why in h.ready]
        )
    _what_happened(document, h)
    _at_work(document, h)
    document.heading("What is blocked, and why")
    if h.held:
        document.table(
            ["table", "season", "state", "dates", "from", "to", "why"],
            [
                [d.table, d.season, d.state, f"{d.dates:,}", d.first_date, d.last_date, d.reason]
                for d in h.held
            ],
        )
    else:
        document.sentence("Nothing.")
    document.heading("What will start by itself, and when")
    document.bullets(h.starts)
    document.heading("What a person must decide")
    document.bullets(h.decisions or ["Nothing."])
    if h.goalposts:
        document.heading("Checks that are looser than they were")
        document.bullets([str(goalpost) for goalpost in h.goalposts])
    _figures(document, h)
    return document


def _what_happened(document: Document, h: Handoff) -> None:
    hours = LOOK_BACK.total_seconds() / 3600
    document.heading(f"What happened in the {hours:.0f} hours before")
    if h.events:
        document.table(
            ["when (UTC)", "what", ""],
            [[f"{e.at:%Y-%m-%d %H:%M:%S}", e.kind, e.text] for e in h.events],
        )
    else:
        document.sentence("Nothing.")


def _at_work(document: Document, h: Handoff) -> None:
    document.heading("What was at work" if h.is_past else "What is at work")
    if h.active:
        document.table(
            ["run", "command", "state", "at", "done", "ETA", "process", "heartbeat"],
            [_active_row(run) for run in h.active],
        )
    elif h.past_active:
        document.table(
            ["run", "command", "began (UTC)", "ended later"],
            [
                [
                    run["run_id"],
                    run["command"],
                    f"{run['started_at']:%Y-%m-%d %H:%M:%S}",
                    f"{run['outcome']} at {run['finished_at']:%Y-%m-%d %H:%M:%S}"
                    if run["finished_at"]
                    else "not on record",
                ]
                for run in h.past_active
            ],
        )
    else:
        document.sentence("No run.")
    if h.watcher:
        w = h.watcher
        document.sentence(
            f"The watcher is {w.state}: process {w.pid} on {w.host}, heartbeat "
            f"{span(w.heartbeat_age)} ago, {w.doing}."
        )


def _active_row(run: RunView) -> list[object]:
    done = f"{run.done}/{run.due} {run.unit}" if run.due is not None else "-"
    return [
        run.run_id,
        run.command,
        run.state,
        run.what or "starting",
        done,
        span(run.eta_seconds),
        f"{run.pid} on {run.host}",
        f"{span(run.heartbeat_age)} ago",
    ]


def _figures(document: Document, h: Handoff) -> None:
    document.heading("Expected figures, and present ones")
    if not h.figures:
        document.sentence("Nothing has been built.")
        return
    document.table(
        ["table", "what", "season", "expected", "present", "met"],
        [
            [f.table, f.what, f.season, f.expected, f.present, "yes" if f.is_met else "NO"]
            for f in h.figures
        ],
    )
