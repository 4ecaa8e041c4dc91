"""What a file writes is read for what it means; what is there and cannot be read is refused."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from boxout.sources.files.names import map_names
from boxout.sources.files.reading import open_file

INJURIES = "report_utc,game_date,team,player_name,status,reason"
LINEUPS = "announced_utc,game_date,team,player_name"
SCHEDULE = "game_date,home_team,away_team,tipoff_utc,season_type,status"


@pytest.fixture
def translate():
    """Translate a file's rows into its landing table's columns, in the file's order."""

    def translate_file(path):
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            shape = open_file(connection, path)
            map_names(connection, shape)
            found = connection.execute(f"SELECT * FROM ({shape.query}) ORDER BY source_row")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return translate_file


@pytest.fixture
def read(tmp_path, translate):
    """Translate a text file of one header and some lines."""

    def read_text(header, *lines):
        path = tmp_path / "file.csv"
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return translate(path)

    return read_text


def problems(rows):
    return {row["problem"] for row in rows}


@pytest.mark.parametrize(
    ("header", "line", "column"),
    [
        (INJURIES, "{},2023-10-24,DEN,Nikola Jokic,out,rest", "report_at"),
        (LINEUPS, "{},2023-10-24,DEN,Nikola Jokic", "announced_at"),
        (SCHEDULE, "2023-10-24,DEN,LAL,{},regular,scheduled", "tipoff_at"),
    ],
)
def test_a_time_with_an_offset_is_the_moment_that_it_names(read, header, line, column):
    same = (
        "2023-10-24T21:00:00-04:00",
        "2023-10-25 01:00:00",
        "2023-10-25 01:00:00 UTC",
        "2023-10-25T01:00:00Z",
        "2023-10-25T01:00:00.000+00:00",
    )
    rows = read(header, *map(line.format, same))
    assert {row[column] for row in rows} == {datetime(2023, 10, 25, 1)}
    assert problems(rows) == {None}


def test_a_time_that_names_a_zone_is_refused_and_moves_no_other(read):
    times = ("2023-10-25T01:00:00Z", "2023-10-24 21:00:00 America/New_York", "2023-10-25 01:00:00")
    rows = read(INJURIES, *(f"{time},2023-10-24,DEN,Nikola Jokic,out,rest" for time in times))
    known = datetime(2023, 10, 25, 1)
    assert [row["report_at"] for row in rows] == [known, None, known]


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS", "VARCHAR"])
def test_a_time_of_a_parquet_file_is_in_utc_whatever_its_type(tmp_path, translate, kind):
    path = tmp_path / "injuries.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute(
            f"COPY (SELECT '2023-10-24 21:30:00+00'::{kind} AS report_utc, DATE '2023-10-24' AS "
            "game_date, 'DEN' AS team, 'Nikola Jokic' AS player_name, 'out' AS status, "
            f"'Knee' AS reason) TO '{path}'"
        )
    [row] = translate(path)
    assert row["report_at"] == datetime(2023, 10, 24, 21, 30)


def test_a_time_of_no_season_is_no_time(read):
    times = ("infinity", "-infinity", "2023-10-24 (BC)", "23-10-24 20:00:00", "9999-10-24")
    rows = read(INJURIES, *(f"{time},2023-10-24,DEN,Nikola Jokic,out,rest" for time in times))
    assert problems(rows) == {"the report's time is missing or malformed"}


