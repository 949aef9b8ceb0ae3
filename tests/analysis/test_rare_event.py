"""A rare event: in 3 of 10 trials nobody has it. Such a trial is a result, not a failure.

1 % against an odds ratio of 3 (.03 / 1.02 = 2.94 %), 30 an arm: nobody has the event in .99^30 x .9706^30 = 30.2 % of trials.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from trialsim import study
from trialsim.report.truth import truth_rows
from trialsim.scenario import loads
from trialsim.truth import find_truth

TRIALS = 4000
CHANCE_A, CHANCE_B, EACH = 0.01, 0.03 / 1.02, 30

SCENARIO = """
trialsim: 1
name: rare
title: A rare complication
design: {arms: {a: A, b: B}, allocation: {method: in turn}, enroll: 60}
visits: {post: 0 d}
outcomes:
  y: {distribution: binary, visits: [post], level: {chance: 1 %}, effects: {b: {odds_ratio: 3}}}
analyses:
  main: {outcome: y, visit: post, test: fisher}
  chi: {outcome: y, visit: post, test: chi-square}
  ranks: {outcome: y, visit: post, test: mann-whitney}
  means: {outcome: y, visit: post, test: t}
primary: main
"""


def p_fisher(x: int, y: int) -> float:
    return float(stats.fisher_exact([[y, EACH - y], [x, EACH - x]]).pvalue)


def p_chi_square(x: int, y: int) -> float:
    if x + y in (0, 2 * EACH):
        return 1.0
    return float(stats.chi2_contingency([[y, EACH - y], [x, EACH - x]]).pvalue)


def p_ranks(x: int, y: int) -> float:
    if x + y in (0, 2 * EACH):
        return 1.0
    arms = ([1.0] * n + [0.0] * (EACH - n) for n in (y, x))
    return float(stats.mannwhitneyu(*arms, method="asymptotic").pvalue)


def p_means(x: int, y: int) -> float:
    """Student's t by its definition; y = x = 0 is no difference without spread, p 1."""
    if x == y:
        return 1.0
    squares = sum(n * (1 - n / EACH) for n in (x, y))
    t = (y - x) / EACH / math.sqrt(squares / (2 * EACH - 2) * 2 / EACH)
    return float(2 * stats.t.sf(abs(t), 2 * EACH - 2))


TESTS = {"main": p_fisher, "chi": p_chi_square, "ranks": p_ranks, "means": p_means}


def exact_power(p_value) -> float:
    """Every possible table, weighted by its binomial probability; tables beyond 12 events an arm weigh below 1e-10."""
    weights = [stats.binom.pmf(np.arange(13), EACH, chance) for chance in (CHANCE_A, CHANCE_B)]
    return float(sum(weights[0][x] * weights[1][y] for x, y in product(range(13), repeat=2) if p_value(x, y) <= 0.05))


@pytest.fixture(scope="module")
def result():
    prepared = study.prepare(loads(SCENARIO))
    return study.evaluate(prepared, replicates=TRIALS, seed=1, truth=find_truth(prepared, replicates=TRIALS, seed=1))


@pytest.mark.parametrize("analysis", TESTS)
def test_power_is_that_of_all_tables(result, analysis):
    """4.5 Monte Carlo errors (false alarm 7e-6); failing the empty trials would raise a power of .01 by 40 %, 2.5 errors,
    and give bounds of 0 to 30 %, which have no row called power."""
    exact = exact_power(TESTS[analysis])
    power = result.value("power", analysis=analysis)
    assert power.n_failed == 0
    assert abs(power.value - exact) <= 4.5 * math.sqrt(exact * (1 - exact) / TRIALS)


@pytest.mark.parametrize("analysis", TESTS)
def test_the_estimate_is_unbiased(result, analysis):
    """The exact effect: .0194, or one half and half of it. 4.5 errors (7e-6); without the empty trials it is 43 % more."""
    exact = CHANCE_B - CHANCE_A if analysis != "ranks" else 0.5 + (CHANCE_B - CHANCE_A) / 2
    mean = result.value("mean_estimate", analysis=analysis)
    assert (mean.n_replicates, mean.n_failed) == (TRIALS, 0)
    assert abs(mean.value - exact) <= 4.5 * mean.mcse
    bias = result.value("bias", analysis=analysis)
    assert abs(bias.value) <= 4.5 * bias.mcse


def test_coverage_counts_trials_with_an_interval(result):
    """Newcombe's interval of nobody exists; the t interval of nobody does not, and their share is that of such trials."""
    assert result.value("coverage", analysis="main").n_failed == 0
    assert result.value("coverage", analysis="ranks").n_failed == 0
    empty = (1 - CHANCE_A) ** EACH * (1 - CHANCE_B) ** EACH
    without = result.value("coverage", analysis="means").n_failed
    assert abs(without - TRIALS * empty) <= 4.5 * math.sqrt(TRIALS * empty * (1 - empty))
    cells = {row["analysis"]: row["coverage"].below for row in truth_rows(result, ("main",))}
    assert cells == {
        "main": "", "chi": "", "ranks": "", "means": f"{TRIALS - without:,} trials with an interval",
    }  # fmt: skip
