"""A kill, a correction, the same files again, an outage: what they leave behind is nothing."""

from __future__ import annotations

import pytest

from boxout.pipeline.graph import build_graph
from boxout.rehearsal.events import EVENTS

TABLES = ("raw.player_aliases", "raw.games", "raw.player_boxscores", "raw.team_boxscores")


@pytest.fixture
def play(copied, graph, tmp_path):
    """Play one event on the copy, with the few tables that tell."""
    few = {n: t for n, t in graph.tables.items() if t.is_landing or n in TABLES}

    def play_event(name):
        result = EVENTS[name](copied, build_graph(few), tmp_path)
        assert result.passed, result
        return result

    return play_event


def test_a_killed_run_tears_nothing_and_is_taken_up(play):
    result = play("kill-mid-run")
    assert "SIGKILL after 2 commits" in result.planted[1]
    assert "left 0 partitions other than" in result.facts[0]


def test_a_late_correction_computes_what_it_reaches_and_no_more(play):
    # turnovers reach the team lines' query, and leave the lines as they are
    result = play("late-correction")
    assert result.facts[0].startswith("computed 2 of ")
    assert "1 changed, and 0 differ from a whole recompute" in result.facts[0]


def test_the_same_files_again_change_nothing(play):
    result = play("duplicate-ingest")
    assert result.facts == ["0 rows were added, changed or removed"]


def test_an_outage_is_an_incident_until_the_source_is_back(play):
    result = play("source-outage")
    assert (result.noticed, result.causes) == ("incident", ["file-unreadable"])
    assert result.facts[0].startswith("0 incidents are open")
