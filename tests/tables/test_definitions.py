"""Table files say what they are, and a file that does not is refused with a reason."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from boxout.errors import TableDefinitionError
from boxout.pipeline.graph import Graph, build_graph, check_definitions, load_graph
from boxout.sources.identity.teams import TEAM_IDS
from boxout.tables.definition import read_table

GRAPH = load_graph()
GOOD = """/*
description = "Minutes of a date."
phase = 3
key = ["game_date", "player_id"]

[windows]
"raw.player_boxscores" = "same_day"

[[checks]]
name = "minutes_populated"
scope = "date"
severity = "block"
share = "minutes IS NOT NULL"
at_least = 0.99
*/
SELECT
  b.season,    -- season, such as '2023-24'
  b.game_date, -- US Eastern date of the game
  b.player_id, -- id of the player
  b.minutes    -- minutes played
FROM raw.player_boxscores AS b
"""


@pytest.fixture
def parse(tmp_path):
    def parse_text(text, name="minutes"):
        path = tmp_path / "analytics" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return read_table(path)

    return parse_text


@pytest.mark.parametrize("table", GRAPH.tables.values(), ids=lambda t: t.name)
def test_every_column_of_every_table_says_what_it_is(table):
    assert table.description.endswith(".")
    assert table.key
    comments = table.column_comments
    assert [name for name, comment in comments.items() if len(comment) < 5] == []
    assert {"season", "game_date"} <= set(comments)
    assert set(table.key) <= set(comments)


def test_the_tables_of_the_design_are_there():
    names = set(GRAPH.tables)
    assert {
        "raw.games",
        "raw.player_boxscores",
        "raw.team_boxscores",
        "raw.shots",
        "raw.players",
        "raw.injuries",
        "raw.lineups",
        "raw.prop_lines",
        "raw.game_lines",
        "analytics.team_offense_game_summary",
        "analytics.team_defense_game_summary",
        "analytics.player_game_summary",
        "precompute.team_defense_zone_analysis",
        "precompute.player_shot_zone_analysis",
        "precompute.player_composite_factors",
        "precompute.player_daily_cache",
        "precompute.player_past_seasons",
        "precompute.absent_teammates",
        "precompute.ml_feature_store",
    } <= names


def test_a_table_comes_after_all_that_it_reads():
    order = [table.name for table in GRAPH.computed]
    for table in GRAPH.computed:
        for name in table.windows:
            if name in order:
                assert order.index(name) < order.index(table.name)


def test_the_teams_in_the_schedule_are_those_of_the_identity_module():
    listed = re.findall(r"\('([A-Z]{3})', (\d{10})\)", GRAPH.tables["raw.games"].query)
    assert {code: int(team_id) for code, team_id in listed} == TEAM_IDS


def test_a_good_file_is_read(parse):
    table = parse(GOOD)
    assert table.windows == {"raw.player_boxscores": ("same_day",)}
    assert table.column_comments["minutes"] == "minutes played"


def test_only_what_the_engine_sees_changes_the_code_hash(parse):
    query = "  b.minutes    -- minutes played\n"
    assert query in GOOD

    def code_hash(line):
        return parse(GOOD.replace(query, line)).code_hash

    known = code_hash("nullif( 'a  --b', \"x  /*y\") AS minutes -- minutes\n")
    for same in (
        "nullif(\n    'a  --b',\n    \"x  /*y\") /* of play\n */ AS minutes -- played\n",
        "  nullif( 'a  --b', \"x  /*y\")\tAS minutes\n",
    ):
        assert code_hash(same) == known
    for other in (
        "nullif( 'a --b', \"x  /*y\") AS minutes\n",
        "nullif( 'a  --c', \"x  /*y\") AS minutes\n",
        "nullif( 'a\n --b', \"x  /*y\") AS minutes\n",
        "nullif( 'a  --b', \"x /*y\") AS minutes\n",
        "nullif( 'a  --b', \"x  /*z\") AS minutes\n",
    ):
        assert code_hash(other) != known


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('description = "Minutes of a date."\n', "", "lacks 'description'"),
        ('key = ["game_date", "player_id"]\n', "", "lacks 'key'"),
        ('= "same_day"', '= "tomorrow"', "Unknown window 'tomorrow'"),
        ('scope = "date"', 'scope = "month"', "needs one of"),
        ('severity = "block"', 'severity = "shout"', "needs one of"),
        ("at_least = 0.99", "at_least = 99", "at_least = 99"),
        ('share = "minutes IS NOT NULL"\n', "", "needs one of"),
        ("phase = 3", "phase = ", "not TOML"),
        ("phase = 3", "phrase = 3", "Unknown setting 'phrase'"),
        ("/*\ndescription", "-- */\ndescription", "has no header"),
        (
            "[[checks]]",
            '[earlier_columns]\n"raw.player_boxscores" = ["season", "game_date"]\n\n[[checks]]',
            "not read both on the same day and on earlier ones",
        ),
        (
            '= "same_day"',
            '= ["same_day", "history"]\n[earlier_columns]\n"raw.player_boxscores" = ["season"]',
            "lack game_date",
        ),
        ("phase = 3", 'phase = 3\nsame_player = ["raw.games"]', "which has no window"),
        (
            'key = ["game_date", "player_id"]\n',
            'key = ["game_date"]\nsame_player = ["raw.player_boxscores"]\n',
            "player_id is not in the key",
        ),
    ],
)
def test_a_bad_header_is_refused_with_what_is_wrong(parse, old, new, message):
    assert old in GOOD
    with pytest.raises(TableDefinitionError, match=re.escape(message)) as caught:
        parse(GOOD.replace(old, new))
    assert "minutes" in caught.value.where


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" -- id of the player", "", "Columns without a comment: player_id"),
        ('"player_id"]', '"player_id", "team"]', "no column team"),
        ('"raw.player_boxscores" = "same_day"', "", "disagree about raw.player_boxscores"),
        ("raw.player_boxscores AS b", "raw.games AS b", "disagree about"),
        ("FROM raw.player_boxscores AS b", "FROM FROM", "cannot be parsed"),
    ],
)
def test_sql_that_belies_its_header_is_refused(parse, old, new, message):
    assert old in GOOD
    table = parse(GOOD.replace(old, new))
    with pytest.raises(TableDefinitionError, match=re.escape(message)):
        check_definitions(Graph({table.name: table}))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ('"season", "game_date", "minutes"', "lack its key: game_id, player_id"),
        ('"season", "game_date", "game_id", "player_id", "mood"', "list what it has not: mood"),
    ],
)
def test_earlier_columns_have_the_key_and_are_there(parse, columns, message):
    header = f'= ["same_day", "history"]\n[earlier_columns]\n"raw.player_boxscores" = [{columns}]'
    table = parse(GOOD.replace('= "same_day"', header))
    boxscores = GRAPH.tables["raw.player_boxscores"]
    with pytest.raises(TableDefinitionError, match=message):
        check_definitions(Graph({boxscores.name: boxscores, table.name: table}))


def test_inputs_of_the_same_player_have_players(parse):
    text = GOOD.replace("raw.player_boxscores", "raw.team_boxscores")
    table = parse(text.replace("phase = 3", 'phase = 3\nsame_player = ["raw.team_boxscores"]'))
    teams = GRAPH.tables["raw.team_boxscores"]
    with pytest.raises(TableDefinitionError, match="which has no player_id"):
        check_definitions(Graph({teams.name: teams, table.name: table}))


def test_every_shipped_table_keeps_its_header_word():
    check_definitions(GRAPH)


def test_tables_that_read_each_other_are_refused(parse):
    one = parse(GOOD.replace("raw.player_boxscores", "analytics.other"))
    other = parse(GOOD.replace("raw.player_boxscores", "analytics.minutes"), "other")
    with pytest.raises(TableDefinitionError, match="analytics"):
        build_graph({table.name: table for table in (one, other)})


def test_a_table_that_reads_what_is_not_there_is_refused(parse):
    with pytest.raises(TableDefinitionError, match=r"raw\.player_boxscores"):
        build_graph({"analytics.minutes": parse(GOOD)})


def test_every_table_file_is_a_table():
    found = [
        path.name
        for phase in ("landing", "raw", "analytics", "precompute")
        for path in files("boxout.tables").joinpath(phase).iterdir()
        if path.name.endswith(".sql")
    ]
    assert len(found) == len(GRAPH.tables)


def test_upstream_is_downstream_seen_from_the_other_end(graph):
    above = {name: set(graph.upstream(name)) for name in graph.tables}
    assert above["precompute.player_daily_cache"] >= {"raw.games", "landing.bref_player_boxscores"}
    assert above["precompute.player_daily_cache"].isdisjoint(["precompute.ml_feature_store"])
    for name in graph.tables:
        assert set(graph.downstream(name)) == {n for n in graph.tables if name in above[n]}
