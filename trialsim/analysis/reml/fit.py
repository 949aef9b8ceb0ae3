"""Newton's method for the parameters of the covariance, and what is reported of a contrast of the fixed effects.

References
----------
Fai and Cornelius 1996, J Stat Comput Simul 54:363, doi:10.1080/00949659608811740 (Satterthwaite's degrees of freedom).
Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558 (equations 4 to 9; of one contrast, lambda is 1 and the degrees
of freedom are Satterthwaite's).
"""

from __future__ import annotations

import math
from typing import Final

from trialsim.analysis.reml.algebra import factor, sandwich, solve_factor
from trialsim.analysis.reml.likelihood import Effects, Space, derivatives, deviance, pair_traces, project, single_traces
from trialsim.analysis.reml.structures import fill_first, fill_second, fill_sigma
from trialsim.analysis.reml.sums import Sums
from trialsim.analysis.rows import FloatArray
from trialsim.compiled import part

#: Newton's steps at most, and halvings of one step.
STEPS: Final = 100
HALVINGS: Final = 40

#: A step that would lower the deviance by less than this has arrived; a standard error then moves by less than 1e-8 of itself.
ARRIVED: Final = 1e-14

#: Below this decrement the observed Hessian is used, before it the expected one, which takes any start to near the end.
NEAR: Final = 1.0


@part
def climb(
    structure: int,
    t: FloatArray,
    patterns: int,
    effects: Effects,
    sums: Sums,
    space: Space,
    theta: FloatArray,
    step: FloatArray,
    trial: FloatArray,
    hessian: FloatArray,
    lower: FloatArray,
    move: bool,
) -> float:
    """The deviance at its minimum over ``theta``, NaN if it was not found. All derivatives are those of the minimum.

    Without ``move`` only the derivatives at ``theta`` are computed.
    """
    count = space.gradient.shape[0]
    here = _at(structure, t, patterns, effects, sums, space, theta)
    if math.isnan(here):
        return math.nan
    decrement = math.inf
    for _ in range(STEPS):
        fill_first(structure, theta, t, space.first)
        curved = fill_second(structure, theta, t, space.second)
        derivatives(structure, curved, patterns, effects, sums, space)
        if not move:
            return here
        near = decrement < NEAR
        if near:
            observed(space, hessian)
            near = not math.isnan(factor(hessian, lower, count))
        if not near and math.isnan(factor(space.expected, lower, count)):
            return math.nan
        solve_factor(lower, space.gradient, step, count)
        decrement = 0.0
        for k in range(count):
            decrement += step[k] * space.gradient[k]
        if near and decrement < ARRIVED:
            return here
        length, there = 1.0, math.nan
        for _ in range(HALVINGS):
            for k in range(count):
                trial[k] = theta[k] - length * step[k]
            there = _at(structure, t, patterns, effects, sums, space, trial)
            if there <= here + 1e-9:
                break
            length *= 0.5
        if not there <= here + 1e-9:
            return math.nan
        here = there
        for k in range(count):
            theta[k] = trial[k]
    return math.nan


@part
def _at(
    structure: int, t: FloatArray, patterns: int, effects: Effects, sums: Sums, space: Space, theta: FloatArray
) -> float:
    """The deviance at ``theta``; NaN where the covariance of all visits is not positive definite."""
    visits = space.sigma.shape[0]
    fill_sigma(structure, theta, t, space.sigma)
    if math.isnan(factor(space.sigma, space.lower, visits)):
        return math.nan
    return deviance(patterns, effects, sums, space)


@part
def observed(space: Space, hessian: FloatArray) -> None:
    """The observed Hessian of the deviance."""
    count = space.gradient.shape[0]
    for k in range(count):
        for h in range(count):
            hessian[k, h] = 2.0 * space.average[k, h] - space.expected[k, h]


