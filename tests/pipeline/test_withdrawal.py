"""What a file brought can be taken back, and all is as if it had never come."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_files import BOX_LINES, TEAM_LOGS

from boxout.errors import RefusedFileError, StoppedError, UsageError
from boxout.orchestration.events import read_events
from boxout.pipeline.arrivals import QUARANTINED
from boxout.pipeline.authors import Author
from boxout.pipeline.content_audit import audit_content
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.ledger_at import LedgerAt
from boxout.pipeline.life_signs import now
from boxout.pipeline.partition_changes import brought_by
from boxout.pipeline.row_changes import version_committed
from boxout.pipeline.run import run_tables
from boxout.pipeline.withdrawal import withdraw_files

AUTHOR = Author("Dana", "of another league")
FIRST_DAY = f"SELECT * FROM ({BOX_LINES}) WHERE game_date = DATE '2023-10-24'"


@pytest.fixture
def withdraw(empty, graph):
    """Take one file back."""
    return lambda path: withdraw_files(empty, graph, [Path(path)], AUTHOR)[0]


def content(warehouse):
    """Every landing row with its file, and each date's state and hash."""
    tables = "landing.bref_player_boxscores", "landing.nba_team_gamelogs"
    rows = [sorted(map(repr, warehouse.rows(f"SELECT * FROM lake.{t}"))) for t in tables]
    hashes = warehouse.rows(
        "SELECT table_name, game_date, state, row_count, content_hash, read_hashes "
        "FROM lake.ledger.partitions ORDER BY ALL"
    )
    return rows, hashes


def test_nothing_of_it_is_left(write, ingest, empty, graph, withdraw):
    ingest(write("logs.parquet", TEAM_LOGS))
    before = content(empty)
    path = write("box.parquet", f"{BOX_LINES.rstrip()} LIMIT 40")
    ingest(path)
    taken = withdraw(path)
    assert (taken.table, taken.removed, taken.followed) == ("landing.bref_player_boxscores", 40, 0)
    assert (taken.dates, taken.was_refused) == (2, False)
    assert content(empty) == before
    for record in ("files", "quarantine", "spellings"):
        of_file = f"SELECT count(*) FROM lake.ledger.{record} WHERE source_file = $1"
        assert empty.scalar(of_file, [str(path)]) == 0
    assert path.exists()
    assert not audit_content(empty, list(graph.tables.values())).damaged


def test_its_refused_rows_count_no_longer(write, ingest, empty, withdraw):
    ingest(write("box.parquet", BOX_LINES))
    before = content(empty)
    spoiled = "CASE team WHEN 'BRK' THEN -1 ELSE fga END AS fga"
    lines = f"SELECT * REPLACE ({spoiled}) FROM ({BOX_LINES})"
    path = write("bad.parquet", f"{lines} WHERE team IN ('BRK', 'CLE')")
    ingest(path)
    assert empty.scalar(f"SELECT sum(failing) FROM ({QUARANTINED})") == 8
    assert content(empty) != before
    withdraw(path)
    assert empty.scalar(f"SELECT count(*) FROM ({QUARANTINED})") == 0
    assert content(empty) == before


def test_rows_that_another_file_has_are_as_that_one_has_them(write, ingest, empty, withdraw):
    ingest(write("season.parquet", BOX_LINES))
    before = content(empty)
    path = write("night.parquet", f"SELECT * REPLACE (ast + 1 AS ast) FROM ({FIRST_DAY})")
    ingest(path)
    taken = withdraw(path)
    assert (taken.removed, taken.followed, taken.dates) == (0, 32, 1)
    assert content(empty) == before


def test_the_first_of_two_alike_files_leaves_its_rows_to_the_second(write, ingest, empty, withdraw):
    first, second = write("first.parquet", BOX_LINES), write("second.csv", FIRST_DAY)
    ingest(first)
    ingest(second)
    taken = withdraw(first)
    assert (taken.removed, taken.followed, taken.dates) == (16, 0, 1)
    left = empty.rows("SELECT DISTINCT source_file FROM lake.landing.bref_player_boxscores")
    assert left == [(str(second),)]
    withdraw(second)
    assert empty.scalar("SELECT count(*) FROM lake.landing.bref_player_boxscores") == 0


def test_none_of_its_rows_is_kept_aside(write, ingest, empty, withdraw):
    aside = "SELECT count(*) FROM lake.overlaps.bref_player_boxscores"
    season = write("season.parquet", BOX_LINES)
    night = write("night.parquet", f"SELECT * REPLACE (ast + 1 AS ast) FROM ({FIRST_DAY})")
    ingest(season)
    ingest(night)
    assert empty.scalar(aside) == 32
    withdraw(night)
    assert empty.scalar(aside) == 0  # the season's rows hold again
    write("night.parquet", f"SELECT * REPLACE (ast + 2 AS ast) FROM ({FIRST_DAY})")
    ingest(night)
    withdraw(season)
    assert empty.scalar(aside) == 0
    assert withdraw(night).removed == 32


