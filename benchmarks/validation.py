"""Simulated and published powers, as in the table of docs/validation.md.

``python benchmarks/validation.py`` prints it. The everyday tests check the same cases with fewer replicates
(tests/reference/test_validation.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize, special

from trialsim import study
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios

REPLICATES = 200_000
SEED = 1

SCENARIO = """
trialsim: 1
name: validation
title: A row of the validation page
design: {{arms: {{{arms}}}, {design}}}
visits: {{{visits}}}
outcomes:
  y: {outcome}
analyses:
  main: {analysis}
primary: main
"""


@dataclass(frozen=True)
class Case:
    """A published power and the scenario that should give it."""

    what: str
    source: str
    published: float
    outcome: str
    analysis: str
    arms: str
    design: str
    visits: str = "post: 1 d"
    contrast: str | None = None

    def simulated(self) -> tuple[float, float, float]:
        """Power, its Monte Carlo standard error, and the rejection rate of the null twin."""
        text = SCENARIO.format(
            arms=self.arms, design=self.design, visits=self.visits, outcome=self.outcome, analysis=self.analysis
        )
        result = study.evaluate(loads(text), replicates=REPLICATES, seed=SEED)
        power = result.value("power", analysis="main", contrast=self.contrast)
        null = result.value("rejection_null_twin", analysis="main", contrast=self.contrast)
        return power.value, power.mcse, null.value


def two_sample(d: float, design: str, what: str, source: str, published: float) -> Case:
    outcome = (
        f"{{distribution: normal, visits: [post], level: {{mean: 0, sd: 1}}, effects: {{b: {{difference: {d!r}}}}}}}"
    )
    return Case(
        what, source, published, outcome, "{outcome: y, visit: post, test: t}", "a: reference, b: treated", design
    )


def paired(dz: float, n: int, source: str, published: float) -> Case:
    outcome = (
        "{distribution: normal, visits: [pre, post], correlation: {between_sessions: 0.5}, "
        f"level: {{mean: 0, sd: 1}}, effects: {{only: {{difference: {dz!r}, visits: [post]}}}}}}"
    )
    analysis = "{outcome: y, change: {from: pre, to: post}, test: paired-t}"
    return Case(
        f"paired t, dz {dz:g}, n {n}",
        source,
        published,
        outcome,
        analysis,
        "only: one arm",
        f"enroll: {n}",
        "pre: 0 d, post: 1 d",
    )


def anova(means: tuple[float, ...], sd: float, each: int, what: str, source: str, published: float) -> Case:
    levels = ", ".join(f"g{index}: {{mean: {mean!r}, sd: {sd!r}}}" for index, mean in enumerate(means))
    outcome = f"{{distribution: normal, visits: [post], by_visit: {{post: {{by_arm: {{{levels}}}}}}}}}"
    arms = ", ".join(f"g{index}: group" for index in range(len(means)))
    return Case(
        what,
        source,
        published,
        outcome,
        "{outcome: y, visit: post, test: anova}",
        arms,
        f"enroll: {{each arm: {each}}}",
        contrast="all arms",
    )


def ancova(each: int, published: float) -> Case:
    outcome = (
        "{distribution: normal, visits: [pre, post], level: {mean: 2.5, sd: 0.4}, correlation: {between_sessions: 0.6}, "
        "effects: {b: {difference: -0.2, visits: [post]}}}"
    )
    analysis = "{outcome: y, visit: post, test: ancova, baseline: pre}"
    return Case(
        f"ANCOVA, baseline r .6, {each} per arm", "exact, 2n - 3 df", published, outcome, analysis, "a: control, b: treated",
        f"enroll: {{each arm: {each}}}", "pre: 0 d, post: 28 d",
    )  # fmt: skip


def ancova_of_three(each: int, rho: float, published: float) -> Case:
    levels = ", ".join(
        f"{arm}: {{difference: {50 * index}, visits: [post]}}" for index, arm in enumerate("abc") if index
    )
    outcome = (
        "{distribution: normal, visits: [pre, post], level: {mean: 400, sd: 100}, "
        f"correlation: {{between_sessions: {rho}}}, effects: {{{levels}}}}}"
    )
    return Case(
        f"ANCOVA, means 400, 450, 500, SD 100, r {rho:g}, {each} per arm", "exact, by integration", published, outcome,
        "{outcome: y, visit: post, test: ancova, baseline: pre}", "a: control, b: treated, c: treated twice",
        f"enroll: {{each arm: {each}}}", "pre: 0 d, post: 28 d", contrast="all arms",
    )  # fmt: skip


def proportional_odds() -> Case:
    """Whitehead's formula at 500 in each arm: mean shares .1 .2 .4 .3, odds ratio 1.2. An approximation, good at this size."""
    logs, cuts = math.log(1.2), []
    for both in (0.1, 0.3, 0.7):  # cumulative shares of both arms together
        cut = optimize.brentq(lambda x, both=both: special.expit(x) + special.expit(x - logs) - 2 * both, -20, 20)
        cuts.append(float(special.expit(cut)))
    shares = ", ".join(repr(high - low) for low, high in pairwise([0.0, *cuts, 1.0]))
    outcome = (
        f"{{categories: [0, 1, 2, 3], visits: [post], level: {{shares: [{shares}]}}, "
        f"effects: {{b: {{odds_ratio: {math.exp(logs)!r}}}}}}}"
    )
    return Case(
        "Mann-Whitney, 4 levels, odds ratio 1.2, 500 per arm", "Whitehead's formula", 0.351, outcome,
        "{outcome: y, visit: post, test: mann-whitney}", "a: control, b: treated", "enroll: {each arm: 500}",
    )  # fmt: skip


