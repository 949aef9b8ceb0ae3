"""Arguments of the public functions: what cannot be meant is refused in words, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from trialsim.prepared import Study
from trialsim.scenario.model import Scenario

if TYPE_CHECKING:  # for annotations of other interfaces
    from trialsim.engine import Engine as Engine
    from trialsim.sizing.target import Need as Need

Function = TypeVar("Function", bound=Callable[..., Any])

#: Whole numbers, and the least that each may be.
COUNTS = {"replicates": 1, "replicate": 0, "confirm": 0, "points": 1, "workers": 1, "seed": 0, "sample": 1}

#: Lists of texts, of which a single one may be given without a list.
LISTS = ("set", "wanted", "variants", "listed")

#: Words of which one is taken; those of a type that is slow to import are looked up when they are needed.
WORDS = ("engine", "need")

#: What a subject may be.
SUBJECTS = (str, os.PathLike, Scenario, Study)


def checked(function: Function) -> Function:
    """Check the arguments that many public functions share.

    Raises
    ------
    TypeError
        when an argument is of another type than its function takes
    ValueError
        when it is out of range, or not one of the words
    """
    parameters = signature(function)
    lists = {name for name, one in parameters.parameters.items() if name in LISTS and "Sequence" in str(one.annotation)}

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        bound = parameters.bind(*arguments, **named)
        for name, value in bound.arguments.items():
            bound.arguments[name] = [value] if name in lists and isinstance(value, str) else _checked(name, value)
        return function(*bound.args, **bound.kwargs)

    return call  # type: ignore[return-value]  # the same signature


def _checked(name: str, value: Any) -> Any:
    if name in COUNTS and value is not None:
        _count(name, value, COUNTS[name])
    if name in WORDS and value not in _words(name):
        raise ValueError(f"{name} is {' or '.join(map(repr, _words(name)))}, not {value!r}.")
    if name == "subject" and not isinstance(value, SUBJECTS):
        raise TypeError(
            f"a scenario is wanted: a path, a shipped name, a text, a Scenario or a Study, not {_what(value)}."
        )
    if name == "designs" and (isinstance(value, (str, os.PathLike, Mapping)) or not hasattr(value, "__len__")):
        raise TypeError(f"a list of designs is wanted, such as [first, second], not {_what(value)}.")
    return value


def _words(name: str) -> tuple[str, ...]:
    from trialsim import engine
    from trialsim.sizing import target

    return get_args({"engine": engine.Engine, "need": target.Need}[name])


def _count(name: str, value: Any, least: int) -> None:
    if isinstance(value, range):
        if len(value) == 0 or value.start < 0 or value.step != 1:
            raise ValueError(f"{name} is a range of trials such as range(0, 100), not {value!r}.")
        return
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (hasattr(value, "__index__") and not isinstance(value, bool)):
        raise TypeError(f"{name} is a whole number, not {value!r}.")
    if value < least:
        raise ValueError(f"{name} is at least {least}, not {value!r}.")


def _what(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
