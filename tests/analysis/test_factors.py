"""A linear model by factors against statsmodels: coefficients, intervals and p-values of factors and interactions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from trialsim.analysis.estimates import analyze
from trialsim.analysis.plan import AnalysisPlan
from trialsim.analysis.rows import EMPTY_ARM, OK, SINGULAR
from trialsim.scenario import loads
from trialsim.scenario.factors import terms_of
from trialsim.study import prepare, simulate, trial_arrays

STUDY = """
trialsim: 1
name: factors
title: Two factors
design: {factors: {FACTORS}, enroll: {each arm: 14}}
participants: {age: {mean: 15, sd: 2}, sex: {choice: {girl: 40 %, boy: 60 %}}}
visits: {pre: 0 d, post: 1 d}
outcomes:
  stress:
    distribution: normal
    visits: [pre, post]
    level: {mean: 10, sd: 2}
    effects: {a: {difference: -0.5, visits: [post]}, a x b: {difference: 0.4, visits: [post]}}
    correlation: {between_sessions: 0.5}
analyses:
  plain: {outcome: stress, visit: post, test: regression, factors: [a, b]}
  crossed: {outcome: stress, visit: post, test: regression, factors: [a, b, a x b], alpha: 10 %}
  adjusted: {outcome: stress, visit: post, test: ancova, baseline: pre, covariates: [age, sex], factors: [b, a x b]}
  one_sided: {outcome: stress, visit: post, test: regression, factors: [a x b], alternative: less}
primary: plain
simulation: {seed: 3}
"""
TWO = "a: [no, yes], b: [no, yes]"
THREE = "a: [no, yes], b: [no, yes], c: [no, yes]"
TRIALS = 200


def made(factors: str):  # type: ignore[no-untyped-def]  # a study and arrays
    """A study and its data, with arms of unequal size, missing values and ties."""
    study = prepare(loads(STUDY.replace("FACTORS", factors)))
    data = trial_arrays(simulate(study, range(TRIALS), twins=("declared",)))
    rng = np.random.default_rng(8)
    values = np.where(rng.random(data.values.shape) < 0.1, np.nan, np.round(data.values, 1))
    arms = len(study.analysis.arms)
    arm = rng.choice(arms, p=np.arange(1, arms + 1) / (arms * (arms + 1) / 2), size=data.arm.shape).astype(np.int8)
    arm[:, : 5 * arms] = np.tile(np.arange(arms), 5)  # nobody's arm is empty
    return study, replace(data, values=values, arm=arm)


def columns_of(arm: np.ndarray, plan: AnalysisPlan, call: int, factors: str) -> dict[str, np.ndarray]:
    """Products of the codes -1/2 and 1/2 of the factors, of every term in the model of a call."""
    count = factors.count("[")
    codes = [(arm >> (count - 1 - f) & 1) - 0.5 for f in range(count)]
    named = {"plain": [], "crossed": ["a x b"], "adjusted": ["a x b"], "one_sided": ["a x b"]}[plan.calls[call].name]
    found = {letter: codes[f] for f, letter in enumerate("abc"[:count])}
    return found | dict.fromkeys(named, codes[0] * codes[1])


@pytest.mark.parametrize("factors", [TWO, THREE], ids=["two", "three"])
def test_every_row_equals_statsmodels(factors: str) -> None:
    """200 trials with ties, missing values and unequal arms, each judged in one analysis: 1e-8 relative."""
    study, data = made(factors)
    plan = study.analysis
    found = analyze(plan, data, twins=("declared",), replicates=range(TRIALS))
    assert (found.status == OK).all()
    for call in range(len(plan.calls)):
        for r in range(call, TRIALS, 4 if factors == TWO else 40):
            y, arm = data.values[0, r, :, 1], data.arm[r].astype(int)
            terms = columns_of(arm, plan, call, factors)
            beside = []
            if plan.calls[call].name == "adjusted":
                beside = [data.values[0, r, :, 0], data.covariates[r, :, 0], data.covariates[r, :, 1]]
            x = np.column_stack([np.ones(len(y)), *terms.values(), *beside])
            keep = np.isfinite(y) & np.isfinite(x).all(axis=1)
            fit = sm.OLS(y[keep], x[keep]).fit()
            level = 0.10 if plan.calls[call].name == "crossed" else 0.05
            for row in plan.calls[call].rows:
                place = 1 + list(terms).index(plan.rows[row].contrast)
                p, (low, high) = fit.pvalues[place], fit.conf_int(level)[place]
                if plan.calls[call].name == "one_sided":
                    p, low, high = p / 2 if fit.tvalues[place] < 0 else 1 - p / 2, -np.inf, fit.conf_int(0.1)[place][1]
                ours = [getattr(found, name)[0, r, row] for name in ("estimate", "se", "statistic", "p", "low", "high")]
                theirs = [fit.params[place], fit.bse[place], fit.tvalues[place], p, low, high]
                np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
                assert found.df[0, r, row] == fit.df_resid
                assert found.n[0, r, row] == fit.nobs


def test_the_model_without_the_interaction_would_be_seen() -> None:
    """Planted: with the interaction in the model the coefficient of a factor is another one in unequal arms."""
    study, data = made(TWO)
    found = analyze(study.analysis, data, twins=("declared",), replicates=range(TRIALS))
    plain, crossed = (
        next(call.first_row for call in study.analysis.calls if call.name == n) for n in ("plain", "crossed")
    )
    assert np.abs(found.estimate[0, :, plain] - found.estimate[0, :, crossed]).max() > 0.1


def test_in_equal_arms_the_estimate_is_the_sum_of_weights_times_means() -> None:
    study, data = made(TWO)
    arm = np.tile(np.arange(4, dtype=np.int8), (TRIALS, 14))
    whole = replace(data, arm=arm, values=np.nan_to_num(data.values, nan=9.0))
    found = analyze(study.analysis, whole, twins=("declared",), replicates=range(TRIALS))
    means = np.stack([whole.values[0, :, k::4, 1].mean(axis=1) for k in range(4)], axis=1)
    for row, name in ((0, "a"), (1, "b"), (4, "a x b")):
        weights = terms_of({"a": ("no", "yes"), "b": ("no", "yes")})[name].weights
        np.testing.assert_allclose(found.estimate[0, :, row], means @ np.array(weights), rtol=1e-10, atol=1e-12)


def test_arms_without_anybody() -> None:
    """Three arms are enough for both factors, not for their interaction; without anybody with a factor there is none."""
    study, data = made(TWO)
    three = replace(data, arm=np.where(data.arm == 3, 2, data.arm).astype(np.int8))
    status = analyze(study.analysis, three, twins=("declared",), replicates=range(TRIALS)).status[0]
    assert (status[:, :2] == OK).all()
    assert (status[:, 4] == SINGULAR).all()
    without = replace(data, arm=(data.arm % 2).astype(np.int8))
    status = analyze(study.analysis, without, twins=("declared",), replicates=range(TRIALS)).status[0]
    assert (status[:, 0] == EMPTY_ARM).all()
    assert (status[:, 1] == OK).all()