# A line of each shape whose date is text; {} stands for the date.
DATED = {
    "bref": (
        "game_date,bref_game_id,home_team,visitor_team,home_pts,visitor_pts,player_name,team,"
        "is_starter,mp,fg,fga,fg3,fg3a,ft,fta,orb,drb,ast,stl,blk,tov,pf,pts,plus_minus",
        "{},202310240DEN,DEN,LAL,1,2,Nikola Jokic,DEN,1,30,1,2,0,0,0,0,0,0,0,0,0,0,0,2,0",
    ),
    "team logs": (
        "season_id,team_id,team_abbreviation,game_id,game_date,matchup,min,wl,fgm,fga,fg3m,fg3a,"
        "ftm,fta,oreb,dreb,ast,stl,blk,tov,pf,pts,plus_minus",
        "22023,1610612743,DEN,0022300061,{},DEN vs. LAL,240,W,1,2,0,0,0,0,0,0,0,0,0,0,0,2,0",
    ),
    "player logs": (
        "player_id,player_name,game_id,game_date,matchup,min,fgm,fga,fg3m,fg3a,ftm,fta,oreb,dreb,"
        "ast,stl,blk,tov,pf,pts,plus_minus",
        "203999,Nikola Jokic,0022300061,{},DEN vs. LAL,30,1,2,0,0,0,0,0,0,0,0,0,0,0,2,0",
    ),
    "shots": (
        "team_id,player_id,player_name,game_date,game_id,home_team,away_team,shot_made,action_type,"
        "shot_type,basic_zone,zone_name,zone_range,loc_x,loc_y,shot_distance,quarter,mins_left,"
        "secs_left",
        "1610612743,203999,Nikola Jokic,{},0022300061,DEN,LAL,1,Shot,2PT Field Goal,Mid-Range,C,C,"
        "1,1,12,1,11,30",
    ),
    "game lines": (
        "date,away,home,score_away,score_home,whos_favored,spread,total,moneyline_away,"
        "moneyline_home",
        "{},lal,den,107,119,home,5.5,227.5,,",
    ),
    "prop lines": (
        "player_name,home_team,away_team,bookmaker,line,timestamp,over_price,under_price,event_date",
        "Nikola Jokic,DEN,LAL,book,19.5,2023-10-24T21:00:00Z,-110,-110,{}",
    ),
    "schedule": (SCHEDULE, "{},DEN,LAL,,regular,scheduled"),
    "injuries": (INJURIES, "2023-10-24 21:00:00,{},DEN,Nikola Jokic,out,rest"),
    "lineups": (LINEUPS, "2023-10-24 21:00:00,{},DEN,Nikola Jokic"),
    "players": (
        "player_name,birth_date,position,height_inches,first_seen",
        "Nikola Jokic,1995-02-19,C,83,{}",
    ),
}


@pytest.mark.parametrize("shape", DATED)
def test_a_date_is_read_whole_and_is_of_a_season(read, shape):
    header, line = DATED[shape]
    dates = ("2023-10-24", " 2023-10-24 ", "2023/10/24", "2023-10-24T00:00:00",
             "2023-10-24 00:00:00+00", '"Oct 24, 2023"', '"OCT 24, 2023"')  # fmt: skip
    rows = read(header, *map(line.format, dates))
    assert {row["game_date"] for row in rows} == {date(2023, 10, 24)}
    assert problems(rows) == {None}
    others = ("infinity", "-infinity", "2023-10-24 (BC)", "23-10-24", "2023-10-24 garbage",
              "9999-10-24", "1945-10-24", "2023-10-24T25:00:00", "1698181200000", "")  # fmt: skip
    rows = read(header, *map(line.format, others))
    assert {row["game_date"] for row in rows} == {None}
    assert {row["problem"].split(" is ")[1] for row in rows} == {"missing or malformed"}


PROPS = "player_name,home_team,away_team,bookmaker,line,timestamp,over_price,under_price"


def test_a_prop_file_without_a_tipoff_may_name_its_market(read):
    header = f"{PROPS},event_date"
    line = "Nikola Jokic,DEN,LAL,book,19.5,2023-10-24T21:00:00Z,-110,-110,2023-10-24"
    [row] = read(header, line)
    assert (row["market"], row["problem"]) == ("pra", None)
    rows = read(f"{header},market", f"{line},Points", f"{line},", f"{line},steals")
    assert [row["market"] for row in rows[:2]] == ["points", "pra"]
    assert [row["problem"] for row in rows] == [
        None,
        None,
        "the market is none of points, rebounds, assists, threes, pra",
    ]
