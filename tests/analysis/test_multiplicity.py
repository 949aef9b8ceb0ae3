"""Adjusted p-values against statsmodels; Dunnett against tables, scipy.integrate and the published example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests

from trialsim.analysis.methods import dunnett as dunnett_file
from trialsim.analysis.methods.dunnett import dunnett, dunnett_critical
from trialsim.analysis.methods.means import anova_pair
from trialsim.analysis.moments import moments
from trialsim.analysis.multiplicity import adjust

JUDGES = {"bonferroni": "bonferroni", "holm": "holm", "hochberg": "simes-hochberg"}


@pytest.mark.parametrize("method", JUDGES)
@pytest.mark.parametrize("m", [1, 2, 5])
def test_adjusting_equals_statsmodels(method, m):
    p = np.random.default_rng(1).random((9, m)) ** 3
    p[::3] = np.round(p[::3], 1)
    judge = [multipletests(row, method=JUDGES[method])[1] for row in p]
    np.testing.assert_allclose(adjust(p, method), judge, rtol=1e-14)


@pytest.mark.parametrize("method", JUDGES)
def test_a_comparison_not_made_counts_as_one(method):
    p = np.array([[0.01, np.nan, 0.03], [np.nan, np.nan, np.nan]])
    full = adjust(np.nan_to_num(p, nan=1.0), method)
    ours = adjust(p, method)
    assert np.isnan(ours).tolist() == np.isnan(p).tolist()
    assert ours[0, [0, 2]].tolist() == full[0, [0, 2]].tolist()


def test_holm_is_not_hochberg_and_the_comparison_sees_it():
    p = np.array([[0.03, 0.04]])
    assert adjust(p, "holm").tolist() == [[0.06, 0.06]]
    assert adjust(p, "hochberg").tolist() == [[0.04, 0.04]]
    assert adjust(p, "none").tolist() == p.tolist()


@pytest.mark.parametrize(
    ("m", "df", "side", "table"),
    [
        (2, 96, "two-sided", 2.245),
        (2, 30, "two-sided", 2.321),
        (3, 10, "greater", 2.338),
        (5, 30, "greater", 2.335),
    ],
)
def test_critical_values_of_the_tables(m, df, side, table):
    ours = dunnett_critical(df, np.ones(m + 1, int), alternative=side)
    assert abs(ours - table) <= 0.0005 + 1e-9


def slow_dunnett(t, df, n, two_sided):
    """The double integral, written as it is defined, by adaptive quadrature."""
    lam = np.sqrt(np.array(n[1:]) / (np.array(n[1:]) + n[0]))

    def given(z, s):
        upper = stats.norm.cdf((t * s + lam * z) / np.sqrt(1 - lam**2))
        lower = stats.norm.cdf((-t * s + lam * z) / np.sqrt(1 - lam**2)) if two_sided else 0.0
        density = stats.norm.pdf(z) * stats.chi2.pdf(df * s * s, df) * 2 * df * s
        return np.prod(upper - lower) * density

    high = np.sqrt(stats.chi2.isf(1e-13, df) / df)
    return 1.0 - integrate.dblquad(given, 0.0, high, -8.0, 8.0, epsabs=1e-9, epsrel=1e-9)[0]


@pytest.mark.parametrize(("n", "df"), [((9, 6, 14), 26.0), ((4, 20), 5.0)])
@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_p_equals_adaptive_quadrature(n, df, side):
    t = 2.1
    statistics = np.array([[t] + [0.3] * (len(n) - 2)])
    ours = dunnett(statistics, np.array([df]), np.array([n]), alternative=side)[0, 0]
    assert ours == pytest.approx(slow_dunnett(t, df, n, side == "two-sided"), abs=5e-8)


def test_one_comparison_is_the_t_test():
    t = np.linspace(-4.0, 4.0, 33)[:, None]
    n, df = np.tile([8, 11], (33, 1)), np.full(33, 17.0)
    np.testing.assert_allclose(dunnett(t, df, n)[:, 0], 2 * stats.t.sf(abs(t[:, 0]), 17), atol=2e-9)
    np.testing.assert_allclose(dunnett(t, df, n, alternative="less")[:, 0], stats.t.cdf(t[:, 0], 17), atol=2e-9)


def test_blood_counts_of_dunnett():
    """Blood counts, control and two drugs: t .85703, 3.69375; p .6201020, .0058254 (multcomp)."""
    values = [7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36, 12.80, 9.68, 12.16, 9.20, 10.55]
    arm = np.array([[0] * 6 + [1] * 4 + [2] * 5], np.int8)
    m = moments(np.array([values]), arm, arms=3)
    t = np.stack([anova_pair(m, a=k, b=0).statistic for k in (1, 2)], axis=1)
    np.testing.assert_allclose(t[0], [0.85703, 3.69375], atol=5e-6)
    p = dunnett(t, np.array([12.0]), m.n)
    np.testing.assert_allclose(p[0], [0.6201020, 0.0058254], atol=5e-8)


@pytest.mark.parametrize("side", ["two-sided", "greater"])
@pytest.mark.parametrize("df", [3.0, 12.0, 96.0])
def test_interpolating_equals_integrating(side, df):
    t = np.random.default_rng(2).normal(size=200) * 3.0
    t, two_sided = (np.abs(t), True) if side == "two-sided" else (t, False)
    lam = dunnett_file.loadings(np.array([33, 30, 12]))
    table = dunnett_file._interpolated(t, df, lam, two_sided=two_sided)
    np.testing.assert_allclose(table, dunnett_file._inside(t, df, lam, two_sided=two_sided), atol=1e-9)


@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_a_replicate_does_not_depend_on_its_batch(side):
    """Equal arms (interpolated) and others (integrated), many and few of a kind: the same bytes alone."""
    rng = np.random.default_rng(3)
    t, n = rng.normal(size=(300, 2)) * 2.0, np.full((300, 3), 33)
    t[7] = 11.0
    n[150:] -= rng.integers(0, 3, (150, 3))
    df = n.sum(axis=1) - 3.0
    together = dunnett(t, df, n, alternative=side)
    for size in (1, 40):
        parts = [
            dunnett(t[i : i + size], df[i : i + size], n[i : i + size], alternative=side) for i in range(0, 300, size)
        ]
        assert np.concatenate(parts).tobytes() == together.tobytes()


def test_a_missing_arm_leaves_the_family():
    t, df = np.array([[2.2, np.nan], [np.nan, np.nan]]), np.array([20.0, np.nan])
    p = dunnett(t, df, np.array([[11, 11, 0], [0, 11, 11]]))
    assert p[0, 0] == pytest.approx(2 * stats.t.sf(2.2, 20), abs=2e-9)
    assert np.isnan(p).tolist() == [[False, True], [True, True]]


def test_familywise_error_is_five_percent():
    """20,000 null trials of 3 x 12: .05 within 5 standard errors (.0077; false alarm 6e-7); unadjusted t gives .092."""
    rng = np.random.default_rng(5)
    arm = np.tile(np.repeat(np.arange(3, dtype=np.int8), 12), (20_000, 1))
    m = moments(rng.normal(size=arm.shape), arm, arms=3)
    pairs = [anova_pair(m, a=k, b=0) for k in (1, 2)]
    p = dunnett(np.stack([pair.statistic for pair in pairs], axis=1), pairs[0].df, m.n)
    bound = 5 * np.sqrt(0.05 * 0.95 / 20_000)
    assert abs((p <= 0.05).any(axis=1).mean() - 0.05) < bound
    raw = np.stack([pair.p for pair in pairs], axis=1)
    assert abs((raw <= 0.05).any(axis=1).mean() - 0.05) > bound


def test_forgetting_the_allocation_is_seen():
    """Planted fault: equal arms assumed where the control is three times as large."""
    t, df = np.array([[2.1, 0.2]]), np.array([26.0])
    wrong = dunnett(t, df, np.array([[10, 10, 10]]))[0, 0]
    right = slow_dunnett(2.1, 26.0, (18, 6, 6), two_sided=True)
    assert abs(wrong - right) > 1e-4
