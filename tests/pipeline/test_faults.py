"""Each fault that has gone wrong somewhere, planted in clean files and caught by kind."""

from __future__ import annotations

import pytest

from boxout.pipeline.due import RunOptions
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.ingest import ingest_files
from boxout.pipeline.run import run_tables

SEASON = "2023-24"
DAY = "2023-11-13"
BOX, LOGS = f"bref/player_boxscores_{SEASON}.parquet", f"nba/team_gamelogs_{SEASON}.parquet"
LANDING = ("bref_player_boxscores", "nba_team_gamelogs", "nba_shots")
SHOTS = f"nba/shots_{SEASON}.parquet"


class Planted:
    """A clean project into which a spoiled file is brought."""

    def __init__(self, warehouse, graph, clean, files, rewrite):
        self.warehouse, self.graph, self.rewrite = warehouse, graph, rewrite
        self.clean, self.files = clean, files
        self.day = warehouse.scalar(
            f"SELECT min(game_date) FROM lake.raw.games WHERE season = '{SEASON}' "
            f"AND game_date >= '{DAY}'"
        )

    def spoil(self, name, query, upto="analytics.player_game_summary"):
        """Bring the spoiled file in and bring tables up to one of them up to date."""
        self.rewrite(self.files / name, query.replace("DAY", f"DATE '{self.day}'"))
        [report] = ingest_files(self.warehouse, self.graph, [self.files / name])
        order = [table.name for table in self.graph.computed]
        tables = self.graph.computed[: order.index(upto) + 1]
        run = run_tables(self.warehouse, self.graph, tables, RunOptions())
        return report, {o.table: o.failures for o in run.tables if o.failures}

    def state(self, table):
        """State and reason of the table's partition of the day."""
        return self.warehouse.rows(
            "SELECT state, reason FROM lake.ledger.partitions "
            "WHERE table_name = $1 AND game_date = $2",
            [table, self.day],
        )[0]

    def count(self, table, condition="true"):
        """Published rows of the day."""
        return self.warehouse.scalar(
            f"SELECT count(*) FROM lake.{table} WHERE game_date = $1 AND {condition}", [self.day]
        )


@pytest.fixture
def planted(project, graph, small_league, league_files, rewrite):
    # The copied files take the place of those that the copied project was built from.
    with project.commit():
        for table in ("ledger.files", *(f"landing.{path}" for path in LANDING)):
            project.execute(
                f"UPDATE lake.{table} SET source_file = replace(source_file, $1, $2)",
                [str(small_league), str(league_files)],
            )
    return Planted(project, graph, small_league, league_files, rewrite)


def test_home_and_away_swapped_at_the_source(planted):
    before = planted.count("raw.games")
    _, failures = planted.spoil(
        LOGS,
        "SELECT * REPLACE (CASE WHEN MATCHUP LIKE '% @ %' THEN replace(MATCHUP, ' @ ', ' vs. ') "
        "ELSE replace(MATCHUP, ' vs. ', ' @ ') END AS MATCHUP) FROM file",
    )
    assert "team_logs_agree_on_the_home_side" in failures["raw.games"]
    state, why = planted.state("raw.games")
    assert (state, why) == ("failed", "team_logs_agree_on_the_home_side")
    assert planted.state("raw.team_boxscores")[0] == "blocked"
    assert planted.count("raw.games") == before  # what was published stays


def test_a_partial_write_is_judged_against_the_schedule(planted):
    _, failures = planted.spoil(
        LOGS,
        "SELECT * FROM file WHERE GAME_DATE::DATE <> DAY OR TEAM_ABBREVIATION IN "
        "(SELECT TEAM_ABBREVIATION FROM file WHERE GAME_DATE::DATE = DAY ORDER BY 1 LIMIT 2)",
    )
    assert failures["raw.team_boxscores"]["both_teams_of_every_finished_game"] == 1
    assert planted.state("raw.team_boxscores")[0] == "failed"
    assert planted.state("analytics.player_game_summary")[0] == "blocked"
    assert planted.warehouse.scalar(
        "SELECT failing FROM lake.ledger.quarantine WHERE table_name = 'raw.team_boxscores' "
        "AND check_name = 'both_teams_of_every_finished_game'"
    )


