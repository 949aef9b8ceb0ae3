"""The restricted likelihood of one replicate and its derivatives, from the sums of its patterns.

A fixed effect p is a number of the participant times a weight of the visit: ``u[part[p]] * weight[p, v]``. With W the
inverse of the covariance at the measured visits of a pattern (0 elsewhere), every matrix product over participants is a sum
over patterns of ``uu``, ``uy`` and ``yy`` with W.

References
----------
Harville 1977, J Am Stat Assoc 72:320, doi:10.1080/01621459.1977.10480998 (derivatives).
Gilmour, Thompson and Cullis 1995, Biometrics 51:1440, doi:10.2307/2533274 (the average information).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from trialsim.analysis.reml.algebra import factor, invert_factor, multiply, sandwich
from trialsim.analysis.reml.structures import UNSTRUCTURED
from trialsim.analysis.reml.sums import Sums
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part


class Effects(NamedTuple):
    """The fixed effects that are estimated: (P,) numbers of participants, (P, V) weights of visits, and where these are not 0."""

    part: IntArray
    weight: FloatArray
    first: IntArray
    last: IntArray


class Space(NamedTuple):
    """Room for the numbers of one replicate: S patterns, V visits, A numbers of a participant, P effects, Q parameters."""

    sigma: FloatArray  # (V, V)
    small: FloatArray  # (V, V) the covariance of the measured visits
    lower: FloatArray  # (V, V)
    inverse: FloatArray  # (V, V)
    one: FloatArray  # (V, V)
    two: FloatArray  # (V, V)
    three: FloatArray  # (V, V)
    spare: FloatArray  # (V, V)
    w: FloatArray  # (S, V, V)
    visits: IntArray  # (V,)
    cross: FloatArray  # (A, A, V, V)
    fitted: FloatArray  # (A, V)
    info: FloatArray  # (P, P)
    big: FloatArray  # (P, P)
    phi: FloatArray  # (P, P)
    xy: FloatArray  # (P,)
    beta: FloatArray  # (P,)
    first: FloatArray  # (Q, V, V)
    second: FloatArray  # (Q, Q, V, V)
    left: FloatArray  # (Q, V, V)
    right: FloatArray  # (Q, V, V)
    moved: FloatArray  # (Q, A, A, V, V)
    pulled: FloatArray  # (Q, A, V)
    change: FloatArray  # (Q, P, P)
    shift: FloatArray  # (Q, P)
    gradient: FloatArray  # (Q,)
    expected: FloatArray  # (Q, Q)
    average: FloatArray  # (Q, Q)


@part
def weigh(s: int, sums: Sums, space: Space) -> float:
    """W of a pattern, and the logarithm of the determinant of its covariance; NaN if that is not positive definite."""
    visits = space.sigma.shape[0]
    n = 0
    for v in range(visits):
        if sums.mask[s] >> v & 1:
            space.visits[n] = v
            n += 1
    for i in range(n):
        for j in range(i + 1):
            space.small[i, j] = space.sigma[space.visits[i], space.visits[j]]
    log_det = factor(space.small, space.lower, n)
    if math.isnan(log_det):
        return math.nan
    invert_factor(space.lower, space.inverse, n)
    for v in range(visits):
        for w in range(visits):
            space.w[s, v, w] = 0.0
    for i in range(n):
        for j in range(n):
            space.w[s, space.visits[i], space.visits[j]] = space.inverse[i, j]
    return log_det


@part
def project(effects: Effects, cross: FloatArray, out: FloatArray) -> None:
    """(P, P) from (A, A, V, V): the products of all effects."""
    for p in range(effects.part.shape[0]):
        a = effects.part[p]
        for q in range(p + 1):
            b = effects.part[q]
            value = 0.0
            for v in range(effects.first[p], effects.last[p]):
                row = 0.0
                for w in range(effects.first[q], effects.last[q]):
                    row += cross[a, b, v, w] * effects.weight[q, w]
                value += effects.weight[p, v] * row
            out[p, q] = value
            out[q, p] = value


@part
def gather(patterns: int, effects: Effects, sums: Sums, space: Space) -> float:
    """X'WX in ``info`` and X'Wy in ``xy``, from every W; y'Wy."""
    numbers, visits = space.fitted.shape
    total = 0.0
    for a in range(numbers):
        for v in range(visits):
            space.fitted[a, v] = 0.0
        for b in range(numbers):
            for v in range(visits):
                for w in range(visits):
                    space.cross[a, b, v, w] = 0.0
    for s in range(patterns):
        for v in range(visits):
            for w in range(visits):
                inverse = space.w[s, v, w]
                if inverse == 0.0:
                    continue
                total += inverse * sums.yy[s, v, w]
                for a in range(numbers):
                    space.fitted[a, v] += sums.uy[s, a, w] * inverse
                    for b in range(numbers):
                        space.cross[a, b, v, w] += sums.uu[s, a, b] * inverse
    project(effects, space.cross, space.info)
    for p in range(effects.part.shape[0]):
        value = 0.0
        for v in range(effects.first[p], effects.last[p]):
            value += effects.weight[p, v] * space.fitted[effects.part[p], v]
        space.xy[p] = value
    return total


