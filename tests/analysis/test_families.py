"""Adjusted p-values of families: R, a published table, closed testing written out, and planted faults."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from trialsim.analysis import families
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.families import fixed_sequence, graph, remaining_weights, step_down
from trialsim.analysis.methods import linear
from trialsim.analysis.methods.dunnett import dunnett
from trialsim.analysis.methods.dunnett_adjusted import dunnett_adjusted
from trialsim.analysis.methods.means import anova_pair
from trialsim.analysis.moments import moments
from trialsim.analysis.multiplicity import adjust

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "families.json").read_text(encoding="utf-8"))
SIDES = {"two.sided": "two-sided", "greater": "greater"}
HOLM, SWAP = [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]]


# ---------------------------------------------------------------- slow forms


def slow_weights(weights, transitions, left):
    """Algorithm 1 of Bretz et al. 2009 in plain numbers: hypotheses are removed one by one, in any order."""
    w, g, there = list(weights), [list(row) for row in transitions], set(range(len(weights)))
    for j in sorted(there - set(left), reverse=True):  # another order than the package's
        there.remove(j)
        w = [w[k] + w[j] * g[j][k] if k in there else 0.0 for k in range(len(w))]
        new = [[0.0] * len(w) for _ in w]
        for k in there:
            for m in there:
                if k != m and g[k][j] * g[j][k] < 1.0:
                    new[k][m] = (g[k][m] + g[k][j] * g[j][m]) / (1.0 - g[k][j] * g[j][k])
        g = new
    return w


def closed(p, test):
    """Adjusted p of each hypothesis: the largest p of the tests of all sets that contain it."""
    sets = [one for size in range(1, len(p) + 1) for one in combinations(range(len(p)), size)]
    return [min(max(test(one) for one in sets if i in one), 1.0) for i in range(len(p))]


def slow_graph(p, weights, transitions):
    """Closed testing with weighted Bonferroni tests."""

    def test(members):
        w = slow_weights(weights, transitions, members)
        return min([p[i] / w[i] for i in members if w[i] > 0.0] + [1.0])

    return closed(p, test)


def random_graph(rng, m):
    """Weights that sum to 1, and rows that sum to 1 at most; some of both are 0."""
    weights = rng.random(m) * (rng.random(m) < 0.7)
    weights = weights / weights.sum() if weights.sum() > 0 else np.eye(m)[0]
    passed = rng.random((m, m)) * (rng.random((m, m)) < 0.6) * (1 - np.eye(m))
    total = passed.sum(axis=1, keepdims=True)
    passed = passed / np.where(total > 0, total, 1.0) * rng.choice([1.0, 0.8], (m, 1))
    return weights.tolist(), passed.tolist()


# ---------------------------------------------------------------- one shared alpha


def test_p_adjust_of_r():
    assert len(R["adjusted"]) == 60
    for case in R["adjusted"]:
        p = np.array([case["p"]])
        for method in ("bonferroni", "holm", "hochberg"):
            np.testing.assert_allclose(adjust(p, method)[0], case[method], rtol=1e-10)


# ---------------------------------------------------------------- graphs


def test_a_published_graph():
    """Two primary and two secondary hypotheses, with the reference values of lrstat's tests (fadjpbon)."""
    weights = [0.5, 0.5, 0.0, 0.0]
    passed = [[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]]
    p = np.array([[0.01, 0.005, 0.015, 0.022], [0.02, 0.015, 0.010, 0.023]])
    expected = [[0.02, 0.01, 0.03, 0.03], [0.04, 0.03, 0.04, 0.04]]
    np.testing.assert_allclose(graph(p, weights, passed), expected, rtol=1e-12)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_graphs_equal_closed_testing(m):
    """50 random graphs of each size, with ties: the largest relative difference is below 1e-10."""
    rng = np.random.default_rng(m)
    for _ in range(50):
        weights, passed = random_graph(rng, m)
        p = np.round(rng.random((4, m)) ** 3, 3)
        slow = [slow_graph(row, weights, passed) for row in p.tolist()]
        np.testing.assert_allclose(graph(p, weights, passed), slow, rtol=1e-10)


def test_well_known_methods_are_graphs():
    rng = np.random.default_rng(8)
    p = rng.random((30, 4)) ** 3
    even = [0.25] * 4
    others = ((1 - np.eye(4)) / 3).tolist()
    chain = np.eye(4, k=1).tolist()
    np.testing.assert_allclose(graph(p, even, np.zeros((4, 4)).tolist()), adjust(p, "bonferroni"), rtol=1e-12)
    np.testing.assert_allclose(graph(p, even, others), adjust(p, "holm"), rtol=1e-12)
    np.testing.assert_allclose(graph(p, [1.0, 0.0, 0.0, 0.0], chain), fixed_sequence(p), rtol=1e-12)
    fallback = [slow_graph(row, [0.4, 0.3, 0.2, 0.1], chain) for row in p.tolist()]
    np.testing.assert_allclose(graph(p, [0.4, 0.3, 0.2, 0.1], chain), fallback, rtol=1e-12)


