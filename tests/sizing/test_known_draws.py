"""The known contrasts of a trial are independent standard normals, whatever became of the trial."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.sizing.known_draws import known_contrasts
from trialsim.sizing.sizes import at_size, sizes_of, smaller, within
from trialsim.sizing.target import target_of
from trialsim.study import simulate, trial_arrays

TRIALS = 3_000


@pytest.mark.parametrize(
    ("scenario", "wanted"),
    [
        ("scenarios/picu-blood-draw.yaml", "fear_during"),
        ("scenarios/picu-blood-draw.yaml", "fear_during/music - control"),
        ("scenarios/nicu-parent-massage.yaml", "all_mothers_log"),
    ],
)
def test_contrasts_are_standard_normal_and_independent(root, scenario, wanted) -> None:
    study = prepare(load(root / scenario))
    target, sizes = target_of(study, [wanted]), sizes_of(study)
    cohort = simulate(study, range(TRIALS), twins=("declared",))
    n = study.conduct.target
    at = [max(n // 2 // sizes.step * sizes.step, sizes.step), n]
    known = known_contrasts(
        study, target, np.asarray(cohort.entries.arm), sizes=sizes, at=at, seed=study.scenario.simulation.seed,
        replicates=range(TRIALS),
    )  # fmt: skip
    for one in known:
        assert one.shape[1] >= 1
        # every mean, variance and correlation within 5 standard errors: fewer than 60 numbers, false alarm 1 in 30,000
        assert np.abs(one.mean(axis=0)).max() < 5 / np.sqrt(TRIALS)
        assert np.abs(one.var(axis=0) - 1).max() < 5 * np.sqrt(2 / TRIALS)
        apart = np.corrcoef(one.T) - np.eye(one.shape[1]) if one.shape[1] > 1 else np.zeros(1)
        assert np.abs(apart).max() < 5 / np.sqrt(TRIALS)


def test_participants_of_a_small_trial_are_those_of_a_large_one(root) -> None:
    study = prepare(load(root / "scenarios/textbook-ancova.yaml"))
    sizes = sizes_of(study)
    large = trial_arrays(simulate(at_size(study, 60), range(20), twins=("declared",)))
    small = trial_arrays(simulate(at_size(study, 24), range(20), twins=("declared",)))
    cut = smaller(large, sizes, 24)
    assert np.array_equal(cut.values, small.values)
    assert np.array_equal(cut.arm, small.arm)


def test_first_of_each_arm(root) -> None:
    study = prepare(load(root / "scenarios/picu-blood-draw.yaml"))
    cohort = simulate(study, range(5), twins=("declared",))
    arm = np.asarray(cohort.entries.arm)
    inside = within(arm, sizes_of(study), 30)
    for r in range(5):
        for k in range(3):
            places = np.flatnonzero(arm[r] == k)
            assert inside[r, places].tolist() == [True] * 10 + [False] * (len(places) - 10)
