"""Chances of go and stop by formula, for a criterion that stands at a given truth on a ward where nothing else limits it.

``measured`` is a number of n; a study that enrolls until n are in asks a random number, so ``consent`` and ``eligible`` follow
negative binomials; the months until n are enrolled follow a gamma distribution, if patients come at random at one rate.
What is given in sessions, waits and costs have no such form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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


def at_least(measure: ProgressMeasure, limit: float, *, n: int, truth: float, consent: float) -> float | None:
    """The chance that the value of a measure is at or above ``limit`` in a pilot of n; None where no formula gives it.

    Parameters
    ----------
    measure : what is measured
    limit, truth : the limit and the true value, in the unit of the measure: a share, or a number a month
    n : participants enrolled
    consent : the share of those asked who take part, which only ``eligible`` uses

    References
    ----------
    Johnson, Kemp and Kotz 2005, Univariate Discrete Distributions, chapter 5 (negative binomial).
    """
    form = FORMS.get(measure)
    return None if form is None else form(limit, n, truth, consent)


def go_and_stop(criterion: Criterion, *, n: int, truth: float, consent: float) -> tuple[float, float] | None:
    """The chances that a pilot of n says go, and stop; None where no formula gives them."""
    measure = MEASURE[criterion.measure]
    go = at_least(measure, criterion.go.value, n=n, truth=truth, consent=consent)
    not_stop = at_least(measure, criterion.stop.value, n=n, truth=truth, consent=consent)
    return None if go is None or not_stop is None else (go, 1.0 - not_stop)


def _binomial_tail(least: int, n: int, p: float) -> float:
    """P(X >= least) for a binomial X."""
    return 1.0 if least <= 0 else 0.0 if least > n else float(special.bdtrc(least - 1, n, p))


def _measured(limit: float, n: int, truth: float, consent: float) -> float:
    return _binomial_tail(math.ceil(limit * n - ROOM), n, truth)


def _consent(limit: float, n: int, truth: float, consent: float) -> float:
    """At most n / limit are asked until n take part."""
    if limit <= 0:
        return 1.0
    return _binomial_tail(n, math.floor(n / limit + ROOM), truth)


def _eligible(limit: float, n: int, truth: float, consent: float) -> float:
    """Summed over the number asked: among at most (asked / limit) patients so many are eligible."""
    if limit <= 0:
        return 1.0
    asked = np.arange(n, 20 * math.ceil(n / consent) + 200)
    chance = special.bdtrc(n - 1, asked, consent)
    chance = np.diff(chance, prepend=0.0)  # exactly so many are asked
    tail = [_binomial_tail(int(one), math.floor(one / limit + ROOM), truth) for one in asked]
    return float(np.dot(chance, tail))


def _enrolled(limit: float, n: int, truth: float, consent: float) -> float:
    """The n - 1 gaps between enrollments take at most (n - 1) / limit months."""
    if n < 2:
        return math.nan
    return float(special.gammainc(n - 1, truth * (n - 1) / limit)) if limit > 0 else 1.0


FORMS: dict[ProgressMeasure, Callable[[float, int, float, float], float]] = {
    MEASURED: _measured,
    CONSENT: _consent,
    ELIGIBLE: _eligible,
    ENROLLED: _enrolled,
}