def test_tables_follow_it_as_if_it_had_never_come(write, ingest, empty, graph, withdraw):
    ingest(write("box.parquet", BOX_LINES))
    ingest(write("logs.parquet", TEAM_LOGS))
    run_tables(empty, graph, graph.computed)
    summaries = "SELECT * FROM lake.analytics.player_game_summary ORDER BY ALL"
    before = empty.rows(summaries)
    path = write("extra.parquet", f"SELECT * REPLACE (ast + 1 AS ast) FROM ({FIRST_DAY})")
    ingest(path)
    run_tables(empty, graph, graph.computed)
    assert empty.rows(summaries) != before
    withdraw(path)
    run_tables(empty, graph, graph.computed)
    assert before
    assert empty.rows(summaries) == before


def test_its_bytes_come_again_only_when_they_are_meant(write, ingest, empty, graph, withdraw):
    path = write("box.parquet", BOX_LINES)
    ingest(path)
    withdraw(path)
    report = ingest(path)
    assert (report.is_withdrawn, report.is_known, report.table) == (
        True, True, "landing.bref_player_boxscores",
    )  # fmt: skip
    copy = path.with_name("copy.parquet")
    copy.write_bytes(path.read_bytes())
    assert ingest(copy).is_withdrawn
    assert empty.scalar("SELECT count(*) FROM lake.landing.bref_player_boxscores") == 0
    [meant] = ingest_files(empty, graph, [path], meant=[path])
    assert (meant.added, meant.is_withdrawn) == (48, False)
    withdrawals = "SELECT undone_at IS NOT NULL FROM lake.ledger.withdrawals"
    assert empty.rows(withdrawals) == [(True,)]
    path.write_bytes(write("corrected.parquet", FIRST_DAY).read_bytes())
    ingest(path)
    path.write_bytes(copy.read_bytes())
    assert not ingest(path).is_withdrawn  # it is wanted again for good


def test_one_that_was_killed_when_it_had_come_again_is_wanted_all_the_same(
    write, ingest, empty, graph, withdraw
):
    path = write("box.parquet", BOX_LINES)
    ingest(path)
    withdraw(path)
    ingest_files(empty, graph, [path], meant=[path])
    with empty.commit():
        empty.execute("UPDATE lake.ledger.withdrawals SET undone_at = NULL")
    [report] = ingest_files(empty, graph, [path], meant=[path])
    assert (report.is_known, report.is_withdrawn) == (True, False)
    assert empty.scalar("SELECT count(undone_at) FROM lake.ledger.withdrawals") == 1


def test_a_changed_file_is_another(write, ingest, empty, withdraw):
    path = write("box.parquet", BOX_LINES)
    ingest(path)
    withdraw(path)
    write("box.parquet", FIRST_DAY)
    assert ingest(path).added == 32


def test_a_copy_on_record_stays_and_may_be_moved(write, ingest, empty, withdraw):
    path = write("box.parquet", BOX_LINES)
    copy = path.with_name("copy.parquet")
    copy.write_bytes(path.read_bytes())
    ingest(path)
    ingest(copy)
    taken = withdraw(path)
    assert (taken.removed, taken.dates) == (0, 0)
    moved = copy.rename(path.with_name("moved.parquet"))
    report = ingest(moved)
    assert (report.is_known, report.is_withdrawn) == (True, False)
    assert empty.rows("SELECT source_file FROM lake.ledger.files") == [(str(moved),)]


def test_a_copy_on_record_may_be_corrected_and_the_correction_undone(
    write, ingest, empty, withdraw
):
    path = write("box.csv", BOX_LINES)
    copy = path.with_name("copy.csv")
    copy.write_bytes(path.read_bytes())
    ingest(path)
    ingest(copy)
    withdraw(path)
    copy.write_bytes(write("day.csv", FIRST_DAY).read_bytes())
    assert ingest(copy).removed == 16
    copy.write_bytes(path.read_bytes())
    report = ingest(copy)
    assert (report.added, report.is_withdrawn) == (16, False)
    assert ingest(path).is_withdrawn


