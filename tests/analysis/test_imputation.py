"""Multiple imputation: draws against a slow form, Rubin's rules and pooled results against mice, limits, invariances."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import trialsim as ts
from tests.slow_imputation import slow_imputation
from trialsim import study as studies
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.endpoints import Extraction, TrialArrays
from trialsim.analysis.estimates import Estimates, analyze
from trialsim.analysis.imputation import kernel
from trialsim.analysis.imputation.pooling import pool, rubin
from trialsim.analysis.imputation.rule import Follows, Imputation, stream_keys
from trialsim.analysis.imputed import imputed
from trialsim.analysis.methods.linear import ancova
from trialsim.analysis.methods.means import two_sample_t
from trialsim.analysis.moments import moments
from trialsim.analysis.plan import AnalysisSet
from trialsim.analysis.rows import EMPTY_ARM, OK, TOO_FEW
from trialsim.kinds import pooling, tests
from trialsim.scenario import loads

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "imputation.json").read_text(encoding="utf-8"))

STUDY = """
trialsim: 1
name: imputed
title: Values are missing, and imputed
design: {arms: {usual: usual care, yoga: yoga}, reference: usual, enroll: {each arm: 20}}
visits: {before: 0 d, week 1: 7 d, week 4: 28 d}
participants: {age: {mean: 50, sd: 10}}
attrition: [{reason: moved, chance: 20 %, within: 28 d}]
outcomes:
  pain:
    better: lower
    distribution: normal
    visits: [before, week 1, week 4]
    level: {mean: 60, sd: 12}
    correlation: {between_sessions: 0.6}
    effects: {yoga: {difference: -8, visits: [week 1, week 4]}}
    missing: [{mechanism: MCAR, reason: forgotten, chance: 8 %}]
  cortisol:
    distribution: lognormal
    unit: nmol/L
    visits: [before, week 1, week 4]
    level: {median: 6 nmol/L, cv: 0.5}
    correlation: {between_sessions: 0.6}
analyses:
  complete: {outcome: pain, visit: week 4, test: t}
  plain: {outcome: pain, visit: week 4, test: t, missing: multiple imputation}
  adjusted: {outcome: pain, visit: week 4, test: ancova, baseline: before, covariates: [age], missing: jump to reference}
  copied: {outcome: pain, change: {from: before, to: week 4}, test: welch, missing: copy reference, imputations: 5}
  moved: {outcome: pain, visit: week 4, test: t, missing: multiple imputation, delta: [0, 3, -1.5]}
  one sided: {outcome: pain, visit: week 4, test: t, missing: multiple imputation, alternative: less}
  margin: {outcome: pain, visit: week 4, test: t, missing: multiple imputation, margin: 5}
  each: {outcome: pain, change: {from: before, to: week 4}, test: paired-t, within: each arm, missing: multiple imputation}
  log: {outcome: cortisol, visit: week 4, test: t, transform: log, missing: multiple imputation, delta: [1, 1.5]}
  mean:
    outcome: pain
    over: {visits: [week 1, week 4], by: mean}
    test: regression
    covariates: [age]
    missing: multiple imputation
  all measured: {outcome: pain, visits: [before, week 1, week 4], test: mmrm}
