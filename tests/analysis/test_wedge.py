"""The mixed model of a stepped wedge against whole matrices and published numbers, and what is said where it cannot be fitted."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.slow_wedge import columns, slow_wedge
from trialsim.analysis.methods.wedge import fitted, gls_variance, wedge_mixed
from trialsim.analysis.rows import EMPTY_ARM, NO_VARIANCE, OK, SINGULAR, TOO_FEW, TOO_FEW_CLUSTERS
from trialsim.prepared import prepare, warnings_of
from trialsim.scenario import load
from trialsim.scenario.change import change

PLAIN = Path(__file__).parents[1] / "kinds" / "wedge.yaml"
Floats = np.ndarray
TWO = {"a": 1, "b": 0}


def trial(random: np.random.Generator, *, covariate: bool, size: int = 70) -> tuple[Floats, ...]:
    """Values, covariates, arm, site and period of one trial of cells of different sizes, with missing values and ties."""
    sites, periods = int(random.integers(3, 8)), int(random.integers(3, 6))
    site, period = random.integers(0, sites, size), random.integers(0, periods, size)
    step = 1 + random.permutation(sites) * (periods - 1) // sites
    arm = (period >= step[site]).astype(np.int8)
    x = random.normal(size=(size, 1 if covariate else 0))
    y = 0.7 * random.normal(size=sites)[site] + random.normal(size=(sites, periods))[site, period] * random.choice(
        [0, 0.5]
    )
    y = np.round(y + random.normal(size=size) + 0.3 * arm + 0.2 * period + x.sum(axis=1), 1)
    y[random.random(size) < 0.1] = np.nan
    return y, x, arm, site, period


def compared(random: np.random.Generator, count: int) -> list[tuple[float, ...]]:
    """Relative differences from whole matrices: estimate, SE, df, Kenward and Roger's SE, variances."""
    found = []
    for number in range(count):
        y, x, arm, site, period = trial(random, covariate=number % 2 == 1)
        there = ~np.isnan(y)
        if not 0 < arm[there].mean() < 1:
            continue
        for site_periods in (False, True):
            args = (y[None], x[None], arm[None], site[None], period[None])
            rest = {**TWO, "site_periods": site_periods, "null": 0.0, "alternative": "two-sided", "level": 0.95}
            (plain, variances), (kr, _) = (fitted(*args, kenward_roger=one, **rest) for one in (False, True))
            if plain.status[0] == SINGULAR:
                continue
            assert plain.status[0] == OK
            design = columns(period[there], arm[there].astype(float), *x[there].T)
            slow = slow_wedge(y[there], design, site[there], period[there], site_periods=site_periods)
            pairs = [
                (plain.estimate[0], slow.estimate),
                (plain.se[0], slow.se),
                (plain.df[0], slow.df),
                (kr.se[0], slow.se_kr),
            ]
            assert kr.df[0] == plain.df[0]
            found.append((*(abs(a / b - 1) for a, b in pairs), float(np.abs(variances[0] - slow.variances).max())))
    return found


def test_everything_is_that_of_whole_matrices() -> None:
    """Ten data sets, each with two models; another test has 200."""
    assert np.max(compared(np.random.default_rng(2), 10), axis=0).max() < 1e-8


@pytest.mark.verify
def test_much_more_is_that_of_whole_matrices() -> None:
    found = compared(np.random.default_rng(3), 200)
    assert len(found) > 380
    assert np.max(found, axis=0).max() < 1e-8


@pytest.mark.verify
def test_the_estimate_is_that_of_statsmodels() -> None:
    """Its optimizer does not always arrive, and its standard error has other parts: the middle of the differences is judged."""
    import pandas as pd
    from statsmodels.formula.api import mixedlm

    random, off = np.random.default_rng(4), []
    for _ in range(30):
        y, _, arm, site, period = trial(random, covariate=False)
        row = wedge_mixed(
            y[None], np.empty((1, len(y), 0)), arm[None], site[None], period[None], **TWO, site_periods=False
        )
        data = pd.DataFrame({"y": y, "arm": arm.astype(float), "site": site, "period": period}).dropna()
        if row.status[0] != OK or data["period"].nunique() < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = mixedlm("y ~ C(period) + arm", data, groups="site").fit(reml=True)
        off.append(abs(fit.params["arm"] - row.estimate[0]))
    assert np.median(off) < 1e-5


