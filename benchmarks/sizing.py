"""The search for a sample size on problems with a known answer, over many seeds, as the table of docs/sample-size.md.

``python benchmarks/sizing.py`` prints it (1,000 seeds, about half an hour on one core); ``--seeds 50`` is quicker.
``make verify`` checks the same numbers (tests/sizing/test_known_answers.py).
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy import optimize, stats

from trialsim.chunks import usable_cores
from trialsim.prepared import Study, prepare
from trialsim.scenario import loads
from trialsim.sizing import SizingResult, find_size, target_of
from trialsim.sizing.sizes import sizes_of

TRIALS = 4_000

SCENARIO = """
trialsim: 1
name: known-answer
title: A problem whose answer is known
design: {{arms: {{{arms}}}, enroll: {{{enroll}}}}}
visits: {{pre: 0 d, post: 1 d}}
outcomes:
  y: {outcome}
analyses:
  main: {analysis}
primary: main
"""


@dataclass(frozen=True)
class Problem:
    """A design problem and its theoretical power at any size of an arm."""

    what: str
    scenario: str
    power: float
    exact: Callable[[float], float]

    @property
    def study(self) -> Study:
        return prepare(loads(self.scenario))

    def answer(self) -> float:
        """The size of an arm, not rounded, at which the exact power is the goal."""
        return float(optimize.brentq(lambda n: self.exact(n) - self.power, 10, 400, xtol=1e-6))


def beyond(ncp: float, df: float, alpha: float) -> float:
    """Power of a two-sided t-test."""
    critical = stats.t.isf(alpha / 2, df)
    far = stats.nct.cdf(-critical, df, ncp) if ncp < 6 else 0.0  # scipy gives NaN if it vanishes
    return float(stats.nct.sf(critical, df, ncp) + far)


def two_sample(n: float, d: float) -> float:
    return beyond(d * math.sqrt(n / 2), 2 * n - 2, 0.05)


def one_sample(n: float, d: float) -> float:
    return beyond(d * math.sqrt(n), n - 1, 0.01)


def ancova(n: float, d: float) -> float:
    """Two arms, one random baseline: the noncentral t over the distribution of the baseline's imbalance, 2n - 3 df.

    The variance of the adjusted difference is that without a baseline times 1 + F / (2n - 2), F ~ F(1, 2n - 2).
    """
    shares = (np.arange(200) + 0.5) / 200
    imbalance = stats.f.ppf(shares, 1, 2 * n - 2)
    return float(np.mean([beyond(d * math.sqrt(n / 2 / (1 + f / (2 * n - 2))), 2 * n - 3, 0.05) for f in imbalance]))


def anova(n: float, means: tuple[float, ...], sd: float) -> float:
    k, middle = len(means), float(np.mean(means))
    ncp = n * sum((mean - middle) ** 2 for mean in means) / sd**2
    df = k * n - k
    return float(stats.ncf.sf(stats.f.isf(0.05, k - 1, df), k - 1, df, ncp))


@cache
def _ordinal_curve(odds_ratio: float, shares: tuple[float, ...], sizes: tuple[int, ...], trials: int) -> np.ndarray:
    """The probit of the power of the Mann-Whitney test over the root of the size of an arm, as a parabola.

    No closed form is exact, so separate trials give the answer: counts of both arms, drawn by numpy, ties and continuity
    corrected as in any textbook. With ten million trials in all the answer is known to a fiftieth of a participant.
    """
    rng = np.random.default_rng(20_231_123)
    above = 1 - np.cumsum(shares)[:-1]
    moved = above * odds_ratio / (1 - above + above * odds_ratio)
    p = [np.array(shares), -np.diff(np.concatenate([[1.0], moved, [0.0]]))]
    powers = []
    for n in sizes:
        a, b = (rng.multinomial(n, share, size=trials) for share in p)
        u = (b * (np.cumsum(a, axis=1) - a / 2)).sum(axis=1)
        ties = ((a + b) ** 3 - (a + b)).sum(axis=1) / (2 * n * (2 * n - 1))
        sd = np.sqrt(n * n / 12 * (2 * n + 1 - ties))
        powers.append(np.mean((np.abs(u - n * n / 2) - 0.5) / sd > stats.norm.isf(0.025)))
    return np.polyfit(np.sqrt(sizes), stats.norm.ppf(powers), 2)


def ordinal(n: float, odds_ratio: float, shares: tuple[float, ...]) -> float:
    curve = _ordinal_curve(odds_ratio, shares, (60, 75, 90, 105, 120), 2_000_000)
    return float(stats.norm.cdf(np.polyval(curve, math.sqrt(n))))


def problems() -> Iterator[Problem]:
    """Every row of the table."""
    plain = "{{distribution: normal, visits: [post], level: {{mean: 0, sd: 1}}, effects: {{b: {{difference: {d}}}}}}}"
    two_arms = "a: reference, b: treated"
    t_test = "{outcome: y, visit: post, test: t, contrast: b - a}"
    for goal in (0.8, 0.95):
        text = SCENARIO.format(arms=two_arms, enroll="each arm: 50", outcome=plain.format(d=0.5), analysis=t_test)
        yield Problem(f"two-sample t, d .5, power {100 * goal:.0f} %", text, goal, partial(two_sample, d=0.5))
    one = "{distribution: normal, visits: [post], by_visit: {post: {mean: 0.3, sd: 1}}}"
    single = "{outcome: y, visit: post, test: one-sample-t, null: 0, alpha: 1 %}"
    text = SCENARIO.format(arms="only: one arm", enroll="in all: 100", outcome=one, analysis=single)
    yield Problem("one-sample t, .3 SD, alpha .01, power 95 %", text, 0.95, partial(one_sample, d=0.3))
    outcome = (
        "{distribution: normal, visits: [pre, post], level: {mean: 2.5, sd: 0.4}, correlation: {between_sessions: 0.6}, "
        "effects: {b: {difference: -0.2, visits: [post]}}}"
    )
    adjusted = "{outcome: y, visit: post, test: ancova, baseline: pre, contrast: b - a}"
    text = SCENARIO.format(arms=two_arms, enroll="each arm: 50", outcome=outcome, analysis=adjusted)
    for goal in (0.8, 0.9):
        yield Problem(f"ANCOVA, r .6, power {100 * goal:.0f} %", text, goal, partial(ancova, d=0.2 / 0.32))
    means = (24.0, 26.2, 26.6)
    levels = ", ".join(f"g{k}: {{mean: {mean}, sd: 6.4}}" for k, mean in enumerate(means))
    text = SCENARIO.format(
        arms="g0: group, g1: group, g2: group", enroll="each arm: 100",
        outcome=f"{{distribution: normal, visits: [post], by_visit: {{post: {{by_arm: {{{levels}}}}}}}}}",
        analysis="{outcome: y, visit: post, test: anova}",
    )  # fmt: skip
    yield Problem("ANOVA, means 24, 26.2, 26.6, SD 6.4, power 90 %", text, 0.9, partial(anova, means=means, sd=6.4))
    shares, odds_ratio = (0.2, 0.5, 0.2, 0.1), math.exp(-0.887)
    text = SCENARIO.format(
        arms=two_arms, enroll="each arm: 90",
        outcome=f"{{categories: [0, 1, 2, 3], visits: [post], level: {{shares: {list(shares)}}}, "
        f"effects: {{b: {{odds_ratio: {odds_ratio}}}}}}}",
        analysis="{outcome: y, visit: post, test: mann-whitney, contrast: b - a}",
    )  # fmt: skip
    yield Problem(
        "four categories, log OR -.887, power 90 %", text, 0.9, partial(ordinal, odds_ratio=odds_ratio, shares=shares)
    )


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of the search over many seeds; sizes of one arm."""

    what: str
    exact: float
    rmse: float
    bias: float
    coverage: float
    off_by_one: float
    seconds: float
    seeds: int

    @property
    def relative(self) -> float:
        """Root mean square error as a share of the exact size."""
        return self.rmse / self.exact


