"""Closed forms against published powers, statsmodels, brute force and the simulation itself."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import power as judge

from trialsim import study
from trialsim.analysis import formulas
from trialsim.analysis.methods.case import superiority
from trialsim.response.scales.categorical import joint_shares
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.sizing.closed_form import SecondOpinion, second_opinion


def shipped(name: str) -> Path:
    return shipped_scenarios()[name].path


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("d", "na", "nb", "published"),
    [
        (0.5, 30, 30, 0.4778965),
        (0.5, 28, 35, 0.4924588),
        (2.2 / 6.4, 50, 50, 0.3983064),
        (0.4 / 6.4, 50, 50, 0.06104044),
    ],
)
def test_two_sample_t(d: float, na: int, nb: int, published: float) -> None:
    found = formulas.t_power(d * math.sqrt(na * nb / (na + nb)), na + nb - 2, alpha=0.05)
    assert found == pytest.approx(published, abs=5e-8)
    assert found == pytest.approx(judge.TTestIndPower().power(d, na, 0.05, ratio=nb / na), rel=1e-8)


@pytest.mark.parametrize(
    ("alternative", "told"), [("greater", "larger"), ("less", "smaller"), ("two-sided", "two-sided")]
)
@pytest.mark.parametrize("d", [-0.4, 0.0, 0.32, 1.0])
def test_paired_t(d: float, alternative: str, told: str) -> None:
    found = formulas.t_power(d * math.sqrt(24), 23, alpha=0.05, alternative=alternative)  # type: ignore[arg-type]
    assert found == pytest.approx(judge.TTestPower().power(d, 24, 0.05, alternative=told), abs=1e-8)
    if (d, alternative) == (0.32, "greater"):
        assert found == pytest.approx(0.4508691, abs=5e-8)


@pytest.mark.parametrize(("f", "total", "arms"), [(0.0996126, 975, 3), (0.10, 99, 3), (0.25, 99, 3), (0.40, 99, 3)])
def test_anova(f: float, total: int, arms: int) -> None:
    found = formulas.f_power(f**2 * total, arms - 1, total - arms, alpha=0.05)
    assert found == pytest.approx(judge.FTestAnovaPower().power(f, total, 0.05, k_groups=arms), rel=1e-6)
    published = {0.0996126: 0.8004415, 0.10: 0.129, 0.25: 0.584, 0.40: 0.949}[f]
    assert found == pytest.approx(published, abs=5e-4 if f != 0.0996126 else 1e-6)


@pytest.mark.parametrize(("n", "rho", "published"), [(21, 0.1, 0.8117), (16, 0.5, 0.8044), (6, 0.9, 0.8768)])
def test_ancova_of_three_arms(n: int, rho: float, published: float) -> None:
    """Means 400, 450, 500, SD 100, exact over the random covariate."""
    between = n * 2 * 50**2 / (100**2 * (1 - rho**2))
    found = formulas.ancova_f_power(between, 3 * n, arms=3, covariates=1, alpha=0.05)
    assert found == pytest.approx(published, abs=6e-5)  # half of the last digit, and a little for the integral


@pytest.mark.parametrize(("n", "published"), [(41, 0.7932), (42, 0.8031), (55, 0.8984), (56, 0.9037)])
def test_ancova_of_two_arms(n: int, published: float) -> None:
    found = formulas.ancova_t_power(0.2 / 0.32 * math.sqrt(n / 2), 2 * n, arms=2, covariates=1, alpha=0.05)
    assert found == pytest.approx(published, abs=6e-5)
    as_f = formulas.ancova_f_power((0.2 / 0.32) ** 2 * n / 2, 2 * n, arms=2, covariates=1, alpha=0.05)
    assert as_f == pytest.approx(found, abs=1e-6)


def test_without_covariates_two_margins_of_ancova_are_those_of_the_t_test() -> None:
    plain = formulas.equivalence_t_power(-3.0, 2.5, 58, alpha=0.05)
    found = formulas.ancova_equivalence_power(-3.0, 2.5, 60, arms=2, covariates=0, alpha=0.05)
    assert found == pytest.approx(plain, rel=1e-12)
    fewer = formulas.ancova_equivalence_power(-3.0, 2.5, 60, arms=2, covariates=2, alpha=0.05)
    assert 0.5 < fewer < plain


def test_without_covariates_ancova_is_the_t_test() -> None:
    plain = formulas.t_power(2.0, 38, alpha=0.05)
    assert formulas.ancova_t_power(2.0, 40, arms=2, covariates=0, alpha=0.05) == pytest.approx(plain, rel=1e-12)


def test_rank_formulas() -> None:
    """Noether: N 114.74467 for 80 %; Whitehead: N 186.98 for 90 %; Kruskal-Wallis of two arms is Noether's test."""
    half = 114.74467 / 2
    assert formulas.noether_power(0.349, half, half, alpha=0.05, alternative="less") == pytest.approx(
        stats.norm.cdf(math.sqrt(12 * 114.74467 / 4) * 0.151 - 1.6449), abs=1e-4
    )
    assert formulas.noether_power(0.349, half, half, alpha=0.05) == pytest.approx(0.80, abs=1e-5)
    mean = np.array([0.289, 0.486, 0.153, 0.072])
    assert formulas.whitehead_power(0.887, mean, 93.5, 93.5, alpha=0.05) == pytest.approx(0.897, abs=1e-3)
    relative = np.array([0.5 + 0.151 / 2, 0.5 - 0.151 / 2])
    h = formulas.kruskal_noncentrality(relative, np.array([500.0, 500.0]), None)
    assert h == pytest.approx(12 * 1000 / 4 * 0.151**2, rel=2e-3)  # N and N + 1


