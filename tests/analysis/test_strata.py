"""The Cochran-Mantel-Haenszel test and its common odds ratio against statsmodels, and against R in test_r_tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from trialsim.analysis import rows
from trialsim.analysis.methods.strata import mantel_haenszel, stratified


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


@pytest.fixture(scope="module")
def trials():
    """220 replicates of 60 participants in three arms and four strata, some empty places and missing values."""
    rng = np.random.default_rng(21)
    shape = (220, 60)
    arm = rng.choice(np.array([-1, 0, 1, 2], np.int8), shape, p=[0.05, 0.35, 0.4, 0.2]).astype(np.int8)
    stratum = rng.choice([-1, 0, 1, 2, 3], shape, p=[0.03, 0.07, 0.5, 0.25, 0.15])
    chance = 0.15 + 0.15 * stratum + 0.2 * (arm == 1)
    y = (rng.random(shape) < chance).astype(float)
    y[rng.random(shape) < 0.08] = np.nan
    return y, arm, stratum


def slow_tables(y, arm, stratum):
    """2 x 2 tables (arm 1 then 0; yes then no) of the strata in which both arms and both answers are."""
    found = []
    for s in range(4):
        cells = [[int(((arm == k) & (stratum == s) & (y == value)).sum()) for value in (1.0, 0.0)] for k in (1, 0)]
        found.append(np.array(cells, dtype=float))
    return [t for t in found if t.sum(axis=0).all() and t.sum(axis=1).all()]


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_it_equals_statsmodels(trials, side):
    y, arm, stratum = trials
    result = mantel_haenszel(stratified(y, arm, stratum, a=1, b=0), alternative=side)
    seen = 0
    for r in range(len(y)):
        judge = StratifiedTable(slow_tables(y[r], arm[r], stratum[r]))
        test = judge.test_null_odds(correction=False)
        agrees(result.statistic[r] ** 2, test.statistic)
        if not np.isfinite(result.estimate[r]):
            assert np.isnan(result.se[r])
            continue
        seen += 1
        agrees([result.estimate[r], result.se[r]], [judge.logodds_pooled, judge.logodds_pooled_se])
        if side == "two-sided":
            agrees(result.p[r], test.pvalue)
            agrees([result.low[r], result.high[r]], judge.logodds_pooled_confint())
        else:
            sign = 1.0 if side == "greater" else -1.0
            agrees(result.p[r], stats.norm.sf(sign * result.statistic[r]))
            near = result.low[r] if side == "greater" else result.high[r]
            agrees(near, result.estimate[r] - sign * stats.norm.ppf(0.95) * result.se[r])
    assert (result.status == rows.OK).all()
    assert seen > 210


def test_in_one_stratum_it_is_pearsons_test_with_n_minus_1(trials):
    y, arm, _ = trials
    table = stratified(y, arm, np.zeros(y.shape, int), a=1, b=0)
    result = mantel_haenszel(table)
    for r in range(40):
        judge = stats.chi2_contingency(table[r, 0], correction=False).statistic
        n = table[r].sum()
        agrees(result.statistic[r] ** 2, judge * (n - 1) / n)
        (no_a, yes_a), (no_b, yes_b) = table[r, 0]
        agrees(result.estimate[r], math.log(yes_a * no_b / (no_a * yes_b)))
        agrees(result.se[r], math.sqrt(1 / yes_a + 1 / no_a + 1 / yes_b + 1 / no_b))


def test_the_sign_turns_with_the_arms(trials):
    y, arm, stratum = trials
    up = mantel_haenszel(stratified(y, arm, stratum, a=2, b=0), alternative="greater")
    down = mantel_haenszel(stratified(y, arm, stratum, a=0, b=2), alternative="less")
    fine = up.status == rows.OK
    agrees(up.p[fine], down.p[fine])
    agrees(up.estimate[fine], -down.estimate[fine])


@pytest.mark.parametrize(
    ("table", "status", "estimate"),
    [
        ([[[5, 0], [4, 0]], [[3, 0], [2, 0]]], rows.OK, math.nan),
        ([[[0, 5], [0, 4]], [[0, 3], [0, 2]]], rows.OK, math.nan),
        ([[[5, 2], [0, 0]], [[0, 0], [3, 1]]], rows.SINGULAR, math.nan),
        ([[[5, 2], [0, 0]], [[4, 4], [0, 0]]], rows.EMPTY_ARM, math.nan),
        ([[[5, 0], [4, 0]], [[0, 3], [0, 2]]], rows.SINGULAR, math.nan),
        ([[[5, 0], [1, 4]], [[6, 0], [3, 3]]], rows.OK, math.nan),
        ([[[5, 2], [1, 4]], [[6, 0], [0, 0]]], rows.OK, math.log(2 * 1 / (5 * 4))),
    ],
)
def test_status(table, status, estimate):
    result = mantel_haenszel(np.array([table]))
    assert result.status.tolist() == [status]
    assert np.isnan(result.p[0]) == (status != rows.OK)
    agrees(result.estimate[0], estimate)
    flat = status == rows.OK and not np.array(table).sum(axis=(0, 1)).all()
    if flat:
        assert [result.p[0], result.low[0], result.high[0]] == [1.0, -math.inf, math.inf]
    else:
        assert np.isnan(result.low[0]) == (not np.isfinite(estimate))


def test_strata_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="stratum has shape"):
        stratified(np.zeros((1, 3)), np.zeros((1, 3), np.int8), np.zeros((1, 4)), a=0, b=1)


def test_the_comparison_with_statsmodels_sees_planted_faults(trials):
    y, arm, stratum = trials
    good = mantel_haenszel(stratified(y, arm, stratum, a=1, b=0))
    merged = mantel_haenszel(stratified(y, arm, np.maximum(stratum - 1, -1), a=1, b=0))
    for name in ("statistic", "estimate", "se"):
        with pytest.raises(AssertionError):
            agrees(getattr(merged, name), getattr(good, name))
