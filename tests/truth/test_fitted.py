"""The truth of ratios given covariates: what another program's fit of the same model finds with everyone once in either arm."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm

from trialsim import study as studies
from trialsim.analysis.effects import POOL
from trialsim.conduct import conduct
from trialsim.evaluate.truth import Truth
from trialsim.scenario import loads
from trialsim.truth import find_truth, targets
from trialsim.truth.plays import SharedDraws
from trialsim.truth.strategies import play_all, potential_of

Z = 6.0

TEXT = """
trialsim: 1
name: ratios
title: Ratios at equal age
design: {arms: {usual: usual, rounds: rounds}, reference: usual, enroll: {each arm: 30}}
visits: {admission: 0 d, discharge: 10 d}
participants: {age: {normal: {mean: 76 y, sd: 9 y}}, sex: {choice: {man: 40 %, woman: 60 %}}}
outcomes:
  fell:
    distribution: binary
    visits: [admission, discharge]
    level: {chance: 40 %}
    correlation: {between_sessions: 0}
    covariates: [{covariate: age, per: 10 y, odds_ratio: 4}]
    effects: {rounds: {odds_ratio: 0.3, visits: [discharge]}}
  falls:
    distribution: count
    over: [admission, discharge]
    level: {mean: 1, dispersion: 0.5}
    covariates: [{covariate: age, per: 10 y, rate_ratio: 2}]
    effects: {rounds: {rate_ratio: 0.6}}
  first fall:
    distribution: time
    unit: d
    until: discharge
    level: {median: 8 d}
    covariates: [{covariate: age, per: 10 y, hazard_ratio: 3}]
    effects: {rounds: {hazard_ratio: 0.5}}
analyses:
  odds: {outcome: fell, visit: discharge, test: logistic, covariates: [age, sex]}
  after baseline: {outcome: fell, visit: discharge, test: logistic, baseline: admission, covariates: [age]}
  odds of all: {outcome: fell, visit: discharge, test: odds-ratio}
  rates: {outcome: falls, visit: discharge, test: poisson, covariates: [age]}
  spread rates: {outcome: falls, visit: discharge, test: negative-binomial, covariates: [age]}
  hazards: {outcome: first fall, visit: discharge, test: cox, covariates: [age]}
  hazards of all: {outcome: first fall, visit: discharge, test: log-rank}
primary: odds
simulation: {replicates: 200, seed: 4}
"""


@cache
def study() -> studies.Study:
    return studies.prepare(loads(TEXT))


@cache
def truth() -> Truth:
    return find_truth(study(), replicates=400, workers=1)


def row(name: str) -> int:
    return next(i for i, one in enumerate(study().analysis.rows) if one.analysis == name)


@pytest.mark.parametrize("name", ["odds", "rates", "hazards"])
def test_it_is_the_fit_of_another_program_to_everyone_once_in_either_arm(name: str) -> None:
    which = range(POOL)
    entries = conduct(study().conduct, seed=4, replicates=which)
    plays = play_all(SharedDraws(study(), entries, None, 4, which, "fast"), None, None, mixed=False)
    target = next(one for one in targets(study().analysis) if one.row == row(name))
    who = entries.arm >= 0
    a, b = (potential_of(plays, plays.alone[arm], target, 0, arm, who) for arm in (1, 0))
    y = np.concatenate([one.values[0, :, :, target.endpoint.visit][who] for one in (a, b)])
    ages = np.tile(entries.covariates[:, :, 0][who], 2)
    arm = np.repeat([1.0, 0.0], who.sum())
    if name == "odds":
        design = np.column_stack([np.ones(len(y)), ages, np.tile(entries.covariates[:, :, 1][who], 2), arm])
        judge = sm.Logit(y, design).fit(disp=0, tol=1e-12).params[-1]
    elif name == "rates":
        design = np.column_stack([np.ones(len(y)), ages, arm])
        judge = sm.GLM(y, design, family=sm.families.Poisson()).fit(tol=1e-12).params[-1]
    else:
        judge = (
            sm.PHReg(y, np.column_stack([ages, arm]), status=(y < 10.0).astype(int), ties="efron")
            .fit(tol=1e-12)
            .params[-1]
        )
    found = find_truth(study(), replicates=which, workers=1).value[0, row(name)]
    assert found == pytest.approx(judge, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "declared"),
    [("odds", math.log(0.3)), ("rates", math.log(0.6)), ("spread rates", math.log(0.6)), ("hazards", math.log(0.5))],
)
def test_with_everything_that_matters_in_the_model_it_is_the_declared_ratio(name: str, declared: float) -> None:
    value, mcse = truth().declared(row(name))
    assert abs(value - declared) < Z * mcse
    assert mcse < 0.02


def test_it_is_farther_from_no_effect_than_that_of_everyone_which_is_beside_it() -> None:
    for name, of_all in (("odds", "odds of all"), ("hazards", "hazards of all")):
        given, everyone = truth().declared(row(name))[0], truth().declared(row(of_all))[0]
        assert given < everyone - 0.1
        assert truth().of_everyone[row(name)][0] == pytest.approx(everyone, rel=1e-9)


def test_without_effects_it_is_none() -> None:
    null = truth().twins.index("null")
    for name in ("odds", "after baseline", "rates", "spread rates", "hazards"):
        assert abs(truth().value[null, row(name)]) < 1e-9


def test_the_name_says_what_is_given() -> None:
    names = {one.analysis: one.effect for one in study().analysis.rows}
    assert names["odds"] == "log odds ratio given age and sex"
    assert names["after baseline"] == "log odds ratio given baseline and age"
    assert names["hazards"] == "log hazard ratio given age"
    assert names["odds of all"] == "log odds ratio"
