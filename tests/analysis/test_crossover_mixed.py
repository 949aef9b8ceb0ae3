"""The mixed model of a crossover against lme4, lmerTest, pbkrtest and nlme, and against a form with whole covariance matrices.

R's numbers are printed by tests/reference/r/crossover.R; its minimizers stop before the last digits (1e-6). The slow form has
the last word, on 200 data sets with missing values and unequal sequences (1e-8; degrees of freedom, which amplify what the
minimum lacks, 1e-6).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

from trialsim.analysis import rows
from trialsim.analysis.methods.crossover import crossover_t
from trialsim.analysis.methods.crossover_mixed import crossover_mixed, design_of
from trialsim.analysis.moments import moments
from trialsim.errors import ScenarioError
from trialsim.prepared import prepare
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.truth import find_truth

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "crossover.json").read_text(encoding="utf-8"))
STUDY = Path(__file__).parents[1] / "kinds" / "three-periods.yaml"
WILLIAMS = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2), (2, 1, 0))


def of_r(one, **options):
    y, sequence = np.array([one["y"]], float), np.array([one["sequence"]], np.int8)
    return crossover_mixed(y, sequence, one["orders"], pair=(1, 0), **options)


@pytest.mark.parametrize("one", R["crossovers"])
def test_it_is_that_of_r(one) -> None:
    found, other = of_r(one), of_r(one, kenward_roger=True)
    ours = [getattr(found, name)[0] for name in ("estimate", "se", "df", "p")]
    assert found.status[0] == (rows.BOUNDARY if one["singular"] else rows.OK)
    np.testing.assert_allclose(ours[:2], one["satterthwaite"][:2], rtol=1e-6)
    np.testing.assert_allclose([other.estimate[0], other.se[0], other.df[0]], one["kr"], rtol=2e-6)
    if not one["singular"]:  # lmerTest has no covariance of a variance at its edge
        np.testing.assert_allclose(ours, one["satterthwaite"], rtol=1e-5)
        np.testing.assert_allclose(ours[:2], one["lme"], rtol=1e-5)


def test_r_has_what_it_must_show() -> None:
    assert all(R["versions"][name] for name in ("R", "lme4", "lmerTest", "pbkrtest", "nlme"))
    assert {len(one["orders"][0]) for one in R["crossovers"]} == {2, 3, 4}
    assert 0 < sum(one["singular"] for one in R["crossovers"]) < 12


def slow(y: np.ndarray, sequence: np.ndarray, orders, *, pair: tuple[int, int]):
    """Estimate, SE and df by Satterthwaite; SE and df by Kenward and Roger (None at the edge)."""
    design = design_of(np.array(orders), a=pair[0], b=pair[1])
    there = ~np.isnan(y)
    x, values = np.concatenate([design[q][m] for q, m in zip(sequence, there, strict=True)]), y[there]
    person = np.repeat(np.arange(len(y)), there.sum(axis=1))
    j = (person[:, None] == person[None, :]).astype(float)
    eye, n, p = np.eye(len(values)), len(values), x.shape[1]

    def parts(ratio: float):
        inverse = np.linalg.inv(eye + ratio * j)
        phi = np.linalg.inv(x.T @ inverse @ x)
        return inverse, phi, inverse - inverse @ x @ phi @ x.T @ inverse

    def slope(ratio: float) -> float:
        _, _, q = parts(ratio)
        return float(np.trace(q @ j) - (n - p) * (values @ q @ j @ q @ values) / (values @ q @ values))

    if slope(0.0) >= 0.0:
        return None
    ratio = optimize.brentq(slope, 0.0, 1e3, xtol=1e-14, rtol=1e-14)
    inverse, phi, q = parts(ratio)
    residual = float(values @ q @ values) / (n - p)
    inverse, phi, q = inverse / residual, phi * residual, q / residual
    moved = [x.T @ inverse @ v @ inverse @ x for v in (j, eye)]
    expected = np.array([[np.trace(q @ v @ q @ w) for w in (j, eye)] for v in (j, eye)])
    observed = 2 * np.array([[values @ q @ v @ q @ w @ q @ values for w in (j, eye)] for v in (j, eye)]) - expected
    last = phi[-1, -1]
    slopes = np.array([(phi @ m @ phi)[-1, -1] for m in moved])

    def df(hessian: np.ndarray) -> float:
        return float(2 * last**2 / (slopes @ (2 * np.linalg.inv(hessian)) @ slopes))

    spread, more = 2 * np.linalg.inv(expected), np.zeros_like(phi)
    for a, v in enumerate((j, eye)):
        for b, w in enumerate((j, eye)):
            inner = x.T @ inverse @ v @ inverse @ w @ inverse @ x
            more += spread[a, b] * (inner - moved[a] @ phi @ moved[b])
    adjusted = (phi + 2 * phi @ more @ phi)[-1, -1]
    beta = phi @ x.T @ inverse @ values
    return beta[-1], last**0.5, df(observed), adjusted**0.5, df(expected)


def random_trials(seed: int, count: int, orders, *, most: int = 14):
    draw = np.random.default_rng(seed)
    for _ in range(count):
        n = int(draw.integers(9, most))
        sequence = np.sort(draw.integers(0, len(orders), n)).astype(np.int8)
        y = np.round(draw.normal(size=(n, len(orders[0]))) + draw.normal(size=(n, 1)) * draw.choice([0.3, 1.0, 3.0]), 1)
        y[draw.random(y.shape) < 0.12] = np.nan
        yield y, sequence


@pytest.mark.parametrize(
    ("orders", "pair"), [(((1, 0), (0, 1)), (1, 0)), (WILLIAMS, (2, 0)), (((0, 1, 1, 0), (1, 0, 0, 1)), (0, 1))]
)
def test_it_is_that_of_a_slow_form(orders, pair) -> None:
    compared = 0
    for y, sequence in random_trials(len(orders), 67, orders):
        found = crossover_mixed(y[None], sequence[None], orders, pair=pair)
        other = crossover_mixed(y[None], sequence[None], orders, pair=pair, kenward_roger=True)
        if found.status[0] != rows.OK:
            assert found.status[0] in (rows.BOUNDARY, rows.SINGULAR, rows.EMPTY_ARM, rows.TOO_FEW)
            continue
        judged = slow(y, sequence, orders, pair=pair)
        assert judged is not None
        ours = [found.estimate[0], found.se[0], found.df[0], other.se[0], other.df[0]]
        np.testing.assert_allclose(ours, judged, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(ours[:2], judged[:2], rtol=1e-8, atol=1e-9)
        assert found.p[0] == pytest.approx(2 * stats.t.sf(abs(judged[0] / judged[1]), judged[2]), rel=1e-5)
        assert found.n[0] == (~np.isnan(y)).any(axis=1).sum()
        compared += 1
    assert compared > 40


def test_with_all_values_of_two_periods_it_is_the_t_test_of_period_differences() -> None:
    draw = np.random.default_rng(3)
    y = draw.normal(size=(100, 23, 2)) + draw.normal(size=(100, 23, 1))
    sequence = np.where(np.arange(23) < 10, 0, 1).astype(np.int8)[None].repeat(100, axis=0)
    for side in ("two-sided", "less"):
        found = crossover_mixed(y, sequence, ((1, 0), (0, 1)), pair=(1, 0), kenward_roger=True, alternative=side)
        judge = crossover_t(moments(y[..., 0] - y[..., 1], sequence, arms=2), a=0, b=1, alternative=side)
        fine = found.status == rows.OK
        assert fine.sum() > 90
        for name in ("estimate", "se", "df", "p", "low", "high"):
            np.testing.assert_allclose(getattr(found, name)[fine], getattr(judge, name)[fine], rtol=1e-7, err_msg=name)


def test_sides_agree() -> None:
    y, sequence = next(random_trials(8, 1, WILLIAMS, most=30))
    two, less, greater = (
        crossover_mixed(y[None], sequence[None], WILLIAMS, pair=(2, 0), alternative=side)
        for side in ("two-sided", "less", "greater")
    )
    assert less.p[0] + greater.p[0] == pytest.approx(1.0, rel=1e-12)
    assert two.p[0] == pytest.approx(2 * min(less.p[0], greater.p[0]), rel=1e-12)


def one_of(values, sequence, orders=((1, 0), (0, 1)), pair=(1, 0)):
    return crossover_mixed(np.array([values], float), np.array([sequence], np.int8), orders, pair=pair)


def test_nothing_varies_an_arm_without_values_and_one_participant() -> None:
    calm = one_of([[1, 1]] * 6, [0, 0, 0, 1, 1, 1])
    assert (calm.p[0], calm.estimate[0], calm.status[0]) == (1.0, 0.0, rows.OK)
    assert one_of([[2, 1]] * 3 + [[1, 2]] * 3, [0, 0, 0, 1, 1, 1]).status[0] == rows.NO_VARIANCE
    assert one_of([[1, np.nan]] * 3, [0, 0, 0]).status[0] == rows.EMPTY_ARM
    assert one_of([[1, 2], [2, 2], [3, 5]], [0, 0, 0]).status[0] == rows.SINGULAR  # arm and period are one
    assert one_of([[1, 2]], [0]).status[0] == rows.SINGULAR
    alone = one_of([[1, np.nan], [2, np.nan], [4, np.nan], [3, np.nan]], [0, 0, 1, 1])
    assert alone.status[0] == rows.TOO_FEW  # nobody has two values


def test_a_shift_or_another_unit_changes_nothing() -> None:
    y, sequence = next(random_trials(9, 1, WILLIAMS, most=30))
    here, there = (one_of(one, sequence, WILLIAMS, (1, 0)) for one in (y, 1e6 + 1e-3 * y))
    assert there.p[0] == pytest.approx(here.p[0], rel=1e-6)
    assert there.estimate[0] == pytest.approx(1e-3 * here.estimate[0], rel=1e-6)


def test_the_effect_of_all_periods_is_without_carryover() -> None:
    """Of normal values both are the declared effect; of scores that later periods lower, it is nearer to 0."""
    study = prepare(load(STUDY))
    truth, declared = find_truth(study, replicates=40), study.twins.index("declared")
    assert [one.periods.whole for one in study.analysis.calls] == [True, False]
    assert truth.value[declared, :2] == pytest.approx([-5.0, -5.0], abs=1e-9)
    assert truth.value[study.twins.index("null"), :2] == pytest.approx([0.0, 0.0], abs=1e-9)
    shares = {"categories": "0..4", "visits": ["post"], "level": {"mean": 2, "sd": 1.2}, "carryover": "50 %"}
    scores = {
        "outcomes.value": {
            **shares,
            "effects": {"back": {"odds_ratio": 0.2}},
            "period_effects": [0, -0.8, -1.2],
            "correlation": {"between_sessions": 0.5},
        }
    }
    study = prepare(change(load(STUDY), scores))
    truth = find_truth(study, replicates=600)
    whole, first = truth.value[declared, :2]
    by_period = _slow_effects(study)
    errors = 6.0 * truth.mcse[declared, :2]
    assert whole == pytest.approx(np.mean(by_period), abs=errors[0])
    assert first == pytest.approx(by_period[0], abs=errors[1])
    assert np.mean(by_period) - by_period[0] > 2 * errors.sum()  # the two are distinguished


def _slow_effects(study) -> list[float]:
    """By period, the difference of mean scores of someone on whom one arm acts from someone on whom none does."""
    found = []
    for point in study.response.points:
        base, odds = 1.0 / (1.0 + np.exp(-np.array(point.cuts)[-1])), 0.2
        moved = 1.0 / (1.0 + odds * (1.0 - base) / base)  # odds of a higher score times 0.2
        found.append(float((1.0 - moved).sum() - (1.0 - base).sum()))
    return found


def test_everyone_has_one_arm_throughout_on_the_ward_too() -> None:
    shipped = Path(__file__).parents[2] / "scenarios" / "picu-crossover.yaml"
    study = prepare(load(shipped))
    names = [row.analysis for row in study.analysis.rows]
    truth = find_truth(study, replicates=200)
    declared = study.twins.index("declared")
    first, whole = truth.value[declared, names.index("fear")], truth.value[declared, names.index("all")]
    assert first < whole < 0.7 * first  # later periods frighten less, and who left has no second session
    assert truth.interference[names.index("all")] != truth.interference[names.index("all")]


BAD = {
    "visits: [post 1, post 2]": "TS-E410",
    "visits: [post 2, post 1, post 3]": "TS-E410",
    "visit: post 1": "TS-E060",
    "visit: post, missing: last value": "TS-E383",
    "visit: post, estimand: {strategy: hypothetical, periods: all}": "TS-E411",
    "visit: post, estimand: {periods: each}": "TS-E010",
}


@pytest.mark.parametrize(("keys", "code"), BAD.items())
def test_what_does_not_fit_is_refused(keys: str, code: str) -> None:
    written = "visit: post, test: crossover-mixed, contrast: back - rest, estimand: all periods"
    text = STUDY.read_text(encoding="utf-8")
    assert written in text
    text = text.replace(written, f"{keys}, test: crossover-mixed, contrast: back - rest")
    with pytest.raises(ScenarioError) as refused:
        loads(text)
    assert code in {fault.code for fault in refused.value.faults}
