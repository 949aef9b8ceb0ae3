"""What a study asks of participants: blood in any 24 hours, tries, and the warnings of a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trialsim.burden import blood_in_a_day, blood_warnings, burden
from trialsim.engine.trace import V_REASON, V_TIME, VISITED
from trialsim.prepared import Study, burdens, prepare, ward_events, warnings_of
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios

HOUR = 3_600


@pytest.fixture(scope="module")
def picu() -> Study:
    return prepare(load(shipped_scenarios()["picu-blood-draw"].path, set=["outcomes.cortisol.instrument.volume=2 ml"]))


def test_blood_in_any_24_hours(picu: Study) -> None:
    """Samples at 0 h, 23 h and 46 h: two of them lie within 24 hours; at 0, 24 and 48 h none do; a missed one is not drawn."""
    _, trace = ward_events(picu.conduct, picu.program, seed=1, replicates=range(1))
    assert trace is not None
    assert picu.program is not None
    visits = trace.visits.copy()
    drawn = [picu.program.visits.index(name) for name in ("baseline", "day 1", "day 2")]
    for person, hours in enumerate(((0, 23, 46), (0, 24, 48), (0, 1, 2), (0, 1, 2))):
        visits[0, person, drawn, V_TIME] = np.array(hours) * HOUR
        visits[0, person, drawn, V_REASON] = VISITED
    visits[0, 3, drawn[1], V_REASON] = VISITED + 1
    found = blood_in_a_day(picu.scenario, picu.program, replace(trace, visits=visits))[0, :4]
    assert found.tolist() == [4.0, 2.0, 6.0, 4.0]


def test_the_burden_of_each_arm(picu: Study) -> None:
    each = {one.arm: one for one in burdens(picu)}
    assert {one.values for one in each.values()} == {4 + 4 + 3}
    assert {(one.samples, one.blood) for one in each.values()} == {(3, 6.0)}
    assert each["massage"].minutes.value == pytest.approx(
        16 + 3.4 * 1.24, abs=1.0
    )  # a massage, and tries of the needle
    assert each["control"].tries["needle"].value == pytest.approx(1.24, abs=0.1)  # 1 + 0.2 + 0.04, less who left
    assert each["music"].staff_minutes["nurse"].value > each["control"].staff_minutes["nurse"].value + 15


def test_the_error_of_a_mean_is_that_of_the_same_means_of_other_trials(picu: Study) -> None:
    """Means of 40 batches of 20 trials vary as the errors say."""
    found = []
    for batch in range(40):
        events = ward_events(picu.conduct, picu.program, seed=7, replicates=range(20 * batch, 20 * batch + 20))
        found.append(burden(picu.scenario, picu.program, *events)[0].tries["needle"])
    values, errors = np.array(found).T
    assert values.std(ddof=1) == pytest.approx(np.sqrt((errors**2).mean()), rel=0.25)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((), 0),
        (("in_all=6 ml", "a_day=6 ml"), 0),
        (("in_all=5.9 ml",), 1),
        (("in_all=5 ml", "a_day=1 ml"), 2),
    ],
)
def test_a_limit_that_is_passed_is_a_warning(limits: tuple[str, ...], words: int) -> None:
    if not limits:
        study = prepare(load(shipped_scenarios()["textbook-ancova"].path))
    else:
        changes = [f"setting.blood_limit.{one}" for one in limits]
        most = [] if any("a_day" in one for one in limits) else ["setting.blood_limit.a_day=5 ml"]
        study = prepare(
            load(
                shipped_scenarios()["picu-blood-draw"].path,
                set=["outcomes.cortisol.instrument.volume=2 ml", *most, *changes],
            )
        )
    assert len(blood_warnings(study.scenario, burdens(study))) == words
    planned = sum("in_all=5" in one for one in limits)
    assert sum("of blood" in text for text in warnings_of(study)) == planned, "the day is that of simulated trials"


def test_without_a_ward_days_are_the_declared_ones() -> None:
    text = ["outcomes.score.instrument.volume=2 ml"]
    study = prepare(load(shipped_scenarios()["textbook-ancova"].path, set=text))  # at 0 d and 28 d
    assert [(one.blood, one.blood_day) for one in burdens(study)] == [(4.0, 2.0)] * 2
