"""Every check of every contract catches what breaks it, where it breaks, and nothing else."""

from __future__ import annotations

import shutil

import pytest

from boxout.pipeline.contract import COLUMNS_VARY, UNIQUE_KEY, audit, check_names
from boxout.pipeline.graph import load_graph
from boxout.pipeline.ledger import forget_stale_partitions, read_partitions
from boxout.pipeline.plan import plan_partitions
from boxout.pipeline.stage import choose_dates, show_staged
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse

GONE = "DELETE FROM computed WHERE {here}"


def put(assignment):
    return f"UPDATE computed SET {assignment} WHERE {{here}}"


# What breaks each check, on the date or in the season that stands for {here}.
MUTATIONS = {
    "raw.player_aliases": {"spelling_names_one_player": put("player_id = NULL")},
    "raw.games": {
        "one_game_a_team_a_date": put("home_team = 'DEN', away_team = 'LAL'"),
        "team_logs_agree_on_the_home_side": put("home_team = away_team, away_team = home_team"),
        "no_game_is_a_day_late": (
            "UPDATE lake.landing.bref_player_boxscores SET game_date = game_date - 1 WHERE {here}"
        ),
        "games_have_the_nba_id": (
            "UPDATE computed SET game_id = '9' || substr(game_id, 2) "
            "WHERE {here} AND home_team < 'DAL'"
        ),
        "two_different_teams": put("home_team = away_team"),
        "season_type_is_known": put("season_type = NULL"),
        "finished_games_have_a_winner": put("home_pts = away_pts"),
        "overtime_periods_are_plausible": put("overtime_periods = 9"),
    },
    "raw.injuries": {"reports_matched_to_player": GONE},
    "raw.lineups": {"starters_matched_to_player": GONE},
    "raw.game_lines": {"lines_matched_to_game": GONE},
    "raw.player_boxscores": {
        "both_teams_of_every_finished_game": GONE + " AND is_home",
        "lines_matched_to_game_and_player": GONE,
        "player_minutes_add_up": put("minutes = minutes + 5"),
        "points_follow_from_shots_made": put("pts = pts + 1"),
        "no_negative_counts": put("ast = -1"),
    },
    "raw.prop_lines": {
        "lines_matched_to_game_and_player": GONE,
        "seen_before_tipoff_or_flagged_live": put("is_live = (captured_at < tipoff_at)"),
    },
    "raw.shots": {
        "shots_matched_to_game_and_player": GONE,
        "earlier_games_have_their_shots": GONE,
        "no_game_has_its_shots_twice": (
            "INSERT INTO computed SELECT * REPLACE (event_id + 1000 AS event_id) FROM computed "
            "WHERE {here}"
        ),
        "shots_add_up_to_attempts": GONE + " AND hash(event_id) % 2 = 0",
    },
    "raw.team_boxscores": {
        "both_teams_of_every_finished_game": GONE + " AND is_home",
        "opponents_mirror_each_other": put("is_home = true"),
        "lines_matched_to_game": GONE,
        "points_near_the_result": put("pts = pts + 10"),
        "points_equal_the_result": put("pts = pts + 1"),
        "points_follow_from_shots_made": put("pts = pts + 1"),
        "team_minutes_are_whole_overtimes": put("team_minutes = team_minutes + 1"),
    },
    "analytics.player_game_summary": {
        "usage_rate_populated": put("usage_rate = NULL"),
        "usage_rate_populated_on_date": put("usage_rate = NULL"),
        "minutes_populated": put("minutes = NULL"),
        "game_and_team_placed": put("team = 'SEA'"),
        "zones_known_where_shots_are": put("paint_fga = NULL"),
        "points_follow_from_shots_made": put("pts = pts + 1"),
        "player_points_add_up": put("pts = pts + 1"),
        "players_a_team_game": put("minutes = 0"),
        "team_usage_is_a_fifth": put("usage_rate = 2 * usage_rate"),
    },
    "analytics.team_offense_game_summary": {
        "two_rows_a_finished_game": GONE + " AND is_home",
        "possessions_are_plausible": put("possessions = 2 * possessions"),
        "zone_attempts_add_up": put("fga = fga + 10"),
        "zones_known_where_shots_are": put("paint_fga = NULL"),
    },
    "analytics.team_defense_game_summary": {"two_rows_a_finished_game": GONE + " AND is_home"},
    "precompute.slate": {
        "every_game_has_players": GONE,
        "five_starters_a_team": put("is_starting = is_home"),
    },
    "precompute.player_daily_cache": {
        "nothing_is_known_before_the_first_game": put("games_played_season = 0"),
        "form_populated": put("avg_points_last_10_games = NULL"),
    },
    "precompute.player_past_seasons": {
        "one_row_a_slate_row": GONE,
        "nothing_is_known_of_a_rookie": put("earlier_seasons = 0, last_season = '2020-21'"),
    },
    "precompute.player_shot_zone_analysis": {
        "shares_add_up": put(
            "paint_share_last_10_games = 0.9, mid_range_share_last_10_games = 0.9, "
            "three_zone_share_last_10_games = 0.9"
        ),
        "no_zones_without_shot_data": put("games_with_shots_last_20 = 0, primary_zone = 'paint'"),
    },
    "precompute.absent_teammates": {
        "one_row_a_slate_row": GONE,
        "unknown_is_null": put("absences_known = NOT absences_known"),
    },
    "precompute.team_defense_zone_analysis": {"two_teams_a_game": GONE},
    "precompute.player_composite_factors": {
        "rolling_usage_populated": put("avg_usage_rate_last_7_games = NULL"),
        "game_dates_present": GONE,
        "scores_within_bounds": put("fatigue_score = 101"),
    },
    "precompute.ml_feature_store": {
        "every_candidate_has_a_row": GONE,
        "no_imputed_features": put("games_played_season = 0, fatigue_score = 50"),
        "lines_seen_before_tipoff": put("prop_line_captured_at = TIMESTAMP '2100-01-01'"),
    },
}
TABLES = [table for table in load_graph().computed if table.checks]


