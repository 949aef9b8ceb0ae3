"""The permutation test of a difference of means of two arms.

Estimand: the mean difference a - b. If nothing varies the difference is 0 and p is 1. Only an empty arm is a failure.

Every permutation deals the arms anew among the participants who have a value. Participant i goes to arm a with probability
(values a still needs) / (values left), by the draw at (participant, number of the permutation, replicate): both twins and all
analyses of a replicate are permuted alike, and no result depends on the batch.

The difference and the pooled t order the permutations equally, because the total sum of squares is the same in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.studentized import HELD, Draws
from trialsim.analysis.tails import interval_probability
from trialsim.compiled import kernel
from trialsim.kinds.designs import WAY
from trialsim.kinds.tests.options import DEFAULT_PERMUTATIONS
from trialsim.numbers.draws import fill_uniform, stream, stream_key

#: Differences that differ by less than this share of the largest deviation are equal.
EQUAL = 1e-11


@kernel
def _fill_shifts(
    away: FloatArray,
    group: NDArray[np.int8],
    first_replicate: np.uint64,
    seed: np.uint64,
    key: np.uint64,
    up: IntArray,
    down: IntArray,
    same: IntArray,
    shifts: FloatArray,
) -> None:
    """Fill, for (T, R) trials, how many permuted differences are at least and at most the observed one, and the shifts.

    ``away`` (T, R, N) are deviations from one value, ``group`` is 1 in arm a, 0 in arm b, -1 elsewhere. The shift (T, R, M) of
    a permutation is the difference at which it is exactly as large as the observed one; a permutation that changes
    nothing (counted in ``same``) has none and the shift infinity.
    """
    twins, replicates, participants = away.shape
    draw = np.empty((1, participants))
    na = np.zeros(twins, np.int64)
    n = np.zeros(twins, np.int64)
    total = np.zeros(twins)
    own = np.zeros(twins)
    tiny = np.zeros(twins)
    for r in range(replicates):
        for t in range(twins):
            na[t] = 0
            n[t] = 0
            total[t] = 0.0
            own[t] = 0.0
            tiny[t] = 0.0
            for i in range(participants):
                if group[t, r, i] >= 0:
                    n[t] += 1
                    total[t] += away[t, r, i]
                    tiny[t] = max(tiny[t], abs(away[t, r, i]))
                    if group[t, r, i] == 1:
                        na[t] += 1
                        own[t] += away[t, r, i]
            tiny[t] *= EQUAL
        for k in range(shifts.shape[2]):
            fill_uniform(seed, key, np.uint64(k), first_replicate + np.uint64(r), draw)
            for t in range(twins):
                nb = n[t] - na[t]
                if na[t] == 0 or nb == 0:
                    continue
                needed = na[t]
                left = n[t]
                chosen = 0.0
                kept = 0
                for i in range(participants):
                    place = group[t, r, i]
                    if place >= 0:
                        if draw[0, i] * left < needed:
                            chosen += away[t, r, i]
                            kept += place
                            needed -= 1
                        left -= 1
                both = 1.0 / na[t] + 1.0 / nb
                gap = (own[t] - chosen) * both  # the observed difference less the permuted one
                if gap <= tiny[t]:
                    up[t, r] += 1
                if gap >= -tiny[t]:
                    down[t, r] += 1
                if kept == na[t]:
                    same[t, r] += 1
                    shifts[t, r, k] = math.inf
                else:
                    shifts[t, r, k] = gap / ((na[t] - kept) * both)


def permutation(
    y: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    draws: Draws,
    permutations: int = DEFAULT_PERMUTATIONS,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Permutation test of the difference of means a - b, which is estimate and statistic.

    p = (c + 1) / (B + 1), where c of B permutations have a difference at least as large as the observed one (in its
    direction); two-sided, twice the smaller tail. The interval holds every shift of arm a that the same test with the same
    permutations does not reject.

    Parameters
    ----------
    y : (T x R, N) values of all twins, the first twin first, NaN where missing
    arm : (T x R, N) arm of each participant, -1 for an empty place
    draws : the seed and the R replicates
    permutations : B

    References
    ----------
    Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39, doi:10.2202/1544-6115.1585 (p). Garthwaite 1996, Biometrics
    52:1387, doi:10.2307/2532852 (intervals).
    """
    shape = (-1, len(draws.replicates), y.shape[1])
    group = np.where(np.isnan(y), -1, np.where(arm == a, 1, np.where(arm == b, 0, -1))).astype(np.int8)
    of_a, of_b = group == 1, group == 0
    n_a, n_b = of_a.sum(axis=1), of_b.sum(axis=1)
    with np.errstate(all="ignore"):
        start = np.nanmin(np.where(group >= 0, y, np.inf), axis=1, initial=np.inf)
        away = np.where(group >= 0, y - start[:, None], 0.0)
        estimate = np.where(of_a, away, 0.0).sum(axis=1) / n_a - np.where(of_b, away, 0.0).sum(axis=1) / n_b
    up, down, low, high = _permuted(
        away.reshape(shape),
        group.reshape(shape),
        draws=draws,
        permutations=permutations,
        tail=1.0 - interval_probability(level, alternative),
    )
    p = {0: np.minimum(2.0 * np.minimum(up, down), 1.0), 1: up, -1: down}[WAY[alternative]]
    low = np.where(WAY[alternative] < 0, -np.inf, low)
    high = np.where(WAY[alternative] > 0, np.inf, high)
    status = first_reason([(EMPTY_ARM, (n_a == 0) | (n_b == 0))])
    return make_rows(estimate, p, n=n_a + n_b, status=status, estimate=estimate, low=low, high=high)


