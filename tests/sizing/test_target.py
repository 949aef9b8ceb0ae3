"""Scores pass their critical value exactly where the tests reject."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim.analysis.estimates import analyze
from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.sizing.confirm import reached_in
from trialsim.sizing.target import SizingError, target_of
from trialsim.study import simulate, trial_arrays

SCENARIOS = ("scenarios/picu-blood-draw.yaml", "scenarios/textbook-ancova.yaml", "scenarios/lessons/cold-spray.yaml")


@pytest.fixture(scope="module", params=SCENARIOS)
def played(request, root):
    study = prepare(load(root / request.param))
    cohort = simulate(study, range(300), twins=("declared",))
    return study, trial_arrays(cohort)


def test_every_row_rejects_where_its_score_passes(played) -> None:
    study, arrays = played
    for row in study.analysis.rows:
        target = target_of(study, [f"{row.analysis}/{row.contrast}"])
        estimates = analyze(target.plan, arrays, twins=("declared",), replicates=range(300))
        score = target.scores(estimates)
        beyond = (np.abs(score) if target.two_tailed else score) >= target.critical
        reached = reached_in(target, estimates)
        usable = np.isfinite(reached)
        assert np.array_equal(np.isfinite(score), usable)
        near = np.abs(np.abs(score) - abs(target.critical)) < 1e-9  # a p-value equal to alpha but for rounding
        assert np.array_equal(beyond[usable & ~near], reached[usable & ~near] > 0)


@pytest.mark.parametrize("need", ["any", "all"])
def test_families_reach_where_any_or_all_do(root, need) -> None:
    study = prepare(load(root / "scenarios/picu-blood-draw.yaml"))
    cohort = simulate(study, range(400), twins=("declared",))
    target = target_of(study, ["fear_during", "fear_after/music - control", "cortisol_day1"], need=need)
    estimates = analyze(target.plan, trial_arrays(cohort), twins=("declared",), replicates=range(400))
    reached = reached_in(target, estimates)
    usable = np.isfinite(reached)
    assert np.array_equal((target.scores(estimates) >= target.critical)[usable], reached[usable] > 0)
    assert 0 < np.nanmean(reached) < 1


def test_unknown_analyses_are_named(root) -> None:
    study = prepare(load(root / "scenarios/textbook-ancova.yaml"))
    with pytest.raises(SizingError, match="no analysis is called 'mian'") as caught:
        target_of(study, ["mian"])
    assert "main" in caught.value.remedy
    with pytest.raises(SizingError, match="no contrast 'control - treated'"):
        target_of(study, ["main/control - treated"])