class Staged:
    """One season of a table, staged as published, to be spoiled and audited."""

    def __init__(self, warehouse, graph, table):
        self.warehouse, self.table = warehouse, table
        forget_stale_partitions(warehouse)
        read_partitions(warehouse)
        plan_partitions(warehouse, graph, table)
        # the date with the most rows, well after the season's opening
        self.day, self.season = warehouse.rows(
            f"SELECT game_date, season FROM lake.{table.name} GROUP BY game_date, season "
            "ORDER BY game_date > "
            "(SELECT min(game_date) + 25 FROM lake.raw.games WHERE season = '2024-25') "
            "AND season = '2024-25' DESC, count(*) DESC, game_date LIMIT 1"
        )[0]
        self.chunk = choose_dates(
            warehouse, "SELECT * FROM partition_plan WHERE season = $1", [self.season]
        )

    def failing(self, mutation=None, scope="season"):
        """Audit, spoiled by a mutation; return the failing (check, scope, place)."""
        here = f"season = '{self.season}'"
        if scope != "season":
            here = f"game_date = DATE '{self.day}'"
        self.warehouse.execute("BEGIN TRANSACTION")
        try:
            show_staged(
                self.warehouse,
                f"SELECT * FROM lake.{self.table.name} WHERE season = '{self.season}'",
            )
            if mutation:
                changed = self.warehouse.scalar(mutation.format(here=here))
                assert changed, "the mutation changed nothing"
            audit(self.warehouse, self.table, self.chunk, whole_seasons=False, waived="true")
            return {
                (name, found, day or season)
                for name, found, season, day in self.warehouse.rows(
                    "SELECT check_name, scope, season, game_date FROM check_now WHERE NOT passed"
                )
            }
        finally:
            self.warehouse.execute("ROLLBACK")


@pytest.fixture(scope="module")
def warehouse(small_home, tmp_path_factory):
    """A copy of the small league's project that no mutation stays in."""
    home = tmp_path_factory.mktemp("contracts") / "home"
    shutil.copytree(small_home, home)
    with open_warehouse(Home(home)) as opened:
        opened.execute("SET threads = 1")
        yield opened


def test_every_check_has_a_mutation():
    declared = {table.name: {check.name for check in table.checks} for table in TABLES}
    assert {name: set(checks) for name, checks in MUTATIONS.items()} == declared


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_check_catches_its_mutation_at_its_scope(warehouse, graph, table):
    staged = Staged(warehouse, graph, table)
    assert staged.failing() == set()
    for check in table.checks:
        mutation = MUTATIONS[table.name][check.name]
        place = staged.season if check.scope == "season" else staged.day
        found = staged.failing(mutation, check.scope)
        assert (check.name, check.scope, place) in found, check.name
        if check.scope != "season":  # no other date is accused
            days = {where for _, scope, where in found if scope != "season"}
            assert days == {staged.day}, check.name


@pytest.mark.parametrize("table", load_graph().computed, ids=lambda table: table.name)
def test_no_table_passes_with_repeated_keys_or_empty_columns(warehouse, graph, table):
    if not warehouse.scalar(f"SELECT count(*) FROM lake.{table.name}"):
        pytest.skip("the small league has no such rows")
    staged = Staged(warehouse, graph, table)
    assert {UNIQUE_KEY, COLUMNS_VARY} <= set(check_names(table))
    repeated = staged.failing(
        "INSERT INTO computed SELECT * FROM computed WHERE {here} ORDER BY ALL LIMIT 1", "row"
    )
    assert (UNIQUE_KEY, "row", staged.day) in repeated
    required = [
        column
        for column in warehouse.columns(f"lake.{table.name}")
        if column not in {"season", "game_date", *table.key, *table.may_be_null}
    ]
    enough = warehouse.scalar(
        f"SELECT count(*) FROM lake.{table.name} WHERE season = $1", [staged.season]
    )
    required = [column for column in required if column not in table.may_be_constant]
    if required and enough >= 400:
        for column in required[:: max(1, len(required) // 3)]:
            emptied = staged.failing(put(f'"{column}" = NULL'))
            assert (COLUMNS_VARY, "season", staged.season) in emptied, column
