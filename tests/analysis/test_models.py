"""Cox, rates, censored values and clusters against R (survival, MASS, clubSandwich) and statsmodels.

At least 200 data sets of each kind from tests/reference/r/models.R: unequal arms, ties, missing values and covariates, changing
time at risk, both limits, clusters of 1 to 8. The largest relative difference allowed is 1e-6.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from tests.kinds.judges import cr2, gee
from trialsim.analysis import rows
from trialsim.analysis.methods.cluster_models import clustered
from trialsim.analysis.methods.cox import cox
from trialsim.analysis.methods.rates import rate_ratio
from trialsim.analysis.methods.tobit import log_phi, tobit
from trialsim.analysis.rows import Rows

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "models.json").read_text(encoding="utf-8"))
RTOL = 1e-6
NONE = np.empty((1, 0, 0))


def of(values: list[float | None]) -> np.ndarray:
    return np.array([[math.nan if one is None else one for one in values]])


def covariates(case: dict[str, Any]) -> np.ndarray:
    return np.stack([of(case["age"]), of(case["old"])], axis=-1)


def coxed(case: dict[str, Any], **more: Any) -> Rows:
    marks, arm = 1 - np.array([case["died"]], np.int8), np.array([case["g"]], np.int8)
    return cox(of(case["time"]), covariates(case), marks, arm, a=1, b=0, **more)


def counted(case: dict[str, Any], **more: Any) -> Rows:
    arm = np.array([case["g"]], np.int8)
    settings = {"dispersed": True, **more}
    return rate_ratio(of(case["y"]), covariates(case), of(case["days"]), arm, a=1, b=0, **settings)


def limited(case: dict[str, Any], **more: Any) -> Rows:
    marks, arm = np.array([case["mark"]], np.int8), np.array([case["g"]], np.int8)
    return tobit(of(case["y"]), covariates(case), marks, arm, a=1, b=0, **more)


def in_clusters(case: dict[str, Any], **more: Any) -> Rows:
    arm = np.array([case["g"]], np.int8)
    settings = {"correlated": False, **more}
    return clustered(of(case["y"]), covariates(case), arm, np.array([case["cluster"]]), a=1, b=0, **settings)


MODELS: dict[str, tuple[Callable[..., Rows], tuple[str, ...]]] = {
    "cox": (coxed, ("estimate", "se", "p")),
    "counts": (counted, ("estimate", "se", "p")),
    "limited": (limited, ("estimate", "se", "p")),
    "clusters": (in_clusters, ("estimate", "se", "df", "p")),
}


def test_the_fixture_names_its_versions_and_is_large() -> None:
    assert set(R["versions"]) == {"R", "survival", "MASS", "clubSandwich"}
    assert min(len(R[kind]) for kind in MODELS) >= 220
    assert sum(len(set(case["time"])) < len(case["time"]) - 3 for case in R["cox"]) > 150


@pytest.mark.parametrize("kind", MODELS)
def test_it_equals_r(kind: str) -> None:
    fit, names = MODELS[kind]
    failed = 0
    for case in R[kind]:
        found = fit(case)
        failed += found.status[0] != rows.OK
        if found.status[0] == rows.OK:
            ours, theirs = [getattr(found, name)[0] for name in names], [case[name] for name in names]
            np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=1e-8)
    assert failed <= (
        kind == "clusters"
    )  # one trial has the effect from one cluster alone, which clubSandwich leaves out


@pytest.mark.parametrize("kind", MODELS)
def test_nulls_sides_and_turned_arms(kind: str) -> None:
    fit, _ = MODELS[kind]
    for case in R[kind][:15]:
        both = fit(case, null=0.3)
        up, down = (fit(case, null=0.3, alternative=side) for side in ("greater", "less"))
        np.testing.assert_allclose(up.p + down.p, 1.0, rtol=1e-9)
        np.testing.assert_allclose(2 * np.minimum(up.p, down.p), both.p, rtol=1e-9)
        np.testing.assert_allclose(both.statistic, (both.estimate - 0.3) / both.se, rtol=1e-9)
        turned = fit({**case, "g": [1 - one for one in case["g"]]}, null=-0.3, alternative="less")
        np.testing.assert_allclose([turned.estimate, turned.p], [-up.estimate, up.p], rtol=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_a_fault_is_seen(kind: str) -> None:
    """Planted: a covariate is left out, or the wrong participant is of the other arm."""
    fit, _ = MODELS[kind]
    case = R[kind][0]
    other = {**case, "g": [1 - case["g"][0], *case["g"][1:]]}
    for wrong in ({**case, "old": [0.0] * len(case["old"])}, other):
        assert abs(fit(wrong).estimate[0] - case["estimate"]) > 1e-3


# ---------------------------------------------------------------- by another program, or slowly


def test_poisson_is_statsmodels() -> None:
    for case in R["counts"]:
        found = counted(case, dispersed=False)
        y, x, days = of(case["y"])[0], covariates(case)[0], of(case["days"])[0]
        there = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
        design = np.column_stack([np.ones(there.sum()), x[there], np.array(case["g"])[there]])
        model = sm.GLM(y[there], design, family=sm.families.Poisson(), offset=np.log(days[there]))
        judge = model.fit(tol=1e-14, maxiter=200)
        ours = [found.estimate[0], found.se[0], found.p[0], found.low[0], found.high[0]]
        np.testing.assert_allclose(
            ours, [judge.params[-1], judge.bse[-1], judge.pvalues[-1], *judge.conf_int()[-1]], rtol=RTOL, atol=1e-9
        )


def test_gee_is_statsmodels_with_the_degrees_of_freedom_of_clusters() -> None:
    for case in R["clusters"][:100]:
        found = in_clusters(case, correlated=True)
        design = np.column_stack([np.ones(len(case["y"])), case["age"], case["old"], case["g"]])
        groups = np.array(case["cluster"])
        judge = gee(np.array(case["y"]), design, groups)
        if found.status[0] != rows.OK:
            assert found.status[0] == rows.TOO_FEW_CLUSTERS
            continue
        np.testing.assert_allclose(
            [found.estimate[0], found.se[0]], [judge.params[-1], judge.bse[-1]], rtol=RTOL, atol=1e-9
        )
        inside = [all(np.ptp(column[groups == one]) == 0 for one in np.unique(groups)) for column in design.T]
        assert found.df[0] == len(np.unique(groups)) - sum(inside)
        np.testing.assert_allclose(found.p[0], 2 * stats.t.sf(abs(found.statistic[0]), found.df[0]), rtol=1e-9)


def test_cr2_is_the_slow_form() -> None:
    for case in R["clusters"][:40]:
        found = in_clusters(case)
        if found.status[0] != rows.OK:
            continue
        design = np.column_stack([np.ones(len(case["y"])), case["age"], case["old"], case["g"]])
        slow = cr2(np.array(case["y"]), design, np.array(case["cluster"]))
        np.testing.assert_allclose([found.estimate[0], found.se[0], found.df[0]], slow, rtol=1e-8)


def test_clusters_of_one_are_hc2() -> None:
    """Everyone a cluster: CR2 is HC2, and without covariates Welch's SE."""
    case = R["clusters"][0]
    y, arm = of(case["y"]), np.array([case["g"]], np.int8)
    found = clustered(y, np.empty((*y.shape, 0)), arm, np.arange(y.shape[1])[None], a=1, b=0, correlated=False)
    welch = stats.ttest_ind(y[arm == 1], y[arm == 0], equal_var=False)
    difference = y[arm == 1].mean() - y[arm == 0].mean()
    np.testing.assert_allclose([found.statistic[0], found.estimate[0]], [welch.statistic, difference], rtol=1e-9)


