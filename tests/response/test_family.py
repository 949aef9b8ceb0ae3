"""Children of one mother: what they share, what is their mother's, and what forgetting them costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

from trialsim.conduct.family import firsts
from trialsim.errors import ScenarioError
from trialsim.numbers.draws import uniforms
from trialsim.response.joint import total_correlation
from trialsim.scenario import loads
from trialsim.scenario.change import change
from trialsim.study import analyze, prepare, simulate
from trialsim.truth import find_truth

STUDY = """
trialsim: 1
name: twins
title: Twins
family: {size: {choice: {1: 40 %, 2: 40 %, 3: 20 %}}, allocated: together, icc: 60 %}
design: {arms: {control: usual care, massage: massage}, allocation: {method: permuted blocks, block: 4}, enroll: 60}
visits: {pre: 0 d, post: 7 d}
outcomes:
  gain:
    distribution: normal
    visits: [pre, post]
    level: {mean: 0, sd: 1}
    effects: {massage: {difference: 0.5, visits: [post]}}
    correlation: {between_sessions: 0.5}
  stress:
    distribution: normal
    per: family
    visits: [post]
    level: {mean: 0, sd: 1}
    effects: {massage: {difference: -0.7}}
    correlation: {with: {gain: 0.3}}
analyses:
  gain: {outcome: gain, visit: post, test: cluster-t, clusters: family}
  robust: {outcome: gain, visit: post, test: cluster-robust, clusters: family}
  forgotten: {outcome: gain, visit: post, test: t}
  stress: {outcome: stress, visit: post, test: t}
primary: gain
simulation: {replicates: 2000, seed: 4}
"""


def z_of(name: str, r: int) -> np.ndarray:
    return np.asarray(ndtri(uniforms(4, name, replicates=range(r, r + 1), participants=60)[0]))


def test_values_are_made_of_a_shared_part_and_ones_own() -> None:
    """Without effects: the root of the icc times a shared part and the root of the rest times one's own, both correlated."""
    study = prepare(loads(STUDY))
    cohort = simulate(study, range(2), twins=("null",))
    for r in range(2):
        family = cohort.entries.family
        assert family is not None
        shared, own = (
            [z_of(f"{kind}/gain/{visit}", r) for visit in ("pre", "post")] for kind in ("family", "response")
        )
        for one in (shared, own):
            one[1] = 0.5 * one[0] + math.sqrt(0.75) * one[1]
        for d in (0, 1):
            wanted = math.sqrt(0.6) * shared[d][family[r]] + math.sqrt(0.4) * own[d]
            np.testing.assert_allclose(cohort.measurements.values[0, r, :, d], wanted, rtol=1e-9, atol=1e-12)


def test_a_mother_is_measured_beside_her_first_child() -> None:
    study = prepare(loads(STUDY))
    cohort = simulate(study, range(2), twins=("declared",))
    family = cohort.entries.family
    assert family is not None
    there = np.isfinite(cohort.measurements.values[0, :, :, 2])
    np.testing.assert_array_equal(there, firsts(family))
    row = [one.analysis for one in study.analysis.rows].index("stress")
    assert analyze(cohort).n[0, :, row].tolist() == (family.max(axis=1) + 1).tolist()
    status = cohort.one(0).measurements()
    assert set(status.loc[status["outcome"] == "stress", "status"]) == {"measured", "measured beside the first child"}
    people = cohort.one(0).participants()
    assert people["family"].nunique() == family[0].max() + 1


def test_children_of_one_mother_are_in_one_arm_and_apart_they_are_not() -> None:
    together = simulate(prepare(loads(STUDY)), range(20), twins=("null",)).entries
    apart_text = STUDY.replace("together", "apart").replace("    per: family\n", "")
    apart = simulate(prepare(loads(apart_text)), range(20), twins=("null",)).entries
    for entries, one_arm in ((together, True), (apart, False)):
        assert entries.family is not None
        siblings = entries.family[:, 1:] == entries.family[:, :-1]
        assert (entries.arm[:, 1:] == entries.arm[:, :-1])[siblings].all() == one_arm
    assert together.family is not None
    np.testing.assert_array_equal(together.family, apart.family)


def test_a_smaller_trial_is_the_beginning_of_a_larger_one() -> None:
    scenario = loads(STUDY)
    larger = simulate(prepare(scenario), range(3), twins=("declared",))
    smaller = simulate(prepare(change(scenario, {"design.enroll": 23})), range(3), twins=("declared",))
    np.testing.assert_array_equal(larger.entries.arm[:, :23], smaller.entries.arm)
    np.testing.assert_array_equal(larger.measurements.values[:, :, :23], smaller.measurements.values)


def test_a_mother_and_her_child_correlate_by_the_root_of_the_icc() -> None:
    plan = prepare(loads(STUDY)).response
    assert total_correlation(plan, 1, 2, 0) == pytest.approx(0.3 * math.sqrt(0.6))
    assert total_correlation(plan, 0, 1, 0) == pytest.approx(0.5)


def test_the_truth_is_that_of_children_and_of_mothers() -> None:
    truth = find_truth(loads(STUDY), replicates=20, workers=1)
    np.testing.assert_allclose(truth.value[0], [0.5, 0.5, 0.5, -0.7], atol=1e-9)


@pytest.mark.verify
def test_forgetting_the_family_costs_the_level() -> None:
    """Design effect 1 + (E m^2 / E m - 1) 0.6 = 1.53: a t-test rejects in 2 (1 - Phi(1.96 / 1.24)) = 11 %; by families in 5 %.

    Limits of 5 standard errors of 4,000 trials, a false alarm of 6e-7 each; they see a level of 3.3 or 6.7 % in place of 5 %.
    """
    study = prepare(loads(STUDY))
    found = analyze(simulate(study, range(4000), twins=("null",)))
    rejected = dict(
        zip([row.analysis for row in study.analysis.rows], np.nanmean(found.rejected[0], axis=0), strict=True)
    )
    for name in ("gain", "robust", "stress"):
        assert abs(rejected[name] - 0.05) < 5 * math.sqrt(0.05 * 0.95 / 4000)
    assert abs(rejected["forgotten"] - 0.113) < 0.025


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{1: 40 %, 2: 40 %, 3: 20 %}", "{1: 40 %, 2.5: 60 %}", "TS-E351"),
        ("icc: 60 %", "icc: 100 %", "TS-E351"),
        ("enroll: 60", "enroll: {each arm: 30}", "TS-E352"),
        ("method: permuted blocks, block: 4", "method: big stick, tolerate: 3", "TS-E352"),
        ("together", "apart", "TS-E353"),
        ("family: {size", "#", "TS-E353"),
        ("family: {size", "#", "TS-E067"),
    ],
)
def test_a_fault_has_its_code(old: str, new: str, code: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(STUDY.replace(old, new, 1))
    assert code in [fault.code for fault in caught.value.faults]
