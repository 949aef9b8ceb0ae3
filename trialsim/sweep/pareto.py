"""Which designs no other one beats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Nobody plans a study to within one percent of its length or cost: burdens this close count as equal.
SLACK = 0.01


def pareto_set(value: Floats, burdens: Floats, *, slack: float = SLACK) -> NDArray[np.bool_]:
    """(D,) which of D designs are in the Pareto set: more ``value`` (D,) for less of each of ``burdens`` (D, B).

    A design is beaten when another has at least its value, for burdens at most ``slack`` (a share) above its own, and
    is better in one: a higher value, or a burden lower by more than ``slack``. Values count as simulated, whatever their
    Monte Carlo error. Equal designs stay together; a design without a number somewhere is out.

    >>> pareto_set(np.array([0.9, 0.8, 0.8]), np.array([[200.0], [100.0], [150.0]]))
    array([ True,  True, False])
    """
    whole = np.isfinite(value) & np.isfinite(burdens).all(axis=1)
    inside = whole.copy()
    room = 1.0 + slack
    for d in np.flatnonzero(whole):
        no_worse = (value[whole] >= value[d]) & (burdens[whole] <= burdens[d] * room).all(axis=1)
        better = (value[whole] > value[d]) | (burdens[whole] * room < burdens[d]).any(axis=1)
        inside[d] = not (no_worse & better).any()
    return inside
