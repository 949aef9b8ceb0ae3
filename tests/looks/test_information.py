"""Looks by the information that the values have: 1 / SE^2 as a share of the planned one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.looks.conftest import plain
from tests.looks.test_decisions import made, plan_of
from trialsim import study as studies
from trialsim.boundaries.bounds import bounds_at
from trialsim.errors import ScenarioError
from trialsim.looks.decisions import STEP, by_bounds
from trialsim.looks.plan import LookPlan
from trialsim.scenario.identity import play_hash

SPENDING = {"spending": "obrien-fleming"}


def information(maximum: float = 4.0) -> LookPlan:
    return replace(plan_of(design__looks__efficacy=SPENDING), maximum=maximum)


def down(share: float) -> float:
    """Rounded down to a step of one percent."""
    step = 1.0
    while step > share + 1e-9:
        step /= STEP
    while step * STEP <= share + 1e-9:
        step *= STEP
    return step


def bounds_of(plan: LookPlan, se: list[float], *, known: tuple[int, ...] = (60, 90, 120)):
    _, results = made(plan, np.full((1, 3), 0.5), np.ones((1, 3)), known=known)
    return [one[:3] for one in by_bounds(plan, results, np.array(se).reshape(1, 1, 3))]


def test_the_share_is_that_of_the_standard_error_in_steps_rounded_down() -> None:
    plan = information()
    ((bounds, came, twins),) = bounds_of(plan, [0.7, 0.6, 0.49])
    assert bounds.times == pytest.approx([down(se**-2 / 4.0) for se in (0.7, 0.6, 0.49)])
    assert (came, twins) == ([0, 1, 2], [0])
    assert bounds == bounds_at(plan.design, bounds.times, (0, 1, 2), drift=plan.bounds.drift)
    ((plain_, _, _),) = bounds_of(replace(plan, maximum=math.nan), [0.7, 0.6, 0.49])
    assert plain_.times == (0.5, 0.75, 1.0)  # planted: by participants it is another number


def test_information_that_falls_or_is_there_too_early_still_rises_to_the_end() -> None:
    plan = information()
    ((falling, _, _),) = bounds_of(plan, [0.6, 0.7, 0.5])
    assert falling.times[1] == pytest.approx(falling.times[0] * STEP)
    ((early, _, _),) = bounds_of(plan, [0.4, 0.38, 0.36])
    assert early.times == pytest.approx([down(se**-2 / 4) for se in (0.4, 0.38, 0.36)])
    assert early == bounds_at(plan.design, early.times, (0, 1, 2), drift=plan.bounds.drift, spending=(0.5, 0.75, 1.0))
    up, below = early.crossing(0.0)
    assert sum(up) + sum(below) == pytest.approx(0.05, abs=1e-9)


def test_a_look_without_a_standard_error_counts_participants_and_one_that_does_not_come_counts_nothing() -> None:
    plan = information()
    ((bounds, came, _),) = bounds_of(plan, [math.nan, 0.6, 0.5])
    assert bounds.times[0] == pytest.approx(down(0.5))
    ((bounds, came, _),) = bounds_of(plan, [0.7, 0.6, 0.5], known=(60, 0, 120))
    assert came == [0, 2]
    assert bounds.times == pytest.approx((down(0.7**-2 / 4), 1.0))


def test_each_twin_has_its_own_information() -> None:
    plan = information()
    _, results = made(plan, np.full((1, 3), 0.5), np.ones((1, 3)))
    se = np.array([[[0.7, 0.6, 0.5]], [[0.8, 0.65, 0.5]]])
    found = list(by_bounds(plan, results, se))
    assert [one[2] for one in found] == [[0], [1]]
    assert found[0][0].efficacy[0] < found[1][0].efficacy[0]


def test_other_information_simulates_nothing_anew_and_is_read_from_the_scenario() -> None:
    one, other = (
        plain(design__looks__efficacy=SPENDING, design__looks__maximum_information=value) for value in (0.1, 0.2)
    )
    assert one.looks is not None
    assert one.looks.maximum == 0.1
    assert play_hash(one.scenario) == play_hash(other.scenario)
    results = [studies.evaluate(study, replicates=200, seed=3) for study in (one, other)]
    powers = [result.value("power", analysis=result.primary[0]).value for result in results]
    assert powers[0] > powers[1] - 1e-9


@pytest.mark.parametrize(("value", "test"), [(0, "t"), (-1, "t"), (0.1, "mann-whitney"), (0.1, "risk-difference")])
def test_what_has_no_information_is_refused(value: float, test: str) -> None:
    changes = {
        "design__looks__efficacy": SPENDING,
        "design__looks__maximum_information": value,
        "analyses__main__test": test,
    }
    if test == "risk-difference":
        changes["analyses__main__dichotomize"] = {"at_least": 1}
    with pytest.raises(ScenarioError) as refused:
        plain(**changes)
    assert {fault.code for fault in refused.value.faults} == {"TS-E412"}


@pytest.mark.verify
def test_the_level_holds_where_the_spread_is_twice_what_was_planned() -> None:
    """6,000 trials without effects with a quarter, all and eight times of the planned information; five standard errors."""
    for maximum in (30.0, 7.5, 0.9):
        study = plain(design__looks__efficacy=SPENDING, design__looks__maximum_information=maximum)
        result = studies.evaluate(study, replicates=6_000, seed=5)
        rate = result.value("rejection_null_twin", analysis=result.primary[0]).value
        assert abs(rate - 0.05) < 5 * math.sqrt(0.05 * 0.95 / 6_000), maximum
