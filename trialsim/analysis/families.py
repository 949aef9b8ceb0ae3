"""Adjusted p-values of families of hypotheses that come from several analyses.

An adjusted p-value is the smallest level of the whole family at which its method rejects the hypothesis. Each is compared with
the alpha of the family. Everything here is a shortcut for closed testing: a hypothesis is rejected if every set of hypotheses
that contains it is rejected by a test of its own (Marcus, Peritz and Gabriel 1976, doi:10.1093/biomet/63.3.655).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from trialsim.analysis import multiplicity
from trialsim.analysis.plan import AnalysisPlan, PlannedFamily
from trialsim.analysis.rows import BoolArray, FloatArray, Rows
from trialsim.kinds.designs import FAMILY_METHOD

#: From the statistics of some members, missing where a member is left out, to joint (single-step) p-values of the others.
Jointly = Callable[[Sequence[Rows]], FloatArray]


def adjusted(plan: AnalysisPlan, family: PlannedFamily, tested: Sequence[Rows], jointly: Jointly | None) -> FloatArray:
    """(R, m) adjusted p-values of the members of a family, on the side or sides of each member's own p-value.

    Alpha is two-sided for a margin, although each of its tests is one-sided: the family takes twice its p, and what is returned
    for it is half of the adjusted p, to be compared with half of alpha.

    Parameters
    ----------
    tested : the rows of its members
    jointly : for members that are pairs of one model against one arm, if the method needs their joint distribution
    """
    sides = np.array([2.0 if plan.rows[row].margins else 1.0 for row in family.rows])
    p = np.minimum(np.stack([rows.p for rows in tested], axis=1) * sides, 1.0)
    method = FAMILY_METHOD[family.method]
    if method.graph:
        found = graph(p, family.weights, family.transitions)
    elif method.sequence:
        found = fixed_sequence(p)
    elif method.against_one:
        assert jointly is not None  # checked when the scenario was resolved
        found = step_down(p, tested, jointly)
    else:
        found = multiplicity.adjust(p, method.name)
    return np.asarray(found / sides)


def fixed_sequence(p: FloatArray) -> FloatArray:
    """Adjusted p-values (R, m) of hypotheses that are tested in this order, each at alpha until one is not rejected.

    >>> fixed_sequence(np.array([[0.01, 0.04, 0.02]])).tolist()
    [[0.01, 0.04, 0.04]]
    """
    return _with_missing(p, lambda known: np.maximum.accumulate(known, axis=1))


def graph(p: FloatArray, weights: Sequence[float], transitions: Sequence[Sequence[float]]) -> FloatArray:
    """Adjusted p-values (R, m) of a graph: each hypothesis begins with a share of alpha, and passes it on once rejected.

    Parameters
    ----------
    weights : (m,) shares of alpha, which sum to 1 at most
    transitions : (m, m) the share of its own alpha that a rejected hypothesis (row) passes to another (column)

    References
    ----------
    Bretz, Maurer, Brannath and Posch 2009, doi:10.1002/sim.3495, algorithm 2.

    Examples
    --------
    >>> graph(np.array([[0.01, 0.02]]), [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]]).tolist()  # Holm
    [[0.02, 0.02]]
    """
    shares, passed = tuple(weights), tuple(tuple(row) for row in transitions)
    return _with_missing(p, lambda known: _graph(known, shares, passed))


def _graph(p: FloatArray, weights: tuple[float, ...], transitions: tuple[tuple[float, ...], ...]) -> FloatArray:
    count = p.shape[1]
    found, left = np.ones_like(p), np.ones(p.shape, dtype=np.bool_)
    highest, each = np.zeros(len(p)), np.arange(len(p))
    for _ in range(count):
        kinds, place = np.unique(left, axis=0, return_inverse=True)
        shares = np.array([remaining_weights(weights, transitions, tuple(kind.tolist())) for kind in kinds])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(shares[place.reshape(-1)] > 0.0, p / shares[place.reshape(-1)], np.inf)
        next_one = np.argmin(np.where(left, ratio, np.inf), axis=1)
        possible = np.isfinite(ratio[each, next_one]) & left[each, next_one]
        highest = np.where(possible, np.maximum(highest, ratio[each, next_one]), highest)
        found[each[possible], next_one[possible]] = np.minimum(highest[possible], 1.0)
        left[each[possible], next_one[possible]] = False
    return found


@lru_cache(maxsize=65_536)
def remaining_weights(
    weights: tuple[float, ...], transitions: tuple[tuple[float, ...], ...], left: tuple[bool, ...]
) -> tuple[float, ...]:
    """The share of alpha of each hypothesis once those that are not ``left`` were rejected; 0 for these.

    It does not depend on the order in which they were rejected, so that they are removed in that of the family (Bretz et al.
    2009, algorithm 1).

    >>> remaining_weights((0.5, 0.5), ((0.0, 1.0), (1.0, 0.0)), (False, True))
    (0.0, 1.0)
    """
    share, passed = np.array(weights), np.array(transitions)
    there = np.ones(len(share), dtype=np.bool_)
    for j in np.flatnonzero(~np.array(left)):
        there[j] = False
        share = share + share[j] * passed[j]
        back = passed[:, j] * passed[j, :]  # from l through j to k
        through = passed + np.outer(passed[:, j], passed[j, :])
        loop = (1.0 - back)[:, None]
        passed = np.where(loop > 0.0, through / np.where(loop > 0.0, loop, 1.0), 0.0)
        np.fill_diagonal(passed, 0.0)
        share[~there] = 0.0
        passed[~there, :] = passed[:, ~there] = 0.0
    return tuple(share.tolist())


def step_down(p: FloatArray, tested: Sequence[Rows], jointly: Jointly) -> FloatArray:
    """Adjusted p-values (R, m) of a step-down test by the largest statistic: at each step among those that are left.

    References
    ----------
    Dunnett and Tamhane 1991, doi:10.1002/sim.4780100614; Marcus, Peritz and Gabriel 1976.
    """
    known = np.isfinite(p)
    left, found, highest = known.copy(), np.where(known, 1.0, np.nan), np.zeros(len(p))
    each = np.arange(len(p))
    for _ in range(p.shape[1]):
        some = left.any(axis=1)
        if not some.any():
            break
        joint = np.where(left, np.where(p == 1.0, 1.0, jointly(_only(tested, left))), np.inf)
        next_one = np.argmin(np.where(left, np.where(np.isnan(joint), 1.0, joint), np.inf), axis=1)
        highest = np.where(some, np.maximum(highest, joint[each, next_one]), highest)
        found[each[some], next_one[some]] = np.minimum(highest[some], 1.0)
        left[each[some], next_one[some]] = False
    return found


def _only(tested: Sequence[Rows], left: BoolArray) -> list[Rows]:
    """The rows with statistics of those that are left."""
    from dataclasses import replace

    return [
        replace(rows, statistic=np.where(left[:, index], rows.statistic, np.nan)) for index, rows in enumerate(tested)
    ]


def _with_missing(p: FloatArray, method: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """A missing p-value stays missing, and counts as 1 for the others: the family is what was planned."""
    missing = np.isnan(p)
    return np.where(missing, np.nan, np.minimum(method(np.where(missing, 1.0, p)), 1.0))
