"""What a test for carryover costs in a crossover: the level of the two-stage analysis, with nothing carried over.

The analysis tests the sums of both periods between the sequences at 10 %. If they differ, it compares the first period alone, by
Student's t; otherwise it takes period differences. ``python benchmarks/carryover_pretest.py`` prints the tables of
docs/crossover.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import stats

from trialsim import study
from trialsim.scenario import load
from trialsim.scenario.change import change

SCENARIO = Path(__file__).parents[1] / "tests" / "kinds" / "periods.yaml"
REPLICATES, PART, PRETEST, ALPHA = 100_000, 5_000, 0.10, 0.05
CORRELATIONS, CARRIED = (0.2, 0.5, 0.8), (0.0, 0.2, 0.4)


def p_values(correlation: float, carried: float, twin: str) -> np.ndarray:
    """(R, 3) p of the sums, of the first period alone, and of the period differences."""
    values = {
        "outcomes.value.correlation": {"between_sessions": correlation},
        "outcomes.value.carryover": carried,
    }
    prepared = study.prepare(change(load(SCENARIO), values))
    found = []
    for start in range(0, REPLICATES, PART):
        cohort = study.simulate(prepared, range(start, start + PART), twins=(twin,))
        y, arm = cohort.measurements.values[0], cohort.entries.arm[0]
        kinds = (y.sum(axis=2), y[..., 0], y[..., 0] - y[..., 1])
        tests = [stats.ttest_ind(what[:, arm == 0], what[:, arm == 1], axis=1).pvalue for what in kinds]
        found.append(np.stack(tests, axis=1))
    return np.concatenate(found)


def shares(p: np.ndarray) -> tuple[float, float, float, float]:
    """How often carryover is found; the first period rejects among those; the two-stage analysis, and the differences, reject."""
    found, rejects = p[:, 0] < PRETEST, p[:, 1:] < ALPHA
    two_stage = np.where(found, rejects[:, 0], rejects[:, 1])
    return float(found.mean()), float(rejects[found, 0].mean()), float(two_stage.mean()), float(rejects[:, 1].mean())


def rows() -> Iterator[str]:
    for correlation in CORRELATIONS:
        found, then, two_stage, always = shares(p_values(correlation, 0.0, "null"))
        yield f"| {correlation:g} | {found:.1%} | {then:.1%} | {two_stage:.1%} | {always:.1%} |"


def powers() -> Iterator[str]:
    for carried in CARRIED:
        found, _, two_stage, always = shares(p_values(0.6, carried, "declared"))
        yield f"| {carried:.0%} | {found:.1%} | {two_stage:.1%} | {always:.1%} |"


if __name__ == "__main__":
    print("| correlation | carryover found | first period rejects then | two-stage rejects | differences reject |")
    print("|---|---|---|---|---|", *rows(), sep="\n")
    print(
        "\n| carried over | carryover found | two-stage rejects | differences reject |\n|---|---|---|---|",
        *powers(),
        sep="\n",
    )
