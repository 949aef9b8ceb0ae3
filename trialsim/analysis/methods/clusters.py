"""The t test of cluster means: sites, practitioners or families in one arm each, every cluster counting once.

Estimand: the mean difference a - b of the clusters' means, in which a small cluster counts as much as a large one.

Members of a cluster resemble each other: the degrees of freedom are those of the clusters. A participant without a
cluster is left out. Where a cluster has participants of both arms the test is not possible (an effect within clusters is a
different one), and it has failed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.means import power_of_t, two_sample_t
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.moments import moments
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    SHARED_CLUSTER,
    TOO_FEW,
    TOO_FEW_CLUSTERS,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    make_rows,
)
from trialsim.compiled import kernel
from trialsim.kinds.designs import FAMILY, SITE, TRANSFORM
from trialsim.response.people import NOBODY, who_serves
from trialsim.response.plan import ResponsePlan


@dataclass(frozen=True)
class ClusterMeans:
    """The clusters of two arms.

    Attributes
    ----------
    mean : (R, C) mean of each cluster, NaN where it has no value
    arm : (R, C) 0 for the first arm and 1 for the second, -1 where a cluster has no value
    n : (R,) number of values in clusters
    shared : (R,) whether a cluster has participants of both arms
    """

    mean: FloatArray
    arm: NDArray[np.int8]
    n: IntArray
    shared: BoolArray


@kernel
def _cluster_kernel(
    y: FloatArray,
    arm: NDArray[np.int8],
    cluster: IntArray,
    a: int,
    b: int,
    mean: FloatArray,
    owner: NDArray[np.int8],
    n: IntArray,
    shared: NDArray[np.bool_],
) -> None:
    # Deviations from the cluster's first value, so that values that are all equal have exactly that mean.
    replicates, participants = y.shape
    clusters = mean.shape[1]
    first = np.zeros(clusters)
    count = np.zeros(clusters, np.int64)
    member = np.zeros(clusters, np.int8)
    for r in range(replicates):
        for c in range(clusters):
            count[c] = 0
            mean[r, c] = 0.0
            member[c] = -1
        n[r] = 0
        shared[r] = False
        for i in range(participants):
            k = int(arm[r, i])
            c = cluster[r, i]
            own = 0 if k == a else 1 if k == b else -1
            if own < 0 or c < 0:
                continue
            if member[c] >= 0 and member[c] != own:
                shared[r] = True
            member[c] = own
            if np.isnan(y[r, i]):
                continue
            if count[c] == 0:
                first[c] = y[r, i]
            count[c] += 1
            n[r] += 1
            mean[r, c] += y[r, i] - first[c]
        for c in range(clusters):
            owner[r, c] = member[c] if count[c] > 0 else -1
            mean[r, c] = first[c] + mean[r, c] / count[c] if count[c] > 0 else np.nan


def cluster_means(y: FloatArray, arm: NDArray[np.int8], cluster: ArrayLike, *, a: int, b: int) -> ClusterMeans:
    """Means of the clusters of arms a and b.

    Parameters
    ----------
    y : (R, N) values, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place
    cluster : (R, N) cluster of each participant, counted from 0; -1 where there is none

    Examples
    --------
    >>> y, arm = np.array([[1.0, 3.0, 5.0]]), np.array([[0, 0, 1]], np.int8)
    >>> cluster_means(y, arm, np.array([[0, 0, 1]]), a=0, b=1).mean.tolist()
    [[2.0, 5.0]]
    """
    values, groups = as_values(y), np.require(cluster, np.int64, ["C", "W"])
    if groups.shape != values.shape:
        raise ValueError(f"cluster has shape {groups.shape}, the values {values.shape}")
    owner_of = as_arms(arm, values, arms=max(a, b, int(np.max(arm, initial=0))) + 1)
    shape = (values.shape[0], int(groups.max(initial=0)) + 1)
    mean, owner = np.empty(shape), np.empty(shape, np.int8)
    n, shared = np.empty(shape[0], np.int64), np.empty(shape[0], np.bool_)
    _cluster_kernel(values, owner_of, groups, a, b, mean, owner, n, shared)
    return ClusterMeans(mean=mean, arm=owner, n=n, shared=shared)


def cluster_t(c: ClusterMeans, *, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Student's t test that the cluster means of two arms differ by ``null``, df = clusters - 2; ``n`` counts participants.

    References
    ----------
    Donner and Klar 2000, Design and Analysis of Cluster Randomization Trials in Health Research, section 7.2.
    """
    t = two_sample_t(moments(c.mean, c.arm, arms=2), a=0, b=1, null=null, alternative=alternative, level=level)
    empty = t.status == EMPTY_ARM
    few = np.where(t.status == TOO_FEW, np.int8(TOO_FEW_CLUSTERS), t.status)
    status = np.where(c.shared & ~empty, np.int8(SHARED_CLUSTER), few).astype(np.int8)
    return make_rows(
        t.statistic, t.p, n=c.n, status=status, estimate=t.estimate, se=t.se, df=t.df, low=t.low, high=t.high
    )


