"""Models of repeated values against lme4, lmerTest, pbkrtest and nlme, and against a slow form; SAS: test_sas.py.

R's numbers are printed by tests/reference/r/mixed.R. lme4 and nlme stop before the last digits: 1e-6 for lme4; 3e-5 for nlme's
unstructured covariance, whose minimizer stops earliest, and where the slow form has the last word (1e-7).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.slow_reml import autoregressive, slow_reml, unstructured
from trialsim.analysis import rows
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.methods.linear import ancova
from trialsim.analysis.methods.mmrm import STRUCTURES
from trialsim.analysis.reml.contrasts import f_test, t_test
from trialsim.analysis.reml.model import CovarianceModel, MeansModel, fit
from trialsim.analysis.reml.structures import AUTOREGRESSIVE, COMPOUND, SLOPES, UNSTRUCTURED

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r" / "mixed.json").read_text(encoding="utf-8"))


def agrees(ours, theirs, rtol=1e-6):
    assert np.size(theirs) > 0
    np.testing.assert_allclose(np.ravel(np.array(ours, float)), np.ravel(np.array(theirs, float)), rtol=rtol)


def of_r(one):
    """Values, covariates and arms of a trial of R."""
    return np.array([one["y"]], float), np.array([one["x"]], float), np.array([one["arm"]], np.int8)


def asked(y, x, arm, visits, covariance, *, means=None, **options):
    """One contrast of arms 1 and 0, or several."""
    hours = tuple(float(k) for k in range(y.shape[2]))
    fits = fit(
        y, x, arm, arms=int(arm.max()) + 1, pair=(1, 0), means=means or MeansModel(hours), covariance=covariance,
        visits=np.atleast_2d(np.array(visits, float)),
    )  # fmt: skip
    if len(fits.estimate[0]) > 1:
        return f_test(fits, adjusted=covariance.adjust)
    return t_test(fits, **options)


def numbers(found, *names):
    return [getattr(found, name)[0] for name in names]


def test_the_fixture_names_its_versions():
    assert all(R["versions"][name] for name in ("R", "lme4", "lmerTest", "pbkrtest", "nlme"))


@pytest.mark.parametrize("one", R["mixed"])
@pytest.mark.parametrize("df", ["satterthwaite", "kr"])
def test_lmertest_and_pbkrtest(one, df):
    y, x, arm = of_r(one)
    means = MeansModel(tuple(one["hours"]), linear=one["linear"], by_visit=1)
    structure = SLOPES if one["slopes"] else COMPOUND
    covariance = CovarianceModel(structure, bounded=True, adjust=df == "kr", by_expected=True)
    ours = asked(y, x, arm, one["w"], covariance, means=means)
    agrees(numbers(ours, "estimate", "se", "df"), one[df])
    assert ours.status[0] == (rows.BOUNDARY if one["singular"] else rows.OK)
    if one["joint"]:
        steps = np.eye(y.shape[2])[1:] - np.eye(y.shape[2])[:-1]
        agrees(numbers(asked(y, x, arm, steps, covariance, means=means), "statistic", "df", "p"), one["joint"][df])


def test_lme4_has_trials_at_the_edge_and_inside():
    kinds = {(one["slopes"], one["singular"]) for one in R["mixed"]}
    assert len(kinds) == 4


@pytest.mark.parametrize("one", R["mmrm"])
def test_gls(one):
    y, x, arm = of_r(one)
    means = MeansModel(tuple(one["hours"]), by_visit=1)
    ours = asked(y, x, arm, one["w"], CovarianceModel(STRUCTURES[one["covariance"]]), means=means)
    agrees(numbers(ours, "estimate", "se"), [one["estimate"], one["se"]], rtol=3e-5)


@pytest.mark.parametrize("one", R["clda"])
def test_gls_with_one_mean_at_baseline(one):
    y, x, arm = of_r(one)
    means = MeansModel(tuple(one["hours"]), shared=1)
    last = np.eye(y.shape[2])[-1]
    ours = asked(y, x[:, :, 1:], arm, last, CovarianceModel(STRUCTURES[one["covariance"]]), means=means)
    agrees(numbers(ours, "estimate", "se"), [one["estimate"], one["se"]], rtol=5e-5)


# ---------------------------------------------------------------- the slow form


def make(replicates, participants, visits, seed, missing=0.15):
    """Values (R, N, V) that vary together, one covariate, two arms and empty places."""
    rng = np.random.default_rng(seed)
    root = np.tril(rng.normal(size=(visits, visits)) * 0.5) + np.eye(visits)
    y = 30.0 + rng.normal(size=(replicates, participants, visits)) @ root.T
    arm = rng.choice(np.array([-1, 0, 1], np.int8), (replicates, participants), p=[0.04, 0.5, 0.46])
    y = np.round(y + 0.4 * arm[:, :, None] * np.arange(visits), 2)
    y[rng.random(y.shape) < missing] = np.nan
    x = rng.normal(size=(replicates, participants, 1))
    x[rng.random(x.shape) < 0.02] = np.nan
    return y, x, arm


def slowly(y, x, arm, covariance, start):
    """The difference at the last visit, adjusted for a covariate with a slope at each visit."""
    visits = y.shape[1]
    who = (arm >= 0) & ~np.isnan(x[:, 0]) & ~np.isnan(y).all(axis=1)
    design = [np.kron([1.0, float(k), one[0]], np.eye(visits)) for k, one in zip(arm[who], x[who], strict=True)]
    contrast = np.zeros(3 * visits)
    contrast[2 * visits - 1] = 1.0
    return slow_reml(list(y[who]), design, covariance, start, contrast)


@pytest.mark.parametrize("r", range(4))
def test_an_unstructured_covariance_equals_the_slow_form(r):
    y, x, arm = make(4, 40, 3, 5)
    means = MeansModel((0.0, 1.0, 2.0), by_visit=1)
    ours = asked(y, x, arm, [0, 0, 1], CovarianceModel(UNSTRUCTURED), means=means)
    judge = slowly(y[r], x[r], arm[r], unstructured(3), np.array([1.5, 0.2, 1.5, 0.1, 0.2, 1.5]))
    agrees([ours.estimate[r], ours.se[r], ours.df[r]], judge[:3], rtol=1e-6)


@pytest.mark.parametrize("r", range(4))
def test_an_autoregressive_covariance_equals_the_slow_form(r):
    y, x, arm = make(4, 40, 4, 6)
    means = MeansModel((0.0, 1.0, 2.0, 3.0), by_visit=1)
    ours = asked(y, x, arm, [0, 0, 0, 1], CovarianceModel(AUTOREGRESSIVE), means=means)
    judge = slowly(y[r], x[r], arm[r], autoregressive(4), np.array([1.5, 0.3]))
    agrees([ours.estimate[r], ours.se[r], ours.df[r]], judge[:3], rtol=1e-6)


def test_a_planted_fault_is_seen():
    """Kenward and Roger's error in place of Satterthwaite's, and a covariance of another structure."""
    y, x, arm = make(1, 40, 3, 5)
    means = MeansModel((0.0, 1.0, 2.0), by_visit=1)
    right, *wrong = (
        asked(y, x, arm, [0, 0, 1], one, means=means)
        for one in (
            CovarianceModel(UNSTRUCTURED),
            CovarianceModel(UNSTRUCTURED, adjust=True),
            CovarianceModel(COMPOUND),
        )
    )
    for one in wrong:
        assert abs(one.se[0] / right.se[0] - 1) > 1e-3


# ---------------------------------------------------------------- without missing values


def test_complete_trials_have_closed_forms():
    """Unstructured: ANCOVA at the visit. Random intercept: a t-test of the participants' means. Slopes: one of their slopes."""
    y, x, arm = make(50, 40, 4, 7, missing=0.0)
    x = np.nan_to_num(x)
    hours = (0.0, 1.0, 2.5, 7.0)
    ours = asked(y, x, arm, [0, 0, 0, 1], CovarianceModel(UNSTRUCTURED), means=MeansModel(hours, by_visit=1))
    judge = ancova(cross_moments(y[:, :, 3], x, arm, arms=2), a=1, b=0)
    for name in ("estimate", "se", "df", "p", "low", "high", "n"):
        agrees(getattr(ours, name), getattr(judge, name), rtol=1e-7)
    t = np.array(hours) - np.mean(hours)
    for visits, covariance, linear in (
        (np.full(4, 0.25), CovarianceModel(COMPOUND), False),
        (t / (t @ t), CovarianceModel(SLOPES), True),
    ):
        ours = asked(y, x[:, :, :0], arm, visits, covariance, means=MeansModel(hours, linear=linear))
        for r in range(20):
            groups = [y[r][arm[r] == k] @ visits for k in (1, 0)]
            agrees([ours.statistic[r], ours.p[r]], list(stats.ttest_ind(*groups)), rtol=1e-6)
            assert ours.df[r] == pytest.approx((arm[r] >= 0).sum() - 2, rel=1e-6)