primary: plain
simulation: {replicates: 200, seed: 4}
"""

REPLICATES = range(5, 11)


@cache
def study() -> ts.Study:
    return ts.prepare(loads(STUDY))


@cache
def trials() -> TrialArrays:
    return studies.trial_arrays(studies.simulate(study(), REPLICATES), study().analysis)


def results(data: TrialArrays) -> Estimates:
    return analyze(study().analysis, data, twins=study().twins, replicates=data.replicates)


@cache
def found() -> Estimates:
    return results(trials())


def row(name: str, contrast: str = "yoga - usual") -> int:
    return next(i for i, one in enumerate(study().analysis.rows) if (one.analysis, one.contrast) == (name, contrast))


def rule_of(visits: int, arms: int, before: int, follows: Follows, reference: int) -> Imputation:
    names = tuple(f"visit {v}" for v in range(visits))
    return Imputation(
        tuple(range(visits)),
        before,
        False,
        follows,
        reference,
        2,
        "pain",
        names,
        tuple(f"arm {a}" for a in range(arms)),
    )


def drawn(
    rule: Imputation, values: np.ndarray, x: np.ndarray, arm: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    own = np.arange(len(rule.arms))
    other = own if rule.follows == "own" else np.full_like(own, rule.reference)
    left, keys = (other if rule.follows == "copy" else own), stream_keys(rule)
    out, fine = np.empty_like(values), np.empty(values.shape[:2], np.bool_)
    kernel.impute(
        values, x, arm, left, other, rule.before, np.uint64(11),
        (keys.coefficients, keys.variances, keys.between, keys.after), np.uint64(k), np.uint64(7), out, fine,
    )  # fmt: skip
    return out, fine


# ---------------------------------------------------------------- draws


@pytest.mark.parametrize("case", range(9))
def test_imputations_are_those_of_a_slow_form(case: int) -> None:
    """Regressions by least squares, values between by conditioning, reference arms by their joint covariance; to 1e-10."""
    rng = np.random.default_rng(case)
    visits, arms, n, covariates = 2 + case % 3, 2 + case % 2, 90, case % 3
    rule = rule_of(visits, arms, 1 + case % (visits - 1), ("own", "jump", "copy")[case // 3], case % arms)
    x = rng.normal(size=(1, n, covariates))
    arm = (np.arange(n) % arms)[None].astype(np.int8)
    arm[0, rng.random(n) < 0.05] = -1
    values = 50 + 5 * rng.normal(size=(1, 1, n, 1)) + 4 * rng.normal(size=(1, 1, n, visits)) + x.sum(axis=2)[..., None]
    values[np.maximum.accumulate(rng.random(values.shape) < 0.12, axis=-1)] = np.nan
    if case % 2:
        values[rng.random(values.shape) < 0.08] = np.nan
    here = arm[0] >= 0
    for k in (0, 3):
        out, fine = drawn(rule, values, x, arm, k)
        slow = slow_imputation(rule, values[0, 0], x[0], arm[0].astype(int), seed=11, replicate=7, k=k)
        assert fine.all()
        assert np.abs(out[0, 0][here] - slow[here]).max() < 1e-10
        assert np.array_equal(out[0, 0][~here], values[0, 0][~here], equal_nan=True)
    other = slow_imputation(rule, values[0, 0], x[0], arm[0].astype(int), seed=11, replicate=7, k=4)  # planted
    assert np.abs(out[0, 0][here] - other[here]).max() > 0.1


def test_too_few_values_are_no_regression() -> None:
    rng = np.random.default_rng(1)
    values, arm = rng.normal(size=(1, 2, 12, 3)), np.tile(np.arange(12) % 2, (2, 1)).astype(np.int8)
    values[0, 0, 5, 2] = values[0, 1, :8, 2] = np.nan  # two values of an arm and three coefficients
    out, fine = drawn(rule_of(3, 2, 1, "own", 0), values, np.empty((2, 12, 0)), arm, 0)
    assert fine.tolist() == [[True, False]]
    assert np.isfinite(out[0, 0]).all()
    assert np.array_equal(out[0, 1], values[0, 1], equal_nan=True)


def test_an_imputation_does_not_depend_on_their_count_or_on_the_batch() -> None:
    call = next(one for one in study().analysis.calls if one.name == "plain")
    assert call.imputation is not None

    def columns(data: TrialArrays, count: int) -> list[np.ndarray]:
        rule = replace(call.imputation, count=count)
        every = imputed(Extraction(data, arms=2), rule, (), AnalysisSet())
        return [one.data.values.copy() for _, by_delta in every for _, one in by_delta]

    few, many = columns(trials(), 2), columns(trials(), 4)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(few, many, strict=False))
    assert not np.array_equal(many[1], many[2], equal_nan=True)
    alone = studies.trial_arrays(studies.simulate(study(), range(8, 9)), study().analysis)
    assert np.array_equal(columns(alone, 2)[1][:, 0], few[1][:, 3], equal_nan=True)


def test_both_twins_have_the_same_draws() -> None:
    """Where nothing was different before, the same values are imputed."""
    one = trials()
    same = results(replace(one, values=np.stack([one.values[0]] * len(study().twins))))
    assert np.array_equal(same.estimate[0], same.estimate[1], equal_nan=True)
    assert not np.array_equal(found().estimate[0], found().estimate[1], equal_nan=True)


# ---------------------------------------------------------------- Rubin's rules


@pytest.mark.parametrize("case", range(3))
def test_rubins_rules_are_those_of_mice(case: int) -> None:
    known = R["scalar"][case]
    q, se = np.array(known["q"])[:, None], np.sqrt(np.array(known["u"]))[:, None]
    estimate, error, df = rubin(q, se, np.full_like(q, known["n"] - known["k"]))
    assert (estimate[0], error[0] ** 2, df[0]) == pytest.approx((known["qbar"], known["t"], known["df"]), rel=1e-10)


@pytest.mark.parametrize("name", ["monotone", "gaps"])
def test_many_imputations_agree_with_mice(name: str) -> None:
    """Estimate, variance within and between imputations of one data set, within 5 standard errors of thousands of imputations."""
    data, known = R["data"][name], R["pooled"][name]
    columns = {key: np.array([math.nan if v is None else v for v in values], float) for key, values in data.items()}
    y = np.stack([columns["y1"], columns["y2"], columns["y3"]], axis=-1)
    count = 2_000
    arm = np.tile(columns["arm"].astype(np.int8), (count, 1))
    x = np.tile(columns["age"][None, :, None], (count, 1, 1))
    out, fine = drawn(rule_of(3, 2, 1, "own", 0), np.tile(y, (1, count, 1, 1)), x, arm, 0)
    assert fine.all()
    fits = ancova(cross_moments(out[0, :, :, 2], out[0, :, :, :1], arm, arms=2), a=1, b=0)
    between = fits.estimate.var(ddof=1)
    error = math.sqrt(known["between"] / known["m"] + between / count)
    assert abs(fits.estimate.mean() - known["estimate"]) < 5 * error
    assert abs(between / known["between"] - 1) < 5 * math.sqrt(2 / known["m"] + 2 / count)
    within = (fits.se**2).mean()
    assert abs(within / known["within"] - 1) < 5 * (fits.se**2).std() / within * math.sqrt(1 / count + 1 / known["m"])
    whole = y[~np.isnan(y[:, 2])]  # planted: complete cases
    left = columns["arm"][~np.isnan(y[:, 2])].astype(np.int8)[None]
    complete = ancova(cross_moments(whole[None, :, 2], whole[None, :, :1], left, arms=2), a=1, b=0)
    assert abs(complete.estimate[0] - known["estimate"]) > 5 * error


def test_many_imputations_approach_the_model_of_all_measured_visits() -> None:
    """Arms that are mirror images have one covariance, and then the limit of the estimate is that of maximum likelihood."""
    rng, count = np.random.default_rng(3), 600
    half = 50 + 8 * rng.normal(size=(30, 1)) + 5 * rng.normal(size=(30, 3))
    half[:10, 2], half[:4, 1] = np.nan, np.nan
    values = np.full((1, count, 60, trials().values.shape[-1]), 1.0)
    points = next(one for one in study().analysis.calls if one.name == "plain").imputation.points
    values[..., list(points)] = np.concatenate([half, half - np.array([0.0, 3.0, 6.0])])
    arm = np.tile(np.repeat([0, 1], 30), (count, 1)).astype(np.int8)
    plan = study().analysis
    calls = [one for one in plan.calls if one.name in ("plain", "all measured")]
    kept = replace(
        plan,
        calls=tuple(replace(one, first_row=i) for i, one in enumerate(calls)),
        rows=tuple(plan.rows[one.first_row] for one in calls),
    )
    yes = np.ones(arm.shape, np.bool_)
    number = np.zeros(arm.shape, np.int64)
    data = TrialArrays(values, arm, np.zeros((*arm.shape, 1)), yes, yes, number, number, {}, None, 4, range(count))
    made = analyze(kept, data, twins=("declared",), replicates=range(count))
    imputations = made.estimate[0, :, 0]
    assert made.estimate[0, 0, 1] == pytest.approx(-6.0, abs=1e-9)
    assert abs(imputations.mean() + 6.0) < 5 * imputations.std() / math.sqrt(count)
    # the mean of an arm with its missing values by regression on those before, from whom was measured
    arm_mean = [half[:, 0].mean()]
    for v in (1, 2):
        who = ~np.isnan(half[:, v])
        design = np.column_stack([np.ones(who.sum()), half[who, :v]])
        beta, *_ = np.linalg.lstsq(design, half[who, v], rcond=None)
        arm_mean.append(beta[0] + beta[1:] @ np.array(arm_mean))
    completed = [one.data.values[0, :, :30, points[2]].mean(axis=1) for one in _completed(data, calls[0].imputation)]
    means = np.mean(completed, axis=0)
    assert abs(means.mean() - arm_mean[2]) < 5 * means.std() / math.sqrt(count)
    assert abs(np.nanmean(half[:, 2]) - arm_mean[2]) > 5 * means.std() / math.sqrt(count)  # planted: complete cases


def _completed(data: TrialArrays, rule: Imputation) -> list[Extraction]:
    every = imputed(Extraction(data, arms=2), replace(rule, count=5), (), AnalysisSet())
    return [Extraction(replace(one.data, values=one.data.values.copy()), arms=2) for _, by in every for _, one in by]


# ---------------------------------------------------------------- results


def test_nothing_missing_is_the_complete_analysis() -> None:
    data = replace(trials(), values=np.nan_to_num(trials().values, nan=55.0))
    whole = results(data)
    for name in ("estimate", "se", "df", "statistic", "p", "low", "high", "n"):
        complete, plain = getattr(whole, name)[..., row("complete")], getattr(whole, name)[..., row("plain")]
        assert plain == pytest.approx(complete, rel=1e-9), name


def test_everyone_is_analyzed_and_what_is_pooled_is_what_was_imputed() -> None:
    assert (found().n[..., row("plain")] == 40).all()
    assert (found().status == OK).all()
    call = next(one for one in study().analysis.calls if one.name == "plain")
    every = imputed(Extraction(trials(), arms=2), call.imputation, (), AnalysisSet())
    parts = [two_sample_t(one.moments(call.endpoint, call.choice), a=1, b=0) for _, by in every for _, one in by]
    shape = found().estimate.shape[:2]
    q, u = np.array([one.estimate for one in parts]), np.array([one.se**2 for one in parts])
    b, w = q.var(axis=0, ddof=1), u.mean(axis=0)
    total = w + (1 + 1 / 20) * b
    share = (1 + 1 / 20) * b / total
    old, observed = 19 / share**2, 39 / 41 * 38 * (1 - share)
    assert found().estimate[..., row("plain")] == pytest.approx(q.mean(axis=0).reshape(shape), rel=1e-12)
    assert found().se[..., row("plain")] == pytest.approx(np.sqrt(total).reshape(shape), rel=1e-12)
    assert found().df[..., row("plain")] == pytest.approx((old * observed / (old + observed)).reshape(shape), rel=1e-9)


def test_one_sided_margin_and_two_sided_agree() -> None:
    two, less, margin = (row(name) for name in ("plain", "one sided", "margin"))
    p, t = found().p, found().statistic
    assert found().estimate[..., two] == pytest.approx(found().estimate[..., less], rel=1e-12)
    assert p[..., two] == pytest.approx(2 * np.minimum(p[..., less], 1 - p[..., less]), rel=1e-9)
    shifted = (found().estimate[..., margin] - 5) / found().se[..., margin]
    assert t[..., margin] == pytest.approx(shifted, rel=1e-12)
    assert found().low[..., margin] == pytest.approx(found().low[..., two], rel=1e-12)


def test_a_delta_moves_the_estimate_by_its_share() -> None:
    """Of everyone outside the reference arm, those without a value after their last measured visit; logarithms by a ratio."""
    values, arm = trials().values, trials().arm
    points = study().analysis.calls[1].imputation.points
    gone = np.isnan(values[..., points[2]]) & (arm == 1)
    share = gone.sum(axis=-1) / 20
    first = found().estimate[..., row("moved", "yoga - usual, delta 0")]
    for delta in (3.0, -1.5):
        moved = found().estimate[..., row("moved", f"yoga - usual, delta {delta:g}")]
        assert moved - first == pytest.approx(delta * share, abs=1e-9)
    assert first == pytest.approx(found().estimate[..., row("plain")], rel=1e-12)
    end = study().response.point_index("cortisol", "week 4")
    share = (np.isnan(values[..., end]) & (arm == 1)).sum(axis=-1) / 20
    ratio = (
        found().estimate[..., row("log", "yoga - usual, delta 1.5")]
        - found().estimate[..., row("log", "yoga - usual, delta 1")]
    )
    assert ratio == pytest.approx(math.log(1.5) * share, abs=1e-9)
    assert share.max() > 0


def test_references_draw_the_arms_together() -> None:
    """If the whole arm left after the baseline, what is imputed of it is the reference's: the difference is one of baselines."""
    data = trials()
    values = data.values.copy()
    points = list(study().analysis.calls[1].imputation.points)
    values[:, :, data.arm[0] == 1, points[1]] = values[:, :, data.arm[0] == 1, points[2]] = np.nan
    jumped, copied = (results(replace(data, values=values)).estimate[..., row(name)] for name in ("adjusted", "copied"))
    assert np.abs(jumped).mean() < np.abs(found().estimate[..., row("adjusted")]).mean()
    assert np.isfinite(copied).all()
    plain = results(replace(data, values=values))
    assert (plain.status[..., row("plain")] == TOO_FEW).all()
    assert np.isnan(plain.p[..., row("plain")]).all()


