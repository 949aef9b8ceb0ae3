"""Every analysis of the table in every tool: explain, size, effect, sweep, compare, assurance, truth, replay, a finished run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trialsim as ts
from tests.kinds.test_parts import FILES, JUDGED, prepared
from trialsim.analysis.estimates import analyze
from trialsim.sizing.batch import play_effects, play_sizes
from trialsim.sizing.confirm import reached_in
from trialsim.sizing.target import target_of
from trialsim.study import simulate, trial_arrays

EVERY = (*FILES, "margins", "over-visits")
REPLICATES = 100


@cache
def study(name: str) -> ts.Study:
    return ts.prepare(Path(__file__).with_name(f"{name}.yaml"))


def test_the_walk_meets_every_test() -> None:
    met = {one.test for name in EVERY for one in study(name).scenario.analyses.values()}
    assert met == {test.name for test in JUDGED}
    assert "planted" not in met


@pytest.mark.parametrize("name", EVERY)
def test_explain_names_every_analysis(name: str) -> None:
    text = str(ts.explain(study(name).scenario))
    for analysis, what in study(name).scenario.analyses.items():
        assert analysis in text
        assert what.test in text


@pytest.mark.parametrize("name", EVERY)
def test_sizes_and_effects_of_every_row(name: str) -> None:
    """Scores pass their critical value exactly where the test rejects, at two sizes and two multiples of the effects."""
    plan = study(name)
    n = plan.conduct.target
    cohort = simulate(plan, range(REPLICATES), twins=("declared",))
    for row in plan.analysis.rows:
        target = target_of(plan, [f"{row.analysis}/{row.contrast}"])
        estimates = analyze(
            target.plan, trial_arrays(cohort, target.plan), twins=("declared",), replicates=range(REPLICATES)
        )
        score, reached = target.scores(estimates), reached_in(target, estimates)
        usable = np.isfinite(reached)
        assert usable.any(), row.title
        assert np.array_equal(np.isfinite(score), usable), row.title
        beyond = (np.abs(score) if target.two_tailed else score) >= target.critical
        near = np.abs(np.abs(score) - abs(target.critical)) < 1e-9
        assert np.array_equal(beyond[usable & ~near], reached[usable & ~near] > 0), row.title
    some = target_of(plan, list(plan.scenario.analyses))
    small, large = n - 2 * len(plan.analysis.arms), n
    batch = play_sizes(plan, some, [small, large], replicates=range(20), seed=3)
    assert np.isfinite(batch.scores.score).any()
    assert np.isfinite(play_effects(plan, some, [0.5, 1.0], replicates=range(20), seed=3).scores.score).any()


@pytest.mark.parametrize("name", EVERY)
def test_sweep_compare_and_a_finished_run_have_every_row(name: str, tmp_path: Path) -> None:
    scenario = study(name).scenario
    rows = {(row.analysis, row.contrast) for row in study(name).analysis.rows}
    ts.sweep(scenario, over={"design.enroll": [60, 72]}, replicates=REPLICATES, out=tmp_path / "sweep", figures=False)
    swept = pd.concat(pd.read_csv(file) for file in (tmp_path / "sweep").glob("*.csv"))
    assert rows <= set(zip(swept["analysis"], swept["contrast"], strict=True))
    compared = ts.compare([scenario], variants=["design.enroll=66"], replicates=REPLICATES).frame()
    assert rows <= set(zip(compared["analysis"], compared["contrast"], strict=True))
    run = ts.run(scenario, out=tmp_path / name, replicates=REPLICATES, figures=False)
    table = run.frame()
    assert rows <= set(zip(table["analysis"], table["contrast"], strict=True))
    replayed = ts.replay(scenario, 3)
    assert len(replayed.estimates.frame(3)) == len(rows) * len(replayed.estimates.twins)


def test_assurance_of_every_test_of_two_arms() -> None:
    """A belief in the size of an effect, averaged over its draws."""
    prior = {"value": 1.2, "prior": {"normal": {"mean": 1.2, "sd": 0.4}}}
    scenario = ts.change(study("two-arms").scenario, {"outcomes.value.effects.a.difference": prior})
    for analysis, what in scenario.analyses.items():
        if what.outcome == "value":
            found = ts.find_assurance(scenario, wanted=[analysis], points=10, replicates=200).frame()
            assert len(found), analysis


def test_the_tables_are_those_of_the_parts() -> None:
    assert all(prepared(name).scenario.name == name for name in FILES)