def test_signed_rank_against_its_published_size() -> None:
    """Noether 1987, section 2: p' = .8 (of pairs), alpha .05 one-sided, power 90 %: N = (1.645 + 1.282)^2 / (3 x .09)."""
    n = (1.6448536 + 1.2815516) ** 2 / (3 * 0.3**2)
    assert formulas.signed_rank_power(0.8, n, alpha=0.05, alternative="greater") == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize(("pa", "pb", "na", "nb"), [(0.6, 0.2, 12, 9), (0.1, 0.1, 8, 8), (0.9, 0.3, 10, 15)])
def test_fisher_by_brute_force(pa: float, pb: float, na: int, nb: int, alternative: str) -> None:
    expected = 0.0
    for x, y in product(range(na + 1), range(nb + 1)):
        p = stats.fisher_exact([[x, na - x], [y, nb - y]], alternative=alternative).pvalue
        expected += (p <= 0.05) * stats.binom.pmf(x, na, pa) * stats.binom.pmf(y, nb, pb)
    found = formulas.fisher_power(pa, pb, na, nb, alpha=0.05, alternative=alternative)  # type: ignore[arg-type]
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize(("share", "n", "null"), [(0.7, 17, 0.5), (0.1, 30, 0.25), (0.5, 9, 0.5)])
def test_binomial_by_brute_force(share: float, n: int, null: float, alternative: str) -> None:
    expected = sum(
        stats.binom.pmf(k, n, share) for k in range(n + 1) if stats.binomtest(k, n, null, alternative).pvalue <= 0.05
    )
    found = formulas.binomial_power(share, n, null=null, alpha=0.05, alternative=alternative)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("gained", "lost", "n"), [(0.3, 0.1, 12), (0.5, 0.2, 20), (0.0, 0.0, 5)])
def test_mcnemar_by_brute_force(gained: float, lost: float, n: int) -> None:
    expected = 0.0
    for up, down in product(range(n + 1), repeat=2):
        if up + down <= n:
            p = stats.binomtest(up, up + down).pvalue if up + down else 1.0
            shares = (gained, lost, 1 - gained - lost)
            expected += (p <= 0.05) * stats.multinomial.pmf((up, down, n - up - down), n, shares)
    assert formulas.mcnemar_power(gained, lost, n, alpha=0.05) == pytest.approx(expected, abs=1e-12)


def test_every_table_by_brute_force() -> None:
    """The power of Pearson's test without correction; tables in which nothing varies have no p there and do not count."""
    pa, pb, na, nb = 0.6, 0.15, 11, 8
    expected, total = 0.0, 0.0
    for x, y in product(range(na + 1), range(nb + 1)):
        if 0 < x + y < na + nb:
            chance = stats.binom.pmf(x, na, pa) * stats.binom.pmf(y, nb, pb)
            p = stats.chi2_contingency([[x, na - x], [y, nb - y]], correction=False).pvalue
            expected, total = expected + (p <= 0.05) * chance, total + chance

    def p_of(events: np.ndarray, n: np.ndarray) -> np.ndarray:
        share, pooled = events / n, events.sum(axis=1) / n.sum(axis=1)
        with np.errstate(all="ignore"):
            z = (share[:, 0] - share[:, 1]) / np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=1))
        return np.asarray(2 * stats.norm.sf(np.abs(z)))

    assert formulas.tables_power(pa, pb, na, nb, p_of, alpha=0.05) == pytest.approx(expected / total, abs=1e-12)


