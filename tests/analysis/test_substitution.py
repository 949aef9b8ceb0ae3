"""The last value carried forward, and values after an event: held against plain Python on the tables of a cohort."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis import substitution
from trialsim.analysis.endpoints import Extraction, endpoint_values
from trialsim.conduct import conduct
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.sizing.sizes import sizes_of, smaller
from trialsim.truth import find_truth

NAN = math.nan
REPLICATES = range(3, 15)

FLAT = """
trialsim: 1
name: flat
title: Participants leave, and values are missing
design: {arms: {usual: usual care, yoga: yoga}, enroll: {each arm: 15}}
visits: {before: 0 d, week 1: 7 d, week 4: 28 d, week 2: 14 d}
attrition:
  - {reason: death, chance: 20 %, within: 28 d}
  - {reason: moved, chance: 20 %, within: 28 d}
outcomes:
  pain:
    categories: 0..10
    better: lower
    visits: [before, week 1, week 4, week 2]
    level: {mean: 6, sd: 2}
    effects: {yoga: {difference: -1, visits: [week 1, week 2, week 4]}}
    correlation: {between_sessions: 0.5}
    missing:
      - {mechanism: MNAR, reason: rescue, chance: 10 %, odds_ratio: 2, per: 2, centered_at: 5, visits: [week 1, week 2]}
      - {mechanism: MCAR, reason: forgotten, chance: 15 %}
  cortisol:
    unit: nmol/L
    better: lower
    visits: [before, week 1, week 2, week 4]
    level: {median: 6 nmol/L, cv: 0.5}
    correlation: {between_sessions: 0.5}
    effects: {yoga: {ratio: 0.8, visits: [week 1, week 2, week 4]}}
analyses:
  last: {outcome: pain, visit: week 4, test: t, missing: last value}
  adjusted: {outcome: pain, visit: week 4, test: ancova, baseline: week 1, missing: last value}
  change: {outcome: pain, change: {from: before, to: week 2}, test: t, missing: last value, from_baseline: true}
  mean: {outcome: pain, over: {visits: [week 1, week 2, week 4], by: mean}, test: t, missing: last value}
  log: {outcome: cortisol, change: {from: before, to: week 4}, transform: log, test: t, missing: last value}
  worst: {outcome: pain, visit: week 4, test: t, composite: {after: [death, rescue], value: worst}}
  eleven: {outcome: pain, visit: week 4, test: mann-whitney, composite: {after: [death], value: 11}, missing: last value}
  ranked:
    outcome: cortisol
    change: {from: before, to: week 4}
    transform: log
    test: mann-whitney
    composite: {after: [death], value: worst}
  success: {outcome: cortisol, visit: week 4, test: fisher, dichotomize: {at_most: 6 nmol/L}, composite: {after: [death]}}
primary: last
simulation: {replicates: 200, seed: 4}
"""

ORDER = ["before", "week 1", "week 2", "week 4"]
DAY = 86_400


@cache
def flat() -> studies.Study:
    return studies.prepare(loads(FLAT))


@cache
def cohort() -> Any:
    return studies.simulate(flat(), REPLICATES)


def tables(replicate: int) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Of each outcome and participant the rows of the table of measurements, in the order of the visits."""
    trial, entries = cohort().one(replicate), cohort().entries
    reasons = cohort().conduct_plan.leave_reasons
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in trial.measurements().to_dict("records"):
        n = row["participant"] - 1
        row["why"] = reasons[entries.leave_reason[trial.index, n]] if row["status"] == "left" else row["status"]
        found.setdefault((row["outcome"], n), []).append(row)
    return {key: sorted(rows, key=lambda row: ORDER.index(row["visit"])) for key, rows in found.items()}


def carried(rows: list[dict[str, Any]], visit: str, *, after: str) -> float:
    """The value at a visit, or the last one before it that comes after a visit; by hand."""
    seen = [row["value"] for row in rows[: ORDER.index(visit) + 1] if ORDER.index(row["visit"]) > ORDER.index(after)]
    seen = [value for value in seen if value == value]
    return float(seen[-1]) if seen else NAN


def happened(rows: list[dict[str, Any]], visit: str, *events: str) -> bool:
    """Whether an event is the reason for a missing value at the visit or before it; by hand."""
    return any(row["why"] in events for row in rows[: ORDER.index(visit) + 1])


def by_hand(name: str, pain: list[dict[str, Any]], cortisol: list[dict[str, Any]]) -> float:
    value = {row["visit"]: row["value"] for row in pain}
    level = {row["visit"]: row["value"] for row in cortisol}
    if name == "last":
        return carried(pain, "week 4", after="before")
    if name == "adjusted":
        return carried(pain, "week 4", after="week 1")
    if name == "change":
        seen = carried(pain, "week 2", after="before")
        return (value["before"] if seen != seen else seen) - value["before"]
    if name == "mean":
        return sum(carried(pain, visit, after="before") for visit in ("week 1", "week 2", "week 4")) / 3
    if name == "log":
        return math.log(carried(cortisol, "week 4", after="before") / level["before"])
    if name == "worst":
        return 10.0 if happened(pain, "week 4", "death", "rescue") else value["week 4"]
    if name == "eleven":
        return 11.0 if happened(pain, "week 4", "death") else carried(pain, "week 4", after="before")
    dead = happened(cortisol, "week 4", "death")
    if name == "ranked":
        return 1e300 if dead else math.log(level["week 4"] / level["before"])
    return 0.0 if dead else NAN if level["week 4"] != level["week 4"] else float(level["week 4"] <= 6)


