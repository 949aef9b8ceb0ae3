"""Planned analyses against scipy and statsmodels, one simulated trial at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from trialsim.analysis import endpoints
from trialsim.analysis.endpoints import TrialArrays
from trialsim.analysis.estimates import NUMBERS, Estimates, analyze
from trialsim.analysis.plan import AnalysisPlan
from trialsim.analysis.planning.build import plan_analyses
from trialsim.analysis.rows import EMPTY_ARM, NOT_TESTED, OK
from trialsim.scenario import Scenario, loads
from trialsim.scenario.model import Draft

TEXT = """
trialsim: 1
name: all-analyses
title: Every kind of analysis once
design:
  arms: {control: c, music: m, massage: h}
  enroll: {each arm: 12}
participants:
  age: {uniform: {low: 12 y, high: 18 y}}
  sex: {choice: {girl: 50 %, boy: 30 %, unknown: 20 %}}
visits: {pre: 0 d, post: 1 d}
outcomes:
  fear: {categories: [0, 1, 2, 3, 4], visits: [pre, post], level: {mean: 2, sd: 1}}
  cortisol:
    distribution: lognormal
    unit: nmol/L
    visits: [pre, post]
    level: {median: 6 nmol/L, sd_log: 0.5}
    correlation: {between_sessions: 0}
analyses:
  kw: {outcome: fear, visit: post, test: kruskal-wallis, then: {pairs: mann-whitney, against: control, adjust: holm}}
  anova: {outcome: fear, visit: post, test: anova, then: {pairs: t, adjust: bonferroni, gate: false}}
  many: {outcome: cortisol, visit: post, transform: log, test: anova,
    then: {pairs: t, against: music, adjust: dunnett, gate: false}}
  ancova: {outcome: cortisol, visit: post, transform: log, test: ancova, baseline: pre, covariates: [age, sex],
    then: {pairs: t, against: control, adjust: hochberg, gate: false}}
  pair: {outcome: cortisol, change: {from: pre, to: post}, test: t, contrast: massage - music}
  welch: {outcome: cortisol, change: {from: pre, to: post}, transform: percent, test: welch,
    contrast: music - control, alternative: less}
  log_change: {outcome: cortisol, change: {from: pre, to: post}, transform: log, test: t, contrast: music - control}
  fell: {outcome: cortisol, change: {from: pre, to: post}, test: t,
    contrast: music - control, subset: {percent_change: {below: -10 %}}}
  moved: {outcome: cortisol, change: {from: pre, to: post}, test: welch,
    contrast: music - control, subset: {percent_change: {beyond: 15.5 %}}}
  no_boys: {outcome: cortisol, visit: post, test: mann-whitney, contrast: massage - control, exclude: {sex: boy}}
  received: {outcome: cortisol, visit: post, test: t, contrast: massage - control}
  fisher: {outcome: fear, visit: post, test: fisher, dichotomize: {at_least: 3}, contrast: music - control}
  chi: {outcome: fear, visit: post, test: chi-square, dichotomize: {at_most: 1}}
primary: [kw, ancova]
"""

ONE_ARM = """
trialsim: 1
name: one-arm
title: One arm, before and after
design: {arms: {massage: m}, enroll: 20}
visits: {pre: 0 d, post: 1 d}
outcomes:
  cortisol:
    distribution: lognormal
    unit: nmol/L
    visits: [pre, post]
    level: {median: 6 nmol/L, sd_log: 0.5}
    correlation: {between_sessions: 0}
analyses:
  raw: {outcome: cortisol, change: {from: pre, to: post}, test: paired-t}
  logs: {outcome: cortisol, change: {from: pre, to: post}, transform: log, test: paired-t}
  ranks: {outcome: cortisol, change: {from: pre, to: post}, test: wilcoxon}
  level: {outcome: cortisol, visit: post, test: one-sample-t, null: 6 nmol/L, alternative: greater}
  fell: {outcome: cortisol, change: {from: pre, to: post}, test: paired-t, subset: {percent_change: {below: -10 %}}}
