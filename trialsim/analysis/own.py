"""The user's own analysis: a Python function of the table of one replicate. Nothing runs without permission."""

from __future__ import annotations

import hashlib
import inspect
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import Any

from trialsim.errors import RunError
from trialsim.scenario.model import Analysis, Scenario
from trialsim.scenario.model.functions import OwnFunction, digest_of

#: What a function may return, all of it numbers.
RESULTS = ("estimate", "se", "df", "statistic", "p", "low", "high")


@dataclass
class Failures:
    """The failure of the first replicate in which a function failed, in words; filled by several threads."""

    first: tuple[int, int, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, replicate: int, twin: int, text: str) -> None:
        """Remember a failure, if it is in the first replicate so far."""
        with self._lock:
            if self.first is None or (replicate, twin) < self.first[:2]:
                self.first = (replicate, twin, text)


@dataclass(frozen=True)
class OwnAnalysis:
    """A function that may run, and the names of what it is given.

    Attributes
    ----------
    called : the function as the scenario names it
    function : takes a table and the names of the arms, and returns a map of numbers
    arms : names of the arms
    points : outcome and visit of each position on the D axis
    covariates : each with its categories, which are empty for a number
    sites : names of the sites; empty for one site without a name
    marks : whether some values may be censored
    failures : what went wrong first
    """

    called: str
    function: Callable[[Any, tuple[str, ...]], object]
    arms: tuple[str, ...]
    points: tuple[tuple[str, str], ...]
    covariates: tuple[tuple[str, tuple[str, ...]], ...]
    sites: tuple[str, ...]
    marks: bool
    failures: Failures = field(default_factory=Failures, compare=False)

    def seed(self, study_seed: int, replicate: int) -> int:
        """A seed for the function's own draws: of the replicate, the same under both twins."""
        text = f"{study_seed}/{replicate}/{self.called}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def own_analysis(scenario: Scenario, analysis: Analysis, index: Callable[[str, str], int]) -> OwnAnalysis | None:
    """The function of an analysis, ready to run; None if it has none, or if it may not run.

    Raises
    ------
    RunError
        TS-R081, TS-R082, TS-R083 when it cannot be loaded
    """
    code, function = scenario.written.code, analysis.function
    if code is None or function is None:
        return None
    at = {index(name, visit): (name, visit) for name, one in scenario.outcomes.items() for visit in one.visits}
    censors = [one.scale.follow == "until" or one.instrument.below == "censored" for one in scenario.outcomes.values()]
    return OwnAnalysis(
        called=f"{function.file}:{function.name}",
        function=loaded(function, code),
        arms=tuple(scenario.design.arms),
        points=tuple(at[d] for d in sorted(at)),
        covariates=tuple((name, tuple(one.choice)) for name, one in scenario.participants.items()),
        sites=tuple(scenario.setting.sites) if scenario.setting is not None else (),
        marks=any(censors),
    )


def loaded(function: OwnFunction, code: Mapping[str, str]) -> Callable[[Any, tuple[str, ...]], object]:
    """The function, from the content of its file."""
    source = code.get(function.file)
    if source is None:
        message = f"{function.file} was not read when the code of this study was allowed."
        raise RunError(message, code="TS-R081", remedy="Name the file in the scenario itself.")
    if digest_of(source.encode("utf-8")) != function.digest:
        message = f"{function.file} was changed in the meantime."
        raise RunError(message, code="TS-R082", remedy="Give the command again.")
    return _loaded(function.file, function.name, source)


@lru_cache(maxsize=16)
def _loaded(file: str, name: str, source: str) -> Callable[[Any, tuple[str, ...]], object]:
    module = ModuleType(f"trialsim_own_{digest_of(source.encode('utf-8'))}")
    module.__file__ = file
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    try:
        exec(compile(source, file, "exec"), module.__dict__)  # the user allowed it by name
    except SyntaxError as error:
        message = f"{file} is not Python: {error.msg} (line {error.lineno})."
        raise RunError(message, code="TS-R083", remedy="Correct the line.") from None
    except Exception as error:  # whatever the code of the user raises
        message = f"{file} cannot be loaded: {type(error).__name__}: {error}."
        remedy = "It runs by itself: another file beside it cannot be imported."
        raise RunError(message, code="TS-R083", remedy=remedy) from None
    found = getattr(module, name, None)
    if not callable(found):
        raise RunError(f"{file} has no function '{name}'.", code="TS-R083", remedy="Mind the name after the colon.")
    _check_arguments(file, name, found)
    return found  # type: ignore[no-any-return]  # its arguments were checked


def _check_arguments(file: str, name: str, function: Callable[..., object]) -> None:
    """A function takes the table and the arms."""
    try:
        inspect.signature(function).bind(None, ())
    except TypeError:
        message = f"{name} of {file} does not take two arguments."
        raise RunError(message, code="TS-R083", remedy=f"Write def {name}(data, arms).") from None
    except ValueError:  # a function written in C has no signature
        return
