"""Every fault that is planted is noticed, named, kept from being published, and undone."""

from __future__ import annotations

import pytest

from boxout.pipeline.diagnose.diagnosis import diagnose, find_causes
from boxout.pipeline.diagnose.lineage import feeding_tables
from boxout.pipeline.diagnose.question import suspect_everything
from boxout.rehearsal.faults import FAULTS
from boxout.rehearsal.rehearse import rehearse_fault

# Where every one of these faults shows: the tables below them wait.
TABLES = ("raw.player_aliases", "raw.games", "raw.player_boxscores", "raw.team_boxscores")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed_named_and_undone(copied, graph, fault, tmp_path):
    played = rehearse_fault(copied, graph, fault, tmp_path, tables=graph.select(TABLES))
    assert played.causes[:1] == [fault.kind], played.findings
    assert played.noticed == ("incident" if fault.status == "held back" else fault.status)
    assert {i.outcome for i in played.incidents} <= {"repaired"}
    assert played.wrong_rows == {}
    assert played.differences == 0
    first = played.findings[0]
    assert first["count"] > 0
    assert first["files"]
    assert first["advice"]


def test_clean_data_is_accused_of_nothing(copied, graph):
    ends = [table for table in graph.computed if not graph.readers(table.name)]
    asked = set()
    for table in ends:
        diagnosis = diagnose(copied, graph, table)
        assert (diagnosis.failing, diagnosis.causes) == ((), ()), table.name
        asked |= set(feeding_tables(graph, table, None))
    assert asked >= {table.name for table in graph.computed}


def test_clean_data_is_accused_of_nothing_even_when_every_date_is_under_suspicion(copied, graph):
    for table in graph.computed:
        assert find_causes(suspect_everything(copied, graph, table)) == [], table.name
