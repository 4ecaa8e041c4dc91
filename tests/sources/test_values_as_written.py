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


@pytest.mark.parametrize(
    ("written", "price"),
    [("+110", 110), ("-110.0", -110), ("\u2212110", -110), ("EVEN", 100), ("even", 100),
     ("", None), ("NaN", None), ("None", None)],
)  # fmt: skip
def test_a_price_is_read_where_its_meaning_is_plain(read, written, price):
    [row] = read(
        f"{PROPS},event_date",
        f"Nikola Jokic,DEN,LAL,book,19.5,2023-10-24T21:00:00Z,{written},-110,2023-10-24",
    )
    assert (row["over_price"], row["problem"]) == (price, None)


def test_a_price_in_another_notation_is_refused(read):
    others = ("1.91", "10/11", "2", "0", "-110?", "100001")
    line = "Nikola Jokic,DEN,LAL,book,19.5,2023-10-24T21:00:00Z,{},,2023-10-24"
    rows = read(f"{PROPS},event_date", *map(line.format, others))
    assert [row["problem"] for row in rows] == ["a price is no American odds"] * len(others)


GAME_LINES = DATED["game lines"][0]


@pytest.mark.parametrize(
    ("rest", "spread", "moneyline"),
    [
        ("107,119,Home,5.5,227,180,-220", -5.5, -220),
        ("107,119,DEN,5.5,227,180,\u2212220", -5.5, -220),
        ("107,119,lal,5.5,227,,EVEN", 5.5, 100),
        ("107,119,,PK,227,,", 0, None),
        (",,,0,227,,", 0, None),
        (",,away,,227,,", None, None),
    ],
)
def test_a_game_line_is_read_where_its_meaning_is_plain(read, rest, spread, moneyline):
    [row] = read(GAME_LINES, f"2023-10-24,lal,den,{rest}")
    assert (row["spread_home"], row["moneyline_home"], row["problem"]) == (spread, moneyline, None)


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("107,119,BOS,5.5,227,,", "the spread does not say which of the two teams is favored"),
        ("107,119,,5.5,227,,", "the spread does not say which of the two teams is favored"),
        ("107,119,home,-5.5,227,,", "the spread or the total is no number in its range"),
        ("107,119,home,five,227,,", "the spread or the total is no number in its range"),
        ("107,119,home,5.5,22700,,", "the spread or the total is no number in its range"),
        ("107,119,home,5.5,227,2.8,1.5", "a moneyline is no American odds"),
        ("107,119,home,5.5,227,5,-5", "a moneyline is no American odds"),
        ("-5,119,home,5.5,227,,", "a score is no whole number from 0 to 250"),
        ("107,999,home,5.5,227,,", "a score is no whole number from 0 to 250"),
    ],
)
def test_a_game_line_that_cannot_be_read_is_refused(read, rest, problem):
    [row] = read(GAME_LINES, f"2023-10-24,lal,den,{rest}")
    assert row["problem"] == problem


@pytest.mark.parametrize("tipoff", ["1698190200000", "7:30 PM ET", "soon"])
def test_a_tipoff_that_cannot_be_read_is_refused(read, tipoff):
    [row] = read(SCHEDULE, f"2023-10-24,DEN,LAL,{tipoff},regular,scheduled")
    assert row["problem"] == "the tip-off is no time in UTC; leave it empty if it is not known"


def test_a_schedule_whose_dates_are_not_us_eastern_is_refused(read):
    rows = read(
        SCHEDULE,
        "2023-10-25T02:00:00Z,GSW,PHX,2023-10-25T02:00:00Z,regular,scheduled",
        "2023-10-25,DEN,LAL,2023-10-26T03:59:00Z,regular,scheduled",
        "2023-10-26,MIA,DET,,regular,scheduled",
    )
    late = "the tip-off is on another US Eastern date"
    assert [row["problem"] for row in rows] == [late, None, None]


BREF, BREF_LINE = DATED["bref"]


@pytest.mark.parametrize(
    ("written", "started"),
    [("1.0", True), ("0.0", False), ("Y", True), ("n", False), ("TRUE", True), ("0", False),
     ("", None)],
)  # fmt: skip
def test_whether_a_player_started_is_read_in_each_form(read, written, started):
    [row] = read(BREF, BREF_LINE.format("2023-10-24").replace(",DEN,1,30", f",DEN,{written},30"))
    assert (row["is_starter"], row["problem"]) == (started, None)


@pytest.mark.parametrize(
    ("was", "is_now", "problem"),
    [
        (",DEN,1,30", ",DEN,2,30", "whether the player started is neither yes nor no"),
        (",DEN,1,30", ",DEN,Bench,30", "whether the player started is neither yes nor no"),
        (",LAL,1,2", ",LAL,-5,2", "a score is no whole number from 0 to 250"),
        (",LAL,1,2", ",LAL,1,999", "a score is no whole number from 0 to 250"),
        (",LAL,", ",DEN,", "a team plays itself"),
    ],
)
def test_a_box_line_that_cannot_be_is_refused(read, was, is_now, problem):
    line = BREF_LINE.format("2023-10-24")
    assert was in line
    [row] = read(BREF, line.replace(was, is_now))
    assert row["problem"] == problem


@pytest.mark.parametrize("shape", ["player logs", "shots", "prop lines"])
def test_a_team_that_plays_itself_is_refused(read, shape):
    header, line = DATED[shape]
    [row] = read(header, line.format("2023-10-24").replace("LAL", "DEN"))
    assert row["problem"] == "a team plays itself"


@pytest.mark.parametrize("shape", ["player logs", "shots"])
def test_a_row_whose_player_has_no_nba_id_is_refused(read, shape):
    header, line = DATED[shape]
    line = line.format("2023-10-24")
    rows = read(header, *(line.replace("203999", number) for number in ("0", "-5", "2.5", "x")))
    assert problems(rows) == {"the player has no name or id"}


PLAYERS = "player_name,birth_date,position,height_inches,first_seen,player_id"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1995-02-19,C,83,2023-10-24,0", "the player's id is none of the NBA's"),
        ("1995-02-19,C,83,2023-10-24,-5", "the player's id is none of the NBA's"),
        ("1995-02-19,C,83,2023-10-24,2.5", "the player's id is none of the NBA's"),
        ("95-02-19,C,83,2023-10-24,", "the day of birth is malformed"),
        ("infinity,C,83,2023-10-24,", "the day of birth is malformed"),
        ("1995-02-19,C,6-11,2023-10-24,", "the height is not in inches"),
        ("1995-02-19,C,83.5,2023-10-24,", "the height is not in inches"),
    ],
)
def test_a_player_who_cannot_be_read_is_refused(read, line, problem):
    [row] = read(PLAYERS, f"Nikola Jokic,{line}")
    assert row["problem"] == problem


def test_what_is_not_known_of_a_player_is_left_out(read):
    [row] = read(PLAYERS, "Nikola Jokic,,,,2023-10-24,203999.0")
    assert (row["nba_player_id"], row["birth_date"], row["height_inches"]) == (203999, None, None)
    assert row["problem"] is None
