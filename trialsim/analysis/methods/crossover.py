"""The two-period crossover by its period differences: a two-sample t-test between the sequences.

Estimand: the mean difference a - b of two arms. Each participant's difference of the two periods holds the effect and what the
periods differ by; half of the difference between the sequences is the effect alone. Complete cases: a participant without a value
in either period is left out. What is carried over from one period to the next biases the estimate, and these differences cannot
show it.

References
----------
Hills and Armitage 1979, Br J Clin Pharmacol 8:7, doi:10.1111/j.1365-2125.1979.tb05903.x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.means import pooled_power, two_sample_t
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.moments import ArmMoments
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import Rows


def crossover_t(m: ArmMoments, *, a: int, b: int, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """The t-test of half the period differences between the sequences a and b.

    Parameters
    ----------
    m : summary (R, K) of first period minus second period, by sequence
    a, b : the sequence that begins with the one arm, and the one that begins with the other
    """
    halves = replace(m, mean=0.5 * m.mean, ss=0.25 * m.ss)
    return two_sample_t(halves, a=a, b=b, alternative=alternative, level=level)


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    by_sequence = data.moments(call.endpoint, call.choice)
    return crossover_t(by_sequence, a=arms[0], b=arms[1], alternative=call.alternative, level=1.0 - call.alpha)


def _power(case: Case) -> Power | None:
    found = pooled_power(case, case.two)
    return None if found is None else replace(found, formula=f"{found.formula} of the period differences")


METHODS: Methods = {
    ("crossover-t", "two"): Method(_run, ClosedForm(_power, {}, whole_sizes=False), None, (unequal_sds,)),
}
