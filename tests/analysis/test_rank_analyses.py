"""Rank tests, permutation and pairs for all pairs together, from a scenario: what the file says reaches the test."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.methods.sign import sign_power
from trialsim.kinds.tests.options import BY_PERMUTATION, BY_T
from trialsim.report.words import analysis as in_words
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.scenario.dump import dump

LESSONS = Path(__file__).parents[2] / "scenarios" / "lessons"
SHOWN = ("estimate", "statistic", "p", "low", "high")


@cache
def prepared(name: str) -> studies.Study:
    return studies.prepare(load(LESSONS / f"{name}.yaml"))


def row_of(study: studies.Study, analysis: str) -> int:
    return next(i for i, row in enumerate(study.analysis.rows) if row.analysis == analysis)


def test_no_number_depends_on_the_chunk_nor_on_the_other_twin() -> None:
    """Permutations are addressed by replicate: 30 replicates at once, and the last 7 of them alone."""
    study = prepared("small-arms")
    whole = studies.play(study, range(30)).estimates
    part = studies.play(study, range(23, 30)).estimates
    for name in SHOWN:
        assert np.array_equal(getattr(whole, name)[:, 23:], getattr(part, name), equal_nan=True)


def test_the_way_to_p_is_what_the_file_says() -> None:
    """With 12 in an arm, p by permutation and by t differ; the estimates do not."""
    study, found = prepared("small-arms"), studies.play(prepared("small-arms"), range(20)).estimates
    main, by_t = row_of(study, "main"), row_of(study, "by t")
    assert (study.analysis.calls[0].by, study.analysis.calls[1].by) == (BY_PERMUTATION, BY_T)
    assert (found.estimate[:, :, main] == found.estimate[:, :, by_t]).all()
    assert (found.p[:, :, main] != found.p[:, :, by_t]).all()
    assert np.allclose(found.p[:, :, main], found.p[:, :, by_t], atol=0.05)


def test_permutations_and_trim_are_what_the_file_says() -> None:
    study, found = prepared("small-arms"), studies.play(prepared("small-arms"), range(20)).estimates
    p = found.p[:, :, row_of(study, "dealt")] * 1000 / 2  # 999 permutations, twice the smaller tail
    assert np.allclose(p, np.rint(p), atol=1e-9)
    scenario = load(LESSONS / "small-arms.yaml")
    other = studies.prepare(change(scenario, {"analyses.trimmed.trim": "25 %", "analyses.dealt.permutations": 99}))
    calls = {call.name: call for call in other.analysis.calls}
    assert (calls["trimmed"].trim, calls["dealt"].permutations) == (0.25, 99)
    again = studies.play(other, range(20)).estimates
    assert (again.estimate[:, :, row_of(other, "trimmed")] != found.estimate[:, :, row_of(study, "trimmed")]).all()


def test_within_each_arm_only_that_arm_counts() -> None:
    """12 in each arm; an effect in one of them is not seen in the other."""
    study = prepared("small-arms")
    found = studies.play(study, range(20)).estimates
    for name in ("signs", "day"):
        first = row_of(study, name)
        assert (found.n[:, :, first : first + 2] == 12).all()
        declared, null = found.twins.index("declared"), found.twins.index("null")
        assert (found.p[declared, :, first] == found.p[null, :, first]).all()
        assert (found.p[declared, :, first + 1] != found.p[null, :, first + 1]).any()


def test_pairs_for_all_pairs_together_are_not_adjusted_again() -> None:
    """`adjust` is holm by default, and nothing for these; the resolved file says so and reads back."""
    scenario = load(LESSONS / "pairs-of-arms.yaml")
    assert scenario.analyses["tukey"].then.adjust == "none"
    assert loads(dump(scenario)) == scenario
    study = prepared("pairs-of-arms")
    found = studies.play(study, range(20)).estimates
    for name in ("tukey", "unequal"):
        pairs = slice(row_of(study, name) + 1, row_of(study, name) + 4)
        assert (found.p[:, :, pairs] == found.p_raw[:, :, pairs]).all()
    dunn = slice(row_of(study, "ranks") + 1, row_of(study, "ranks") + 4)
    tested = np.isfinite(found.p[:, :, dunn])
    assert (found.p[:, :, dunn] > found.p_raw[:, :, dunn])[tested].any()


def test_a_trend_down_is_found_by_less_only() -> None:
    scenario = load(LESSONS / "pairs-of-arms.yaml")
    power = {}
    for side in ("less", "greater"):
        study = studies.prepare(change(scenario, {"analyses.trend.alternative": side}))
        power[side] = float((studies.play(study, range(100)).estimates.p[0, :, 0] <= 0.05).mean())
    assert power["less"] > 0.6
    assert power["greater"] == 0.0


MARGINS = [("brunner-munzel", "40 %", 0.4), ("win-odds", "0.5", math.log(0.5))]


def with_margin(test: str, margin: str, size: int) -> studies.Study:
    return studies.prepare(
        loads(f"""
