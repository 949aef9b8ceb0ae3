"""A crossover of two or more periods by a mixed model: period, arm, and a random intercept of each person.

Estimand: the mean difference a - b of two arms. All arms and periods of the study are in the model, and everyone who has a
value in at least one period: who lacks a period adds what can be known of the arms from a comparison with others. With all
values of two periods the estimate, and by Kenward and Roger the test, is that of the period differences. What is carried over
from one period to the next is not in the model, and biases the estimate.

A variance between persons that is estimated as 0 is reported and analyzed: the model then is the one without it. If nothing
varies around the means, a difference of 0 has p 1; any other has failed ("no spread"). It has failed as well where one of both
variances has nothing to be estimated from.

References
----------
Jones and Kenward 2014, Design and Analysis of Cross-Over Trials, 3rd ed., section 5.3, doi:10.1201/b17537.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.reml.contrasts import t_test
from trialsim.analysis.reml.crossover import fit_crossover
from trialsim.analysis.rows import FloatArray, Rows


def crossover_mixed(
    y: FloatArray,
    sequence: NDArray[np.int8],
    orders: Sequence[Sequence[int]],
    *,
    pair: tuple[int, int],
    kenward_roger: bool = False,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """The difference a - b of two arms in every replicate.

    Parameters
    ----------
    y : (R, N, P) values by period, NaN where missing
    sequence : (R, N) sequence of each participant, -1 for an empty place
    orders : (K, P) the arm of each period of each sequence
    pair : the arms a and b
    kenward_roger : their standard errors and degrees of freedom, in place of Satterthwaite's degrees of freedom
    """
    order = np.array(orders, np.int64)
    a, b = pair
    looks = np.where(order == a, 1, np.where(order == b, 2, 0))
    fits = fit_crossover(y, sequence, design_of(order, a=a, b=b), looks=looks, adjust=kenward_roger)
    return t_test(fits, alternative=alternative, level=level)


def design_of(order: NDArray[np.int64], *, a: int, b: int) -> FloatArray:
    """(K, P, C) the constant, each period but the first, each arm but b; that of arm a is the last column."""
    periods = [np.tile(np.eye(order.shape[1])[p], (len(order), 1)) for p in range(1, order.shape[1])]
    others = [arm for arm in range(int(order.max()) + 1) if arm not in (a, b)]
    arms = [(order == arm).astype(np.float64) for arm in (*others, a)]
    return np.ascontiguousarray(np.stack([np.ones(order.shape), *periods, *arms], axis=-1))


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    assert call.periods is not None  # every test of periods has them
    a, b = call.periods.arms(arms)
    return crossover_mixed(
        data.repeated(call.repeated, call.choice), data.arm, call.periods.orders, pair=(a, b),
        kenward_roger=call.periods.kenward_roger, alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


_NO_FORMULA = (
    "How much those add who lack a period depends on who they are; with all values of two periods the power is that of "
    "crossover-t."
)

METHODS: Methods = {
    ("crossover-mixed", "two"): Method(_run, NoClosedForm(_NO_FORMULA), None, (unequal_sds,)),
}
