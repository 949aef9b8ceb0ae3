"""The analyses against R: numbers printed by tests/reference/r/analysis.R, kept in analysis.json with R's versions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trialsim.analysis import ordering
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.methods import categorical, linear, means, ranks
from trialsim.analysis.methods.dunnett import dunnett
from trialsim.analysis.methods.wilcoxon import wilcoxon
from trialsim.analysis.moments import moments
from trialsim.analysis.multiplicity import adjust
from trialsim.analysis.tables import counts

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "analysis.json").read_text(encoding="utf-8"))
RTOL = 1e-8


def row(name):
    return np.array([R["data"][name]], dtype=float)


ARM = row("arm").astype(np.int8)
M = moments(row("y"), ARM, arms=3)
SCORE = counts(row("score"), ARM, arms=3, categories=range(5))
EVENT = counts(row("event"), ARM, arms=3, categories=(0, 1))


def agrees(ours, theirs, rtol=RTOL):
    assert np.size(theirs) > 0
    np.testing.assert_allclose(np.ravel(np.array(ours, float)), np.ravel(np.array(theirs, float)), rtol=rtol)


def test_the_fixture_names_its_versions():
    assert R["versions"]["R"].startswith("R version")
    assert {"multcomp", "mvtnorm", "emmeans"} <= set(R["versions"])


def test_oneway_tests():
    for ours, theirs in ((means.welch_anova(M), R["oneway_welch"]), (means.anova(M), R["oneway_equal"])):
        agrees(
            [ours.statistic[0], 2.0, ours.df[0], ours.p[0]], [theirs["statistic"], *theirs["parameter"], theirs["p"]]
        )


def test_pairwise_t_and_its_adjustments():
    pairs = [means.anova_pair(M, a=a, b=b).p[0] for a, b in ((1, 0), (2, 0), (2, 1))]
    for name, p in (
        ("pairwise_t", pairs),
        ("pairwise_holm", adjust(np.array([pairs]), "holm")[0]),
        ("pairwise_hochberg", adjust(np.array([pairs]), "hochberg")[0]),
    ):
        (one_zero, _), (two_zero, two_one) = R[name]
        agrees(p, [one_zero, two_zero, two_one])


def test_t_tests():
    for ours, name in (
        (means.welch_t(M, a=1, b=0), "welch_1_0"),
        (means.one_sample_t(moments(row("change")), null=0.1), "one_sample"),
    ):
        theirs = R[name]
        agrees([ours.statistic[0], ours.df[0], ours.p[0]], [theirs["statistic"], theirs["parameter"], theirs["p"]])
        agrees([ours.low[0], ours.high[0]], theirs["conf"])
    less, theirs = means.two_sample_t(M, a=1, b=0, alternative="less"), R["student_1_0_less"]
    agrees([less.p[0], less.high[0]], [theirs["p"], theirs["conf"][1]])


@pytest.mark.parametrize(
    ("name", "side"), [("signed_rank_exact", "two-sided"), ("signed_rank_exact_greater", "greater")]
)
def test_signed_rank_with_its_interval(name, side):
    ours, theirs = wilcoxon(row("change"), alternative=side), R[name]
    agrees([ours.statistic[0], ours.p[0], ours.estimate[0]], [theirs["statistic"], theirs["p"], theirs["estimate"]])
    agrees(ours.low[0], theirs["conf"][0])
    if side == "two-sided":
        agrees(ours.high[0], theirs["conf"][1])


def test_rank_tests_with_ties():
    signed, theirs = wilcoxon(row("whole")), R["signed_rank_ties"]
    agrees([signed.statistic[0], signed.p[0]], [theirs["statistic"], theirs["p"]])
    summed, theirs = ranks.mann_whitney(SCORE, a=1, b=0), R["rank_sum_ties"]
    agrees([summed.statistic[0], summed.p[0]], [theirs["statistic"], theirs["p"]])
    for ours, name in (
        (ranks.kruskal(SCORE), "kruskal_score"),
        (ranks.kruskal(ordering.order(row("y"), ARM, arms=3)), "kruskal_y"),
    ):
        agrees([ours.statistic[0], ours.df[0], ours.p[0]], [R[name]["statistic"], R[name]["parameter"], R[name]["p"]])


def test_exact_rank_sum():
    y, arm = row("y"), np.full_like(ARM, -1)
    arm[0, 3:17], arm[0, 39:45] = 0, 1
    ours, theirs = ranks.mann_whitney(ordering.order(y, arm, arms=2), a=1, b=0), R["rank_sum_exact"]
    agrees([ours.statistic[0], ours.p[0]], [theirs["statistic"], theirs["p"]])


@pytest.mark.parametrize(("name", "columns"), [("ancova_one", ("base",)), ("ancova_two", ("base", "age"))])
def test_ancova_contrasts_and_omnibus(name, columns):
    x = np.stack([row(column) for column in columns], axis=2)
    m = cross_moments(row("y"), x, ARM, arms=3)
    for index, arm in enumerate((1, 2)):
        ours, theirs = linear.ancova(m, a=arm, b=0), R[name]
        agrees(
            [ours.estimate[0], ours.se[0], ours.df[0], ours.statistic[0], ours.p[0], ours.low[0], ours.high[0]],
            [
                theirs[key] if key == "df" and np.ndim(theirs[key]) == 0 else theirs[key][index]
                for key in ("estimate", "se", "df", "t", "p", "low", "high")
            ],
        )
    omnibus, theirs = linear.ancova_omnibus(m), R[f"{name}_F"]
    agrees([omnibus.statistic[0], omnibus.df[0], omnibus.p[0]], [theirs["F"], theirs["df"], theirs["p"]])


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("dunnett_blood", "two-sided"),
        ("dunnett_four", "two-sided"),
        ("dunnett_four_greater", "greater"),
        ("dunnett_four_less", "less"),
    ],
)
def test_dunnett_of_multcomp(name, side):
    """multcomp integrates at random: its p is good to about 1e-7, its t to all digits."""
    theirs = R[name]
    arms = len(theirs["n"])
    m = moments(np.array([theirs["values"]]), np.array([theirs["group"]], np.int8), arms=arms)
    pairs = [means.anova_pair(m, a=k, b=0) for k in range(1, arms)]
    t = np.stack([pair.statistic for pair in pairs], axis=1)
    agrees(t, theirs["t"])
    assert m.n[0].tolist() == theirs["n"]
    np.testing.assert_allclose(dunnett(t, pairs[0].df, m.n, alternative=side)[0], theirs["p"], atol=2e-6)


def test_counts():
    ours, theirs = categorical.chi_square(EVENT, arms=(1, 0)), R["chi_square_1_0"]
    agrees([ours.statistic[0], ours.df[0], ours.p[0]], [theirs["statistic"], theirs["parameter"], theirs["p"]])
    share = R["newcombe_1_0"]
    agrees(ours.estimate[0], share[0] - share[1])
    ours, theirs = categorical.chi_square(SCORE), R["chi_square_score"]
    agrees([ours.statistic[0], ours.df[0], ours.p[0]], [theirs["statistic"], theirs["parameter"], theirs["p"]])
    agrees([categorical.fisher(EVENT, a=a, b=0).p[0] for a in (1, 2)], [R["fisher_1_0"], R["fisher_2_0"]])


def test_the_comparison_sees_another_data_set():
    """Planted fault: one value moved by a thousandth."""
    y = row("y")
    y[0, 10] += 0.001
    with pytest.raises(AssertionError):
        agrees(means.anova(moments(y, ARM, arms=3)).p[0], R["oneway_equal"]["p"])