def test_chi_square_against_statsmodels() -> None:
    shares = np.array([[0.7, 0.3], [0.5, 0.5]])
    noncentrality, df = formulas.table_noncentrality(shares, np.array([60.0, 40.0]))
    found = formulas.chi_square_power(noncentrality, df, alpha=0.05)
    effect = math.sqrt(noncentrality / 100)
    assert found == pytest.approx(judge.GofChisquarePower().power(effect, 100, 0.05, n_bins=2), rel=1e-9)


@pytest.mark.parametrize(("pa", "pb", "na", "nb"), [(0.6, 0.4, 60, 60), (0.3, 0.1, 40, 80)])
def test_chi_square_with_correction_by_brute_force(pa: float, pb: float, na: int, nb: int) -> None:
    """An approximation: within .02 of the exact sum over all tables; without the correction it is .05 off."""
    exact = 0.0
    for x, y in product(range(na + 1), range(nb + 1)):
        weight = float(stats.binom.pmf(x, na, pa) * stats.binom.pmf(y, nb, pb))
        if weight > 1e-9 and 0 < x + y < na + nb:
            exact += weight * (stats.chi2_contingency([[x, na - x], [y, nb - y]]).pvalue <= 0.05)
    found = formulas.corrected_power(pa, pb, na, nb, alpha=0.05)
    assert found == pytest.approx(exact, abs=0.02)
    plain, df = formulas.table_noncentrality(np.array([[1 - pa, pa], [1 - pb, pb]]), np.array([na, nb], dtype=float))
    assert abs(formulas.chi_square_power(plain, df, alpha=0.05) - exact) > 0.04


@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_without_an_effect_every_power_is_alpha(alpha: float) -> None:
    shares = np.array([0.2, 0.5, 0.3])
    found = [
        formulas.t_power(0.0, 20, alpha=alpha),
        formulas.t_power(0.0, 20, alpha=alpha, alternative="less"),
        formulas.f_power(0.0, 2, 20, alpha=alpha),
        formulas.ancova_f_power(0.0, 20, arms=2, covariates=2, alpha=alpha),
        formulas.noether_power(0.5, 10, 10, alpha=alpha),
        formulas.tied_rank_power(0.5, shares, 10, 10, alpha=alpha),
        formulas.whitehead_power(0.0, shares, 10, 10, alpha=alpha),
        formulas.signed_rank_power(0.5, 10, alpha=alpha),
        formulas.chi_square_power(0.0, 2, alpha=alpha),
    ]
    assert found == pytest.approx([alpha] * len(found), rel=1e-7)


# ---------------------------------------------------------------- opinions on scenarios


def opinion(text: str, contrast: str | None = None, *, n: int | None = None) -> SecondOpinion:
    prepared = study.prepare(loads(text))
    row = next(row for row in prepared.analysis.rows if contrast in (None, row.contrast))
    found = second_opinion(prepared, row, n)
    assert found is not None
    return found


TWO_ARMS = """
trialsim: 1
name: two
title: Two arms
design: {{arms: {{a: reference, b: treated}}, enroll: {{each arm: {n}}}{more}}}
visits: {{pre: 0 d, post: 1 d}}
outcomes:
  y: {outcome}
analyses:
  main: {analysis}
primary: main
"""
SHIFTED = (
    "{distribution: normal, visits: [pre, post], level: {mean: 0, sd: 1}, effects: {b: {difference: 0.5, visits: [post]}}, "
    "correlation: {between_sessions: 0}}"
)


def two_arms(analysis: str, *, outcome: str = SHIFTED, n: int = 30, more: str = "") -> str:
    return TWO_ARMS.format(n=n, more=more, outcome=outcome, analysis=analysis)


def test_the_t_test_of_the_textbook() -> None:
    found = opinion(two_arms("{outcome: y, visit: post, test: t}"))
    assert found.power == pytest.approx(0.4778965, abs=5e-8)
    assert found.reasons == ()
    assert found.n == (30.0, 30.0)


def test_another_size_and_another_ratio() -> None:
    text = two_arms("{outcome: y, visit: post, test: t}").replace(
        "enroll: {each arm: 30}", "allocation: {ratio: '4:5'}, enroll: 9"
    )
    found = opinion(text, n=63)
    assert found.power == pytest.approx(0.4924588, abs=5e-8)
    assert found.n == pytest.approx((28.0, 35.0))


