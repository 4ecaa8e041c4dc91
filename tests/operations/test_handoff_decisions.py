"""The handoff tells what was so at its moment, and asks for nothing that cannot be done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boxout.errors import SourceError
from boxout.orchestration.handoff import write_handoff
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.life_signs import Heartbeat, now
from boxout.pipeline.record_watcher import note_watcher
from boxout.pipeline.runs import Run, close_dead_runs


def abandon(heartbeat):
    """Let a heartbeat end as when its process is killed: its file stays, and its lock is free."""
    heartbeat._is_over.set()
    heartbeat._thread.join()
    heartbeat._lock.release()


def test_a_run_that_had_died_was_not_at_work_though_nobody_had_noticed_yet(short_project, graph):
    run = Run(short_project, "backfill")
    run.start()
    alive = now()
    run._heartbeat.tell(what="raw.games", done=1, due=2)
    abandon(run._heartbeat)
    dead = now()
    assert close_dead_runs(short_project) == (run.run_id,)
    (then,) = write_handoff(short_project, graph, alive).past_active
    assert (then["run_id"], then["outcome"]) == (run.run_id, "died")
    assert write_handoff(short_project, graph, dead).past_active == ()


def test_an_incident_of_the_watcher_is_still_to_be_decided(short_project, graph):
    watcher = Heartbeat(short_project.home, "watch", {"kind": "watch", "doing": "sleeping"})
    watcher.start()
    abandon(watcher)
    note_watcher(short_project)
    moment = now() + timedelta(milliseconds=1)
    (decision,) = write_handoff(short_project, graph, moment).decisions
    assert "i0001: the watcher fails watcher_beats." in decision
    assert "`boxout stop watch`." in decision
    assert "Mend the source" not in decision
    (present,) = write_handoff(short_project, graph).decisions
    assert present.startswith("The watcher is dead")


def test_a_refused_file_is_to_be_mended_or_replaced_for_it_cannot_be_waived(
    short_project, graph, short_files, rewrite
):
    path = short_files / "nba" / "team_gamelogs_2024-25.parquet"
    rewrite(path, "SELECT * EXCLUDE (FGA) FROM file")
    with pytest.raises(SourceError):
        ingest_files(short_project, graph, [path])
    (decision,) = write_handoff(short_project, graph).decisions
    assert "waive" not in decision
    assert "ingest another in its place" in decision