def test_without_any_limit_tobit_is_least_squares_with_n_in_place_of_df() -> None:
    case = {**R["limited"][0], "mark": [0] * len(R["limited"][0]["mark"])}
    found = limited(case)
    y, x = of(case["y"])[0], covariates(case)[0]
    there = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
    judge = sm.OLS(y[there], np.column_stack([np.ones(there.sum()), x[there], np.array(case["g"])[there]])).fit()
    se = judge.bse[-1] * math.sqrt(judge.df_resid / there.sum())
    np.testing.assert_allclose([found.estimate[0], found.se[0]], [judge.params[-1], se], rtol=1e-7)


def test_the_normal_tail() -> None:
    from scipy.special import log_ndtr

    for x in (-300.0, -40.0, -12.5, -12.0, -11.5, -3.0, 0.0, 5.0, 9.0):
        log, mills = log_phi.py_func(x)
        np.testing.assert_allclose(log, log_ndtr(x), rtol=1e-12)
        np.testing.assert_allclose(mills, np.exp(-0.5 * x**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(x)), rtol=1e-10)


def test_one_dispersion_two_ways() -> None:
    """Without covariates, and equal times, means are those of the arms; the boundary has Poisson's SE."""
    y = np.array([[1.0, 3, 2, 2, 1, 3, 2, 2, 4, 4, 3, 5]])
    arm = np.array([[0] * 8 + [1] * 4], np.int8)
    found = rate_ratio(y, np.empty((1, 12, 0)), np.ones((1, 12)), arm, a=1, b=0, dispersed=True)
    np.testing.assert_allclose([found.estimate[0], found.se[0]], [math.log(2), math.sqrt(1 / 16 + 1 / 16)], rtol=1e-8)


# ---------------------------------------------------------------- where there is no estimate

PLACES = (1, 1, 1, 0, 0, 0)


def six(
    fit: str, y: list[float], marks: list[int], arm: tuple[int, ...] = PLACES, x: list[float] | None = None
) -> Rows:
    values, arms = np.array([y], float), np.array([arm], np.int8)
    beside = np.empty((1, len(y), 0)) if x is None else np.array([x], float)[..., None]
    mark = np.array([marks], np.int8)
    if fit == "cox":
        return cox(values, beside, mark, arms, a=1, b=0)
    if fit == "tobit":
        return tobit(values, beside, mark, arms, a=1, b=0)
    if fit in ("cr2", "gee"):
        return clustered(values, beside, arms, mark.astype(np.int64), a=1, b=0, correlated=fit == "gee")
    return rate_ratio(values, beside, np.ones_like(values), arms, a=1, b=0, dispersed=fit == "nb")


