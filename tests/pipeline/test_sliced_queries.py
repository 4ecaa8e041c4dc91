"""A query is parsed once, and filled in as text ever after."""

from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path

import duckdb
import pytest

from boxout.errors import TableDefinitionError
from boxout.pipeline import remembered
from boxout.pipeline.remembered import beside_code
from boxout.pipeline.sliced_queries import FILE, _known, fill_query
from boxout.pipeline.stage import Chunk, input_slices
from boxout.tables.syntax import sliced_query
from boxout.warehouse.home import Home

QUERY = """SELECT g.a, 'raw.games' AS t -- raw.games
FROM raw.games AS g JOIN raw.games_old AS o ON o.a = g.a"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # what is kept is kept in the home
    home = Home(tmp_path / "home")
    home.create()
    return home


def test_inputs_alone_are_replaced_and_text_that_looks_like_them_stays(home):
    filled = fill_query(home, QUERY, {"raw.games": r"SELECT '\1' AS a"}, "t")
    assert filled == (
        r"SELECT g.a, 'raw.games' AS t FROM (SELECT '\1' AS a) AS g "
        "JOIN raw.games_old AS o ON o.a = g.a"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT g.a, o.b FROM raw.games AS g JOIN raw.games AS o ON o.a = g.b",
        "WITH big AS (SELECT * FROM raw.games WHERE a > 1) SELECT b.a, games.b FROM big AS b "
        "JOIN raw.games ON games.a = b.b WHERE b.a IN (SELECT a FROM raw.games)",
        "SELECT a, b FROM raw.games UNION ALL SELECT b, a FROM raw.games",
    ],
)
def test_an_input_that_is_read_several_times_is_cut_once(home, query):
    rows = "SELECT * FROM (VALUES (1, 2), (2, 3), (3, 1), (3, 3)) AS v (a, b)"
    filled = fill_query(home, query, {"raw.games": rows}, "t")
    assert filled.count(rows) == 1
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.games AS {rows}")
        expected = sorted(connection.execute(query).fetchall())
        assert sorted(connection.execute(filled).fetchall()) == expected
    assert len(expected) > 1


def test_what_is_remembered_is_what_is_parsed_for_every_table(home, graph, monkeypatch):
    from datetime import date

    chunk = Chunk(date(2024, 1, 1), date(2024, 1, 31), 31)
    first = {}
    for table in graph.computed:
        slices = input_slices(table, chunk)
        first[table.name] = fill_query(home, table.query, slices, table.name)
        assert first[table.name] == sliced_query(table.query, slices, table.name)
    _known.cache_clear()  # as another process
    monkeypatch.setitem(sys.modules, "boxout.tables.syntax", None)  # its import would fail
    for table in graph.computed:
        slices = input_slices(table, chunk)
        assert fill_query(home, table.query, slices, table.name) == first[table.name]
        # a changed query is another one
        with pytest.raises(ImportError):
            fill_query(home, table.query + " ", slices, table.name)


def test_it_is_kept_beside_compiled_modules_where_python_may_keep_those(home, monkeypatch):
    assert beside_code(home, FILE) == home.scratch / FILE
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(home.path))
    assert beside_code(home, FILE) == home.scratch / FILE, "the folder is not there"
    module = Path(cache_from_source(remembered.__file__))
    module.parent.mkdir(parents=True)
    assert beside_code(home, FILE) == module.with_name(FILE)
    assert module.is_relative_to(home.path)


def test_a_file_keeps_its_newest_entries(home):
    path = home.scratch / FILE
    remembered.save(path, {str(n): n for n in range(remembered.LIMIT + 5)})
    assert list(remembered.load(path).values()) == list(range(5, remembered.LIMIT + 5))


def test_a_damaged_file_is_found_anew_and_a_query_that_is_none_is_refused(home):
    (home.scratch / FILE).write_text("{")
    assert "FROM (SELECT 1) AS g" in fill_query(home, QUERY, {"raw.games": "SELECT 1"}, "t")
    with pytest.raises(TableDefinitionError):
        fill_query(home, "SELECT 1; SELECT 2", {}, "t")
