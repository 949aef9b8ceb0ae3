"""Yuen's t test against scipy; the permutation test against a slow form with the same draws, and scipy over all permutations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import rows
from trialsim.analysis.methods.permutation import permutation
from trialsim.analysis.methods.trimmed_mean import trimmed_mean
from trialsim.analysis.studentized import Draws
from trialsim.numbers.draws import uniforms

SIDES = ("two-sided", "greater", "less")


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-12)


def trial(*arms):
    values = np.array([[value for arm in arms for value in arm]], dtype=float)
    return values, np.array([[k for k, arm in enumerate(arms) for _ in arm]], np.int8)


# ---------------------------------------------------------------- trimmed means


@pytest.mark.filterwarnings("ignore:Precision loss")  # scipy, where an arm is constant
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("trim", [0.0, 0.1, 0.2, 0.25])
def test_yuen_equals_scipy(many_trials, side, trim):
    seen = 0
    for batch in many_trials:
        for values in (batch.y, batch.score):
            found = trimmed_mean(values, batch.arm, a=2, b=0, trim=trim, alternative=side)
            for r in range(len(values)):
                b, _, a = batch.groups(r, values=values)
                left = min(len(v) - 2 * int(trim * len(v)) for v in (a, b))
                if left < 2:
                    assert found.status[r] == (rows.EMPTY_ARM if not len(a) or not len(b) else rows.TOO_FEW)
                    continue
                if found.status[r] == rows.NO_VARIANCE or found.se[r] == 0:
                    assert all(np.ptp(stats.mstats.winsorize(v, (trim, trim))) < 1e-12 for v in (a, b))
                    continue
                judge = stats.ttest_ind(a, b, equal_var=False, trim=trim, alternative=side)
                ci = judge.confidence_interval(0.95)
                agrees(
                    [found.statistic[r], found.p[r], found.df[r], found.low[r], found.high[r]],
                    [judge.statistic, judge.pvalue, judge.df, ci.low, ci.high],
                )
                agrees(found.estimate[r], stats.trim_mean(a, trim) - stats.trim_mean(b, trim))
                seen += 1
    assert seen >= 330


def test_trimmed_means_where_nothing_varies():
    calm = trimmed_mean(*trial([0.1] * 7, [0.1] * 6), a=1, b=0)
    assert (calm.status[0], calm.p[0], calm.estimate[0], calm.se[0]) == (rows.OK, 1.0, 0.0, 0.0)
    assert np.isnan(calm.low[0])
    assert trimmed_mean(*trial([0.1] * 7, [0.2] * 6), a=1, b=0).status[0] == rows.NO_VARIANCE
    # one far value of 7 is cut at 20 %: nothing is left to vary
    assert trimmed_mean(*trial([0.1] * 6 + [9.0], [0.2] * 6), a=1, b=0).status[0] == rows.NO_VARIANCE
    assert trimmed_mean(*trial([1.0], [2.0, 3.0]), a=1, b=0).status[0] == rows.TOO_FEW
    assert trimmed_mean(*trial([], [2.0, 3.0]), a=1, b=0).status[0] == rows.EMPTY_ARM


# ---------------------------------------------------------------- permutation


def slow_permutation(y, arm, *, seed, replicate, permutations):
    """The observed difference and the permuted ones, one permutation at a time; also who is in arm 1 in each."""
    there = np.flatnonzero(~np.isnan(y) & (arm >= 0) & (arm < 2))
    chosen = []
    for k in range(permutations):
        draw = uniforms(seed, "permutation", replicates=range(replicate, replicate + 1), participants=len(y), k=k)[0]
        needed, left, mine = int((arm[there] == 1).sum()), len(there), []
        for i in there:
            if draw[i] * left < needed:
                mine.append(i)
                needed -= 1
            left -= 1
        chosen.append(mine)
    return there, chosen


def difference(y, there, mine):
    return y[mine].mean() - y[np.setdiff1d(there, mine)].mean()


@pytest.mark.parametrize("measured", ["y", "score"])
def test_permutations_equal_the_slow_form(many_trials, measured):
    batch = many_trials[2]
    y, arm = getattr(batch, measured)[:12], batch.arm[:12]
    here = Draws(seed=3, replicates=range(4, 16))
    found = {side: permutation(y, arm, a=1, b=0, draws=here, permutations=199, alternative=side) for side in SIDES}
    for r in range(12):
        there, chosen = slow_permutation(y[r], arm[r], seed=3, replicate=4 + r, permutations=199)
        observed = difference(y[r], there, [i for i in there if arm[r, i] == 1])
        others = np.array([difference(y[r], there, mine) for mine in chosen])
        up = (1 + (others >= observed - 1e-9).sum()) / 200
        down = (1 + (others <= observed + 1e-9).sum()) / 200
        agrees([found[side].p[r] for side in SIDES], [min(1.0, 2 * min(up, down)), up, down])
        agrees([found["less"].estimate[r], found["less"].statistic[r]], [observed, observed])
        assert found["less"].n[r] == len(there)


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_holds_what_the_test_does_not_reject(many_trials, level):
    """Shifting arm a by a limit: p is above alpha just inside, and not just outside."""
    batch = many_trials[1]
    here = Draws(seed=3, replicates=range(40))
    alpha = 1 - level

    def p_at(shift, alternative):
        return permutation(batch.y - np.where(batch.arm == 1, shift[:, None], 0.0), batch.arm, a=1, b=0, draws=here,
                           permutations=199, alternative=alternative).p  # fmt: skip

    two = permutation(batch.y, batch.arm, a=1, b=0, draws=here, permutations=199, level=level)
    one = permutation(batch.y, batch.arm, a=1, b=0, draws=here, permutations=199, level=level, alternative="greater")
    assert (one.high == np.inf).all()
    for limit, way, side in ((two.low, 1, "two-sided"), (two.high, -1, "two-sided"), (one.low, 1, "greater")):
        usable = np.isfinite(limit)
        assert usable.sum() >= 38
        assert (p_at(limit + way * 1e-6, side) > alpha + 1e-12)[usable].all()
        assert (p_at(limit - way * 1e-6, side) <= alpha + 1e-12)[usable].all()


def test_many_permutations_come_near_to_all_of_them():
    """Exact p of scipy over all 252 divisions of 5 and 5 values, within 5.5 standard errors of 9,999 draws."""
    rng = np.random.default_rng(6)
    arm = np.repeat(np.array([[0, 1]], np.int8), 5, axis=1).repeat(4, axis=0)
    y = rng.normal(size=arm.shape) + arm
    found = permutation(y, arm, a=1, b=0, draws=Draws(1, range(4)), permutations=9_999)
    for r in range(4):

        def statistic(a, b, axis):
            return a.mean(axis=axis) - b.mean(axis=axis)

        judge = stats.permutation_test((y[r, 5:], y[r, :5]), statistic, vectorized=True, n_resamples=np.inf)
        half = judge.pvalue / 2
        assert abs(found.p[r] - judge.pvalue) < 2 * 5.5 * math.sqrt(half * (1 - half) / 9_999) + 1e-4


def test_twins_parts_and_batches_change_nothing(monkeypatch):
    """Rows of two twins, one after the other; replicate 7 is the same in any batch, and in parts of one replicate."""
    rng = np.random.default_rng(4)
    arm = rng.integers(-1, 2, size=(6, 20)).astype(np.int8)
    y = rng.normal(size=arm.shape)
    y[3:] = y[:3]
    arm[3:] = arm[:3]
    whole = permutation(y, arm, a=1, b=0, draws=Draws(1, range(6, 9)), permutations=99)
    assert (whole.p[:3] == whole.p[3:]).all()
    monkeypatch.setattr("trialsim.analysis.methods.permutation.HELD", 100)
    parts = permutation(y, arm, a=1, b=0, draws=Draws(1, range(6, 9)), permutations=99)
    one = permutation(y[1:2], arm[1:2], a=1, b=0, draws=Draws(1, range(7, 8)), permutations=99)
    for name in ("p", "low", "high", "estimate"):
        assert (getattr(whole, name) == getattr(parts, name)).all()
        assert getattr(one, name)[0] == getattr(whole, name)[1]


def test_permutation_where_nothing_varies():
    here = Draws(1, range(1))
    calm = permutation(*trial([0.1] * 4, [0.1] * 5), a=1, b=0, draws=here)
    assert (calm.status[0], calm.p[0], calm.estimate[0]) == (rows.OK, 1.0, 0.0)
    apart = permutation(*trial([1.0] * 9, [2.0] * 9), a=1, b=0, draws=here)
    assert (apart.status[0], apart.estimate[0]) == (rows.OK, 1.0)
    assert apart.p[0] < 0.01
    assert permutation(*trial([], [2.0] * 9), a=1, b=0, draws=here).status[0] == rows.EMPTY_ARM
    one = permutation(*trial([1.0], [2.0]), a=1, b=0, draws=here)
    assert (one.status[0], one.p[0], one.low[0], one.high[0]) == (rows.OK, 1.0, -np.inf, np.inf)
