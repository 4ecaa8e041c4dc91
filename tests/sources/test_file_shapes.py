"""A file's shape is told by its columns, and a file of none is refused with a reason."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from boxout.errors import RefusedFileError, SourceError, UnknownShapeError
from boxout.sources.files.finding import find_files
from boxout.sources.files.known_shapes import SHAPES, detect_shape
from boxout.sources.files.reading import is_simulated, open_file

HERE = Path("file.parquet")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.table}-{len(s.required)}")
def test_a_shape_is_told_by_its_columns_and_extra_ones_do_no_harm(shape):
    assert detect_shape(set(shape.required) | {"something_else"}, HERE) is shape


def test_a_file_that_lacks_a_column_is_told_which():
    shape = SHAPES[0]
    with pytest.raises(SourceError, match="lacks tipoff_utc") as caught:
        detect_shape(set(shape.required) - {"tipoff_utc"}, HERE)
    assert not isinstance(caught.value, UnknownShapeError)


def test_a_file_of_no_shape_is_told_the_known_ones():
    with pytest.raises(UnknownShapeError, match=r"docs/files\.md"):
        detect_shape({"a", "b"}, HERE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.parquet", b"PAR1 and then nothing"),
        ("empty.parquet", b""),
        ("odd.csv", b"\xff\xfe\x00a,b\n1"),
        ("empty.csv", b""),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with duckdb.connect() as connection, pytest.raises(SourceError) as caught:
        open_file(connection, path)
    assert name in caught.value.where


def test_every_text_of_a_csv_file_stays_text_until_it_is_cast(tmp_path):
    path = tmp_path / "injuries.csv"
    path.write_text(
        "report_utc,game_date,team,player_name,status,reason\n"
        "2024-01-05 17:30:00,2024-01-05,DEN,Nikola Jokic,out,\n"
        "not a time,2024-01-05,DEN,Jamal Murray,Out,Knee\n"
    )
    with duckdb.connect() as connection:
        shape = open_file(connection, path)
        rows = connection.execute("SELECT report_utc, reason FROM source_file").fetchall()
    assert shape.table == "landing.injuries"
    assert rows == [("2024-01-05 17:30:00", None), ("not a time", "Knee")]


INJURIES = "report_utc,game_date,team,player_name,status,reason\n"
INJURY = "2024-01-05 17:30:00,2024-01-05,DEN,Nikola Jokic,out,Knee\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (INJURIES + INJURY * 9 + "2024-01-05 17:30:00,,DEN\n", "line 11 .*3 instead of 6"),
        (INJURIES + INJURY * 9 + INJURY.strip() + ",9,9\n" + INJURY, "line 11 .*instead of 6"),
        ("Injuries\n\n" + INJURIES + INJURY + "2024-01-05\n" + INJURY, "line 5 .*1 instead of 6"),
        (INJURIES.replace(",", ";") + INJURY.replace(",", ";") + "x\n", "line 3 .*1 instead of 6"),
        (INJURIES + INJURY * 25_000 + "2024-01-05\n", "line 25002 .*1 instead of 6"),
        (INJURIES + INJURY + '2024-01-05,"unclosed\n' + INJURY, "line 3: .*unterminated quote"),
        (INJURIES + INJURY.replace("\n", "\r\n") + INJURY, "line ends"),
    ],
)
def test_a_damaged_text_file_of_a_known_shape_is_refused_with_the_line(tmp_path, content, reason):
    path = tmp_path / "injuries.csv"
    path.write_bytes(content.encode())
    with duckdb.connect() as connection, pytest.raises(RefusedFileError, match=reason) as caught:
        open_file(connection, path)
    assert caught.value.table == "landing.injuries"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_that_is_not_utf_8_is_said_to_be(tmp_path, encoding):
    path = tmp_path / "injuries.csv"
    path.write_bytes((INJURIES + INJURY.replace("Jokic", "Joki\xe9")).encode(encoding))
    with duckdb.connect() as connection, pytest.raises(RefusedFileError, match="not utf-8"):
        open_file(connection, path)


def test_quotes_that_come_late_are_quotes(tmp_path):
    path = tmp_path / "injuries.csv"
    quoted = INJURY.replace("Knee", '"the ""left"" knee, sore"')
    path.write_text(INJURIES + INJURY * 25_000 + quoted)
    with duckdb.connect() as connection:
        open_file(connection, path)
        last = connection.execute("SELECT reason FROM source_file WHERE source_row = 25001")
        assert last.fetchall() == [('the "left" knee, sore',)]


def test_a_row_that_begins_with_a_hash_is_a_row(tmp_path):
    path = tmp_path / "injuries.csv"
    path.write_text(INJURIES + INJURY * 50 + f"#{INJURY}")
    with duckdb.connect() as connection:
        open_file(connection, path)
        assert connection.execute("SELECT count(*) FROM source_file").fetchall() == [(51,)]


def test_folders_are_searched_and_only_data_is_found(small_league, tmp_path):
    found = find_files([small_league])
    assert {path.suffix for path in found} == {".parquet"}
    assert len(found) == len(list(small_league.rglob("*.parquet")))
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(SourceError, match="no data files"):
        find_files([tmp_path])
    with pytest.raises(SourceError, match="no ending that boxout reads"):
        find_files([tmp_path / "notes.txt"])
    with pytest.raises(SourceError, match="no such file"):
        find_files([tmp_path / "absent.parquet"])


def test_of_a_folder_every_spelling_of_an_ending_and_what_links_lead_to_are_found(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "season").mkdir(parents=True)
    there.mkdir()
    for path in (here / "A.CSV", here / "b.csv.GZ", here / "season" / "c.Parquet", there / "d.csv"):
        path.touch()
    (here / "a_link").symlink_to(here / "season")
    (here / "out").symlink_to(there)
    (there / "back").symlink_to(here)
    found = [str(path.relative_to(here)) for path in find_files([here])]
    assert found == ["A.CSV", "b.csv.GZ", "out/d.csv", "season/c.Parquet"]


def test_a_packed_file_is_read_whatever_the_case_of_its_ending(tmp_path):
    path = tmp_path / "INJURIES.CSV.GZ"
    path.write_bytes(gzip.compress((INJURIES + INJURY).encode()))
    with duckdb.connect() as connection:
        assert open_file(connection, path).table == "landing.injuries"


def test_a_parquet_file_in_a_gz_is_to_be_unpacked(small_league, tmp_path):
    path = tmp_path / "schedule.parquet.gz"
    path.write_bytes(gzip.compress((small_league / "schedule.parquet").read_bytes()))
    assert find_files([tmp_path]) == [path]
    with duckdb.connect() as connection, pytest.raises(RefusedFileError) as caught:
        open_file(connection, path)
    assert "gunzip" in caught.value.next_step


def test_simulated_files_carry_their_label(small_league, tmp_path):
    plain = tmp_path / "plain.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS a) TO '{plain}'")
        assert not is_simulated(connection, plain)
        assert all(is_simulated(connection, path) for path in find_files([small_league]))
