"""Rank sums, ties and placements, from a count table (ordinal outcomes) or from sorted values (all others)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import kernel


@dataclass(frozen=True)
class RankSums:
    """The numbers that rank tests of G groups need, in every replicate. All numbers are exact multiples of 1/4.

    Attributes
    ----------
    n : (R, G) number of values
    rank_sum : (R, G) sum of midranks in the joined sample
    square : (R, G) sum of squared placements; the placement of a value is the number of values of the other groups
        below it, ties counted half
    ties : (R,) sum of t^3 - t over groups of t equal values
    """

    n: IntArray
    rank_sum: FloatArray
    square: FloatArray
    ties: FloatArray


def make_place(groups: Sequence[Sequence[int]], arms: int) -> IntArray:
    """Return for each of the arms the group it belongs to, -1 for none."""
    place = np.full(arms, -1, dtype=np.int64)
    for g, members in enumerate(groups):
        place[list(members)] = g
    return place


def _empty_sums(replicates: int, groups: int) -> RankSums:
    shape = (replicates, groups)
    return RankSums(
        n=np.empty(shape, np.int64), rank_sum=np.empty(shape), square=np.empty(shape), ties=np.empty(replicates)
    )


@kernel
def _walk_counts_kernel(
    table: IntArray, place: IntArray, n: IntArray, rank_sum: FloatArray, square: FloatArray, ties: FloatArray
) -> None:
    replicates, arms, categories = table.shape
    groups = n.shape[1]
    here = np.zeros(groups, np.int64)
    for r in range(replicates):
        ties[r] = 0.0
        for g in range(groups):
            n[r, g] = 0
            rank_sum[r, g] = 0.0
            square[r, g] = 0.0
        below = 0
        for category in range(categories):
            equal = 0
            for g in range(groups):
                here[g] = 0
            for k in range(arms):
                g = place[k]
                if g >= 0:
                    here[g] += table[r, k, category]
                    equal += table[r, k, category]
            for g in range(groups):
                own = here[g]
                placement = (below - n[r, g]) + 0.5 * (equal - own)
                rank_sum[r, g] += own * (below + 0.5 * (equal + 1))
                square[r, g] += own * placement * placement
                n[r, g] += own
            ties[r] += float(equal) * equal * equal - equal
            below += equal


@kernel
def _walk_sorted_kernel(
    arm: NDArray[np.int8],
    tied: NDArray[np.uint8],
    place: IntArray,
    n: IntArray,
    rank_sum: FloatArray,
    square: FloatArray,
    ties: FloatArray,
) -> None:
    replicates, participants = arm.shape
    groups = n.shape[1]
    here = np.zeros(groups, np.int64)
    for r in range(replicates):
        ties[r] = 0.0
        for g in range(groups):
            n[r, g] = 0
            rank_sum[r, g] = 0.0
            square[r, g] = 0.0
        below = 0
        start = 0
        while start < participants and arm[r, start] >= 0:
            i = start + 1
            if i == participants or arm[r, i] < 0 or tied[r, i] == 0:
                g = place[arm[r, start]]
                if g >= 0:
                    placement = float(below - n[r, g])
                    rank_sum[r, g] += below + 1
                    square[r, g] += placement * placement
                    n[r, g] += 1
                    below += 1
                start = i
                continue
            for g in range(groups):
                here[g] = 0
            equal = 0
            i = start
            while i < participants and arm[r, i] >= 0 and (i == start or tied[r, i] == 1):
                g = place[arm[r, i]]
                if g >= 0:
                    here[g] += 1
                    equal += 1
                i += 1
            for g in range(groups):
                own = here[g]
                if own > 0:
                    placement = (below - n[r, g]) + 0.5 * (equal - own)
                    rank_sum[r, g] += own * (below + 0.5 * (equal + 1))
                    square[r, g] += own * placement * placement
                    n[r, g] += own
            ties[r] += float(equal) * equal * equal - equal
            below += equal
            start = i


@kernel
def _sort_kernel(y: FloatArray, arm: NDArray[np.int8], order: NDArray[np.int8], tied: NDArray[np.uint8]) -> None:
    # Stable merge sort from the bottom up over runs of 8 made by insertion: no recursion, quick to compile.
    replicates, participants = y.shape
    value = np.empty(participants)
    owner = np.empty(participants, np.int8)
    value_out = np.empty(participants)
    owner_out = np.empty(participants, np.int8)
    for r in range(replicates):
        size = 0
        for i in range(participants):
            if arm[r, i] >= 0 and not np.isnan(y[r, i]):
                x = y[r, i]
                j = size
                floor = size - size % 8
                while j > floor and value[j - 1] > x:
                    value[j] = value[j - 1]
                    owner[j] = owner[j - 1]
                    j -= 1
                value[j] = x
                owner[j] = arm[r, i]
                size += 1
        width = 8
        while width < size:
            for left in range(0, size, 2 * width):
                middle = min(left + width, size)
                right = min(left + 2 * width, size)
                i = left
                j = middle
                for to in range(left, right):
                    if j >= right or (i < middle and value[i] <= value[j]):
                        value_out[to] = value[i]
                        owner_out[to] = owner[i]
                        i += 1
                    else:
                        value_out[to] = value[j]
                        owner_out[to] = owner[j]
                        j += 1
            value, value_out = value_out, value
            owner, owner_out = owner_out, owner
            width *= 2
        for i in range(participants):
            order[r, i] = owner[i] if i < size else -1
            tied[r, i] = 1 if 0 < i < size and value[i] == value[i - 1] else 0


@dataclass(frozen=True)
class RankOrder:
    """The order of the observed values of every replicate; only the arms of the values are kept.

    Attributes
    ----------
    arm : (R, N) arm of the i-th smallest value, -1 after the last observed one
    tied : (R, N) 1 where a value equals the one before it
    arms : K
    """

    arm: NDArray[np.int8]
    tied: NDArray[np.uint8]
    arms: int

    def rank_sums(self, groups: Sequence[Sequence[int]]) -> RankSums:
        """Rank the joined sample of the named groups of arms; other arms are left out."""
        sums = _empty_sums(self.arm.shape[0], len(groups))
        place = make_place(groups, self.arms)
        _walk_sorted_kernel(self.arm, self.tied, place, sums.n, sums.rank_sum, sums.square, sums.ties)
        return sums


@dataclass(frozen=True)
class Counts:
    """Counts of each category in each arm of every replicate.

    Attributes
    ----------
    table : (R, K, L) counts
    categories : (L,) the values, ascending
    """

    table: IntArray
    categories: FloatArray

    @property
    def arms(self) -> int:
        """K."""
        return int(self.table.shape[1])

    def rank_sums(self, groups: Sequence[Sequence[int]]) -> RankSums:
        """Rank the joined sample of the named groups of arms; other arms are left out."""
        sums = _empty_sums(self.table.shape[0], len(groups))
        place = make_place(groups, self.arms)
        _walk_counts_kernel(self.table, place, sums.n, sums.rank_sum, sums.square, sums.ties)
        return sums


def order(y: FloatArray, arm: NDArray[np.int8], *, arms: int) -> RankOrder:
    """Sort an outcome once for all rank tests on it.

    Parameters
    ----------
    y : (R, N) values, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place
    arms : K

    Examples
    --------
    >>> order(np.array([[3.0, 1.0, np.nan]]), np.array([[0, 1, 1]], np.int8), arms=2).arm.tolist()
    [[1, 0, -1]]
    """
    values = as_values(y)
    sorted_arm, tied = np.empty(values.shape, np.int8), np.empty(values.shape, np.uint8)
    _sort_kernel(values, as_arms(arm, values, arms=arms), sorted_arm, tied)
    return RankOrder(arm=sorted_arm, tied=tied, arms=arms)
