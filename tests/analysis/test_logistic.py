"""Logistic regression against statsmodels, Firth's likelihood against a slow form, and separation against a linear program.

250 data sets of unequal arms with missing answers and covariates. The largest relative difference allowed is 1e-6; found: 1e-8.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from trialsim.analysis import rows
from trialsim.analysis.methods.logistic import logistic
from trialsim.kinds.tests.options import ALWAYS, BY_LIKELIHOOD_RATIO, BY_WALD, IF_SEPARATED, NEVER

RTOL = 1e-6


def agrees(ours, theirs, rtol=RTOL):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-9)


def made(replicates, participants, *, base, seed, effect=0.8):
    """Answers, an age and a yes-or-no covariate, and arms of three, some missing and some places empty."""
    rng = np.random.default_rng(seed)
    shape = (replicates, participants)
    arm = rng.choice(np.array([-1, 0, 1, 2], np.int8), shape, p=[0.05, 0.4, 0.35, 0.2])
    x = np.stack([rng.normal(70, 12, shape), rng.random(shape) < 0.3], axis=-1).astype(float)
    logit = base + effect * (arm == 1) + 0.05 * (x[..., 0] - 70) + 0.7 * x[..., 1]
    y = (rng.random(shape) < 1 / (1 + np.exp(-logit))).astype(float)
    y[rng.random(shape) < 0.05] = np.nan
    x[rng.random((*shape, 2)) < 0.02] = np.nan
    return y, x, arm


@pytest.fixture(scope="module")
def trials():
    return made(250, 60, base=-0.3, seed=1)


@pytest.fixture(scope="module")
def small():
    """Small samples of rare events: separated in many ways."""
    return made(220, 22, base=-2.0, seed=2, effect=1.5)


def case(trials, r):
    """The complete cases of arms 1 and 0: answers, and intercept, covariates, arm."""
    y, x, arm = (one[r] for one in trials)
    there = (arm >= 0) & (arm < 2) & ~np.isnan(y) & ~np.isnan(x).any(axis=1)
    return y[there], np.column_stack([np.ones(there.sum()), x[there], arm[there] == 1])


def judged(y, design, *, null, by, side):
    """Statsmodels: estimate, standard error, p, low, high."""
    fit = sm.Logit(y, design).fit(disp=0, tol=1e-13, maxiter=200)
    estimate, se = fit.params[-1], fit.bse[-1]
    z = (estimate - null) / se
    if by == BY_LIKELIHOOD_RATIO:
        held = sm.GLM(y, design[:, :-1], family=sm.families.Binomial(), offset=null * design[:, -1]).fit(tol=1e-13)
        z = math.copysign(math.sqrt(max(2 * (fit.llf - held.llf), 0)), estimate - null)
    p = {"two-sided": 2 * stats.norm.sf(abs(z)), "greater": stats.norm.sf(z), "less": stats.norm.cdf(z)}[side]
    return estimate, se, p, *fit.conf_int()[-1]


@pytest.mark.parametrize(
    ("null", "by", "side"),
    [
        (0.0, BY_WALD, "two-sided"),
        (0.0, BY_LIKELIHOOD_RATIO, "two-sided"),
        (0.4, BY_WALD, "greater"),
        (-0.4, BY_LIKELIHOOD_RATIO, "less"),
    ],
)
def test_it_equals_statsmodels(trials, null, by, side):
    y, x, arm = trials
    found = logistic(y, x, arm, a=1, b=0, null=null, alternative=side, by=by, firth=NEVER)
    fine = np.flatnonzero(found.status == rows.OK)
    assert len(fine) > 240
    for r in fine:
        estimate, se, p, low, high = judged(*case(trials, r), null=null, by=by, side=side)
        agrees([found.estimate[r], found.se[r], found.p[r]], [estimate, se, p])
        if side == "two-sided":
            agrees([found.low[r], found.high[r]], [low, high])
    assert (found.n[fine] == [len(case(trials, r)[0]) for r in fine]).all()


def test_without_covariates_it_is_the_odds_ratio_of_the_table(trials):
    y, _, arm = trials
    found = logistic(y, np.empty((*y.shape, 0)), arm, a=1, b=0)
    for r in range(40):
        cells = [[((arm[r] == k) & (y[r] == v)).sum() for v in (1, 0)] for k in (1, 0)]
        (yes_a, no_a), (yes_b, no_b) = cells
        agrees(found.estimate[r], math.log(yes_a * no_b / (no_a * yes_b)))
        agrees(found.se[r], math.sqrt(sum(1 / one for row in cells for one in row)))


# ---------------------------------------------------------------- separation


def endless(y, design):
    """Whether some direction moves nobody away from the own answer and somebody toward it: a linear program."""
    toward = (2 * y - 1)[:, None] * (design - np.r_[0.0, design[:, 1:].mean(axis=0)])
    best = optimize.linprog(-toward.sum(axis=0), A_ub=-toward, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    return -best.fun > 1e-7


def test_separated_is_what_a_linear_program_finds(small):
    y, x, arm = small
    found = logistic(y, x, arm, a=1, b=0, firth=NEVER)
    seen = 0
    for r in range(len(y)):
        answers, design = case(small, r)
        if len(set(answers)) < 2 or found.status[r] in (rows.EMPTY_ARM, rows.SINGULAR):
            assert found.status[r] in (rows.NO_EVENT, rows.EMPTY_ARM, rows.SINGULAR)
            continue
        varies = [0, *(p for p in (1, 2) if np.ptp(design[:, p]) > 0), 3]
        assert (found.status[r] == rows.SEPARATED) == endless(answers, design[:, varies]), r
        seen += found.status[r] == rows.SEPARATED
    assert seen > 40
    assert set(found.status) <= {rows.OK, rows.SEPARATED, rows.NO_EVENT, rows.EMPTY_ARM, rows.SINGULAR}


def penalized(y, design, held=None):
    """The largest penalized log likelihood and its coefficients, by a general optimizer; the last is ``held`` if it is given."""
    design = np.column_stack([design[:, 0], (design[:, 1:-1] - design[:, 1:-1].mean(0)) / 10, design[:, -1]])

    def negative(free):
        beta = free if held is None else np.r_[free, held]
        eta = design @ beta
        share = 1 / (1 + np.exp(-eta))
        information = design.T @ (design * (share * (1 - share))[:, None])
        return -(y @ eta - np.logaddexp(0, eta).sum() + 0.5 * np.linalg.slogdet(information)[1])

    start = np.zeros(design.shape[1] - (held is not None))
    best = optimize.minimize(negative, start, method="BFGS", options={"gtol": 1e-9})
    best = optimize.minimize(
        negative, best.x, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 9000}
    )
    eta = design @ (best.x if held is None else np.r_[best.x, held])
    share = 1 / (1 + np.exp(-eta))
    covariance = np.linalg.inv(design.T @ (design * (share * (1 - share))[:, None]))
    return -best.fun, best.x[-1], math.sqrt(covariance[-1, -1])


@pytest.mark.parametrize("held", [0.0, 0.5])
def test_firth_is_the_slow_form(small, held):
    y, x, arm = small
    wald = logistic(y, x, arm, a=1, b=0, firth=ALWAYS, null=held)
    ratio = logistic(y, x, arm, a=1, b=0, firth=ALWAYS, by=BY_LIKELIHOOD_RATIO, null=held)
    seen = 0
    for r in range(40):
        answers, design = case(small, r)
        if wald.status[r] != rows.OK or np.ptp(design[:, 2]) == 0:
            continue
        top, estimate, se = penalized(answers, design)
        under, _, _ = penalized(answers, design, held)
        np.testing.assert_allclose([wald.estimate[r], wald.se[r]], [estimate, se], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(wald.p[r], 2 * stats.norm.sf(abs(estimate - held) / se), rtol=1e-5)
        np.testing.assert_allclose(ratio.statistic[r] ** 2, 2 * (top - under), rtol=1e-5, atol=1e-8)
        seen += 1
    assert seen > 25


def test_firth_without_covariates_adds_half_to_every_cell():
    """Two groups are a saturated model: Firth's estimate is the log odds ratio with half an event added to every cell."""
    y = np.array([[1.0] * 7 + [0.0] * 5 + [0.0] * 9])
    arm = np.array([[1] * 12 + [0] * 9], np.int8)
    found = logistic(y, np.empty((1, 21, 0)), arm, a=1, b=0)
    agrees(found.estimate[0], math.log(7.5 * 9.5 / (5.5 * 0.5)))
    assert logistic(y, np.empty((1, 21, 0)), arm, a=1, b=0, firth=NEVER).status[0] == rows.SEPARATED


