"""Minimization and the big stick: what they promise, and how well the next arm can be guessed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conduct.conftest import Patient, balanced_one_by_one
from trialsim.conduct import conduct, plan_conduct
from trialsim.conduct.balancing import balanced, levels_of
from trialsim.errors import ScenarioError
from trialsim.evaluate.trial import trial_columns, trial_values
from trialsim.scenario.change import change
from trialsim.study import prepare, simulate

FACTORS = "factors: [sex, age], cut: {age: [26 y, 33 y]}"
PEOPLE = "sex: {choice: {girl: 40 %, boy: 60 %}}, age: {mean: 30 y, sd: 5 y}"


def small_study(small, allocation: str, **more):  # type: ignore[no-untyped-def]
    return small(patients=None, participants=PEOPLE, allocation=allocation, **{"enroll": "in all: 60", **more})


def chances(scenario, replicates: range):  # type: ignore[no-untyped-def]
    plan = plan_conduct(scenario)
    entries = conduct(plan, seed=5, replicates=replicates)
    arm, chance = balanced(plan, entries.entry, entries.site, entries.covariates, seed=5, replicates=replicates)
    np.testing.assert_array_equal(arm, entries.arm)
    return entries, chance


@pytest.mark.parametrize(
    "allocation",
    [f'method: minimization, ratio: "1:2:3", {FACTORS}, p: 70 %', "method: big stick, tolerate: 2"],
)
def test_the_chance_of_the_likeliest_arm_equals_the_slow_form(allocation: str, small) -> None:  # type: ignore[no-untyped-def]
    scenario = small_study(small, allocation)
    entries, chance = chances(scenario, range(3))
    for r in range(3):
        people = [Patient(i, 0, 0, "consents", 2**62, -1, 0) for i in range(60)]
        slow = balanced_one_by_one(scenario, people, entries.covariates[r].tolist(), 5, r)
        assert [arm for arm, _ in slow] == entries.arm[r].tolist()
        slow = balanced_one_by_one(scenario, people, entries.covariates[r].tolist(), 5, r)
        np.testing.assert_allclose(chance[r], [best for _, best in slow], rtol=1e-12)


def test_the_first_participant_is_allocated_by_the_ratio(small) -> None:  # type: ignore[no-untyped-def]
    """All arms but the one with the largest ratio would be more unequal: 1:2:3 gives it 1 - (1 - p) x 3 / 5."""
    _, chance = chances(small_study(small, f'method: minimization, ratio: "1:2:3", {FACTORS}, p: 70 %'), range(4))
    np.testing.assert_allclose(chance[:, 0], 1 - 0.3 * 3 / 5)
    _, equal = chances(small_study(small, f"method: minimization, {FACTORS}"), range(4))
    np.testing.assert_allclose(equal[:, 0], 1 / 3)


def test_a_smaller_trial_is_the_beginning_of_a_larger_one(small) -> None:  # type: ignore[no-untyped-def]
    scenario = small_study(small, f"method: minimization, {FACTORS}")
    larger, smaller = (
        conduct(plan_conduct(change(scenario, {"design.enroll": n})), seed=5, replicates=range(3)) for n in (60, 23)
    )
    np.testing.assert_array_equal(larger.arm[:, :23], smaller.arm)
    alone = conduct(plan_conduct(scenario), seed=5, replicates=range(2, 3))
    np.testing.assert_array_equal(larger.arm[2:], alone.arm)


def test_the_big_stick_never_lets_arms_differ_by_more(small) -> None:  # type: ignore[no-untyped-def]
    entries = conduct(plan_conduct(small_study(small, "method: big stick, tolerate: 2")), seed=5, replicates=range(50))
    counts = np.cumsum(entries.arm[:, :, None] == np.arange(3), axis=1)
    apart = counts.max(axis=2) - counts.min(axis=2)
    assert apart.max() == 2
    free = conduct(plan_conduct(small_study(small, "method: simple")), seed=5, replicates=range(50))
    assert np.ptp((free.arm[:, :, None] == np.arange(3)).sum(axis=1), axis=1).max() > 2


def test_with_certainty_minimization_leaves_no_more_than_it_must(small) -> None:  # type: ignore[no-untyped-def]
    """One factor and p 100 %: in each level the arms never differ by more than 1."""
    scenario = small_study(small, "method: minimization, factors: [sex], p: 100 %")
    plan = plan_conduct(scenario)
    entries = conduct(plan, seed=5, replicates=range(20))
    assert plan.balance is not None
    levels = levels_of(plan.balance, entries.site, entries.covariates)[:, :, 0]
    for level in (0, 1):
        counts = ((entries.arm[:, :, None] == np.arange(3)) & (levels == level)[:, :, None]).sum(axis=1)
        assert np.ptp(counts, axis=1).max() <= 1


def test_a_number_belongs_to_the_level_of_the_cuts_that_it_reaches(small) -> None:  # type: ignore[no-untyped-def]
    plan = plan_conduct(small_study(small, f"method: minimization, {FACTORS}"))
    assert plan.balance is not None
    assert plan.balance.sizes == (2, 3)
    people = np.array([[[0.0, 25.9], [1.0, 26.0], [1.0, 40.0]]])
    assert levels_of(plan.balance, np.zeros((1, 3), np.int16), people)[0, :, 1].tolist() == [0, 1, 2]


def test_the_trial_reports_imbalance_and_guesses(small) -> None:  # type: ignore[no-untyped-def]
    """By hand: the largest range of numbers over levels, and the mean chance of the likeliest arm."""
    study = prepare(small_study(small, f"method: minimization, {FACTORS}"))
    cohort = simulate(study, range(4))
    names = [(column.measure, column.contrast) for column in trial_columns(study)]
    values = trial_values(study, cohort)
    arm, age = cohort.entries.arm, cohort.entries.covariates[:, :, 1]
    for r in range(4):
        wanted = max(
            np.ptp([((arm[r] == k) & inside).sum() for k in range(3)])
            for inside in (age[r] < 26, (age[r] >= 26) & (age[r] < 33), age[r] >= 33)
        )
        assert values[r, names.index(("imbalance", "age"))] == wanted
        totals = [(arm[r] == k).sum() for k in range(3)]
        assert values[r, names.index(("imbalance", "in all"))] == np.ptp(totals)
    guesses = values[:, names.index(("right_guesses", ""))]
    entries = cohort.entries
    _, chance = balanced(
        study.conduct, entries.entry, entries.site, entries.covariates, seed=cohort.seed, replicates=range(4)
    )
    np.testing.assert_allclose(guesses, chance.mean(axis=1))
    assert ((guesses > 0.5) & (guesses < 1.0)).all()


@pytest.mark.parametrize(
    ("allocation", "code", "place"),
    [
        ("method: minimization", "TS-E346", "method"),
        ("method: minimization, factors: [age]", "TS-E347", "factors.0"),
        ("method: minimization, factors: [sox]", "TS-E347", "factors.0"),
        ("method: minimization, factors: [site]", "TS-E347", "factors.0"),
        ("method: minimization, factors: [sex, sex]", "TS-E347", "factors.1"),
        ("method: minimization, factors: [sex], weights: {age: 2}", "TS-E347", "weights.age"),
        ("method: minimization, factors: [sex], cut: {sex: 2}", "TS-E347", "cut.sex"),
        ("method: minimization, factors: [sex], p: 30 %", "TS-E346", "p"),
        ("method: simple, factors: [sex]", "TS-E346", "factors"),
        ("method: big stick", "TS-E346", "method"),
        ('method: big stick, tolerate: 2, ratio: "2:1:1"', "TS-E346", "ratio"),
        ("method: permuted blocks, tolerate: 2", "TS-E346", "tolerate"),
    ],
)
def test_a_fault_has_its_place(allocation: str, code: str, place: str, small) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ScenarioError) as caught:
        small_study(small, allocation)
    assert (code, f"design.allocation.{place}") in [(fault.code, fault.path) for fault in caught.value.faults]
