"""Which join found nothing, which side lacks the keys, and what the keys look like."""

from __future__ import annotations

import json
from datetime import date

import pytest

from boxout.errors import UsageError
from boxout.pipeline.diagnose.diagnosis import diagnose
from boxout.pipeline.diagnose.lineage import column_inputs
from boxout.pipeline.due import RunOptions
from boxout.pipeline.incidents import read_incidents
from boxout.pipeline.run import run_tables

SEASON = "2023-24"
TABLE, COLUMN = "analytics.player_game_summary", "usage_rate"
# What another process that writes ids in its own way would have left in a table of boxout's.
FOREIGN_ID = "strftime(game_date, '%Y%m%d') || '_' || least(team, opponent) || '_' || greatest(team, opponent)"  # fmt: skip # noqa: E501


def write_past_boxout(warehouse, graph, assignment, condition="true"):
    """Change a table behind the ledger's back and bring what reads it up to date again."""
    with warehouse.commit():
        warehouse.execute(
            f"UPDATE lake.raw.team_boxscores SET {assignment} "
            f"WHERE season = '{SEASON}' AND ({condition})"
        )
    return run_tables(
        warehouse, graph, graph.select([TABLE]), RunOptions(force=True, **season_range())
    )


def season_range():
    return {"start": date(2023, 8, 1), "end": date(2024, 7, 31)}


def test_two_spellings_of_an_id_in_one_table_are_shown_side_by_side(project, graph):
    write_past_boxout(project, graph, f"game_id = {FOREIGN_ID}")
    diagnosis = diagnose(project, graph, graph.table(TABLE), COLUMN)
    [join] = [j for j in diagnosis.joins if j.source == "raw.team_boxscores"]
    assert join.unmatched == join.rows > 1_000
    assert join.without_key == 0
    mine, theirs = join.patterns[0], join.patterns[-1]
    assert (mine.side, mine.form) == ("unmatched", "9999999999 AAA")
    assert (theirs.side, theirs.form) == ("raw.team_boxscores", "99999999_AAA_AAA AAA")
    assert mine.samples[0].startswith("00223")
    cause = diagnosis.causes[0]
    assert (cause.kind, cause.table) == ("game-id-format", TABLE)
    assert cause.explains == 1.0

    incidents = read_incidents(project)
    assert {i.check for i in incidents} >= {"usage_rate_populated"}
    stored = next(i for i in incidents if i.check == "usage_rate_populated").diagnosis
    assert stored["findings"][0]["kind"] == "game-id-format"
    assert stored["joins"]


def test_ids_without_their_leading_zeros_are_told_from_other_formats(project, graph):
    write_past_boxout(project, graph, "game_id = ltrim(game_id, '0')")
    diagnosis = diagnose(project, graph, graph.table(TABLE), COLUMN)
    assert diagnosis.causes[0].kind == "lost-leading-zeros"


def test_a_join_that_finds_everything_is_no_matter(project, graph):
    diagnosis = diagnose(project, graph, graph.table(TABLE), COLUMN)
    assert (diagnosis.failing, diagnosis.joins, diagnosis.causes) == ((), (), ())
    assert "raw.team_boxscores.fga" in diagnosis.inputs
    assert "landing.bref_player_boxscores.minutes" in diagnosis.inputs


def test_a_column_is_followed_to_what_it_is_computed_from(graph):
    found = column_inputs(graph, graph.table(TABLE), "ts_pct")
    assert found[0][0] == "raw.player_boxscores"
    assert {column for table, column in found if table == "landing.bref_player_boxscores"} == {
        "fga",
        "fta",
        "pts",
    }


def test_a_diagnosis_that_goes_wrong_breaks_no_run(project, graph, monkeypatch, caplog):
    def fail(*arguments, **options):
        raise RuntimeError("no idea")

    monkeypatch.setattr("boxout.pipeline.diagnose.diagnosis.find_causes", fail)
    report = write_past_boxout(project, graph, "game_id = ltrim(game_id, '0')")
    assert report.held_back
    assert "could not be diagnosed: no idea" in caplog.text
    assert all(i.diagnosis is None for i in read_incidents(project))


def test_an_unknown_column_is_wrong_usage(project, graph):
    with pytest.raises(UsageError, match="no column 'usage'"):
        diagnose(project, graph, graph.table(TABLE), "usage")


def test_the_commands_say_what_the_functions_find(project, graph, boxout):
    home = project.home.path
    calm = boxout("diagnose", "player_game_summary.usage_rate", "--home", home)
    assert (calm.returncode, "nothing fails" in calm.stdout) == (0, True), calm.stderr
    assert boxout("incidents", "--home", home).returncode == 0
    write_past_boxout(project, graph, "game_id = ltrim(game_id, '0')")
    project.close()

    told = boxout("diagnose", "player_game_summary.usage_rate", "--home", home)
    assert told.returncode == 3
    assert "cause: lost-leading-zeros in analytics.player_game_summary" in told.stdout
    assert "to do: " in told.stdout
    as_json = json.loads(boxout("diagnose", TABLE, "--home", home, "--json").stdout)
    assert as_json["findings"][0]["kind"] == "lost-leading-zeros"

    listed = boxout("incidents", "--home", home)
    assert listed.returncode == 3
    assert "usage_rate_populated" in listed.stdout
    assert "cause: lost-leading-zeros" in listed.stdout
    assert "waits: precompute.ml_feature_store" in listed.stdout
    [first, *_] = json.loads(boxout("incidents", "--home", home, "--json").stdout)
    assert first["affected_partitions"] > 0
    wrong = boxout("diagnose", "player_game_summary.nothing", "--home", home)
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
