"""A player's name in every spelling leads to the same key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.errors import IdentityError
from boxout.sources.identity.players import OWN_ID_BASE, parse_player_name, repair_encoding

ACCENTED = (
    "Nikola Joki\u0107",
    "Luka Don\u010di\u0107",
    "Dennis Schr\u00f6der",
    "D\u0101vis Bert\u0101ns",
)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [*((name, "latin-1") for name in ACCENTED), (ACCENTED[0], "cp1252"), (ACCENTED[2], "cp1252")],
)
def test_a_double_encoded_name_is_repaired(name, encoding):
    garbled = name.encode("utf-8").decode(encoding)
    assert garbled != name
    assert parse_player_name(garbled).name == name
    assert parse_player_name(garbled).player_key == parse_player_name(name).player_key


def test_a_name_that_was_garbled_twice_is_repaired():
    garbled = "Nikola Joki\u0107"
    for _ in range(2):
        garbled = garbled.encode("utf-8").decode("latin-1")
    assert parse_player_name(garbled).player_key == "nikola jokic"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jimmy Butler III", "Jimmy Butler"),
        ("Tim Hardaway Jr.", "Tim Hardaway"),
        ("P.J. Washington", "PJ Washington Jr."),
        ("Nic Claxton", "Nicolas Claxton"),
        ("Herb Jones", "Herbert Jones"),
        ("O.G. Anunoby", "OG Anunoby"),
        ("Nikola Joki\u0107", "nikola jokic"),
        ("De'Aaron Fox", "DeAaron Fox"),
    ],
)
def test_suffixes_points_and_nicknames_do_not_part_a_player_from_himself(one, other):
    assert parse_player_name(one).base_key == parse_player_name(other).base_key
    assert parse_player_name(one).own_player_id == parse_player_name(other).own_player_id


def test_a_suffix_stays_in_the_key_that_tells_father_from_son():
    father, son = parse_player_name("Gary Payton"), parse_player_name("Gary Payton II")
    assert father.player_key != son.player_key
    assert father.base_key == son.base_key


def test_first_and_last_name_may_come_in_either_order():
    assert parse_player_name("Yao Ming").sorted_key == parse_player_name("Ming Yao").sorted_key


@pytest.mark.parametrize("text", ["", "   ", "...", "()", "\u00a0"])
def test_what_holds_no_name_is_refused(text):
    with pytest.raises(IdentityError, match="not a player's name"):
        parse_player_name(text)


WORDS = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll")), min_size=2, max_size=9)


@given(st.tuples(st.sampled_from(ACCENTED), WORDS.filter(str.isascii)))
def test_own_ids_are_stable_and_above_every_nba_id(parts):
    name = " ".join(parts)
    once, again = parse_player_name(name), parse_player_name(name.upper())
    assert once.own_player_id == again.own_player_id >= OWN_ID_BASE


@given(st.text(st.characters(max_codepoint=0x17F), max_size=20))
def test_repairing_twice_changes_nothing_more(text):
    repaired = repair_encoding(repair_encoding(text))
    assert repair_encoding(repaired) == repaired


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_refused_without_another_error(text):
    try:
        name = parse_player_name(text)
    except IdentityError:
        return
    assert name.player_key == name.player_key.strip().lower()