@pytest.mark.parametrize(
    ("analysis", "least"),
    [
        ("{outcome: y, visit: post, test: t, contrast: a - b, alternative: less}", 0.6),
        ("{outcome: y, visit: post, test: t, contrast: b - a, alternative: greater}", 0.6),
    ],
)
def test_one_sided_tests_know_their_direction(analysis: str, least: float) -> None:
    assert opinion(two_arms(analysis)).power == pytest.approx(least, abs=0.02)
    other = analysis.replace("less", "greater") if "less" in analysis else analysis.replace("greater", "less")
    assert opinion(two_arms(other)).power < 0.001


def test_change_scores_take_the_correlation_in() -> None:
    correlated = SHIFTED.replace("between_sessions: 0}", "between_sessions: 0.75}")
    assert correlated != SHIFTED
    found = opinion(two_arms("{outcome: y, change: {from: pre, to: post}, test: t}", outcome=correlated))
    sd = math.sqrt(2 * (1 - 0.75))
    assert found.power == pytest.approx(judge.TTestIndPower().power(0.5 / sd, 30, 0.05), rel=1e-8)


LOGNORMAL = (
    "{distribution: lognormal, unit: nmol/L, visits: [pre, post], level: {median: 5 nmol/L, sd_log: 0.7}, "
    "effects: {b: {ratio: 1.5, visits: [post]}}}"
)


def test_log_and_raw_scale_of_a_skewed_outcome() -> None:
    log = opinion(two_arms("{outcome: y, visit: post, transform: log, test: t}", outcome=LOGNORMAL))
    assert log.power == pytest.approx(judge.TTestIndPower().power(math.log(1.5) / 0.7, 30, 0.05), rel=1e-8)
    assert not any("skewed" in reason for reason in log.reasons)
    raw = opinion(two_arms("{outcome: y, visit: post, test: t}", outcome=LOGNORMAL))
    assert raw.power < log.power
    assert any("skewed" in reason for reason in raw.reasons)
    ranks = opinion(two_arms("{outcome: y, visit: post, test: mann-whitney}", outcome=LOGNORMAL))
    chance = stats.norm.cdf(math.log(1.5) / 0.7 / math.sqrt(2))
    assert ranks.power == pytest.approx(formulas.noether_power(chance, 30, 30, alpha=0.05), rel=1e-9)


def test_joint_shares_are_what_a_large_sample_shows() -> None:
    """200,000 participants; one of 25 cells is off by more than 5 standard errors once in 70,000 such tests."""
    prepared = study.prepare(load(shipped("picu-blood-draw")))
    plan = prepared.response
    first, second = (plan.points[plan.point_index("fear", visit)].cuts[0] for visit in ("before", "during"))
    joint = joint_shares(first, second, 0.6)
    rng = np.random.default_rng(5)
    z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=200_000)
    scores = []
    for column, visit in enumerate(("before", "during")):
        cuts = plan.points[plan.point_index("fear", visit)].cuts[0]
        scores.append(np.searchsorted(1 / (1 + np.exp(-cuts)), stats.norm.cdf(z[:, column])))
    seen = np.histogram2d(*scores, bins=[np.arange(6) - 0.5] * 2)[0] / 200_000
    assert (np.abs(seen - joint) <= 5 * np.sqrt(joint / 200_000)).all()
    assert joint.sum() == pytest.approx(1.0, abs=1e-6)


def test_superiority_counts_ties_half() -> None:
    prepared = study.prepare(load(shipped("picu-blood-draw")))
    found = second_opinion(prepared, prepared.analysis.rows[1])
    assert found is not None
    p, q = (np.diff([0, *(1 / (1 + np.exp(-prepared.response.points[2].cuts[k]))), 1]) for k in (1, 0))
    by_hand = sum(p[i] * q[j] * (1.0 if i > j else 0.5 if i == j else 0.0) for i in range(5) for j in range(5))
    assert f"{by_hand:.3f}" in found.formula


