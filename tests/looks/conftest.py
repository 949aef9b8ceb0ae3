"""A trial with looks without a ward, and one on a ward where sessions are missed and children leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.cohort import Cohort
from trialsim.prepared import Study, prepare
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.study import simulate

SCENARIOS = Path(__file__).parents[2] / "scenarios"

PLAIN = """
trialsim: 1
name: sequential
title: A group sequential trial without a ward
design:
  arms: {control: usual care, treated: new care}
  enroll: {each arm: 60}
  looks: {analysis: main, at: [50 %, 75 %], efficacy: {spending: obrien-fleming}}
visits: {post: 1 d}
outcomes:
  score:
    distribution: normal
    better: higher
    visits: [post]
    level: {mean: 10, sd: 2}
    effects: {treated: {difference: 1}}
analyses:
  main: {outcome: score, visit: post, test: t}
  ranks: {outcome: score, visit: post, test: mann-whitney}
primary: main
simulation: {replicates: 1000, seed: 11}
"""

#: One nurse, little patience, and leaving soon: a third of the sessions is missed.
HARD = {
    "setting.resources.nurse.units": 1,
    "setting.patients.leave.after.median": "3 d",
    "setting.patients.arrive.every.value": "9 h",
    "protocol.2.give_up_after": "10 min",
    "design.enroll": {"each arm": 20},
    "design.looks.lag": "3 d",
}


def plain(**changes: object) -> Study:
    """The trial without a ward, with other values by their paths (``__`` for a dot)."""
    scenario = loads(PLAIN)
    return prepare(
        change(scenario, {path.replace("__", "."): value for path, value in changes.items()}) if changes else scenario
    )


def on_the_ward() -> tuple[Study, Cohort]:
    """The study on the ward, and 30 trials of it."""
    study = prepare(change(load(SCENARIOS / "picu-sequential.yaml"), HARD))
    return study, simulate(study, range(30), record=True, twins=study.twins)


@pytest.fixture(scope="session")
def ward() -> tuple[Study, Cohort]:
    """The same, played once."""
    return on_the_ward()
