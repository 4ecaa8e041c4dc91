"""What an earlier version of the code read is read again, and comes to what it reads now."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest
from small_files import BOX_LINES

from boxout.errors import RefusedFileError
from boxout.pipeline import ingest as ingest_module
from boxout.pipeline import outdated_files
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.outdated_files import reading_code

BOX = "landing.bref_player_boxscores"
# The first day's lines with more assists, as a correction of its own has them.
CORRECTION = f"SELECT * REPLACE (7 AS ast) FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-24'"


@pytest.fixture
def earlier(monkeypatch):
    """The code as it was: every line has an assist more."""
    open_file = ingest_module.open_file

    @contextmanager
    def reading():
        def opened(connection, path):
            shape = open_file(connection, path)
            return replace(shape, query=f"SELECT * REPLACE (ast + 1 AS ast) FROM ({shape.query})")

        with monkeypatch.context() as patch:
            patch.setattr(ingest_module, "open_file", opened)
            for module in (ingest_module, outdated_files):
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


def assists(warehouse):
    """By date and file the assists of its rows that hold."""
    rows = warehouse.rows(
        "SELECT day(game_date), parse_filename(source_file), any_value(ast), count(DISTINCT ast) "
        f"FROM lake.{BOX} GROUP BY ALL"
    )
    assert all(each == 1 for *_, each in rows)
    return {(day, name): value for day, name, value, _ in rows}


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


def test_a_stop_between_two_of_them_leaves_the_second_for_the_next_time(
    write, empty, graph, earlier, bring
):
    first, second = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier():
        bring(first, second)

    def stop(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_files(empty, graph, [], stop)
    assert assists(empty)[24, "first.parquet"] == 2
    assert bring() == [("second.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 2}


def test_a_later_file_that_is_up_to_date_comes_again_after_it(
    write, bring, earlier, empty, graph, monkeypatch
):
    first, second = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier():
        bring(first)
        # Read by the code of now while the first was not there to be read.
        moved = first.rename(first.with_name("elsewhere.parquet"))
    bring(second)
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 3}
    moved.rename(first)

    def stop(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_files(empty, graph, [], stop)
    assert bring() == [("second.parquet", True)]
    assert assists(empty) == {(24, "second.parquet"): 7, (25, "first.parquet"): 2}


@pytest.mark.parametrize("is_gone", [True, False])
def test_it_is_left_where_a_later_file_could_not_take_its_rows_back(
    write, bring, earlier, empty, is_gone
):
    first, second = write("first.parquet", BOX_LINES), write("second.parquet", CORRECTION)
    with earlier():
        bring(first, second)
    if is_gone:
        second.unlink()
        assert bring(first) == []
        assert assists(empty) == {(24, "second.parquet"): 8, (25, "first.parquet"): 3}
        return
    write("second.parquet", f"{CORRECTION} AND home_team = 'DEN'")
    assert bring(first, second) == [("second.parquet", False)]
    assert bring(first, second) == [("first.parquet", True), ("second.parquet", True)]
    rows = empty.rows(
        "SELECT home_team, min(ast), max(ast) FROM lake.landing.bref_player_boxscores "
        "WHERE game_date = DATE '2023-10-24' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("DEN", 7, 7), ("GSW", 2, 2)]


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
        patch.setattr(ingest_module, "open_file", refuse)
        for _ in range(2):  # that it is on record does not make it accepted
            assert bring(box) == []
            [incident] = read_incidents(empty)
            assert incident.detail.startswith("No such file is read any more.")
    assert hashes(empty) == before
    assert bring(box) == [("box.parquet", True)]
    assert bring(box) == []
    assert read_incidents(empty) == ()


def test_another_definition_of_the_landing_table_counts_as_other_code(graph):
    table = graph.tables[BOX]
    assert reading_code(table) != reading_code(graph.tables["landing.nba_shots"])
    assert reading_code(table) == reading_code(table)