def test_the_incident_of_a_refused_file_ends(write, ingest, empty, graph, withdraw):
    path = write("broken.parquet", f"SELECT * EXCLUDE (fga) FROM ({BOX_LINES})")
    with pytest.raises(RefusedFileError):
        ingest(path)
    taken = withdraw(path)
    assert (taken.table, taken.removed, taken.was_refused) == (
        "landing.bref_player_boxscores", 0, True,
    )  # fmt: skip
    [incident] = read_incidents(empty, include_closed=True)
    assert incident.outcome == "withdrawn"
    assert ingest(path).is_withdrawn
    assert read_incidents(empty) == ()
    with pytest.raises(RefusedFileError):
        ingest_files(empty, graph, [path], meant=[path])
    assert len(read_incidents(empty)) == 1


def test_a_refused_file_that_is_gone_can_be_taken_back(write, ingest, empty, withdraw):
    good = write("box.parquet", BOX_LINES)
    ingest(good)
    good.write_bytes(write("b.parquet", f"SELECT * EXCLUDE (fga) FROM ({BOX_LINES})").read_bytes())
    with pytest.raises(RefusedFileError):
        ingest(good)
    good.unlink()
    taken = withdraw(good)
    assert (taken.removed, taken.was_refused) == (48, True)
    assert read_incidents(empty) == ()
    good.write_bytes(write("c.parquet", BOX_LINES).read_bytes())
    assert ingest(good).is_withdrawn


def test_it_is_known_by_its_name_alone_where_one_has_it(write, ingest, empty, withdraw, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    ingest(write("a/box.parquet", BOX_LINES))
    assert withdraw("box.parquet").removed == 48
    ingest(write("b/box.parquet", FIRST_DAY))
    assert withdraw("box.parquet").removed == 32
    ingest(write("a/logs.parquet", TEAM_LOGS))
    ingest(write("b/logs.parquet", f"SELECT * FROM ({TEAM_LOGS}) LIMIT 2"))
    with pytest.raises(UsageError, match=r"Several files .*\n.*\n.*a/logs.parquet, .*b/logs"):
        withdraw("logs.parquet")


def test_a_file_that_is_not_on_record_takes_none_with_it(write, ingest, empty, graph):
    path = write("box_2023-24.parquet", BOX_LINES)
    ingest(path)
    wrong = path.with_name("box_2023-25.parquet")
    before = empty.version()
    with pytest.raises(UsageError, match="No file of this name") as error:
        withdraw_files(empty, graph, [path, wrong], AUTHOR)
    assert str(path) in error.value.next_step
    assert empty.version() == before


def test_the_record_says_who_and_why_and_what_is_missing_for_it(
    write, ingest, empty, graph, withdraw
):
    started = now()
    ingest(write("box.parquet", BOX_LINES))
    path = write("logs.parquet", TEAM_LOGS)
    ingest(path)
    run_tables(empty, graph, graph.computed)
    withdraw(path)
    run_tables(empty, graph, graph.computed)
    said = [event.text for event in read_events(LedgerAt(empty), started, now())]
    assert "Dana took back logs.parquet: 6 rows removed, 0 as another file has them: " \
        "of another league" in said  # fmt: skip
    [causes] = [
        incident.diagnosis["findings"]
        for incident in read_incidents(empty)
        if incident.table == "raw.team_boxscores" and incident.diagnosis
    ]
    assert "Withdrawn since: logs.parquet by Dana: of another league." in causes[0]["what"]


def test_a_date_says_by_which_withdrawal_it_changed(write, ingest, empty, withdraw):
    ingest(write("season.parquet", BOX_LINES))
    path = write("night.parquet", f"SELECT * REPLACE (ast + 1 AS ast) FROM ({FIRST_DAY})")
    ingest(path)
    withdraw(path)
    table = "landing.bref_player_boxscores"
    [(run_id, at)] = empty.rows(
        "SELECT run_id, changed_at FROM lake.ledger.partitions "
        "WHERE table_name = $1 AND game_date = DATE '2023-10-24'",
        [table],
    )
    assert version_committed(empty, at) == empty.version()
    assert brought_by(empty, table, run_id, at) == f"withdrawal {run_id} of night.parquet by Dana"


def test_what_was_stopped_is_resumed_by_the_same_words(write, ingest, empty, graph):
    box, logs = write("box.parquet", BOX_LINES), write("logs.parquet", TEAM_LOGS)
    ingest(box)
    ingest(logs)

    def stop(withdrawal):
        raise StoppedError("as asked")

    with pytest.raises(StoppedError):
        withdraw_files(empty, graph, [Path("box.parquet"), logs], AUTHOR, stop)
    for paths in ([Path("box.parquet"), logs], [box, Path("logs.parquet")]):
        left = [taken.name for taken in withdraw_files(empty, graph, paths, AUTHOR)]
        assert left == ([str(logs)] if paths[1] == logs else [])
