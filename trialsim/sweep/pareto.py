"""The Pareto set: designs that no other one beats, as far as their simulated trials show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.separation import ApparentBest, Separation, best_of, holm, most_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: The z of the lead of one design over another, and the number of trials it comes from.
Lead = Callable[[int, int], tuple[float, int]]

#: Nobody plans a study to within one percent of its length or cost: burdens this close count as equal.
SLACK = 0.01

#: If no design takes this much more than another, the choice is free.
CLEARLY = 0.05


@dataclass(frozen=True)
class ParetoMembership:
    """Whether each of D designs is in the Pareto set.

    Attributes
    ----------
    inside : (D,) clearly in the Pareto set
    open : (D,) undecided: they may be in or out by chance
    more : (D,) replicates that would decide, NaN if no number would or none is needed
    """

    inside: Flags
    open: Flags
    more: Floats


def pareto_set(value: Floats, burdens: Floats, *, slack: float = SLACK) -> Flags:
    """(D,) which of D designs seem to be in the Pareto set: more ``value`` (D,) for less of each of ``burdens`` (D, B).

    A design is beaten by one of the set that is at least as good in everything and better in something. Burdens count as
    equal within ``slack``, a share. Equal designs of the set stay together; a design with a missing number is out.

    >>> pareto_set(np.array([0.9, 0.8, 0.8]), np.array([[200.0], [100.0], [150.0]]))
    array([ True,  True, False])
    """
    inside = np.zeros(len(value), dtype=np.bool_)
    whole = np.flatnonzero(np.isfinite(value) & np.isfinite(burdens).all(axis=1))
    burden = np.log(np.maximum(burdens[whole], 1e-300)).sum(axis=1)
    light_first = whole[np.lexsort((-value[whole], burden))]
    for d in light_first:
        inside[d] = not _beaten(d, np.flatnonzero(inside), value, burdens, 1.0 + slack)
    for d in light_first:
        others = np.flatnonzero(inside)
        inside[d] = inside[d] and not _beaten(d, others[others != d], value, burdens, 1.0 + slack)
    return inside


def _beaten(d: int, others: NDArray[np.int64], value: Floats, burdens: Floats, room: float) -> bool:
    """Whether one of ``others`` is at least as good as design ``d`` in everything, and better in something."""
    no_worse = (value[others] >= value[d]) & (burdens[others] <= burdens[d] * room).all(axis=1)
    better = (value[others] > value[d]) | (burdens[others] * room < burdens[d]).any(axis=1)
    return bool((no_worse & better).any())


def pareto_membership(value: Floats, burdens: Floats, lead: Lead, *, slack: float = SLACK) -> ParetoMembership:
    """Designs that are clearly in the Pareto set, clearly out, or undecided.

        A design that seems to be in the set is clearly in it if its value differs clearly from that of each design that takes no
        more; one that seems to be out is clearly out if the value of one of the set that takes no more differs clearly from its
    own. Each design is one choice, with comparisons by Holm's steps (:func:`trialsim.evaluate.separation.holm`). Designs
        whose trials do not differ at all are equal, and their values need no comparison.
    """
    seems = pareto_set(value, burdens, slack=slack)
    inside, open_ = seems.copy(), np.zeros(len(value), dtype=np.bool_)
    more = np.full(len(value), np.nan)
    known = np.isfinite(value) & np.isfinite(burdens).all(axis=1)
    for d in np.flatnonzero(known).tolist():
        no_more = known & (burdens <= burdens[d] * (1.0 + slack)).all(axis=1)
        no_more[d] = False
        rivals = np.flatnonzero(no_more if seems[d] else no_more & seems & (value >= value[d]))
        leads = [lead(d, e) if seems[d] else lead(e, d) for e in rivals.tolist()]
        apart = _apart(leads, equal=value[rivals] == value[d])
        if seems[d]:
            needed = most_of([one for one in apart if not one.clear])
            open_[d] = any(not one.clear for one in apart)
        else:
            needed = min((one.more for one in apart if one.more is not None), default=None)
            open_[d] = not any(one.clear for one in apart)
        inside[d] &= not open_[d]
        more[d] = needed if open_[d] and needed is not None else np.nan
    return ParetoMembership(inside, open_, more)


def _apart(leads: Sequence[tuple[float, int]], *, equal: Flags) -> list[Separation]:
    """Whether each lead is clear; a pair whose trials never differ is equal, and needs no comparison."""
    same = [bool(alike) and z == 0.0 for (z, _), alike in zip(leads, equal, strict=True)]
    asked = [lead for lead, alike in zip(leads, same, strict=True) if not alike]
    separations = iter(holm([z for z, _ in asked], [n for _, n in asked]))
    return [Separation(clear=True) if alike else next(separations) for alike in same]


def highest(value: Floats, lead: Lead) -> ApparentBest | None:
    """The design with the highest value, compared with each other one; None if there is none to compare."""
    known = np.flatnonzero(np.isfinite(value))
    if len(known) < 2:
        return None
    top = int(known[np.argmax(value[known])])
    others = [int(d) for d in known if d != top]
    leads = [lead(top, other) for other in others]
    return best_of(top, others, [z for z, _ in leads], [n for _, n in leads])
