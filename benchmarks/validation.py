"""Simulated powers beside published ones, as the table of docs/validation.md.

``python benchmarks/validation.py`` prints it. The everyday tests check the same cases with fewer replicates
(tests/reference/test_validation.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from trialsim import study
from trialsim.scenario import loads

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
        f"by_visit: {{pre: {{mean: 0, sd: 1}}, post: {{mean: {dz!r}, sd: 1}}}}}}"
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


def main() -> None:
    print("| case | source | published | simulated | MCSE | null twin rejects |")
    print("|---|---|---|---|---|---|")
    for case in cases():
        power, mcse, null = case.simulated()
        print(f"| {case.what} | {case.source} | {case.published:.4f} | {power:.4f} | {mcse:.4f} | {null:.4f} |")


if __name__ == "__main__":
    main()
