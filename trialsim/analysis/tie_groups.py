"""Sizes of the groups of equal values in a joined sample: what ranks under a permutation of the arms depend on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.ordering import Counts, RankOrder, make_place
from trialsim.analysis.rows import IntArray
from trialsim.compiled import kernel


@kernel
def _tie_groups_kernel(
    arm: NDArray[np.int8], tied: NDArray[np.uint8], place: IntArray, sizes: NDArray[np.int32]
) -> None:
    replicates, participants = arm.shape
    for r in range(replicates):
        groups = 0
        here = 0
        for i in range(participants):
            if arm[r, i] < 0:
                break
            if tied[r, i] == 0 and here > 0:
                sizes[r, groups] = here
                groups += 1
                here = 0
            if place[arm[r, i]] >= 0:
                here += 1
        if here > 0:
            sizes[r, groups] = here
            groups += 1
        for g in range(groups, participants):
            sizes[r, g] = 0


def tie_groups(ranked: Counts | RankOrder, arms: Sequence[int]) -> NDArray[np.int32]:
    """Sizes (R, G) of the groups of equal values of the named arms together, the smallest value first, 0 for none.

    Examples
    --------
    >>> from trialsim.analysis.ordering import order
    >>> values = order(np.array([[3.0, 1.0, 1.0, 7.0]]), np.array([[0, 1, 0, 1]], np.int8), arms=2)
    >>> tie_groups(values, [0, 1]).tolist()
    [[2, 1, 1, 0]]
    """
    if isinstance(ranked, Counts):
        return np.ascontiguousarray(ranked.table[:, list(arms), :].sum(axis=1), dtype=np.int32)
    sizes = np.empty(ranked.arm.shape, np.int32)
    _tie_groups_kernel(ranked.arm, ranked.tied, make_place([arms], ranked.arms), sizes)
    return sizes