def extracted(name: str) -> np.ndarray:
    """(R, N) the endpoint of the first twin."""
    call = next(call for call in flat().analysis.calls if call.name == name)
    data = Extraction(studies.trial_arrays(cohort(), flat().analysis), arms=2)
    return data.chosen(call.endpoint, call.choice)[: len(REPLICATES)]


@pytest.mark.parametrize("name", [call.name for call in flat().analysis.calls])
def test_an_endpoint_is_that_by_hand(name: str) -> None:
    found, differ = extracted(name), 0
    for r, replicate in enumerate(REPLICATES):
        rows = tables(replicate)
        for n in range(found.shape[1]):
            wanted = by_hand(name, rows["pain", n], rows["cortisol", n])
            assert found[r, n] == pytest.approx(wanted, rel=1e-12, nan_ok=True), (replicate, n)
            plain = {row["visit"]: row["value"] for row in rows["cortisol" if name in ("log", "ranked") else "pain", n]}
            differ += plain["week 4"] != plain["week 4"] and wanted == wanted
    assert differ > 20, "values are missing and others take their place"


def test_a_wrong_source_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the baseline is carried on though nobody asked for it; and the first value instead of the last."""
    right, sources = extracted("last"), substitution.sources

    def with_baseline(analysis: Any, order: list[str]) -> dict[str, list[str]]:
        return sources(analysis.model_copy(update={"from_baseline": True}), order)

    def first(analysis: Any, order: list[str]) -> dict[str, list[str]]:
        return {visit: found[::-1] for visit, found in sources(analysis, order).items()}

    for planted in (with_baseline, first):
        monkeypatch.setattr(substitution, "sources", planted)
        wrong = studies.prepare(loads(FLAT))
        data = Extraction(studies.trial_arrays(cohort(), wrong.analysis), arms=2)
        call = wrong.analysis.calls[0]
        assert not np.array_equal(data.chosen(call.endpoint, call.choice)[: len(right)], right, equal_nan=True)


def test_the_truth_of_a_composite_counts_the_event_in_either_arm() -> None:
    """Of a shift: those who do not die differ by it, those who die by nothing."""
    text = FLAT.replace("categories: 0..10", "distribution: normal\n    limits: [0, 10]")
    text = text[: text.index("analyses:")].replace("- {mechanism: MNAR", "# {mechanism: MNAR")
    text += """
analyses:
  main: {outcome: pain, visit: week 4, test: t, composite: {after: [death], value: worst}}
  carried: {outcome: pain, visit: week 4, test: t, missing: last value}
primary: main
simulation: {replicates: 100, seed: 4}
"""
    study = studies.prepare(loads(text))
    truth = find_truth(study, replicates=range(100), workers=1)
    entries = conduct(study.conduct, seed=4, replicates=range(100))
    dead = (entries.leave < 28 * DAY) & (entries.leave_reason == study.conduct.leave_reasons.index("death"))
    assert 0.1 < dead.mean() < 0.3
    assert truth.value[0, 0] == pytest.approx(-(1 - dead.mean()), rel=1e-12)
    assert truth.value[0, 1] == pytest.approx(-1.0, rel=1e-12), "carrying a value is no part of the question"
    assert [row.strategy for row in study.analysis.rows] == ["composite", "treatment policy"]


def test_a_reason_for_missing_values_is_an_event_of_its_arm() -> None:
    """With everyone in an arm everyone has its events, though values are lost for other reasons in the trial."""
    text = FLAT.replace("chance: 10 %, odds_ratio: 2, per: 2, centered_at: 5, visits: [week 1, week 2]", "EVENT")
    text = text.replace("mechanism: MNAR", "mechanism: MCAR")
    text = text.replace("EVENT", "chance: 100 %, arms: [yoga], visits: [week 2]")
    study = studies.prepare(loads(text))
    row = next(i for i, one in enumerate(study.analysis.rows) if one.analysis == "worst")
    truth = find_truth(study, replicates=range(100), workers=1)
    entries = conduct(study.conduct, seed=4, replicates=range(100))
    dead = (entries.leave < 28 * DAY) & (entries.leave_reason == 0)
    usual = 10 - truth.value[0, row]  # all of the yoga group count as the worst, 10
    assert usual == pytest.approx(6 * (1 - dead.mean()) + 10 * dead.mean(), abs=0.1)


def test_ranks_are_worst_whatever_the_values() -> None:
    """P(X > Y) by counting pairs, those after an event above all others and equal among themselves."""
    data = studies.trial_arrays(cohort(), flat().analysis)
    found = extracted("ranked")
    estimates = studies.analyze(cohort(), plan=flat().analysis)
    row = next(i for i, one in enumerate(estimates.rows) if one.analysis == "ranked")
    for r in range(len(REPLICATES)):
        a, b = (found[r][(data.arm[r] == arm) & np.isfinite(found[r])] for arm in (1, 0))
        pairs = [(x > y) + 0.5 * (x == y) for x in a for y in b]
        assert estimates.estimate[0, r, row] == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)


def test_nobody_outside_a_smaller_trial_has_an_event() -> None:
    """Of a trial inside a larger one with a target in each arm, empty places stay empty."""
    data = studies.trial_arrays(cohort(), flat().analysis)
    call = next(call for call in flat().analysis.calls if call.name == "worst")
    less = smaller(data, sizes_of(flat()), 20)
    found = Extraction(less, arms=2).chosen(call.endpoint, call.choice)
    empty = np.tile(less.arm < 0, (less.values.shape[0], 1))
    assert np.isnan(found[empty]).all()
    every = Extraction(replace(data), arms=2).chosen(call.endpoint, call.choice)
    assert np.array_equal(found[~empty], every[:, : found.shape[1]][~empty], equal_nan=True)


def test_by_default_no_value_is_touched() -> None:
    values = cohort().measurements.values
    call = next(call for call in flat().analysis.calls if call.name == "last")
    plain = endpoint_values(values, replace(call.endpoint, instead=substitution.NOTHING))
    filled = endpoint_values(values, call.endpoint)
    assert np.array_equal(plain, values[..., call.endpoint.visit].reshape(plain.shape), equal_nan=True)
    there = np.isfinite(plain)
    assert np.array_equal(filled[there], plain[there])
    assert np.isfinite(filled).sum() > there.sum()


WARD = """
trialsim: 1
name: ward
title: Some are discharged before the last session
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 4 h}, consent: 100 %, leave: {after: {median: 3 d, cv: 0.6}, reason: discharge}}
  resources: {nurse: {units: 1}}
