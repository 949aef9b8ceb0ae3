"""The ordinal mixed model against R (ordinal clmm, nAGQ = 10), and against a slow form with points evenly spaced.

clmm stops at gradients of 1e-4; the fixture takes three steps of Newton's method further on clmm's own likelihood. Up to an SD
of 1.5 of the intercepts the estimates agree within 1e-5 of their standard error; above, 10 points are too few, and the slow
form decides (1e-6).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.kinds.judges import ordinal_mixed_by_points
from trialsim.analysis import rows
from trialsim.analysis.methods.ordinal_mixed import fitted, ordinal_mixed
from trialsim.analysis.methods.proportional_odds import proportional_odds
from trialsim.kinds.tests.options import BY_WALD

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "ordinal_mixed.json").read_text(encoding="utf-8"))
CASES = R["cases"]

#: Up to this SD of the intercepts 10 points are enough for clmm; below the other, clmm stays a little above 0.
ENOUGH, NOTHING = 1.5, 1e-3


def arrays(case):
    y, x = (np.where(one == "NA", np.nan, one).astype(float) for one in (np.array([case[k]], object) for k in "yx"))
    return y, x[..., None][..., : 1 if case["adjusted"] else 0], np.array([case["arm"]], np.int8)


@cache
def found(number):
    """Of a case each visit's row and the average's, the SD and the log likelihood."""
    y, x, arm = arrays(CASES[number])
    each = [fitted(y, x, arm, a=1, b=0, visit=v) for v in (*range(y.shape[2]), None)]
    return [one[0] for one in each], float(each[0][1][0]), float(each[0][2][0])


def test_the_fixture_names_its_versions():
    assert {"R", "ordinal"} == set(R["versions"])
    assert len(CASES) == 60


def test_it_equals_clmm():
    seen = 0
    for number, case in enumerate(CASES):
        if not NOTHING < case["sd"] < ENOUGH:
            continue
        (*each, average), sd, loglik = found(number)
        variance = np.array(case["variance"])
        se = np.sqrt(np.diag(variance))
        estimate = np.array([one.estimate[0] for one in each])
        assert np.abs(estimate - case["estimate"]).max() < 1e-5 * se.min(), number
        np.testing.assert_allclose([one.se[0] for one in each], se, rtol=1e-5)
        np.testing.assert_allclose(average.estimate[0], np.mean(case["estimate"]), atol=1e-5 * se.min())
        np.testing.assert_allclose(average.se[0], np.sqrt(variance.mean()), rtol=1e-5)
        np.testing.assert_allclose([sd, loglik], [case["sd"], case["loglik"]], rtol=1e-5)
        assert average.status[0] == rows.OK
        seen += 1
    assert seen > 30


def test_where_the_intercepts_do_not_vary_it_is_the_model_without_them():
    seen = 0
    for number, case in enumerate(CASES):
        if case["sd"] > NOTHING:
            continue
        (*each, average), sd, loglik = found(number)
        assert sd == 0.0
        assert average.status[0] == rows.BOUNDARY
        assert np.isfinite([average.p[0], average.low[0], average.estimate[0]]).all()
        np.testing.assert_allclose([one.estimate[0] for one in each], case["estimate"], atol=1e-4)
        np.testing.assert_allclose(loglik, case["loglik"], rtol=1e-7)
        seen += 1
    assert seen > 3


def drawn(spread, *, people=30, visits=3, top=4, seed=3, replicates=4):
    rng = np.random.default_rng(seed)
    arm = np.tile(np.repeat(np.array([0, 1], np.int8), people), (replicates, 1))
    u = rng.normal(0, spread, arm.shape)
    noise = rng.logistic(0, 1, (*arm.shape, visits))
    y = np.clip(np.round(top / 2 + 0.6 * (u[..., None] + noise + 0.6 * arm[..., None])), 0, top)
    return y, np.empty((*arm.shape, 0)), arm


@pytest.mark.parametrize("spread", [0.6, 1.5, 3.0, 7.0])
def test_it_is_the_slow_form(spread):
    """Every rule of quadrature: 10, 40 and 281 points."""
    y, x, arm = drawn(spread)
    ours, sd, _ = fitted(y, x, arm, a=1, b=0, visit=None)
    seen = 0
    for r in np.flatnonzero(ours.status == rows.OK):
        try:
            estimate, se, theirs = ordinal_mixed_by_points([y[r][arm[r] == k] for k in (0, 1)], spread=sd[r])
        except AssertionError:  # scipy did not find the root
            continue
        np.testing.assert_allclose(ours.estimate[r], estimate, atol=1e-6 * se)
        np.testing.assert_allclose([ours.se[r], sd[r]], [se, theirs], rtol=1e-5)
        seen += 1
    assert seen >= 2


def test_every_measured_visit_counts():
    y, x, arm = drawn(1.0, people=20, replicates=1)
    gaps = y.copy()
    gaps[0, ::5, 1] = np.nan
    gaps[0, 3] = np.nan
    some = ordinal_mixed(gaps, x, arm, a=1, b=0)
    assert some.n[0] == 39  # one without any visit
    left = arm.copy()
    left[0, 3] = -1
    assert ordinal_mixed(gaps, x, left, a=1, b=0).estimate[0] == some.estimate[0]
    gaps[0, 5] = np.nan  # had one missing visit: the others were in the model
    assert ordinal_mixed(gaps, x, arm, a=1, b=0).estimate[0] != some.estimate[0]
    without = np.zeros((1, 40, 1))
    without[0, 7] = np.nan
    assert ordinal_mixed(y, without, arm, a=1, b=0).n[0] == 39


def test_sides_and_arms():
    y, x, arm = drawn(1.0)
    both, up, down = (
        ordinal_mixed(y, x, arm, a=1, b=0, visit=2, alternative=side) for side in ("two-sided", "greater", "less")
    )
    np.testing.assert_allclose(up.p + down.p, 1.0)
    np.testing.assert_allclose(2 * np.minimum(up.p, down.p), both.p)
    turned = ordinal_mixed(y, x, arm, a=0, b=1, visit=2)
    np.testing.assert_allclose(turned.estimate, -both.estimate, atol=1e-9)
    np.testing.assert_allclose(ordinal_mixed(-y, x, arm, a=1, b=0, visit=2).estimate, -both.estimate, atol=1e-9)


def test_reasons():
    y, x, arm = drawn(1.0, people=10, replicates=1)
    none = y.copy()
    none[0, 10:, 2] = np.nan
    assert ordinal_mixed(none, x, arm, a=1, b=0).status[0] == rows.EMPTY_ARM
    assert ordinal_mixed(y, 1.0 * arm[..., None], arm, a=1, b=0).status[0] == rows.SINGULAR
    assert ordinal_mixed(np.full_like(y, 2.0), x, arm, a=1, b=0).status[0] == rows.NO_VARIANCE
    apart = y.copy()
    apart[0, 10:, 1] = 0.0  # everybody in arm 1 has the lowest score at one visit
    found = ordinal_mixed(apart, x, arm, a=1, b=0)
    assert found.status[0] == rows.SEPARATED
    assert np.isnan([found.estimate[0], found.p[0], found.low[0]]).all()


def test_without_an_intercept_it_is_proportional_odds_of_all_values():
    """Scores without any correlation within persons: at the boundary, the fit of all values as if of different persons."""
    y, x, arm = drawn(0.0, people=25, visits=2, replicates=30, seed=8)
    ours, sd, _ = fitted(y, x, arm, a=1, b=0, visit=0)
    seen = 0
    for r in np.flatnonzero(sd == 0.0):
        later = np.repeat([0.0, 1.0], 50)
        values, groups = np.concatenate([y[r, :, 0], y[r, :, 1]])[None], np.concatenate([arm[r], arm[r]])[None]
        design = np.column_stack([later, later * groups[0]])[None]
        plain = proportional_odds(values, design, groups, arms=2, pair=(1, 0), by=BY_WALD)
        np.testing.assert_allclose(
            [ours.estimate[r], ours.se[r], ours.p[r]], [plain.estimate[0], plain.se[0], plain.p[0]], rtol=1e-8
        )
        seen += 1
    assert seen > 5