def test_only_separated_trials_are_penalized(small):
    y, x, arm = small
    plain, some, every = (logistic(y, x, arm, a=1, b=0, firth=how) for how in (NEVER, IF_SEPARATED, ALWAYS))
    fine = plain.status == rows.OK
    assert (some.estimate[fine] == plain.estimate[fine]).all()
    rest = (plain.status == rows.SEPARATED) | (plain.status == rows.NO_EVENT)
    assert (some.estimate[rest] == every.estimate[rest]).all()
    assert (some.status[rest] == rows.OK).all()


# ---------------------------------------------------------------- nothing varies, and the like


@pytest.mark.parametrize(
    ("y", "arm", "firth", "status"),
    [
        ([0, 0, 0, 0, 0], [1, 1, 0, 0, 0], NEVER, rows.NO_EVENT),
        ([1, 1, 1, 1, 1], [1, 1, 0, 0, 0], NEVER, rows.NO_EVENT),
        ([0, 0, 0, 0, 0], [1, 1, 0, 0, 0], IF_SEPARATED, rows.OK),
        ([1, 0, 1, 0, 0], [1, 1, 1, 1, 1], IF_SEPARATED, rows.EMPTY_ARM),
        ([1, 0, 1, 0, 0], [0, 0, 0, -1, -1], IF_SEPARATED, rows.EMPTY_ARM),
        ([1, 0], [1, 0], NEVER, rows.SEPARATED),
        ([1, 0], [1, 0], IF_SEPARATED, rows.OK),
        ([1, 0, 0, 1], [1, 1, 0, 0], NEVER, rows.OK),
    ],
)
def test_status(y, arm, firth, status):
    found = logistic(np.array([y], float), np.empty((1, len(y), 0)), np.array([arm], np.int8), a=1, b=0, firth=firth)
    assert found.status.tolist() == [status]
    assert np.isnan(found.p[0]) == (status != rows.OK)


