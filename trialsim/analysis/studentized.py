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
def _statistic(sizes: NDArray[np.int32], in_a: NDArray[np.uint8], na: int, nb: int, logit: bool) -> float:
    """(P - .5) / SE, or logit P over its SE, of one division of the sorted sample; infinite if the arms are separated."""
    u = 0.0
    square_a = 0.0
    square_b = 0.0
    below_a = 0
    below_b = 0
    i = 0
    for g in range(sizes.shape[0]):
        size = sizes[g]
        if size == 0:
            if i == na + nb:
                break
            continue
        own = 0
        for _ in range(size):
            own += in_a[i]
            i += 1
        other = size - own
        place_a = below_b + 0.5 * other
        place_b = below_a + 0.5 * own
        u += own * place_a
        square_a += own * place_a * place_a
        square_b += other * place_b * place_b
        below_a += own
        below_b += other
    total = float(na) * nb
    if u == 0.0:
        return -math.inf
    if u == total:
        return math.inf
    ss_a = (na * square_a - u * u) / na / (float(nb) * nb)
    ss_b = (nb * square_b - (total - u) * (total - u)) / nb / (float(na) * na)
    se = math.sqrt(ss_a / (na - 1.0) / na + ss_b / (nb - 1.0) / nb)
    p = u / total
    if se == 0.0:  # all values are equal
        return 0.0
    if logit:
        return math.log(u / (total - u)) * p * (1.0 - p) / se
    return (p - 0.5) / se


@kernel
def _fill_all(
    sizes: NDArray[np.int32], divisions: NDArray[np.uint8], na: int, nb: int, logit: bool, out: FloatArray
) -> None:
    for r in range(sizes.shape[0]):
        for k in range(divisions.shape[0]):
            out[r, k] = _statistic(sizes[r], divisions[k], na, nb, logit)


@kernel
def _fill_drawn(
    sizes: NDArray[np.int32],
    na: IntArray,
    nb: IntArray,
    replicate: IntArray,
    seed: np.uint64,
    key: np.uint64,
    logit: bool,
    out: FloatArray,
) -> None:
    longest = 0
    for r in range(sizes.shape[0]):
        longest = max(longest, na[r] + nb[r])
    draw = np.empty((1, longest))
    in_a = np.zeros(longest, np.uint8)
    for r in range(sizes.shape[0]):
        size = na[r] + nb[r]
        for k in range(out.shape[1]):
            fill_uniform(seed, key, np.uint64(k), np.uint64(replicate[r]), draw[:, :size])
            needed = na[r]
            for i in range(size):
                chosen = draw[0, i] * (size - i) < needed
                in_a[i] = 1 if chosen else 0
                needed -= in_a[i]
            out[r, k] = _statistic(sizes[r], in_a, na[r], nb[r], logit)


def _few(na: IntArray, nb: IntArray) -> BoolArray:
    """(R,) whether all permutations are used."""
    sizes, inverse = np.unique(np.column_stack([na, nb]), axis=0, return_inverse=True)
    few = np.array([math.comb(a + b, a) <= PERMUTATIONS for a, b in sizes.tolist()], dtype=np.bool_)
    return few[inverse.reshape(-1)]


def _divisions(na: int, nb: int) -> NDArray[np.uint8]:
    """All divisions (M, N) of na + nb places: 1 where a place belongs to A."""
    chosen = np.array(list(combinations(range(na + nb), na)), dtype=np.int64)
    out = np.zeros((len(chosen), na + nb), np.uint8)
    np.put_along_axis(out, chosen, 1, axis=1)
    return out


@dataclass(frozen=True)
class Permuted:
    """What a permutation distribution says of one statistic in each row.

    Attributes
    ----------
    up, down : (R,) probability of a statistic at least, and at most, as large as the observed one
    high, low : (R,) the largest and the smallest value of the statistic that is not rejected at ``tail``
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
) -> Permuted:
    """Compare statistics (R,) with their permutation distribution, where ``which`` (R,); there every arm has two values.

    Parameters
    ----------
    sizes : (R, G) groups of equal values in the joined sample, from `tie_groups`
    tail : probability that the interval leaves out on one side
    logit : whether the statistic is that of logit P
    """
    out = Permuted(*(np.full(statistic.shape, np.nan) for _ in range(4)))
    replicate = draws.replicates.start + np.arange(statistic.size) % max(len(draws.replicates), 1)
    every = _few(na, nb)
    for a, b in np.unique(np.column_stack([na, nb])[which & every], axis=0).tolist():
        divisions = _divisions(a, b)
        rows = np.flatnonzero(which & every & (na == a) & (nb == b))
        for part in _parts(rows, len(divisions)):
            found = np.empty((part.size, len(divisions)))
            _fill_all(np.ascontiguousarray(sizes[part]), divisions, a, b, logit, found)
            _compare(found, statistic[part], tail=tail, drawn=False, out=out, rows=part)
    key = np.uint64(stream_key(stream("permutation")))
    for part in _parts(np.flatnonzero(which & ~every), PERMUTATIONS):
        found = np.empty((part.size, PERMUTATIONS))
        chosen = np.ascontiguousarray(sizes[part])
        _fill_drawn(chosen, na[part], nb[part], replicate[part], np.uint64(draws.seed), key, logit, found)
        _compare(found, statistic[part], tail=tail, drawn=True, out=out, rows=part)
    return out


def _parts(rows: IntArray, permutations: int) -> list[IntArray]:
    """Rows in parts whose statistics fit into memory."""
    size = max(1, HELD // permutations)
    return [rows[start : start + size] for start in range(0, rows.size, size)]


def _compare(
    found: FloatArray, statistic: FloatArray, *, tail: float, drawn: bool, out: Permuted, rows: IntArray
) -> None:
    """Fill ``out`` for some rows from their permuted statistics (R, M), which this sorts.

    The observed division is among all of them; it is added to those that are drawn: p = (b + 1) / (B + 1).
    """
    extra = 1 if drawn else 0
    total = found.shape[1] + extra
    near = np.where(np.isfinite(statistic), EQUAL * np.abs(statistic), 0.0)
    out.up[rows] = ((found >= (statistic - near)[:, None]).sum(axis=1) + extra) / total
    out.down[rows] = ((found <= (statistic + near)[:, None]).sum(axis=1) + extra) / total
    # The m-th from the end, where m is the least number of permutations beyond a statistic that is not rejected.
    m = min(math.floor(tail * total * (1.0 + 1e-12)) + 1 - extra, found.shape[1])
    if m < 1:
        out.low[rows], out.high[rows] = -np.inf, np.inf
        return
    found.partition([m - 1, found.shape[1] - m], axis=1)
    out.low[rows], out.high[rows] = found[:, m - 1], found[:, found.shape[1] - m]