# ---------------------------------------------------------------- properties


@pytest.mark.parametrize("structure", [COMPOUND, AUTOREGRESSIVE, UNSTRUCTURED])
def test_shifts_scales_and_the_order_of_arms_do_not_matter(structure):
    y, x, arm = make(30, 40, 3, 8)
    means, last = MeansModel((0.0, 1.0, 2.0), by_visit=1), [0, 0, 1]
    first = asked(y, x, arm, last, CovarianceModel(structure), means=means)
    moved = asked(1e6 + 1000 * y, 5 + x / 7, arm, last, CovarianceModel(structure), means=means)
    turned = asked(y, x, np.where(arm < 0, arm, 1 - arm).astype(np.int8), last, CovarianceModel(structure), means=means)
    agrees(moved.estimate, 1000 * first.estimate)
    agrees([moved.df, moved.p], [first.df, first.p])
    agrees([-turned.estimate, turned.se, turned.df], [first.estimate, first.se, first.df])


def test_sides_and_margins():
    y, x, arm = make(30, 40, 3, 9)
    how = {"covariance": CovarianceModel(COMPOUND, bounded=True), "visits": [0, 0, 1]}
    both, up, down = (asked(y, x, arm, **how, null=0.3, alternative=side) for side in ("two-sided", "greater", "less"))
    agrees(np.minimum(up.p, down.p) * 2, both.p, rtol=1e-9)
    agrees(up.p + down.p, np.ones(30), rtol=1e-12)
    agrees(both.statistic, (both.estimate - 0.3) / both.se, rtol=1e-12)
    agrees(
        [up.low, down.high],
        [both.estimate + q * both.se for q in (stats.t.ppf(0.05, both.df), stats.t.ppf(0.95, both.df))],
    )


