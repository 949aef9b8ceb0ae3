"""Lengths of zero, dates at the end of time, links in a circle, effects without end: played, or refused with a place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from trialsim.cohort import LAST
from trialsim.errors import ScenarioError
from trialsim.response import EffectOverflowError
from trialsim.scenario import load, loads
from trialsim.scenario.correlation import first_impossible
from trialsim.study import evaluate, prepare, simulate

WARD = """trialsim: 1
name: small
title: Small
design: {arms: {a: x, b: y}, enroll: {each arm: 10}}
setting:
  starts: 2026-01-05
  patients: {label: p, arrive: {every: 3 h}, consent: 50 %, leave: {after: 60 d, reason: gone}}
  resources: {nurse: {units: 1}}
protocol:
  - visit: pre
  - {activity: rub, arms: [b], lasts: 0 min, needs: [nurse]}
  - visit: post
outcomes:
  s:
    distribution: normal
    visits: [pre, post]
    level: {mean: 5, sd: 1}
    correlation: {within_session: 0}
    effects: {b: {difference: -1, visits: [post]}}
analyses: {main: {outcome: s, visit: post, test: t}}
primary: main
"""


@pytest.mark.parametrize("length", ["0 s", "0 min", "0.4 s", "{uniform: {low: 0 s, high: 0.1 s}}"])
def test_an_activity_takes_at_least_a_second_and_works(length: str) -> None:
    """Delivered in full, so its effect of -1 is there: the mean of 400 values a group errs by .07, six of these are .42."""
    study = prepare(loads(WARD.replace("0 min", length)))
    cohort = simulate(study, range(40))
    assert cohort.trace is not None
    planned = cohort.trace.activities[..., 0, :]
    assert evaluate(study, replicates=10, workers=1).replicates == 10
    values, arm = cohort.measurements.values[0, :, :, 1], cohort.entries.arm
    assert np.nanmean(values[arm == 1]) - np.nanmean(values[arm == 0]) == pytest.approx(-1, abs=0.42)
    assert planned.shape[:2] == arm.shape


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("2026-01-05", "9999-12-31", "TS-E013"),
        ("2026-01-05", "0001-01-01", "TS-E013"),
        ("10}}", "10}, within: 9000 years}", "TS-E133"),
        ("sd: 1", "sd: 1e160", "TS-E133"),
        ("sd: 1", "sd: 4e-200", "TS-E133"),
        ("0 min", "1e300 d", "TS-E133"),
        ("0 min", "{median: 5 min, sd_log: 200}", "TS-E016"),
        ("0 min", "{weibull: {shape: 1e-3, scale: 5 min}}", "TS-E016"),
        ("title: Small", r'title: "\ud800"', "TS-E130"),
    ],
)
def test_what_no_study_has_is_refused_with_its_place(old: str, new: str, code: str) -> None:
    assert old in WARD
    with pytest.raises(ScenarioError) as caught:
        loads(WARD.replace(old, new, 1))
    assert {fault.code for fault in caught.value.faults} == {code}
    assert all(fault.line > 1 and fault.remedy for fault in caught.value.faults)


def test_dates_that_cannot_be_written_are_blank() -> None:
    trial = simulate(loads(WARD), range(1)).one(0)
    assert trial.when(0) == trial.start
    assert trial.when(-1) is None
    assert trial.when(2**60) is None
    assert trial.start is not None
    seconds = int((LAST - trial.start).total_seconds())
    assert trial.when(seconds - 1) is not None
    assert trial.when(seconds) is None


def test_effects_that_multiply_without_end_stop_the_run() -> None:
    endless = WARD.replace("distribution: normal", "distribution: lognormal").replace("difference: -1", "ratio: 0.5")
    endless = endless.replace("effects:", "covariates: [{covariate: age, ratio: 1e9, per: 1}]\n    effects:")
    endless += "participants: {age: {mean: 50, sd: 10}}\n"
    with pytest.raises(EffectOverflowError, match="'s' at 'pre'") as caught:
        simulate(loads(endless), range(2))
    assert (caught.value.code, caught.value.exit_code) == ("TS-N010", 3)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_in_a_circle_and_endless_names(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("b.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    child = tmp_path / "child.yaml"
    for parent in ("a.yaml", "x" * 5_000):
        child.write_text(f"extends: {parent}\n", encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            load(child)
        assert [(fault.code, fault.line) for fault in caught.value.faults] == [("TS-E007", 1)]
        assert len(caught.value.faults[0].message) < 200
    (tmp_path / "link.yaml").symlink_to("child.yaml")
    child.write_text("extends: link.yaml\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="leads back"):
        load(child)


@pytest.mark.parametrize("place", ["protocol.99=5", "protocol.abc=5", "protocol.-1=5", "=5", "...=5"])
def test_places_that_are_not_there(place: str, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(WARD, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(file, set=[place])
    assert {fault.code for fault in caught.value.faults} == {"TS-E008"}


@pytest.mark.parametrize("row", [None, 1, 4, 7])
def test_the_first_impossible_row(row: int | None) -> None:
    matrix = np.full((8, 8), 0.5) + 0.5 * np.eye(8)
    if row is not None:
        matrix[row, 0] = matrix[0, row] = 1.5
    assert first_impossible(matrix) == row