@part
def deviance(patterns: int, effects: Effects, sums: Sums, space: Space) -> float:
    """-2 log restricted likelihood at ``sigma``, without its constant; NaN if it does not exist. Makes ``phi`` and ``beta``."""
    total = 0.0
    for s in range(patterns):
        log_det = weigh(s, sums, space)
        if math.isnan(log_det):
            return math.nan
        total += sums.size[s] * log_det
    total += gather(patterns, effects, sums, space)
    size = effects.part.shape[0]
    log_det = factor(space.info, space.big, size)
    if math.isnan(log_det):
        return math.nan
    invert_factor(space.big, space.phi, size)
    for p in range(size):
        value = 0.0
        for q in range(size):
            value += space.phi[p, q] * space.xy[q]
        space.beta[p] = value
        total -= value * space.xy[p]
    return total + log_det


@part
def spread_effects(effects: Effects, space: Space) -> None:
    """``fitted`` (A, V), the estimated means by number of the participant; ``cross`` (A, A, V, V), their covariances."""
    numbers, visits = space.fitted.shape
    for a in range(numbers):
        for v in range(visits):
            space.fitted[a, v] = 0.0
        for b in range(numbers):
            for v in range(visits):
                for w in range(visits):
                    space.cross[a, b, v, w] = 0.0
    for p in range(effects.part.shape[0]):
        a = effects.part[p]
        for v in range(effects.first[p], effects.last[p]):
            weight = effects.weight[p, v]
            space.fitted[a, v] += space.beta[p] * weight
            for q in range(effects.part.shape[0]):
                b = effects.part[q]
                for w in range(effects.first[q], effects.last[q]):
                    space.cross[a, b, v, w] += space.phi[p, q] * weight * effects.weight[q, w]


@part
def residuals(s: int, sums: Sums, space: Space) -> None:
    """The sums over a pattern of residuals' products in ``one`` and of the variances of the means in ``two``."""
    numbers, visits = space.fitted.shape
    for v in range(visits):
        for w in range(v + 1):
            rest, spread = sums.yy[s, v, w], 0.0
            for a in range(numbers):
                rest -= sums.uy[s, a, v] * space.fitted[a, w] + space.fitted[a, v] * sums.uy[s, a, w]
                for b in range(numbers):
                    product = sums.uu[s, a, b]
                    rest += space.fitted[a, v] * product * space.fitted[b, w]
                    spread += product * space.cross[a, b, v, w]
            space.one[v, w] = rest
            space.one[w, v] = rest
            space.two[v, w] = spread
            space.two[w, v] = spread


@part
def pair_traces(structure: int, w: FloatArray, s: int, x: FloatArray, space: Space, total: FloatArray) -> None:
    """Add tr(S_k W S_l X) to ``total`` for the derivatives S of the covariance, symmetric X, and k >= h."""
    visits = x.shape[0]
    if structure == UNSTRUCTURED:
        k = 0
        for i in range(visits):
            for j in range(i + 1):
                h = 0
                for m in range(i + 1):
                    for n in range(m + 1):
                        if h > k:
                            break
                        value = w[s, j, m] * x[n, i]
                        if m != n:
                            value += w[s, j, n] * x[m, i]
                        if i != j:
                            value += w[s, i, m] * x[n, j]
                            if m != n:
                                value += w[s, i, n] * x[m, j]
                        total[k, h] += value
                        h += 1
                k += 1
        return
    for k in range(space.first.shape[0]):
        for i in range(visits):
            for j in range(visits):
                a, b = 0.0, 0.0
                for q in range(visits):
                    a += space.first[k, i, q] * w[s, q, j]
                    b += space.first[k, i, q] * x[q, j]
                space.left[k, i, j] = a
                space.right[k, i, j] = b
        for h in range(k + 1):
            value = 0.0
            for i in range(visits):
                for j in range(visits):
                    value += space.left[k, i, j] * space.right[h, j, i]
            total[k, h] += value


@part
def single_traces(structure: int, x: FloatArray, space: Space, total: FloatArray) -> None:
    """Add tr(S_k X) to ``total`` for symmetric X."""
    visits = x.shape[0]
    if structure == UNSTRUCTURED:
        k = 0
        for i in range(visits):
            for j in range(i + 1):
                total[k] += x[i, j] if i == j else 2.0 * x[i, j]
                k += 1
        return
    for k in range(space.first.shape[0]):
        for i in range(visits):
            for j in range(visits):
                total[k] += space.first[k, i, j] * x[i, j]


