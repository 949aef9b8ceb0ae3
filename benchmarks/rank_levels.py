"""Levels without an effect and coverage with one, of the rank tests, trimmed means, permutations and pairs.

``python benchmarks/rank_levels.py`` prints a table of docs/validation.md; it takes about 15 minutes on one core. 100,000 trials a
number (5,000 by permutation), so that the Monte Carlo error of 5 % is .07 % (.3 %).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from trialsim.analysis.methods.brunner_munzel import brunner_munzel, win_odds
from trialsim.analysis.methods.dunn import dunn
from trialsim.analysis.methods.friedman import friedman
from trialsim.analysis.methods.jonckheere import jonckheere
from trialsim.analysis.methods.permutation import permutation
from trialsim.analysis.methods.range_pairs import games_howell, tukey
from trialsim.analysis.methods.sign import sign
from trialsim.analysis.methods.trimmed_mean import trimmed_mean
from trialsim.analysis.methods.van_elteren import van_elteren
from trialsim.analysis.moments import moments
from trialsim.analysis.ordering import order
from trialsim.analysis.rows import Rows
from trialsim.analysis.studentized import Draws

Floats = NDArray[np.float64]
BATCH, SHIFT, CUTS = 5_000, 0.8, np.array([-1.0, -0.2, 0.5, 1.2])

#: A test of two arms, 1 - 0: from values and arms (R, N) and the number of the batch.
Two = Callable[[Floats, NDArray[np.int8], int], Rows]


def scores(values: Floats, *, measured: str) -> Floats:
    """Values as they are, or scores 0 to 4."""
    return values if measured == "normal" else np.searchsorted(CUTS, values).astype(float)


def chance(measured: str) -> float:
    """P(A > B) + P(A = B) / 2 with the shift."""
    if measured == "normal":
        return float(stats.norm.cdf(SHIFT / np.sqrt(2)))
    a, b = (np.diff(stats.norm.cdf(CUTS, shift), prepend=0.0, append=1.0) for shift in (SHIFT, 0.0))
    return float(a @ (np.cumsum(b) - b / 2))


def mean_difference(measured: str) -> float:
    """Of the values."""
    if measured == "normal":
        return SHIFT
    return float(sum(stats.norm.sf(cut, SHIFT) - stats.norm.sf(cut) for cut in CUTS))


def strata_of(arm: NDArray[np.int8]) -> NDArray[np.int64]:
    """Two strata, every other participant."""
    return np.broadcast_to(np.arange(arm.shape[1]) // 2 % 2, arm.shape)


TWO: dict[str, tuple[Two, Callable[[str], float] | None, int]] = {
    "Brunner-Munzel": (
        lambda y, arm, k: brunner_munzel(order(y, arm, arms=2), a=1, b=0, draws=Draws(k, range(len(y)))), chance, 5_000
    ),
    "Brunner-Munzel by t": (lambda y, arm, _k: brunner_munzel(order(y, arm, arms=2), a=1, b=0, draws=None), chance, 100_000),
    "win odds": (
        lambda y, arm, k: win_odds(order(y, arm, arms=2), a=1, b=0, draws=Draws(k, range(len(y)))),
        lambda measured: float(np.log(chance(measured) / (1 - chance(measured)))), 5_000,
    ),
    "van Elteren": (lambda y, arm, _k: van_elteren(y, arm, strata_of(arm), arms=2, a=1, b=0), chance, 100_000),
    "trimmed means": (
        lambda y, arm, _k: trimmed_mean(y, arm, a=1, b=0), lambda measured: SHIFT if measured == "normal" else np.nan, 100_000
    ),
    "permutation": (
        lambda y, arm, k: permutation(y, arm, a=1, b=0, draws=Draws(k, range(len(y)))), mean_difference, 5_000
    ),
}  # fmt: skip


def batches(trials: int) -> Iterator[tuple[int, np.random.Generator]]:
    for k in range(trials // BATCH):
        yield k, np.random.default_rng([20260712, k])


def of_two(name: str, n: int, measured: str) -> tuple[float, float]:
    """Rejections without an effect, and coverage with one, of trials that have a p, and an interval."""
    test, truth, trials = TWO[name]
    arm = np.repeat(np.array([[0, 1]], np.int8), n, axis=1).repeat(BATCH, axis=0)
    rejected, covered = [], []
    for k, rng in batches(trials):
        z = rng.normal(size=arm.shape)
        null = test(scores(z, measured=measured), arm, k)
        rejected.append(np.where(null.status == 0, null.p <= 0.05, np.nan))
        goal = np.nan if truth is None else truth(measured)
        found = test(scores(z + SHIFT * arm, measured=measured), arm, k)
        covered.append(np.where(np.isnan(found.low), np.nan, (found.low <= goal) & (goal <= found.high)))
    coverage = float("nan") if np.isnan(goal) else float(np.nanmean(covered))
    return float(np.nanmean(rejected)), coverage


def of_one(name: str, n: int, measured: str) -> tuple[float, float]:
    """The sign test of changes, and Friedman's of three visits."""
    rejected, covered = [], []
    for _, rng in batches(100_000):
        values = scores(rng.normal(size=(BATCH, n, 3)), measured=measured)
        if name == "Friedman":
            rejected.append(friedman(values).p <= 0.05)
            continue
        rejected.append(sign(values[:, :, 1] - values[:, :, 0]).p <= 0.05)
        found = sign(rng.normal(SHIFT, 1.0, size=(BATCH, n)))
        covered.append(np.where(np.isnan(found.low), np.nan, (found.low <= SHIFT) & (found.high >= SHIFT)))
    return float(np.mean(rejected)), float(np.nanmean(covered)) if covered and measured == "normal" else float("nan")