def test_missing_box_lines_of_one_team_hold_the_date_back(planted):
    _, failures = planted.spoil(
        BOX,
        "SELECT * FROM file WHERE game_date <> DAY OR team <> "
        "(SELECT min(team) FROM file WHERE game_date = DAY)",
    )
    assert "both_teams_of_every_finished_game" in failures["raw.player_boxscores"]


def test_rows_written_many_times_are_kept_once(planted):
    rows = planted.count("raw.player_boxscores")
    report, failures = planted.spoil(
        BOX, "SELECT f.* FROM file AS f, range(CASE WHEN f.game_date = DAY THEN 20 ELSE 1 END)"
    )
    assert report.rejected == {"an exact repeat of an earlier row": 19 * rows}
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert failures == {}
    assert planted.count("raw.player_boxscores") == rows


def test_a_column_that_nobody_computes_must_vary(planted):
    _, failures = planted.spoil(BOX, "SELECT * REPLACE (0 AS stl) FROM file")
    assert failures["raw.player_boxscores"] == {"columns_vary": 1}
    assert planted.state("raw.player_boxscores") == ("failed", "season: columns_vary")
    [(detail,)] = planted.warehouse.rows(
        "SELECT detail FROM lake.ledger.check_results "
        "WHERE NOT passed AND check_name = 'columns_vary'"
    )
    assert detail == "constant or all null: stl"


def test_one_value_for_everybody_is_no_data(planted):
    _, failures = planted.spoil(BOX, "SELECT * REPLACE (24.0 AS mp) FROM file")
    assert failures["raw.player_boxscores"]["columns_vary"] == 1


def test_a_zero_stays_a_zero(planted):
    _, failures = planted.spoil(
        BOX,
        "SELECT * REPLACE (0 AS fg, 0 AS fg3, 0 AS ft, 0 AS pts) FROM file WHERE game_date = DAY "
        "AND mp > 0 AND fga > 0 AND player_name = (SELECT min(player_name) FROM file "
        "WHERE game_date = DAY AND mp > 0 AND fga > 0) UNION ALL "
        "SELECT * FROM file WHERE NOT (game_date = DAY AND mp > 0 AND fga > 0 AND player_name = "
        "(SELECT min(player_name) FROM file WHERE game_date = DAY AND mp > 0 AND fga > 0))",
    )
    assert failures == {}
    zero = "pts = 0 AND fga > 0 AND ts_pct = 0 AND efg_pct = 0 AND usage_rate > 0"
    assert planted.count("analytics.player_game_summary", zero) >= 1
    lost = "fga > 0 AND (ts_pct IS NULL OR efg_pct IS NULL)"
    assert planted.count("analytics.player_game_summary", lost) == 0


def test_a_one_second_appearance_takes_nothing_with_it(planted):
    rows = planted.count("analytics.player_game_summary")
    _, failures = planted.spoil(
        BOX,
        "SELECT * REPLACE (CASE WHEN game_date = DAY AND player_name = (SELECT max(player_name) "
        "FROM file WHERE game_date = DAY AND fga > 2) THEN 0.1 ELSE mp END AS mp) FROM file",
    )
    assert failures == {}
    assert planted.count("analytics.player_game_summary") == rows
    assert planted.count("analytics.player_game_summary", "usage_rate > 1000") == 1


def test_an_overtime_game_has_its_minutes(planted):
    overtime = planted.warehouse.rows(
        """
        SELECT p.usage_rate::DOUBLE,
               100 * (p.fga + 0.44 * p.fta + p.tov) * 53.0
               / (p.minutes * (t.fga + 0.44 * t.fta + (
                    SELECT sum(tov) FROM lake.raw.player_boxscores AS b
                    WHERE b.game_id = t.game_id AND b.team = t.team)))
        FROM lake.analytics.player_game_summary AS p
        JOIN lake.raw.team_boxscores AS t ON t.game_id = p.game_id AND t.team = p.team
        WHERE t.team_minutes = 265 AND p.minutes > 0
        """
    )
    assert len(overtime) > 100
    assert all(found == pytest.approx(float(wanted), abs=1e-3) for found, wanted in overtime)


