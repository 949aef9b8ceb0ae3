"""The false alarms of all random everyday tests together: how often the suite would fail by chance if every seed were changed.

Seeds are fixed, so no test fails by chance from one day to the next. But a seed moves whenever a draw moves, and a suite that
then fails without a fault teaches people to change limits. So the rates of all comparisons of a sample with an exact value are
summed up here: below :data:`MOST` in all. A test file that makes such comparisons has its line; ``tests/test_budget.py`` finds
files without one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: How often the everyday tests may fail by chance, all together.
MOST = 1e-3


@dataclass(frozen=True)
class Chance:
    """Comparisons of one file: how many at most, and how often each fails by chance, from its limit in standard errors."""

    comparisons: int
    errors: float = 5.0
    df: int | None = None

    @property
    def each(self) -> float:
        """Two-sided, by the normal distribution or Student's t."""
        if self.df is None:
            return math.erfc(self.errors / math.sqrt(2))
        from scipy import stats

        return float(2 * stats.t.sf(self.errors, self.df))

    @property
    def total(self) -> float:
        """At most: as if no two comparisons failed together."""
        return self.comparisons * self.each


#: Comparisons against exact values by chance; limits of five standard errors fail once in 1.7 million.
CHANCES: dict[str, Chance] = {
    "agreement/test_engines.py": Chance(0),  # exact
    "analysis/test_crossover_mixed.py": Chance(2, 6.0),
    "analysis/test_imputation.py": Chance(12),
    "analysis/test_multiplicity.py": Chance(1),
    "analysis/test_margins.py": Chance(66, 6.0),
    "analysis/test_operating.py": Chance(30, 4.5),
    "analysis/test_ranks.py": Chance(1),
    "analysis/test_rank_analyses.py": Chance(2, 6.0),
    "analysis/test_rare_event.py": Chance(8, 4.5),
    "analysis/test_ties.py": Chance(3, 4.5),
    "analysis/test_trimmed_and_permuted.py": Chance(4, 5.5),
    "analysis/test_visit_summaries.py": Chance(26, 6.0),
    "analysis/test_zeros.py": Chance(4, 4.5),
    "assurance/test_assurance.py": Chance(8),
    "boundaries/test_bounds.py": Chance(0),  # exact
    "boundaries/test_stagewise.py": Chance(0),  # exact
    "compare/test_paired.py": Chance(4),
    "conduct/test_rates.py": Chance(90, 4.9),
    "engine/test_queues.py": Chance(12, 6.0, df=39),
    "looks/test_information.py": Chance(0),  # chances only in make verify
    "evaluate/test_looks.py": Chance(0),  # chances only in make verify
    "evaluate/test_table.py": Chance(3),
    "evaluate/test_waits.py": Chance(3),
    "kinds/test_parts.py": Chance(335, 5.1),
    "lessons/test_lessons.py": Chance(30),  # right answers, with enough trials for each
    "pilot/test_estimates.py": Chance(4),
    "pilot/test_fit.py": Chance(30),
    "pilot/test_missing_values.py": Chance(6),
    "pilot/test_statistics.py": Chance(1),
    "protocol/test_tapes.py": Chance(2),
    "reference/test_validation.py": Chance(60),
    "response/test_calibrate.py": Chance(20, 4.9),
    "response/test_centering.py": Chance(4),
    "response/test_correlation.py": Chance(40),
    "response/test_drivers.py": Chance(15),
    "response/test_effects.py": Chance(25),
    "response/test_family.py": Chance(4),
    "response/test_instrument.py": Chance(25),
    "response/test_levels.py": Chance(30),
    "response/test_missingness.py": Chance(20),
    "response/test_pearson.py": Chance(32),
    "response/test_people.py": Chance(15, 5.2, df=39),
    "response/test_zeros.py": Chance(4),
    "sizing/test_closed_form.py": Chance(25),
    "sizing/test_fit.py": Chance(24),
    "sizing/test_known_draws.py": Chance(60),
    "sizing/test_progression.py": Chance(2),
    "sizing/test_search.py": Chance(6),
    "statistical/test_biases.py": Chance(40),
    "statistical/test_normal.py": Chance(70),
    "statistical/test_therapists.py": Chance(18),
    "numbers/test_draws.py": Chance(5),
    "truth/test_fitted.py": Chance(4, 6.0),
}
