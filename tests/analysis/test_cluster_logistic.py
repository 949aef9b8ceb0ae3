"""Estimating equations of yes or no in clusters, against statsmodels, a closed form, and what must fail.

220 data sets with missing answers and covariates, clusters of unequal sizes, of one arm or of both. The largest relative
difference allowed is 1e-6; found: 4e-9.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.kinds.judges import gee
from trialsim.analysis import rows
from trialsim.analysis.methods.cluster_logistic import clustered_logistic
from trialsim.analysis.methods.logistic import logistic
from trialsim.analysis.rows import Rows
from trialsim.kinds.tests.options import NEVER

RTOL = 1e-6
CASES = 220


def made(k: int) -> dict[str, Any]:
    """Case ``k``: clusters share a part of the answer; of every second one a cluster has both arms."""
    rng = np.random.default_rng([7, k])
    clusters, n = int(rng.integers(8, 17)), int(rng.integers(60, 150))
    cluster = rng.integers(0, clusters, n)
    arm = rng.integers(0, 2, n) if k % 2 else cluster % 2
    age, old = rng.normal(0.0, 1.0, n), (cluster % 3 == 0) if k % 3 == 0 else rng.integers(0, 2, n)
    logit = 0.5 * arm + 0.4 * age - 0.3 + rng.normal(0.0, rng.choice([0.0, 0.5, 1.0]), clusters)[cluster]
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    y[rng.random(n) < 0.05] = np.nan
    age[rng.random(n) < 0.02] = np.nan
    cluster = np.where(rng.random(n) < 0.02, -1, cluster)
    return {"y": y, "x": np.stack([age, old], axis=-1), "arm": arm, "cluster": cluster}


def fit(case: dict[str, Any], **settings: Any) -> Rows:
    return clustered_logistic(
        case["y"][None], case["x"][None].astype(float), case["arm"][None].astype(np.int8), case["cluster"][None], a=1, b=0,
        **settings,
    )  # fmt: skip


def judged(case: dict[str, Any]) -> tuple[Any, np.ndarray, np.ndarray]:
    """The fit of statsmodels, the design and the clusters of complete cases."""
    there = np.isfinite(case["y"]) & np.isfinite(case["x"]).all(axis=1) & (case["cluster"] >= 0)
    design = np.column_stack([np.ones(there.sum()), case["x"][there], case["arm"][there]])
    return gee(case["y"][there], design, case["cluster"][there], answers=True), design, case["cluster"][there]


@pytest.mark.parametrize("cases", [40, pytest.param(CASES, marks=pytest.mark.verify)])
def test_it_is_statsmodels_with_the_degrees_of_freedom_of_clusters(cases: int) -> None:
    for k in range(cases):
        found = fit(made(k))
        judge, design, groups = judged(made(k))
        assert found.status[0] == rows.OK
        ours, theirs = [found.estimate[0], found.se[0]], [judge.params[-1], judge.bse[-1]]
        np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=1e-9, err_msg=str(k))
        inside = [all(np.ptp(column[groups == one]) == 0 for one in np.unique(groups)) for column in design.T]
        assert found.df[0] == len(np.unique(groups)) - sum(inside)
        np.testing.assert_allclose(found.p[0], 2 * stats.t.sf(abs(found.statistic[0]), found.df[0]), rtol=1e-9)
        reach = stats.t.ppf(0.975, found.df[0]) * found.se[0]
        np.testing.assert_allclose(
            [found.low[0], found.high[0]], [found.estimate[0] - reach, found.estimate[0] + reach]
        )


@pytest.mark.parametrize("fault", ["a covariate", "the correlation", "clusters", "an answer"])
def test_a_fault_is_seen(fault: str) -> None:
    """Planted: a covariate is left out, answers are independent, the clusters are others, or an answer is turned."""
    case = made(1)
    judge, _, _ = judged(case)
    turned = np.concatenate([1 - case["y"][:1], case["y"][1:]])
    wrong = {
        "a covariate": lambda: fit({**case, "x": case["x"][:, :1]}),
        "the correlation": lambda: fit(case, correlated=False),
        "clusters": lambda: fit({**case, "cluster": np.where(case["cluster"] < 0, -1, np.arange(len(turned)) % 9)}),
        "an answer": lambda: fit({**case, "y": turned}),
    }[fault]()
    assert abs(wrong.se[0] / judge.bse[-1] - 1) > 1e-4


def test_one_sided_and_two_sided_agree_and_arms_turn_around() -> None:
    for k in range(20):
        case = made(k)
        both, up, down = (fit(case, null=0.2, alternative=one) for one in ("two-sided", "greater", "less"))
        np.testing.assert_allclose([up.p + down.p, 2 * np.minimum(up.p, down.p)], [[1.0], both.p], rtol=1e-9)
        turned = fit({**case, "arm": 1 - case["arm"]}, null=-0.2, alternative="less")
        np.testing.assert_allclose([turned.estimate, turned.p], [-up.estimate, up.p], rtol=1e-7)
        no = fit({**case, "y": 1 - case["y"]})
        np.testing.assert_allclose([no.estimate, no.se], [-both.estimate, both.se], rtol=1e-7)


def test_clusters_of_one_have_a_closed_form() -> None:
    """Everyone a cluster, no covariate: the log odds ratio, with 1 / (n share (1 - share)) of each arm times (n / (n - 1))^2."""
    y = np.array([1.0] * 7 + [0.0] * 5 + [1.0] * 4 + [0.0] * 16)
    arm = np.array([1] * 12 + [0] * 20)
    case = {"y": y, "x": np.empty((32, 0)), "arm": arm, "cluster": np.arange(32)}
    found = fit(case)
    parts = [(1 / yes + 1 / no) * ((yes + no) / (yes + no - 1)) ** 2 for yes, no in ((7, 5), (4, 16))]
    np.testing.assert_allclose(found.estimate, math.log(7 / 5 * 16 / 4), rtol=1e-10)
    np.testing.assert_allclose(found.se, math.sqrt(sum(parts)), rtol=1e-10)
    assert found.df[0] == 30


def test_independent_answers_have_the_estimate_of_logistic_regression() -> None:
    case = made(2)
    there = np.where(case["cluster"] >= 0, case["y"], np.nan)
    other = logistic(
        there[None], case["x"][None].astype(float), case["arm"][None].astype(np.int8), a=1, b=0, firth=NEVER
    )
    np.testing.assert_allclose(fit(case, correlated=False).estimate, other.estimate, rtol=1e-8)


def test_where_the_moments_give_no_correlation_answers_are_independent() -> None:
    """Pairs of both arms, each with one yes and one no: members differ more than any correlation allows."""
    y = np.concatenate([np.tile([1.0, 0.0], 7), np.tile([0.0, 1.0], 3)])
    case = {"y": y, "x": np.empty((20, 0)), "arm": np.tile([1, 0], 10), "cluster": np.arange(20) // 2}
    found, alone = fit(case), fit(case, correlated=False)
    assert (found.status[0], found.estimate[0], found.se[0]) == (rows.OK, alone.estimate[0], alone.se[0])
    np.testing.assert_allclose(found.estimate, 2 * math.log(7 / 3), rtol=1e-9)


@pytest.mark.parametrize(
    ("y", "cluster", "arm", "status"),
    [
        ([1, 0, 1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.OK),
        ([1, 0, 1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.SEPARATED),
        ([0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.NO_EVENT),
        ([1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.NO_EVENT),
        ([1, 0, 1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 1, 1, 1, 1], rows.EMPTY_ARM),
        ([1, 0, 1, 0, 1, 0, 0, 0], [-1, -1, -1, -1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.EMPTY_ARM),
        ([1, 0, 1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 2, 2, 3, 3], [1, 1, 1, 1, 0, 0, 0, 0], rows.TOO_FEW_CLUSTERS),
        ([1, 0, 1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0], rows.TOO_FEW_CLUSTERS),
        ([1, 0, 1, 0, 1, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7], [1, 0, 0, 0, 0, 0, 0, 0], rows.SEPARATED),
    ],
)
def test_status(y: list[float], cluster: list[int], arm: list[int], status: int) -> None:
    case = {"y": np.array(y, float), "x": np.empty((8, 0)), "arm": np.array(arm), "cluster": np.array(cluster)}
    found = fit(case)
    assert found.status.tolist() == [status]
    assert np.isnan(found.p[0]) == (status != rows.OK)


def test_the_same_share_in_every_cluster_has_no_spread_and_p_1_without_a_difference() -> None:
    cluster, arm = np.repeat(np.arange(6), 4), np.repeat([1, 1, 1, 0, 0, 0], 4)
    same = {"y": np.tile([1.0, 0.0, 0.0, 0.0], 6), "x": np.empty((24, 0)), "arm": arm, "cluster": cluster}
    found = fit(same)
    assert (found.status[0], found.estimate[0], found.p[0]) == (rows.OK, pytest.approx(0.0, abs=1e-9), 1.0)
    assert np.isnan([found.low[0], found.high[0]]).all()
    other = fit({**same, "y": np.where(np.arange(24) < 12, np.tile([1.0, 1.0, 0.0, 0.0], 6), same["y"])})
    assert other.status[0] == rows.NO_VARIANCE


def test_covariates_that_say_nothing_new_are_left_out_and_the_arm_itself_is_no_covariate() -> None:
    case = made(3)
    plain = fit({**case, "x": case["x"][:, 1:]})
    constant = fit({**case, "x": np.stack([np.full(len(case["y"]), 7.0), case["x"][:, 1]], axis=-1)})
    np.testing.assert_allclose([constant.estimate, constant.se], [plain.estimate, plain.se], rtol=1e-9)
    assert fit({**case, "x": case["arm"][:, None].astype(float)}).status[0] == rows.SINGULAR
