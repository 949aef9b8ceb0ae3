"""Restricted maximum likelihood of a random person in a crossover, where the arm changes from period to period, compiled.

With one variance between persons and one within, every covariance matrix has the same directions: within a person, of variance
s2, and the mean of a person with k values, of variance s2 + k t2. So the data are summed up once for each of these 1 + P parts,
and everything that the likelihood needs is a weighted sum over parts. In the ratio of both variances the deviance is a
function of one number.

References
----------
Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558. Jones and Kenward 2014, Design and Analysis of Cross-Over Trials,
section 5.3.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_values
from trialsim.analysis.reml.algebra import factor, independent, invert_factor
from trialsim.analysis.reml.kernel import FLAT, ROUNDING_SHARE
from trialsim.analysis.reml.model import Fits
from trialsim.analysis.rows import BOUNDARY, EMPTY_ARM, NOT_CONVERGED, OK, SINGULAR, TOO_FEW, FloatArray, IntArray
from trialsim.analysis.tails import ROUNDING
from trialsim.compiled import kernel, part

#: Shares of the variance between persons at which the deviance is looked at first, and halvings of the interval around the least.
FIRST: Final = np.array(
    [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 0.99999]
)
HALVINGS: Final = 60


class PartSums(NamedTuple):
    """Sums of one trial by part: 0 within persons, k between persons with k values.

    Attributes
    ----------
    size : (S,) how many independent numbers
    info, right, square : (S, C, C), (S, C), (S,) products of columns with columns and values, and of values
    """

    size: FloatArray
    info: FloatArray
    right: FloatArray
    square: FloatArray


class Room(NamedTuple):
    """Scratch: ``both`` is (2, C, C), the derivatives of the information by both variances."""

    total: FloatArray
    lower: FloatArray
    phi: FloatArray
    beta: FloatArray
    kept: IntArray
    slope: FloatArray
    both: FloatArray
    across: FloatArray
    left: FloatArray
    column: FloatArray
    mean: FloatArray


def fit_crossover(
    y: FloatArray, sequence: NDArray[np.int8], design: FloatArray, *, looks: IntArray, adjust: bool
) -> Fits:
    """The coefficient of the last column in every replicate.

    Parameters
    ----------
    y : (R, N, P) values, NaN where missing
    sequence : (R, N) sequence of each participant, -1 for an empty place
    design : (K, P, C) columns of each sequence and period, the one that is wanted last
    looks : (K, P) 1 where a period has the one arm, 2 where it has the other, else 0
    adjust : Kenward and Roger's variance, by the expected information
    """
    values = as_values(y)
    replicates, columns, count = values.shape[0], design.shape[2], values.shape[2] + 1
    out, spread = np.full((replicates, 5), np.nan), np.zeros((replicates, 2, 2))
    free, n, status = np.full(replicates, np.nan), np.zeros(replicates, np.int64), np.zeros(replicates, np.int64)
    parts = PartSums(np.zeros(count), np.zeros((count, columns, columns)), np.zeros((count, columns)), np.zeros(count))
    square = (columns, columns)
    room = Room(
        np.zeros(square), np.zeros(square), np.zeros(square), np.zeros(columns), np.zeros(columns, np.int64),
        np.zeros((2, columns)), np.zeros((2, *square)), np.zeros(square), np.zeros((2, columns)), np.zeros(columns),
        np.zeros(columns),
    )  # fmt: skip
    _fit_all(values, sequence, design, looks, adjust, parts, room, out, spread, free, n, status)
    tiny = 100 * ROUNDING * np.abs(np.where(np.isnan(values), 0.0, values)).max(axis=(1, 2), initial=0.0)
    tiny = np.where(status == FLAT, tiny, 0.0)
    estimate = np.where(np.abs(out[:, 0]) <= tiny, 0.0, out[:, 0])
    variance = out[:, 1, None, None]
    return Fits(
        estimate[:, None], variance, variance + out[:, 2, None, None], out[:, 3:, None, None], spread, free, n, status,
        np.asarray(tiny),
    )  # fmt: skip


@kernel
def _fit_all(y, sequence, design, looks, adjust, parts, room, out, spread, free, n, status):  # type: ignore[no-untyped-def]
    """Fill of every replicate the estimate, its variance, what Kenward and Roger add, and its derivatives by both variances."""
    columns = design.shape[2]
    for r in range(y.shape[0]):
        center, scale = _standard(y, sequence, r)
        n[r] = _add_up(y, sequence, design, r, center, scale, parts, room)
        if _lacks(y, sequence, looks, r):
            status[r] = EMPTY_ARM
            continue
        size, within = _columns(parts, room, columns)
        if size == 0:
            status[r] = SINGULAR
            continue
        values = total = 0.0
        for s in range(parts.size.shape[0]):
            values += parts.size[s]
            total += parts.square[s]
        if values - size < 1.0:
            status[r] = TOO_FEW
            continue
        rest = _weigh(parts, room, 0.0, size)[1]
        if rest <= ROUNDING_SHARE * max(total, 1.0):
            out[r, 0] = scale * room.beta[size - 1]
            out[r, 1] = out[r, 2] = out[r, 3] = out[r, 4] = 0.0
            free[r] = values - size
            status[r] = FLAT
            continue
        if parts.size[0] - within < 1.0 or values - parts.size[0] - (size - within) < 1.0:
            status[r] = TOO_FEW  # nothing to estimate one of the variances from
            continue
        ratio = _lowest(parts, room, size, values)
        rest = _weigh(parts, room, ratio, size)[1]
        residual = rest / (values - size)
        status[r] = OK if ratio > 0.0 else BOUNDARY
        if ratio == 0.0 and not adjust:
            free[r] = values - size
            out[r, 0] = scale * room.beta[size - 1]
            out[r, 1] = scale * scale * residual * room.phi[size - 1, size - 1]
            out[r, 2] = out[r, 3] = out[r, 4] = 0.0
            continue
        if not _explain(parts, room, ratio, residual, size, adjust, out, spread, r):
            status[r] = NOT_CONVERGED
            continue
        out[r, 0] *= scale
        for k in range(1, 5):
            out[r, k] *= scale * scale


@part
def _standard(y, sequence, r):  # type: ignore[no-untyped-def]
    """Mean and SD of all values, so that nothing below depends on their unit."""
    count, total, squares = 0, 0.0, 0.0
    for i in range(y.shape[1]):
        for p in range(y.shape[2]):
            if sequence[r, i] >= 0 and not math.isnan(y[r, i, p]):
                count += 1
                total += y[r, i, p]
    center = total / count if count else 0.0
    for i in range(y.shape[1]):
        for p in range(y.shape[2]):
            if sequence[r, i] >= 0 and not math.isnan(y[r, i, p]):
                squares += (y[r, i, p] - center) ** 2
    return center, math.sqrt(squares / count) if squares > 0.0 else 1.0


@part
def _lacks(y, sequence, looks, r):  # type: ignore[no-untyped-def]
    """Whether one of the two arms has no value."""
    first = second = 0
    for i in range(y.shape[1]):
        if sequence[r, i] < 0:
            continue
        for p in range(y.shape[2]):
            if not math.isnan(y[r, i, p]):
                first += looks[sequence[r, i], p] == 1
                second += looks[sequence[r, i], p] == 2
    return first == 0 or second == 0


@part
def _add_up(y, sequence, design, r, center, scale, parts, room):  # type: ignore[no-untyped-def]
    """The sums of a replicate; how many persons have a value."""
    columns, persons = design.shape[2], 0
    for s in range(parts.size.shape[0]):
        parts.size[s] = parts.square[s] = 0.0
        for a in range(columns):
            parts.right[s, a] = 0.0
            for b in range(columns):
                parts.info[s, a, b] = 0.0
    for i in range(y.shape[1]):
        q = sequence[r, i]
        if q < 0:
            continue
        k, total = 0, 0.0
        for a in range(columns):
            room.mean[a] = 0.0
        for p in range(y.shape[2]):
            if not math.isnan(y[r, i, p]):
                k += 1
                total += (y[r, i, p] - center) / scale
                for a in range(columns):
                    room.mean[a] += design[q, p, a]
        if k == 0:
            continue
        persons += 1
        total /= k
        for a in range(columns):
            room.mean[a] /= k
        parts.size[0] += k - 1
        parts.size[k] += 1
        parts.square[k] += k * total * total
        for a in range(columns):
            parts.right[k, a] += k * room.mean[a] * total
            for b in range(a + 1):
                parts.info[k, a, b] += k * room.mean[a] * room.mean[b]
        for p in range(y.shape[2]):
            if math.isnan(y[r, i, p]):
                continue
            apart = (y[r, i, p] - center) / scale - total
            parts.square[0] += apart * apart
            for a in range(columns):
                room.column[a] = design[q, p, a] - room.mean[a]
            for a in range(columns):
                parts.right[0, a] += room.column[a] * apart
                for b in range(a + 1):
                    parts.info[0, a, b] += room.column[a] * room.column[b]
    for s in range(parts.size.shape[0]):
        for a in range(columns):
            for b in range(a):
                parts.info[s, b, a] = parts.info[s, a, b]
    return persons


@part
def _columns(parts, room, columns):  # type: ignore[no-untyped-def]
    """Keep the columns that do not follow from those before them: how many, and how many of them within persons.

    The first number is 0 if the last column, of which the coefficient is wanted, is lost.
    """
    for a in range(columns):
        for b in range(columns):
            room.total[a, b] = 0.0
            for s in range(parts.size.shape[0]):
                room.total[a, b] += parts.info[s, a, b]
    size = independent(room.total, room.lower, room.kept, columns)
    if size == 0 or room.kept[size - 1] != columns - 1:
        return 0, 0
    for s in range(parts.size.shape[0]):
        for i in range(size):
            parts.right[s, i] = parts.right[s, room.kept[i]]
            for j in range(size):
                parts.info[s, i, j] = parts.info[s, room.kept[i], room.kept[j]]
    return size, independent(parts.info[0], room.lower, room.kept, size)


@part
def _weigh(parts, room, ratio, size):  # type: ignore[no-untyped-def]
    """``phi`` and ``beta`` at a ratio of the variances, in units of that within; the log determinant and the weighted rest."""
    explained = whole = 0.0
    for i in range(size):
        room.column[i] = 0.0
        for j in range(size):
            room.total[i, j] = 0.0
    for s in range(parts.size.shape[0]):
        weight = 1.0 / (1.0 + s * ratio)
        whole += weight * parts.square[s]
        for i in range(size):
            room.column[i] += weight * parts.right[s, i]
            for j in range(size):
                room.total[i, j] += weight * parts.info[s, i, j]
    log = factor(room.total, room.lower, size)
    invert_factor(room.lower, room.phi, size)
    for i in range(size):
        room.beta[i] = 0.0
        for j in range(size):
            room.beta[i] += room.phi[i, j] * room.column[j]
        explained += room.beta[i] * room.column[i]
    return log, whole - explained


@part
def _rest(parts, room, s, size):  # type: ignore[no-untyped-def]
    """The residual sum of squares of one part at ``beta``."""
    value = parts.square[s]
    for i in range(size):
        value -= 2.0 * room.beta[i] * parts.right[s, i]
        for j in range(size):
            value += room.beta[i] * parts.info[s, i, j] * room.beta[j]
    return value


@part
def _trace(parts, room, s, size):  # type: ignore[no-untyped-def]
    """The trace of phi times the information of one part."""
    value = 0.0
    for i in range(size):
        for j in range(size):
            value += room.phi[i, j] * parts.info[s, j, i]
    return value


@part
def _deviance(parts, room, share, size, values):  # type: ignore[no-untyped-def]
    """The deviance at a share of the variance between persons, and its derivative by the ratio of the variances."""
    ratio = share / (1.0 - share)
    log, rest = _weigh(parts, room, ratio, size)
    deviance = log + (values - size) * math.log(rest)
    slope = 0.0
    for s in range(1, parts.size.shape[0]):
        if parts.size[s] == 0.0:
            continue
        weight = 1.0 / (1.0 + s * ratio)
        deviance -= parts.size[s] * math.log(weight)
        slope += s * parts.size[s] * weight - s * weight * weight * _trace(parts, room, s, size)
        slope -= (values - size) * s * weight * weight * _rest(parts, room, s, size) / rest
    return deviance, slope


@part
def _lowest(parts, room, size, values):  # type: ignore[no-untyped-def]
    """The ratio of the variances with the least deviance; 0 at the boundary."""
    best, least = 0, math.inf
    for k in range(FIRST.shape[0]):
        deviance = _deviance(parts, room, FIRST[k], size, values)[0]
        if deviance < least:
            best, least = k, deviance
    if best == 0 and _deviance(parts, room, 0.0, size, values)[1] >= 0.0:
        return 0.0
    low = FIRST[max(best - 1, 0)]
    high = FIRST[best + 1] if best + 1 < FIRST.shape[0] else 1.0 - 1e-12
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _deviance(parts, room, middle, size, values)[1] < 0.0:
            low = middle
        else:
            high = middle
    share = 0.5 * (low + high)
    return share / (1.0 - share)


@part
def _explain(parts, room, ratio, residual, size, adjust, out, spread, r):  # type: ignore[no-untyped-def]
    """Fill the results from the derivatives by the variance between (0) and within (1) persons, which is ``residual``.

    False if they give the variances no covariance.
    """
    last, count = size - 1, parts.size.shape[0]
    for i in range(size):
        for j in range(size):
            room.phi[i, j] *= residual
            for k in range(2):
                room.both[k, i, j] = 0.0
    for k in range(2):
        for i in range(size):
            room.slope[k, i] = 0.0
    expected_0 = expected_1 = expected_2 = squares_0 = squares_1 = squares_2 = 0.0
    across_0 = across_1 = across_2 = 0.0
    for s in range(count):
        v, d = residual * (1.0 + s * ratio), float(s)
        rest, trace = _rest(parts, room, s, size), _trace(parts, room, s, size)
        more = parts.size[s] / (v * v) - 2.0 * trace / (v * v * v)
        expected_0 += d * d * more
        expected_1 += d * more
        expected_2 += more
        squares_0 += d * d * rest / (v * v * v)
        squares_1 += d * rest / (v * v * v)
        squares_2 += rest / (v * v * v)
        along = 0.0
        for i in range(size):
            pull = parts.right[s, i]
            for j in range(size):
                pull -= parts.info[s, i, j] * room.beta[j]
                room.both[0, i, j] += d * parts.info[s, i, j] / (v * v)
                room.both[1, i, j] += parts.info[s, i, j] / (v * v)
                along += room.phi[last, i] * parts.info[s, i, j] * room.phi[j, last]
            room.slope[0, i] += d * pull / (v * v)
            room.slope[1, i] += pull / (v * v)
        across_0 += d * d * along / (v * v * v)
        across_1 += d * along / (v * v * v)
        across_2 += along / (v * v * v)
    expected_0 += _joint(room, 0, 0, size)
    expected_1 += _joint(room, 0, 1, size)
    expected_2 += _joint(room, 1, 1, size)
    hessian_0, hessian_1, hessian_2 = expected_0, expected_1, expected_2
    if not adjust:
        hessian_0 = 2.0 * (squares_0 - _in_phi(room.slope, room.phi, 0, 0, size)) - expected_0
        hessian_1 = 2.0 * (squares_1 - _in_phi(room.slope, room.phi, 0, 1, size)) - expected_1
        hessian_2 = 2.0 * (squares_2 - _in_phi(room.slope, room.phi, 1, 1, size)) - expected_2
    determinant = hessian_0 * hessian_2 - hessian_1 * hessian_1
    if not (hessian_0 > 0.0 and determinant > 0.0):
        return False
    spread[r, 0, 0] = 2.0 * hessian_2 / determinant
    spread[r, 1, 1] = 2.0 * hessian_0 / determinant
    spread[r, 0, 1] = spread[r, 1, 0] = -2.0 * hessian_1 / determinant
    out[r, 0], out[r, 1], out[r, 2] = room.beta[last], room.phi[last, last], 0.0
    for k in range(2):
        for i in range(size):
            room.left[k, i] = 0.0
            for j in range(size):
                room.left[k, i] += room.both[k, i, j] * room.phi[j, last]
        out[r, 3 + k] = 0.0
        for i in range(size):
            out[r, 3 + k] += room.phi[last, i] * room.left[k, i]
    if adjust:
        out[r, 2] = 2.0 * (
            spread[r, 0, 0] * (across_0 - _in_phi(room.left, room.phi, 0, 0, size))
            + 2.0 * spread[r, 0, 1] * (across_1 - _in_phi(room.left, room.phi, 0, 1, size))
            + spread[r, 1, 1] * (across_2 - _in_phi(room.left, room.phi, 1, 1, size))
        )
    return True


@part
def _joint(room, k, h, size):  # type: ignore[no-untyped-def]
    """The trace of phi M_k phi M_h for the derivatives M of the information."""
    value = 0.0
    for i in range(size):
        for j in range(size):
            room.across[i, j] = 0.0
            for q in range(size):
                room.across[i, j] += room.phi[i, q] * room.both[k, q, j]
    for i in range(size):
        for j in range(size):
            inner = 0.0
            for q in range(size):
                inner += room.phi[j, q] * room.both[h, q, i]
            value += room.across[i, j] * inner
    return value


@part
def _in_phi(rows, phi, k, h, size):  # type: ignore[no-untyped-def]
    """The product of two of the rows in phi: of slopes, or of phi M at the last column."""
    value = 0.0
    for i in range(size):
        for j in range(size):
            value += rows[k, i] * phi[i, j] * rows[h, j]
    return value
