"""`boxout rehearse` as a user runs it: the copy, the printout, the exit codes."""

from __future__ import annotations

import json

from boxout.rehearsal.events import EVENTS
from boxout.rehearsal.faults import FAULTS


def test_the_incident_is_played_on_a_copy_and_told_beside_the_original(
    boxout, short_home, contents, tmp_path
):
    before = contents(short_home)
    played = boxout("rehearse", "game-id-format", "--home", short_home, "--keep", tmp_path / "kept")
    assert played.returncode == 0, played.stderr
    said = " ".join(played.stdout.split())
    assert "noticed after 2.5 h, by a person after" in said
    assert "wrong rows published 118,423 0" in said
    assert "cause found by typing queries game-id-format" in said
    assert "every partition holds what it held before" in said
    assert contents(short_home) == before
    assert contents(tmp_path / "kept" / "home") == before
    over = json.loads(
        boxout("incidents", "--all", "--json", "--home", tmp_path / "kept" / "home").stdout
    )
    assert {incident["outcome"] for incident in over} == {"repaired"}
    origins = [i["table"] for i in over if i["follows"] is None]
    assert origins == ["raw.team_boxscores"] * 2


def test_faults_are_listed_and_an_unknown_one_is_wrong_usage(boxout):
    listed = json.loads(boxout("rehearse", "--list", "--json").stdout)
    assert {row["fault"] for row in listed} == {fault.name for fault in FAULTS} | set(EVENTS)
    unknown = boxout("rehearse", "earthquake")
    assert unknown.returncode == 2
    assert "game-id-format" in unknown.stderr