trialsim: 1
name: margin
title: A margin
design: {{arms: {{b: B, a: A}}, reference: b, enroll: {{each arm: {size}}}}}
visits: {{post: 0 d}}
outcomes: {{value: {{distribution: normal, visits: [post], level: {{mean: 10, sd: 2}}}}}}
analyses: {{main: {{outcome: value, visit: post, test: {test}, margin: {margin}, alpha: 10 %}}}}
primary: main
simulation: {{replicates: 2000, seed: 3}}
""")
    )


@pytest.mark.parametrize(("test", "margin", "at"), MARGINS)
def test_a_margin_is_rejected_at_half_alpha_where_it_is_true(test: str, margin: str, at: float) -> None:
    """2,000 trials in the twin at the margin: 5 % within six standard errors (.029); at no difference more often."""
    study = with_margin(test, margin, 40)
    found = studies.play(study, range(2000)).estimates
    (twin,) = (i for i, name in enumerate(found.twins) if name.startswith("at margin"))
    rate = float(found.rejected[twin, :, 0].mean())
    assert abs(rate - 0.05) <= 6 * math.sqrt(0.05 * 0.95 / 2000)
    assert float(found.rejected[found.twins.index("null"), :, 0].mean()) > rate + 0.1
    assert found.estimate[twin, :, 0].mean() == pytest.approx(at, abs=0.05)


@pytest.mark.parametrize("size", [9, 40])
@pytest.mark.parametrize(("test", "margin", "at"), MARGINS)
def test_the_interval_and_the_test_of_a_margin_agree(test: str, margin: str, at: float, size: int) -> None:
    """By permutation and by t: the lower limit is above the margin exactly where the one-sided test rejects."""
    found = studies.play(with_margin(test, margin, size), range(60)).estimates
    low, p = found.low[:, :, 0], found.p[:, :, 0]
    tested = np.isfinite(found.statistic[:, :, 0])  # separated arms have Newcombe's limits and an exact p
    assert tested.sum() > 150
    assert ((low > at) == (p <= 0.05))[tested].all()


@pytest.mark.parametrize(("alternative", "expected"), [("two-sided", 0.80421), ("greater", 0.80421), ("less", 0.0)])
def test_power_of_the_sign_test_is_binomial(alternative: str, expected: float) -> None:
    """20 changes, 80 % above: at least 15 of them (both ways at 5 %), by the binomial distribution."""
    assert sign_power(0.8, 0.2, 20, alpha=0.05, alternative=alternative) == pytest.approx(expected, abs=1e-5)


def test_power_of_the_sign_test_counts_those_that_differ() -> None:
    """4 changes, half of them 0: alpha 12.5 % needs all 4 of 4 or 3 of 3 ... by hand over the number that differ."""
    by_hand = sum(
        math.comb(4, used) * 0.5**4 * (2 * 0.5**used if 2 * 0.5**used <= 0.25 else 0.0) for used in range(1, 5)
    )
    assert sign_power(0.25, 0.25, 4, alpha=0.25) == pytest.approx(by_hand, abs=1e-12)
    assert sign_power(0.0, 0.0, 4, alpha=0.25) == 0.0


def test_words_say_what_is_cut_drawn_and_how() -> None:
    scenario = load(LESSONS / "small-arms.yaml")
    said = {name: in_words(name, one, primary=False) for name, one in scenario.analyses.items()}
    assert "10 % of the values cut at each end" in said["trimmed"]
    assert "999 permutations" in said["dealt"]
    assert "p by t at every size" in said["by t"]
    assert "p by t" not in said["main"]
    pairs = load(LESSONS / "pairs-of-arms.yaml").analyses
    assert "by tukey (p for all pairs together)" in in_words("tukey", pairs["tukey"], primary=False)
