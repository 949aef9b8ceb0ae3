"""What the pictures of a ward show: visits in the order of time, every resource that a session takes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pandas as pd
import pytest

from trialsim.prepared import Study, prepare
from trialsim.report.figures import in_time
from trialsim.report.ward import busiest_week, in_week, lanes_of, other_spells, ward_spells
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.study import simulate

SHARED = """
trialsim: 1
name: shared
title: A session takes a nurse and a room
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 1 h}, consent: 100 %}
  sites: {north: 50 %, south: 50 %}
  resources: {nurse: {units: 3}, room: {units: 2}, key: {units: 1}}
design: {arms: {a: one, b: two}, enroll: 60}
protocol:
  - hold: [nurse, room]
    steps:
      - {activity: talk, lasts: {mean: 2 h, sd: 1 h}}
      - visit: end
outcomes:
  y: {distribution: normal, visits: [end], level: {mean: 0, sd: 1}}
analyses:
  main: {outcome: y, visit: end, test: t}
primary: main
"""


@pytest.fixture(scope="module")
def shared() -> Study:
    return prepare(loads(SHARED))


def test_every_resource_of_a_session_has_its_bar(shared: Study) -> None:
    spells = ward_spells(simulate(shared, range(1)).one(0))
    study = spells[spells["kind"] == "study"]
    lanes = study["lane"].str.replace(r" \d$", "", regex=True)
    told = {lane: set(study["participant"][lanes == lane]) for lane in set(lanes)}
    assert set(told) == {"nurse@north", "nurse@south", "room@north", "room@south"}
    assert told["nurse@north"] == told["room@north"]
    assert told["nurse@south"] == told["room@south"]
    assert sum(map(len, told.values())) == 2 * 60
    assert set(study["lane"]) <= set(lanes_of(shared))


def test_nobody_lies_over_another_in_a_lane(shared: Study) -> None:
    spells = ward_spells(simulate(shared, range(1)).one(0))
    for _, lane in spells[spells["kind"] == "study"].sort_values("start").groupby("lane"):
        assert (lane["start"].to_numpy()[1:] >= lane["end"].to_numpy()[:-1]).all()


def test_visits_are_drawn_in_the_order_of_time() -> None:
    course = prepare(load(shipped_scenarios()["massage-course"].path))
    stress = course.scenario.outcomes["stress"]
    drawn = in_time(course, stress.visits)
    times = simulate(course, range(1)).one(0).visits().pivot(index="participant", columns="visit", values="time")
    assert list(stress.visits) != drawn
    for early, late in pairwise(drawn):
        both = times[[early, late]].dropna()
        assert len(both) > 0
        assert (both[early] <= both[late]).all()


@pytest.mark.parametrize("name", ["picu-blood-draw", "busy-ward"])
def test_who_waits_waits_because_everyone_is_busy(name: str) -> None:
    """Nobody works two things at once, and while a session waits no nurse is free: so the spells are the engine's."""
    trial = simulate(prepare(load(shipped_scenarios()[name].path)), range(4, 5)).one(4)
    first = busiest_week(ward_spells(trial))
    busy = pd.concat([other_spells(trial, first), in_week(ward_spells(trial), first)], ignore_index=True)
    assert (busy["kind"] == "other work").sum() > 20
    by_lane = {lane: part.sort_values("start") for lane, part in busy[busy["lane"] != "waiting"].groupby("lane")}
    for part in by_lane.values():
        assert (part["start"].to_numpy()[1:] >= part["end"].to_numpy()[:-1]).all()
    waits = 0
    for one in trial.staffing().to_dict("records"):
        if one["state"] != "granted" or one["granted"] == one["asked"] or one["resource"] != "nurse":
            continue
        if not first <= one["asked"].date() < first + timedelta(days=7):
            continue
        moments = pd.date_range(one["asked"], one["granted"], periods=12)[1:-1]
        nurses = [part for lane, part in by_lane.items() if str(lane).startswith("nurse")]
        for moment in moments:
            assert all(((part["start"] <= moment) & (part["end"] >= moment)).any() for part in nurses)
        waits += 1
    assert waits >= 3
