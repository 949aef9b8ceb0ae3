"""Ratios at equal covariates (conditional) beside those of everyone (marginal): both by name, and why they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.analysis.plan import RowPlan
from trialsim.prepared import Study
from trialsim.report import kinds
from trialsim.report.digits import with_error
from trialsim.report.words import join
from trialsim.truth import find_truth, marginal_of, targets

#: Trials that `explain` simulates for the two ratios, everyone in each arm.
TRIALS = 100

WHY = (
    "Ratios of odds and of hazards do not collapse (noncollapsibility). The ratio of people with equal covariates (conditional) "
    "is farther from 1 than that of everyone in one arm to everyone in the other (marginal), though nothing is confounded: "
    "people differ in their risk, and averaging over them brings the arms closer together on this scale. Neither is wrong. An "
    "analysis that adjusts estimates the conditional ratio, one that does not the marginal one, and each is judged against "
    "its own truth. The ratio of one paper cannot be compared with that of another that adjusts for other things."
)


@dataclass(frozen=True)
class RatioPair:
    """The true ratios of one row: at equal covariates, and of everyone; logarithms with their standard errors."""

    row: RowPlan
    conditional: float
    conditional_error: float
    marginal: float
    marginal_error: float

    @property
    def given(self) -> str:
        """What is equal: the covariates, or the strata."""
        return f"given {join(list(self.row.given))}" if self.row.given else "within the strata"

    @property
    def words(self) -> str:
        """Both in a sentence."""
        name = kinds.BACK[self.row.estimand]
        both = _ratio(self.conditional, self.conditional_error), _ratio(self.marginal, self.marginal_error)
        return f"{self.row.title}: {name} {self.given} (conditional) {both[0]}; of everyone (marginal) {both[1]}."

    @property
    def cells(self) -> tuple[str, ...]:
        """Both as a row of a table."""
        return (
            self.row.title, f"{kinds.BACK[self.row.estimand]} {self.given}", _ratio(self.conditional, self.conditional_error),
            _ratio(self.marginal, self.marginal_error),
        )  # fmt: skip


#: The header of :attr:`RatioPair.cells`.
HEADER = ("analysis", "ratio", "conditional", "marginal (of everyone)")


def _ratio(log: float, error: float) -> str:
    """The exponential of a logarithm with its standard error."""
    return with_error(math.exp(log), math.exp(log) * error)


def has_pairs(study: Study) -> bool:
    """Whether an analysis estimates a ratio at equal covariates that is not that of everyone."""
    return any(marginal_of(target) is not None for target in targets(study.analysis))


def ratio_pairs(study: Study, *, trials: int = TRIALS) -> Sequence[RatioPair]:
    """Both true ratios of every analysis that has two, from a few trials with everyone in each arm."""
    from trialsim.compare.choices import only

    plan = study.analysis
    asked = {plan.rows[one.row].analysis for one in targets(plan) if marginal_of(one) is not None}
    if not asked:
        return ()
    few = only(study, [name for name in study.scenario.analyses if name in asked])
    truth = find_truth(few, replicates=trials)
    return tuple(
        RatioPair(few.analysis.rows[row], *truth.declared(row), *both) for row, both in truth.of_everyone.items()
    )
