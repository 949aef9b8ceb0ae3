"""Numbers of each trial against counting by hand in its tidy tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trialsim import study as studies
from trialsim.cohort import Cohort
from trialsim.evaluate.trial import trial_columns, trial_values
from trialsim.evaluate.ward import mean_wait
from trialsim.scenario import load, loads

SCENARIOS = Path(__file__).parents[2] / "scenarios"
NAMES = ("nicu-parent-massage", "lessons/massage-course", "lessons/cold-spray")


@pytest.fixture(scope="module", params=NAMES)
def played(request: pytest.FixtureRequest) -> tuple[studies.Study, Cohort]:
    study = studies.prepare(load(SCENARIOS / f"{request.param}.yaml"))
    return study, studies.simulate(study, range(40, 46))


def numbers(study: studies.Study, cohort: Cohort) -> list[dict[tuple[str, str], float]]:
    keys = [(column.measure, column.contrast) for column in trial_columns(study)]
    assert len(keys) == len(set(keys))
    return [dict(zip(keys, row, strict=True)) for row in trial_values(study, cohort).tolist()]


def test_enrollment_ends_and_leaving(played: tuple[studies.Study, Cohort]) -> None:
    study, cohort = played
    for replicate, seen in zip(cohort.replicates, numbers(study, cohort), strict=True):
        people = cohort.one(replicate).participants()
        assert seen["enrolled", ""] == len(people) == seen["patients", "enrolled"]
        for arm in study.scenario.design.arms:
            here = people[people["arm"] == arm]
            assert seen["enrolled", arm] == len(here)
            assert seen["completed", arm] == (here["end_reason"] == "completed").sum()
            for reason in study.conduct.leave_reasons:
                assert seen[f"left: {reason}", arm] == (here["end_reason"] == reason).sum()
        assert study.scenario.setting is not None
        first_day = pd.Timestamp(study.scenario.setting.starts)
        assert seen["trial_days", ""] == pytest.approx((people["ended"].max() - first_day).total_seconds() / 86_400)


def test_missing_values_by_reason(played: tuple[studies.Study, Cohort]) -> None:
    study, cohort = played
    some = 0.0
    for replicate, seen in zip(cohort.replicates, numbers(study, cohort), strict=True):
        for (outcome, visit), part in cohort.one(replicate).measurements().groupby(["outcome", "visit"]):
            where = f"{outcome} at {visit}"
            assert seen["missing_share", where] == pytest.approx(part["value"].isna().mean())
            for reason in study.response.reasons[1:]:
                expected = (part["status"] == reason).mean()
                assert seen[f"missing_share: {reason}", where] == pytest.approx(expected)
                some += expected
    assert some > 0


def test_sessions_missed_and_waits(played: tuple[studies.Study, Cohort]) -> None:
    study, cohort = played
    assert study.program is not None
    for replicate, seen in zip(cohort.replicates, numbers(study, cohort), strict=True):
        staffing = cohort.one(replicate).staffing()
        for hold in study.program.holds:
            asked = staffing[staffing["need"] == hold.name]
            if asked.empty:
                assert np.isnan(seen["missed_share", hold.name])
                continue
            gave_up, away = ((asked["state"] == state).mean() for state in ("gave up", "turned away"))
            assert seen["missed_share", hold.name] == pytest.approx(gave_up + away)
            assert seen["missed_share: queue full", hold.name] == pytest.approx(away)
            served = asked[asked["state"] == "granted"]
            minutes = ((served["granted"] - served["asked"]).dt.total_seconds() / 60).to_numpy()
            if len(minutes):
                assert seen["wait_mean_minutes", hold.name] == pytest.approx(minutes.mean())


def test_staff_hours_are_the_time_held(played: tuple[studies.Study, Cohort]) -> None:
    study, cohort = played
    assert study.program is not None
    for replicate, seen in zip(cohort.replicates, numbers(study, cohort), strict=True):
        staffing = cohort.one(replicate).staffing()
        held = staffing[staffing["state"] == "granted"]
        hours = (held["given_back"] - held["granted"]).dt.total_seconds().groupby(held["resource"]).sum() / 3600
        if all(len(hold.resources) == 1 for hold in study.program.holds):
            for resource in study.program.resources:
                assert seen["study_hours", resource.name] == pytest.approx(hours.get(resource.name, 0.0))


def test_use_of_open_hours() -> None:
    """The PICU nurses: two units, 12 h a day, 60 % other work."""
    study = studies.prepare(load(SCENARIOS / "picu-blood-draw.yaml"))
    cohort = studies.simulate(study, range(3))
    for seen in numbers(study, cohort):
        open_hours = seen["trial_days", ""] * 12 * 2
        assert seen["study_use_share", "nurse"] == pytest.approx(seen["study_hours", "nurse"] / open_hours)
        assert seen["use_share", "nurse"] == pytest.approx(0.6 + seen["study_use_share", "nurse"])


def test_costs() -> None:
    study = studies.prepare(load(SCENARIOS / "lessons/massage-course.yaml"))
    cohort = studies.simulate(study, range(5))
    costs = study.scenario.costs
    assert costs is not None
    assert costs.participant is not None
    for replicate, seen in zip(cohort.replicates, numbers(study, cohort), strict=True):
        trial = cohort.one(replicate)
        measured = trial.measurements()
        taken = measured[~measured["status"].isin(["session missed", "left", "other arm", "not enrolled"])]
        expected = len(trial.participants()) * costs.participant.value
        expected += sum((taken["outcome"] == name).sum() * price.value for name, price in costs.sample.items())
        for resource in study.program.resources if study.program else ():
            if resource.base in costs.staff_hour:
                expected += costs.staff_hour[resource.base].value * seen["study_hours", resource.name]
        assert seen[f"cost_{costs.currency}", ""] == pytest.approx(expected)


BY_HAND = """
trialsim: 1
name: by-hand
title: Ten visits of half an hour
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 1 d}, consent: 100 %}
  resources: {nurse: {units: 2}, porter: {units: 1}}