def accuracy(problem: Problem, *, seeds: range, trials: int = TRIALS) -> Accuracy:
    """Search under each seed, as a user does, and compare with the exact answer."""
    study, exact = problem.study, problem.answer()
    target, arms = target_of(study), sizes_of(study).arms
    roots, inside, close, began = [], 0, 0, time.perf_counter()

    def search(seed: int) -> SizingResult:
        return find_size(study, target, power=problem.power, replicates=trials, confirm=trials, seed=seed, workers=1)

    with ThreadPoolExecutor(usable_cores()) as pool:
        every = list(pool.map(search, seeds))
    for found in every:
        assert found.at is not None
        roots.append(found.root / arms)
        inside += found.low <= exact * arms <= found.high
        close += abs(found.at / arms - math.ceil(exact)) <= 1
    errors = np.array(roots) - exact
    count = len(seeds)
    return Accuracy(
        problem.what, exact, float(np.sqrt(np.mean(errors**2))), float(errors.mean()), inside / count, close / count,
        (time.perf_counter() - began) / count, count,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--only", help="a part of a problem's name")
    chosen = parser.parse_args()
    seeds = chosen.seeds
    print(
        "| problem | exact n of an arm | RMSE | relative | bias | coverage of the 95 % interval | right or one off | s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for problem in problems():
        if chosen.only is not None and chosen.only not in problem.what:
            continue
        one = accuracy(problem, seeds=range(seeds))
        print(
            f"| {one.what} | {one.exact:.2f} | {one.rmse:.3f} | {100 * one.relative:.2f} % | {one.bias:+.3f} "
            f"| {100 * one.coverage:.1f} % | {100 * one.off_by_one:.1f} % | {one.seconds:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
