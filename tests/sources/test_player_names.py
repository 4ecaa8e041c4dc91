"""A player's name in every spelling leads to the same key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxout.errors import IdentityError
from boxout.sources.identity.players import (
    OWN_ID_BASE,
    is_garbled,
    parse_player_name,
    repair_encoding,
)

ACCENTED = (
    "Nikola Joki\u0107",
    "Luka Don\u010di\u0107",
    "Dennis Schr\u00f6der",
    "D\u0101vis Bert\u0101ns",
    "De\u2019Aaron Fox",
)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        *((name, "latin-1") for name in ACCENTED),
        *((ACCENTED[place], "cp1252") for place in (0, 2, 4)),
    ],
)
def test_a_double_encoded_name_is_repaired(name, encoding):
    garbled = name.encode("utf-8").decode(encoding)
    assert garbled != name
    assert parse_player_name(garbled).name == name
    assert parse_player_name(garbled).player_key == parse_player_name(name).player_key


@pytest.mark.parametrize(
    ("name", "encoding", "key"),
    [
        (ACCENTED[0], "latin-1", "nikola jokic"),
        (ACCENTED[4], "latin-1", "deaaron fox"),
        (ACCENTED[4], "cp1252", "deaaron fox"),
    ],
)
def test_a_name_that_was_garbled_twice_is_repaired(name, encoding, key):
    for _ in range(2):
        name = name.encode("utf-8").decode(encoding)
    assert parse_player_name(name).player_key == key


@pytest.mark.parametrize(
    "text",
    ["Nikola Joki\ufffd", "Nikola Joki?", "Luka Don&#269;i&#263;", r"Nikola Joki\xC4\x87"],
)
def test_a_name_that_has_lost_letters_is_refused(text):
    assert is_garbled(text)
    with pytest.raises(IdentityError, match="garbled"):
        parse_player_name(text)


@pytest.mark.parametrize("text", ["nan", "NaN", "None", "null", "n/a", "N.A.", "0", "203999"])
def test_what_programs_write_for_no_name_is_no_name(text):
    with pytest.raises(IdentityError, match="not a player's name"):
        parse_player_name(text)


def test_a_number_beside_a_name_does_no_harm():
    assert parse_player_name("Jalen (2001) Johnson").player_key == "jalen johnson"


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
