"""Permutation distribution of the studentized probability P(A > B) + P(A = B) / 2.

A permutation keeps the sorted joined sample and its ties and deals the arms anew. Place i of the sorted sample goes to arm A
with probability (values A still needs) / (places left), which makes all divisions equally likely; the draw is addressed by
(place, number of the permutation, replicate), so that both twins of a replicate and all analyses are permuted alike.

References
----------
Neubert and Brunner 2007, Comput Stat Data Anal 51:5192, doi:10.1016/j.csda.2006.05.024. Pauly, Asendorpf and Konietschke
2016, Biom J 58:1319, doi:10.1002/bimj.201500105 (on the logit scale, intervals). Selection: Knuth, The Art of Computer
Programming 2, section 3.4.2, algorithm S.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.rows import BoolArray, FloatArray, IntArray
from trialsim.compiled import kernel
from trialsim.numbers.draws import fill_uniform, stream, stream_key

#: All permutations are used if there are at most so many, otherwise as many are drawn.
PERMUTATIONS = 9_999

#: Permutations held in memory at once: so many statistics.
HELD = 4_000_000

#: Statistics that differ by less than this share are equal: they come from mirrored sums.
EQUAL = 1e-9


@dataclass(frozen=True)
class Draws:
    """Where the draws of a batch are: the seed of the study and the numbers of its replicates.

    The rows of an analysis are those of all twins, one twin after the other: row i belongs to replicate i modulo R.
    """

    seed: int
    replicates: range


@kernel
def _statistics(u: float, square_a: float, square_b: float, na: int, nb: int) -> tuple[float, float]:
    """(P - .5) / SE, and logit P over its SE, from U and the squared placements; infinite if the arms are separated."""
    total = float(na) * nb
    if u == 0.0:
        return -math.inf, -math.inf
    if u == total:
        return math.inf, math.inf
    ss_a = (na * square_a - u * u) / na / (float(nb) * nb)
    ss_b = (nb * square_b - (total - u) * (total - u)) / nb / (float(na) * na)
    se = math.sqrt(ss_a / (na - 1.0) / na + ss_b / (nb - 1.0) / nb)
    p = u / total
    if se == 0.0:  # all values are equal
        return 0.0, 0.0
    return (p - 0.5) / se, math.log(u / (total - u)) * p * (1.0 - p) / se


@kernel
def _of_division(sizes: NDArray[np.int32], in_a: IntArray, na: int, nb: int) -> tuple[float, float]:
    """The statistics of one division of the sorted sample: 1 where a place belongs to A."""
    u = 0
    square_a = 0
    square_b = 0
    below_a = 0
    below_b = 0
    i = 0
    for g in range(sizes.shape[0]):
        own = 0
        for _ in range(sizes[g]):
            own += in_a[i]
            i += 1
        other = sizes[g] - own
        place_a = 2 * below_b + other  # twice the placement, so that ties stay whole numbers
        place_b = 2 * below_a + own
        u += own * place_a
        square_a += own * place_a * place_a
        square_b += other * place_b * place_b
        below_a += own
        below_b += other
    return _statistics(0.5 * u, 0.25 * square_a, 0.25 * square_b, na, nb)


@kernel
def _of_draws(draw: FloatArray, na: int, nb: int) -> tuple[float, float]:
    """The same for a sample without ties, dealt by uniform draws; without branches, which nobody can predict."""
    u = 0
    square_a = 0
    square_b = 0
    below_a = 0
    below_b = 0
    for i in range(na + nb):
        own = int(draw[i] * (na + nb - i) < na - below_a)
        other = 1 - own
        u += own * below_b
        square_a += own * below_b * below_b
        square_b += other * below_a * below_a
        below_a += own
        below_b += other
    return _statistics(float(u), float(square_a), float(square_b), na, nb)


@kernel
def _fill_all(
    sizes: NDArray[np.int32], divisions: IntArray, na: int, nb: int, plain: FloatArray, logit: FloatArray
) -> None:
    for r in range(sizes.shape[0]):
        for k in range(divisions.shape[0]):
            plain[r, k], logit[r, k] = _of_division(sizes[r], divisions[k], na, nb)


@kernel
def _fill_drawn(
    sizes: NDArray[np.int32],
    na: IntArray,
    nb: IntArray,
    replicate: IntArray,
    seed: np.uint64,
    key: np.uint64,
    plain: FloatArray,
    logit: FloatArray,
) -> None:
    """Rows of one replicate are next to each other: the same sizes have the same permutations, and are filled once."""
    longest = 0
    for r in range(sizes.shape[0]):
        longest = max(longest, na[r] + nb[r])
    draw = np.empty((1, longest))
    in_a = np.zeros(longest, np.int64)
    for r in range(sizes.shape[0]):
        size = na[r] + nb[r]
        tied = False
        for g in range(sizes.shape[1]):
            tied = tied or sizes[r, g] > 1
        again = r > 0 and replicate[r] == replicate[r - 1] and na[r] == na[r - 1] and nb[r] == nb[r - 1]
        if again:
            for g in range(sizes.shape[1]):
                again = again and sizes[r, g] == sizes[r - 1, g]
        for k in range(plain.shape[1]):
            if again:
                plain[r, k] = plain[r - 1, k]
                logit[r, k] = logit[r - 1, k]
                continue
            fill_uniform(seed, key, np.uint64(k), np.uint64(replicate[r]), draw[:, :size])
            if not tied:
                plain[r, k], logit[r, k] = _of_draws(draw[0], na[r], nb[r])
                continue
            needed = na[r]
            for i in range(size):
                own = int(draw[0, i] * (size - i) < needed)
                in_a[i] = own
                needed -= own
            plain[r, k], logit[r, k] = _of_division(sizes[r], in_a, na[r], nb[r])


def _few(na: IntArray, nb: IntArray) -> BoolArray:
    """(R,) whether all permutations are used."""
    sizes, inverse = np.unique(np.column_stack([na, nb]), axis=0, return_inverse=True)
    few = np.array([math.comb(a + b, a) <= PERMUTATIONS for a, b in sizes.tolist()], dtype=np.bool_)
    return few[inverse.reshape(-1)]


def _divisions(na: int, nb: int) -> IntArray:
    """All divisions (M, N) of na + nb places: 1 where a place belongs to A."""
    chosen = np.array(list(combinations(range(na + nb), na)), dtype=np.int64)
    out = np.zeros((len(chosen), na + nb), np.int64)
    np.put_along_axis(out, chosen, 1, axis=1)
    return out


@dataclass(frozen=True)
class PermutationTails:
    """What a permutation distribution says of one statistic in each row.

    Attributes
    ----------
    up, down : (R,) probability of a statistic at least, and at most, as large as the observed one
    high, low : (R,) the largest and the smallest value of the statistic of logit P that is not rejected at ``tail``
    """

    up: FloatArray
    down: FloatArray
    high: FloatArray
    low: FloatArray


def permuted(
    sizes: NDArray[np.int32],
    statistic: FloatArray,
    na: IntArray,
    nb: IntArray,
    *,
    which: BoolArray,
    tail: float,
    logit: bool,
    draws: Draws,
) -> PermutationTails:
    """Compare statistics (R,) with their permutation distribution, where ``which`` (R,); there every arm has two values.

    Parameters
    ----------
    sizes : (R, G) groups of equal values in the joined sample, from `tie_groups`
    tail : probability that the interval leaves out on one side
    logit : whether the statistic is that of logit P, or of P itself
    """
    out = PermutationTails(*(np.full(statistic.shape, np.nan) for _ in range(4)))
    replicate = draws.replicates.start + np.arange(statistic.size) % max(len(draws.replicates), 1)
    every = _few(na, nb)
    for a, b in np.unique(np.column_stack([na, nb])[which & every], axis=0).tolist():
        divisions = _divisions(a, b)
        rows = np.flatnonzero(which & every & (na == a) & (nb == b))
        for part in _parts(rows, len(divisions)):
            found, of_logit = np.empty((2, part.size, len(divisions)))
            _fill_all(np.ascontiguousarray(sizes[part]), divisions, a, b, found, of_logit)
            _compare(of_logit if logit else found, statistic[part], drawn=False, out=out, rows=part)
            _limit(of_logit, tail=tail, drawn=False, out=out, rows=part)
    key = np.uint64(stream_key(stream("permutation")))
    drawn = np.flatnonzero(which & ~every)
    for part in _parts(drawn[np.argsort(replicate[drawn], kind="stable")], PERMUTATIONS):
        found, of_logit = np.empty((2, part.size, PERMUTATIONS))
        chosen = np.ascontiguousarray(sizes[part])
        _fill_drawn(chosen, na[part], nb[part], replicate[part], np.uint64(draws.seed), key, found, of_logit)
        _compare(of_logit if logit else found, statistic[part], drawn=True, out=out, rows=part)
        _limit(of_logit, tail=tail, drawn=True, out=out, rows=part)
    return out


def _parts(rows: IntArray, permutations: int) -> list[IntArray]:
    """Rows in parts whose statistics fit into memory."""
    size = max(1, HELD // permutations)
    return [rows[start : start + size] for start in range(0, rows.size, size)]


def _compare(found: FloatArray, statistic: FloatArray, *, drawn: bool, out: PermutationTails, rows: IntArray) -> None:
    """Fill the tails of some rows from their permuted statistics (R, M).

    The observed division is among all of them; it is added to those that are drawn: p = (b + 1) / (B + 1).
    """
    extra = 1 if drawn else 0
    total = found.shape[1] + extra
    near = np.where(np.isfinite(statistic), EQUAL * np.abs(statistic), 0.0)
    out.up[rows] = ((found >= (statistic - near)[:, None]).sum(axis=1) + extra) / total
    out.down[rows] = ((found <= (statistic + near)[:, None]).sum(axis=1) + extra) / total


def _limit(found: FloatArray, *, tail: float, drawn: bool, out: PermutationTails, rows: IntArray) -> None:
    """Fill the outermost values that are not rejected; this sorts ``found`` (R, M).

    That is the m-th from the end, where m is the least number of permutations beyond a statistic that is not rejected.
    """
    extra = 1 if drawn else 0
    total = found.shape[1] + extra
    m = min(math.floor(tail * total * (1.0 + 1e-12)) + 1 - extra, found.shape[1])
    if m < 1:
        out.low[rows], out.high[rows] = -np.inf, np.inf
        return
    found.partition([m - 1, found.shape[1] - m], axis=1)
    out.low[rows], out.high[rows] = found[:, m - 1], found[:, found.shape[1] - m]
