"""Chi-square and Fisher's test against scipy, the risk difference against statsmodels and Newcombe's own example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from trialsim.analysis import rows
from trialsim.analysis.methods import categorical
from trialsim.analysis.ordering import Counts
from trialsim.analysis.tables import counts
from trialsim.errors import AnalysisError


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def of_table(*table):
    """Counts of one replicate: one row (no event, event) an arm."""
    array = np.array([table], np.int64)
    return Counts(table=array, categories=np.arange(array.shape[2], dtype=float))


@pytest.fixture(scope="module")
def events(trials, small_trials):
    """Event counts of 80 replicates with 3 arms, large and small."""
    tables = [
        counts(np.where(np.isnan(t.score), np.nan, t.score >= 3.0), t.arm, arms=3, categories=(0, 1)).table
        for t in (trials, small_trials)
    ]
    return Counts(table=np.concatenate(tables), categories=np.array([0.0, 1.0]))


@pytest.mark.parametrize("correction", [True, False])
def test_chi_square_of_two_arms_equals_scipy(events, correction):
    result = categorical.chi_square(events, arms=(1, 0), correction=correction)
    for r, table in enumerate(events.table):
        if (table[:2].sum(axis=1) == 0).any():
            assert result.status[r] == rows.EMPTY_ARM
            continue
        if (table[:2].sum(axis=0) == 0).any():
            assert result.p[r] == 1.0
            continue
        judge = stats.chi2_contingency(table[[1, 0]], correction=correction)
        agrees([result.statistic[r], result.p[r], result.df[r]], [judge.statistic, judge.pvalue, judge.dof])
        agrees(result.estimate[r], table[1, 1] / table[1].sum() - table[0, 1] / table[0].sum())
    assert (result.status == rows.OK).sum() > 60


def test_chi_square_of_all_arms_and_levels_equals_scipy(trials):
    c = counts(trials.score, trials.arm, arms=3, categories=(0, 1, 2, 3, 4, 5))
    result = categorical.chi_square(c)
    for r, table in enumerate(c.table):
        judge = stats.chi2_contingency(table[:, table.sum(axis=0) > 0])
        agrees([result.statistic[r], result.p[r], result.df[r]], [judge.statistic, judge.pvalue, judge.dof])
    assert np.isnan(result.estimate).all()


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_fisher_equals_scipy(events, side):
    result = categorical.fisher(events, a=2, b=0, alternative=side)
    for r, table in enumerate(events.table):
        (no_b, yes_b), _, (no_a, yes_a) = table
        if result.status[r] == rows.EMPTY_ARM:
            assert yes_a + no_a == 0 or yes_b + no_b == 0
            continue
        judge = stats.fisher_exact([[yes_a, no_a], [yes_b, no_b]], alternative=side)
        agrees(result.p[r], judge.pvalue)
        if np.isfinite(judge.statistic):
            agrees(result.statistic[r], judge.statistic)


def test_fisher_equals_scipy_on_every_table_of_9_and_7():
    tables = np.array([[[9 - i, i], [7 - j, j]] for i in range(10) for j in range(8)])[1:-1]
    result = categorical.fisher(Counts(table=tables, categories=np.array([0.0, 1.0])), a=0, b=1)
    agrees(result.p, [stats.fisher_exact(t).pvalue for t in tables])


def test_risk_difference_equals_statsmodels(events):
    result = categorical.chi_square(events, arms=(1, 0))
    for r in np.flatnonzero(result.status == rows.OK):
        (no_b, yes_b), (no_a, yes_a), _ = events.table[r]
        low, high = confint_proportions_2indep(yes_a, yes_a + no_a, yes_b, yes_b + no_b, method="newcomb")
        agrees([result.low[r], result.high[r]], [low, high])


def test_newcombes_published_example():
    """Newcombe 1998, table II, 56/70 against 48/80, method 10: .0524 to .3339."""
    result = categorical.chi_square(of_table((14, 56), (32, 48)))
    assert result.estimate[0] == pytest.approx(0.2)
    assert (round(result.low[0], 4), round(result.high[0], 4)) == (0.0524, 0.3339)


def test_wilson_equals_statsmodels():
    events, n = np.array([0, 3, 20]), np.array([10, 10, 20])
    low, high = categorical.wilson(events, n, z=stats.norm.ppf(0.975))
    judge = proportion_confint(events, n, method="wilson")
    agrees(low, judge[0])
    agrees(high, judge[1])


@pytest.mark.parametrize(
    ("table", "status"),
    [
        (((5, 0), (4, 0)), rows.OK),
        (((0, 5), (0, 4)), rows.OK),
        (((0, 0), (3, 4)), rows.EMPTY_ARM),
        (((5, 0), (0, 4)), rows.OK),
    ],
)
def test_status(table, status):
    for result in (categorical.chi_square(of_table(*table)), categorical.fisher(of_table(*table), a=0, b=1)):
        assert result.status.tolist() == [status]
        assert np.isnan(result.p[0]) == (status != rows.OK)


def test_fisher_refuses_three_levels():
    with pytest.raises(AnalysisError, match="needs two categories, there are 3"):
        categorical.fisher(of_table((1, 2, 3), (4, 5, 6)), a=0, b=1)


def test_the_comparison_with_scipy_sees_planted_faults(events):
    swapped = Counts(table=events.table[:, :, ::-1].copy(), categories=events.categories)
    one_more = Counts(table=events.table + np.array([[0, 0], [1, 0], [0, 0]]), categories=events.categories)
    good = categorical.fisher(events, a=1, b=0, alternative="greater")
    for faulty in (swapped, one_more):
        with pytest.raises(AssertionError):
            agrees(categorical.fisher(faulty, a=1, b=0, alternative="greater").p, good.p)
    with pytest.raises(AssertionError):
        agrees(
            categorical.chi_square(events, correction=False, arms=(1, 0)).p,
            categorical.chi_square(events, arms=(1, 0)).p,
        )
