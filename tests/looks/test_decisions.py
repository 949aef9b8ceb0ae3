"""What is decided at looks, by hand; and that the p-value of the ordering says the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.looks.conftest import plain
from trialsim.analysis.estimates import Estimates
from trialsim.analysis.rows import OK, TOO_FEW
from trialsim.looks.decisions import FUTILE, NOT_SHOWN, SHOWN, Decisions, by_bounds, decide, scores
from trialsim.looks.plan import LookPlan
from trialsim.looks.results import LookResults

BOUNDS = {"bounds": {"p": ["1 %", "2 %", "4 %"]}}
FUTILE_AT = {"bounds": {"p": ["50 %", "30 %"]}}


def plan_of(**changes: Any) -> LookPlan:
    found = plain(**({"design__looks__efficacy": BOUNDS} | changes)).looks
    assert found is not None
    return found


def made(
    plan: LookPlan, p: np.ndarray, sign: np.ndarray, *, known: Any = (60, 90, 120)
) -> tuple[Estimates, LookResults]:
    """Trials with these p-values (R, 3) at their looks, and estimates of this sign; the SE is that of the score."""
    score = stats.norm.isf(p if plan.one_sided else p / 2)
    estimate = sign * np.abs(score) if not plan.one_sided else score * plan.way
    estimate = estimate + plan.looked_at.no_effect
    trials = len(p)
    one = np.ones((1, trials, 3))
    kept = {"estimate": estimate[None], "se": one, "p": p[None], "low": estimate[None] - 1, "high": estimate[None] + 1}
    status = np.where(np.isnan(p), TOO_FEW, OK).astype(np.int8)[None]
    known = np.tile(np.asarray(known), (trials, 1)) if np.ndim(known) == 1 else np.asarray(known)
    results = LookResults(
        **{name: values[:, :, :2] for name, values in kept.items()},
        n=np.tile([60, 90], (1, trials, 1)),
        status=status[:, :, :2],
        with_overrun=np.full((1, trials, 2), np.nan),
        closed=np.empty((trials, 2, 0)),
        tick=known.astype(np.int64),
        known=known.astype(np.int64),
        enrolled=known.astype(np.int64),
        overrun=np.zeros_like(known),
    )
    end = {name: values[:, :, 2:] for name, values in kept.items()}
    estimates = Estimates(
        rows=plan.alone.rows, twins=("declared",), replicates=range(trials), df=one[:, :, 2:], statistic=one[:, :, 2:],
        p_raw=end["p"], n=np.full((1, trials, 1), 120), status=status[:, :, 2:], **end,
    )  # fmt: skip
    return estimates, results


def decided(
    plan: LookPlan, p: list[list[float]], sign: list[list[int]] | int = 1, **more: Any
) -> tuple[Decisions, Estimates]:
    values = np.array(p)
    return decide(plan, *made(plan, values, np.broadcast_to(np.array(sign), values.shape), **more))


def test_the_first_bound_that_is_passed_decides() -> None:
    p = [[0.009, 0.9, 0.9], [0.011, 0.019, 0.9], [0.5, 0.5, 0.039], [0.5, 0.5, 0.041], [0.009, 0.001, 0.001]]
    found, estimates = decided(plan_of(), p)
    assert found.look[0].tolist() == [0, 1, 2, 2, 0]
    assert found.outcome[0].tolist() == [SHOWN, SHOWN, SHOWN, NOT_SHOWN, SHOWN]
    assert estimates.rejected[0, :, 0].tolist() == [1, 1, 1, 0, 1]
    assert estimates.n[0, :, 0].tolist() == [60, 90, 120, 120, 60]
    assert estimates.estimate[0, :, 0] == pytest.approx(found_at(p, found.look[0]))
    assert found.rejected_at_end[0].tolist() == [0, 0, 1, 1, 1]


def found_at(p: list[list[float]], look: np.ndarray) -> list[float]:
    return [float(stats.norm.isf(row[k] / 2)) for row, k in zip(p, look, strict=True)]


def test_both_sides_are_shown_and_one_is_futile() -> None:
    plan = plan_of(design__looks__futility=FUTILE_AT)
    p = [[0.009, 0.5, 0.5], [0.009, 0.5, 0.5], [0.9, 0.5, 0.5], [0.9, 0.5, 0.5], [0.5, 0.7, 0.5], [0.5, 0.5, 0.5]]
    found, estimates = decided(plan, p, [[1] * 3, [-1] * 3, [1] * 3, [-1] * 3, [1] * 3, [1] * 3])
    # one-sided p: .0045, .9955 (shown in the other direction), .45, .55 (futile), .25 then .35 (futile), .25 to the end
    assert found.outcome[0].tolist() == [SHOWN, SHOWN, NOT_SHOWN, FUTILE, FUTILE, NOT_SHOWN]
    assert found.look[0].tolist() == [0, 0, 2, 0, 1, 2]
    assert estimates.rejected[0, :, 0].tolist() == [1, 1, 0, 0, 0, 0]


def test_lower_is_better() -> None:
    """What is futile follows ``better``: the same trials with all signs turned."""
    plan = plan_of(design__looks__futility=FUTILE_AT, outcomes__score__better="lower")
    found, _ = decided(plan, [[0.9, 0.5, 0.5], [0.9, 0.5, 0.5]], [[1] * 3, [-1] * 3])
    assert found.outcome[0].tolist() == [FUTILE, NOT_SHOWN]


def test_a_one_sided_test_is_not_shown_on_the_other_side() -> None:
    plan = plan_of(analyses__main__alternative="greater", design__looks__futility=FUTILE_AT)
    found, _ = decided(plan, [[0.9999, 0.5, 0.5], [0.009, 0.5, 0.5], [0.4, 0.2, 0.041]])
    assert found.outcome[0].tolist() == [FUTILE, SHOWN, NOT_SHOWN]


def test_an_analysis_that_fails_decides_nothing() -> None:
    found, estimates = decided(plan_of(), [[np.nan, 0.001, 0.5], [np.nan, np.nan, 0.001], [0.5, 0.5, np.nan]])
    assert found.look[0].tolist() == [1, 2, 2]
    assert estimates.rejected[0, :2, 0].tolist() == [1, 1]
    assert np.isnan(estimates.rejected[0, 2, 0])
    assert np.isnan(estimates.p[0, 2, 0])


def test_a_look_that_does_not_come_leaves_its_level() -> None:
    plan = plan_of(design__looks__efficacy={"spending": "pocock"})
    known = np.array([[60, 90, 120], [0, 90, 120], [0, 0, 118]])
    found, _ = decided(plan, [[0.02, 0.9, 0.9]] * 3, known=known)
    assert found.look[0].tolist() == [0, 2, 2]
    bounds = {
        tuple(came): one
        for one, came, _, _ in by_bounds(
            plan, made(plan, np.full((3, 3), 0.5), np.ones((3, 3)), known=known)[1], np.ones((1, 3, 3))
        )
    }
    for one in bounds.values():
        up, down = one.crossing(0.0)
        assert sum(up) + sum(down) == pytest.approx(0.05, abs=1e-9)
    assert bounds[(2,)].efficacy == (pytest.approx(stats.norm.isf(0.025), abs=1e-9),)


@pytest.mark.parametrize("one_sided", [False, True])
def test_the_p_of_the_ordering_rejects_where_the_bounds_do(one_sided: bool) -> None:
    changes = {"analyses__main__alternative": "greater"} if one_sided else {}
    plan = plan_of(design__looks__efficacy={"spending": "pocock"}, **changes)
    rng = np.random.default_rng(3)
    drift = rng.normal(1.5, 1.5, size=500)
    steps = rng.normal(size=(500, 3)) * np.sqrt([0.5, 0.25, 0.25])
    score = (np.cumsum(steps, axis=1) + drift[:, None] * [0.5, 0.75, 1.0]) / np.sqrt([0.5, 0.75, 1.0])
    p = stats.norm.sf(score) if one_sided else 2 * stats.norm.sf(np.abs(score))
    found, estimates = decide(plan, *made(plan, p, np.sign(score)))
    shown = found.outcome[0] == SHOWN
    assert 100 < shown.sum() < 400
    assert np.array_equal(estimates.p[0, :, 0] <= plan.looked_at.alpha, shown)
    # the interval says it too, and holds the median unbiased estimate
    none = plan.looked_at.no_effect
    excluded = found.low[0] > none if one_sided else (found.low[0] > none) | (found.high[0] < none)
    level = plan.looked_at.confidence if one_sided else None
    if level is None:
        assert np.array_equal(excluded, shown)
    assert ((found.low <= found.estimate) & (found.estimate <= found.high)).all()


def test_scores_are_those_of_p_values() -> None:
    plan = plan_of()
    p, estimate = np.array([0.05, 0.05, 1.0, 0.0]), np.array([1.0, -1.0, 0.0, 2.0])
    assert scores(plan, p, estimate)[:3] == pytest.approx([1.959964, -1.959964, 0.0], abs=1e-6)
    assert scores(plan, p, estimate)[3] > 37
    one = plan_of(analyses__main__alternative="less")
    assert scores(one, p, estimate)[:2] == pytest.approx([1.644854, 1.644854], abs=1e-6)


def test_a_plain_estimate_is_median_unbiased_at_the_first_look() -> None:
    found, estimates = decided(plan_of(), [[0.009, 0.9, 0.9]])
    assert found.estimate[0] == pytest.approx(estimates.estimate[0, :, 0], rel=1e-8)
    later, plain_ones = decided(plan_of(), [[0.011, 0.009, 0.9]])
    assert (later.estimate[0] < plain_ones.estimate[0, :, 0]).all()  # it did not stop at the first look


def test_nothing_of_other_rows_moves() -> None:
    plan = plan_of()
    estimates, results = made(plan, np.array([[0.009, 0.9, 0.9]]), np.ones((1, 3)))
    two = replace(
        estimates,
        rows=(*plan.alone.rows, replace(plan.looked_at, analysis="other")),
        **{
            name: np.concatenate([getattr(estimates, name)] * 2, axis=2)
            for name in ("estimate", "se", "df", "statistic", "p", "p_raw", "low", "high", "n", "status")
        },
    )
    _, found = decide(plan, two, results)
    assert found.p[0, 0, 1] == 0.9
    assert found.rejected[0, 0].tolist() == [1, 0]