def test_nothing_varies_in_equal_arms_has_no_effect():
    found = logistic(np.zeros((1, 8)), np.empty((1, 8, 0)), np.array([[1, 0] * 4], np.int8), a=1, b=0)
    agrees([found.estimate[0], found.p[0]], [0.0, 1.0])


def test_covariates_that_follow_from_others_are_left_out(trials):
    y, x, arm = trials
    more = np.stack([x[..., 0], np.full(y.shape, 3.0), x[..., 1], 2 * x[..., 0] - x[..., 1]], axis=-1)
    plain, found = (logistic(y, one, arm, a=1, b=0) for one in (x, more))
    agrees(found.estimate, plain.estimate)
    alone = logistic(y, (arm == 1).astype(float)[..., None], arm, a=1, b=0)
    assert (alone.status == rows.SINGULAR).all()


def test_arms_turned_and_sides(trials):
    y, x, arm = trials
    up = logistic(y, x, arm, a=2, b=0, alternative="greater", by=BY_LIKELIHOOD_RATIO)
    down = logistic(y, x, arm, a=0, b=2, alternative="less", by=BY_LIKELIHOOD_RATIO)
    both = logistic(y, x, arm, a=2, b=0, by=BY_LIKELIHOOD_RATIO)
    agrees(up.p, down.p)
    agrees(2 * np.minimum(up.p, 1 - up.p), both.p)
    agrees(up.estimate, -down.estimate)
    assert np.isposinf(up.high).all()


def test_the_judge_sees_planted_faults(trials):
    """Planted: one covariate left out; the arms of others in the model."""
    y, x, arm = trials
    good = logistic(y, x, arm, a=1, b=0)
    for other in (logistic(y, x[..., :1], arm, a=1, b=0), logistic(y, x, np.minimum(arm, 1), a=1, b=0)):
        with pytest.raises(AssertionError):
            agrees(other.estimate, good.estimate)