# ---------------------------------------------------------------- caveat, method


def without_own_clusters(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if the arms share their clusters, or an arm has none."""
    if call.clusters == FAMILY:
        if response.families_together:
            return None
        return (
            f"{call.name}: children of one mother are allocated apart, so many families have children in both arms, and "
            "cluster-t fails. gee and cluster-robust take such families."
        )
    if call.clusters == SITE.name:
        if response.sites_together:
            return None
        if response.wedge:
            return (
                f"{call.name}: in a stepped wedge every site has participants of both arms, so that cluster-t fails. wedge-mixed "
                "is made for it."
            )
        return (
            f"{call.name}: participants are allocated one by one, so every site has participants of both arms. cluster-t needs "
            "clusters that are in one arm each; an ANCOVA with visit_covariates: site compares within sites."
        )
    point, program = response.points[call.endpoint.visit], response.program
    assert program is not None  # a study with practitioners has a ward
    group = response.outcomes[point.outcome].practitioner
    serving = {arm: who_serves(program, group, arm, point.visit_index) for arm in call.main.arms}
    nobody = [response.arms[arm] for arm, resource in serving.items() if resource == NOBODY]
    if nobody:
        return (
            f"{call.name}: nobody has served {' and '.join(nobody)} by {point.visit}, so there are no clusters, and cluster-t "
            "fails."
        )
    if len(set(serving.values())) < len(serving):
        one = program.resources[next(iter(serving.values()))].base
        return (
            f"{call.name}: each {one} serves both arms, so most clusters have participants of both, and cluster-t fails. An "
            "ANCOVA with visit_covariates: practitioner compares within practitioners."
        )
    return None


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), values = arms, data.chosen(call.endpoint, call.choice)
    means = cluster_means(values, data.arm, data.clusters(call), a=a, b=b)
    return cluster_t(means, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def cluster_means_power(case: Case) -> Power | None:
    """Power of the t test of cluster means, exact for clusters of one size; None unless whole clusters are randomized.

    The mean of a cluster of m has the variance sd^2 (icc + (1 - icc) / m); over clusters of different sizes its mean is taken.

    References
    ----------
    Donner and Klar 2000, Design and Analysis of Cluster Randomization Trials in Health Research, section 7.2; Kerry and Bland
    2001, Stat Med 20:377, doi:10.1002/1097-0258(20010215)20:3<377::aid-sim799>3.0.co;2-n (clusters that count equally).
    """
    clusters, (a, b) = case.clusters, case.two
    x, y = case.arms[a], case.arms[b]
    if clusters is None or x.normal is None or y.normal is None or not TRANSFORM[x.scale].keeps:
        return None
    ka, kb = clusters.number[[a, b]].tolist()
    df = ka + kb - 2.0
    if df <= 0.0 or min(ka, kb) < 1.0 or (ka != kb and x.sd != y.sd):
        return None
    of_mean = clusters.icc + (1.0 - clusters.icc) * clusters.inverse
    se = math.sqrt(of_mean * (x.sd**2 / ka + y.sd**2 / kb))
    if se == 0.0:
        return None
    power = power_of_t(case, x.mean - y.mean, se, df)
    return Power(power, "t-test of cluster means", "Donner and Klar 2000")


METHODS: Methods = {
    ("cluster-t", "two"): Method(
        _run, ClosedForm(cluster_means_power, {}, whole_sizes=True, equivalence=True), None, (without_own_clusters,)
    )
}
