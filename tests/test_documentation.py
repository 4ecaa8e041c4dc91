"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boxout.cli.commands import COMMANDS
from boxout.sources.files.reading import SHAPES

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
