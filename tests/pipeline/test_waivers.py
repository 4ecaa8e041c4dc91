"""A waiver publishes past a failing check, on record and visible."""

from __future__ import annotations

import getpass
import shutil
from pathlib import Path

import pytest

from boxout.pipeline.due import RunOptions
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.plan import plan_tables
from boxout.pipeline.run import run_tables
from boxout.pipeline.waiver import Waiver
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

SEASON = "2022-23"
BOX_LINES = f"bref/player_boxscores_{SEASON}.parquet"
CHECK = "columns_vary"


@pytest.fixture(scope="session")
def held_back(small_home, small_league, built_once, graph, rewrite):
    """A project in which a season's box lines have no steals, and a run that was held back."""

    def make(home):
        shutil.copytree(small_home, home)
        path = Path(shutil.copy(small_league / BOX_LINES, home / "without-steals.parquet"))
        rewrite(path, "SELECT * REPLACE (0 AS stl) FROM file")
        with open_warehouse(Home(home)) as project:
            ingest_files(project, graph, [path], known_as={path: BOX_LINES})
            assert run_tables(project, graph, graph.computed).held_back

    return built_once("held-back-home", make)


@pytest.fixture
def failing(held_back, open_copy):
    """A copy of that project, open."""
    return open_copy(held_back)


def states(warehouse, table):
    return {
        row[0]
        for row in warehouse.rows(
            "SELECT DISTINCT state FROM lake.ledger.partitions "
            "WHERE table_name = $1 AND season = $2",
            [table, SEASON],
        )
    }


def test_a_waiver_says_who_why_which_check_and_which_dates(failing, graph):
    waiver = Waiver("Dana", "the source has no steals this season")
    report = run_tables(failing, graph, graph.computed, RunOptions(waiver=waiver))
    assert not any(outcome.failed or outcome.blocked for outcome in report.tables)
    assert states(failing, "raw.player_boxscores") == {"waived"}
    [record] = failing.records(
        "SELECT * FROM lake.ledger.waivers WHERE table_name = 'raw.player_boxscores'"
    )
    assert (record["who"], record["reason"]) == (waiver.who, waiver.reason)
    assert CHECK in record["check_name"]
    first, last = failing.rows(
        "SELECT min(game_date), max(game_date) FROM lake.raw.games WHERE season = $1", [SEASON]
    )[0]
    assert (record["start_date"], record["end_date"]) == (first, last)
    # the failure stays visible, and what is below it was built
    assert failing.scalar(
        "SELECT count(*) FROM lake.ledger.check_results WHERE NOT passed AND check_name = $1 "
        "AND table_name = 'raw.player_boxscores'",
        [CHECK],
    )
    assert states(failing, "precompute.ml_feature_store") <= {"fresh", "bootstrap", "waived"}


def test_the_command_asks_for_a_reason_and_takes_the_users_name(failing, boxout):
    home = failing.home.path
    refused = boxout("backfill", "--skip-preflight", "--home", home)
    assert refused.returncode == 2
    assert "--reason" in refused.stderr
    assert states(failing, "raw.player_boxscores") == {"failed"}
    done = boxout("backfill", "--skip-preflight", "--reason", "known gap", "--home", home)
    assert done.returncode == 0, done.stderr
    assert failing.rows("SELECT DISTINCT who, reason FROM lake.ledger.waivers") == [
        (getpass.getuser(), "known gap")
    ]
    shown = boxout("status", "--home", home)
    assert "known gap" in shown.stdout


def test_mended_data_needs_the_waiver_no_longer(failing, graph, small_league):
    run_tables(failing, graph, graph.computed, RunOptions(waiver=Waiver("Dana", "for now")))
    path = small_league / BOX_LINES
    ingest_files(failing, graph, [path], known_as={path: BOX_LINES})
    assert not run_tables(failing, graph, graph.computed, RunOptions()).held_back
    assert "waived" not in states(failing, "raw.player_boxscores")
    assert failing.scalar("SELECT count(*) FROM lake.ledger.waivers") > 0  # the record stays


def test_a_waiver_lets_through_what_it_names_and_nothing_else(failing, graph, boxout):
    table = "raw.player_boxscores"
    before = failing.rows(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM (FROM lake.{table}) AS t")
    other = Waiver("Dana", "another one", frozenset({"key_unique"}))
    assert run_tables(failing, graph, graph.computed, RunOptions(waiver=other)).held_back
    assert states(failing, table) == {"failed"}
    assert failing.rows("FROM lake.ledger.waivers") == []
    assert before == failing.rows(
        f"SELECT count(*), sum(hash(t)::HUGEINT) FROM (FROM lake.{table}) AS t"
    )
    home = failing.home.path
    unknown = boxout("backfill", "--waive", "columns_varry", "--reason", "x", "--home", home)
    assert unknown.returncode == 2
    assert "columns_varry" in unknown.stderr
    named = boxout(
        "backfill", "player_boxscores", "--waive", CHECK, "--reason", "no steals", "--home", home
    )
    assert named.returncode == 0, named.stderr
    assert states(failing, table) == {"waived"}
    assert failing.rows("SELECT DISTINCT table_name, reason FROM lake.ledger.waivers") == [
        (table, "no steals")
    ]
    # the same fault below is not named for other tables: they are held back by their own checks
    below = boxout("backfill", "--home", home)
    assert below.returncode == 3
    assert "failed" in states(failing, "analytics.player_game_summary")


def test_a_named_waiver_does_not_open_gates(failing, graph):
    named = Waiver("Dana", "only the one", frozenset({"two_teams_a_game"}))
    run_tables(failing, graph, graph.computed, RunOptions(waiver=named))
    assert states(failing, "analytics.player_game_summary") == {"blocked"}


def test_all_that_waits_is_on_record_after_one_run(failing, graph):
    """However far below the failing table, and through whatever waits itself."""
    on_record = dict(
        failing.rows(
            "SELECT table_name, count(*) FROM lake.ledger.partitions WHERE state = 'blocked' "
            "GROUP BY table_name"
        )
    )
    planned = {plan.table: plan.counts.get("blocked", 0) for plan in plan_tables(failing, graph)}
    assert on_record == {table: count for table, count in planned.items() if count}
    assert on_record.keys() > {"precompute.ml_feature_store", "precompute.player_daily_cache"}


def test_a_waiver_is_withdrawn_by_computing_its_dates_again(failing, graph, boxout):
    run_tables(failing, graph, graph.computed, RunOptions(waiver=Waiver("Dana", "for now")))
    home = failing.home.path
    assert "for now" in boxout("status", "--home", home).stdout
    assert "for now" in boxout("goalposts", "--home", home).stdout
    first, last = failing.rows(
        "SELECT min(game_date), max(game_date) FROM lake.ledger.partitions WHERE state = 'waived'"
    )[0]
    span = ["--start-date", first, "--end-date", last]
    assert boxout("backfill", *span, "--no-resume", "--home", home).returncode == 3
    assert states(failing, "raw.player_boxscores") == {"failed"}
    assert states(failing, "analytics.player_game_summary") == {"blocked"}
    assert not failing.scalar("SELECT count(*) FROM lake.ledger.partitions WHERE state = 'waived'")
    # It is history, and shown as being in force no more.
    assert failing.scalar("SELECT count(*) FROM lake.ledger.waivers") > 0
    assert "for now" not in boxout("status", "--home", home).stdout
    assert "for now" not in boxout("goalposts", "--home", home).stdout
