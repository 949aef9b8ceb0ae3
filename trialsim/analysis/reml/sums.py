"""What the likelihood needs of the participants of a replicate: sums of products, by the pattern of their measured visits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part


class Sums(NamedTuple):
    """Sums over the participants of each of S patterns: numbers ``u`` (A of each participant) and values ``y`` (V).

    Attributes
    ----------
    size : (S,) participants
    mask : (S,) the measured visits as bits
    uu, uy, yy : (S, A, A), (S, A, V), (S, V, V) sums of products; of unmeasured values 0
    cell : (K, V) how many values each arm has at each visit
    people : (K,) participants of each arm with a value
    center, scale : (A + 1,) of the numbers of participants, and last of the values
    """

    size: FloatArray
    mask: IntArray
    uu: FloatArray
    uy: FloatArray
    yy: FloatArray
    cell: IntArray
    people: IntArray
    center: FloatArray
    scale: FloatArray


@part
def standardize(y: FloatArray, x: FloatArray, arm: NDArray[np.int8], r: int, u_arms: int, sums: Sums) -> None:
    """Center and scale of values and covariates of replicate r, over whoever is analyzed: sizes of numbers do not matter."""
    participants, visits = y.shape[1], y.shape[2]
    covariates = x.shape[2]
    last = sums.center.shape[0] - 1
    for a in range(last + 1):
        sums.center[a] = 0.0
        sums.scale[a] = 0.0
    for turn in range(2):
        people, values = 0, 0
        for i in range(participants):
            if not _counts(y, x, arm, r, i):
                continue
            people += 1
            for c in range(covariates):
                value = x[r, i, c] - sums.center[u_arms + c]
                sums.scale[u_arms + c] += value if turn == 0 else value * value
            for v in range(visits):
                if not math.isnan(y[r, i, v]):
                    values += 1
                    value = y[r, i, v] - sums.center[last]
                    sums.scale[last] += value if turn == 0 else value * value
        for a in range(u_arms, last + 1):
            number = values if a == last else people
            mean = sums.scale[a] / max(number, 1)
            if turn == 0:
                sums.center[a] = mean
                sums.scale[a] = 0.0
            else:
                sums.scale[a] = math.sqrt(mean) if mean > 0.0 else 1.0


@part
def _counts(y: FloatArray, x: FloatArray, arm: NDArray[np.int8], r: int, i: int) -> bool:
    """Whether a participant is analyzed: in an arm, with all covariates and at least one value."""
    if arm[r, i] < 0:
        return False
    for c in range(x.shape[2]):
        if math.isnan(x[r, i, c]):
            return False
    there = 0
    for v in range(y.shape[2]):
        there += 0 if math.isnan(y[r, i, v]) else 1
    return there > 0


@part
def add_up(
    y: FloatArray, x: FloatArray, arm: NDArray[np.int8], r: int, u_arms: int, place: IntArray, u: FloatArray, sums: Sums
) -> int:
    """The sums of replicate r; the number of patterns. ``place`` (K,) is where in ``u`` an arm has its indicator, 0 for none."""
    participants, visits = y.shape[1], y.shape[2]
    numbers = u.shape[0]
    covariates = x.shape[2]
    center, scale = sums.center[numbers], sums.scale[numbers]
    for k in range(place.shape[0]):
        sums.people[k] = 0
        for v in range(visits):
            sums.cell[k, v] = 0
    found = 0
    for i in range(participants):
        if not _counts(y, x, arm, r, i):
            continue
        mask = 0
        for v in range(visits):
            if not math.isnan(y[r, i, v]):
                mask |= 1 << v
        s = 0
        while s < found and sums.mask[s] != mask:
            s += 1
        if s == found:
            found += 1
            _clear(sums, s, mask)
        k = arm[r, i]
        sums.people[k] += 1
        u[0] = 1.0
        for a in range(1, u_arms):
            u[a] = 1.0 if place[k] == a else 0.0
        for c in range(covariates):
            u[u_arms + c] = (x[r, i, c] - sums.center[u_arms + c]) / sums.scale[u_arms + c]
        sums.size[s] += 1.0
        for a in range(numbers):
            if u[a] != 0.0:
                for b in range(a + 1):
                    sums.uu[s, a, b] += u[a] * u[b]
        for v in range(visits):
            if math.isnan(y[r, i, v]):
                continue
            sums.cell[k, v] += 1
            value = (y[r, i, v] - center) / scale
            for a in range(numbers):
                sums.uy[s, a, v] += u[a] * value
            for w in range(v + 1):
                if not math.isnan(y[r, i, w]):
                    sums.yy[s, v, w] += value * (y[r, i, w] - center) / scale
    for s in range(found):
        for a in range(numbers):
            for b in range(a):
                sums.uu[s, b, a] = sums.uu[s, a, b]
        for v in range(visits):
            for w in range(v):
                sums.yy[s, w, v] = sums.yy[s, v, w]
    return found


@part
def _clear(sums: Sums, s: int, mask: int) -> None:
    """Begin a pattern."""
    sums.mask[s] = mask
    sums.size[s] = 0.0
    for a in range(sums.uu.shape[1]):
        for b in range(sums.uu.shape[1]):
            sums.uu[s, a, b] = 0.0
        for v in range(sums.yy.shape[1]):
            sums.uy[s, a, v] = 0.0
    for v in range(sums.yy.shape[1]):
        for w in range(sums.yy.shape[1]):
            sums.yy[s, v, w] = 0.0
