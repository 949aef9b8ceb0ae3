"""Score tests of risk difference, ratio and odds ratio against statsmodels, slow forms and printed intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from trialsim.analysis import rows
from trialsim.analysis.methods import categorical, proportions
from trialsim.analysis.ordering import Counts

SIDES = ("two-sided", "greater", "less")
TESTS = (proportions.difference, proportions.ratio, proportions.odds)


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-12)


def of_events(*rows_of):
    """Counts of (events of a, size of a, events of b, size of b)."""
    xa, na, xb, nb = np.array(rows_of).T
    table = np.stack([np.stack([na - xa, xa], 1), np.stack([nb - xb, xb], 1)], 1)
    return Counts(table=table, categories=np.array([0.0, 1.0]))


@pytest.fixture(scope="module")
def trials():
    rng = np.random.default_rng(11)
    n = rng.integers(1, 60, (260, 2))
    x = rng.binomial(n, rng.random((260, 2)) ** 1.5)
    return np.column_stack([x[:, 0], n[:, 0], x[:, 1], n[:, 1]])


def slow_score(xa, na, xb, nb, null):
    """Farrington and Manning's z; the restricted shares are the maximum of the likelihood, found by scipy."""

    def loss(pb):
        pa = pb + null
        return -sum(k * math.log(p) for k, p in ((xa, pa), (na - xa, 1 - pa), (xb, pb), (nb - xb, 1 - pb)) if k)

    low, high = max(0.0, -null), min(1.0, 1.0 - null)
    edge = 1e-12
    pb = optimize.minimize_scalar(loss, bounds=(low + edge, high - edge), method="bounded", options={"xatol": 1e-12}).x
    pa = pb + null
    return (xa / na - xb / nb - null) / math.sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb)


def closed_score(xa, na, xb, nb, null):
    """The same by the cubic equation of Miettinen and Nurminen 1985 (appendix I); statsmodels has x for n in its third line."""
    n, x = na + nb, xa + xb
    third = n
    second = (na + 2 * nb) * null - n - x
    first = (nb * null - n - 2 * xb) * null + x
    roots = np.roots([third, second, first, xb * null * (1 - null)])
    inside = [r.real for r in roots if max(0, -null) - 1e-9 <= r.real <= min(1, 1 - null) + 1e-9]
    pb = min(inside, key=lambda p: abs(p - xb / nb)) if len(inside) > 1 else inside[0]
    pa = pb + null
    return (xa / na - xb / nb - null) / math.sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb)


