"""An incident opens with the commit that fails a partition and ends with the one that mends it."""

from __future__ import annotations

from datetime import date

import pytest
from changing_project import ChangingProject

from boxout.pipeline.due import RunOptions
from boxout.pipeline.goalposts import read_goalposts
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ledger import create_ledger
from boxout.pipeline.run import run_tables
from boxout.pipeline.waiver import Waiver

BLOCKS = (0, 1)
TABLE, CHECK = "raw.lines", "assists_are_plausible"


@pytest.fixture
def project(tmp_path):
    """A project with every block of dates built, and nothing wrong."""
    changing = ChangingProject(tmp_path / "project", "tiny", 3)
    for block in BLOCKS:
        changing.bring(block)
    bring_up_to_date(changing)
    yield changing
    changing.close()


def bring_up_to_date(project, **options):
    return run_tables(
        project.warehouse, project.graph, project.graph.computed, RunOptions(**options)
    )


def incidents(project, **options):
    """The incidents of the check; a date that it holds back may fail its season, too."""
    return [i for i in read_incidents(project.warehouse, **options) if i.check == CHECK]


def spoil(project, number, assists=95):
    """Give a player of a game more assists than anybody can have; return the game."""
    game = project.league.games[number]
    game.lines[min(game.lines)]["ast"] = assists
    project.bring(game.block)
    return game


def test_one_opens_follows_the_failure_and_closes_when_the_last_date_is_mended(project):
    assert read_incidents(project.warehouse, include_closed=True) == ()
    first, second = spoil(project, 6), spoil(project, 8)
    assert first.day < second.day
    run = bring_up_to_date(project)
    [incident] = incidents(project)
    assert (incident.incident_id, incident.table, incident.check) == ("i0001", TABLE, CHECK)
    assert (incident.season, incident.scope) == ("2023-24", "row")
    assert (incident.first_date, incident.last_date) == (first.day, second.day)
    assert (incident.partitions, incident.failing, incident.total) == (2, 2, 48)
    assert incident.opened_run == run.run_id
    assert incident.blocked_at >= incident.opened_at

    spoil(project, 6, 4)
    bring_up_to_date(project)
    [smaller] = incidents(project)
    assert smaller.incident_id == "i0001"
    assert (smaller.first_date, smaller.partitions) == (second.day, 1)

    spoil(project, 8, 4)
    run = bring_up_to_date(project)
    assert incidents(project) == []
    [closed] = incidents(project, include_closed=True)
    assert (closed.outcome, closed.repaired_run) == ("repaired", run.run_id)
    assert closed.seconds_to_repair > 0
    assert closed.first_date == second.day  # the history says what it was last about

    spoil(project, 8)
    bring_up_to_date(project)
    again = [i.incident_id for i in incidents(project)]
    assert len(again) == 1
    assert again[0] > closed.incident_id


def test_it_names_what_the_windows_of_the_tables_below_reach(project):
    game = spoil(project, 6)
    bring_up_to_date(project)
    [incident] = incidents(project)
    days = [d for (d,) in project.warehouse.rows(
        "SELECT DISTINCT game_date FROM lake.raw.games WHERE season = '2023-24' ORDER BY 1"
    )]  # fmt: skip
    assert game.day == days[0]
    reached = {a.table: (a.partitions, a.first_date, a.last_date) for a in incident.affected}
    # form reads the day itself, outlook the days before
    assert reached["analytics.form"] == (len(days), days[0], days[-1])
    assert reached["precompute.outlook"] == (len(days) - 1, days[1], days[-1])
    assert incident.affected_partitions == sum(count for count, *_ in reached.values())
    unready = project.warehouse.rows(
        "SELECT table_name, count(*) FROM lake.ledger.partitions WHERE state = 'blocked' GROUP BY 1"
    )
    assert unready
    assert all(count <= reached[table][0] for table, count in unready)


def test_one_a_season_and_a_waiver_ends_it_and_says_so(project):
    spoil(project, 0)
    spoil(project, 6)
    bring_up_to_date(project)
    assert [i.season for i in incidents(project)] == ["2022-23", "2023-24"]
    bring_up_to_date(project, waiver=Waiver("ann", "the league confirmed it"))
    assert read_incidents(project.warehouse) == ()
    waived = [goalpost for goalpost in read_goalposts(project.warehouse) if goalpost.table == TABLE]
    assert {(g.change, g.who, g.why) for g in waived} == {
        ("waived", "ann", "the league confirmed it")
    }
    ended = {i.outcome for i in read_incidents(project.warehouse, include_closed=True)}
    assert ended == {"waived"}


def test_rows_that_are_withdrawn_end_it_in_a_home_from_before_there_were_incidents(project):
    with project.warehouse.commit():
        project.warehouse.execute("DROP TABLE lake.ledger.incidents")
        project.warehouse.execute("DELETE FROM lake.ledger.properties WHERE name = 'ledger_layout'")
    project.warehouse._known.clear()
    create_ledger(project.warehouse)
    game = spoil(project, 9)
    assert game.day == date(2023, 11, 3)
    bring_up_to_date(project)
    assert len(incidents(project)) == 1
    for other in project.league.games:
        other.is_played = other.is_played and other.day != game.day
    project.bring(game.block)
    project.ingest([project.league.write_schedule()])
    bring_up_to_date(project)
    assert incidents(project) == []
