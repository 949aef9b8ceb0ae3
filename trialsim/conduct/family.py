"""Children of one birth: how many of the participants have one mother, and who.

A mother comes, is asked and leaves; if she consents her children are enrolled one after another, until the target is reached
(the last family may come in only in part). Sizes are drawn by the number of the family in the order of enrollment, so a smaller
trial is the beginning of a larger one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.plan import ConductPlan
from trialsim.numbers.distributions import quantile
from trialsim.numbers.draws import stream, uniforms

Ints = NDArray[np.int64]


def families(plan: ConductPlan, *, seed: int, replicates: range) -> Ints:
    """(R, N) the family of each participant, counted from 0 in the order of enrollment."""
    assert plan.family is not None
    u = uniforms(seed, stream("family size"), replicates=replicates, participants=plan.target)
    sizes = np.rint(quantile(plan.family.size, u)).astype(np.int64)
    ends = np.cumsum(sizes, axis=1)
    place = np.arange(plan.target)
    return np.stack([np.searchsorted(row, place, side="right") for row in ends]).astype(np.int64)


def of_members(of_families: dict[str, NDArray[Any]], family: Ints) -> dict[str, NDArray[Any]]:
    """What families have (R, N at most), for each participant; numbers of a trial (R,) and counts stay."""
    shared = {"arrival", "entry", "arrival_number", "site", "leave", "leave_reason"}
    return {
        name: np.take_along_axis(values, family, axis=1) if name in shared else values
        for name, values in of_families.items()
    }


def firsts(family: Ints) -> NDArray[np.bool_]:
    """(R, N) whether a participant is the first of the family."""
    return np.concatenate([np.ones((len(family), 1), np.bool_), family[:, 1:] != family[:, :-1]], axis=1)


def in_families(values: NDArray[Any], family: Ints, empty: Any) -> NDArray[Any]:
    """(R, N) the values of the first of each family, by the number of the family; ``empty`` where there is none."""
    out = np.full(values.shape, empty, dtype=values.dtype)
    rows, places = np.nonzero(firsts(family))
    out[rows, family[rows, places]] = values[rows, places]
    return out
