"""Names that every program takes: of variables, of events, and in 8 letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: The longest name: REDCap advises 26 letters, SPSS and Stata allow 32.
LONGEST = 26

#: The longest name in a SAS transport file of version 5.
SHORT = 8

#: Words that SPSS, Stata, SAS, R, Python, SQL or REDCap keep for themselves.
RESERVED = frozenset(
    {
        *(
            "all",
            "and",
            "by",
            "eq",
            "ge",
            "gt",
            "le",
            "lt",
            "ne",
            "not",
            "or",
            "to",
            "with",
            "if",
            "in",
            "int",
            "long",
            "float",
        ),
        *(
            "double",
            "byte",
            "using",
            "str",
            "strl",
            "for",
            "next",
            "repeat",
            "while",
            "function",
            "true",
            "false",
            "inf",
            "nan",
        ),
        *(
            "na",
            "null",
            "break",
            "else",
            "def",
            "class",
            "return",
            "try",
            "import",
            "from",
            "lambda",
            "pass",
            "del",
            "global",
        ),
        *(
            "none",
            "is",
            "as",
            "select",
            "where",
            "order",
            "group",
            "table",
            "user",
            "key",
            "index",
            "values",
            "primary",
        ),
        *("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group"),
        *("redcap_survey_identifier", "record_id"),
    }
)


def plain(text: str) -> str:
    """Small ASCII letters, digits and underscores of a text; empty if it has none.

    >>> plain("Day 1"), plain("Zürich, früh"), plain("ערב")
    ('day_1', 'zurich_fruh', '')
    """
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


class Namer:
    """Gives each text a name that nobody else has."""

    def __init__(self, taken: Iterable[str] = (), *, longest: int = LONGEST) -> None:
        self._taken = set(taken) | RESERVED
        self._longest = longest

    def name(self, *parts: str, fallback: str = "x") -> str:
        """The parts joined by underscores, cut and numbered where needed; ``fallback`` where nothing is left.

        >>> namer = Namer()
        >>> namer.name("fear", "Day 1"), namer.name("fear", "day-1"), namer.name("1st"), namer.name("if")
        ('fear_day_1', 'fear_day_1_2', 'x_1st', 'x_if')
        """
        stem = "_".join(one for one in map(plain, parts) if one) or fallback
        if not stem[0].isalpha() or stem in RESERVED:
            stem = f"{fallback}_{stem}"
        number, tried = 1, stem[: self._longest].rstrip("_")
        while tried in self._taken:
            number += 1
            end = f"_{number}"
            tried = stem[: self._longest - len(end)].rstrip("_") + end
        self._taken.add(tried)
        return tried


def short_names(names: Iterable[str]) -> dict[str, str]:
    """A name of at most 8 capital letters and digits for each name, each once, in their order.

    >>> short_names(["id", "cortisol_baseline", "cortisol_base_2", "cortisol_basis"])
    {'id': 'ID', 'cortisol_baseline': 'CORTISOL', 'cortisol_base_2': 'CORTIS02', 'cortisol_basis': 'CORTIS03'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = name.replace("_", "").upper()
        number, tried = 1, stem[:SHORT]
        while tried in taken:
            number += 1
            end = f"{number:02d}"
            tried = stem[: SHORT - len(end)] + end
        taken.add(tried)
        made[name] = tried
    return made


def ascii_text(text: str, *, longest: int, instead: str = "") -> str:
    """A text in ASCII, cut; ``instead`` where more than half of its letters have no ASCII form.

    >>> ascii_text("Größe [µg]", longest=40), ascii_text("קורטיזול", longest=40, instead="cortisol")
    ('Grosse [?g]', 'cortisol')
    """
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    kept = "".join(one if ord(one) < 128 else "?" for one in folded if not unicodedata.combining(one))
    letters = [one for one in kept if not one.isspace()]
    if instead and letters and letters.count("?") * 2 > len(letters):
        kept = instead
    return kept[:longest].rstrip()


def cut_bytes(text: str, longest: int) -> str:
    """A text of at most so many bytes in UTF-8, cut between letters."""
    return text.encode()[:longest].decode("utf-8", "ignore")
