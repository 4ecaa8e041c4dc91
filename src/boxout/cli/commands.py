"""The commands, in the order of work: where each one is, and what it does in one line.

The line is here so that `boxout --help` imports no command; it is the first one of the command's
own help.
"""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """The module of `boxout.cli` that a command is in, and its line in `boxout --help`."""

    module: str
    line: str


COMMANDS = {
    "run": Listed(
        "job",
        "Do the main job: ingest, tables, contracts, training, predictions, grades, report.",
    ),
    "ingest": Listed("sources", "Bring files, or folders of files, into the project."),
    "withdraw": Listed("withdrawal", "Take back what FILEs brought, as if they had never come."),
    "simulate": Listed(
        "sources",
        "Write the files of a simulated league, in the shapes of the public sources.",
    ),
    "backfill": Listed(
        "tables",
        "Bring TABLEs up to date, or all of them: whatever is missing or stale, and nothing else.",
    ),
    "plan": Listed("tables", "Print what `backfill` would do, and change nothing."),
    "explain": Listed(
        "explain",
        "Say why TABLE is in its state on GAME_DATE: what changed, when, by what, and how.",
    ),
    "validate": Listed(
        "readiness",
        "Evaluate the contracts over what is published: coverage by season, pass or fail.",
    ),
    "status": Listed(
        "status",
        "Say what the project holds and what is at work: tables, coverage, runs, models, watcher.",
    ),
    "ready": Listed(
        "ready",
        "Answer yes or no: may I train, may I publish tonight; both when neither is named.",
    ),
    "handoff": Listed(
        "handoff",
        "Write the handoff: what happened, what runs, what is blocked and why, what comes next.",
    ),
    "watch": Listed(
        "watch",
        "Watch over the project: ingest what comes, build, train, predict, grade; then sleep.",
    ),
    "serve": Listed(
        "serve",
        "Serve Prometheus metrics of the project at /metrics: partitions, coverage, incidents, "
        "model.",
    ),
    "runs": Listed(
        "runs", "List the runs at work, with progress, rate, ETA, process and heartbeat."
    ),
    "stop": Listed("runs", "End RUN at its next commit point; what it has committed stays."),
    "incidents": Listed(
        "incidents",
        "List the open incidents: failing contracts, with what waits for them downstream.",
    ),
    "diagnose": Listed(
        "diagnosis",
        "Name the cause of what fails in TABLE, or in what feeds one COLUMN of it.",
    ),
    "audit": Listed("audit", "Put a promise to the test on the data of this project."),
    "goalposts": Listed(
        "goalposts",
        "List the checks that are looser than they were: old and new threshold, who, when and why.",
    ),
    "rehearse": Listed(
        "rehearsal",
        "Play FAULTs on a copy of a project and show how each is noticed, named and repaired.",
    ),
    "train": Listed(
        "models",
        "Train XGBoost on the feature store, if every season passes its gates (else exit code 3).",
    ),
    "evaluate": Listed(
        "evaluation",
        "Forecast seasons month by month as one could have at the time, and score it all.",
    ),
    "predict": Listed(
        "models", "Write predictions for the games of a date into learning.predictions."
    ),
    "slate": Listed(
        "slate",
        "Print a date's board: the best offer on each player and market, projection, edge and why.",
    ),
    "form": Listed(
        "form", "Count how often PLAYER went over a line: last 5, 10, 20, season, and splits."
    ),
    "picture": Listed(
        "pictures", "Draw form, a distribution, reliability or shots, as SVG and PNG files."
    ),
    "grade": Listed(
        "models", "Score predictions against what happened, and against the lines that exist."
    ),
    "models": Listed(
        "models", "List the trained models, oldest first, and of which markets each is champion."
    ),
    "promote": Listed(
        "champions", "Let MODEL challenge each market's champion, which `predict` forecasts with."
    ),
    "drift": Listed(
        "drift", "Say whether the champions still do what they did when they were tested."
    ),
    "trace": Listed(
        "trace", "Say what MODEL, the newest where none is named, or a prediction was made of."
    ),
    "compact": Listed("compact", "Merge small files and let go of old data versions."),
}
