"""What the documents say is so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from boxout.cli.commands import COMMANDS
from boxout.cli.main import boxout as group
from boxout.sources.files.known_shapes import SHAPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_commands_of_the_readme_are_those_that_exist():
    listed = re.findall(r"^\| `boxout ([a-z]+)", README, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"\bmake ([a-z]+)\b", README))
    assert {"run", "test"} <= targets
    assert targets <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_continuous_integration_runs_the_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize(
    "document",
    ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))],
)
def test_links_lead_somewhere(document):
    path = ROOT / document
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link


def test_options_that_the_readme_names_exist(boxout):
    backfill = boxout("backfill", "--help").stdout
    for option in re.findall(r"`(--[a-z-]+)", README.split("takes a range")[1]):
        assert option in backfill


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.table}-{len(s.required)}")
def test_the_columns_of_a_shape_are_those_that_are_documented(shape):
    documented = [
        set(re.findall(r"`([a-z0-9_]+)`", columns.split(";")[0]))
        for table, columns in re.findall(
            r"^\| `([a-z_]+)` \|[^|]*\|([^|]*)\|$",
            (ROOT / "docs" / "files.md").read_text(),
            re.MULTILINE,
        )
        if f"landing.{table}" == shape.table
    ]
    assert set(shape.required) in documented


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_systemd_unit_of_the_documents_is_valid(tmp_path):
    (unit,) = re.findall(r"```ini\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.S)
    installed = Path(sys.executable).parent / "boxout"
    path = tmp_path / "boxout.service"
    path.write_text(unit.replace("/opt/boxout/.venv/bin/boxout", str(installed)))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_the_service_and_the_container_start_is_a_command():
    text = (ROOT / "docs" / "operations.md").read_text()
    (start,) = re.findall(r"^ExecStart=\S+/boxout (.+)$", text, re.MULTILINE)
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)
    (options,) = re.findall(r"^CMD (.+)$", text, re.MULTILINE)
    for arguments in (start.split(), json.loads(entry)[1:] + json.loads(options)):
        assert arguments[0] == "watch"
        group.get_command(click.Context(group), "watch").make_context("watch", arguments[1:])
