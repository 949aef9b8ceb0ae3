"""Which characters a text may contain, how a text from elsewhere is shown safely, and which names can be file names.

A scenario is read by people and shown on terminals, in pages and in scripts. Invisible characters that control what shows
them (ESC, BEL, overrides of the writing direction, halves of a character) do not belong in it: the reader of the text refuses
them everywhere. Texts that come from elsewhere, such as the names of folders, are shown without them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Control characters but tab and newline, line and paragraph separators, overrides and isolates of the writing direction,
#: halves of a character (surrogates), and codes that are not characters.
ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

#: Names that Windows uses for devices, with any extension.
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"
}

LONGEST_NAME = 80


def harmless(text: str) -> str:
    r"""The text with each control character shown by its number, as in ``\x1b``; it cannot move the cursor or turn a line around.

    >>> print(harmless("a\x1b[31mb"))
    a\x1b[31mb
    """
    return ODD.sub(lambda found: _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    number = ord(letter)
    return (
        f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
    )  # written so that a reader of YAML or JSON knows it


def odd_letter(text: str) -> str | None:
    r"""The first control character by its number, as in ``U+001B``; None if there is none.

    >>> odd_letter("a\u202eb"), odd_letter("fine")
    ('U+202E', None)
    """
    found = ODD.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def usable_name(text: str) -> str:
    """The nearest name under which every system can keep a file or folder, and that needs no quotes in a shell.

    Letters and digits of any script, ``-``, ``_`` and ``.``; it begins with a letter or a digit, does not end with a dot, and
    is not a Windows device. Empty if no character of the text can be kept.

    >>> usable_name("x --mail-user eve"), usable_name("CON"), usable_name("..")
    ('x-mail-user-eve', 'CON-1', '')
    """
    kept = "".join(
        letter if letter.isalnum() or letter in "-_." else "-" for letter in unicodedata.normalize("NFC", text)
    )
    name = re.sub(r"-{2,}", "-", kept).lstrip("-_.").rstrip("-.")[:LONGEST_NAME].rstrip("-.")
    return f"{name}-1" if name.split(".")[0].lower() in DEVICES else name


def is_usable(name: str) -> bool:
    """Whether a name can be used unchanged as a folder name on every system."""
    return bool(name) and usable_name(name) == name


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A part of a file name for each name, different even if the file system ignores case.

    >>> file_names(["score", "SCORE", "a b", "a_b"])
    {'score': 'score', 'SCORE': 'SCORE_2', 'a b': 'a_b', 'a_b': 'a_b_2'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        stem = "".join(letter if letter.isalnum() else "_" for letter in unicodedata.normalize("NFC", name)) or "_"
        number, tried = 1, stem
        while folded(tried) in taken:
            number += 1
            tried = f"{stem}_{number}"
        taken.add(folded(tried))
        made[name] = tried
    return made


def folded(name: str) -> str:
    """The form of a name in which two names are equal if some file system treats them as the same.

    >>> folded("SCORE") == folded("score")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