def test_nothing_varies_and_an_empty_arm() -> None:
    data = trials()
    flat = results(replace(data, values=np.where(np.isnan(data.values), np.nan, 5.0)))
    assert (flat.estimate[..., row("plain")] == 0).all()
    assert (flat.p[..., row("plain")] == 1).all()
    assert np.isnan(flat.low[..., row("plain")]).all()
    empty = results(replace(data, arm=np.where(data.arm == 1, -1, data.arm).astype(np.int8)))
    assert (empty.status[..., row("plain")] == EMPTY_ARM).all()


def test_results_that_failed_once_have_failed() -> None:
    m = moments(np.arange(12.0).reshape(2, 6), np.tile([0, 0, 0, 1, 1, 1], (2, 1)).astype(np.int8), arms=2)
    good = two_sample_t(m, a=1, b=0)
    bad = replace(good, status=np.array([0, 3], np.int8))
    made = pool([good, bad], drawn=np.array([True, True]), lacking=TOO_FEW, null=0.0)
    assert made.status.tolist() == [0, 3]
    assert np.isnan(made.rows(null=0.0, alternative="two-sided", level=0.95).p[1])


def test_every_test_is_pooled_or_has_its_reason() -> None:
    assert {test.name for test in tests.TESTS} == {test.name for test in pooling.POOLED} | set(pooling.NOT_POOLED)
    assert not {test.name for test in pooling.POOLED} & set(pooling.NOT_POOLED)
    assert all(text and not text.endswith(".") for text in pooling.NOT_POOLED.values())
