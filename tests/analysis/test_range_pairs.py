"""Tukey-Kramer, Games-Howell and the studentized range: against scipy and R (tests/reference/r/ranks.R)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import rows, studentized_range
from trialsim.analysis.methods.range_pairs import games_howell, tukey
from trialsim.analysis.moments import moments
from trialsim.analysis.studentized_range import normal_range_p, range_p, range_quantile

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "ranks.json").read_text())
DEGREES = (1.0, 1.4, 2.0, 3.0, 7.7, 19.99, 20.0, 33.3, 60.0, 96.0, 700.0)


def agrees(ours, theirs, rtol=1e-8, atol=1e-11):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=atol)


@pytest.mark.parametrize("groups", [2, 3, 4, 7])
def test_the_studentized_range_equals_scipy(groups):
    q = np.array([0.0, 0.05, 0.7, 1.8, 3.0, 3.9, 5.5, 9.0, 25.0])
    for df in DEGREES:
        agrees(range_p(q, np.full(q.shape, df), groups), stats.studentized_range.sf(q, groups, df))


@pytest.mark.parametrize("probability", [0.9, 0.95, 0.99])
def test_quantiles_are_where_the_tail_is(probability):
    df = np.array([*DEGREES, 0.9999999999, 1.9999, 5e3, 1e6])
    for groups in (2, 3, 6):
        agrees(
            range_p(range_quantile(probability, df, groups), df.clip(1.0), groups),
            np.full(df.shape, 1 - probability),
            1e-10,
        )


def test_printed_values():
    """q(.95; 3, 96) = 3.36669; q(.95; 3, 10) = 3.88 and q(.99; 5, 20) = 5.29 (tables of Hayter and of Pearson and Hartley)."""
    assert range_quantile(0.95, np.array([96.0]), 3)[0] == pytest.approx(3.36669, abs=5e-6)
    assert range_quantile(0.95, np.array([10.0]), 3)[0] == pytest.approx(3.88, abs=5e-3)
    assert range_quantile(0.99, np.array([20.0]), 5)[0] == pytest.approx(5.29, abs=5e-3)


def test_two_groups_are_the_t_test():
    """Q = sqrt(2) |t|: also in tails as small as 1e-12."""
    t = np.array([0.3, 2.0, 6.0, 12.0, 30.0])
    for df in (2.0, 9.5, 40.0):
        agrees(range_p(math.sqrt(2) * t, np.full(t.shape, df), 2), 2 * stats.t.sf(t, df), 1e-6, 1e-14)


def test_the_range_of_normals_is_one_at_zero():
    for groups in (2, 3, 10, 20):
        agrees(normal_range_p(np.array([0.0]), groups), [1.0])


def test_more_nodes_change_nothing(monkeypatch):
    q, df = np.linspace(0.1, 9.0, 30), np.array([1.0, 2.2, 3.0, 8.0, 20.0, 25.0, 60.0, 400.0]).repeat(30)
    q = np.tile(q, 8)
    before = range_p(q, df, 4)
    finer = tuple((least, 5 * nodes) for least, nodes in studentized_range.SD_NODES)
    monkeypatch.setattr(studentized_range, "SD_NODES", finer)
    monkeypatch.setattr(studentized_range, "Z_STEP", 0.1)
    agrees(before, range_p(q, df, 4), 1e-7, 1e-10)


def test_tukey_equals_scipy(many_trials):
    for batch in many_trials:
        m = moments(batch.y, batch.arm, arms=3)
        found = {pair: tukey(m, a=pair[0], b=pair[1]) for pair in ((1, 0), (2, 0), (2, 1))}
        for r in range(len(batch.y)):
            groups = batch.groups(r)
            if min(map(len, groups)) < 2:  # scipy refuses them
                continue
            judge = stats.tukey_hsd(*groups)
            for pair, ours in found.items():
                agrees([ours.estimate[r], ours.p[r]], [judge.statistic[pair], judge.pvalue[pair]])
            if r % 20 == 0:  # scipy solves its quantile for half a second
                ci = judge.confidence_interval(0.95)
                agrees([found[2, 1].low[r], found[2, 1].high[r]], [ci.low[2, 1], ci.high[2, 1]], 1e-6)


def test_games_howell_equals_r():
    for case in R["pairs"]:
        m = moments(np.array([case["y"]], float), np.array([case["arm"]], np.int8), arms=3)
        for index, (first, second) in enumerate(zip(case["first"], case["second"], strict=True)):
            found = games_howell(m, a=second, b=first)
            agrees([found.estimate[0], found.df[0]], [case["difference"][index], case["df"][index]])
            agrees(abs(found.statistic[0]), case["t"][index])
            # R's qtukey stops at steps of 1e-4; p is held to scipy's integral below
            agrees([found.low[0], found.high[0]], [case["low"][index], case["high"][index]], 5e-5, 1e-4)


def test_games_howell_equals_scipy(many_trials):
    for batch in many_trials:
        m = moments(batch.y, batch.arm, arms=3)
        found = games_howell(m, a=2, b=1)
        for r in range(len(batch.y)):
            _, b, a = batch.groups(r)
            if min(len(a), len(b)) < 2:
                assert found.status[r] == rows.TOO_FEW or min(len(a), len(b)) == 0
                continue
            welch = stats.ttest_ind(a, b, equal_var=False)
            judge = stats.studentized_range.sf(math.sqrt(2) * abs(welch.statistic), 3, welch.df)
            agrees([found.statistic[r], found.df[r], found.p[r]], [welch.statistic, welch.df, judge])


@pytest.mark.parametrize("test", [tukey, games_howell])
def test_the_interval_ends_where_p_is_five_percent(test):
    """p of the estimate against its own limit, by the same distribution."""
    rng = np.random.default_rng(3)
    arm = rng.integers(0, 4, size=(20, 40)).astype(np.int8)
    found = test(moments(rng.normal(size=arm.shape), arm, arms=4), a=3, b=1)
    edge = math.sqrt(2) * (found.estimate - found.low) / found.se
    agrees(range_p(edge, found.df, 4), np.full(20, 0.05))


@pytest.mark.parametrize("test", [tukey, games_howell])
def test_nothing_varies_or_too_few(test):
    def of(*arms):
        values = np.array([[value for arm in arms for value in arm]], dtype=float)
        return test(
            moments(values, np.array([[k for k, arm in enumerate(arms) for _ in arm]], np.int8), arms=len(arms)),
            a=1,
            b=0,
        )

    calm = of([0.1] * 4, [0.1] * 5, [0.1] * 3)
    assert (calm.status[0], calm.p[0], calm.estimate[0]) == (rows.OK, 1.0, 0.0)
    assert np.isnan([calm.low[0], calm.high[0]]).all()
    assert of([0.1] * 4, [0.2] * 5, [0.1] * 3).status[0] == rows.NO_VARIANCE
    assert of([0.1] * 4, [], [0.1] * 3).status[0] == rows.EMPTY_ARM
    assert of([0.1], [0.2], [0.3]).status[0] == rows.TOO_FEW