# ---------------------------------------------------------------- published numbers


def wedge(sites: int, at_once: int) -> np.ndarray:
    return np.arange(sites // at_once + 1) >= (1 + np.arange(sites) // at_once)[:, None]


def hussey_hughes(crossed: np.ndarray, size: float, icc: float) -> float:
    """Equation 8 of Hussey and Hughes 2007, of a total variance of 1."""
    x = crossed.astype(float)
    sites, periods = x.shape
    between, within = icc, (1.0 - icc) / size
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    above = sites * within * (within + periods * between)
    return above / ((sites * u - w) * within + (u**2 + sites * periods * u - periods * w - sites * v) * between)


def hooper(sites: int, steps: int, size: float, icc: float, cac: float) -> float:
    """Hooper et al. 2016: the design effects of clusters and of repeated periods, of equal groups of sites at each step."""
    r = size * icc * cac / (1.0 + (size - 1.0) * icc)  # the correlation of the means of a site in two periods
    repeated = 3.0 * steps * (1.0 - r) * (1.0 + steps * r) / ((steps**2 - 1.0) * (2.0 + steps * r))
    return 4.0 / (sites * size) * (1.0 + (size - 1.0) * icc) * repeated


@pytest.mark.parametrize(("cac", "se", "power"), [(1.0, 0.15016, 0.7592), (0.8, 0.15119, 0.7536)])
def test_published_standard_errors_and_powers(cac: float, se: float, power: float) -> None:
    """12 sites, 6 steps of 2, 5 in a cell, total SD 1, ICC .05, effect .4."""
    from statistics import NormalDist

    found = math.sqrt(gls_variance(np.full((12, 7), 5.0), wedge(12, 2), icc=0.05, cac=cac))
    assert round(found, 5) == se
    assert round(NormalDist().cdf(0.4 / found - NormalDist().inv_cdf(0.975)), 4) == power


@pytest.mark.parametrize("icc", [0.01, 0.05, 0.3])
@pytest.mark.parametrize(("sites", "at_once", "size"), [(12, 2, 5.0), (8, 2, 30.0), (6, 1, 2.0)])
def test_cells_of_one_size_give_equation_8_of_hussey_and_hughes(
    sites: int, at_once: int, size: float, icc: float
) -> None:
    crossed = wedge(sites, at_once)
    found = gls_variance(np.full(crossed.shape, size), crossed, icc=icc, cac=1.0)
    assert found == pytest.approx(hussey_hughes(crossed, size, icc), rel=1e-10)


@pytest.mark.parametrize("cac", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize(("sites", "at_once", "size"), [(12, 2, 5.0), (8, 2, 30.0), (6, 1, 2.0)])
def test_cells_of_one_size_give_the_design_effects_of_hooper(sites: int, at_once: int, size: float, cac: float) -> None:
    crossed = wedge(sites, at_once)
    found = gls_variance(np.full(crossed.shape, size), crossed, icc=0.05, cac=cac)
    assert found == pytest.approx(hooper(sites, sites // at_once, size, 0.05, cac), rel=1e-10)


def test_cells_without_participants_are_left_out() -> None:
    crossed = wedge(12, 2)
    size = np.full(crossed.shape, 5.0)
    size[:, 0] = 0.0  # the first period, in which everybody is control, tells how sites differ
    full = gls_variance(np.full(crossed.shape, 5.0), crossed, icc=0.05, cac=1.0)
    assert full < gls_variance(size, crossed, icc=0.05, cac=1.0) < 1.5 * full
    size[:, 1:] = 0.0
    assert math.isnan(gls_variance(size, crossed, icc=0.05, cac=1.0))


# ---------------------------------------------------------------- where nothing can be fitted


def status(y: object, arm: object, site: object, period: object) -> tuple[int, float, float]:
    one = [np.array([part]) for part in (y, arm, site, period)]
    rows = wedge_mixed(
        one[0].astype(float),
        np.empty((1, one[0].shape[1], 0)),
        one[1].astype(np.int8),
        *one[2:],
        **TWO,
        site_periods=True,
    )
    return int(rows.status[0]), float(rows.estimate[0]), float(rows.p[0])


SITE, PERIOD, ARM = [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0, 0, 0]


def test_nothing_varies() -> None:
    found, estimate, p = status([3.0] * 8, ARM, SITE, PERIOD)
    assert (found, estimate, p) == (OK, 0.0, 1.0)
    found, _, p = status([3.0 + 2 * one for one in ARM], ARM, SITE, PERIOD)
    assert found == NO_VARIANCE
    assert math.isnan(p)


@pytest.mark.parametrize(
    ("arm", "site", "period", "expected"),
    [
        ([0] * 8, SITE, PERIOD, EMPTY_ARM),
        ([0, 0, 1, 1, 0, 0, 1, 1], SITE, PERIOD, SINGULAR),
        (ARM, [0] * 8, [0, 0, 1, 1, 0, 0, 1, 1], TOO_FEW_CLUSTERS),
    ],
)
def test_what_has_no_estimate_says_why(arm: list[int], site: list[int], period: list[int], expected: int) -> None:
    found, _, p = status([1.0, 2, 3, 5, 4, 4, 6, 9], arm, site, period)
    assert found == expected
    assert math.isnan(p)


def test_as_many_participants_as_coefficients_are_too_few() -> None:
    assert status([1.0, 2, 3], [0, 1, 0], [0, 0, 1], [0, 1, 1])[0] == TOO_FEW


def test_one_and_two_sided() -> None:
    y, x, arm, site, period = (one[None] for one in trial(np.random.default_rng(5), covariate=False))
    both, up, down = (
        wedge_mixed(y, x, arm, site, period, **TWO, site_periods=True, alternative=one)
        for one in ("two-sided", "greater", "less")
    )
    assert both.p[0] == pytest.approx(2 * min(up.p[0], down.p[0]), rel=1e-12)
    assert up.p[0] + down.p[0] == pytest.approx(1.0, abs=1e-12)
    at_low = wedge_mixed(y, x, arm, site, period, **TWO, site_periods=True, null=float(both.low[0]))
    assert at_low.p[0] == pytest.approx(0.05, abs=1e-9)


# ---------------------------------------------------------------- warnings


def test_what_forgets_time_or_sites_is_warned_of() -> None:
    analyses = {
        "wedge": {"test": "wedge-mixed"},
        "sites only": {"test": "wedge-mixed", "random": "site"},
        "t": {"test": "t"},
        "both": {"test": "gee", "clusters": "site", "visit_covariates": ["period"]},
        "sites": {"test": "cluster-robust", "clusters": "site"},
        "means": {"test": "cluster-t", "clusters": "site"},
    }
    whole = {name: {"outcome": "value", "visit": "post", **one} for name, one in analyses.items()}
    study = prepare(change(load(PLAIN), {"analyses": whole, "primary": "wedge"}))
    said = warnings_of(study)
    assert any(text.startswith("t, sites, means take no account of calendar time") for text in said)
    assert any(text.startswith("t takes participants of one site for independent") for text in said)
    assert any(text.startswith("sites only: sites differ from themselves") for text in said)
    assert any(text.startswith("means: in a stepped wedge every site has participants of both arms") for text in said)
    assert not any(text.startswith(("wedge", "both:")) and "calendar" in text for text in said)
    assert study.scenario.analyses["wedge"].random == "site and period"
    steady = prepare(change(load(PLAIN), {"outcomes.value.cac": 1}))
    assert steady.scenario.analyses["wedge-mixed"].random == "site"