@part
def _between(structure: int, s: int, k: int, i: int, j: int, space: Space) -> None:
    """``three`` becomes W S_k W; of an unstructured covariance the k-th parameter is that of visits i and j."""
    visits = space.three.shape[0]
    if structure != UNSTRUCTURED:
        for v in range(visits):
            for m in range(visits):
                space.small[v, m] = space.first[k, v, m]
        sandwich(space.w, s, space.small, space.spare, space.three)
        return
    for v in range(visits):
        for m in range(visits):
            value = space.w[s, v, i] * space.w[s, j, m]
            if i != j:
                value += space.w[s, v, j] * space.w[s, i, m]
            space.three[v, m] = value


@part
def _carry(structure: int, s: int, sums: Sums, space: Space) -> None:
    """Add a pattern to ``moved`` (X'V^-1 S_k V^-1 X) and ``pulled`` (X'V^-1 S_k V^-1 r), by numbers of participants."""
    numbers, visits = space.fitted.shape
    i, j = 0, 0
    for k in range(space.moved.shape[0]):
        _between(structure, s, k, i, j, space)
        i, j = (i, j + 1) if j < i else (i + 1, 0)
        for v in range(visits):
            for m in range(visits):
                value = space.three[v, m]
                if value == 0.0:
                    continue
                for a in range(numbers):
                    rest = sums.uy[s, a, m]
                    for b in range(numbers):
                        rest -= sums.uu[s, a, b] * space.fitted[b, m]
                        space.moved[k, a, b, v, m] += sums.uu[s, a, b] * value
                    space.pulled[k, a, v] += rest * value


@part
def derivatives(structure: int, curved: bool, patterns: int, effects: Effects, sums: Sums, space: Space) -> None:
    """Gradient of the deviance, its expected Hessian, and half of what the observed one has beside it.

    The observed Hessian is ``2 average - expected``; with curved structures ``average`` holds half their second derivatives too.
    ``first`` and ``second`` must be filled, and :func:`deviance` called.
    """
    numbers, visits = space.fitted.shape
    count, size = space.gradient.shape[0], effects.part.shape[0]
    for k in range(count):
        space.gradient[k] = 0.0
        for h in range(count):
            space.expected[k, h] = 0.0
            space.average[k, h] = 0.0
        for a in range(numbers):
            for v in range(visits):
                space.pulled[k, a, v] = 0.0
                for b in range(numbers):
                    for w in range(visits):
                        space.moved[k, a, b, v, w] = 0.0
    spread_effects(effects, space)
    for s in range(patterns):
        residuals(s, sums, space)
        sandwich(space.w, s, space.one, space.spare, space.three)  # of the residuals
        sandwich(space.w, s, space.two, space.spare, space.one)  # of the means
        for v in range(visits):
            for w in range(visits):
                inverse = sums.size[s] * space.w[s, v, w]
                space.two[v, w] = inverse - 2.0 * space.one[v, w]
                space.one[v, w] = inverse - space.one[v, w] - space.three[v, w]
        single_traces(structure, space.one, space, space.gradient)
        pair_traces(structure, space.w, s, space.two, space, space.expected)
        pair_traces(structure, space.w, s, space.three, space, space.average)
        if curved:
            for k in range(count):
                for h in range(k + 1):
                    for v in range(visits):
                        for w in range(visits):
                            space.average[k, h] += 0.5 * space.second[k, h, v, w] * space.one[v, w]
        _carry(structure, s, sums, space)
    for k in range(count):
        _effect_of(k, effects, space)
        for h in range(k + 1):
            trace, product = 0.0, 0.0
            for p in range(size):
                for q in range(size):
                    trace += space.change[k, p, q] * space.change[h, q, p]
                    product += space.shift[k, p] * space.phi[p, q] * space.shift[h, q]
            space.expected[k, h] += trace
            space.average[k, h] -= product
            space.expected[h, k] = space.expected[k, h]
            space.average[h, k] = space.average[k, h]


@part
def _effect_of(k: int, effects: Effects, space: Space) -> None:
    """``change`` becomes phi X'V^-1 S_k V^-1 X, and ``shift`` X'V^-1 S_k V^-1 r."""
    size, (numbers, visits) = effects.part.shape[0], space.fitted.shape
    for a in range(numbers):
        for b in range(numbers):
            for v in range(visits):
                for w in range(visits):
                    space.cross[a, b, v, w] = space.moved[k, a, b, v, w]
    project(effects, space.cross, space.info)
    multiply(space.phi, space.info, space.big, size)
    for p in range(size):
        for q in range(size):
            space.change[k, p, q] = space.big[p, q]
        value = 0.0
        for v in range(effects.first[p], effects.last[p]):
            value += effects.weight[p, v] * space.pulled[k, effects.part[p], v]
        space.shift[k, p] = value
