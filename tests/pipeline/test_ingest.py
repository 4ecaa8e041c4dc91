"""Files come in whole, once, and only what differs changes."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest
from filelock import FileLock
from small_files import BOX_LINES, INJURIES, PLAYER_LOGS, PROP_LINES, SHOTS, TEAM_LOGS

from boxout.errors import BusyError, RefusedFileError, SourceError, UnreadableFileError
from boxout.orchestration.events import read_events
from boxout.pipeline import loading
from boxout.pipeline.arrivals import QUARANTINED
from boxout.pipeline.content_audit import audit_content
from boxout.pipeline.due import RunOptions
from boxout.pipeline.files_on_record import is_there, plain_path
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger import is_simulated_league
from boxout.pipeline.ledger_at import LedgerAt
from boxout.pipeline.life_signs import now
from boxout.pipeline.locks import table_lock
from boxout.pipeline.run import run_tables
from boxout.sources.files.reading import is_simulated
from boxout.warehouse.opening import open_warehouse

BOX = "landing.bref_player_boxscores"


def hashes(warehouse, table=BOX):
    return dict(
        warehouse.rows(
            "SELECT game_date::VARCHAR, content_hash FROM lake.ledger.partitions "
            "WHERE table_name = $1",
            [table],
        )
    )


def quarantine(warehouse):
    return dict(
        warehouse.rows(
            "SELECT check_name, sum(failing)::INTEGER FROM lake.ledger.quarantine GROUP BY 1"
        )
    )


def files(warehouse):
    return warehouse.rows("SELECT * FROM lake.ledger.files ORDER BY ALL")


def test_a_file_is_ingested_once(write, ingest, empty):
    path = write("box.parquet", BOX_LINES)
    first = ingest(path)
    assert (first.rows, first.added, first.dates, first.is_known) == (48, 48, 2, False)
    version = empty.version()
    again = ingest(path)
    assert again.is_known
    assert empty.version() == version


def test_no_bound_value_makes_python_search_for_pandas(write, ingest, monkeypatch):
    searched = []

    class Finder:
        def find_spec(self, name, path=None, target=None):
            searched.append(name)

    if find_spec("pandas"):
        pytest.skip("pandas is installed, and found at once")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    ingest(write("box.parquet", BOX_LINES))
    assert "pandas" not in searched


def test_the_same_rows_in_another_file_change_nothing(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    before = hashes(empty)
    other = ingest(write("same.csv", f"SELECT * FROM ({BOX_LINES}) ORDER BY hash(player_name)"))
    assert (other.added, other.changed, other.removed) == (0, 0, 0)
    assert hashes(empty) == before


FIRST_DAY = f"SELECT * FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-24'"
LAST_DAY = f"SELECT * FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-25'"


def brought_by(warehouse):
    return warehouse.rows(
        f"SELECT DISTINCT parse_filename(source_file), game_date::VARCHAR FROM lake.{BOX} "
        "ORDER BY ALL"
    )


def test_a_file_of_the_last_days_takes_no_rows_away_when_it_moves_on(write, ingest, empty):
    ingest(write("season.parquet", BOX_LINES))
    before = hashes(empty)
    for rolling in (FIRST_DAY, LAST_DAY, FIRST_DAY):
        report = ingest(write("latest.parquet", rolling))
        assert (report.added, report.changed, report.removed, report.dates) == (0, 0, 0, 0)
    assert hashes(empty) == before


def test_a_row_that_its_file_brings_no_longer_is_anothers_who_still_does(write, ingest, empty):
    ingest(write("first.parquet", BOX_LINES))
    before = hashes(empty)
    ingest(write("second.parquet", FIRST_DAY))
    report = ingest(write("first.parquet", LAST_DAY))
    assert (report.added, report.changed, report.removed, report.dates) == (0, 0, 0, 0)
    assert hashes(empty) == before
    assert brought_by(empty) == [
        ("first.parquet", "2023-10-25"),
        ("second.parquet", "2023-10-24"),
    ]
    assert ingest(write("second.parquet", LAST_DAY)).removed == 32  # nobody's, now
    assert list(hashes(empty)) == ["2023-10-25"]


def test_what_comes_back_is_what_the_file_before_has_of_it(write, ingest, empty):
    nine, eight = (f"SELECT * REPLACE ({n} AS ast) FROM ({FIRST_DAY})" for n in (9, 8))
    ingest(write("first.parquet", BOX_LINES))
    before = hashes(empty)
    ingest(write("second.parquet", nine))
    after = hashes(empty)
    ingest(write("third.parquet", eight))
    report = ingest(write("third.parquet", LAST_DAY))
    assert (report.added, report.changed, report.removed, report.dates) == (0, 32, 0, 1)
    assert hashes(empty) == after
    assert ingest(write("second.parquet", LAST_DAY)).changed == 32
    assert hashes(empty) == before
    assert {name for name, _ in brought_by(empty)} == {"first.parquet"}


def with_wrong(team):
    """Box lines of which those of a team have one that is no NBA team."""
    return (
        f"SELECT * REPLACE (CASE WHEN team = '{team}' THEN 'XYZ' ELSE team END AS team) "
        f"FROM ({BOX_LINES})"
    )


WRONG_TEAM = with_wrong("DEN")


def sources(warehouse, table):
    return warehouse.rows(f"SELECT DISTINCT source_file FROM lake.{table} ORDER BY 1")


def test_a_moved_file_goes_by_its_new_name_and_is_not_read_again(write, ingest, empty):
    """Without this its refused rows would count twice."""
    path = write("old.parquet", WRONG_TEAM)
    since = now()
    first = ingest(path)
    before = hashes(empty), quarantine(empty)
    assert sum(first.rejected.values()) == 8
    moved = path.rename(path.with_name("moved.parquet"))
    again = ingest(moved)
    assert (again.is_known, again.rows) == (True, first.rows)
    assert (hashes(empty), quarantine(empty)) == before
    for table in (BOX, "ledger.files", "ledger.quarantine", "ledger.spellings"):
        assert sources(empty, table) == [(str(moved),)]
    [ingested] = read_events(LedgerAt(empty), since, now())  # a move is no second one
    assert ingested.text.startswith("moved.parquet")
    version = empty.version()
    assert ingest(moved).is_known
    assert empty.version() == version
    assert ingest(write("moved.parquet", BOX_LINES)).added == 8
    assert quarantine(empty) == {}


def test_rows_that_overlapping_files_refuse_again_count_once(write, ingest, empty):
    """Else a share that is matched would sink with each night's file of the last days."""

    def refused():
        return sum(n for _, _, n in empty.rows(f"FROM ({QUARANTINED})"))

    ingest(write("first.parquet", WRONG_TEAM))
    assert refused() == 8
    ingest(write("second.parquet", f"{WRONG_TEAM} WHERE team <> 'LAL'"))
    assert quarantine(empty) == {"the team is no NBA team": 16}
    assert refused() == 8
    ingest(write("third.parquet", with_wrong("CLE")))
    assert refused() == 16
    some_of_them = f"SELECT * FROM ({WRONG_TEAM}) WHERE player_name < 'PlayerF'"
    assert sum(ingest(write("some.parquet", some_of_them)).rejected.values()) == 5
    assert refused() == 16
    ingest(write("text.csv", WRONG_TEAM))
    assert refused() == 16
    # Of as many rows with the same samples, one differs.
    one_else = (
        f"SELECT * REPLACE (ast + (player_name = 'PlayerH DENson')::INTEGER AS ast) "
        f"FROM ({WRONG_TEAM})"
    )
    ingest(write("one_else.parquet", one_else))
    assert refused() == 17