design: {arms: {control: usual care, massage: massage}, enroll: {each arm: 20}}
attrition: [{reason: death, chance: 20 %, within: 3 d}]
protocol:
  - visit: pre
  - repeat: session
    times: 3
    steps:
      - wait: {for: 12 h, until: daily 09:00-16:00}
      - {activity: massage, needs: [nurse], lasts: {mean: 15 min, sd: 3 min}}
      - visit: post
outcomes:
  pain:
    categories: 0..10
    better: higher
    visits: [post, pre]
    level: {mean: 6, sd: 2}
    correlation: {within_session: 0.5, between_sessions: 0.5}
analyses:
  last: {outcome: pain, visit: post 3, test: t, missing: last value}
  worst: {outcome: pain, visit: post 3, test: t, composite: {after: [discharge]}}
primary: last
simulation: {replicates: 20, seed: 4}
"""


def test_on_a_ward_the_order_is_that_of_the_protocol() -> None:
    """The last of the sessions that took place; and the worst for those who were discharged, not for those who died."""
    study = studies.prepare(loads(WARD))
    made = studies.simulate(study, range(10))
    data = Extraction(studies.trial_arrays(made, study.analysis), arms=2)
    last, worst = (data.chosen(call.endpoint, call.choice) for call in study.analysis.calls)
    seen = {"carried": 0, "discharge": 0, "death": 0}
    for r in range(10):
        trial = made.one(r)
        ends = dict(trial.participants()[["participant", "end_reason"]].itertuples(index=False))
        for number, rows in trial.measurements().groupby("participant"):
            value, status = (dict(zip(rows["visit"], rows[column], strict=True)) for column in ("value", "status"))
            sessions = [value[f"post {k}"] for k in (1, 2, 3) if value[f"post {k}"] == value[f"post {k}"]]
            assert last[r, number - 1] == pytest.approx(sessions[-1] if sessions else NAN, nan_ok=True)
            gone = status["post 3"] == "left" and ends[number] == "discharge"
            assert worst[r, number - 1] == pytest.approx(0.0 if gone else value["post 3"], nan_ok=True)
            seen["carried"] += status["post 3"] == "left" and bool(sessions)
            seen["discharge"] += gone
            seen["death"] += status["post 3"] == "left" and ends[number] == "death"
    assert min(seen.values()) > 10, seen
    truth = find_truth(study, replicates=range(100), workers=1)
    assert truth.mcse[0, 1] >= 0


def test_the_lesson_shows_the_bias_of_the_last_value() -> None:
    """Of fixed trials: complete cases find the effect of -5, the last value carried forward misses most of it."""
    study = studies.prepare(load(shipped_scenarios()["last-value"].path))
    found = studies.play(study, range(100)).estimates
    estimate = {row.analysis: found.estimate[0, :, i].mean() for i, row in enumerate(study.analysis.rows)}
    assert abs(estimate["complete cases"] + 5) < 1
    assert estimate["last value"] > -1
    null = found.rejected[found.twins.index("null")].mean(axis=0)
    assert null[[row.analysis for row in study.analysis.rows].index("last value")] > 0.3
