"""Repeated-measures analysis of variance against statsmodels (one group) and a slow form; against R in test_r_tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.anova import AnovaRM

from trialsim.analysis import rows
from trialsim.analysis.methods.repeated import epsilon, rm_anova

EFFECTS = ("interaction", "visit", "arm")
CORRECTIONS = ("greenhouse-geisser", "huynh-feldt", "assumed")


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def make(replicates, participants, visits, seed):
    rng = np.random.default_rng(seed)
    arm = rng.choice(np.array([-1, 0, 1, 2], np.int8), (replicates, participants), p=[0.05, 0.25, 0.4, 0.3])
    root = rng.normal(size=(replicates, visits, visits))
    y = 500.0 + np.einsum("rnv,rvw->rnw", rng.normal(size=(replicates, participants, visits)), root)
    y += 0.5 * arm[:, :, None] * np.arange(visits)
    y = np.round(y, 1)  # some ties
    y[rng.random(y.shape) < 0.02] = np.nan
    return y, arm.astype(np.int8)


@pytest.fixture(scope="module", params=[(4, 2), (3, 3), (5, 4), (2, 5)], ids=str)
def trials(request):
    visits, seed = request.param
    return make(60, 45, visits, seed)


def complete(y, arm):
    keep = (arm >= 0) & ~np.isnan(y).any(axis=1)
    return y[keep], arm[keep]


def slow(y, arm, at, correction):
    """F, df of the denominator and p as in a textbook: sums of squares of the table of cells, covariances of the visits."""
    y, arm = complete(y, arm)
    groups = [y[arm == k] for k in sorted(set(arm))]
    n, arms, visits = len(y), len(groups), y.shape[1]
    if at == "arm":
        result = stats.f_oneway(*[g.mean(axis=1) for g in groups])
        return result.statistic, n - arms, result.pvalue
    residual = sum(((g - g.mean(1, keepdims=True) - g.mean(0) + g.mean()) ** 2).sum() for g in groups)
    df = (n - arms) * (visits - 1)
    if at == "visit":
        cells = np.mean([g.mean(axis=0) for g in groups], axis=0)
        harmonic = arms / sum(1 / len(g) for g in groups)
        between, df_between = arms * harmonic * ((cells - cells.mean()) ** 2).sum(), visits - 1
    else:
        grand = y.mean(axis=0)
        apart = [g.mean(axis=0) - grand for g in groups]
        between = sum(len(g) * ((a - a.mean()) ** 2).sum() for g, a in zip(groups, apart, strict=True))
        df_between = (arms - 1) * (visits - 1)
    pooled = sum((len(g) - 1) * np.cov(g.T) for g in groups) / (n - arms)
    s = pooled - pooled.mean(axis=0) - pooled.mean(axis=1)[:, None] + pooled.mean()
    gg = np.trace(s) ** 2 / ((visits - 1) * (s**2).sum())
    hf = ((n - arms + 1) * (visits - 1) * gg - 2) / ((visits - 1) * (n - arms - (visits - 1) * gg))
    factor = {"assumed": 1.0, "greenhouse-geisser": gg, "huynh-feldt": min(hf, 1.0)}[correction]
    f = between / df_between / (residual / df)
    return f, df * factor, stats.f.sf(f, df_between * factor, df * factor)


@pytest.mark.parametrize("at", EFFECTS)
@pytest.mark.parametrize("correction", CORRECTIONS)
def test_it_equals_the_slow_form(trials, at, correction):
    y, arm = trials
    result = rm_anova(y, arm, arms=3, at=at, sphericity=correction)
    for r in range(len(y)):
        judge = slow(y[r], arm[r], at, correction)
        agrees([result.statistic[r], result.df[r], result.p[r]], judge, rtol=1e-7)
        assert result.n[r] == len(complete(y[r], arm[r])[0])
    assert (result.status == rows.OK).all()
    assert np.isnan(result.estimate).all()


def test_one_group_equals_statsmodels(trials):
    y, arm = trials
    one = np.where(arm >= 0, 0, -1).astype(np.int8)
    result = rm_anova(y, one, arms=1, at="visit", sphericity="assumed")
    for r in range(25):
        kept, _ = complete(y[r], one[r])
        people, visits = np.indices(kept.shape)
        frame = pd.DataFrame({"y": kept.ravel(), "who": people.ravel(), "visit": visits.ravel()})
        judge = AnovaRM(frame, "y", "who", within=["visit"]).fit().anova_table.iloc[0]
        agrees([result.statistic[r], result.df[r], result.p[r]], judge[["F Value", "Den DF", "Pr > F"]], rtol=1e-7)


def test_with_two_visits_the_interaction_is_the_analysis_of_the_changes():
    y, arm = make(30, 40, 2, 9)
    for correction in CORRECTIONS:
        result = rm_anova(y, arm, arms=3, sphericity=correction)
        for r in range(30):
            kept, groups = complete(y[r], arm[r])
            judge = stats.f_oneway(*[(kept[groups == k, 1] - kept[groups == k, 0]) for k in range(3)])
            agrees([result.statistic[r], result.p[r]], [judge.statistic, judge.pvalue], rtol=1e-7)


def test_the_order_of_the_visits_and_a_shift_do_not_matter(trials):
    y, arm = trials
    for at in EFFECTS:
        first, turned = rm_anova(y, arm, arms=3, at=at), rm_anova(y[:, :, ::-1] + 1000.0, arm, arms=3, at=at)
        agrees(turned.p, first.p, rtol=1e-6)


def test_a_high_level_costs_no_digits():
    y, arm = make(20, 30, 4, 10)
    whole = np.round(y)
    first, high = rm_anova(whole, arm, arms=3), rm_anova(whole + 2.0**40, arm, arms=3)
    agrees(high.p, first.p, rtol=1e-12)


def test_epsilon_is_between_its_bounds(trials):
    visits = trials[0].shape[2]
    within = np.stack([np.atleast_2d(np.cov(np.random.default_rng(k).normal(size=(visits - 1, 9)))) for k in range(50)])
    df = np.full(50, 8.0)
    lower, upper = (epsilon(within, df, sphericity=c) for c in CORRECTIONS[:2])
    assert (lower >= 1.0 / (visits - 1) - 1e-12).all()
    assert (lower <= upper + 1e-12).all()
    assert (upper <= 1.0).all()


def test_one_degree_of_freedom_takes_the_lower_bound():
    y = np.array([[[1.0, 2.0, 4.0], [2.0, 2.0, 3.0], [5.0, 1.0, 1.5]]])
    arm = np.array([[0, 0, 1]], np.int8)
    for correction in CORRECTIONS[:2]:
        agrees(rm_anova(y, arm, arms=2, sphericity=correction).df, 1.0)


FLAT = [[3.0, 3.0], [3.0, 3.0], [3.0, 3.0], [3.0, 3.0]]
APART = [[3.0, 3.0], [3.0, 3.0], [3.0, 4.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("values", "arm", "at", "status", "p"),
    [
        (FLAT, [0, 0, 1, 1], "interaction", rows.OK, 1.0),
        (FLAT, [0, 0, 1, 1], "visit", rows.OK, 1.0),
        (FLAT, [0, 0, 1, 1], "arm", rows.OK, 1.0),
        (APART, [0, 0, 1, 1], "interaction", rows.NO_VARIANCE, None),
        (APART, [0, 0, 1, 1], "visit", rows.NO_VARIANCE, None),
        (APART, [0, 0, 1, 1], "arm", rows.NO_VARIANCE, None),
        (APART, [0, 0, 0, 0], "interaction", rows.EMPTY_ARM, None),
        (APART, [0, 0, 0, 0], "visit", rows.EMPTY_ARM, None),
        (APART, [0, 0, 0, 0], "arm", rows.EMPTY_ARM, None),
        (APART, [0, 1, -1, -1], "interaction", rows.TOO_FEW, None),
        (APART, [0, 1, -1, -1], "visit", rows.TOO_FEW, None),
    ],
)
def test_status(values, arm, at, status, p):
    shifted = 0.1 + np.array([values])  # no number that a computer holds exactly
    result = rm_anova(shifted, np.array([arm], np.int8), arms=2, at=at)
    assert result.status.tolist() == [status]
    if p is None:
        assert np.isnan(result.p[0])
    else:
        assert result.p[0] == p


def test_the_comparison_with_the_slow_form_sees_planted_faults(trials):
    y, arm = trials
    other = np.where(arm == 2, 1, arm)
    for at in EFFECTS:
        judge = [slow(y[r], arm[r], at, "assumed")[2] for r in range(20)]
        agrees(rm_anova(y[:20], arm[:20], arms=3, at=at, sphericity="assumed").p, judge, rtol=1e-7)
        with pytest.raises(AssertionError):
            agrees(rm_anova(y[:20], other[:20], arms=2, at=at, sphericity="assumed").p, judge, rtol=1e-7)
    if y.shape[2] > 2:
        corrected = [rm_anova(y, arm, arms=3, sphericity=c).p for c in CORRECTIONS]
        with pytest.raises(AssertionError):
            agrees(corrected[0], corrected[1])