def test_alike_rows_that_one_file_refuses_each_count(write, ingest, empty):
    ingest(write("twice.parquet", f"{WRONG_TEAM} UNION ALL SELECT * FROM ({WRONG_TEAM})"))
    [(refused,)] = empty.rows(f"SELECT sum(failing) FROM ({QUARANTINED})")
    assert refused == 16


def test_rows_refused_before_they_were_told_apart_count_as_they_are(write, ingest, empty):
    ingest(write("first.parquet", WRONG_TEAM))
    with empty.commit():
        empty.execute("ALTER TABLE lake.ledger.quarantine DROP COLUMN row_hashes")
        empty.execute("DELETE FROM lake.ledger.properties WHERE name = 'ledger_layout'")
    ingest(write("second.parquet", with_wrong("CLE")))
    [(refused,)] = empty.rows(f"SELECT sum(failing) FROM ({QUARANTINED})")
    assert refused == 16


def test_a_copy_does_not_undo_a_correction_where_it_is_or_is_moved_to(write, ingest, empty):
    path = write("box.parquet", WRONG_TEAM)
    ingest(path)
    before = hashes(empty)
    copy = path.with_name("copy.parquet")
    shutil.copyfile(path, copy)
    assert ingest(copy).dates == 0
    assert hashes(empty) == before
    corrected = f"SELECT * REPLACE (9 AS ast) FROM ({WRONG_TEAM})"
    assert ingest(write("box.parquet", corrected)).changed == 40
    after = hashes(empty)
    assert ingest(copy).is_known
    assert ingest(copy.rename(copy.with_name("moved.parquet"))).is_known
    assert hashes(empty) == after


def test_a_file_that_was_moved_aside_for_a_new_one_keeps_its_rows(write, ingest, empty):
    latest = write("latest.parquet", FIRST_DAY)
    ingest(latest)
    archived = latest.rename(latest.with_name("archived.parquet"))
    write("latest.parquet", LAST_DAY)
    ingest(archived)
    assert ingest(latest).removed == 0
    assert brought_by(empty) == [
        ("archived.parquet", "2023-10-24"),
        ("latest.parquet", "2023-10-25"),
    ]


def test_a_date_of_which_other_rows_are_refused_gets_a_new_hash(write, ingest, empty, graph):
    """Two files refuse the same rows, and then one of them others: twice as many."""
    ingest(write("first.parquet", WRONG_TEAM))
    ingest(write("second.parquet", f"{WRONG_TEAM} WHERE team <> 'LAL'"))
    before = hashes(empty)
    other = (
        f"SELECT * REPLACE (CASE WHEN team = 'XYZ' THEN 9 ELSE ast END AS ast) FROM ({WRONG_TEAM})"
    )
    report = ingest(write("first.parquet", other))
    assert (report.added, report.changed, report.removed, report.dates) == (0, 0, 0, 1)
    assert hashes(empty) != before
    assert audit_content(empty, [graph.tables[BOX]]).passed


