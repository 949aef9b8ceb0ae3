"""Brunner-Munzel and win odds: t against scipy, permutations against a slow form that deals the arms anew one by one."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import ordering, rows
from trialsim.analysis.methods.brunner_munzel import brunner_munzel, win_odds
from trialsim.analysis.studentized import Draws
from trialsim.analysis.tables import counts
from trialsim.numbers.draws import uniforms

SIDES = ("two-sided", "greater", "less")
LEVELS = (0, 1, 2, 3, 4)
HERE = Draws(seed=5, replicates=range(40))


def agrees(ours, theirs):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=1e-8, atol=1e-12)


def slow_parts(a, b):
    """P, SE and degrees of freedom from the wins of each pair."""
    wins = np.array([[1.0 if u > v else 0.5 if u == v else 0.0 for v in b] for u in a])
    va, vb = wins.mean(axis=1).var(ddof=1) / len(a), wins.mean(axis=0).var(ddof=1) / len(b)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)) if va + vb > 0 else math.nan
    return wins.mean(), math.sqrt(va + vb), df


def slow_statistic(a, b, *, logit, null):
    """Of P, or of logit P: always against a number other than one half. ``null`` is on the scale of the test."""
    chance, se, _ = slow_parts(a, b)
    if chance in (0.0, 1.0):
        return math.copysign(math.inf, chance - 0.5)
    if se < 1e-12:
        return 0.0
    if logit or null != 0.5:
        return (
            (math.log(chance / (1 - chance)) - (null if logit else math.log(null / (1 - null))))
            * chance
            * (1 - chance)
            / se
        )
    return (chance - 0.5) / se


def divisions(a, b, replicate):
    """All divisions of the joined sample, or 9,999 drawn ones; then the observed one counts too."""
    joined = np.sort(np.concatenate([a, b]))
    size = len(joined)
    if math.comb(size, len(a)) <= 9_999:
        for chosen in itertools.combinations(range(size), len(a)):
            yield joined[list(chosen)], np.delete(joined, chosen)
        return
    yield a, b
    for k in range(9_999):
        draw = uniforms(HERE.seed, "permutation", replicates=range(replicate, replicate + 1), participants=size, k=k)[0]
        chosen = []
        for i in range(size):
            if draw[i] * (size - i) < len(a) - len(chosen):
                chosen.append(i)
        yield joined[chosen], np.delete(joined, chosen)


@pytest.mark.parametrize("side", SIDES)
def test_by_t_equals_scipy(many_trials, side):
    seen = 0
    for batch in many_trials:
        for values in (batch.y, batch.score):
            found = brunner_munzel(ordering.order(values, batch.arm, arms=3), a=2, b=0, draws=None, alternative=side)
            for r in range(len(values)):
                b, _, a = batch.groups(r, values=values)
                if found.status[r] != rows.OK:
                    assert min(len(a), len(b)) < 2 or min(a) > max(b) or max(a) < min(b)
                    continue
                # scipy's alternative is about the first sample: "greater" there means that it tends to be larger
                judge = stats.brunnermunzel(a, b, alternative=side)
                if np.isnan(judge.pvalue):  # nothing varies
                    assert found.p[r] == 1.0
                    continue
                agrees([-found.statistic[r], found.p[r]], [judge.statistic, judge.pvalue])
                seen += 1
    assert seen >= 350


@pytest.mark.parametrize("logit", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_numbers_by_t_equal_the_slow_form(many_trials, side, logit):
    test, null = (win_odds, math.log(1.5)) if logit else (brunner_munzel, 0.6)
    batch = many_trials[3]
    found = test(
        counts(batch.score, batch.arm, arms=3, categories=LEVELS),
        a=1, b=0, draws=None, null=null, alternative=side, level=0.9,
    )  # fmt: skip
    for r in range(len(batch.score)):
        b, a, _ = batch.groups(r, values=batch.score)
        chance, se, df = slow_parts(a, b)
        error = se / chance / (1 - chance) if logit else se
        estimate = math.log(chance / (1 - chance)) if logit else chance
        t = slow_statistic(a, b, logit=logit, null=null)
        p = {"two-sided": 2 * stats.t.sf(abs(t), df), "greater": stats.t.sf(t, df), "less": stats.t.cdf(t, df)}[side]
        reach = stats.t.ppf(0.95 if side == "two-sided" else 0.9, df) * se / chance / (1 - chance)
        middle = math.log(chance / (1 - chance))
        low, high = (middle - reach if side != "less" else -np.inf), (middle + reach if side != "greater" else np.inf)
        if not logit:
            low, high = 1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))
        agrees(
            [found.estimate[r], found.se[r], found.df[r], found.statistic[r], found.p[r], found.low[r], found.high[r]],
            [estimate, error, df, t, p, low, high],
        )


@pytest.mark.parametrize("logit", [False, True])
@pytest.mark.parametrize("sizes", [(4, 5), (6, 7)])
def test_all_permutations_equal_the_slow_form(sizes, logit):
    rng = np.random.default_rng(sum(sizes))
    test, null = (win_odds, 0.4) if logit else (brunner_munzel, 0.6)
    arm = np.repeat(np.array([[0, 1]], np.int8), sizes, axis=1).repeat(12, axis=0)
    y = np.where(np.arange(12)[:, None] % 2 == 0, rng.normal(size=arm.shape), rng.integers(0, 4, size=arm.shape))
    ranked = ordering.order(y, arm, arms=2)
    for against in (null, 0.0 if logit else 0.5):
        by_side = {side: test(ranked, a=1, b=0, draws=HERE, null=against, alternative=side) for side in SIDES}
        for r in range(len(y)):
            compare(by_side, r, y[r, sizes[0] :], y[r, : sizes[0]], logit=logit, null=against)


def compare(by_side, r, a, b, *, logit, null):
    observed = slow_statistic(a, b, logit=logit, null=null)
    scale = logit or null != 0.5
    others = [slow_statistic(x, y, logit=scale, null=0.0 if scale else 0.5) for x, y in divisions(a, b, r)]
    slack = 0.0 if math.isinf(observed) else 1e-8 * abs(observed)
    up = sum(one >= observed - slack for one in others) / len(others)
    down = sum(one <= observed + slack for one in others) / len(others)
    agrees([by_side[side].p[r] for side in SIDES], [min(1.0, 2 * min(up, down)), up, down])


@pytest.mark.parametrize("logit", [False, True])
def test_drawn_permutations_equal_the_slow_form(logit):
    rng = np.random.default_rng(3)
    arm = np.repeat(np.array([[0, 1]], np.int8), [7, 9], axis=1).repeat(3, axis=0)
    y = np.concatenate([rng.normal(size=(1, 16)), rng.integers(0, 3, size=(2, 16))]) + 0.8 * arm
    test = win_odds if logit else brunner_munzel
    ranked = ordering.order(y, arm, arms=2)
    by_side = {side: test(ranked, a=1, b=0, draws=HERE, alternative=side) for side in SIDES}
    for r in range(3):
        compare(by_side, r, y[r, 7:], y[r, :7], logit=logit, null=0.0 if logit else 0.5)


@pytest.mark.parametrize("logit", [False, True])
@pytest.mark.parametrize("sizes", [(5, 6), (8, 20)])
def test_the_interval_holds_what_the_test_does_not_reject(sizes, logit):
    """By permutation: just inside a limit p is above 5 %, just outside it is not."""
    rng = np.random.default_rng(9)
    test = win_odds if logit else brunner_munzel
    arm = np.repeat(np.array([[0, 1]], np.int8), sizes, axis=1).repeat(6, axis=0)
    ranked = ordering.order(rng.normal(size=arm.shape) + 0.3 * arm, arm, arms=2)
    found = test(ranked, a=1, b=0, draws=HERE)
    for limit, way in ((found.low, 1.0), (found.high, -1.0)):
        for r in np.flatnonzero(np.isfinite(limit) & (limit != 0.0) & (limit != 1.0)):
            inside = test(ranked, a=1, b=0, draws=HERE, null=limit[r] + way * 1e-6).p[r]
            outside = test(ranked, a=1, b=0, draws=HERE, null=limit[r] - way * 1e-6).p[r]
            assert outside <= 0.05 < inside


def test_a_row_does_not_depend_on_its_batch():
    """Rows of two twins, one after the other; the draws of replicate 7 are its own wherever it is."""
    rng = np.random.default_rng(4)
    arm = np.repeat(np.array([[0, 1]], np.int8), [8, 9], axis=1).repeat(6, axis=0)
    y = rng.normal(size=arm.shape)
    whole = brunner_munzel(ordering.order(y, arm, arms=2), a=1, b=0, draws=Draws(1, range(6, 9)))
    one = brunner_munzel(ordering.order(y[4:5], arm[4:5], arms=2), a=1, b=0, draws=Draws(1, range(7, 8)))
    assert (one.p[0], one.low[0], one.high[0]) == (whole.p[4], whole.low[4], whole.high[4])
    other = brunner_munzel(ordering.order(y[4:5], arm[4:5], arms=2), a=1, b=0, draws=Draws(2, range(7, 8)))
    assert other.p[0] != one.p[0]


def test_twins_have_the_same_permutations():
    arm = np.repeat(np.array([[0, 1]], np.int8), [8, 9], axis=1).repeat(2, axis=0)
    y = np.random.default_rng(4).normal(size=(1, 17)).repeat(2, axis=0)
    found = brunner_munzel(ordering.order(y, arm, arms=2), a=1, b=0, draws=Draws(1, range(3, 4)))
    assert found.p[0] == found.p[1]


def separated(sizes):
    arm = np.repeat(np.array([[0, 1]], np.int8), sizes, axis=1)
    return ordering.order(np.arange(sum(sizes), dtype=float)[None, :], arm, arms=2)


@pytest.mark.parametrize("sizes", [(5, 6), (9, 9), (20, 30)])
def test_separated_arms(sizes):
    """One division of C(n, n_a) is as extreme; by t alone there is no p."""
    once = 1.0 / math.comb(sum(sizes), sizes[0])
    for test, top in ((brunner_munzel, 1.0), (win_odds, np.inf)):
        found = {side: test(separated(sizes), a=1, b=0, draws=HERE, alternative=side) for side in SIDES}
        agrees([found[side].p[0] for side in SIDES], [2 * once, once, 1.0])
        assert found["two-sided"].status[0] == rows.OK
        assert found["two-sided"].high[0] == top
        turned = test(separated(sizes), a=0, b=1, draws=HERE)
        agrees(turned.p[0], 2 * once)
        assert test(separated(sizes), a=1, b=0, draws=None).status[0] == rows.SEPARATED
    assert brunner_munzel(separated(sizes), a=1, b=0, draws=HERE).estimate[0] == 1.0
    assert np.isnan(win_odds(separated(sizes), a=1, b=0, draws=HERE).estimate[0])


@pytest.mark.parametrize("draws", [None, HERE])
@pytest.mark.parametrize("test", [brunner_munzel, win_odds])
def test_nothing_varies_or_too_few(test, draws):
    arm = np.repeat(np.array([[0, 1]], np.int8), [4, 5], axis=1)
    calm = test(ordering.order(np.full((1, 9), 2.0), arm, arms=2), a=1, b=0, draws=draws)
    assert (calm.status[0], calm.p[0], calm.statistic[0]) == (rows.OK, 1.0, 0.0)
    assert calm.estimate[0] == (0.0 if test is win_odds else 0.5)
    assert calm.low[0] < calm.estimate[0] < calm.high[0]
    margin = test(
        ordering.order(np.full((1, 9), 2.0), arm, arms=2), a=1, b=0, draws=draws, null=-0.4, alternative="greater"
    )
    assert margin.p[0] == 1.0
    y = np.array([[1.0, np.nan, np.nan, np.nan, 2.0, 0.0, 5.0, 3.0, 1.0]])
    assert test(ordering.order(y, arm, arms=2), a=1, b=0, draws=draws).status[0] == rows.TOO_FEW
    y[0, 0] = np.nan
    assert test(ordering.order(y, arm, arms=2), a=1, b=0, draws=draws).status[0] == rows.EMPTY_ARM


def test_counts_and_sorted_values_are_permuted_alike():
    rng = np.random.default_rng(8)
    arm = np.repeat(np.array([[0, 1, 2]], np.int8), [8, 9, 4], axis=1).repeat(5, axis=0)
    y = rng.integers(0, 5, size=arm.shape).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = brunner_munzel(ordering.order(y, arm, arms=3), a=1, b=0, draws=Draws(1, range(5)))
        two = brunner_munzel(counts(y, arm, arms=3, categories=LEVELS), a=1, b=0, draws=Draws(1, range(5)))
    for name in ("statistic", "p", "low", "high", "estimate"):
        assert (getattr(one, name) == getattr(two, name)).all()
