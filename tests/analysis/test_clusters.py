"""The t test of cluster means against scipy on the means themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.analysis import rows
from trialsim.analysis.caveats import caveats
from trialsim.analysis.methods.clusters import cluster_means, cluster_t
from trialsim.scenario import load
from trialsim.scenario.change import change


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


@pytest.fixture(scope="module")
def trials():
    """220 replicates of 60 participants in 12 clusters, each in one of three arms; ties, missing values, empty places."""
    rng = np.random.default_rng(31)
    shape = (220, 60)
    cluster = rng.choice(13, shape, p=[0.04] + [0.02, 0.14] * 6) - 1
    arm_of = np.stack([rng.permutation([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2]) for _ in range(220)])
    arm = np.take_along_axis(arm_of, np.maximum(cluster, 0), axis=1).astype(np.int8)
    arm[rng.random(shape) < 0.05] = -1
    site = rng.normal(size=(220, 12))
    y = np.round(1e3 + np.take_along_axis(site, np.maximum(cluster, 0), axis=1) + rng.normal(size=shape) + 0.5 * arm, 1)
    y[rng.random(shape) < 0.08] = np.nan
    return y, arm, cluster


def slow_means(y, arm, cluster, k):
    there = (arm == k) & (cluster >= 0) & ~np.isnan(y)
    return [y[there & (cluster == c)].mean() for c in sorted(set(cluster[there]))]


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_it_equals_scipy_on_the_means(trials, side):
    y, arm, cluster = trials
    result = cluster_t(cluster_means(y, arm, cluster, a=1, b=0), alternative=side)
    for r in range(len(y)):
        first, second = (slow_means(y[r], arm[r], cluster[r], k) for k in (1, 0))
        judge = stats.ttest_ind(first, second, alternative=side)
        interval = judge.confidence_interval(0.95)
        agrees(
            [result.statistic[r], result.df[r], result.p[r], result.low[r], result.high[r]],
            [judge.statistic, len(first) + len(second) - 2, judge.pvalue, interval.low, interval.high],
        )
        agrees(result.estimate[r], np.mean(first) - np.mean(second))
        assert result.n[r] == ((arm[r] >= 0) & (arm[r] < 2) & (cluster[r] >= 0) & ~np.isnan(y[r])).sum()
    assert (result.status == rows.OK).all()


def test_clusters_of_one_are_the_t_test_of_participants(trials):
    y, arm, _ = trials
    own = np.tile(np.arange(y.shape[1]), (len(y), 1))
    result = cluster_t(cluster_means(y, arm, own, a=2, b=1))
    for r in range(20):
        groups = [y[r][(arm[r] == k) & ~np.isnan(y[r])] for k in (2, 1)]
        agrees(result.p[r], stats.ttest_ind(*groups).pvalue)


@pytest.mark.parametrize(
    ("y", "arm", "cluster", "status", "p"),
    [
        ([0.1] * 8, [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3], rows.OK, 1.0),
        ([0.1] * 4 + [0.2] * 4, [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3], rows.NO_VARIANCE, None),
        ([1, 2, 3, 4, 5, 6, 7, 9], [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 2, 3, 3], rows.SHARED_CLUSTER, None),
        ([1, 2, 3, 4, 5, 6, 7, 9], [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1], rows.TOO_FEW_CLUSTERS, None),
        ([1, 2, 3, 4, 5, 6, 7, 9], [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, -1, -1, -1, -1], rows.EMPTY_ARM, None),
        ([1, 2, np.nan, 4, 5, 6, 7, 9], [0, 0, 1, 0, 1, 1, 1, 1], [0, 0, 0, 1, 2, 2, 3, 3], rows.SHARED_CLUSTER, None),
        ([1, 2, 3, 4, 5, 6, 7, 9], [0, 0, 2, 0, 1, 1, 1, 1], [0, 0, 0, 1, 2, 2, 3, 3], rows.OK, 0.0),
    ],
)
def test_status(y, arm, cluster, status, p):
    made = cluster_means(np.array([y], float), np.array([arm], np.int8), np.array([cluster]), a=1, b=0)
    result = cluster_t(made)
    assert result.status.tolist() == [status]
    if p is None:
        assert np.isnan([result.p[0], result.estimate[0], result.low[0]]).all()
    elif p == 1.0:
        assert (result.p[0], result.estimate[0]) == (1.0, 0.0)


def test_clusters_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="cluster has shape"):
        cluster_means(np.zeros((1, 3)), np.zeros((1, 3), np.int8), np.zeros((1, 4)), a=0, b=1)


@pytest.mark.parametrize(
    ("serves", "clusters", "words"),
    [
        ({"talk": "talker", "massage": "masseur"}, "practitioner", None),
        ({"talk": "talker", "massage": "talker"}, "practitioner", "each talker serves both arms"),
        ({"talk": None, "massage": "masseur"}, "practitioner", "nobody has served talk by end"),
        ({"talk": "talker", "massage": "masseur"}, "site", "every site has participants of both arms"),
    ],
)
def test_arms_that_share_their_clusters_are_warned_of(serves, clusters, words):
    scenario = load(Path(__file__).parents[1] / "kinds" / "groups.yaml")
    steps = [
        {"activity": arm, "lasts": "45 min", "arms": [arm], **({"needs": [who]} if who else {})}
        for arm, who in serves.items()
    ]
    who = sorted({one for one in serves.values() if one})
    changed = change(
        scenario,
        {
            "protocol": [*steps, {"visit": "end"}],
            "setting.resources": {one: {"units": 2, "people": 8, "hours": "daily 08:00-20:00"} for one in who},
            "setting.sites": {"north": "50 %", "south": "50 %"},
            "outcomes.fear.icc": {"practitioner": {"value": "10 %", "of": who}},
            "outcomes.sleeping.icc": {"practitioner": {"value": "10 %", "of": who}},
            "analyses.cluster-t.clusters": clusters,
        },
    )
    prepared = studies.prepare(changed)
    found = [one for one in caveats(prepared.analysis, prepared.response) if one.startswith("cluster-t:")]
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_the_comparison_with_scipy_sees_planted_faults(trials):
    y, arm, cluster = trials
    good = cluster_t(cluster_means(y, arm, cluster, a=1, b=0))
    swapped = cluster_t(cluster_means(y, arm, cluster, a=0, b=1))
    people = cluster_t(cluster_means(y, arm, np.tile(np.arange(60), (220, 1)), a=1, b=0))
    for name, faulty in (("statistic", swapped), ("p", people), ("df", people)):
        with pytest.raises(AssertionError):
            agrees(getattr(faulty, name), getattr(good, name))
