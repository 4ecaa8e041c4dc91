"""Player names in every known spelling, reduced to keys that sources can be joined by."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from boxout.errors import IdentityError

LONGEST_NAME = 100
OWN_ID_BASE = 9_000_000_000
OWN_ID_SPAN = 1_000_000_000
SUFFIXES = {"jr", "sr", "ii", "iii", "iv", "v"}
# Letters that Unicode does not decompose; the Cyrillic one stands in a Basketball-Reference name.
_LETTERS = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "ð": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "\u0451": "e"}
)
_PARENTHESES = re.compile(r"\([^)]*\)")
_APART = re.compile(r"[^a-z0-9 ]+")
# A letter of two bytes of UTF-8, or of three, of which each was read as a letter of its own.
_CONTINUED = "[\u0080-\u00bf\u0152-\u017e\u0192\u02c6\u02dc\u2010-\u2122]"
_MOJIBAKE = re.compile(f"[\u00c2-\u00df]{_CONTINUED}|[\u00e0-\u00ef]{_CONTINUED}{{2}}")
# What stands where a letter was lost, and letters written as HTML or as bytes.
_NO_LETTER = re.compile(r"[\ufffd?\\]|&#?\w+;")
# How programs write that there is no name, as keys.
_NOTHING = {"nan", "none", "null", "na", "n a"}

# base key as some source writes it: base key as we write it
NICKNAMES = {
    "nic claxton": "nicolas claxton",
    "nicholas claxton": "nicolas claxton",
    "cam thomas": "cameron thomas",
    "cam johnson": "cameron johnson",
    "cam payne": "cameron payne",
    "cam reddish": "cameron reddish",
    "herb jones": "herbert jones",
    "moe wagner": "moritz wagner",
    "mo bamba": "mohamed bamba",
    "kj martin": "kenyon martin",
    "gg jackson": "gregory jackson",
    "christian james mccollum": "cj mccollum",
    "edrice femi adebayo": "bam adebayo",
    "ishmael smith": "ish smith",
    "ishmael larry smith": "ish smith",
    "jeenathan williams": "nate williams",
    "joshua giddey": "josh giddey",
    "obadiah toppin": "obi toppin",
    "alfred joel horford reynoso": "al horford",
    "brook robert lopez": "brook lopez",
    "eric ambrose gordon": "eric gordon",
    "danilo galinari": "danilo gallinari",
    "bojan bogdanovich": "bojan bogdanovic",
    "nicholas batum": "nicolas batum",
    "scotty pippen": "scottie pippen",
    "kevin devon knox": "kevin knox",
    "sviatoslav mykhailiuk": "svi mykhailiuk",
    "enes kanter": "enes freedom",
    "louis williams": "lou williams",
    "robert dillingham": "rob dillingham",
    "alexandre sarr": "alex sarr",
    "ron holland": "ronald holland",
    "carlton carrington": "bub carrington",
    "matt hurt": "matthew hurt",
    "vincent williams": "vince williams",
    "nahshon hyland": "bones hyland",
}


@dataclass(frozen=True)
class PlayerName:
    """One player's name and the keys to join it by.

    Attributes
    ----------
    name
        The name with its encoding repaired.
    player_key
        Lower case, without accents and punctuation, the suffix kept: 'jimmy butler iii'.
    base_key
        The same without suffix, nicknames made one: 'jimmy butler'.
    initial_key
        First letter and last name: 'j butler'.
    sorted_key
        The words of the base key in order: 'butler jimmy'.
    own_player_id
        Our stable id, for players to whom no source gives an NBA id.
    """

    name: str
    player_key: str
    base_key: str
    initial_key: str
    sorted_key: str
    own_player_id: int


def parse_player_name(text: str) -> PlayerName:
    """Parse a player's name as any source writes it.

    Raises
    ------
    IdentityError
        When nothing is left that could be a name, or its encoding is spoiled beyond repair.
    """
    # A no-break space may be half of a misread letter: repair before folding white space.
    repaired = repair_encoding(text)
    if is_garbled(repaired):
        raise IdentityError(f"{text!r} is garbled.", "", "Read the source as UTF-8, once.")
    # Marks that only turn or join what is beside them are no part of a name.
    shown = "".join(letter for letter in repaired if unicodedata.category(letter) != "Cf")
    name = " ".join(shown.split())
    if len(name) > LONGEST_NAME or any(
        unicodedata.category(letter) in ("Cc", "Cs") for letter in name
    ):
        raise IdentityError(
            f"{name[:LONGEST_NAME]!r} is not a player's name.",
            "",
            "Mend the name: it is too long, or holds control characters.",
        )
    player_key = _key(name)
    words = player_key.split()
    if not words or player_key in _NOTHING or any(letter.isdigit() for letter in player_key):
        raise IdentityError(f"{text!r} is not a player's name.", "", "Mend the name.")
    while len(words) > 2 and words[-1] in SUFFIXES:
        words.pop()
    base_key = NICKNAMES.get(" ".join(words), " ".join(words))
    words = base_key.split()
    return PlayerName(
        name=name,
        player_key=player_key,
        base_key=base_key,
        initial_key=f"{words[0][0]} {words[-1]}",
        sorted_key=" ".join(sorted(words)),
        own_player_id=own_player_id(base_key),
    )


def own_player_id(base_key: str) -> int:
    """Return the stable id of a player whom no source numbers; above every NBA id."""
    digest = hashlib.sha256(base_key.encode()).digest()
    return OWN_ID_BASE + int.from_bytes(digest[:8]) % OWN_ID_SPAN


def is_garbled(text: str) -> bool:
    """Whether letters of a text were lost: misread as Latin-1 or Windows-1252, or replaced."""
    return _is_misread(text) or _NO_LETTER.search(text) is not None


def repair_encoding(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 or Windows-1252, once or twice.

    A text that does not become valid UTF-8 when read back is left as it is.
    """
    for _ in range(2):
        if not _is_misread(text):
            break
        repaired = _read_back(text)
        if repaired is None:
            break
        text = repaired
    return unicodedata.normalize("NFC", text)


def _is_misread(text: str) -> bool:
    return _MOJIBAKE.search(text) is not None


def _read_back(text: str) -> str | None:
    data = bytearray()
    for letter in text:
        try:
            data += letter.encode("cp1252")
        except UnicodeEncodeError:
            if ord(letter) > 0xFF:
                return None
            data.append(ord(letter))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _key(name: str) -> str:
    text = _PARENTHESES.sub(" ", name)
    if text.count(",") == 1:
        before, after = (part.strip() for part in text.split(","))
        is_suffix = _APART.sub("", after.lower()) in SUFFIXES
        text = f"{before} {after}" if is_suffix or not after else f"{after} {before}"
    text = text.lower().translate(_LETTERS)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    # Points and apostrophes join (c.j. -> cj); hyphens and the rest part words.
    text = re.sub(r"[.'`\u2018\u2019\u02bc]", "", text)
    words = _APART.sub(" ", text).split()
    return " ".join(words)