def crossover(effect: float, published: float) -> Case:
    """Two sequences of 16; the SD of a difference within a participant is .8165."""
    outcome = (
        f"{{distribution: normal, visits: [post], level: {{mean: 0, sd: 1}}, correlation: {{between_sessions: {2 / 3!r}}}, "
        f"effects: {{b: {{difference: {effect!r}}}}}, period_effects: [0, 0.3]}}"
    )
    return Case(
        f"crossover, difference {effect:g}, r 2/3, 16 per sequence", "noncentral t", published, outcome,
        "{outcome: y, visit: post, test: crossover-t}", "a: control, b: treated",
        "periods: 2, sequences: {AB: [b, a], BA: [a, b]}, enroll: {each sequence: 16}", "post 1: 1 d, post 2: 8 d",
    )  # fmt: skip


def cases() -> Iterator[Case]:
    """Every row of the page."""
    for each, published in ((30, 0.4778965), (86, 0.9032)):
        yield two_sample(
            0.5, f"enroll: {{each arm: {each}}}", f"two-sample t, d .5, {each} each", "pwr, G*Power", published
        )
    yield two_sample(0.5, "allocation: {ratio: '4:5'}, enroll: 63", "two-sample t, d .5, 28 and 35", "pwr", 0.4924588)
    for d, published in ((0.3, 0.225), (0.5, 0.516), (0.7, 0.800)):
        yield two_sample(
            d, "enroll: {each arm: 33}", f"two-sample t, d {d:g}, 33 per arm (PICU)", "noncentral t", published
        )
    for dz, published in ((0.3, 0.269), (0.5, 0.609), (0.7, 0.879)):
        yield paired(dz, 22, "noncentral t (NICU)", published)
    yield anova(
        (24.0, 26.2, 26.6), 6.4, 134, "ANOVA, means 24, 26.2, 26.6, SD 6.4, 134 per arm", "Superpower", 0.901767
    )
    for f, published in ((0.1, 0.129), (0.25, 0.584), (0.4, 0.949)):
        step = f * math.sqrt(1.5)
        yield anova((-step, 0.0, step), 1.0, 33, f"ANOVA, f {f:g}, 33 each (PICU)", "noncentral F", published)
    for each, published in ((41, 0.7932), (42, 0.8031), (55, 0.8984), (56, 0.9037)):
        yield ancova(each, published)
    for each, rho, published in ((21, 0.1, 0.8117), (16, 0.5, 0.8044), (6, 0.9, 0.8768)):
        yield ancova_of_three(each, rho, published)
    yield proportional_odds()
    for effect, published in ((0.4083, 0.7815), (0.5, 0.9179)):
        yield crossover(effect, published)


def queue() -> Iterator[tuple[str, float, float, float]]:
    """The plain queue: what is measured, published, mean over a million replicates, and its standard error [h]."""
    prepared = study.prepare(load(shipped_scenarios()["plain-queue"].path))
    sojourn, last = [], []
    for start in range(0, 5 * REPLICATES, 1000):
        cohort = study.simulate(prepared, range(start, start + 1000), twins=("declared",))
        assert cohort.trace is not None
        ends = cohort.trace.ends[:, :, 0]
        sojourn.append(((ends - cohort.entries.arrival) / 3600).mean(axis=1))
        last.append(ends.max(axis=1) / 3600)
    for what, published, values in (("mean sojourn", 17.373, sojourn), ("mean last departure", 292.86, last)):
        hours = np.concatenate(values)
        yield what, published, float(hours.mean()), float(hours.std(ddof=1) / math.sqrt(len(hours)))


def main() -> None:
    print("| case | source | published | simulated | MCSE | null twin rejects |")
    print("|---|---|---|---|---|---|")
    for case in cases():
        power, mcse, null = case.simulated()
        print(f"| {case.what} | {case.source} | {case.published:.4f} | {power:.4f} | {mcse:.4f} | {null:.4f} |")
    print("\n| queue | published [h] | simulated [h] | MCSE |\n|---|---|---|---|")
    for what, published, mean, mcse in queue():
        print(f"| {what} | {published} | {mean:.3f} | {mcse:.3f} |")


if __name__ == "__main__":
    main()
