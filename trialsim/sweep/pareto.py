"""Which designs no other one beats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Nobody plans a study to within one percent of its length or cost: burdens this close count as equal.
SLACK = 0.01

#: Where no design takes this much more than another, there is nothing to choose between.
CLEARLY = 0.05


def pareto_set(value: Floats, mcse: Floats, burdens: Floats, *, slack: float = SLACK) -> NDArray[np.bool_]:
    """(D,) which of D designs are in the Pareto set: more ``value`` (D,) for less of each of ``burdens`` (D, B).

    A design is beaten by one of the set that is no worse in anything and better in something. Values count as equal within
    the Monte Carlo standard error of their difference (made from ``mcse`` (D,) as if draws were not shared, so that chance
    alone seldom puts a design into the set), burdens within ``slack``, a share. Equal designs of the set stay together;
    a design without a number somewhere is out.

    >>> pareto_set(np.array([0.9, 0.8, 0.8]), np.zeros(3), np.array([[200.0], [100.0], [150.0]]))
    array([ True,  True, False])
    """
    inside = np.zeros(len(value), dtype=np.bool_)
    whole = np.flatnonzero(np.isfinite(value) & np.isfinite(mcse) & np.isfinite(burdens).all(axis=1))
    burden = np.log(np.maximum(burdens[whole], 1e-300)).sum(axis=1)
    light_first = whole[np.lexsort((-value[whole], burden))]
    for d in light_first:
        inside[d] = not _beaten(d, np.flatnonzero(inside), value, mcse, burdens, 1.0 + slack)
    for d in light_first:
        others = np.flatnonzero(inside)
        inside[d] = inside[d] and not _beaten(d, others[others != d], value, mcse, burdens, 1.0 + slack)
    return inside


def _beaten(d: int, others: NDArray[np.int64], value: Floats, mcse: Floats, burdens: Floats, room: float) -> bool:
    """Whether one of ``others`` is no worse than design ``d``, and better in something."""
    error = np.hypot(mcse[d], mcse[others])
    no_worse = (value[others] >= value[d] - error) & (burdens[others] <= burdens[d] * room).all(axis=1)
    better = (value[others] > value[d] + error) | (burdens[others] * room < burdens[d]).any(axis=1)
    return bool((no_worse & better).any())
