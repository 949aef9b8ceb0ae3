"""The size of a pilot for its progression criteria: each criterion alone, with the ward as it is simulated.

An input of the study is moved until the criterion's mean is at its limit for going ahead, and again for stopping. The size
is the smallest from which on, at all sizes up to twice it, the pilot seldom stops a truth at go, and seldom lets go ahead
a truth at stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.chunks import in_order, threads_until_done, usable_cores
from trialsim.evaluate.progression import criterion_values, grade_of
from trialsim.evaluate.progression_exact import TrueValue, go_and_stop
from trialsim.kinds.progression import MEASURE
from trialsim.prepared import Study, prepare
from trialsim.quantities.fields import Number
from trialsim.scenario.change import change
from trialsim.scenario.dump import value_text
from trialsim.scenario.inputs import number_at
from trialsim.scenario.model import Criterion
from trialsim.sizing.sizes import at_size, sizes_of
from trialsim.sizing.target import SizingError
from trialsim.study import simulate

Floats = NDArray[np.float64]
Stages = Callable[[str, int, int | None], None]
Run = Callable[[Callable[[int], tuple[float, float]], Iterable[int]], Iterable[tuple[float, float]]]

#: Chances that a pilot may be wrong by default: it stops a truth at go, it lets go ahead a truth at stop.
STOPS_AT_GO, GOES_AT_STOP = 0.05, 0.10

#: An input is sought in steps on the scale of logarithms (of log odds, for a share), and the last step is halved so often.
STEP, STEPS, HALVINGS = 0.25, 24, 8

#: Ends of a share that is moved.
SHARES = (1e-3, 1.0 - 1e-3)


@dataclass(frozen=True)
class MovedInput:
    """An input at both limits of a criterion: its path, the values as they are written, and the means reached."""

    path: str
    at_go: str
    at_stop: str
    means: tuple[float, float]


@dataclass(frozen=True)
class PilotSize:
    """The size of a pilot for one criterion.

    Attributes
    ----------
    name : the criterion
    moved : the input at both limits; None where nothing moves the criterion, or nothing reaches a limit
    size : the smallest size, None if no size of those tried holds
    wrong : chances at that size: stops at go, goes ahead at stop
    exact : the smallest size by formula, None where none gives it
    why_not : why there is no ``size``, in words; empty if there is one
    tried : sizes that were simulated
    """

    name: str
    moved: MovedInput | None
    size: int | None
    wrong: tuple[float, float]
    exact: int | None
    why_not: str
    tried: tuple[int, ...]


@dataclass(frozen=True)
class PilotSizes:
    """The sizes by criterion, the chances that were accepted (stops at go, goes at stop), and what was simulated."""

    criteria: tuple[PilotSize, ...]
    accepted: tuple[float, float]
    replicates: int
    spent: int


def pilot_sizes(
    study: Study, *, replicates: int = 2000, largest: int = 120, seed: int | None = None, workers: int | None = None,
    stops_at_go: float = STOPS_AT_GO, goes_at_stop: float = GOES_AT_STOP, progress: Stages | None = None,
) -> PilotSizes:  # fmt: skip
    """The size of a pilot for each of its criteria.

    Parameters
    ----------
    replicates : simulated pilots at each size and limit
    largest : sizes above it are not tried; each size must hold at all sizes up to twice it, so twice as many are simulated
    seed : of the draws, which all sizes and both limits share; the study's by default
    workers : threads; by default one for each core
    stops_at_go, goes_at_stop : chances of a wrong verdict that are accepted
    progress : a function of the stage, and how many sizes are done

    Raises
    ------
    SizingError
        The study has no progression criteria (TS-S006).
    """
    if not study.scenario.progression:
        message = "this study has no progression criteria."
        raise SizingError(message, code="TS-S006", remedy="Declare progression: in its file.")
    seed = study.scenario.simulation.seed if seed is None else seed
    accepted = (stops_at_go, goes_at_stop)
    found = []
    with threads_until_done(usable_cores() if workers is None else workers) as pool:
        for name, criterion in study.scenario.progression.items():
            search = _Search(study, criterion, range(replicates), seed, accepted, largest)
            found.append(_one(name, search, partial(in_order, pool, ahead=4), progress))
    spent = replicates * sum(2 * len(one.tried) for one in found)
    return PilotSizes(tuple(found), accepted, replicates, spent)


@dataclass(frozen=True)
class _Search:
    study: Study
    criterion: Criterion
    replicates: range
    seed: int
    accepted: tuple[float, float]
    largest: int

    def values(self, study: Study) -> Floats:
        """(R,) the criterion in pilots of a study."""
        cohort = simulate(study, self.replicates, seed=self.seed, twins=("declared",))
        return criterion_values(study, cohort, self.criterion)

    def mean(self, study: Study) -> float:
        """Its mean over pilots that have one."""
        values = self.values(study)
        return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else math.nan


def _one(name: str, search: _Search, run: Run, progress: Stages | None) -> PilotSize:
    """The size for one criterion, or why there is none."""
    criterion = search.criterion
    nothing = PilotSize(name, None, None, (math.nan, math.nan), _exact_size(search), "", ())
    path = criterion.by or MEASURE[criterion.measure].moved_by
    number = number_at(search.study.scenario, path) if path else None
    if number is None:
        what = f"there is no number at '{path}'" if path else "no input that moves it is known"
        return replace(nothing, why_not=f"{what}: write by: with the path of one beside its measure")
    ends = [_solve(search, path, number, limit.value) for limit in (criterion.go, criterion.stop)]
    unreached = [end.why for end in ends if end.why]
    if unreached:
        return replace(nothing, why_not=unreached[0])
    moved = MovedInput(path, ends[0].text, ends[1].text, (ends[0].mean, ends[1].mean))
    chances = _Chances(search, (ends[0].study, ends[1].study), run, progress, name)
    size = _smallest(chances.holds, search, start=nothing.exact or search.study.conduct.target)
    tried = tuple(sorted(chances.known))
    if size is None:
        most = f"at no size up to {search.largest} are both chances small enough at all sizes up to twice it"
        return replace(nothing, moved=moved, why_not=most, tried=tried)
    return replace(nothing, moved=moved, size=size, wrong=chances.known[size], tried=tried)


@dataclass(frozen=True)
class _End:
    """An input at which the criterion's mean is at a limit; or ``why`` there is none."""

    study: Study
    text: str
    mean: float
    why: str = ""


