"""Faults found while one quantity is read: what is wrong, and where in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic_core import PydanticCustomError


def refuse(
    code: str, message: str, *, remedy: str = "", at: tuple[str | int, ...] = (), wants: str = "", **values: object
) -> NoReturn:
    """Raise a fault that the loader shows at its place.

    Parameters
    ----------
    message : with ``{value}`` and the like, filled in by the loader from ``values``
    at : leads from the field to the offending part
    wants : the kind of value that belongs there
    """
    context = {"message": message, "remedy": remedy, "at": at, "wants": wants, "values": values}
    raise PydanticCustomError(code, "{message}", context)


class inside:  # noqa: N801  # reads as a phrase: with inside("range")
    """Add a leading place to the faults raised inside the block."""

    def __init__(self, *place: str | int) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PydanticCustomError) and self.place:
            context: dict[str, Any] = dict(error.context or {})
            raise PydanticCustomError(error.type, "{message}", {**context, "at": (*self.place, *context["at"])})


def only_keys(value: Mapping[Any, Any], allowed: Sequence[str]) -> None:
    """Refuse an unknown key and suggest the nearest known one."""
    for key in value:
        if key not in allowed:
            refuse(
                "TS-E003",
                f"unknown key '{key}'.",
                remedy=did_you_mean(str(key), allowed, what="Known keys here"),
                at=(key,),
            )


def shown(value: object) -> str:
    """A value as a message shows it: in quotes and short, or what it is.

    >>> shown("musik"), shown([1, 2])
    ("'musik'", 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def did_you_mean(
    word: str, known: Sequence[str], *, what: str = "Known", meant: Mapping[str, str] | None = None
) -> str:
    """``Did you mean 'massage'?`` if a known word is similar, else the list of known words; never the word itself.

    Capitals, blanks and the marks ``_ - .`` do not count; what begins with the word is nearer than what is spelled like it.

    Parameters
    ----------
    meant : other words, such as labels, and the known word that each of them means

    >>> did_you_mean("sd", ["sd", "mean"])
    'Known: mean.'
    >>> did_you_mean("Fear during", ["fear_during", "pain"]), did_you_mean("picu", ["picu-blood-draw", "nicu-massage"])
    ("Did you mean 'fear_during'?", "Did you mean 'picu-blood-draw'?")
    >>> did_you_mean("The main one", ["a", "b"], meant={"The main one": "b"})
    "Did you mean 'b'?"
    """
    known = [one for one in known if one != word]
    near = nearest(word, known, meant)
    if near:
        return f"Did you mean '{near}'?"
    more = f", and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
    return f"{what}: {', '.join(known[:MOST_LISTED])}{more}." if known else ""


def nearest(word: str, known: Sequence[str], meant: Mapping[str, str] | None = None) -> str:
    """The known word that was probably meant; empty if none is similar.

    >>> nearest("masage", ["massage", "talk"])
    'massage'
    """
    from difflib import get_close_matches

    by_letters: dict[str, str] = {}
    for one in known:
        if one != word:
            by_letters.setdefault(_letters(one), one)
    for other, one in (meant or {}).items():
        by_letters.setdefault(_letters(other), one)
    wanted = _letters(word)
    long_enough = len(wanted) >= SHORTEST
    near = (
        [one for one in by_letters if one == wanted]
        or [one for one in by_letters if long_enough and one.startswith(wanted)]
        or get_close_matches(wanted, by_letters, n=1, cutoff=0.6)
        or [one for one in by_letters if long_enough and wanted in one]
    )
    return by_letters[near[0]] if near else ""


#: The most known words that are listed.
MOST_LISTED = 30

#: The fewest letters after which the words that begin with them are proposed.
SHORTEST = 3


def _letters(word: str) -> str:
    """A word without what people mix up."""
    return word.casefold().translate(str.maketrans("", "", " _-.")) or word
