"""Chances of go and stop by formula, for a criterion with a given truth on a ward where nothing else limits it.

``measured`` is a number of n; a study that enrolls until n are in asks a random number, so ``consent`` and ``eligible`` follow
negative binomials; the months until n are enrolled follow a gamma distribution, if patients come at random at one rate.
What is given in sessions, waits and costs have no such form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.heavy import special
from trialsim.kinds.progression import CONSENT, ELIGIBLE, ENROLLED, MEASURE, MEASURED, ProgressMeasure

if TYPE_CHECKING:
    from trialsim.scenario.model import Criterion

Floats = NDArray[np.float64]

#: Room for the rounding of floats: 12 of 15 is 80 %.
ROOM = 1e-9


@dataclass(frozen=True)
class TrueValue:
    """The true value of a measure (a share, or a number a month) in a pilot of ``n``; ``consent`` is that of those asked."""

    value: float
    n: int
    consent: float


def at_least(measure: ProgressMeasure, limit: float, truth: TrueValue) -> float | None:
    """The chance that the value of a measure is at or above ``limit`` in a pilot; None where no formula gives it.

    References
    ----------
    Johnson, Kemp and Kotz 2005, Univariate Discrete Distributions, chapter 5 (negative binomial).
    """
    form = FORMS.get(measure)
    return None if form is None else form(limit, truth)


def go_and_stop(criterion: Criterion, truth: TrueValue) -> tuple[float, float] | None:
    """The chances that a pilot says go, and stop; None where no formula gives them."""
    measure = MEASURE[criterion.measure]
    go = at_least(measure, criterion.go.value, truth)
    not_stop = at_least(measure, criterion.stop.value, truth)
    return None if go is None or not_stop is None else (go, 1.0 - not_stop)


def _binomial_tail(least: int, n: int, p: float) -> float:
    """P(X >= least) for a binomial X."""
    return 1.0 if least <= 0 else 0.0 if least > n else float(special.bdtrc(least - 1, n, p))


def _measured(limit: float, truth: TrueValue) -> float:
    return _binomial_tail(math.ceil(limit * truth.n - ROOM), truth.n, truth.value)


def _consent(limit: float, truth: TrueValue) -> float:
    """At most n / limit are asked until n take part, so among so many at least n consent."""
    if limit <= 0:
        return 1.0
    return _binomial_tail(truth.n, math.floor(truth.n / limit + ROOM), truth.value)


def _eligible(limit: float, truth: TrueValue) -> float:
    """Summed over the number asked: among at most (asked / limit) patients so many are eligible."""
    if limit <= 0:
        return 1.0
    asked = np.arange(truth.n, 20 * math.ceil(truth.n / truth.consent) + 200)
    chance = special.bdtrc(truth.n - 1, asked, truth.consent)
    chance = np.diff(chance, prepend=0.0)  # exactly so many are asked
    tail = [_binomial_tail(int(one), math.floor(one / limit + ROOM), truth.value) for one in asked]
    return float(np.dot(chance, tail))


def _enrolled(limit: float, truth: TrueValue) -> float:
    """All gaps between enrollments together take at most so many months that their number a month is the limit."""
    gaps = truth.n - 1
    if gaps < 1:
        return math.nan
    return float(special.gammainc(gaps, truth.value * gaps / limit)) if limit > 0 else 1.0


FORMS: dict[ProgressMeasure, Callable[[float, TrueValue], float]] = {
    MEASURED: _measured,
    CONSENT: _consent,
    ELIGIBLE: _eligible,
    ENROLLED: _enrolled,
}