#: Scenarios where the formula knows everything that matters, and how far it may be off by its own approximation.
NEAR = [
    ("{outcome: y, visit: post, test: t}", 30, 0.0),
    ("{outcome: y, visit: post, test: welch}", 30, 0.001),
    ("{outcome: y, visit: post, baseline: pre, test: ancova, contrast: b - a}", 30, 0.001),
    ("{outcome: y, visit: post, test: mann-whitney}", 10, 0.03),
    ("{outcome: y, visit: post, test: mann-whitney}", 60, 0.03),
    ("{outcome: y, visit: post, test: anova}", 30, 0.0),
    ("{outcome: y, visit: post, test: kruskal-wallis}", 10, 0.03),
    ("{outcome: y, visit: post, test: kruskal-wallis}", 60, 0.03),
    ("{outcome: y, visit: post, dichotomize: {at_least: 0.25}, test: fisher}", 40, 0.0),
    ("{outcome: y, visit: post, dichotomize: {at_most: 0.25}, test: chi-square}", 60, 0.01),
]


@pytest.mark.parametrize(("analysis", "n", "off"), NEAR)
def test_the_simulation_agrees_where_nothing_sets_them_apart(analysis: str, n: int, off: float) -> None:
    """4,000 trials: a true formula falls outside 4 Monte Carlo errors once in 16,000 tests."""
    text = two_arms(analysis, n=n)
    found = opinion(text)
    simulated = study.evaluate(loads(text), replicates=4000, seed=3).value("power", analysis="main")
    assert abs(simulated.value - found.power) <= 4 * math.sqrt(found.power * (1 - found.power) / 4000) + off


def test_a_planted_fault_is_seen() -> None:
    """The t-test's formula with the variance of one arm forgotten is far outside."""
    wrong = formulas.t_power(0.5 * math.sqrt(30), 58, alpha=0.05)
    simulated = study.evaluate(loads(two_arms("{outcome: y, visit: post, test: t}")), replicates=4000, seed=3)
    assert (
        abs(simulated.value("power", analysis="main").value - wrong) > 4 * math.sqrt(wrong * (1 - wrong) / 4000) + 0.02
    )


def test_massage_acts_through_clearance() -> None:
    """The NICU study declares no difference between levels: the effect is what secretion and clearance are expected to do."""
    prepared = study.prepare(load(shipped("nicu-parent-massage")))
    found = second_opinion(prepared, prepared.analysis.rows[0])
    assert found is not None
    fall = math.log(0.4 + 0.6 * 2 ** (-12 / 65))  # 15 min of massage seen 3 min late, half-life 65 min
    sd = math.sqrt(2 * 0.7**2 * 0.15 + 0.7 * 0.3 * fall**2)
    shift = 0.7 * fall - 0.132 * 15 / 60  # and the clock moves on by 15 min
    assert found.power == pytest.approx(judge.TTestPower().power(shift / sd, 22, 0.05), abs=0.01)
    assert any("respond to massage" in reason for reason in found.reasons)


def test_reasons_say_what_the_study_has() -> None:
    prepared = study.prepare(load(shipped("picu-blood-draw")))
    found = second_opinion(prepared, prepared.analysis.rows[1])
    assert found is not None
    text = "; ".join(found.reasons)
    for word in (
        "rejects first",
        "Holm",
        "time limit",
        "missed",
        "full delivery",
        "transfer",
        "failed attempts",
        "age",
        "tied",
    ):
        assert word in text


def test_no_opinion_on_responders_chosen_by_their_outcome() -> None:
    prepared = study.prepare(load(shipped("nicu-parent-massage")))
    row = next(row for row in prepared.analysis.rows if row.analysis == "those_who_fell")
    assert second_opinion(prepared, row) is None


@pytest.mark.parametrize(
    "name",
    [
        "picu-blood-draw",
        "nicu-parent-massage",
        "textbook-ancova",
        "many-arms",
        "detection-limit",
        "massage-course",
        "cold-spray",
        "busy-ward",
    ],
)
def test_every_row_of_a_shipped_scenario_has_an_opinion_or_none(name: str) -> None:
    prepared = study.prepare(load(shipped(name)))
    for row in prepared.analysis.rows:
        found = second_opinion(prepared, row)
        if found is not None:
            assert 0.0 <= found.power <= 1.0
            assert found.formula
            assert found.source
            larger = second_opinion(prepared, row, 2 * prepared.conduct.target)
            assert larger is not None


def test_superiority_is_one_minus_the_other_way_round() -> None:
    from trialsim.sizing.expected import endpoint_distributions

    prepared = study.prepare(load(shipped("picu-blood-draw")))
    for call in prepared.analysis.calls:
        found = endpoint_distributions(prepared.response, call.endpoint)
        assert found is not None
        assert superiority(found[0], found[1]) + superiority(found[1], found[0]) == pytest.approx(1.0, abs=1e-12)
