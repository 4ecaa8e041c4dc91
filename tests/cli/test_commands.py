"""The commands as a user types them: output, JSON, exit codes, and no traceback ever."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import pytest

from boxout.cli.commands import COMMANDS
from boxout.cli.console import writing_to
from boxout.cli.main import boxout as group
from boxout.errors import BoxoutError
from boxout.warehouse.home import Home
from boxout.warehouse.opening import open_warehouse


@pytest.fixture
def home(trained, tmp_path):
    """A copy of the trained project."""
    return shutil.copytree(trained, tmp_path / "home")


def ok(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(boxout, command):
    text = ok(boxout(command, "--help"))
    assert text.startswith(f"Usage: boxout {command}")
    assert "--json" in text or "Commands:" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_says_of_a_command_what_the_command_says_of_itself(command):
    found = group.get_command(click.Context(group), command)
    assert found.help.split("\n\n")[0].replace("\n", " ") == COMMANDS[command].line


def test_the_group_lists_every_command_and_the_exit_codes(boxout):
    text = ok(boxout("--help"))
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
    assert "Exit codes" in text
    assert ok(boxout("--version")).startswith("boxout, version")


def imported(script):
    script += "\nimport sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    return set(found.stdout.splitlines()[-1].split())


def test_the_list_of_commands_imports_none_of_them_and_no_engine():
    found = imported(
        "from boxout.cli.main import boxout\nboxout.main(['--help'], standalone_mode=False)"
    )
    assert {m for m in found if m.startswith("boxout.")} == {
        "boxout.cli", "boxout.cli.commands", "boxout.cli.main", "boxout.errors"
    }  # fmt: skip
    assert found.isdisjoint({"duckdb", "numpy", "rich", "sqlglot", "filelock"})


def test_commands_import_what_takes_long_only_when_they_need_it():
    found = imported(
        "import importlib\n"
        "from boxout.cli.commands import COMMANDS\n"
        "for listed in COMMANDS.values():\n"
        "    importlib.import_module(f'boxout.cli.{listed.module}')"
    )
    assert found.isdisjoint({"numpy", "xgboost", "sqlglot", "rich"})


def test_a_terminal_sees_a_bar_with_count_and_rate(ingested_once, tmp_path):
    home = shutil.copytree(ingested_once, tmp_path / "home")
    ours, theirs = pty.openpty()
    command = ["backfill", "raw.games", "--chunk-dates", "20", "--home", home]
    with subprocess.Popen(
        [Path(sys.executable).parent / "boxout", *command],
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "120"},
    ) as process:
        os.close(theirs)
        seen = b""
        # the terminal's end is an error, and its output is more than it keeps
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65536):
                seen += part
    os.close(ours)
    text = re.sub(r"\x1b\[[\d;]*m", "", seen.decode())
    assert process.returncode == 0, text
    assert re.search(r"raw\.games .* [1-9]\d*/\d+ dates, \d+/s [\d-]+:[\d-]+:[\d-]+", text)


def test_run_prints_what_it_did_and_where_to_look_next(trained):
    text = (trained / "output.txt").read_text()
    for part in (
        "SIMULATED league",
        "1 ingest",
        "2-4 raw, analytics, precompute",
        "matched to their game and player",
        "5 learning",
        "model card:",
        "predicted 2025-11-27",
        "graded",
        "Look next: `boxout validate`",
    ):
        assert part in text
    progress = (trained / "progress.txt").read_text().splitlines()
    assert any(re.fullmatch(r"150/150 2025-11-28 [\d,]+ players precompute\.\w+", line)
               for line in progress)  # fmt: skip


def test_running_again_finds_nothing_to_do(boxout, home, small_league):
    text = ok(boxout("run", "--data", small_league, "--home", home))
    assert "everything is up to date" in text
    assert "the newest model was trained on just this data" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("status",),
        ("validate",),
        ("models",),
        ("grade",),
        ("backfill",),
        ("ready",),
        ("handoff",),
        ("runs",),
        ("runs", "--all"),
        ("backfill", "--dry-run"),
        ("explain", "player_daily_cache", "2025-11-03"),
        ("predict", "--date", "2025-11-27"),
        ("train",),
        ("run",),
    ],
    ids=" ".join,
)
def test_json_is_one_document_on_standard_output(boxout, home, arguments):
    assert json.loads(ok(boxout(*arguments, "--json", "--home", home)))


def test_validate_prints_coverage_by_season_with_thresholds(boxout, trained):
    text = ok(boxout("validate", "--home", trained))
    line = next(row for row in text.splitlines() if "usage_rate_populated " in row)
    assert re.search(r"95%( +100\.0% pass){5}", line)
    rolling = next(row for row in text.splitlines() if "rolling_usage_populated" in row)
    assert "90%" in rolling
    assert text.rstrip().endswith("every partition is there")


def test_validate_looks_at_the_range_that_is_named(boxout, trained):
    text = ok(
        boxout(
            "validate", "player_game_summary", "--start-date", "2023-11-01", "--end-date",
            "2023-11-10", "--home", trained, "--json",
        )
    )  # fmt: skip
    found = json.loads(text)["validation"]
    assert {p["season"] for p in found["presence"]} == {"2023-24"}
    assert sum(found["presence"][0]["states"].values()) == 8


def test_status_says_what_the_project_holds(boxout, trained):
    text = ok(boxout("status", "--home", trained))
    assert "a SIMULATED league" in text
    assert "precompute.ml_feature_store" in text
    assert "1 model" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("slate",),
        ("predict", "--date", "2025-11-27"),
        ("form", "{player}", "--line", "9.5"),
        ("grade",),
        ("drift",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_forecasts_and_form_of_a_simulated_league_say_so(boxout, home, arguments):
    with open_warehouse(Home(home)) as warehouse:
        player = warehouse.scalar("SELECT min(player_id) FROM lake.learning.grades")
    arguments = [part.format(player=player) for part in arguments]
    assert ok(boxout(*arguments, "--home", home)).startswith("of a SIMULATED league\n")
    assert json.loads(ok(boxout(*arguments, "--json", "--home", home)))["is_simulated"]


def test_predictions_for_games_played_and_to_come(boxout, home):
    upcoming = json.loads(ok(boxout("predict", "--date", "2025-11-28", "--json", "--home", home)))
    played = json.loads(ok(boxout("predict", "--date", "2025-11-20", "--json", "--home", home)))
    assert str(upcoming).count("2025-11-28") >= 1
    assert str(played).count("2025-11-20") >= 1
    graded = ok(boxout("grade", "--home", home))
    assert "points" in graded
    assert "in sample" in graded


def test_training_again_on_the_same_data_gives_the_same_model(boxout, home):
    first = json.loads(ok(boxout("models", "--json", "--home", home)))
    ok(boxout("train", "--home", home))
    assert len(json.loads(ok(boxout("models", "--json", "--home", home)))) == len(first)


def test_a_model_is_text_and_its_card_names_its_data(home):
    [folder] = (home / "models").iterdir()
    names = {path.name for path in folder.iterdir()}
    assert {"model_card.md", "model_card.json"} <= names
    assert not any(name.endswith((".pkl", ".pickle", ".joblib")) for name in names)
    card = json.loads((folder / "model_card.json").read_text())
    text = json.dumps(card)
    for word in ("data_version", "features", "readiness", "metrics", "trained_at"):
        assert word in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("status",), 1, "There is no boxout project here"),
        (("train",), 1, "There is no boxout project here"),
        (("ingest", "nowhere.parquet"), 1, "no such file"),
        (("ingest",), 2, "Missing argument"),
        (("nonsense",), 2, "No such command"),
        (("backfill", "--end-date", "soon"), 2, "is not a date"),
        (("backfill", "--start-date", "2024-01-02", "--end-date", "2024-01-01"), 2, "2024-01-02"),
        (("backfill", "--skip-preflight"), 2, "needs a reason"),
        (("backfill", "raw.nothing"), 2, "raw.nothing"),
        (("explain", "player_daily_cache"), 2, "Missing argument"),
        (("simulate", "league", "--seasons", "9"), 2, "9"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_answered_by_what_where_and_next(boxout, tmp_path, arguments, code, message):
    result = boxout(*arguments, cwd=tmp_path)
    assert result.returncode == code, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


def test_a_folder_of_unknown_files_is_refused(boxout, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    result = boxout("ingest", tmp_path / "odd.csv", "--home", tmp_path / "home")
    assert result.returncode == 1
    assert "no known shape" in result.stderr
    assert "docs/files.md" in result.stderr


def test_what_was_not_tried_after_a_refused_file_is_said(boxout, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.csv").write_text("a,b\n1,2\n")
    result = boxout("ingest", tmp_path, "--home", tmp_path / "home")
    assert result.returncode == 1
    assert "2 files after it were not tried" in result.stderr


def test_a_home_that_cannot_be_made_is_said_so(boxout, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = boxout("run", "--home", tmp_path / "file" / "home")
    assert result.returncode == 1
    assert "cannot be created" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_catalog_is_said_so(boxout, tmp_path):
    (tmp_path / "catalog.sqlite").write_text("this is no database")
    result = boxout("status", "--home", tmp_path)
    assert result.returncode == 1
    assert "catalog" in result.stderr
    assert "Traceback" not in result.stderr


def test_real_and_simulated_data_stay_apart(boxout, home, tmp_path):
    plain = tmp_path / "schedule.parquet"
    import duckdb

    duckdb.sql(
        "SELECT DATE '2025-12-01' AS game_date, 'DEN' AS home_team, 'LAL' AS away_team, "
        "TIMESTAMP '2025-12-02 01:00:00' AS tipoff_utc, 'regular' AS season_type, "
        "'scheduled' AS status"
    ).write_parquet(str(plain))
    result = boxout("run", "--data", plain, "--home", home)
    assert result.returncode == 1
    assert "never mixed" in result.stderr


def test_the_home_comes_from_the_environment(boxout, trained, monkeypatch):
    monkeypatch.setenv("BOXOUT_HOME", str(trained))
    assert str(trained) in ok(boxout("status"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "leakage", "raw.games"], "not built from raw tables"),
        (["diagnose", "landing.nba_shots"], "landing.nba_shots is filled by ingest"),
        (["diagnose", "nonsense.points"], "There is no table 'nonsense.points'"),
        (["compact", "--keep-days", "inf"], "--keep-days"),
        (["compact", "--keep-days", "1e12"], "--keep-days"),
        (["run", "--seed", "-1"], "--seed"),
        (["handoff", "--at", "0001-01-01T00:00+10:00"], "is not a moment"),
        (["handoff", "--at", "2999-01-01T00:00"], "still to come"),
        (["stop", ""], "RUN is empty"),
        (["handoff", "--json", "--format", "html"], "exclude each other"),
        (["form", "\udce9", "--line", "2"], "No player is"),
        (["explain", "player_game_summary", "2025-11-03", "--player", ""], "players"),
        (["explain", "player_game_summary", "2030-01-25"], "its game dates are 20"),
        (["train", "--start-date", "2090-01-01"], "finished games are of 20"),
        (["ready", "train", "--date", "2025-11-03"], "no single date"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(boxout, trained, arguments, said):
    refused = boxout(*arguments, "--home", trained)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_handoff_as_json_is_written_to_the_file(boxout, trained, tmp_path):
    path = tmp_path / "handoff.json"
    assert ok(boxout("handoff", "--json", "--output", path, "--home", trained)) == ""
    assert json.loads(path.read_text())["home"] == str(trained)


@pytest.mark.parametrize("command", ["backfill", "plan", "explain", "validate"])
def test_an_unknown_table_is_answered_by_those_that_the_command_takes(boxout, trained, command):
    day = ["2025-11-03"] if command == "explain" else []
    refused = boxout(command, "nosuch", *day, "--home", trained)
    assert refused.returncode == 2
    assert "raw.players" in refused.stderr
    assert "landing." not in refused.stderr


def test_a_short_name_means_the_table_that_is_computed(graph):
    assert [table.name for table in graph.select(["players"])] == ["raw.players"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["handoff", "--output", "file/x.md", "--home"], "--output"),
        (["simulate", "file/x"], "FOLDER"),
        (["rehearse", "game-id-format", "--keep", "file/x"], "--keep"),
        (["ingest", "a" * 5000], "looked at"),
        (["status", "--home", "a" * 5000], "--home"),
    ],
)
def test_a_path_that_cannot_be_used_is_named(boxout, trained, tmp_path, arguments, said):
    (tmp_path / "file").touch()
    home = [trained] if arguments[-1] == "--home" else []
    failed = boxout(*arguments, *home, cwd=tmp_path)
    assert failed.returncode == 1
    assert said in failed.stderr
    assert "engine" not in failed.stderr


@pytest.mark.parametrize(
    ("layout", "said"), [(b"\xff\xfe", "another version"), (b"2\n", "data is missing")]
)
def test_a_project_that_is_not_whole_is_said_so(boxout, tmp_path, layout, said):
    (tmp_path / "catalog.sqlite").touch()
    (tmp_path / "format").write_bytes(layout)
    failed = boxout("status", "--home", tmp_path)
    assert failed.returncode == 1
    assert said in failed.stderr


@pytest.mark.parametrize("limit", ["foo", "-1GB", "1KB", "99999999999TB"])
def test_a_limit_that_is_no_amount_of_memory_is_named(boxout, trained, monkeypatch, limit):
    monkeypatch.setenv("BOXOUT_MEMORY_LIMIT", limit)
    refused = boxout("status", "--home", trained)
    assert refused.returncode == 2
    assert "BOXOUT_MEMORY_LIMIT" in refused.stderr


def test_what_the_engine_cannot_write_is_named_like_what_boxout_cannot():
    denied = pytest.raises(BoxoutError, match=r"Permission denied\.\n  where: there")
    with denied, writing_to(Path("there"), "FOLDER"):
        raise duckdb.IOException("Cannot open file: Permission denied\nsomewhere")


def test_grade_says_what_it_was_asked_where_there_is_nothing(boxout, home):
    said = ok(boxout("grade", "--date", "2025-11-27", "--home", home))
    assert "no forecast of 2025-11-27 is of a finished game" in said
    failed = boxout("grade", "--start-date", "2090-01-01", "--home", home)
    assert "no forecast from 2090-01-01 on" in failed.stderr


@pytest.mark.parametrize(
    "command",
    ["plan", "status", *(f"picture {kind}" for kind in group.get_command(
        click.Context(group), "picture").commands)],
)  # fmt: skip
def test_help_has_an_example(boxout, command):
    assert f"\n  boxout {command}" in ok(boxout(*command.split(), "--help"))


def test_the_help_of_rehearse_says_what_it_plays_on(boxout):
    assert "BOXOUT_HOME" not in ok(boxout("rehearse", "--help"))