@pytest.mark.parametrize(
    ("fit", "y", "marks", "arm", "status"),
    [
        ("cox", [1, 2, 3, 1, 2, 3], [0, 0, 0, 0, 0, 0], PLACES, rows.OK),
        ("cox", [1, 2, 3, 1, 2, 3], [1, 1, 1, 1, 1, 1], PLACES, rows.NO_EVENT),
        ("cox", [1, 2, 3, 1, 2, 3], [1, 1, 1, 0, 0, 1], PLACES, rows.SEPARATED),
        ("cox", [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], PLACES, rows.SEPARATED),
        ("cox", [1, 2, 3, 1, 2, 3], [0, 0, 0, 0, 0, 0], (0,) * 6, rows.EMPTY_ARM),
        ("poisson", [0, 0, 0, 0, 0, 0], [0] * 6, PLACES, rows.NO_EVENT),
        ("poisson", [0, 0, 0, 1, 2, 0], [0] * 6, PLACES, rows.SEPARATED),
        ("nb", [0, 0, 0, 1, 9, 0], [0] * 6, PLACES, rows.SEPARATED),
        ("nb", [2, 2, 2, 1, 1, 1], [0] * 6, PLACES, rows.OK),
        ("poisson", [1, 2, 0, 1, 2, 0], [0] * 6, (1,) * 6, rows.EMPTY_ARM),
        ("tobit", [1, 1, 1, 2, 3, 4], [-1, -1, -1, 0, 0, 0], PLACES, rows.SEPARATED),
        ("tobit", [1, 1, 1, 1, 1, 1], [-1] * 6, PLACES, rows.TOO_FEW),
        ("tobit", [2, 2, 2, 5, 5, 5], [0] * 6, PLACES, rows.NO_VARIANCE),
        ("tobit", [1, 1, 3, 2, 3, 4], [-1, -1, 0, 0, 0, 0], PLACES, rows.OK),
        ("tobit", [1, 2, 3, 2, 3, 4], [0] * 6, (0,) * 6, rows.EMPTY_ARM),
        ("cr2", [1, 2, 3, 2, 3, 4], [0, 0, 0, 1, 1, 1], PLACES, rows.TOO_FEW_CLUSTERS),
        ("cr2", [1, 2, 3, 2, 3, 4], [0, 0, 1, 2, 3, 3], PLACES, rows.OK),
        ("cr2", [1, 2, 3, 2, 3, 4], [0] * 6, PLACES, rows.TOO_FEW_CLUSTERS),
        ("cr2", [1, 2, 3, 2, 3, 4], [-1, -1, -1, 0, 1, 1], PLACES, rows.EMPTY_ARM),
        ("cr2", [1, 1, 1, 4, 4, 4], [0, 0, 1, 2, 3, 3], PLACES, rows.NO_VARIANCE),
        ("gee", [1, 2, 3, 2, 3, 4], [0, 0, 1, 2, 3, 3], PLACES, rows.OK),
        ("gee", [1, 2, 3, 2, 3, 4], [0, 0, 0, 1, 2, 3], PLACES, rows.TOO_FEW_CLUSTERS),
    ],
)
def test_status(fit: str, y: list[float], marks: list[int], arm: tuple[int, ...], status: int) -> None:
    found = six(fit, y, marks, arm)
    assert found.status.tolist() == [status]
    assert np.isnan(found.p[0]) == (status != rows.OK)


@pytest.mark.parametrize("fit", ["cox", "poisson", "nb", "tobit", "cr2", "gee"])
def test_covariates_that_say_nothing_new_are_left_out_and_the_arm_itself_is_no_covariate(fit: str) -> None:
    y, marks = [1.0, 2, 4, 2, 3, 5], [0, 1, 2, 3, 4, 5] if fit in ("cr2", "gee") else [0] * 6
    plain, constant = six(fit, y, marks), six(fit, y, marks, x=[7.0] * 6)
    np.testing.assert_allclose([constant.estimate, constant.se], [plain.estimate, plain.se], rtol=1e-9)
    assert six(fit, y, marks, x=[float(one) for one in PLACES]).status[0] == rows.SINGULAR


def test_nobody_without_time_at_risk_or_cluster_is_in_the_model() -> None:
    y, arm = np.array([[1.0, 2, 3, 2, 3, 4, 9]]), np.array([[1, 1, 1, 0, 0, 0, 0]], np.int8)
    none = np.empty((1, 7, 0))
    left = rate_ratio(y, none, np.array([[1.0] * 6 + [np.nan]]), arm, a=1, b=0, dispersed=False)
    assert left.n[0] == 6
    np.testing.assert_allclose(left.estimate[0], math.log(6 / 9), rtol=1e-8)
    out = clustered(y, none, arm, np.array([[0, 0, 1, 2, 3, 3, -1]]), a=1, b=0, correlated=False)
    assert out.n[0] == 6
    np.testing.assert_allclose(out.estimate[0], -1.0)