@pytest.mark.parametrize("null", [0.1, -0.15, 0.4])
def test_the_difference_equals_two_slow_forms(trials, null):
    result = proportions.difference(of_events(*trials), a=0, b=1, null=null)
    for r, (xa, na, xb, nb) in enumerate(trials):
        inner = 0 < xa < na and 0 < xb < nb  # else the maximum may lie at the edge, where the search stops short of it
        np.testing.assert_allclose(result.statistic[r], slow_score(xa, na, xb, nb, null), rtol=1e-6 if inner else 1e-4)
        if inner:
            agrees(result.statistic[r], closed_score(xa, na, xb, nb, null))
    agrees(result.p, 2 * stats.norm.sf(np.abs(result.statistic)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the judge divides by zero on its way
@pytest.mark.parametrize(("test", "compare"), [(proportions.ratio, "ratio"), (proportions.odds, "odds-ratio")])
@pytest.mark.parametrize("null", [1.0, 0.6, 1.8])
def test_the_ratios_equal_statsmodels(trials, test, compare, null):
    result = test(of_events(*trials), a=0, b=1, null=math.log(null), level=0.9)
    seen = 0
    for r, (xa, na, xb, nb) in enumerate(trials):
        if result.status[r] != rows.OK or xa + xb in (0, na + nb):
            continue
        judge = score_test_proportions_2indep(xa, na, xb, nb, value=null, compare=compare, correction=False)
        agrees([result.statistic[r], result.p[r]], [judge.statistic, judge.pvalue])
        seen += 1
        if null == 1.0 and 0 < xa < na and 0 < xb < nb:
            limits = confint_proportions_2indep(
                xa, na, xb, nb, compare=compare, method="score", correction=False, alpha=0.1
            )
            np.testing.assert_allclose(np.exp([result.low[r], result.high[r]]), limits, rtol=1e-7)
    assert seen > 200


def test_estimates_and_errors(trials):
    c = of_events(*trials)
    difference, ratio, odds = (test(c, a=0, b=1) for test in TESTS)
    for r, (xa, na, xb, nb) in enumerate(trials):
        agrees(difference.estimate[r], xa / na - xb / nb)
        if xa and xb:
            agrees(ratio.estimate[r], math.log(xa * nb / (xb * na)))
            agrees(ratio.se[r], math.sqrt(1 / xa - 1 / na + 1 / xb - 1 / nb))
        if 0 < xa < na and 0 < xb < nb:
            agrees(odds.estimate[r], math.log(xa * (nb - xb) / (xb * (na - xa))))
            agrees(odds.se[r], math.sqrt(1 / xa + 1 / (na - xa) + 1 / xb + 1 / (nb - xb)))


def test_at_no_effect_they_are_one_test_pearsons(trials):
    c = of_events(*trials)
    judge = categorical.chi_square(c, correction=False)
    for test in TESTS:
        result = test(c, a=0, b=1)
        fine = result.status == rows.OK
        agrees(result.statistic[fine] ** 2, judge.statistic[fine])
        agrees(result.p[fine], judge.p[fine])


@pytest.mark.parametrize("test", [proportions.ratio, proportions.odds])
@pytest.mark.parametrize("side", SIDES)
def test_a_limit_is_the_null_whose_p_is_the_level(trials, test, side):
    c = of_events(*trials)
    result = test(c, a=0, b=1, alternative=side, level=0.95)
    checked = 0
    for r in range(0, len(trials), 7):
        one = of_events(trials[r])
        for limit in (result.low[r], result.high[r]):
            if np.isfinite(limit):
                agrees(test(one, a=0, b=1, null=float(limit), alternative=side).p[0], 0.05, rtol=1e-6)
                checked += 1
    assert checked > 25


def test_the_interval_of_the_difference_is_newcombes(trials):
    c = of_events(*trials)
    ours, theirs = proportions.difference(c, a=1, b=0, null=0.1), categorical.chi_square(c, arms=(1, 0))
    agrees(ours.low, theirs.low)
    agrees(ours.high, theirs.high)


def test_printed_intervals():
    """Epinephrine, 7 of 34 against 1 of 34 (Fagerland, Lydersen and Laake 2015, doi:10.1177/0962280211415469).

    Newcombe .019 to .34; the lower limit of Mee's interval is .028; PropCIs riskscoreci 1.220853 to 42.575718.
    """
    c = of_events((7, 34, 1, 34))
    difference, ratio = proportions.difference(c, a=0, b=1), proportions.ratio(c, a=0, b=1)
    assert [round(difference.low[0], 3), round(difference.high[0], 2)] == [0.019, 0.34]
    inside, outside = (proportions.difference(c, a=0, b=1, null=null).p[0] for null in (0.0285, 0.0275))
    assert outside < 0.05 < inside
    np.testing.assert_allclose(np.exp([ratio.low[0], ratio.high[0]]), [1.220853, 42.575718], atol=6e-7)


def test_nothing_happens_and_everything():
    none, every, empty = (0, 30, 0, 30), (30, 30, 20, 20), (0, 0, 3, 9)
    difference, ratio, odds = (test(of_events(none, every, empty), a=0, b=1) for test in TESTS)
    assert difference.status.tolist() == [rows.OK, rows.OK, rows.EMPTY_ARM]
    assert ratio.status.tolist() == odds.status.tolist() == [rows.OK, rows.OK, rows.EMPTY_ARM]
    assert difference.estimate[:2].tolist() == [0.0, 0.0]
    assert difference.p[:2].tolist() == [1.0, 1.0]
    assert (ratio.estimate[1], ratio.p[1]) == (0.0, 1.0)
    assert ratio.low[1] < 0.0 < ratio.high[1]
    assert ratio.p[0] == odds.p[0] == odds.p[1] == 1.0
    for result, r in ((ratio, 0), (odds, 0), (odds, 1)):
        assert np.isnan(result.estimate[r])
        assert (result.low[r], result.high[r]) == (-np.inf, np.inf)
    for test in (proportions.ratio, proportions.odds):  # a margin is not shown by nothing
        assert test(of_events(none), a=0, b=1, null=0.7, alternative="less").p[0] == 1.0
    for side in ("greater", "less"):
        assert proportions.difference(of_events(none), a=0, b=1, alternative=side).p[0] == 1.0


def test_nothing_happens_but_there_is_a_margin():
    """0 of 30 against 0 of 30 is not inferior by 15 percentage points: pa = 0 and pb = .15 fit best."""
    result = proportions.difference(of_events((0, 30, 0, 30)), a=0, b=1, null=-0.15, alternative="greater")
    agrees(result.statistic, 0.15 / math.sqrt(0.15 * 0.85 / 30))
    assert result.p[0] < 0.025


def test_one_arm_without_events_has_a_p_and_one_limit_but_no_estimate():
    c = of_events((0, 30, 9, 30), (9, 30, 0, 30), (30, 30, 9, 30), (9, 30, 30, 30))
    ratio, odds = proportions.ratio(c, a=0, b=1), proportions.odds(c, a=0, b=1)
    for result, infinite in ((ratio, [-np.inf, np.inf]), (odds, [-np.inf, np.inf, np.inf, -np.inf])):
        assert (result.status == rows.OK).all()
        assert (result.p < 0.01).all()
        for r, value in enumerate(infinite):
            assert np.isnan([result.estimate[r], result.se[r]]).all()
            assert (result.low[r] == -np.inf) == (value < 0)
            assert (result.high[r] == np.inf) == (value > 0)
            assert np.isfinite(result.high[r] if value < 0 else result.low[r])


@pytest.mark.parametrize("test", TESTS)
def test_the_sides_turn_with_the_arms(trials, test):
    c = of_events(*trials)
    up, down = test(c, a=0, b=1, null=0.2, alternative="greater"), test(c, a=1, b=0, null=-0.2, alternative="less")
    agrees(up.p, down.p)
    agrees(up.low, -down.high)
    two = test(c, a=0, b=1, null=0.2)
    fine = np.isfinite(two.low) | np.isfinite(two.high)  # else nothing is known and every p is 1
    smaller = np.minimum(up.p, test(c, a=0, b=1, null=0.2, alternative="less").p)
    agrees(two.p[fine], 2 * smaller[fine])


def test_the_comparisons_see_planted_faults(trials):
    c = of_events(*trials)
    good = proportions.difference(c, a=0, b=1, null=0.1)
    pooled = proportions.difference(c, a=0, b=1).statistic
    for faulty in (pooled, proportions.difference(c, a=1, b=0, null=0.1).statistic):
        with pytest.raises(AssertionError):
            agrees(faulty, good.statistic)
    with pytest.raises(AssertionError):
        agrees(proportions.odds(c, a=0, b=1, null=0.5).p, proportions.ratio(c, a=0, b=1, null=0.5).p)
