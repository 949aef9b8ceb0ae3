"""Covariates of the visit, strata and clusters: from the ward to the analysis, against statsmodels."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from trialsim import study as studies
from trialsim.analysis.endpoints import Extraction
from trialsim.errors import ScenarioError
from trialsim.kinds.designs import VISIT_COVARIATES
from trialsim.scenario import Scenario, load
from trialsim.scenario.change import change

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REPLICATES = range(4)
ADJUSTED = {
    "outcome": "stress", "visit": "post 3", "test": "ancova", "baseline": "pre 1", "contrast": "massage - usual care",
    "visit_covariates": ["clock", "wait", "practitioner", "site", "strata"],
}  # fmt: skip


@cache
def course() -> Scenario:
    scenario = load(SCENARIOS / "lessons" / "massage-course.yaml")
    plates = {**ADJUSTED, "outcome": "cortisol", "visit": "post 1", "transform": "log", "visit_covariates": ["plate"]}
    return change(scenario, {"analyses.adjusted": ADJUSTED, "analyses.plates": plates})


def independent(design: np.ndarray) -> np.ndarray:
    """The columns that do not follow from those before them."""
    kept: list[int] = []
    for k in range(design.shape[1]):
        if np.linalg.matrix_rank(design[:, [*kept, k]]) > len(kept):
            kept.append(k)
    return design[:, kept]


def test_ancova_with_every_covariate_of_a_visit_is_that_of_statsmodels() -> None:
    """Indicators of all categories, without what follows from other columns."""
    study = studies.prepare(course())
    cohort = studies.simulate(study, REPLICATES)
    data, estimates = studies.trial_arrays(cohort), studies.analyze(cohort, plan=study.analysis)
    for name, log in (("adjusted", False), ("plates", True)):
        row = next(i for i, one in enumerate(study.analysis.rows) if one.analysis == name)
        call = study.analysis.call_of(row)
        y, x = (data.values[0, :, :, d] for d in (call.endpoint.visit, call.baselines[0].visit))
        y, x = (np.log(y), np.log(x)) if log else (y, x)
        for r in range(len(REPLICATES)):
            columns = [np.ones(y.shape[1]), (data.arm[r] == 1).astype(float), x[r]]
            there = np.isfinite(y[r]) & np.isfinite(x[r]) & (data.arm[r] >= 0)
            for one in call.visit_covariates:
                column = data.visit_covariates[one, call.endpoint.visit]
                there &= np.isfinite(column.values[r])
                if column.categories:
                    columns += [(column.values[r] == k).astype(float) for k in range(column.categories)]
                else:
                    columns.append(column.values[r])
            design = np.stack(columns, axis=1)[there]
            design = independent(design)
            fit = sm.OLS(y[r][there], design).fit()
            assert estimates.estimate[0, r, row] == pytest.approx(fit.params[1], rel=1e-6)
            assert estimates.se[0, r, row] == pytest.approx(fit.bse[1], rel=1e-6)
            assert estimates.df[0, r, row] == fit.df_resid
            without = sm.OLS(y[r][there], design[:, :3]).fit()  # planted: an analysis that forgets them
            assert estimates.se[0, r, row] != pytest.approx(without.bse[1], rel=1e-6)


def test_the_covariates_are_those_of_the_ward() -> None:
    study = studies.prepare(course())
    cohort = studies.simulate(study, REPLICATES)
    data, trace = studies.trial_arrays(cohort), cohort.trace
    assert trace is not None
    d = study.response.point_index("stress", "post 3")
    ticks = trace.visits[:, :, study.response.points[d].visit_index, 0]
    came = ticks >= 0
    clock = data.visit_covariates["clock", d].values
    assert np.array_equal(np.isnan(clock), ~came)
    assert ((clock[came] >= 9.0) & (clock[came] <= 21.0)).all()
    assert np.allclose(clock[came] * 3600, ticks[came] % 86400)
    assert (data.visit_covariates["wait", d].values[came] >= 0).all()
    people = data.visit_covariates["practitioner", d]
    assert set(np.unique(people.values)) <= set(range(people.categories))
    assert len(np.unique(people.values)) > 10  # nine nurses at each of two sites
    assert data.visit_covariates["strata", d].categories == 4


def test_strata_and_clusters_of_an_analysis() -> None:
    study = studies.prepare(course())
    data = studies.trial_arrays(studies.simulate(study, REPLICATES))
    call = study.analysis.calls[0]
    from dataclasses import replace

    one = replace(call, strata=(-1, 1), clusters="site")
    extraction = Extraction(data, arms=2)
    twins = data.values.shape[0]
    language = data.covariates[:, :, 1].astype(int)
    together = np.tile(data.site * 2 + language, (twins, 1))
    found = extraction.strata(one)
    assert len(np.unique(found)) == 4
    assert all(len(np.unique(found[together == k])) == 1 for k in range(4))
    assert np.array_equal(extraction.clusters(one), np.tile(data.site, (twins, 1)))


@pytest.mark.parametrize("name", [one.name for one in VISIT_COVARIATES])
def test_what_a_study_does_not_have_is_refused(name: str) -> None:
    scenario = load(SCENARIOS / "textbook-ancova.yaml")
    analysis = next(key for key, one in scenario.analyses.items() if one.test == "ancova")
    written = {**scenario.written.at(("analyses", analysis)), "visit_covariates": [name]}
    with pytest.raises(ScenarioError, match=f"this study has no {name}: it needs"):
        change(scenario, {f"analyses.{analysis}": written})


def test_a_test_without_covariates_refuses_them() -> None:
    written = {"outcome": "stress", "visit": "post 3", "test": "t", "contrast": "massage - usual care"}
    for key, value in (("visit_covariates", ["clock"]), ("strata", ["site"]), ("clusters", "site")):
        with pytest.raises(ScenarioError, match=r"t (does not adjust|has no strata|has no clusters)"):
            change(course(), {"analyses.adjusted": {**written, key: value}})
