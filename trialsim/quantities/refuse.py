"""How the reading of one quantity says what is wrong, and where in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic_core import PydanticCustomError


def refuse(code: str, message: str, *, remedy: str = "", at: tuple[str | int, ...] = ()) -> NoReturn:
    """Raise a fault that the loader shows at its place; ``at`` leads from the field to the offending part."""
    raise PydanticCustomError(code, "{message}", {"message": message, "remedy": remedy, "at": at})


class inside:  # noqa: N801  # reads as a phrase: with inside("range")
    """Add a leading place to the faults raised within."""

    def __init__(self, *place: str | int) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PydanticCustomError) and self.place:
            told: dict[str, Any] = dict(error.context or {})
            refuse(error.type, told["message"], remedy=told["remedy"], at=(*self.place, *told["at"]))


def only_keys(value: Mapping[Any, Any], allowed: Sequence[str]) -> None:
    """Refuse a key that is not allowed, with the nearest that is."""
    for key in value:
        if key not in allowed:
            refuse(
                "TS-E003",
                f"unknown key '{key}'.",
                remedy=did_you_mean(str(key), allowed, what="Known keys here"),
                at=(key,),
            )


def did_you_mean(
    word: str, known: Sequence[str], *, what: str = "Known", meant: Mapping[str, str] | None = None
) -> str:
    """``Did you mean 'massage'?`` when one is near, else the list of what is known; never the word itself.

    Capitals, blanks and the marks ``_ - .`` do not count; where no spelling is near, what begins with the word is.

    Parameters
    ----------
    meant : other words, such as labels, and the known one that each of them stands for

    >>> did_you_mean("sd", ["sd", "mean"])
    'Known: mean.'
    >>> did_you_mean("Fear during", ["fear_during", "pain"]), did_you_mean("picu", ["picu-blood-draw", "nicu-massage"])
    ("Did you mean 'fear_during'?", "Did you mean 'picu-blood-draw'?")
    >>> did_you_mean("The main one", ["a", "b"], meant={"The main one": "b"})
    "Did you mean 'b'?"
    """
    known = [one for one in known if one != word]
    near = nearest(word, known, meant or {})
    if near is not None:
        return f"Did you mean '{near}'?"
    return f"{what}: {', '.join(known)}." if known else ""


def nearest(word: str, known: Sequence[str], meant: Mapping[str, str] | None = None) -> str | None:
    """The known word that a misspelled one is nearest to, if any is near."""
    from difflib import get_close_matches

    by_letters: dict[str, str] = {}
    for one in known:
        by_letters.setdefault(_letters(one), one)
    for other, one in (meant or {}).items():
        by_letters.setdefault(_letters(other), one)
    wanted = _letters(word)
    near = [wanted] if wanted in by_letters else get_close_matches(wanted, by_letters, n=1, cutoff=0.6)
    if not near and len(wanted) >= SHORTEST:
        near = [one for one in by_letters if one.startswith(wanted)] or [one for one in by_letters if wanted in one]
    return by_letters[near[0]] if near else None


#: So many letters must be typed before what begins with them is proposed.
SHORTEST = 3


def _letters(word: str) -> str:
    """A word without what people mix up."""
    return word.casefold().translate(str.maketrans("", "", " _-.")) or word
