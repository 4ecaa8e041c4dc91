"""Random text at the edge: it is read, or refused with a reason, and nothing else happens."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import duckdb
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from boxout.errors import IdentityError, SourceError
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ingest import ingest_files
from boxout.sources.files.known_shapes import SHAPES
from boxout.sources.files.reading import open_file
from boxout.sources.identity.games import parse_game_id
from boxout.sources.identity.players import LONGEST_NAME, parse_player_name
from boxout.sources.identity.teams import TEAM_IDS, parse_team
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

ANYTHING = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"00[1-5]\d{7}|\d{8}_[A-Z]{3}_[A-Z]{3}|\d{9}[A-Z]{3}", fullmatch=True),
    st.sampled_from(
        ["", "NaN", "-1", "1e309", "0x10", "99999999999999999999", "2023-02-30", "12:00", "LAL"]
    ),
)
SOUND = {
    "game_date": "2023-11-01", "bref_game_id": "202311010DEN", "home_team": "DEN",
    "visitor_team": "LAL", "team": "DEN", "player_name": "Nikola Jokic", "GAME_ID": "0022300101",
    "GAME_DATE": "2023-11-01", "MATCHUP": "DEN vs. LAL", "TEAM_ABBREVIATION": "DEN",
}  # fmt: skip
MANY = settings(max_examples=300, deadline=None, derandomize=True)


@given(ANYTHING)
@MANY
def test_any_text_is_a_team_or_is_none(text):
    try:
        assert parse_team(text) in TEAM_IDS
    except IdentityError:
        return  # refused, which is an answer, too


@given(ANYTHING)
@MANY
def test_any_text_is_a_game_id_or_is_none(text):
    try:
        game = parse_game_id(text)
    except IdentityError:
        return
    assert game.nba_game_id is None or (len(game.nba_game_id) == 10 and game.nba_game_id.isdigit())
    assert {game.home_team, game.away_team} <= {*TEAM_IDS, None}


@given(ANYTHING)
@MANY
def test_any_text_is_a_name_or_is_none_and_a_name_stays_the_same(text):
    try:
        name = parse_player_name(text)
    except IdentityError:
        return
    assert 0 < len(name.name) <= LONGEST_NAME
    assert name.player_key
    again = parse_player_name(name.name)
    assert (again.name, again.player_key) == (name.name, name.player_key)


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """A project that takes every row that is sound."""
    home = Home(tmp_path_factory.mktemp("anything") / "home")
    with open_warehouse(home, create=True) as warehouse:
        warehouse.execute("SET threads = 1")
        yield warehouse


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.table}-{len(shape.required)}")
def test_rows_of_anything_are_loaded_or_refused_by_the_row(shape, empty_project, tmp_path_factory):
    graph = load_graph()
    columns = sorted(shape.required)
    folder = tmp_path_factory.mktemp("rows")
    lower = {name.lower(): value for name, value in SOUND.items()}
    cell = {name: st.one_of(st.just(lower.get(name, "3")), ANYTHING) for name in columns}

    @given(st.lists(st.fixed_dictionaries(cell), min_size=1, max_size=6))
    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def load(rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
        path = folder / "rows.csv"
        path.write_text(text.getvalue(), encoding="utf-8", errors="replace")
        try:
            [report] = ingest_files(empty_project, graph, [path])
        except SourceError:
            return
        if not report.is_known:
            kept = empty_project.scalar(
                f"SELECT count(*) FROM lake.{shape.table} WHERE source_file = $1", [str(path)]
            )
            assert kept + sum(report.rejected.values()) == report.rows

    load()


@given(st.binary(max_size=400), st.sampled_from((".csv", ".parquet", ".json", ".csv.gz")))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_bytes_are_refused(content, ending):
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / f"file{ending}"
        path.write_bytes(content)
        with pytest.raises(SourceError):
            open_file(connection, path)
