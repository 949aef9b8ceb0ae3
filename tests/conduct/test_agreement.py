"""The compiled conduct against the plain one of conftest.py: equal to the last tick, unequal under planted faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.conduct import COUNTS, conduct, plan_conduct
from trialsim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"

REPLICATES = range(3, 9)

STUDIES = {
    "picu": SCENARIOS / "picu-blood-draw.yaml",
    "nicu": SCENARIOS / "nicu-parent-massage.yaml",
    "course": SCENARIOS / "lessons" / "massage-course.yaml",
    "everybody is asked at the opening": {
        "patients": "arrive: {every: 1 h}, consent: 60 %, ask: {until: Mon 00:00-01:00}",
        "within": "28 d",
        "enroll": "in all: 90",
        "allocation": 'method: simple, ratio: "3:2:1"',
    },
    "asked when the trial closes": {
        "patients": "arrive: {every: 1 d}, consent: 60 %, ask: {until: Mon 00:00-01:00}",
        "within": "14 d",
        "enroll": "in all: 40",
    },
    "asked at any time": {
        "patients": "arrive: {every: 5 h}, consent: 60 %, ask: {for: 2 h, until: 'Mon-Fri 09:00-16:00', at: any time},"
        " exclusions: {ill: 10 %}, leave: {after: {mean: 3 d, sd: 2 d}, reason: discharge}",
        "enroll": "in all: 50",
    },
    "leave while waiting to be asked": {
        "patients": "arrive: {every: 3 h}, consent: 90 %, ask: {for: {choice: {1 d: 50 %, 3 d: 50 %}}},"
        " leave: [{after: {choice: {1 d: 40 %, 5 d: 60 %}}, reason: discharge},"
        " {chance: 20 %, within: 4 d, reason: death}]",
        "attrition": "{chance: 30 %, within: 2 d, reason: tired}, {after: {mean: 9 d, sd: 4 d}, reason: moved}",
    },
    "a short month": {
        "patients": "arrive: {every: 6 h}, consent: 50 %",
        "starts": "2026-01-31",
        "within": "1 month",
        "enroll": "in all: 99",
    },
    "strata": {
        "patients": "arrive: {periods: [{from: 0 d, every: 1 d}, {from: 9 d, every: 5 h}],"
        " pattern: {Mon-Fri: 2, Sat: 0.5}}, consent: 75 %, exclusions: {ill: 30 %, language: 40 %}",
        "starts": "2026-01-08",
        "sites": "north: 30 %, south: 50 %, west: 20 %",
        "enroll": "each arm: 9",
        "participants": "sex: {choice: {girl: 50 %, boy: 50 %}}, age: {mean: 30 y, sd: 5 y}",
        "allocation": 'method: permuted blocks, ratio: "1:2:1", block: 8, stratify: [sex, site]',
    },
    "hours and closed days": {
        "patients": 'arrive: {every: 5 h, pattern: {Mon-Fri: 1, "Sat,Sun": 0.3}, hours: {"07:00-19:00": 1, "19:00-07:00": 0.2}},'
        " consent: 80 %, ask: {for: 2 h, until: 'Mon-Fri 09:00-16:00'}, leave: {after: {mean: 3 d, sd: 2 d}, reason: discharge},"
        " closed: [{dates: [2026-01-12..2026-01-15, 2026-01-20], nobody: arrives},"
        " {dates: [2026-01-28..2026-02-03, 2026-02-05], nobody: is asked}]",
        "starts": "2026-01-08",
        "enroll": "in all: 80",
    },
    "asked at once, but not on some days": {
        "patients": 'arrive: {every: 9 h, hours: {"08:00-10:00": 1}}, consent: 80 %,'
        " closed: {dates: [2026-01-10..2026-01-12, 2026-01-14], nobody: is asked}",
        "starts": "2026-01-08",
        "enroll": "in all: 30",
    },
    "sites that open later": {
        "patients": "arrive: {every: 12 h}, consent: 80 %, exclusions: {ill: 20 %}",
        "sites": "north: 50 %, south: {share: 30 %, open: 1 month}, west: {share: 20 %, open: 10 d}",
        "enroll": "in all: 60",
    },
    "families": {
        "patients": "arrive: {every: 12 h}, consent: 70 %, ask: {for: {choice: {1 d: 50 %, 3 d: 50 %}}},"
        " exclusions: {ill: 20 %}, leave: {after: {mean: 4 d, sd: 3 d}, reason: discharge}",
        "sites": "north: 50 %, south: 50 %",
        "enroll": "in all: 45",
        "allocation": 'method: permuted blocks, ratio: "1:1:2", block: 4, stratify: [site]',
        "participants": "sex: {choice: {girl: 50 %, boy: 50 %}}",
        "attrition": "{chance: 30 %, within: 2 d, reason: tired}",
        "family": "size: {choice: {1: 50 %, 2: 30 %, 3: 20 %}}, allocated: together, icc: 40 %",
    },
    "families apart, for a while": {
        "patients": "arrive: {every: 12 h}, consent: 70 %",
        "enroll": "in all: 45",
        "within": "12 d",
        "family": "size: {choice: {1: 50 %, 2: 30 %, 3: 20 %}}, allocated: apart, icc: 40 %",
    },
    "in turn": {"allocation": 'method: in turn, ratio: "2:1:1"', "enroll": "each arm: 7"},
    "unequal arms": {"enroll": "a: 12, b: 3, c: 9"},
    "unequal arms in blocks": {
        "allocation": 'method: permuted blocks, ratio: "1:2:1", block: 8',
        "enroll": "a: 12, b: 3, c: 9",
    },
    "unequal arms, simple": {"allocation": 'method: simple, ratio: "2:1:1"', "enroll": "a: 2, b: 9, c: 5"},
    "unequal arms without a ward": {"patients": None, "enroll": "a: 12, b: 3, c: 9"},
    "places left": {"allocation": "method: places left", "enroll": "each arm: 8"},
    "no ward": {
        "patients": None,
        "allocation": 'method: permuted blocks, ratio: "1:1:2", block: 4, stratify: [sex]',
        "participants": "sex: {choice: {girl: 30 %, boy: 70 %}}",
        "attrition": "{chance: 30 %, within: 2 d, reason: tired}",
        "enroll": "in all: 41",
    },
    "minimization": {
        "sites": "north: 30 %, south: 50 %, west: 20 %",
        "participants": "sex: {choice: {girl: 40 %, boy: 60 %}}, age: {mean: 30 y, sd: 5 y}",
        "allocation": 'method: minimization, ratio: "1:2:3", factors: [sex, age, site], cut: {age: [26 y, 33 y]},'
        " weights: {sex: 2, site: 0.3}, p: 70 %",
        "enroll": "in all: 60",
    },
    "minimization by variance": {
        "patients": None,
        "participants": "sex: {choice: {girl: 40 %, boy: 60 %}}, age: {mean: 30 y, sd: 5 y}",
        "allocation": "method: minimization, factors: [age, sex], cut: {age: 30 y}, imbalance: variance",
        "enroll": "each arm: 14",
    },
    "minimization of arms that close": {
        "patients": None,
        "participants": "sex: {choice: {girl: 40 %, boy: 60 %}}",
        "allocation": 'method: minimization, ratio: "2:1:1", factors: [sex], p: 90 %',
        "enroll": "a: 20, b: 6, c: 9",
    },
    "big stick": {"patients": None, "allocation": "method: big stick, tolerate: 2", "enroll": "in all: 50"},
    "big stick of arms that close": {
        "patients": None,
        "allocation": "method: big stick, tolerate: 3",
        "enroll": "a: 9, b: 15, c: 14",
    },
    "no ward, in turn": {"patients": None, "allocation": 'ratio: "2:1:1"', "enroll": "each arm: 5"},
}


def differences(scenario, slow, fault=""):
    """What differs between the compiled form and the slow one."""
    plan = plan_conduct(scenario)
    fast = conduct(plan, seed=11, replicates=REPLICATES)
    found = set()
    for r, replicate in enumerate(REPLICATES):
        told = slow(scenario, seed=11, replicate=replicate, fault=fault)
        n = len(told.people)
        pairs = {
            "arrival": [p.tick for p in told.people],
            "entry": [p.ask for p in told.people],
            "arrival_number": [p.number for p in told.people],
            "site": [p.site for p in told.people],
            "arm": told.arm,
            "leave": told.leave,
            "leave_reason": told.leave_reason,
            "stratum": told.stratum,
        }
        if fast.family is not None:
            pairs["family"] = told.family
        found |= {name for name, values in pairs.items() if getattr(fast, name)[r, :n].tolist() != list(values)}
        if n < plan.target and not (fast.entry[r, n:] == -1).all() & (fast.arm[r, n:] == -1).all():
            found.add("empty places")
        if told.covariates and not np.array_equal(fast.covariates[r, :n], told.covariates):
            found.add("covariates")
        names = ["arrived", "left", "declines", "enrolled", "not asked", *plan.exclusions]
        if fast.counts[r].tolist() != [told.counts.get(name, 0) for name in names]:
            found.add("counts")
        if fast.complete[r] != told.complete or (plan.ward and fast.accrual_end[r] != told.accrual_end):
            found.add("end")
    return found


def scenario_of(name, small):
    told = STUDIES[name]
    return small(**told) if isinstance(told, dict) else load(told)


@pytest.mark.parametrize("name", STUDIES)
def test_equals_the_slow_form(name, small, slow):
    assert differences(scenario_of(name, small), slow) == set()


@pytest.mark.parametrize(
    ("name", "fault", "seen"),
    [
        ("everybody is asked at the opening", "ties go to the last", "arrival_number"),
        ("asked when the trial closes", "limit belongs to the trial", "entry"),
        ("asked at any time", "everybody is asked when it opens", "entry"),
        ("leave while waiting to be asked", "one may leave and consent in a tick", "entry"),
        ("a short month", "months of 30 days", "entry"),
        ("leave while waiting to be asked", "withdrawal counted from arrival", "leave"),
        ("leave while waiting to be asked", "withdrawal by arrival number", "leave"),
        ("strata", "pattern not scaled", "arrival"),
        ("strata", "every study starts on Monday", "arrival"),
        ("strata", "the last reason counts", "counts"),
        ("strata", "one site for all", "site"),
        ("strata", "strata forgotten", "arm"),
        ("strata", "a full arm stays open", "arm"),
        ("in turn", "a full arm stays open", "arm"),
        ("unequal arms in blocks", "a full arm stays open", "arm"),
        ("unequal arms", "places are put back", "arm"),
        ("places left", "places are put back", "arm"),
        ("hours and closed days", "hours not scaled", "arrival"),
        ("hours and closed days", "closed days do not count", "arrival"),
        ("sites that open later", "sites are open at once", "counts"),
        ("families", "sizes by arrival number", "family"),
        ("minimization", "the ratio does not count", "arm"),
        ("minimization", "weights forgotten", "arm"),
        ("minimization", "p is that of every arm", "arm"),
        ("minimization", "one draw for all ties", "arm"),
        ("minimization by variance", "the range in place of the variance", "arm"),
        ("big stick", "one draw for all ties", "arm"),
    ],
)
def test_a_planted_fault_is_seen(name, fault, seen, small, slow):
    assert seen in differences(scenario_of(name, small), slow, fault)


def test_counts_are_named():
    assert COUNTS == ("arrived", "left before being asked", "declined", "enrolled", "not asked in time")