@part
def explain(
    structure: int,
    patterns: int,
    effects: Effects,
    sums: Sums,
    space: Space,
    contrasts: FloatArray,
    m: int,
    covariance: FloatArray,
    adjust: bool,
    curved: bool,
    out: FloatArray,
    r: int,
) -> None:
    """Of contrast m: its estimate, its variance, what Kenward and Roger add to it, and the derivatives of the variance.

    They fill ``out[r, m]``, (3 + Q,). ``covariance`` (Q, Q) is that of the parameters; only with ``adjust`` is anything added.
    Uses and overwrites the derivatives in ``space``.
    """
    visits, (numbers, _), size = space.sigma.shape[0], space.fitted.shape, effects.part.shape[0]
    count = space.gradient.shape[0]
    out[r, m, 0] = 0.0
    out[r, m, 1] = 0.0
    out[r, m, 2] = 0.0
    for p in range(size):
        out[r, m, 0] += contrasts[m, p] * space.beta[p]
        value = 0.0
        for q in range(size):
            value += space.phi[p, q] * contrasts[m, q]
        space.xy[p] = value
        out[r, m, 1] += contrasts[m, p] * value
    _along(effects, space)
    for k in range(count):
        space.gradient[k] = 0.0
        for h in range(count):
            space.expected[k, h] = 0.0
    for s in range(patterns):
        for v in range(visits):
            for w in range(visits):
                value = 0.0
                for a in range(numbers):
                    for b in range(numbers):
                        value += space.fitted[a, v] * sums.uu[s, a, b] * space.fitted[b, w]
                space.one[v, w] = value
        sandwich(space.w, s, space.one, space.spare, space.three)
        single_traces(structure, space.three, space, space.gradient)
        if adjust:
            pair_traces(structure, space.w, s, space.three, space, space.expected)
            if curved:
                _less_curvature(space)
    for k in range(count):
        out[r, m, 3 + k] = space.gradient[k]
    if adjust:
        out[r, m, 2] = 2.0 * _more(effects, space, covariance)


@part
def _along(effects: Effects, space: Space) -> None:
    """``fitted`` (A, V): the direction phi h of a contrast, by number of the participant and visit."""
    numbers, visits = space.fitted.shape
    for a in range(numbers):
        for v in range(visits):
            space.fitted[a, v] = 0.0
    for p in range(effects.part.shape[0]):
        for v in range(effects.first[p], effects.last[p]):
            space.fitted[effects.part[p], v] += space.xy[p] * effects.weight[p, v]


@part
def _less_curvature(space: Space) -> None:
    """Take a quarter of what the second derivatives of the covariance add from ``expected``; ``three`` is W of the contrast W."""
    count, visits = space.gradient.shape[0], space.three.shape[0]
    for k in range(count):
        for h in range(k + 1):
            for v in range(visits):
                for w in range(visits):
                    space.expected[k, h] -= 0.25 * space.second[k, h, v, w] * space.three[v, w]


@part
def _more(effects: Effects, space: Space, covariance: FloatArray) -> float:
    """Half of what Kenward and Roger add to the variance of the contrast."""
    count, size = space.gradient.shape[0], effects.part.shape[0]
    numbers, visits = space.fitted.shape
    for k in range(count):
        for a in range(numbers):
            for b in range(numbers):
                for v in range(visits):
                    for w in range(visits):
                        space.cross[a, b, v, w] = space.moved[k, a, b, v, w]
        project(effects, space.cross, space.big)
        for p in range(size):
            value = 0.0
            for q in range(size):
                value += space.big[p, q] * space.xy[q]
            space.shift[k, p] = value
    total = 0.0
    for k in range(count):
        for h in range(k + 1):
            product = 0.0
            for p in range(size):
                for q in range(size):
                    product += space.shift[k, p] * space.phi[p, q] * space.shift[h, q]
            twice = 1.0 if k == h else 2.0
            total += twice * covariance[k, h] * (space.expected[k, h] - product)
    return total