design: {arms: {only: care}, enroll: 10, within: 12 months}
protocol:
  - activity: talk
    needs: [nurse]
    lasts: 30 min
  - visit: first
  - activity: walk
    needs: [nurse, porter]
    lasts: 15 min
  - visit: second
outcomes:
  cortisol:
    distribution: lognormal
    unit: nmol/L
    visits: [first, second]
    level: {mean: 5 nmol/L, sd: 2 nmol/L}
    correlation: {within_session: 0}
    lost: 50 %
  mood: {distribution: normal, visits: [second], level: {mean: 5, sd: 2}}
analyses: {main: {outcome: cortisol, change: {from: first, to: second}, test: paired-t}}
primary: main
simulation: {replicates: 10, seed: 1}
"""


def costs_by_hand(costs: str) -> list[dict[tuple[str, str], float]]:
    study = studies.prepare(loads(f"{BY_HAND}costs: {costs}\n"))
    return numbers(study, studies.simulate(study, range(10)))


def test_costs_of_a_trial_that_can_be_counted_on_paper() -> None:
    """Ten participants, three quarters of an hour of a nurse and one quarter of a porter each, two samples, lost or not."""
    prices = (
        "{currency: EUR, participant: 40 EUR, sample: {cortisol: 12 EUR}, staff_hour: {nurse: 36 EUR, porter: 20 EUR}}"
    )
    for seen in costs_by_hand(prices):
        assert 0 < seen["missing_share", "cortisol at first"] < 1, "some samples are lost, and paid for"
        assert seen["cost_EUR", "participants"] == 400
        assert seen["cost_EUR", "samples"] == 10 * 2 * 12
        assert seen["cost_EUR", "staff"] == pytest.approx(10 * (0.75 * 36 + 0.25 * 20))
        assert seen["cost_EUR", ""] == pytest.approx(400 + 240 + 320)


def test_what_has_no_price_has_no_row() -> None:
    for seen in costs_by_hand("{currency: USD, sample: {mood: 3 USD}}"):
        told = {contrast: value for (measure, contrast), value in seen.items() if measure.startswith("cost")}
        assert told == {"": 30, "samples": 30}


def test_without_a_ward_nothing_is_told_of_it() -> None:
    study = studies.prepare(load(SCENARIOS / "textbook-ancova.yaml"))
    told = {column.measure for column in trial_columns(study)}
    assert {"enrolled", "missing_share"} <= told
    assert not told & {"trial_days", "patients", "missed_share", "study_hours"}


def test_waits_of_nobody_and_of_few() -> None:
    wait = np.array([[-1, -1, -1], [5, -1, -1], [30, 10, 20]], dtype=np.int64)
    np.testing.assert_array_equal(mean_wait(wait), [np.nan, 5, 20])
