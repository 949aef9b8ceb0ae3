"""Proportional odds against R (MASS polr, ordinal clm), statsmodels, a slow form, and a linear program for separation.

200 data sets with unequal arms, missing scores and covariates. The largest relative difference allowed from clm is 1e-7, from
polr, which stops earlier and differentiates by differences, 1e-4 of a standard error.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

from trialsim.analysis import rows
from trialsim.analysis.methods.proportional_odds import proportional_odds
from trialsim.analysis.methods.ranks import kruskal, mann_whitney
from trialsim.analysis.tables import counts
from trialsim.kinds.tests.options import BY_LIKELIHOOD_RATIO, BY_SCORE, BY_WALD

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "ordinal.json").read_text(encoding="utf-8"))
CASES = R["cases"]
RTOL = 1e-7


def arrays(case):
    y, x = (np.where(one == "NA", np.nan, one).astype(float) for one in (np.array([case[k]], object) for k in "yx"))
    return y, x if case["adjusted"] else x[..., :0], np.array([case["arm"]], np.int8)


def agrees(ours, theirs, rtol=RTOL, atol=1e-9):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=atol)


def test_the_fixture_names_its_versions():
    assert {"R", "MASS", "ordinal"} == set(R["versions"])
    assert len(CASES) == 200


def test_two_arms_equal_r():
    fine = 0
    for case in CASES:
        y, x, arm = arrays(case)
        theirs = case["pair"]
        if abs(theirs["estimate"]) > 8 or theirs["se"] > 50:
            continue  # separated
        ratio, wald = (
            proportional_odds(y, x, arm, arms=3, pair=(1, 0), by=by) for by in (BY_LIKELIHOOD_RATIO, BY_WALD)
        )
        agrees([ratio.estimate[0], ratio.se[0]], [theirs["estimate"], theirs["se"]])
        agrees(ratio.statistic[0] ** 2, theirs["twice"])
        agrees(ratio.p[0], stats.chi2.sf(theirs["twice"], 1))
        agrees(wald.p[0], 2 * stats.norm.sf(abs(theirs["estimate"] / theirs["se"])))
        half = stats.norm.ppf(0.975) * theirs["se"]
        agrees([wald.low[0], wald.high[0]], [theirs["estimate"] - half, theirs["estimate"] + half])
        assert abs(ratio.estimate[0] - theirs["polr"]) < 1e-4 * theirs["se"]
        agrees(ratio.se[0], theirs["polr_se"], rtol=1e-4)
        fine += 1
    assert fine > 190


def test_all_arms_equal_r():
    found = [proportional_odds(*arrays(case), arms=3) for case in CASES]
    agrees([one.statistic[0] for one in found], [case["all"]["twice"] for case in CASES])
    agrees([one.p[0] for one in found], [stats.chi2.sf(case["all"]["twice"], 2) for case in CASES])
    assert all(np.isnan(one.estimate[0]) for one in found)


def made(replicates, participants, *, top=4, seed=1, effect=0.7):
    rng = np.random.default_rng(seed)
    shape = (replicates, participants)
    arm = rng.choice(np.array([-1, 0, 1, 2], np.int8), shape, p=[0.05, 0.4, 0.35, 0.2])
    x = np.stack([rng.normal(70, 12, shape), rng.random(shape) < 0.3], axis=-1).astype(float)
    y = np.clip(np.round(top / 2 + rng.normal(size=shape) + effect * (arm == 1) + 0.03 * (x[..., 0] - 70)), 0, top)
    y[rng.random(shape) < 0.05] = np.nan
    return y, x, arm


@pytest.mark.parametrize("pair", [(1, 0), (0, 2), None])
@pytest.mark.parametrize("by", [BY_LIKELIHOOD_RATIO, BY_WALD, BY_SCORE])
def test_counts_and_participants_are_the_same(pair, by):
    y, _, arm = made(60, 50)
    table = proportional_odds(counts(y, arm, arms=3, categories=range(7)), arms=3, pair=pair, by=by)  # two empty scores
    single = proportional_odds(y, None, arm, arms=3, pair=pair, by=by)
    for name in ("statistic", "p", "estimate", "se", "low", "high"):
        agrees(getattr(table, name), getattr(single, name), rtol=1e-9)
    assert (table.n == single.n).all()
    assert (table.status == single.status).all()


def test_without_covariates_the_score_test_is_the_rank_test():
    y, _, arm = made(200, 40)
    c = counts(y, arm, arms=3, categories=range(5))
    every, ranks = proportional_odds(c, arms=3, by=BY_SCORE), kruskal(c)
    agrees(every.statistic, ranks.statistic * ranks.n / (ranks.n - 1), rtol=1e-10)
    two, u = proportional_odds(c, arms=3, pair=(1, 0), by=BY_SCORE), mann_whitney(c, a=1, b=0, correction=False)
    agrees(two.statistic**2, stats.norm.isf(u.p / 2) ** 2 * u.n / (u.n - 1), rtol=1e-8)
    up = proportional_odds(c, arms=3, pair=(1, 0), by=BY_SCORE, alternative="greater")
    agrees(up.p, stats.norm.sf(two.statistic), rtol=1e-10)


def shares(theta, design, cuts):
    """(N, L) the probability of each score."""
    eta = design @ theta[cuts:]
    above = 1 / (1 + np.exp(-(theta[:cuts] + eta[:, None])))
    whole = np.column_stack([np.ones(len(eta)), above, np.zeros(len(eta))])
    return whole[:, :-1] - whole[:, 1:]


def slow_score(y, design, arms):
    """The score test by a general optimizer, with the expected information from differences of all probabilities."""
    score = np.unique(y, return_inverse=True)[1]
    cuts = score.max()
    free = cuts + design.shape[1] - arms

    def negative(theta):
        p = shares(np.r_[theta, np.zeros(arms)], design, cuts)[np.arange(len(y)), score]
        return 1e9 if (p <= 0).any() else -np.log(p).sum()

    begin = np.r_[np.log([(score >= j).mean() / (score < j).mean() for j in range(1, cuts + 1)]), np.zeros(free - cuts)]
    best = optimize.minimize(negative, begin, method="BFGS", options={"gtol": 1e-9}).x
    theta = np.r_[best, np.zeros(arms)]
    step = 1e-5
    turned = [
        (shares(theta + step * e, design, cuts) - shares(theta - step * e, design, cuts)) / (2 * step)
        for e in np.eye(theta.size)
    ]
    p = shares(theta, design, cuts)
    gradient = np.array([(one / p)[np.arange(len(y)), score].sum() for one in turned])
    information = np.array([[(one * other / p).sum() for other in turned] for one in turned])
    return float(gradient @ np.linalg.solve(information, gradient))


@pytest.mark.parametrize("pair", [(1, 0), None])
def test_the_score_test_is_the_slow_form(pair):
    y, x, arm = made(12, 50, seed=4)
    found = proportional_odds(y, x, arm, arms=3, pair=pair, by=BY_SCORE)
    for r in range(12):
        used = (1, 0) if pair else (1, 2, 0)
        there = np.isin(arm[r], used) & ~np.isnan(y[r])
        covariates = (x[r][there] - x[r][there].mean(0)) / x[r][there].std(0)
        design = np.column_stack([covariates, *(arm[r][there] == k for k in used[:-1])]).astype(float)
        slow = slow_score(y[r][there], design, len(used) - 1)
        agrees(found.statistic[r] ** 2 if pair else found.statistic[r], slow, rtol=2e-5)


def test_every_value_may_be_a_score():
    """A continuous outcome: any increasing function of it has the same numbers."""
    rng = np.random.default_rng(5)
    arm = np.repeat(np.array([[0, 1]], np.int8), 30, axis=1)
    y = rng.normal(size=(1, 60)) + arm
    x = rng.normal(size=(1, 60, 1))
    plain, moved = (
        proportional_odds(y, x, arm, arms=2, pair=(1, 0)),
        proportional_odds(np.exp(y), x, arm, arms=2, pair=(1, 0)),
    )
    assert plain.p[0] == moved.p[0]
    assert plain.status[0] == rows.OK
    score = proportional_odds(y, None, arm, arms=2, pair=(1, 0), by=BY_SCORE)
    ranked = stats.kruskal(y[arm == 1], y[arm == 0])
    agrees(score.statistic[0] ** 2, ranked.statistic * 60 / 59)


# ---------------------------------------------------------------- without an estimate


def endless(y, design):
    """Whether some direction moves nobody away from the own score and somebody toward it: a linear program."""
    score = np.unique(y, return_inverse=True)[1]
    cuts, lines = score.max(), []
    for k, line in zip(score, design, strict=True):
        for cut, way in ((k, 1), (k + 1, -1)):
            if 1 <= cut <= cuts:
                lines.append(way * np.r_[np.arange(1, cuts + 1) == cut, line])
    lines = np.array(lines)
    best = optimize.linprog(-lines.sum(0), A_ub=-lines, b_ub=np.zeros(len(lines)), bounds=(-1, 1), method="highs")
    return -best.fun > 1e-7


def test_separated_is_what_a_linear_program_finds():
    y, x, arm = made(150, 16, top=2, seed=2, effect=2.5)
    wald, ratio, score = (
        proportional_odds(y, x, arm, arms=3, pair=(1, 0), by=by) for by in (BY_WALD, BY_LIKELIHOOD_RATIO, BY_SCORE)
    )
    seen = 0
    for r in range(len(y)):
        if wald.status[r] in (rows.EMPTY_ARM, rows.SINGULAR, rows.NO_VARIANCE):
            continue
        there = np.isin(arm[r], (0, 1)) & ~np.isnan(y[r])
        design = np.column_stack([x[r][there], arm[r][there] == 1]).astype(float)
        design = design[:, np.ptp(design, axis=0) > 0]
        apart = endless(y[r][there], (design - design.mean(0)) / design.std(0))
        assert (wald.status[r] == rows.SEPARATED) == apart, r
        if apart:
            assert ratio.status[r] == rows.OK
            assert np.isfinite(ratio.p[r])
            assert np.isnan([ratio.estimate[r], ratio.se[r], ratio.low[r], ratio.high[r]]).all()
            assert np.isnan(score.estimate[r])
        seen += apart
    assert seen > 30
    assert set(wald.status) <= {rows.OK, rows.SEPARATED, rows.EMPTY_ARM, rows.SINGULAR, rows.NO_VARIANCE}


def test_the_limit_of_a_separated_likelihood():
    """Every score of arm 1 above all of arm 0, but for one they share: the likelihood at its limit, by hand."""
    y = np.array([[0, 0, 0, 1, 1, 2, 2, 2.0]])
    arm = np.array([[0, 0, 0, 0, 1, 1, 1, 1]], np.int8)
    found = proportional_odds(y, None, arm, arms=2, pair=(1, 0))
    apart = 3 * np.log(3 / 4) + np.log(1 / 4)  # each arm alone, as the cuts of the other no longer matter
    together = 3 * np.log(3 / 8) * 2 + 2 * np.log(2 / 8)
    agrees(found.statistic[0] ** 2, 2 * (2 * apart - together), rtol=1e-8)
    assert found.statistic[0] > 0
    assert np.isnan(found.estimate[0])


@pytest.mark.parametrize(
    ("by", "status"), [(BY_LIKELIHOOD_RATIO, rows.OK), (BY_SCORE, rows.OK), (BY_WALD, rows.NO_VARIANCE)]
)
@pytest.mark.parametrize("pair", [(1, 0), None])
def test_nothing_varies(by, status, pair):
    y, arm = np.full((1, 12), 3.0), np.array([[0, 1, 2] * 4], np.int8)
    found = proportional_odds(y, None, arm, arms=3, pair=pair, by=by)
    assert found.status[0] == status
    assert np.isnan(found.estimate[0])
    assert found.p[0] == 1.0 if status == rows.OK else np.isnan(found.p[0])


def test_empty_arms_and_confounded_covariates():
    y, arm = np.array([[0.0, 1, 2, 1, 0, 2]]), np.array([[0, 0, 0, 1, 1, 1]], np.int8)
    alone = proportional_odds(y, None, np.zeros_like(arm), arms=2, pair=(1, 0))
    assert alone.status[0] == rows.EMPTY_ARM
    assert alone.n[0] == 6
    confounded = proportional_odds(y, 1.0 * arm[..., None], arm, arms=2, pair=(1, 0))
    assert confounded.status[0] == rows.SINGULAR
    constant = proportional_odds(y, np.full((1, 6, 1), 5.0), arm, arms=2, pair=(1, 0))
    agrees(constant.p[0], proportional_odds(y, None, arm, arms=2, pair=(1, 0)).p[0])
    one = proportional_odds(y[:, 2:4], None, arm[:, 2:4], arms=2, pair=(1, 0))
    assert one.status[0] == rows.OK  # one participant each: separated, and the likelihood ratio has a p
    assert np.isnan(one.estimate[0])


def test_sides():
    y, x, arm = made(40, 60)
    both, up, down = (
        proportional_odds(y, x, arm, arms=3, pair=(1, 0), alternative=side) for side in ("two-sided", "greater", "less")
    )
    agrees(up.p + down.p, 1.0)
    agrees(2 * np.minimum(up.p, down.p), both.p)
    turned = proportional_odds(y, x, arm, arms=3, pair=(0, 1), alternative="less")
    agrees(turned.p, up.p)
    agrees(turned.estimate, -up.estimate)
    mirrored = proportional_odds(-y, x, arm, arms=3, pair=(1, 0))
    agrees(mirrored.estimate, -both.estimate)
