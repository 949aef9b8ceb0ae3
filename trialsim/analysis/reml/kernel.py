"""The fit of every replicate: sums, columns that can be estimated, the covariance, the contrast."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.reml.algebra import factor, independent, invert_factor
from trialsim.analysis.reml.fit import climb, explain, observed
from trialsim.analysis.reml.likelihood import Effects, Space, gather, residuals, spread_effects
from trialsim.analysis.reml.records import Model, Scratch
from trialsim.analysis.reml.structures import (
    COMPOUND,
    SLOPES,
    UNSTRUCTURED,
    fill_second,
    fill_start,
)
from trialsim.analysis.reml.sums import Sums, add_up, standardize
from trialsim.analysis.rows import (
    BOUNDARY,
    EMPTY_ARM,
    NOT_CONVERGED,
    OK,
    SINGULAR,
    TOO_FEW,
    FloatArray,
    IntArray,
)
from trialsim.compiled import kernel, part

#: Residuals are rounding errors, and nothing varies.
FLAT: Final = -1

#: Where the fit is: anywhere; perfectly correlated; all values independent; at an edge that was found.
FREE: Final = 0
ON_EDGE: Final = 1
INDEPENDENT: Final = 2
SETTLED: Final = 3

#: A residual sum of squares below this share of that of all values is rounding error.
ROUNDING_SHARE: Final = 1e-26


@part
def _least_squares(size: int, space: Space) -> float:
    """``phi`` and ``beta`` of least squares from ``info`` and ``xy``; the sum of squares that they explain."""
    factor(space.info, space.big, size)
    invert_factor(space.big, space.phi, size)
    explained = 0.0
    for p in range(size):
        value = 0.0
        for q in range(size):
            value += space.phi[p, q] * space.xy[q]
        space.beta[p] = value
        explained += value * space.xy[p]
    return explained


@part
def _raw(patterns: int, effects: Effects, sums: Sums, space: Space, more: float, raw: FloatArray) -> None:
    """Covariances (V, V) of the residuals of least squares, each from whoever has both visits, made positive definite."""
    visits = raw.shape[0]
    for v in range(visits):
        for w in range(visits):
            raw[v, w] = 0.0
            space.sigma[v, w] = 0.0
    spread_effects(effects, space)
    for s in range(patterns):
        residuals(s, sums, space)
        for v in range(visits):
            for w in range(visits):
                if sums.mask[s] >> v & 1 and sums.mask[s] >> w & 1:
                    raw[v, w] += space.one[v, w]
                    space.sigma[v, w] += sums.size[s]
    for v in range(visits):
        for w in range(visits):
            raw[v, w] = more * raw[v, w] / space.sigma[v, w] if space.sigma[v, w] > 0.0 else 0.0
    for _ in range(60):
        if not math.isnan(factor(raw, space.lower, visits)):
            return
        for v in range(visits):
            for w in range(visits):
                if v != w:
                    raw[v, w] *= 0.9


@part
def _lacks(looks: IntArray, a: int, b: int, by_visit: bool, sums: Sums) -> bool:
    """Whether arm a or b has no value where the contrast looks: at one of its visits, or at all."""
    if not by_visit:
        return bool(sums.people[a] == 0 or sums.people[b] == 0)
    lacks = 0
    for v in range(looks.shape[0]):
        lacks += 1 if looks[v] != 0 and (sums.cell[a, v] == 0 or sums.cell[b, v] == 0) else 0
    return lacks > 0


@part
def _settle(hessian: FloatArray, lower: FloatArray, covariance: FloatArray, count: int) -> bool:
    """``covariance`` of the parameters from a Hessian of the deviance; false if it has none."""
    if math.isnan(factor(hessian, lower, count)):
        return False
    invert_factor(lower, covariance, count)
    for k in range(count):
        for h in range(count):
            covariance[k, h] *= 2.0
    return True


@kernel
def fit_all(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    model: Model,
    sums: Sums,
    space: Space,
    edge: Space,
    scratch: Scratch,
    out: FloatArray,
    spread: FloatArray,
    free: FloatArray,
    n: IntArray,
    status: IntArray,
) -> None:
    """Fit every replicate; ``edge`` is room for the three parameters of the edge of random slopes.

    Fills of each contrast the estimate, its variance, what Kenward and Roger add, and the derivatives of the variance by
    the parameters (R, M, 3 + Q); the covariance of these (R, Q, Q); degrees of freedom where all values are independent
    (R,), else NaN; participants of the two arms and status (R,).
    """
    a, b = model.pair[0], model.pair[1]
    numbers = space.fitted.shape[0]
    u_arms = numbers - x.shape[2]
    for r in range(y.shape[0]):
        _empty(out, spread, free, r)
        standardize(y, x, arm, r, u_arms, sums)
        patterns = add_up(y, x, arm, r, u_arms, model.place, scratch.u, sums)
        n[r] = sums.people[a] + sums.people[b]
        if _lacks(model.looks, a, b, model.by_visit, sums):
            status[r] = EMPTY_ARM
            continue
        size, lost = _estimable(patterns, model, sums, space, scratch)
        if lost:
            status[r] = SINGULAR
            continue
        effects = Effects(scratch.part[:size], scratch.weight[:size], scratch.first[:size], scratch.last[:size])
        status[r] = _fit(patterns, effects, model, sums, space, edge, scratch, out, spread, free, r)
        scale = sums.scale[numbers]
        for m in range(out.shape[1]):
            out[r, m, 0] *= scale
            for k in range(1, out.shape[2]):
                out[r, m, k] *= scale * scale


@part
def _empty(out: FloatArray, spread: FloatArray, free: FloatArray, r: int) -> None:
    """No numbers yet."""
    free[r] = math.nan
    for m in range(out.shape[1]):
        for k in range(out.shape[2]):
            out[r, m, k] = math.nan if k < 3 else 0.0
    for k in range(spread.shape[1]):
        for h in range(spread.shape[1]):
            spread[r, k, h] = 0.0


@part
def _estimable(patterns: int, model: Model, sums: Sums, space: Space, scratch: Scratch) -> tuple[int, bool]:
    """Keep the effects that do not follow from those before them; how many, and whether one of the contrast is lost.

    ``info`` and ``xy`` become those of least squares.
    """
    size, visits = model.weight.shape
    for p in range(size):
        scratch.part[p] = model.part[p]
        low, high = visits, 0
        for v in range(visits):
            scratch.weight[p, v] = model.weight[p, v]
            if model.weight[p, v] != 0.0:
                low, high = min(low, v), v + 1
        scratch.first[p] = min(low, high)
        scratch.last[p] = high
    for s in range(patterns):
        for v in range(visits):
            for w in range(visits):
                space.w[s, v, w] = 1.0 if v == w and sums.mask[s] >> v & 1 else 0.0
    gather(patterns, Effects(scratch.part, scratch.weight, scratch.first, scratch.last), sums, space)
    count = independent(space.info, space.big, scratch.kept, size)
    asked, there = 0, 0
    for p in range(size):
        asked += _asked(model.contrasts, p)
    for j in range(count):
        p = scratch.kept[j]  # never before j
        scratch.part[j] = scratch.part[p]
        scratch.first[j] = scratch.first[p]
        scratch.last[j] = scratch.last[p]
        there += _asked(model.contrasts, p)
        for m in range(model.contrasts.shape[0]):
            scratch.contrasts[m, j] = model.contrasts[m, p]
        space.xy[j] = space.xy[p]
        for i in range(j + 1):
            space.info[j, i] = space.info[p, scratch.kept[i]]
        for v in range(visits):
            scratch.weight[j, v] = scratch.weight[p, v]
    return count, there < asked


@part
def _asked(contrasts: FloatArray, p: int) -> int:
    """1 if a contrast takes an effect, else 0."""
    for m in range(contrasts.shape[0]):
        if contrasts[m, p] != 0.0:
            return 1
    return 0


@part
def _fit(
    patterns: int,
    effects: Effects,
    model: Model,
    sums: Sums,
    space: Space,
    edge: Space,
    scratch: Scratch,
    out: FloatArray,
    spread: FloatArray,
    free: FloatArray,
    r: int,
) -> int:
    """Fill the results of replicate r; the status."""
    visits, size = space.sigma.shape[0], effects.part.shape[0]
    values, people, total = 0, 0.0, 0.0
    for s in range(patterns):
        people += sums.size[s]
        for v in range(visits):
            values += int(sums.size[s]) if sums.mask[s] >> v & 1 else 0
            total += sums.yy[s, v, v]
    df = values - size
    if df < 1 or (model.structure == UNSTRUCTURED and people - model.place.shape[0] < visits):
        return TOO_FEW
    rest = total - _least_squares(size, space)
    if rest <= ROUNDING_SHARE * max(total, 1.0):
        _independent(0.0, size, space, scratch, out, r)
        free[r] = df
        return FLAT
    _raw(patterns, effects, sums, space, values / df, scratch.raw)
    structure, theta, room, stage = model.structure, scratch.theta, space, FREE
    fill_start(structure, scratch.raw, model.t, theta)
    while True:
        lowest = climb(
            structure, model.t, patterns, effects, sums, room, theta, scratch.step, scratch.trial, scratch.hessian,
            scratch.lower, stage <= ON_EDGE,
        )  # fmt: skip
        if stage == FREE and (not model.bounded or _inside(structure, lowest, theta)):
            break
        if stage == SETTLED or (stage == ON_EDGE and not math.isnan(lowest) and not model.adjust):
            break
        if stage == FREE and structure == SLOPES:
            stage, structure, theta, room = ON_EDGE, model.edge, scratch.edge, edge
            fill_start(structure, scratch.raw, model.t, theta)
        elif stage == INDEPENDENT:
            if space.gradient[0] < 0.0 or (structure == SLOPES and space.gradient[2] < 0.0):
                return NOT_CONVERGED
            if not model.adjust:
                _independent(1.0, size, space, scratch, out, r)
                free[r] = df
                return BOUNDARY
            break
        else:
            at_edge = stage == ON_EDGE and not math.isnan(lowest)
            stage, structure, theta, room = INDEPENDENT, model.structure, scratch.theta, space
            for k in range(theta.shape[0]):
                theta[k] = 0.0
            theta[space.gradient.shape[0] - 1] = rest / df
            if at_edge:
                stage = SETTLED
                theta[0] = scratch.edge[0] * scratch.edge[0]
                theta[1] = scratch.edge[0] * scratch.edge[1]
                theta[2] = scratch.edge[1] * scratch.edge[1]
                theta[3] = scratch.edge[2]
    if math.isnan(lowest):
        return NOT_CONVERGED
    if not _report(structure, theta, patterns, effects, model, sums, room, scratch, out, spread, r):
        return NOT_CONVERGED
    return OK if stage == FREE else BOUNDARY


@part
def _inside(structure: int, lowest: float, theta: FloatArray) -> bool:
    """Whether the minimum was found where the random effects have a covariance matrix."""
    if math.isnan(lowest) or theta[0] <= 0.0:
        return False
    return structure == COMPOUND or theta[0] * theta[2] - theta[1] * theta[1] > 0.0


@part
def _report(
    structure: int,
    theta: FloatArray,
    patterns: int,
    effects: Effects,
    model: Model,
    sums: Sums,
    space: Space,
    scratch: Scratch,
    out: FloatArray,
    spread: FloatArray,
    r: int,
) -> bool:
    """Fill the results of replicate r from the derivatives at ``theta``; false if they give the parameters no covariance."""
    count = space.gradient.shape[0]
    curved = fill_second(structure, theta, model.t, space.second)
    if model.adjust and model.by_expected:
        for k in range(count):
            for h in range(count):
                scratch.hessian[k, h] = space.expected[k, h]
    else:
        observed(space, scratch.hessian)
    if not _settle(scratch.hessian, scratch.lower, scratch.covariance, count):
        return False
    for k in range(count):
        for h in range(count):
            spread[r, k, h] = scratch.covariance[k, h]
    for m in range(scratch.contrasts.shape[0]):
        explain(
            structure, patterns, effects, sums, space, scratch.contrasts, m, scratch.covariance, model.adjust, curved,
            out, r,
        )  # fmt: skip
    return True


@part
def _independent(variance: float, size: int, space: Space, scratch: Scratch, out: FloatArray, r: int) -> None:
    """Estimate and variance by least squares, all values independent."""
    for m in range(scratch.contrasts.shape[0]):
        for k in range(3):
            out[r, m, k] = 0.0
        for p in range(size):
            weight = scratch.contrasts[m, p]
            out[r, m, 0] += weight * space.beta[p]
            for q in range(size):
                out[r, m, 1] += variance * weight * space.phi[p, q] * scratch.contrasts[m, q]