def test_a_third_arm_is_in_the_model_and_does_not_change_what_is_compared():
    """The mean of the third arm at a visit without any value of it is left out."""
    y, x, arm = make(20, 60, 3, 10)
    arm = np.where((arm == 1) & (np.arange(60) % 3 == 0), 2, arm).astype(np.int8)
    y[:, :, 2][arm == 2] = np.nan
    ours = asked(y, x, arm, [0, 0, 1], CovarianceModel(UNSTRUCTURED))
    assert (ours.status == rows.OK).all()
    assert (ours.n < (arm >= 0).sum(axis=1)).all()


# ---------------------------------------------------------------- what cannot be analyzed


def one_trial(visits=3, participants=12):
    y, _, _ = make(1, participants, visits, 11, missing=0.0)
    return y, np.empty((1, participants, 0)), (np.arange(participants)[None] % 2).astype(np.int8)


EVERY = [
    CovarianceModel(COMPOUND, bounded=True),
    CovarianceModel(COMPOUND),
    CovarianceModel(UNSTRUCTURED),
    CovarianceModel(AUTOREGRESSIVE, adjust=True),
    CovarianceModel(SLOPES, bounded=True),
]


@pytest.mark.parametrize("covariance", EVERY)
def test_nothing_varies(covariance):
    y, x, arm = one_trial()
    calm = asked(np.full_like(y, 7.3), x, arm, [0, 0, 1], covariance)
    assert (calm.status[0], calm.estimate[0], calm.p[0]) == (rows.OK, 0.0, 1.0)
    assert np.isnan([calm.low[0], calm.high[0]]).all()
    apart = asked(np.full_like(y, 7.3) + arm[:, :, None], x, arm, [0, 0, 1], covariance)
    assert apart.status[0] == rows.NO_VARIANCE
    assert np.isnan(apart.p[0])
    steps = [[-1, 1, 0], [0, -1, 1]]
    assert asked(np.full_like(y, 7.3), x, arm, steps, covariance).p[0] == 1.0


