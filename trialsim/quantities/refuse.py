"""Faults found while one quantity is read: what is wrong, and where in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic_core import PydanticCustomError


def refuse(code: str, message: str, *, remedy: str = "", at: tuple[str | int, ...] = ()) -> NoReturn:
    """Raise a fault that the loader shows at its place; ``at`` leads from the field to the offending part."""
    raise PydanticCustomError(code, "{message}", {"message": message, "remedy": remedy, "at": at})


class inside:  # noqa: N801  # reads as a phrase: with inside("range")
    """Add a leading place to the faults raised inside the block."""

    def __init__(self, *place: str | int) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PydanticCustomError) and self.place:
            fault: dict[str, Any] = dict(error.context or {})
            refuse(error.type, fault["message"], remedy=fault["remedy"], at=(*self.place, *fault["at"]))


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


def did_you_mean(word: str, known: Sequence[str], *, what: str = "Known") -> str:
    """``Did you mean 'massage'?`` if a known word is similar, else the list of known words; never the word itself.

    >>> did_you_mean("sd", ["sd", "mean"])
    'Known: mean.'
    """
    from difflib import get_close_matches

    known = [one for one in known if one != word]
    near = get_close_matches(word, known, n=1, cutoff=0.6) or [k for k in known if k.lower() == word.lower()]
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"{what}: {', '.join(known)}." if known else ""
