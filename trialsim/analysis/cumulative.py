"""The cumulative logit model of ordered scores, compiled: the likelihood, Newton's method, and the information as expected.

P(Y >= j) = F(c_j + x beta) with the logistic F and cuts c_1 > c_2 > ... A score y lies between the cut below it, s = c_y + x
beta, and the one above it, t = c_(y+1) + x beta, and has the probability F(s) - F(t) = F(s) (1 - F(t)) (1 - exp(t - s)): a
product, which loses no digits however far from 0 both are. The log likelihood is concave (Pratt 1981,
doi:10.1080/01621459.1981.10477613).

A score touches two cuts that are neighbors, so the information of the cuts is tridiagonal, with the coefficients as its border:
its factor costs as many steps as there are cuts, and every value of a continuous outcome may be a score of its own.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from trialsim.analysis.newton import FOLLOW, LOOK, ON, STILL, factor, newton
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part


class Cells(NamedTuple):
    """What was observed: M participants, or groups of them.

    Attributes
    ----------
    design : (M, Q) covariates, then arms
    level : (M,) score, from 0
    weight : (M,) how many
    """

    design: FloatArray
    level: IntArray
    weight: FloatArray


class LogitWorkspace(NamedTuple):
    """Room for a fit of L - 1 cuts and Q coefficients.

    Attributes
    ----------
    cut, gap : (L,) cuts, the first of them at 1, and 1 - exp(next cut - cut)
    beta : (Q,) coefficients
    eta, moved : (M,) predictors without cuts, and how far a step moves them
    own, next : (L,) the information of the cuts: diagonal, and of each with the next
    border : (L, Q) that of cuts and coefficients; corner (Q, Q) that of coefficients
    d, e, side, lower : its factor, in the same places
    by_cut, by_beta : the gradient
    to_cut, to_beta : the step
    """

    cut: FloatArray
    gap: FloatArray
    beta: FloatArray
    eta: FloatArray
    moved: FloatArray
    own: FloatArray
    next: FloatArray
    border: FloatArray
    corner: FloatArray
    d: FloatArray
    e: FloatArray
    side: FloatArray
    lower: FloatArray
    by_cut: FloatArray
    by_beta: FloatArray
    to_cut: FloatArray
    to_beta: FloatArray


def room_of(cells: int, levels: int, columns: int) -> LogitWorkspace:
    """Room for at most so many."""
    n, q = max(levels, 1), max(columns, 1)
    along = [np.zeros(n) for _ in range(8)]
    cut, gap, own, beside, d, e, by_cut, to_cut = along
    return LogitWorkspace(
        cut, gap, np.zeros(q), np.zeros(cells), np.zeros(cells), own, beside, np.zeros((n, q)), np.zeros((q, q)), d, e,
        np.zeros((n, q)), np.zeros((q, q)), by_cut, np.zeros(q), to_cut, np.zeros(q),
    )  # fmt: skip


@part
def _clear(levels: int, q: int, fit: LogitWorkspace) -> None:
    for j in range(levels):
        fit.own[j] = 0.0
        fit.next[j] = 0.0
        fit.by_cut[j] = 0.0
        for i in range(q):
            fit.border[j, i] = 0.0
    for i in range(q):
        fit.by_beta[i] = 0.0
        for k in range(i + 1):
            fit.corner[i, k] = 0.0


@part
def expect(cells: Cells, m: int, levels: int, q: int, fit: LogitWorkspace) -> None:
    """Fill the information with what is expected at these cuts and predictors, whatever the scores."""
    for j in range(levels):
        fit.own[j] = 0.0
        fit.next[j] = 0.0
        for k in range(q):
            fit.border[j, k] = 0.0
    for k in range(q):
        for n in range(k + 1):
            fit.corner[k, n] = 0.0
    for i in range(m):
        weight, whole = cells.weight[i], 0.0
        before, slope, chance = 1.0, 0.0, 0.0
        for j in range(1, levels + 1):
            here = 1.0 / (1.0 + math.exp(-fit.cut[j] - fit.eta[i])) if j < levels else 0.0
            last, chance = chance, before - here  # of the scores below this cut and the cut before
            bent = here * (1.0 - here)
            if j > 1:
                fit.own[j - 1] += weight * slope * slope * (1.0 / last + 1.0 / chance)
                size = slope * (last + chance)
                whole += size
                for k in range(q):
                    fit.border[j - 1, k] += weight * size * cells.design[i, k]
                if j < levels:
                    fit.next[j - 1] -= weight * slope * bent / chance
            before, slope = here, bent
        for k in range(q):
            for n in range(k + 1):
                fit.corner[k, n] += weight * whole * cells.design[i, k] * cells.design[i, n]


@part
def decompose(levels: int, q: int, fit: LogitWorkspace) -> bool:
    """The factor of the information; whether it is positive definite."""
    for j in range(1, levels):
        rest = fit.own[j]
        if j > 1:
            fit.e[j] = fit.next[j - 1] / fit.d[j - 1]
            rest -= fit.e[j] * fit.e[j]
        if not rest > 1e-14 * fit.own[j]:
            return False
        fit.d[j] = math.sqrt(rest)
        for k in range(q):
            value = fit.border[j, k]
            if j > 1:
                value -= fit.e[j] * fit.side[j - 1, k]
            fit.side[j, k] = value / fit.d[j]
    for k in range(q):
        for n in range(k + 1):
            value = fit.corner[k, n]
            for j in range(1, levels):
                value -= fit.side[j, k] * fit.side[j, n]
            fit.lower[k, n] = value
        if not fit.lower[k, k] > 1e-14 * fit.corner[k, k]:
            return False
    return bool(factor(fit.lower, fit.lower, q))


@part
def likelihood(cells: Cells, m: int, levels: int, q: int, fit: LogitWorkspace) -> tuple[float, bool]:
    """The log likelihood, -inf where the cuts are not in order, and whether the observed information is positive definite.

    Fills the gradient, the information and its factor.
    """
    _clear(levels, q, fit)
    total = 0.0
    for j in range(1, levels - 1):
        fit.gap[j] = -math.expm1(fit.cut[j + 1] - fit.cut[j])
        if not fit.gap[j] > 0.0:
            return -np.inf, False
    for i in range(m):
        y, weight = cells.level[i], cells.weight[i]
        low, high, gap = 1.0, 0.0, 1.0  # F at the cut below, and at the one above
        if y > 0:
            low = 1.0 / (1.0 + math.exp(-fit.cut[y] - fit.eta[i]))
        over = 1.0
        if y < levels - 1:
            over = 1.0 / (1.0 + math.exp(fit.cut[y + 1] + fit.eta[i]))
            high = 1.0 - over
            if y > 0:
                gap = fit.gap[y]
        chance = low * over * gap
        if not chance > 0.0:
            return -np.inf, False
        total += weight * math.log(chance)
        up = (1.0 - low) / (over * gap)
        down = high / (low * gap)
        bent_low, bent_high = weight * low * (1.0 - low), weight * high * over
        both = weight * up * down
        if y > 0:
            fit.by_cut[y] += weight * up
            fit.own[y] += bent_low + both
        if y < levels - 1:
            fit.by_cut[y + 1] -= weight * down
            fit.own[y + 1] += bent_high + both
            if y > 0:
                fit.next[y] -= both
        rest, bent = weight * (1.0 - low - high), bent_low + bent_high
        for k in range(q):
            x = cells.design[i, k]
            fit.by_beta[k] += rest * x
            fit.border[y, k] += bent_low * x
            if y < levels - 1:
                fit.border[y + 1, k] += bent_high * x
            for n in range(k + 1):
                fit.corner[k, n] += bent * x * cells.design[i, n]
    return total, decompose(levels, q, fit)


@part
def forward(levels: int, q: int, fit: LogitWorkspace) -> None:
    """Fill the step with L^-1 gradient."""
    for j in range(1, levels):
        value = fit.by_cut[j]
        if j > 1:
            value -= fit.e[j] * fit.to_cut[j - 1]
        fit.to_cut[j] = value / fit.d[j]
    for k in range(q):
        value = fit.by_beta[k]
        for j in range(1, levels):
            value -= fit.side[j, k] * fit.to_cut[j]
        for n in range(k):
            value -= fit.lower[k, n] * fit.to_beta[n]
        fit.to_beta[k] = value / fit.lower[k, k]


@part
def backward(levels: int, q: int, fit: LogitWorkspace) -> None:
    """From L^-1 gradient to the step."""
    for k in range(q - 1, -1, -1):
        value = fit.to_beta[k]
        for n in range(k + 1, q):
            value -= fit.lower[n, k] * fit.to_beta[n]
        fit.to_beta[k] = value / fit.lower[k, k]
    for j in range(levels - 1, 0, -1):
        value = fit.to_cut[j]
        if j < levels - 1:
            value -= fit.e[j + 1] * fit.to_cut[j + 1]
        for k in range(q):
            value -= fit.side[j, k] * fit.to_beta[k]
        fit.to_cut[j] = value / fit.d[j]


@part
def _aim(at: int, cells: Cells, m: int, levels: int, q: int, fit: LogitWorkspace) -> tuple[float, int]:
    """The next step: how far it moves a cut or a predictor. One that moves nobody away from the own score is followed."""
    forward(levels, q, fit)
    backward(levels, q, fit)
    largest, away = 0.0, 0.0
    for j in range(1, levels):
        largest = max(largest, abs(fit.to_cut[j]))
    for i in range(m):
        total = 0.0
        for k in range(q):
            total += cells.design[i, k] * fit.to_beta[k]
        fit.moved[i] = total
        largest = max(largest, abs(total))
        y = cells.level[i]
        if y > 0:
            away = max(away, -fit.to_cut[y] - total)
        if y < levels - 1:
            away = max(away, fit.to_cut[y + 1] + total)
    return largest, FOLLOW if at >= LOOK and away < STILL * largest else ON


@part
def _go(size: float, _: Cells, m: int, levels: int, q: int, fit: LogitWorkspace) -> None:
    for j in range(1, levels):
        fit.cut[j] += size * fit.to_cut[j]
    for k in range(q):
        fit.beta[k] += size * fit.to_beta[k]
    for i in range(m):
        fit.eta[i] += size * fit.moved[i]


#: Newton's method on all cuts and the first coefficients; ``eta`` must hold the predictors of ``beta``. Where the likelihood
#: rises for ever, it is followed until it levels off.
climb: Final = newton(likelihood, _aim, _go)


@part
def start(cells: Cells, m: int, levels: int, fit: LogitWorkspace) -> float:
    """The fit without coefficients: cuts from the shares of all together, predictors of 0, and its log likelihood."""
    total = 0.0
    for j in range(levels):
        fit.own[j] = 0.0
    for i in range(m):
        fit.own[cells.level[i]] += cells.weight[i]
        total += cells.weight[i]
        fit.eta[i] = 0.0
    above, value = 0.0, 0.0
    for j in range(levels - 1, -1, -1):
        value += fit.own[j] * math.log(fit.own[j] / total)
        above += fit.own[j]
        if j > 0:
            fit.cut[j] = math.log(above / (total - above))
    for k in range(fit.beta.shape[0]):
        fit.beta[k] = 0.0
    return value


@part
def merge(cells: Cells, m: int, place: IntArray) -> int:
    """Number the scores that somebody has from 0, in their order: how many there are. ``place`` has room for all."""
    for j in range(place.shape[0]):
        place[j] = 0
    for i in range(m):
        if cells.weight[i] > 0.0:
            place[cells.level[i]] = 1
    levels = 0
    for j in range(place.shape[0]):
        if place[j]:
            place[j] = levels
            levels += 1
    for i in range(m):
        cells.level[i] = place[cells.level[i]]
    return levels