def _permuted(
    away: FloatArray, group: NDArray[np.int8], *, draws: Draws, permutations: int, tail: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Both tails and both limits, (T x R,) each, replicates in parts that fit into memory."""
    twins, replicates, _ = away.shape
    out = np.full((4, twins, replicates), np.nan)
    key = np.uint64(stream_key(stream("permutation")))
    size = max(1, HELD // (permutations * max(twins, 1)))
    for start in range(0, replicates, size):
        part = slice(start, min(start + size, replicates))
        shape = (twins, part.stop - start)
        up, down, same = (np.zeros(shape, np.int64) for _ in range(3))
        shifts = np.full((*shape, permutations), np.nan)
        first = np.uint64(draws.replicates.start + start)
        chosen, place = np.ascontiguousarray(away[:, part]), np.ascontiguousarray(group[:, part])
        _fill_shifts(chosen, place, first, np.uint64(draws.seed), key, up, down, same, shifts)
        out[0, :, part], out[1, :, part] = (up + 1) / (permutations + 1), (down + 1) / (permutations + 1)
        out[2, :, part], out[3, :, part] = _limits(shifts, same, tail=tail)
    up_tail, down_tail, low, high = out.reshape(4, -1)
    return up_tail, down_tail, low, high


def _limits(shifts: FloatArray, same: IntArray, *, tail: float) -> tuple[FloatArray, FloatArray]:
    """The k-th smallest and the k-th largest finite shift; k is the least number of permutations beyond what is not rejected.

    A permutation that changes nothing is beyond every shift, so it counts on both sides.
    """
    permutations = shifts.shape[2]
    need = math.floor(tail * (permutations + 1) * (1.0 + 1e-12))
    ascending = np.sort(shifts, axis=2)
    finite, k = permutations - same, need - same
    there = (k >= 1) & (k <= finite)
    low = np.take_along_axis(ascending, np.where(there, k - 1, 0)[:, :, None], axis=2)[:, :, 0]
    high = np.take_along_axis(ascending, np.where(there, finite - k, 0)[:, :, None], axis=2)[:, :, 0]
    return np.where(there, low, -np.inf), np.where(there, high, np.inf)


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), y = arms, data.chosen(call.endpoint, call.choice)
    return permutation(
        y,
        data.arm,
        a=a,
        b=b,
        draws=Draws(data.data.seed, data.data.replicates),
        permutations=call.permutations,
        alternative=call.alternative,
        level=1.0 - call.alpha,
    )


_NO_FORMULA = NoClosedForm("Its power is near that of test: t, which has a formula.")

METHODS: Methods = {("permutation", "two"): Method(_run, _NO_FORMULA, None, (unequal_sds,))}
