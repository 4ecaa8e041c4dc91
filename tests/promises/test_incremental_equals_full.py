"""Whatever happens to a project, its tables are those of a build from scratch."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from changing_project import MOMENTS, ChangingProject
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tiny_league import BLOCKS, FAULTS

from boxout.pipeline.run import run_tables

NUMBER = st.integers(0, 999)
BLOCK = st.integers(0, len(BLOCKS) - 1)


class AnyHistory(RuleBasedStateMachine):
    """What may happen to a project, in any order."""

    @initialize(seed=NUMBER, block=BLOCK)
    def begin(self, seed, block):
        self.folder = Path(tempfile.mkdtemp(prefix="boxout-history-"))
        self.project = ChangingProject(self.folder, "tiny", seed)
        self.project.bring(block)

    @rule(block=BLOCK)
    def ingest(self, block):
        self.project.bring(block)

    @rule(game=NUMBER, player=NUMBER, stat=NUMBER, by=st.sampled_from((1, 2, 95)), block=BLOCK)
    def correct_and_ingest(self, game, player, stat, by, block):
        self.project.correct(game, player, stat, by)
        self.project.bring(self.project.league.games[game % 18].block)

    @rule(
        game=NUMBER,
        player=NUMBER,
        spare=NUMBER,
        what=st.sampled_from("move postpone remove".split()),
    )
    def move(self, game, player, spare, what):
        if what == "move":
            self.project.move_player(game, player)
        elif what == "postpone":
            self.project.postpone(game, spare)
        else:
            self.project.remove(game)
        self.project.bring(self.project.league.games[game % 18].block)

    @rule(block=BLOCK, fault=NUMBER, is_repeated=st.booleans())
    def corrupt(self, block, fault, is_repeated):
        self.project.repeat_rows(block) if is_repeated else self.project.corrupt(block, fault)
        self.project.bring(block)

    @rule(block=BLOCK)
    def repair(self, block):
        self.project.repair(block)
        self.project.bring(block)

    @rule(number=NUMBER, kill=st.none() | st.tuples(st.integers(0, 1), st.sampled_from(MOMENTS)))
    def withdraw(self, number, kill):
        self.project.withdraw(number, kill and (*kill, number % 100))

    @rule(number=NUMBER)
    def change_sql(self, number):
        self.project.change_sql(number)

    @rule(tables=NUMBER, first=NUMBER, last=NUMBER, force=st.booleans())
    def backfill(self, tables, first, last, force):
        self.project.backfill(tables, first, last, force=force)

    @rule(first=NUMBER, last=NUMBER, commit=st.integers(0, 8), moment=st.sampled_from(MOMENTS))
    def backfill_killed(self, first, last, commit, moment):
        self.project.backfill_killed(first, last, commit, moment, first % 100)

    @rule(block=BLOCK, moment=st.sampled_from(MOMENTS))
    def ingest_killed(self, block, moment):
        self.project.bring_killed(block, 0, moment, 5)

    @rule()
    def compact(self):
        self.project.compact()

    @rule()
    def upgrade(self):
        self.project.upgrade()

    @rule()
    def restart(self):
        self.project.reopen()

    def teardown(self):
        if hasattr(self, "project"):
            try:
                self.project.check()
            finally:
                self.project.close()
                shutil.rmtree(self.folder)


def test_any_history_ends_where_a_build_from_scratch_does():
    run_state_machine_as_test(
        AnyHistory,
        settings=settings(
            max_examples=3,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_comparison_sees_a_single_wrong_value(tmp_path):
    project = ChangingProject(tmp_path / "one", "tiny", 3)
    try:
        project.bring(1)
        project.check()
        project.warehouse.execute(
            "UPDATE lake.raw.lines SET tov = tov + 1 WHERE player_id = "
            "(SELECT min(player_id) FROM lake.raw.lines)"
        )
        with pytest.raises(AssertionError, match=r"raw\.lines"):
            project.check()
    finally:
        project.close()


def test_a_table_waits_for_one_that_was_never_built(tmp_path):
    project = ChangingProject(tmp_path / "one", "tiny", 3)
    try:
        project.bring(1)
        last = project.graph.computed[-1]
        report = run_tables(project.warehouse, project.graph, [project.graph.computed[0], last])
        assert report.tables[-1].blocked
        assert not project.warehouse.has_table(last.name)
    finally:
        project.close()


def states(project, table):
    """The states of a table's 2023-24 partitions."""
    return project.warehouse.rows(
        "SELECT DISTINCT state FROM lake.ledger.partitions "
        "WHERE table_name = $1 AND season = '2023-24' AND game_date < '2023-11-04'",
        [table],
    )


@pytest.fixture
def built(tmp_path):
    """A project with every block brought in and every table built."""
    project = ChangingProject(tmp_path, "tiny", 6)
    for block in range(len(BLOCKS)):
        project.bring(block)
        run_tables(project.warehouse, project.graph, project.graph.computed)
    yield project
    project.close()


def test_dates_that_become_blocked_count_in_their_season_as_dates_never_built(built):
    assert states(built, "analytics.form") == [("fresh",)]
    # what comes after 2023-11-04 reads that date: it is held back, and not computed again
    built.corrupt(2, FAULTS.index("half_a_team"))
    built.bring(2)
    built.check()
    assert states(built, "analytics.form") == [("failed",)]
    incidents = "SELECT repaired_at IS NULL FROM lake.ledger.incidents WHERE table_name = $1"
    assert built.warehouse.rows(incidents, ["analytics.form"]) == [(True,)]
    built.repair(2)
    built.bring(2)
    built.check()
    assert states(built, "analytics.form") == [("fresh",)]
    assert built.warehouse.rows(incidents, ["analytics.form"]) == [(False,)]


def test_a_date_that_fails_its_own_check_counts_alike_alone_and_in_company(built):
    built.corrupt(3, FAULTS.index("half_a_team"))
    built.bring(3)
    run_tables(built.warehouse, built.graph, built.graph.computed)
    built.correct(6, 0, 0, 1)
    built.bring(1)
    built.check()


def test_refused_rows_count_though_no_other_row_changes(built):
    built.corrupt(2, FAULTS.index("strangers"))
    built.bring(2)
    built.check()
    assert states(built, "raw.lines") == [("failed",)]
    built.repair(2)
    built.bring(2)
    built.check()
    assert states(built, "raw.lines") == [("fresh",)]
