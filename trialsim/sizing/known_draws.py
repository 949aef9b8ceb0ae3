"""The known part of the draws of a trial: contrasts of arm means of its standard normals, exactly normal.

Participants are allocated without regard to the draws of the outcomes. So for any sizes of the arms the difference of
two arm means of independent standard normals, divided by its standard error, is standard normal, exactly; and such
contrasts that are orthogonal are independent. They explain most of the random variation of a test statistic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.numbers.draws import fill_normal
from trialsim.prepared import Study
from trialsim.sizing.sizes import Sizes, within
from trialsim.sizing.target import Target

Floats = NDArray[np.float64]


def points_of(target: Target) -> tuple[int, ...]:
    """Positions of the measured values that the analyses use."""
    return tuple(sorted({point for call in target.calls for point in call.points}))


def known_contrasts(
    study: Study, target: Target, arm: NDArray[np.int8], *, sizes: Sizes, at: list[int], seed: int, replicates: range
) -> Floats:
    """(G, R, k) independent standard normals of each trial at each of G sizes.

    For tests of one sample the mean of all participants; otherwise one contrast fewer than there are arms, each of an arm
    against all before it (Helmert).

    Parameters
    ----------
    arm : (R, N) of the largest trial
    """
    streams = streams_of(study, points_of(target))
    arms = target.arms
    found = np.empty((len(at), len(replicates), len(streams) * max(len(arms) - 1, 1)))
    z = np.empty(arm.shape)
    inside = [within(arm, sizes, n) for n in at]
    for d, key in enumerate(streams):
        fill_normal(np.uint64(seed), key, np.uint64(0), np.uint64(replicates.start), z)
        for g, counted in enumerate(inside):
            parts = [counted & (arm == k) for k in arms] or [counted]
            number = np.array([part.sum(axis=1) for part in parts], dtype=np.float64)
            total = np.array([np.where(part, z, 0.0).sum(axis=1) for part in parts])
            first = d * max(len(arms) - 1, 1)
            found[g, :, first : first + max(len(arms) - 1, 1)] = _helmert(number, total).T
    return found


def streams_of(study: Study, points: tuple[int, ...]) -> list[np.uint64]:
    """Streams of the points and of those they are correlated with: a factor of the correlation mixes earlier ones in."""
    plan = study.response
    used = set(points)
    if plan.correlated:
        for point in points:
            used |= {d for d in range(point) if abs(plan.factor[point, d]) > 1e-12}
    return [plan.streams[d] for d in sorted(used)]


def _helmert(number: Floats, total: Floats) -> Floats:
    """(k, R) contrasts from numbers and sums of each group (groups, R); 0 where a group is empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if len(number) == 1:
            alone: Floats = np.nan_to_num(total / np.sqrt(number), nan=0.0)
            return alone
        rows = []
        for k in range(1, len(number)):
            before, sum_before = number[:k].sum(axis=0), total[:k].sum(axis=0)
            difference = total[k] / number[k] - sum_before / before
            rows.append(difference / np.sqrt(1 / number[k] + 1 / before))
        found: Floats = np.nan_to_num(np.array(rows), nan=0.0)
        return found
