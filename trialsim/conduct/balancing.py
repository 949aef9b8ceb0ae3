"""Allocation that looks at who is in already: minimization of imbalance over factors, and the big stick.

Each allocation has two draws at the enrollment number of the participant: which of several equally good arms is preferred, and
the arm itself. So nothing depends on chunks or workers, and a smaller trial is the beginning of a larger one.

References
----------
Pocock and Simon 1975, Biometrics 31:103, doi:10.2307/2529712 (minimization by range or variance, the best arm with a chance p).
Han, Enas and McEntegart 2009, Stat Med 28:3329, doi:10.1002/sim.3710 (unequal ratios: an arm that is not preferred has a chance
in proportion to its ratio, so that the ratio holds at every allocation).
Soares and Wu 1983, Commun Stat Theory Methods 12:2017, doi:10.1080/03610928308828586 (the big stick).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.conduct.plan import BalancePlan, ConductPlan
from trialsim.numbers.draws import stream, stream_key, uniform

#: Imbalances closer than this share are equal: weights that are not whole numbers may add up in another order.
EQUAL = 1e-9


def balanced(
    plan: ConductPlan,
    entry: NDArray[np.int64],
    site: NDArray[np.int16],
    covariates: NDArray[np.float64],
    *,
    seed: int,
    replicates: range,
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Arms (R, N) of the enrolled, -1 for empty places; and the chance (R, N) of the likeliest arm to who knows the past.

    Parameters
    ----------
    entry, site : (R, N)
    covariates : (R, N, C)
    """
    rule = plan.balance
    assert rule is not None  # of every method that balances
    arm, chance = np.full(entry.shape, -1, dtype=np.int8), np.full(entry.shape, np.nan)
    ratio = np.array(plan.ratio, dtype=np.int64)
    key = np.uint64(stream_key(stream("balancing")))
    targets = np.array(plan.targets or (0,) * len(plan.arms), dtype=np.int64)
    _balance(
        np.uint64(seed), key, np.uint64(replicates.start), entry, levels_of(rule, site, covariates),
        np.array(rule.sizes, dtype=np.int64), np.array(rule.weights, dtype=np.float64), ratio, _scaled(ratio), targets,
        rule.p, rule.variance, rule.tolerated, arm, chance,
    )  # fmt: skip
    return arm, chance


def _scaled(ratio: NDArray[np.int64]) -> NDArray[np.int64]:
    """(K,) what one participant counts in each arm: whole numbers in inverse proportion to the ratio."""
    return np.asarray(np.lcm.reduce(ratio) // ratio)


def levels_of(rule: BalancePlan, site: NDArray[np.int16], covariates: NDArray[np.float64]) -> NDArray[np.int64]:
    """(R, N, F) the level of each participant in each factor; of a number, how many of its cuts it reaches."""
    found = np.zeros((*site.shape, len(rule.places)), dtype=np.int64)
    for f, (place, cuts) in enumerate(zip(rule.places, rule.cuts, strict=True)):
        if place < 0:
            found[:, :, f] = site
        elif cuts:
            found[:, :, f] = np.searchsorted(np.array(cuts), covariates[:, :, place], side="right")
        else:
            found[:, :, f] = covariates[:, :, place].astype(np.int64)
    return found


@kernel
def _spread(counts, scaled, variance):  # type: ignore[no-untyped-def]
    """How unequal the arms are in a level: the range, or the variance, of numbers divided by the ratio (K times it)."""
    low = high = counts[0] * scaled[0]
    total = square = 0
    for k in range(counts.shape[0]):
        value = counts[k] * scaled[k]
        low, high = min(low, value), max(high, value)
        total += value
        square += value * value
    return float(counts.shape[0] * square - total * total) if variance else float(high - low)


@kernel
def _imbalance(counts, levels, weights, scaled, variance, arm):  # type: ignore[no-untyped-def]
    """The weighted sum over factors if the next participant, with these levels, goes to an arm."""
    total = 0.0
    for f in range(levels.shape[0]):
        here = counts[f, levels[f]]
        here[arm] += 1
        total += weights[f] * _spread(here, scaled, variance)
        here[arm] -= 1
    return total


@kernel
def _chances(ratio, is_open, best, p, chances):  # type: ignore[no-untyped-def]
    """Fill ``chances`` (K, K): of each arm if another (the row) is preferred; and return the sum of the ratio of the best."""
    arms = ratio.shape[0]
    total, least, of_best = 0, 0, 0
    for k in range(arms):
        if is_open[k]:
            total += ratio[k]
            least = ratio[k] if least == 0 else min(least, ratio[k])
            of_best += ratio[k] if best[k] else 0
    for preferred in range(arms):
        rest = 0.0
        for k in range(arms):
            chances[preferred, k] = 0.0
            if is_open[k] and k != preferred:
                chances[preferred, k] = ratio[k] * (1.0 - p) / (total - least)
                rest += chances[preferred, k]
        chances[preferred, preferred] = 1.0 - rest
    return of_best


@kernel
def _balance(  # type: ignore[no-untyped-def]
    seed,
    key,
    first_replicate,
    entry,
    levels,
    sizes,
    weights,
    ratio,
    scaled,
    targets,
    p,
    variance,
    tolerated,
    out,
    chance,
):
    replicates, participants = entry.shape
    arms, factors = ratio.shape[0], sizes.shape[0]
    most = 1
    for f in range(factors):
        most = max(most, sizes[f])
    counts = np.zeros((factors, most, arms), dtype=np.int64)
    filled, total = np.zeros(arms, dtype=np.int64), np.zeros(arms)
    is_open, best = np.zeros(arms, dtype=np.bool_), np.zeros(arms, dtype=np.bool_)
    chances = np.zeros((arms, arms))
    for r in range(replicates):
        counts[:], filled[:] = 0, 0
        for n in range(participants):
            if entry[r, n] < 0:
                continue
            opened = 0
            for k in range(arms):
                is_open[k] = targets[k] == 0 or filled[k] < targets[k]
                opened += is_open[k]
            if opened == 0:
                continue
            least = np.inf
            for k in range(arms):
                if is_open[k] and tolerated > 0:
                    least = min(least, float(filled[k]))
                elif is_open[k]:
                    total[k] = _imbalance(counts, levels[r, n], weights, scaled, variance, k)
                    least = min(least, total[k])
            for k in range(arms):
                if tolerated > 0:
                    best[k] = is_open[k] and filled[k] - least < tolerated
                else:
                    best[k] = is_open[k] and total[k] <= least + EQUAL * max(least, 1.0)
            of_best = _chances(ratio, is_open, best, 1.0 if tolerated > 0 else p, chances)
            u = uniform(seed, key, np.uint64(n), np.uint64(0), first_replicate + np.uint64(r)) * of_best
            preferred, found, arm = -1, False, -1
            for k in range(arms):
                if best[k] and not found:
                    preferred, found = k, u < ratio[k]  # the last one also for u at the rounded end
                    u -= ratio[k]
            u = uniform(seed, key, np.uint64(n), np.uint64(1), first_replicate + np.uint64(r))
            largest = 0.0
            for k in range(arms):
                if is_open[k] and arm < 0 and u < chances[preferred, k]:
                    arm = k
                u -= chances[preferred, k]
                likely = 0.0
                for j in range(arms):
                    if best[j]:
                        likely += ratio[j] * chances[j, k] / of_best
                largest = max(largest, likely)
            arm = preferred if arm < 0 else arm  # u at the rounded end of all chances
            out[r, n], chance[r, n] = arm, largest
            filled[arm] += 1
            for f in range(factors):
                counts[f, levels[r, n, f], arm] += 1