primary: raw
"""

REPLICATES = 12


class Pairs:
    """Places of outcomes and visits on the D axis, in file order."""

    def __init__(self, scenario: Scenario) -> None:
        self.pairs = [(name, visit) for name, outcome in scenario.outcomes.items() for visit in outcome.visits]

    def point_index(self, outcome: str, visit: str) -> int:
        return self.pairs.index((outcome, visit))

    def in_order(self, outcome: str) -> tuple[int, ...]:
        return tuple(d for d, (name, _) in enumerate(self.pairs) if name == outcome)


def planned(text: str) -> AnalysisPlan:
    scenario = loads(text)
    return plan_analyses(scenario, Pairs(scenario))


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return planned(TEXT)


def trials(seed: int = 1, *, ordinal: bool = True, arms: int = 3) -> TrialArrays:
    rng = np.random.default_rng(seed)
    shape = (2, REPLICATES, 36)
    values = rng.lognormal(1.8, 0.6, (*shape, 4 if ordinal else 2))
    if ordinal:
        values[..., :2] = rng.integers(0, 5, (*shape, 2))
    values[rng.random(values.shape) < 0.1] = np.nan
    arm = rng.integers(-1 if arms > 1 else 0, arms, shape[1:]).astype(np.int8)
    values[:, arm < 0] = np.nan
    covariates = np.stack([rng.uniform(12, 18, shape[1:]), rng.integers(0, 3, shape[1:])], axis=-1)
    received, completed = rng.random(shape[1:]) < 0.8, rng.random(shape[1:]) < 0.8
    nowhere = np.zeros(shape[1:], np.int64)
    return TrialArrays(
        values, arm, covariates, received, completed, nowhere, nowhere, {}, None, 1, range(100, 100 + REPLICATES)
    )


@pytest.fixture(scope="module")
def data() -> TrialArrays:
    return trials()


def run(plan: AnalysisPlan, data: TrialArrays) -> Estimates:
    return analyze(plan, data, twins=("declared", "null"), replicates=range(100, 100 + REPLICATES))


@pytest.fixture(scope="module")
def estimates(plan: AnalysisPlan, data: TrialArrays) -> Estimates:
    return run(plan, data)


def row_of(estimates: Estimates, analysis: str, contrast: str | None = None) -> int:
    return next(
        index
        for index, row in enumerate(estimates.rows)
        if row.analysis == analysis and contrast in (None, row.contrast)
    )


def each_trial() -> list[tuple[int, int]]:
    return [(t, r) for t in range(2) for r in range(REPLICATES)]


def observed(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


# ---------------------------------------------------------------- the plan


def test_every_row_names_contrast_estimand_and_unit(plan: AnalysisPlan) -> None:
    told = [(row.analysis, row.contrast, row.estimand, row.unit, row.main) for row in plan.rows]
    assert told == [
        ("kw", "all arms", "none", "", True),
        ("kw", "music - control", "P(X > Y) + ties/2", "", False),
        ("kw", "massage - control", "P(X > Y) + ties/2", "", False),
        ("anova", "all arms", "none", "", True),
        ("anova", "music - control", "mean difference", "", False),
        ("anova", "massage - control", "mean difference", "", False),
        ("anova", "massage - music", "mean difference", "", False),
        ("many", "all arms", "none", "", True),
        ("many", "control - music", "log ratio", "", False),
        ("many", "massage - music", "log ratio", "", False),
        ("ancova", "all arms", "none", "", True),
        ("ancova", "music - control", "log ratio", "", False),
        ("ancova", "massage - control", "log ratio", "", False),
        ("pair", "massage - music", "mean difference", "nmol/L", True),
        ("welch", "music - control", "difference in percent change", "%", True),
        ("log_change", "music - control", "log ratio", "", True),
        ("fell", "music - control", "none", "nmol/L", True),
        ("moved", "music - control", "none", "nmol/L", True),
        ("no_boys", "massage - control", "P(X > Y) + ties/2", "", True),
        ("received", "massage - control", "mean difference", "nmol/L", True),
        ("fisher", "music - control", "risk difference", "", True),
        ("chi", "all arms", "none", "", True),
    ]
    assert plan.primary == (0, 10)
    assert {row.no_effect for row in plan.rows if row.estimand.startswith("P(")} == {0.5}


def test_one_arm_rows() -> None:
    rows = planned(ONE_ARM).rows
    assert [(row.contrast, row.estimand) for row in rows] == [
        ("post - pre", "mean difference"),
        ("post - pre", "log ratio"),
        ("post - pre", "median difference"),
        ("post", "mean"),
        ("post - pre", "none"),
    ]
    assert rows[3].no_effect == 6.0
    assert math.isnan(rows[4].no_effect)


# ---------------------------------------------------------------- against scipy and statsmodels


def groups(data: TrialArrays, y: np.ndarray, r: int) -> list[np.ndarray]:
    return [observed(y[data.arm[r] == arm]) for arm in range(3)]


def change(values: np.ndarray) -> np.ndarray:
    return values[:, 3] - values[:, 2]


def percent(values: np.ndarray) -> np.ndarray:
    return 100 * (values[:, 3] - values[:, 2]) / values[:, 2]


def logs(values: np.ndarray) -> np.ndarray:
    return np.log(values[:, 3]) - np.log(values[:, 2])


def below(values: np.ndarray) -> np.ndarray:
    return np.where(percent(values) < -10, change(values), np.nan)


def beyond(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(percent(values)) > 15.5, change(values), np.nan)


SCIPY: dict[str, Callable[[list[np.ndarray]], tuple[float, float]]] = {
    "pair": lambda g: tuple(stats.ttest_ind(g[2], g[1])),
    "welch": lambda g: tuple(stats.ttest_ind(g[1], g[0], equal_var=False, alternative="less")),
    "log_change": lambda g: tuple(stats.ttest_ind(g[1], g[0])),
    "fell": lambda g: tuple(stats.ttest_ind(g[1], g[0])),
    "moved": lambda g: tuple(stats.ttest_ind(g[1], g[0], equal_var=False)),
    "kw": lambda g: tuple(stats.kruskal(*g)),
    "anova": lambda g: tuple(stats.f_oneway(*g)),
}
ENDPOINTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "pair": change,
    "welch": percent,
    "log_change": logs,
    "fell": below,
    "moved": beyond,
    "kw": lambda v: v[:, 1],
    "anova": lambda v: v[:, 1],
}


@pytest.mark.parametrize("name", list(SCIPY))
def test_main_tests_equal_scipy(name: str, data: TrialArrays, estimates: Estimates) -> None:
    row = row_of(estimates, name)
    compared = 0
    for t, r in each_trial():
        if estimates.status[t, r, row] != OK:
            continue
        sample = groups(data, ENDPOINTS[name](data.values[t, r]), r)
        statistic, p = SCIPY[name](sample)
        assert estimates.statistic[t, r, row] == pytest.approx(statistic, rel=1e-8)
        assert estimates.p[t, r, row] == pytest.approx(p, rel=1e-8)
        compared += 1
    assert compared > REPLICATES


def test_the_comparison_sees_a_planted_fault(data: TrialArrays, estimates: Estimates) -> None:
    """A subset by the wrong limit (12 % in place of 10 %) is not equal."""
    row = row_of(estimates, "fell")
    differ = 0
    for t, r in each_trial():
        values = data.values[t, r]
        sample = groups(data, np.where(percent(values) < -12, change(values), np.nan), r)
        if min(map(len, sample[:2])) > 1 and estimates.status[t, r, row] == OK:
            differ += estimates.p[t, r, row] != pytest.approx(stats.ttest_ind(sample[1], sample[0])[1], rel=1e-8)
    assert differ > 0


def test_exclusions_leave_a_category_out(data: TrialArrays, estimates: Estimates) -> None:
    row = row_of(estimates, "no_boys")
    for t, r in each_trial():
        y = np.where(data.covariates[r, :, 1] == 1, np.nan, data.values[t, r, :, 3])
        control, _, massage = groups(data, y, r)
        p = stats.mannwhitneyu(massage, control).pvalue
        assert estimates.p[t, r, row] == pytest.approx(p, rel=1e-8)
        assert estimates.n[t, r, row] == len(control) + len(massage)


@pytest.mark.parametrize("population", ["received", "completers"])
def test_populations(population: str, data: TrialArrays) -> None:
    whole = loads(TEXT)
    changed = whole.analyses["received"].model_copy(update={"population": population})
    fields = {name: getattr(whole, name) for name in Draft.model_fields}
    fields |= {"analyses": {"received": changed}, "primary": ("received",)}
    # by hand, as a study without a ward may not ask who received the treatment
    scenario = Scenario.made(Draft.model_construct(**fields), written=whole.written, program=None)
    estimates = run(plan_analyses(scenario, Pairs(scenario)), data)
    counted = data.received if population == "received" else data.completed
    for t, r in each_trial():
        control, _, massage = groups(data, np.where(counted[r], data.values[t, r, :, 3], np.nan), r)
        assert estimates.p[t, r, 0] == pytest.approx(stats.ttest_ind(massage, control)[1], rel=1e-8)


def test_holm_behind_its_gate(data: TrialArrays, estimates: Estimates) -> None:
    rows = [row_of(estimates, "kw", contrast) for contrast in ("music - control", "massage - control")]
    main = row_of(estimates, "kw")
    seen = set()
    for t, r in each_trial():
        control, music, massage = groups(data, data.values[t, r, :, 1], r)
        raw = [stats.mannwhitneyu(arm, control, method="asymptotic").pvalue for arm in (music, massage)]
        low, high = sorted(raw)
        adjusted = {low: min(1.0, 2 * low), high: min(1.0, max(2 * low, high))}
        is_open = estimates.p[t, r, main] <= 0.05
        seen.add(bool(is_open))
        for row, p in zip(rows, raw, strict=True):
            assert estimates.p_raw[t, r, row] == pytest.approx(p, rel=1e-8)
            if is_open:
                assert estimates.p[t, r, row] == pytest.approx(adjusted[p], rel=1e-8)
            else:
                assert np.isnan(estimates.p[t, r, row])
                assert estimates.status[t, r, row] == NOT_TESTED
                assert estimates.rejected[t, r, row] == 0.0
    assert seen == {True, False}


def test_ancova_with_baseline_and_covariates_equals_statsmodels(data: TrialArrays, estimates: Estimates) -> None:
    main, pair = row_of(estimates, "ancova"), row_of(estimates, "ancova", "massage - control")
    for t, r in each_trial()[:6]:
        present = data.arm[r] >= 0
        frame = pd.DataFrame(
            {
                "y": np.log(data.values[t, r, present, 3]),
                "x": np.log(data.values[t, r, present, 2]),
                "age": data.covariates[r, present, 0],
                "sex": data.covariates[r, present, 1],
                "arm": data.arm[r, present].astype(int),
            }
        )
        fit = smf.ols("y ~ C(arm) + x + age + C(sex)", frame, missing="drop").fit()
        assert estimates.estimate[t, r, pair] == pytest.approx(fit.params["C(arm)[T.2]"], rel=1e-8)
        assert estimates.se[t, r, pair] == pytest.approx(fit.bse["C(arm)[T.2]"], rel=1e-8)
        assert estimates.p_raw[t, r, pair] == pytest.approx(fit.pvalues["C(arm)[T.2]"], rel=1e-7)
        reduced = smf.ols("y ~ x + age + C(sex)", frame, missing="drop").fit()
        assert estimates.p[t, r, main] == pytest.approx(fit.compare_f_test(reduced)[1], rel=1e-7)


def test_dunnett_equals_scipy(data: TrialArrays, estimates: Estimates) -> None:
    """scipy integrates by quasi Monte Carlo to about 1e-4."""
    rows = [row_of(estimates, "many", contrast) for contrast in ("control - music", "massage - music")]
    for t, r in each_trial()[:4]:
        control, music, massage = groups(data, np.log(data.values[t, r, :, 3]), r)
        known = stats.dunnett(control, massage, control=music, random_state=np.random.default_rng(1))
        np.testing.assert_allclose(estimates.p[t, r, rows], known.pvalue, atol=2e-3)
        np.testing.assert_allclose(estimates.statistic[t, r, rows], known.statistic, rtol=1e-8)


def test_dichotomies(data: TrialArrays, estimates: Estimates) -> None:
    fisher, chi = row_of(estimates, "fisher"), row_of(estimates, "chi")
    for t, r in each_trial():
        samples = groups(data, data.values[t, r, :, 1], r)
        table = [[(arm >= 3).sum(), (arm < 3).sum()] for arm in (samples[1], samples[0])]
        assert estimates.p[t, r, fisher] == pytest.approx(stats.fisher_exact(table)[1], rel=1e-8)
        share = [row[0] / sum(row) for row in table]
        assert estimates.estimate[t, r, fisher] == pytest.approx(share[0] - share[1], abs=1e-12)
        wide = [[(arm <= 1).sum(), (arm > 1).sum()] for arm in samples]
        assert estimates.p[t, r, chi] == pytest.approx(stats.chi2_contingency(wide)[1], rel=1e-8)


def test_one_sample_tests_equal_scipy() -> None:
    plan, data = planned(ONE_ARM), trials(ordinal=False, arms=1)
    estimates = run(plan, data)
    for t, r in each_trial():
        pre, post = data.values[t, r].T
        both = np.isfinite(pre) & np.isfinite(post)
        pre, post, end = pre[both], post[both], observed(post)
        fell = (post - pre) / pre < -0.10
        known = [
            stats.ttest_rel(post, pre).pvalue,
            stats.ttest_rel(np.log(post), np.log(pre)).pvalue,
            stats.wilcoxon(post, pre).pvalue,
            stats.ttest_1samp(end, 6.0, alternative="greater").pvalue,
            stats.ttest_rel(post[fell], pre[fell]).pvalue,
        ]
        np.testing.assert_allclose(estimates.p[t, r], known, rtol=1e-8)
        assert estimates.estimate[t, r, 0] == pytest.approx(np.mean(post - pre), rel=1e-8)


# ---------------------------------------------------------------- batches


def test_a_batch_equals_its_replicates_alone(plan: AnalysisPlan, data: TrialArrays, estimates: Estimates) -> None:
    for r in (0, 5, REPLICATES - 1):
        one = slice(r, r + 1)
        alone = analyze(
            plan,
            replace(
                data,
                values=data.values[:, one],
                arm=data.arm[one],
                covariates=data.covariates[one],
                received=data.received[one],
                completed=data.completed[one],
                site=data.site[one],
                stratum=data.stratum[one],
                replicates=range(100 + r, 101 + r),
            ),
            twins=("declared", "null"),
            replicates=range(r, r + 1),
        )
        for name in (*NUMBERS, "n", "status"):
            batch = np.ascontiguousarray(getattr(estimates, name)[:, one])
            assert batch.tobytes() == np.ascontiguousarray(getattr(alone, name)).tobytes(), name


def test_an_empty_arm_is_a_status_and_its_pairs_fail_with_it(plan: AnalysisPlan, data: TrialArrays) -> None:
    arm = data.arm.copy()
    arm[3][arm[3] == 1] = 2
    estimates = run(plan, replace(data, arm=arm))
    kw = row_of(estimates, "kw")
    assert (estimates.status[:, 3, kw : kw + 3] == EMPTY_ARM).all()
    assert np.isnan(estimates.rejected[:, 3, kw : kw + 3]).all()
    assert np.isfinite(estimates.rejected[:, 4, kw : kw + 3]).all()


def test_endpoints_are_extracted_once(plan: AnalysisPlan, data: TrialArrays, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    extract = endpoints.endpoint_values

    def counted(values: np.ndarray, endpoint: endpoints.Endpoint, **given: object) -> np.ndarray:
        made.append(endpoint)
        return extract(values, endpoint, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(endpoints, "endpoint_values", counted)
    run(plan, data)
    assert len(made) == len(set(made))
    assert len(made) < len(plan.calls)


def test_the_frame_of_one_replicate(estimates: Estimates) -> None:
    frame = estimates.frame(103)
    assert len(frame) == 2 * len(estimates.rows)
    row = frame[(frame["twin"] == "null") & (frame["analysis"] == "pair")].iloc[0]
    assert row["estimate"] == estimates.estimate[1, 3, row_of(estimates, "pair")]
    assert {"conf_low", "conf_high", "p", "p_raw", "n", "status", "estimand", "unit"} <= set(frame.columns)