@pytest.mark.parametrize("covariance", EVERY)
def test_an_arm_without_a_value_where_the_contrast_looks(covariance):
    y, x, arm = one_trial()
    lost = y.copy()
    lost[0, arm[0] == 0, 2] = np.nan
    assert asked(lost, x, arm, [0, 0, 1], covariance).status[0] == rows.EMPTY_ARM
    assert asked(lost, x, arm, [1 / 3, 1 / 3, 1 / 3], covariance).status[0] == rows.EMPTY_ARM
    assert asked(lost, x, np.zeros_like(arm) + 1, [0, 0, 1], covariance).status[0] == rows.EMPTY_ARM


@pytest.mark.parametrize("covariance", EVERY)
def test_too_few(covariance):
    y, x, arm = one_trial(participants=2)
    assert asked(y, x, arm, [0, 0, 1], covariance).status[0] == rows.TOO_FEW


def test_fewer_participants_than_visits_have_no_unstructured_covariance():
    y, x, arm = one_trial(visits=5, participants=6)
    assert asked(y, x, arm, [0, 0, 0, 0, 1], CovarianceModel(UNSTRUCTURED)).status[0] == rows.TOO_FEW
    assert asked(y, x, arm, [0, 0, 0, 0, 1], CovarianceModel(COMPOUND)).status[0] == rows.OK


def test_a_covariate_that_is_the_arm_and_one_that_is_constant():
    y, _, arm = one_trial()
    same = asked(y, arm[:, :, None].astype(float), arm, [0, 0, 1], CovarianceModel(COMPOUND))
    assert same.status[0] == rows.SINGULAR
    calm = asked(y, np.full((1, 12, 1), 4.0), arm, [0, 0, 1], CovarianceModel(COMPOUND))
    agrees(calm.se, asked(y, np.empty((1, 12, 0)), arm, [0, 0, 1], CovarianceModel(COMPOUND)).se, rtol=1e-12)


def test_a_visit_at_which_nothing_varies_does_not_converge():
    """The variance of that visit is 0, and an unstructured covariance has no likelihood there."""
    y, x, arm = one_trial()
    y[:, :, 1] = 3.0
    found = asked(y, x, arm, [0, 0, 1], CovarianceModel(UNSTRUCTURED))
    assert found.status[0] == rows.NOT_CONVERGED
    assert np.isnan([found.p[0], found.estimate[0], found.se[0]]).all()


def test_visits_that_nobody_has_together_do_not_converge():
    y, x, arm = one_trial()
    y[0, :6, 2] = y[0, 6:, 1] = np.nan
    assert asked(y, x, arm, [0, 0, 1], CovarianceModel(UNSTRUCTURED)).status[0] == rows.NOT_CONVERGED


def test_a_negative_correlation_is_an_edge_only_for_a_random_intercept():
    y, x, arm = make(1, 40, 2, 12, missing=0.0)
    y[:, :, 1] = 60 - y[:, :, 0] + 0.1 * y[:, :, 1]
    x = x[:, :, :0]
    edge = asked(y, x, arm, [0, 1], CovarianceModel(COMPOUND, bounded=True))
    free = asked(y, x, arm, [0, 1], CovarianceModel(COMPOUND))
    assert (edge.status[0], free.status[0]) == (rows.BOUNDARY, rows.OK)
    groups = (arm >= 0).sum() * 2 - 4
    assert edge.df[0] == groups
    assert np.isfinite(edge.p[0])


def test_too_many_visits_are_refused():
    y, x, arm = np.zeros((1, 4, 63)), np.empty((1, 4, 0)), np.zeros((1, 4), np.int8)
    with pytest.raises(ValueError, match="63 visits"):
        asked(y, x, arm + np.int8([0, 1, 0, 1]), np.ones(63) / 63, CovarianceModel(COMPOUND))