def _solve(search: _Search, path: str, number: Number, limit: float) -> _End:
    """Step away from the declared input until the criterion's mean passes the limit, then halve the last step.

    All values have the same draws. Far away the mean may turn back (a pilot that its time limit ends early), so the nearest
    passing counts.
    """

    def at(place: float) -> _End:
        value = 1.0 / (1.0 + math.exp(-place)) if number.kind == "share" else math.exp(place)
        text = _short(str(value_text(value, number.kind, number.unit)))
        study = replace(prepare(change(search.study.scenario, {path: text})), analysis=search.study.analysis)
        return _End(study, text, search.mean(study))

    value = min(max(number.value, SHARES[0]), SHARES[1]) if number.kind == "share" else number.value
    here = math.log(value / (1.0 - value)) if number.kind == "share" else math.log(value)
    start = at(here)
    toward = max((STEP, -STEP), key=lambda step: (at(here + step).mean - start.mean) * (limit - start.mean))
    below = start.mean < limit
    for _ in range(STEPS):
        there = at(here + toward)
        if (there.mean < limit) is not below:
            return _halved(at, here, here + toward, limit, below=below)
        here += toward
    reached = f"from {start.text} to {there.text} it goes from {start.mean:.4g} to {there.mean:.4g}"
    return replace(start, why=f"{path} does not move its mean to {limit:.4g}: {reached}")


def _short(text: str) -> str:
    """A number with its unit to four digits.

    >>> _short("5.894675925925926 d"), _short("12")
    ('5.895 d', '12')
    """
    number, space, unit = text.partition(" ")
    return f"{float(number):.4g}{space}{unit}"


def _halved(at: Callable[[float], _End], near: float, far: float, limit: float, *, below: bool) -> _End:
    """The input between two places whose means lie on both sides of the limit."""
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if (at(middle).mean < limit) is below:
            near = middle
        else:
            far = middle
    return at((near + far) / 2)


class _Chances:
    """The chances of a wrong verdict at each size, simulated where a size needs them."""

    def __init__(
        self, search: _Search, ends: tuple[Study, Study], run: Run, progress: Stages | None, name: str
    ) -> None:
        self.search, self.ends, self.run, self.progress, self.name = search, ends, run, progress, name
        self.known: dict[int, tuple[float, float]] = {}

    def holds(self, sizes: list[int]) -> list[bool]:
        """Whether both chances are small enough at each of ``sizes``."""
        new = [n for n in sizes if n not in self.known]
        for n, chances in zip(new, self.run(self._at, new), strict=True):
            self.known[n] = chances
            if self.progress is not None:
                self.progress(f"sizes for {self.name}", len(self.known), None)
        return [_small(self.known[n], self.search.accepted) for n in sizes]

    def _at(self, n: int) -> tuple[float, float]:
        """The chance to stop at go, and to go ahead at stop; a pilot without a value does neither."""
        found = []
        for study, wrong in zip(self.ends, (0.0, 2.0), strict=True):
            grade = grade_of(self.search.values(at_size(study, n)), self.search.criterion)
            found.append(float((grade == wrong).mean()))
        return found[0], found[1]


def _small(chances: tuple[float, float], accepted: tuple[float, float]) -> bool:
    return chances[0] <= accepted[0] and chances[1] <= accepted[1]


#: Sizes that are simulated at a time.
AT_A_TIME = 8


def _smallest(holds: Callable[[list[int]], list[bool]], search: _Search, *, start: int) -> int | None:
    """The smallest size from which on all sizes up to twice it hold; None above the largest."""
    sizes = sizes_of(search.study)
    n = max(sizes.least, sizes.up(start * 0.6))
    while n > sizes.least and holds([n])[0]:
        n = max(sizes.least, sizes.up(n * 0.6))
    while n <= search.largest:
        failed = _first_failure(holds, list(range(n, 2 * n + 1, sizes.step)))
        if failed is None:
            return n
        n = failed + sizes.step
    return None


def _first_failure(holds: Callable[[list[int]], list[bool]], sizes: list[int]) -> int | None:
    for first in range(0, len(sizes), AT_A_TIME):
        part = sizes[first : first + AT_A_TIME]
        for n, good in zip(part, holds(part), strict=True):
            if not good:
                return n
    return None


def _exact_size(search: _Search) -> int | None:
    """The same size by formula; None where none gives it."""
    criterion, setting = search.criterion, search.study.scenario.setting
    consent = setting.patients.consent.value if setting is not None else 1.0

    def chances(n: int) -> tuple[float, float] | None:
        at_go = go_and_stop(criterion, TrueValue(criterion.go.value, n, consent))
        at_stop = go_and_stop(criterion, TrueValue(criterion.stop.value, n, consent))
        return None if at_go is None or at_stop is None else (at_go[1], at_stop[0])

    def holds(sizes: list[int]) -> list[bool]:
        return [_small(chances(n) or (1.0, 1.0), search.accepted) for n in sizes]

    if chances(search.study.conduct.target) is None:
        return None
    return _smallest(holds, search, start=sizes_of(search.study).least)