def of_three(name: str, n: int, measured: str) -> tuple[float, float]:
    """Three arms: any pair (one pair for Dunn, all arms for Jonckheere), and whether all intervals hold together."""
    arm = np.repeat(np.array([[0, 1, 2]], np.int8), n, axis=1).repeat(BATCH, axis=0)
    rejected, covered = [], []
    for _, rng in batches(100_000):
        z = rng.normal(size=arm.shape)
        y = scores(z, measured=measured)
        if name == "Jonckheere":
            rejected.append(jonckheere(order(y, arm, arms=3)).p <= 0.05)
        elif name == "Dunn":
            rejected.append(dunn(order(y, arm, arms=3), a=1, b=0).p <= 0.05)
        else:
            test = {"Tukey": tukey, "Games-Howell": games_howell}[name]
            found = [test(moments(y, arm, arms=3), a=a, b=b) for a, b in ((1, 0), (2, 0), (2, 1))]
            rejected.append(np.any([one.p <= 0.05 for one in found], axis=0))
            moved = moments(scores(z + SHIFT * (arm == 2), measured=measured), arm, arms=3)
            goals = ((1, 0, 0.0), (2, 0, mean_difference(measured)), (2, 1, mean_difference(measured)))
            held = [(test(moved, a=a, b=b), goal) for a, b, goal in goals]
            covered.append(np.all([(one.low <= goal) & (goal <= one.high) for one, goal in held], axis=0))
    return float(np.mean(rejected)), float(np.mean(covered)) if covered else float("nan")


def main() -> None:
    """Print the table."""
    print("| test | 10 an arm, normal | 10, scores | 40, normal | 40, scores |\n|---|---|---|---|---|")
    rows = [*((name, of_two) for name in TWO), ("sign", of_one), ("Friedman", of_one)]
    rows += [(name, of_three) for name in ("Jonckheere", "Dunn", "Tukey", "Games-Howell")]
    for name, measure in rows:
        cells = []
        for n in (10, 40):
            for measured in ("normal", "scores"):
                level, coverage = measure(name, n, measured)
                cells.append(f"{100 * level:.2f}" + ("" if np.isnan(coverage) else f" / {100 * coverage:.2f}"))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