def through_a_folder(path):
    (path.parent / "folder").mkdir(exist_ok=True)
    return path.parent / "folder" / ".." / path.name


def test_a_file_has_one_name_whatever_the_path_to_it(write, ingest, empty):
    path = write("box.parquet", WRONG_TEAM)
    ingest(through_a_folder(path))
    assert ingest(path).is_known
    path.write_text("no Parquet")
    with pytest.raises(RefusedFileError):
        ingest(through_a_folder(path))
    assert ingest(write("box.parquet", FIRST_DAY)).removed == 16
    assert read_incidents(empty) == ()
    assert quarantine(empty) == {}
    for table in (BOX, "ledger.files"):
        assert sources(empty, table) == [(str(path),)]


def test_a_path_through_a_link_leads_to_what_is_above_its_target(tmp_path):
    (tmp_path / "there" / "folder").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "there" / "folder")
    (tmp_path / "there" / "box.csv").touch()
    assert plain_path(tmp_path / "link" / ".." / "box.csv") == tmp_path / "there" / "box.csv"


@pytest.mark.parametrize("is_on_record_by_both", [False, True])
def test_what_is_on_record_by_a_path_with_dots_is_the_same_file(
    write, empty, graph, is_on_record_by_both
):
    """Without this, rows that a corrected file brings no longer would stay for good."""

    def ingest_as(name, query):
        path = write("box.parquet", query)
        return ingest_files(empty, graph, [path], known_as={path: str(name)})

    path = write("box.parquet", WRONG_TEAM)
    ingest_as(through_a_folder(path), WRONG_TEAM)
    write("box.parquet", "SELECT 1 AS a")
    with pytest.raises(RefusedFileError):
        ingest_files(empty, graph, [path], known_as={path: str(through_a_folder(path))})
    if is_on_record_by_both:
        # By the path alone, as a project of before has it: what it brings is on record twice.
        rows = f"SELECT * REPLACE (9 AS ast) FROM ({FIRST_DAY})"
        other = write("other.parquet", rows)
        ingest_files(empty, graph, [other], known_as={other: "as-before"})
        with empty.commit():
            aside = "overlaps.bref_player_boxscores"
            for table in (BOX, aside, "ledger.files", "ledger.spellings"):
                empty.execute(
                    f"UPDATE lake.{table} SET source_file = $1 WHERE source_file = 'as-before'",
                    [str(path)],
                )
        shutil.copyfile(other, path)  # the very bytes
    else:
        write("box.parquet", FIRST_DAY)
    ingest_files(empty, graph, [path])
    assert quarantine(empty) == {}
    assert read_incidents(empty) == ()
    for table in (BOX, "ledger.files", "ledger.spellings"):
        assert set(sources(empty, table)) <= {(str(path),)}
    assert list(hashes(empty)) == ["2023-10-24"]
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 32
    assert ingest_files(empty, graph, [path])[0].is_known


