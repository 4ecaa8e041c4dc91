"""What an earlier version of the code read is read again, and comes to what it reads now."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest
from small_files import BOX_LINES

from boxout.errors import RefusedFileError
from boxout.pipeline import loading, outdated_files
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.outdated_files import reading_code
from boxout.warehouse.opening import open_warehouse

BOX = "landing.bref_player_boxscores"
# The first day's lines with more assists, as a correction of its own has them.
CORRECTION = f"SELECT * REPLACE (7 AS ast) FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-24'"
ONE_GAME = f"{CORRECTION} AND home_team = 'DEN'"


@pytest.fixture
def earlier(monkeypatch):
    """The code as it was: every line has an assist more, or what else is said of the rows."""
    open_file = loading.open_file

    @contextmanager
    def reading(rows="SELECT * REPLACE (ast + 1 AS ast)"):
        def opened(connection, path):
            shape = open_file(connection, path)
            return replace(shape, query=f"{rows} FROM ({shape.query})")

        with monkeypatch.context() as patch:
            patch.setattr(loading, "open_file", opened)
            for module in (loading, outdated_files):
                patch.setattr(module, "reading_code", lambda table: "an earlier version")
            yield

    return reading


@pytest.fixture
def bring(empty, graph):
    """Ingest files, and return the names of those that were read, in order."""

    def ingest_all(*paths):
        told = []
        returned = ingest_files(empty, graph, list(paths), told.append)
        assert [report.path for report in returned] == list(paths)
        return [(r.path.name, r.is_read_again) for r in told if not r.is_known]

    return ingest_all


@pytest.fixture
def both(write, bring, earlier):
    """All lines and a later correction of the first day, as the code of before has read them."""
    files = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier():
        bring(*files)
    return files


def assists(warehouse):
    """By date and file the assists of its rows that hold."""
    rows = warehouse.rows(
        "SELECT day(game_date), parse_filename(source_file), any_value(ast), count(DISTINCT ast) "
        f"FROM lake.{BOX} GROUP BY ALL"
    )
    assert all(each == 1 for *_, each in rows)
    return {(day, name): value for day, name, value, _ in rows}


def by_home_team(warehouse):
    """The least and the most assists in the first day's games."""
    return warehouse.rows(
        f"SELECT home_team, min(ast), max(ast) FROM lake.{BOX} "
        "WHERE game_date = DATE '2023-10-24' GROUP BY 1 ORDER BY 1"
    )


def hashes(warehouse):
    return warehouse.rows(
        "SELECT table_name, game_date, content_hash FROM lake.ledger.partitions ORDER BY ALL"
    )


def test_it_is_read_once_more_and_then_known(write, bring, earlier, empty):
    box = write("box.parquet", BOX_LINES)
    with earlier():
        bring(box)
        assert bring(box) == []
    assert assists(empty) == {(24, "box.parquet"): 3, (25, "box.parquet"): 3}
    before = hashes(empty)
    assert bring(box) == [("box.parquet", True)]
    assert assists(empty) == {(24, "box.parquet"): 2, (25, "box.parquet"): 2}
    assert hashes(empty) != before
    version = empty.version()
    assert bring(box) == []
    assert empty.version() == version


def test_files_of_a_project_from_before_the_code_was_on_record_are_read_again(write, bring, empty):
    box = write("box.parquet", BOX_LINES)
    bring(box)
    before = hashes(empty)
    with empty.commit():
        empty.execute("ALTER TABLE lake.ledger.files DROP COLUMN read_by")
        empty.execute("DELETE FROM lake.ledger.properties WHERE name = 'ledger_layout'")
    assert bring(box) == [("box.parquet", True)]
    assert hashes(empty) == before  # so that nothing is computed again


def test_all_of_them_are_read_in_the_order_in_which_they_came(write, bring, earlier, empty):
    first, second = write("z.parquet", BOX_LINES), write("a.parquet", CORRECTION)
    with earlier():
        bring(first)
        bring(second)
    # Whatever is ingested now: here a third file, of which neither knows.
    third = write("third.parquet", f"SELECT * FROM ({CORRECTION}) WHERE home_team = 'DEN'")
    assert bring(third) == [("z.parquet", True), ("a.parquet", True), ("third.parquet", False)]
    assert assists(empty) == {(24, "a.parquet"): 7, (25, "z.parquet"): 2}


