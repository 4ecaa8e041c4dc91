"""Every spelling of a team leads to one tricode, and nothing else does."""

from __future__ import annotations

import pytest

from boxout.errors import IdentityError
from boxout.sources.identity.teams import TEAM_IDS, TEAM_NAMES, parse_team


@pytest.mark.parametrize("code", sorted(TEAM_IDS))
def test_code_id_and_full_name_agree_in_any_case(code):
    for spelling in (code, code.lower(), str(TEAM_IDS[code]), TEAM_NAMES[code].upper()):
        assert parse_team(spelling) == code


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("BRK", "BKN"),
        ("CHO", "CHA"),
        ("PHO", "PHX"),
        ("gs", "GSW"),
        ("sa", "SAS"),
        ("no", "NOP"),
        ("ny", "NYK"),
        ("utah", "UTA"),
        ("wsh", "WAS"),
        ("LA Clippers", "LAC"),
        ("  Portland   Trail Blazers ", "POR"),
        ("76ers", "PHI"),
        ("NJN", "BKN"),
        ("Seattle SuperSonics", "OKC"),
        ("New Orleans Hornets", "NOP"),
    ],
)
def test_codes_of_other_sources_and_earlier_cities_are_known(spelling, code):
    assert parse_team(spelling) == code


@pytest.mark.parametrize("text", ["XYZ", "", "Los Angeles", "1610612799", "Harlem Globetrotters"])
def test_what_is_no_team_is_refused_by_name(text):
    with pytest.raises(IdentityError, match="is not an NBA team") as caught:
        parse_team(text)
    assert repr(text) in str(caught.value)


def test_there_are_thirty_teams_with_ids_of_their_own():
    assert len(TEAM_IDS) == len(set(TEAM_IDS.values())) == 30