def test_a_file_that_may_be_where_nobody_can_look_is_taken_to_be_there(tmp_path, monkeypatch):
    assert not is_there(str(tmp_path / "box.parquet"))

    def stat(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", stat)
    assert is_there("/somewhere/box.parquet")


def test_a_file_whose_rows_another_has_replaced_is_read_again_under_a_new_name(
    write, ingest, empty
):
    """It is how somebody puts right what the other file spoiled."""
    good = write("good.parquet", BOX_LINES)
    ingest(good)
    before = hashes(empty)
    ingest(write("bad.parquet", f"SELECT * REPLACE (9 AS ast) FROM ({BOX_LINES})"))
    copy = good.with_name("again.parquet")
    shutil.copyfile(good, copy)
    assert ingest(copy).changed == 48
    assert hashes(empty) == before


def test_another_file_that_says_otherwise_replaces_the_rows_of_the_first(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    other = ingest(write("late.parquet", f"SELECT * REPLACE (9 AS ast) FROM ({BOX_LINES})"))
    assert (other.added, other.changed, other.removed) == (0, 48, 0)
    assert empty.rows(f"SELECT count(*), min(ast) FROM lake.{BOX}") == [(48, 9)]


def test_what_another_process_ingests_between_two_files_is_seen(write, empty, graph):
    first = write("box.parquet", BOX_LINES)
    second = write("second.parquet", f"SELECT * REPLACE (9 AS ast) FROM ({BOX_LINES})")

    def meanwhile(report):
        if report.path == first:
            with open_warehouse(empty.home) as other:
                ingest_files(other, graph, [second])
            write("second.parquet", f"SELECT * FROM ({BOX_LINES}) WHERE ast < 5 LIMIT 8")

    ingest_files(empty, graph, [first, second], meanwhile)
    names = empty.rows("SELECT source_file, row_count FROM lake.ledger.files ORDER BY row_count")
    assert names == [(str(second), 8), (str(first), 48)]
    # the second file's other rows had replaced those of the first, which are there again
    assert empty.rows(f"SELECT count(*), max(ast) FROM lake.{BOX}") == [(48, 2)]


@pytest.fixture
def meanwhile(empty, graph, monkeypatch):
    """Let another process ingest a file just before a file is committed."""

    def between(path, name):
        compare = loading.compare

        def compare_and_wait(*arguments, **options):
            monkeypatch.setattr(loading, "compare", compare)
            counts = compare(*arguments, **options)
            with open_warehouse(empty.home) as other:
                ingest_files(other, graph, [path], known_as={path: name})
            return counts

        monkeypatch.setattr(loading, "compare", compare_and_wait)

    return between


def test_a_name_that_is_on_record_for_another_table_is_refused(write, ingest, empty):
    """Without this the rows of before would stay, of a file that brings them no longer."""
    path = write("file.parquet", BOX_LINES)
    ingest(path)
    before = hashes(empty), files(empty)
    with pytest.raises(RefusedFileError, match=r"nba_team_gamelogs; by this name.*bref_player"):
        ingest(write("file.parquet", TEAM_LOGS))
    assert (hashes(empty), files(empty)) == before
    assert ingest(write("logs.parquet", TEAM_LOGS)).added == 6


def test_a_file_is_on_record_once_though_it_was_swapped_meanwhile(write, ingest, empty, meanwhile):
    path = write("box.parquet", BOX_LINES)
    meanwhile(write("logs.parquet", TEAM_LOGS), str(path))
    ingest(path)
    assert empty.rows("SELECT source_file, table_name FROM lake.ledger.files") == [(str(path), BOX)]


def test_the_first_file_of_another_process_says_what_the_project_is(
    write, ingest, empty, meanwhile, small_league
):
    meanwhile(next((small_league / "nba").glob("team_gamelogs*.parquet")), "simulated")
    with pytest.raises(SourceError, match="never mixed"):
        ingest(write("box.parquet", BOX_LINES))
    assert empty.rows("SELECT source_file FROM lake.ledger.files") == [("simulated",)]
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 0


def test_a_corrected_file_changes_just_the_rows_and_dates_that_differ(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    before = hashes(empty)
    report = ingest(
        write(
            "box.parquet",
            "SELECT * REPLACE (CASE WHEN player_name = 'PlayerB DENson' THEN 5 ELSE ast END "
            f"AS ast) FROM ({BOX_LINES})",
        )
    )
    assert (report.added, report.changed, report.removed, report.dates) == (0, 1, 0, 1)
    after = hashes(empty)
    assert after["2023-10-24"] != before["2023-10-24"]
    assert after["2023-10-25"] == before["2023-10-25"]
    assert empty.scalar(f"SELECT sum(ast) FROM lake.{BOX}") == 48 * 2 + 3


def test_a_row_that_the_file_brings_no_longer_is_removed(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    report = ingest(
        write("box.parquet", f"SELECT * FROM ({BOX_LINES}) WHERE player_name <> 'PlayerH BRKson'")
    )
    assert (report.added, report.changed, report.removed) == (0, 0, 1)
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 47


def test_a_file_that_goes_back_to_what_it_was_gives_the_same_hashes(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    before = hashes(empty)
    ingest(write("box.parquet", f"SELECT * REPLACE (9 AS ast) FROM ({BOX_LINES})"))
    assert hashes(empty) != before
    ingest(write("box.parquet", BOX_LINES))
    assert hashes(empty) == before


def test_repeated_rows_are_kept_once_and_counted(write, ingest, empty):
    report = ingest(
        write("box.parquet", f"SELECT b.* FROM ({BOX_LINES}) AS b, range(10) AS times(n)")
    )
    assert report.added == 48
    assert report.rejected == {"an exact repeat of an earlier row": 48 * 9}


ALIKE_SHOTS = f"FROM ({SHOTS}) UNION ALL FROM ({SHOTS}) WHERE LOC_X = 6"


def test_a_game_whose_shots_a_file_holds_twice_has_them_once(write, ingest, empty):
    landed = "SELECT * EXCLUDE (source_file) FROM lake.landing.nba_shots ORDER BY shot_number"
    assert ingest(write("once.parquet", ALIKE_SHOTS)).rejected == {}
    once = empty.rows(landed)
    assert len(once) == 8 * 7 + 8  # two shots may be alike
    report = ingest(write("twice.parquet", f"FROM ({ALIKE_SHOTS}) UNION ALL FROM ({ALIKE_SHOTS})"))
    assert report.rejected == {"an exact repeat of an earlier row": 64}
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert empty.rows(landed) == once


def test_shots_are_in_the_same_order_from_text_as_from_numbers(write, ingest, empty):
    ingest(write("shots.parquet", SHOTS))
    report = ingest(write("shots.csv", SHOTS))
    assert (report.added, report.changed, report.removed) == (0, 0, 0)


def test_rows_that_contradict_each_other_are_all_refused(write, ingest, empty):
    report = ingest(
        write(
            "box.parquet",
            f"SELECT * FROM ({BOX_LINES}) UNION ALL "
            f"SELECT * REPLACE (9 AS ast) FROM ({BOX_LINES}) WHERE player_name = 'PlayerB DENson'",
        )
    )
    assert report.rejected == {"another row with the same key says something else": 2}
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 47


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("-1 AS ast", "a stat is negative"),
        ("NULL::INTEGER AS ast", "a stat is missing or not a whole number"),
        ("2.5 AS ast", "a stat is missing or not a whole number"),
        ("20000 AS drb", "a stat is beyond that of any game"),
        ("8 AS fg", "more made than attempted"),
        ("99 AS pts", "points do not follow from the shots made"),
        ("'10/24' AS game_date", "the date is missing or malformed"),
        ("'XXX' AS team", "the team is no NBA team"),
        ("'BOS' AS team", "the team did not play in the game"),
        ("'' AS player_name", "the player has no name"),
        ("'...' AS player_name", "the player's name cannot be read"),
        ("'game-7' AS bref_game_id", "the game id is in no known format"),
        ("'202310250DEN' AS bref_game_id", "the game id holds another date"),
        ("'202310240LAL' AS bref_game_id", "the game id names another home team"),
        ("-3.0 AS mp", "minutes are missing or negative"),
        ("'NaN'::DOUBLE AS mp", "minutes are missing or negative"),
    ],
)
def test_a_bad_row_goes_to_quarantine_with_reason_and_sample(write, ingest, empty, change, reason):
    column = change.rsplit(" ", 1)[1]
    bad = (
        f"SELECT * REPLACE (CASE WHEN player_name = 'PlayerB DENson' "
        f"THEN ({change.rsplit(' AS ', 1)[0]})::VARCHAR ELSE {column}::VARCHAR END AS {column}) "
        f"FROM ({BOX_LINES})"
    )
    report = ingest(write("box.csv", bad))
    assert report.rejected == {reason: 1}
    assert quarantine(empty) == {reason: 1}
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 47
    [(sample,)] = empty.rows("SELECT sample FROM lake.ledger.quarantine")
    assert json.loads(sample)[0]["visitor_team"] == "LAL"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("player_name", "the player's name is garbled beyond repair"),
        ("team", "the team is no NBA team"),
        ("bref_game_id", "the game id is in no known format"),
    ],
)
def test_a_zero_byte_spoils_its_row_alone(write, ingest, empty, column, reason):
    value = f"left({column}, 3) || chr(0) || '\u00c3\u00ad' || substr({column}, 4)"
    spoiled = f"CASE WHEN row_number() OVER () = 1 THEN {value} ELSE {column} END AS {column}"
    report = ingest(write("rows.csv", f"SELECT * REPLACE ({spoiled}) FROM ({BOX_LINES})"))
    assert report.rejected == {reason: 1}
    [(samples,)] = empty.rows(
        "SELECT samples FROM lake.ledger.spellings WHERE problem IS NOT NULL AND form IS NOT NULL"
    )
    assert "\\0" in samples[0]


def test_a_zero_byte_in_a_column_name_is_no_end_of_the_run(write, empty, graph):
    odd = write("odd.csv", BOX_LINES)
    odd.write_bytes(odd.read_bytes().replace(b",fga,", b",f\0ga,"))
    refused = []
    paths = [odd, write("box.parquet", BOX_LINES)]
    reports = ingest_files(empty, graph, paths, on_error=lambda *told: refused.append(told))
    assert [report.added for report in reports] == [48]
    assert len(refused) == len(read_incidents(empty)) == 1


LAKERS_LOGS = f"SELECT * FROM ({PLAYER_LOGS}) WHERE MATCHUP LIKE 'LAL @%'"


@pytest.mark.parametrize(
    ("query", "change", "reason"),
    [
        (TEAM_LOGS, "'20231024' AS GAME_ID", "the game id is in no known format"),
        (TEAM_LOGS, "'22200061' AS GAME_ID", "the game id names another season"),
        (SHOTS, "'20231024' AS GAME_ID", "the game id is in no known format"),
        (SHOTS, "'20231025_LAL_DEN' AS GAME_ID", "the game id holds another date"),
        (SHOTS, "'20231024_DEN_LAL' AS GAME_ID", "the game id names another home team"),
        (PLAYER_LOGS, "'20231031_LAL_DEN' AS GAME_ID", "the game id holds another date"),
        (LAKERS_LOGS, "'20231024_DEN_LAL' AS GAME_ID", "the game id names another home team"),
    ],
)
def test_a_game_id_of_another_game_is_refused(write, ingest, query, change, reason):
    half = f"SELECT * FROM ({query}) UNION ALL SELECT * REPLACE ({change}) FROM ({query})"
    report = ingest(write("rows.parquet", half))
    assert set(report.rejected) == {reason}


MIXED_CASES = (
    "SELECT * REPLACE (CASE WHEN MATCHUP LIKE '%vs.%' THEN lower(TEAM_ABBREVIATION) "
    f"ELSE TEAM_ABBREVIATION END AS TEAM_ABBREVIATION) FROM ({TEAM_LOGS})"
)


def test_a_team_that_is_written_in_two_cases_brings_each_row_once(write, ingest, empty):
    report = ingest(write("teams.parquet", MIXED_CASES))
    assert (report.added, report.rejected) == (6, {})
    assert empty.scalar("SELECT count(*) FROM lake.landing.nba_team_gamelogs") == 6


def test_a_column_more_takes_no_part_in_what_a_team_log_says(write, ingest, empty):
    more = f"SELECT *, true AS at_home, 'Tue' AS day, 'LAL' AS opponent_text FROM ({TEAM_LOGS})"
    assert ingest(write("teams.parquet", more)).added == 6
    assert empty.scalar("SELECT count(*) FROM lake.landing.nba_team_gamelogs WHERE is_home") == 3


def test_a_team_log_of_a_team_that_plays_itself_is_refused(write, ingest):
    report = ingest(write("teams.parquet", TEAM_LOGS.replace("' @ ' || home", "' @ ' || away")))
    assert report.rejected == {"a team plays itself": 3}


def test_a_key_that_a_table_holds_twice_is_written_anew(write, ingest, empty):
    ingest(write("teams.parquet", TEAM_LOGS))
    before = hashes(empty, "landing.nba_team_gamelogs")
    published = "lake.landing.nba_team_gamelogs"
    empty.execute(f"INSERT INTO {published} SELECT * FROM {published} WHERE team = 'DEN'")
    report = ingest(write("teams.parquet", MIXED_CASES))
    assert (report.added, report.changed, report.removed, report.dates) == (0, 1, 0, 1)
    assert empty.scalar(f"SELECT count(*) FROM {published}") == 6
    assert hashes(empty, "landing.nba_team_gamelogs") == before


def test_a_quarantined_row_leaves_quarantine_when_the_file_is_mended(write, ingest, empty):
    bad = BOX_LINES.replace("2 AS ast", "CASE WHEN p = 3 THEN -1 ELSE 2 END AS ast")
    ingest(write("box.parquet", bad))
    assert quarantine(empty) == {"a stat is negative": 6}
    ingest(write("box.parquet", BOX_LINES))
    assert quarantine(empty) == {}
    assert empty.scalar(f"SELECT count(*) FROM lake.{BOX}") == 48


def test_a_file_of_which_no_row_can_be_placed_is_refused_and_changes_nothing(write, ingest, empty):
    ingest(write("box.parquet", BOX_LINES))
    before = hashes(empty), files(empty)
    with pytest.raises(SourceError, match=r"No row of the file can be placed.*48 of 48"):
        ingest(write("box.parquet", f"SELECT * REPLACE ('XXX' AS team) FROM ({BOX_LINES})"))
    assert (hashes(empty), files(empty)) == before
    [refused] = read_incidents(empty)
    assert (refused.table, refused.check, refused.scope) == (BOX, "file_accepted", "file")
    ingest(write("box.parquet", BOX_LINES))
    assert not read_incidents(empty)


def test_ids_that_say_no_season_type_leave_it_to_the_season_id(write, ingest, empty):
    playoffs = (
        "SELECT * REPLACE ('42023' AS SEASON_ID, '20231024_LAL_DEN' AS GAME_ID) "
        f"FROM ({TEAM_LOGS}) WHERE GAME_ID = '0022300061'"
    )
    assert ingest(write("logs.parquet", playoffs)).added == 2
    assert empty.rows("SELECT DISTINCT season_type FROM lake.landing.nba_team_gamelogs") == [
        ("playoffs",)
    ]


def test_a_renamed_column_is_an_incident_that_says_which(write, ingest, empty):
    renamed = f"SELECT * EXCLUDE (fga), fga AS fg_att FROM ({BOX_LINES})"
    with pytest.raises(SourceError, match="lacks fga"):
        ingest(write("box.parquet", renamed))
    [refused] = read_incidents(empty)
    [finding] = refused.diagnosis["findings"]
    assert (finding["kind"], finding["samples"]) == ("column-renamed", ["fg_att"])
    ingest(write("box.csv", BOX_LINES))  # another name: another file
    assert len(read_incidents(empty)) == 1
    ingest(write("box.parquet", BOX_LINES))
    [closed] = read_incidents(empty, include_closed=True)
    assert closed.outcome == "repaired"


def test_files_of_one_name_in_two_folders_are_two_files(write, ingest, empty, tmp_path):
    broken = f"SELECT * EXCLUDE (fga), fga AS fg_att FROM ({BOX_LINES})"
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        with pytest.raises(SourceError):
            ingest(write(f"{year}/box.parquet", broken))
    assert len(read_incidents(empty)) == 2
    ingest(write("2024/box.parquet", BOX_LINES))
    [left] = read_incidents(empty)
    assert left.source_file.endswith("2023/box.parquet")
    # one that is gone came back to another folder
    (tmp_path / "2023" / "box.parquet").unlink()
    (tmp_path / "again").mkdir()
    ingest(write("again/box.parquet", BOX_LINES))
    assert read_incidents(empty) == ()


def test_a_refused_file_that_is_gone_is_followed_by_another_of_its_table(write, ingest, empty):
    ingest(write("first.parquet", BOX_LINES))
    broken = write("broken.parquet", f"SELECT * EXCLUDE (fga) FROM ({BOX_LINES})")
    with pytest.raises(SourceError):
        ingest(broken)
    mended = write("mended.parquet", f"SELECT * REPLACE (3 AS ast) FROM ({BOX_LINES})")
    ingest(mended)
    assert len(read_incidents(empty)) == 1  # the broken one is still there
    broken.unlink()
    ingest(write("logs.parquet", TEAM_LOGS))
    [closed] = read_incidents(empty, include_closed=True)
    assert closed.outcome == "repaired"
    assert empty.scalar("SELECT count(*) FROM lake.ledger.refusals") == 0


@pytest.fixture
def broken(write, ingest):
    """Have a file refused, and remove it."""

    def refuse(name):
        path = write(name, f"SELECT * EXCLUDE (fga) FROM ({BOX_LINES})")
        with pytest.raises(SourceError):
            ingest(path)
        path.unlink()

    return refuse


def test_a_refused_file_that_is_gone_is_not_replaced_by_that_of_another_season(
    write, ingest, empty, tmp_path, broken
):
    for folder in ("2022-23", "2023-24", "2022_2023 again"):
        (tmp_path / folder).mkdir()
    ingest(write("first.parquet", BOX_LINES))
    broken("2022-23/box.parquet")
    ingest(write("2023-24/box.parquet", f"SELECT * REPLACE (3 AS ast) FROM ({BOX_LINES})"))
    ingest(write("box_2023-24.parquet", f"SELECT * REPLACE (4 AS ast) FROM ({BOX_LINES})"))
    [left] = read_incidents(empty)
    assert left.source_file.endswith("2022-23/box.parquet")
    ingest(write("2022_2023 again/box.parquet", f"SELECT * REPLACE (5 AS ast) FROM ({BOX_LINES})"))
    assert read_incidents(empty) == ()


@pytest.mark.parametrize("folder", ["2023-12-01", "2023-12", "2022-24", "12-2022-23"])
def test_a_path_that_only_looks_like_a_season_names_none(
    write, ingest, empty, tmp_path, broken, folder
):
    for name in (folder, "2021-22"):
        (tmp_path / name).mkdir()
    ingest(write("first.parquet", BOX_LINES))
    broken(f"{folder}/box.parquet")
    ingest(write("2021-22/box.parquet", f"SELECT * REPLACE (3 AS ast) FROM ({BOX_LINES})"))
    assert read_incidents(empty) == ()


def test_a_refused_file_that_is_gone_is_no_matter_of_another_table(write, ingest, empty):
    ingest(write("first.parquet", BOX_LINES))
    broken = write("broken.parquet", f"SELECT * EXCLUDE (fga) FROM ({BOX_LINES})")
    with pytest.raises(SourceError):
        ingest(broken)
    broken.unlink()
    ingest(write("first.parquet", BOX_LINES))
    ingest(write("logs.parquet", TEAM_LOGS))
    assert len(read_incidents(empty)) == 1


def test_a_damaged_file_leaves_what_was_there(write, ingest, empty):
    path = write("box.parquet", BOX_LINES)
    ingest(path)
    before = hashes(empty)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceError, match="cannot be read"):
        ingest(path)
    assert hashes(empty) == before


