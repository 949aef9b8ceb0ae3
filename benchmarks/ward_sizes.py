"""Exact power of two studies on a ward at five sizes each, by plain counting: the reference for ``trialsim size`` on a ward.

``python benchmarks/ward_sizes.py --trials 400000`` simulates whole trials of every size, counts rejections, and stores them in
``ward_sizes.csv`` beside it; it continues where it stopped. A few minutes for the first study, many hours for the second.
Its seed and trials are separate: no search compared with them shares a draw. tests/sizing/test_ward_sizes.py reads the file.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import norm

from trialsim.analysis.estimates import analyze
from trialsim.chunks import usable_cores
from trialsim.prepared import Study, prepare
from trialsim.scenario import load
from trialsim.sizing import SizingResult, find_size, target_of
from trialsim.sizing.confirm import reached_in
from trialsim.sizing.sizes import at_size
from trialsim.study import simulate, trial_arrays

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_name("ward_sizes.csv")

#: A seed that no test uses for a search, and trials counted between two writes of the file.
SEED, PART = 3_456_789, 2_000


@dataclass(frozen=True)
class Ward:
    """A study on a ward, the required power, and sizes around the answer."""

    name: str
    scenario: str
    changes: tuple[str, ...]
    power: float
    sizes: tuple[int, ...]

    @property
    def study(self) -> Study:
        return prepare(load(ROOT / self.scenario, set=self.changes))


WARDS = (
    Ward("bottleneck", "tests/sizing/bottleneck.yaml", (), 0.8, (336, 340, 344, 348, 352)),
    Ward(
        "picu-one-nurse", "tests/sizing/picu-at-eight.yaml", ("setting.resources.nurse.units=1",), 0.9,
        (156, 162, 168, 174, 180),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Count:
    """The number of analyzable trials of a size that reached the target."""

    ward: str
    participants: int
    trials: int
    analyzed: int
    reached: int

    @property
    def power(self) -> float:
        return self.reached / self.analyzed

    @property
    def mcse(self) -> float:
        return math.sqrt(self.power * (1 - self.power) / self.analyzed)


def counts() -> dict[tuple[str, int], Count]:
    """The stored counts; empty if nothing was counted yet."""
    if not KEPT.exists():
        return {}
    with KEPT.open(newline="") as file:
        rows = [
            Count(row["ward"], *(int(row[key]) for key in ("participants", "trials", "analyzed", "reached")))
            for row in csv.DictReader(file)
        ]
    return {(row.ward, row.participants): row for row in rows}


def keep(found: dict[tuple[str, int], Count]) -> None:
    new = KEPT.with_suffix(".new")
    with new.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["ward", "participants", "trials", "analyzed", "reached", "power", "mcse"])
        for row in found.values():
            writer.writerow(
                [
                    row.ward,
                    row.participants,
                    row.trials,
                    row.analyzed,
                    row.reached,
                    f"{row.power:.6f}",
                    f"{row.mcse:.6f}",
                ]
            )
    new.replace(KEPT)


def exact(ward: Ward, found: dict[tuple[str, int], Count] | None = None) -> tuple[float, float]:
    """The size at which the power is the goal and its standard error: a parabola of probits over the sizes, by weights.

    Sizes of a ward share their draws, so the errors of its counts are correlated: the error of their mean is assumed to be that
    of one size, which is its upper limit.
    """
    found = counts() if found is None else found
    rows = [found[ward.name, n] for n in ward.sizes]
    n = np.array([row.participants for row in rows], dtype=np.float64)
    y = norm.ppf([row.power for row in rows])
    se = np.array([row.mcse for row in rows]) / norm.pdf(y)
    bend, slope, level = np.polyfit(n - n.mean(), y, 2, w=1 / se)
    off = norm.ppf(ward.power) - level
    root = n.mean() + 2 * off / (slope + math.sqrt(slope**2 + 4 * bend * off))
    return float(root), float(se.mean() / (slope + 2 * bend * (root - n.mean())))


def play(ward: Ward, trials: int) -> Iterator[dict[tuple[str, int], Count]]:
    """Continue counting until every size of a ward has ``trials``."""
    study = ward.study
    target = target_of(study)
    at = {n: at_size(study, n) for n in ward.sizes}
    found = counts()
    while (begin := min(found[ward.name, n].trials if (ward.name, n) in found else 0 for n in ward.sizes)) < trials:
        part = range(begin, min(begin + PART, trials))
        for n, one in at.items():
            old = found.get((ward.name, n), Count(ward.name, n, 0, 0, 0))
            if old.trials > begin:
                continue
            reached = []
            for first in range(part.start, part.stop, 500):
                few = range(first, min(first + 500, part.stop))
                arrays = trial_arrays(simulate(one, few, seed=SEED, twins=("declared",)))
                reached.append(reached_in(target, analyze(target.plan, arrays, twins=("declared",), replicates=few)))
            values = np.concatenate(reached)
            found[ward.name, n] = replace(
                old, trials=part.stop, analyzed=old.analyzed + int(np.isfinite(values).sum()),
                reached=old.reached + int(np.nansum(values)),
            )  # fmt: skip
        keep(found)
        yield found


def covered(ward: Ward, seeds: range, *, trials: int = 4_000) -> list[SizingResult]:
    """The search under each seed with ``trials`` of batch and fresh seed; those whose 95 % interval contains the exact size."""
    study, (size, _) = ward.study, exact(ward)
    target = target_of(study)

    def search(seed: int) -> SizingResult:
        return find_size(study, target, power=ward.power, replicates=trials, confirm=trials, seed=seed, workers=1)

    with ThreadPoolExecutor(usable_cores()) as pool:
        every = list(pool.map(search, seeds))
    roots = np.array([found.root for found in every]) - size
    print(
        f"{ward.name}: exact {size:.2f}, RMSE {np.sqrt(np.mean(roots**2)):.2f}, bias {roots.mean():+.2f}, half width "
        f"{np.mean([found.high - found.low for found in every]) / 2:.2f}, trials {np.mean([found.spent for found in every]):,.0f}"
    )
    return [found for found in every if found.low <= size <= found.high]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--coverage",
        type=int,
        help="instead: search with this many seeds and count the intervals that contain the exact size",
    )
    parser.add_argument("--trials", type=int, default=400_000, help="of every size")
    parser.add_argument("--searched", type=int, default=4_000, help="with --coverage: trials of a search")
    parser.add_argument("--only", help="a part of a ward's name")
    chosen = parser.parse_args()
    for ward in WARDS:
        if chosen.only is not None and chosen.only not in ward.name:
            continue
        if chosen.coverage is not None:
            held = covered(ward, range(chosen.coverage), trials=chosen.searched)
            print(f"{ward.name}: {len(held)} of {chosen.coverage} intervals contain the exact size")
            continue
        for found in play(ward, chosen.trials):
            root, se = exact(ward, found)
            print(
                f"{ward.name}: {found[ward.name, ward.sizes[0]].trials:,} trials, size {root:.2f} ± {se:.2f}",
                flush=True,
            )
        print(f"{ward.name}: " + ", ".join(f"{n} {counts()[ward.name, n].power:.4f}" for n in ward.sizes))


if __name__ == "__main__":
    main()