def test_a_stop_between_two_of_them_leaves_the_second_for_the_next_time(both, empty, graph, bring):

    def stop(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_files(empty, graph, [], stop)
    assert assists(empty) == {(24, "second.parquet"): 8, (25, "first.parquet"): 2}
    assert bring() == [("second.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 2}


def test_a_later_file_holds_though_it_is_not_read_again(write, bring, earlier, empty):
    first, second = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier():
        bring(first)
        # Read by the code of now while the first was not there to be read.
        moved = first.rename(first.with_name("elsewhere.parquet"))
    bring(second)
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 3}
    moved.rename(first)
    assert bring() == [("first.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 2}
    # What the first says is kept aside, as the code of now has it.
    assert bring(write("second.parquet", ONE_GAME)) == [("second.parquet", False)]
    assert by_home_team(empty) == [("DEN", 7, 7), ("GSW", 2, 2)]


def test_a_later_file_that_is_gone_keeps_its_rows(both, bring, empty):
    first, second = both
    second.unlink()
    assert bring(first) == [("first.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 8, (25, "first.parquet"): 2}
    assert bring(first) == []


def test_a_later_file_that_said_the_same_holds_once_they_differ(write, bring, earlier, empty):
    first = write("first.parquet", f"SELECT * REPLACE (6 AS ast) FROM ({BOX_LINES})")
    second = write("second.parquet", CORRECTION)
    with earlier():
        bring(first)  # 7 assists, as the second says, too
        moved = first.rename(first.with_name("elsewhere.parquet"))
    bring(second)
    assert assists(empty) == {(24, "first.parquet"): 7, (25, "first.parquet"): 7}
    before = hashes(empty)
    moved.rename(first)
    assert bring() == [("first.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 6}
    assert hashes(empty)[0] == before[0]  # of the first day nothing has changed
    assert bring(write("second.parquet", ONE_GAME)) == [("second.parquet", False)]
    assert by_home_team(empty) == [("DEN", 7, 7), ("GSW", 6, 6)]


def test_rows_that_are_placed_now_do_not_hold_before_those_of_later_files(
    write, bring, earlier, empty, monkeypatch
):
    first, second = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier("SELECT * REPLACE (CASE WHEN home_team = 'DEN' THEN 'unknown' END AS problem)"):
        bring(first)
        moved = first.rename(first.with_name("elsewhere.parquet"))
    bring(second)
    moved.rename(first)
    assert bring() == [("first.parquet", True)]
    assert by_home_team(empty) == [("DEN", 7, 7), ("GSW", 7, 7)]
    assert empty.scalar("SELECT count(*) FROM lake.ledger.quarantine") == 0


def test_two_at_once_do_not_undo_what_came_meanwhile(both, write, empty, graph):
    """Another process reads both again and brings a third between this one's first and second."""
    third = write("third.parquet", f"SELECT * REPLACE (9 AS ast) FROM ({CORRECTION})")
    told = []

    def meanwhile(report):
        told.append(report.path.name)
        if len(told) == 1:
            with open_warehouse(empty.home) as other:
                ingest_files(other, graph, [third])

    ingest_files(empty, graph, [], meanwhile)
    assert told == ["first.parquet", "second.parquet"]
    assert assists(empty) == {(24, "third.parquet"): 9, (25, "first.parquet"): 2}


def test_one_that_another_process_meets_elsewhere_meanwhile_is_passed_over(
    both, empty, graph, bring
):
    first, second = both

    def meanwhile(report):
        if report.path == first:
            moved = second.rename(second.with_name("moved.parquet"))
            with open_warehouse(empty.home) as other:
                assert ingest_files(other, graph, [moved])[0].is_known

    ingest_files(empty, graph, [], meanwhile)
    assert bring() == [("moved.parquet", True)]
    assert assists(empty) == {(24, "moved.parquet"): 7, (25, "first.parquet"): 2}


def test_a_file_that_is_moved_after_it_was_read_in_the_same_call_is_known(
    write, empty, graph, bring
):
    box = write("box.parquet", BOX_LINES)
    moved = box.with_name("moved.parquet")
    known = []

    def move(report):
        known.append(report.is_known)
        if not report.is_known:
            box.rename(moved)

    ingest_files(empty, graph, [box, moved], move)
    assert known == [False, True]


def test_what_the_code_of_now_refuses_stays_as_it_was_and_is_an_incident(
    write, bring, earlier, empty, graph, monkeypatch
):
    box = write("box.parquet", BOX_LINES)
    with earlier():
        bring(box)
    before = hashes(empty)

    def refuse(*_):
        raise RefusedFileError("No such file is read any more.", str(box), "Mend it.", table=BOX)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "open_file", refuse)
        with pytest.raises(RefusedFileError):
            bring(box)
    for _ in range(2):  # it is not tried again by the same code, and not taken for accepted
        assert bring(box) == []
        [incident] = read_incidents(empty)
        assert incident.detail.startswith("No such file is read any more.")
    assert hashes(empty) == before
    for module in (loading, outdated_files):
        monkeypatch.setattr(module, "reading_code", lambda table: "a later version")
    assert bring(box) == [("box.parquet", True)]
    assert bring(box) == []
    assert read_incidents(empty) == ()


def test_one_that_was_damaged_and_mended_is_no_incident_any_more(
    write, bring, earlier, empty, graph
):
    """Also where it is not read again, as while it had other bytes."""
    box = write("box.parquet", BOX_LINES)
    right = box.read_bytes()
    with earlier():
        bring(box)
    box.write_text("an error page")
    with pytest.raises(RefusedFileError):
        bring(box)
    assert len(read_incidents(empty)) == 1
    box.write_bytes(right)
    assert bring(box) == [("box.parquet", True)]
    assert read_incidents(empty) == ()


def test_another_definition_of_the_landing_table_counts_as_other_code(graph):
    table = graph.tables[BOX]
    assert reading_code(table) != reading_code(graph.tables["landing.nba_shots"])
    assert reading_code(table) == reading_code(table)