def _cut_between_two_rows(text):
    packer = zlib.compressobj(wbits=31)
    half = text.index(b"\n", len(text) // 2) + 1
    return packer.compress(text[:half]) + packer.flush(zlib.Z_SYNC_FLUSH)


def _wrong_checksum(text):
    packed = gzip.compress(text)
    return packed[:-6] + bytes([packed[-6] ^ 0xFF]) + packed[-5:]


@pytest.mark.parametrize("spoiled", [_cut_between_two_rows, _wrong_checksum])
def test_what_cannot_be_unpacked_to_its_end_takes_no_rows_away(write, ingest, empty, spoiled):
    """The engine reads what comes before the damage, and says nothing."""
    text = write("box.csv", BOX_LINES).read_bytes()
    path = write("box.csv.gz", BOX_LINES)
    assert ingest(path).added == 48
    before = hashes(empty)
    path.write_bytes(spoiled(text))
    with pytest.raises(RefusedFileError, match="unpacking it fails") as caught:
        ingest(path)
    assert "Fetch it again" in caught.value.next_step
    assert hashes(empty) == before
    assert len(read_incidents(empty)) == 1


def test_a_file_that_is_of_no_shape_any_more_is_refused(write, ingest, empty):
    """A new one of no shape is none of ours, and `run` leaves it out."""
    path = write("box.csv", BOX_LINES)
    ingest(path)
    before = hashes(empty)
    path.write_text("")
    with pytest.raises(RefusedFileError, match=f"on record as {BOX} and is of no known shape now"):
        ingest(path)
    assert hashes(empty) == before
    [refused] = read_incidents(empty)
    assert (refused.table, refused.source_file) == (BOX, str(path))


def test_a_packed_file_of_several_parts_is_read_whole(write, ingest):
    text = write("box.csv", BOX_LINES).read_bytes()
    half = text.index(b"\n", len(text) // 2) + 1
    path = write("parts.csv.gz", BOX_LINES)
    path.write_bytes(gzip.compress(text[:half]) + gzip.compress(text[half:]))
    assert ingest(path).added == 48


def test_simulated_and_real_files_are_never_mixed(write, empty, graph, small_league, tmp_path):
    simulated = tmp_path / "schedule.parquet"
    shutil.copy(small_league / "schedule.parquet", simulated)
    ingest_files(empty, graph, [simulated])
    with pytest.raises(SourceError, match="holds a simulated league and the file real data"):
        ingest_files(empty, graph, [write("box.parquet", BOX_LINES)])


def test_text_joins_whatever_project_it_is_brought_into(write, ingest, empty, small_league):
    ingest(Path(shutil.copy(small_league / "schedule.parquet", empty.home.path)))
    assert ingest(write("box.csv", BOX_LINES)).added == 48
    assert is_simulated_league(empty)


def test_three_spellings_of_one_game_meet_in_one_row(write, ingest, empty, graph):
    ingest(write("box.parquet", BOX_LINES))  # 202310240DEN
    ingest(write("logs.parquet", TEAM_LOGS))  # 0022300061
    ingest(write("shots.parquet", SHOTS))  # 22300061
    report = run_tables(empty, graph, graph.computed, RunOptions())
    assert not report.held_back
    games = empty.rows("SELECT game_id, home_team, away_team FROM lake.raw.games ORDER BY 1")
    assert games == [
        ("0022300061", "DEN", "LAL"),
        ("0022300062", "GSW", "PHX"),
        ("0022300063", "BKN", "CLE"),
    ]
    counts = "SELECT count(*), count(DISTINCT game_id), min(player_id) FROM lake.raw."
    assert empty.rows(counts + "player_boxscores WHERE player_id < 2000") == [(8, 1, 1001)]
    assert empty.rows(counts + "shots") == [(56, 1, 1001)]
    populated = "SELECT count(*), count(usage_rate) FROM lake.analytics.player_game_summary"
    assert empty.rows(populated) == [(48, 48)]


@pytest.mark.parametrize(
    ("table", "lines", "spoiled"),
    [("landing.injuries", INJURIES, "3 AS status"), (BOX, BOX_LINES, "3 AS home_team")],
)
def test_a_file_with_a_column_of_another_type_is_refused(
    write, empty, graph, table, lines, spoiled
):
    path = write("odd.parquet", f"SELECT * REPLACE ({spoiled}) FROM ({lines})")
    with pytest.raises(RefusedFileError, match="do not hold what") as caught:
        ingest_files(empty, graph, [path])
    assert caught.value.where == str(path)
    (incident,) = read_incidents(empty)
    assert (incident.table, incident.source_file) == (table, str(path))
    assert ingest_files(empty, graph, [write("odd.parquet", lines)])[0].added > 0
    assert not read_incidents(empty)


def test_a_file_that_the_system_does_not_let_be_read_is_refused_alone(
    write, empty, graph, tmp_path
):
    refused = []
    paths = [tmp_path / "gone.csv", write("box.parquet", BOX_LINES)]
    reports = ingest_files(empty, graph, paths, on_error=lambda *told: refused.append(told))
    assert [report.added for report in reports] == [48]
    ((path, error),) = refused
    assert path == paths[0]
    assert isinstance(error, UnreadableFileError)
    assert "No such file" in error.what
    assert not read_incidents(empty)


def test_a_file_whose_name_is_no_text_is_refused_alone(write, empty, graph, tmp_path):
    good = write("box.parquet", BOX_LINES)
    odd = Path(shutil.copy(good, os.fsdecode(bytes(tmp_path) + b"/p\xff.parquet")))
    refused = []
    reports = ingest_files(empty, graph, [odd, good], on_error=lambda *told: refused.append(told))
    assert [report.path for report in reports] == [good]
    assert refused[0][1].where.encode().endswith(rb"p\xff.parquet")
    assert not is_simulated(empty.connection, odd)


def test_a_table_that_has_just_been_taken_is_said_to_be_by_another_process(empty):
    with (
        FileLock(empty.home.locks / f"{BOX}.lock"),
        pytest.raises(BusyError, match="by another process"),
        table_lock(empty, BOX, wait_seconds=0),
    ):
        pass


def test_a_source_that_calls_both_teams_visitors_brings_no_second_line(write, ingest, empty, graph):
    for name, query in (("box", BOX_LINES), ("teams", TEAM_LOGS), ("players", PLAYER_LOGS)):
        assert not ingest(write(f"{name}.parquet", query)).rejected
    report = run_tables(empty, graph, graph.computed, RunOptions())
    assert not report.held_back
    assert empty.scalar("SELECT count(*) FROM lake.raw.player_boxscores") == 48


def test_a_line_is_judged_by_its_own_tipoff(write, ingest, empty, graph):
    for name, query in (("box", BOX_LINES), ("teams", TEAM_LOGS), ("props", PROP_LINES)):
        assert not ingest(write(f"{name}.parquet", query)).rejected
    run_tables(empty, graph, graph.computed, RunOptions())
    assert empty.rows(
        "SELECT captured_at::VARCHAR, tipoff_at::VARCHAR, is_live, count(*) "
        "FROM lake.raw.prop_lines GROUP BY ALL ORDER BY ALL"
    ) == [
        ("2023-10-24 22:00:00", "2023-10-24 23:30:00", False, 200),
        ("2023-10-24 23:35:00", "2023-10-24 23:41:00", False, 200),
    ]


POSTPONED = """
SELECT '2023-10-22' AS game_date, 'DEN' AS home_team, 'LAL' AS away_team,
       '2023-10-22 23:30:00' AS tipoff_utc, 'regular' AS season_type, 'postponed' AS status,
       '0022300061' AS game_id
"""


def test_a_postponed_game_keeps_its_id_and_holds_nothing_back(write, ingest, empty, graph):
    sources = (("box", BOX_LINES), ("teams", TEAM_LOGS), ("schedule", POSTPONED))
    for name, query in sources:
        assert not ingest(write(f"{name}.parquet", query)).rejected
    report = run_tables(empty, graph, graph.computed, RunOptions())
    assert empty.rows("SELECT game_date::VARCHAR FROM lake.raw.games WHERE game_id = '0022300061'")
    assert not report.held_back
    assert empty.scalar("SELECT count(*) FROM lake.raw.team_boxscores") == 6
    assert empty.scalar("SELECT count(*) FROM lake.analytics.player_game_summary") == 48
    assert not failing_checks(empty, "raw.player_boxscores")


def failing_checks(warehouse, table):
    return warehouse.rows(
        "SELECT DISTINCT check_name FROM lake.ledger.check_results "
        "WHERE NOT passed AND table_name = $1 ORDER BY ALL",
        [table],
    )