def test_a_fixed_sequence_equals_closed_testing():
    """Each set of hypotheses is tested by the first of them."""
    p = np.random.default_rng(9).random((40, 4)) ** 2
    slow = [closed(row, lambda members, row=row: row[min(members)]) for row in p.tolist()]
    np.testing.assert_array_equal(fixed_sequence(p), slow)


def test_weights_do_not_depend_on_the_order_of_removal():
    rng = np.random.default_rng(10)
    for _ in range(30):
        weights, passed = random_graph(rng, 4)
        for size in range(1, 5):
            for left in combinations(range(4), size):
                there = tuple(i in left for i in range(4))
                ours = remaining_weights(tuple(weights), tuple(map(tuple, passed)), there)
                np.testing.assert_allclose(ours, slow_weights(weights, passed, left), atol=1e-12)


@pytest.mark.parametrize("method", [fixed_sequence, lambda p: graph(p, HOLM, SWAP)])
def test_a_missing_p_counts_as_one(method):
    p = np.array([[0.01, np.nan], [np.nan, 0.03], [np.nan, np.nan]])
    ours, full = method(p), method(np.nan_to_num(p, nan=1.0))
    assert np.isnan(ours).tolist() == np.isnan(p).tolist()
    assert ours[~np.isnan(p)].tolist() == full[~np.isnan(p)].tolist()


def test_planted_a_graph_that_forgets_the_loop(monkeypatch):
    """Planted fault: transitions are not divided by 1 - g g, so that alpha is lost on the way."""

    def forgetful(weights, transitions, left):
        w, g = np.array(weights), np.array(transitions)
        for j in np.flatnonzero(~np.array(left)):
            w, g = w + w[j] * g[j], g + np.outer(g[:, j], g[j])
            w[j], g[j], g[:, j] = 0.0, 0.0, 0.0
            np.fill_diagonal(g, 0.0)
        return tuple(w.tolist())

    monkeypatch.setattr(families, "remaining_weights", forgetful)
    rng = np.random.default_rng(3)
    worst = 0.0
    for _ in range(50):
        weights, passed = random_graph(rng, 4)
        p = rng.random((1, 4)) ** 3
        worst = max(worst, np.abs(graph(p, weights, passed)[0] - slow_graph(p[0].tolist(), weights, passed)).max())
    assert worst > 0.01


# ---------------------------------------------------------------- Dunnett, step down


def of_case(case):
    """The pairs of a data set against the first arm, their raw p, and a function of their joint test."""
    arm, y = np.array([case["arm"]], dtype=np.int8), np.array([case["y"]])
    arms, side = max(case["arm"]) + 1, SIDES[case["side"][0]]
    if not case["covariate"][0]:
        m = moments(y, arm, arms=arms)
        tested = [anova_pair(m, a=k, b=0, alternative=side) for k in range(1, arms)]

        def joint(rows):
            t = np.stack([row.statistic for row in rows], axis=1)
            return dunnett(t, tested[0].df, m.n, alternative=side)

    else:
        c = cross_moments(y, np.array(case["x"])[None, :, None], arm, arms=arms)
        tested = [linear.ancova(c, a=k, b=0, alternative=side) for k in range(1, arms)]
        gaps = linear.adjusted_gaps(c, [(k, 0) for k in range(1, arms)])

        def joint(rows):
            t = np.stack([row.statistic for row in rows], axis=1)
            return dunnett_adjusted(t, tested[0].df, c.n, gaps, alternative=side)

    return tested, np.stack([row.p for row in tested], axis=1), joint


def subset(tested, members):
    """The rows, with statistics of some only."""
    left = np.array([[i in members for i in range(len(tested))]])
    return families._only(tested, left)


def test_dunnett_step_down_equals_multcomp_and_closed_testing():
    """multcomp integrates at random, to about 1e-4 where its steps join; closed testing agrees to 1e-12."""
    assert len(R["stepped"]) == 12
    gained = 0.0
    for case in R["stepped"]:
        tested, p, joint = of_case(case)
        ours = step_down(p, tested, joint)[0]
        slow = closed(p[0], lambda some, tested=tested, joint=joint: float(np.nanmin(joint(subset(tested, some)))))
        np.testing.assert_allclose(ours, slow, rtol=1e-10)
        np.testing.assert_allclose(joint(tested)[0], case["single"], atol=2e-4)
        np.testing.assert_allclose(ours, case["free"], atol=2e-4)
        gained = max(gained, float((np.array(case["single"]) - ours).max()))
    assert gained > 0.01  # single steps alone would be seen


def test_a_missing_pair_leaves_the_step_down_test():
    tested, p, joint = of_case(R["stepped"][0])
    p[0, 0] = np.nan
    gone = subset(tested, range(1, len(tested)))
    ours = step_down(p, gone, joint)
    assert np.isnan(ours[0, 0])
    assert np.isfinite(ours[0, 1:]).all()