def test_shots_that_are_refused_lower_the_share_that_is_matched(planted):
    _, failures = planted.spoil(
        SHOTS, "SELECT * REPLACE (CASE WHEN LOC_X > 0 THEN 'Row Z' ELSE BASIC_ZONE END "
        "AS BASIC_ZONE) FROM file"
    )  # fmt: skip
    assert "shots_matched_to_game_and_player" in failures["raw.shots"]
    assert planted.state("raw.shots")[0] == "failed"


HOLE = "GAME_DATE::DATE BETWEEN DAY AND DAY + 4"


def lacking_shots(planted):
    """The failing verdict on games without shots, (failing, total), and the first cause."""
    [verdict] = planted.warehouse.rows(
        "SELECT failing, total FROM lake.ledger.check_results "
        "WHERE NOT passed AND check_name = 'earlier_games_have_their_shots'"
    )
    [incident] = read_incidents(planted.warehouse)
    return verdict, incident.diagnosis["findings"][0]


def test_days_whose_shots_never_came_hold_the_season_back_and_are_named(planted):
    lost = planted.warehouse.rows(
        "SELECT game_date::VARCHAR, count(*) FROM lake.raw.games "
        "WHERE game_date BETWEEN $1 AND $1 + 4 GROUP BY game_date ORDER BY 1",
        [planted.day],
    )
    _, failures = planted.spoil(SHOTS, f"SELECT * FROM file WHERE NOT ({HOLE})")
    assert failures == {"raw.shots": {"earlier_games_have_their_shots": 1}}
    assert planted.state("analytics.player_game_summary")[0] == "blocked"
    (failing, total), cause = lacking_shots(planted)
    assert (failing, total > 5 * failing) == (sum(games for _, games in lost), True)
    assert (cause["kind"], cause["table"]) == ("dates-missing", "landing.nba_shots")
    assert (cause["first_date"], cause["last_date"]) == (lost[0][0], lost[-1][0])
    assert (cause["explains"], cause["files"]) == (1.0, [str(planted.files / SHOTS)])

    source = f"'{planted.clean / SHOTS}'"
    _, failures = planted.spoil(SHOTS, f"FROM {source}")
    assert failures == {}
    assert planted.state("raw.shots")[0] == "fresh"


def test_a_hole_that_later_shots_show_is_named_though_its_own_dates_are_not_held_back(planted):
    upto_the_hole = "SELECT * FROM file WHERE GAME_DATE::DATE < DAY"
    _, failures = planted.spoil(SHOTS, upto_the_hole)
    assert failures == {}  # the source has not got there yet
    assert planted.state("raw.shots")[0] == "empty"

    source = f"'{planted.clean / SHOTS}'"
    _, failures = planted.spoil(SHOTS, f"SELECT * FROM {source} WHERE NOT ({HOLE})")
    assert failures == {"raw.shots": {"earlier_games_have_their_shots": 1}}
    _, cause = lacking_shots(planted)
    assert (cause["kind"], cause["first_date"]) == ("dates-missing", str(planted.day))


def test_shots_that_begin_late_in_a_season_lack_those_of_before(planted):
    _, failures = planted.spoil(SHOTS, "SELECT * FROM file WHERE GAME_DATE::DATE > DAY")
    assert failures == {"raw.shots": {"earlier_games_have_their_shots": 1}}


def test_a_season_without_any_shots_is_none_with_a_hole(planted):
    _, failures = planted.spoil(SHOTS, "SELECT * FROM file WHERE false")
    assert failures == {}
    assert planted.state("raw.shots")[0] == "empty"


def test_a_scheduled_game_without_rows_is_missing_and_not_absent(planted):
    _, failures = planted.spoil(BOX, "SELECT * FROM file WHERE game_date <> DAY")
    assert "both_teams_of_every_finished_game" in failures["raw.player_boxscores"]
    assert planted.state("raw.player_boxscores")[0] == "failed"
    assert planted.state("analytics.player_game_summary")[0] == "blocked"
