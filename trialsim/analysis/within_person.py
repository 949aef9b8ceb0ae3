"""The cumulative logit model with a random intercept, compiled: the likelihood by adaptive Gauss-Hermite quadrature.

P(Y_v >= j | u) = F(c_j + x_v beta + sigma u) at each visit v of a participant, u standard normal. The integral over u is taken at
10 points around the mode of the integrand, scaled by its curvature there (Liu and Pierce 1994, doi:10.1093/biomet/81.3.624),
or at more where sigma is large. The gradient
is the mean of that given u over the same points (Fisher's identity), the information the mean information given u less the
variance of the gradient given u (Louis 1982, doi:10.1111/j.2517-6161.1982.tb01203.x); Newton's method uses both.

Given exp(sigma u), a probability needs no further exponential: every point costs one.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from trialsim.analysis.cumulative import Cells, LogitWorkspace
from trialsim.analysis.newton import LOST, ON, Pace, factor, newton, solve
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part

#: How many points of quadrature; from which standard deviation on it takes more, since the integrand is then far from normal
#: and 10 points would move an estimate by up to a hundredth of its standard error; and from which it takes points evenly spaced.
POINTS: Final = 10
MORE: Final = 40
EVEN: Final = 281
LARGE: Final = 0.5
LARGER: Final = 4.0

#: The points, and the logarithms of their weights with the function that they are made for: the integrand is divided by it.
#: The last are those of the trapezoidal rule, and their distance.
_FEW, _MANY, _EVEN = (
    np.polynomial.hermite.hermgauss(POINTS),
    np.polynomial.hermite.hermgauss(MORE),
    np.linspace(-7.0, 7.0, EVEN),
)
NODES: Final = np.concatenate([_FEW[0], _MANY[0], _EVEN])
LOG_WEIGHTS: Final = np.concatenate([np.log(_FEW[1]) + _FEW[0] ** 2, np.log(_MANY[1]) + _MANY[0] ** 2, np.zeros(EVEN)])
APART: Final = 14.0 / (EVEN - 1)

#: Every parameter moves by less than this in the last step; the likelihood may fall by less than this share, as its gradient
#: is that of the integral and not of the quadrature.
NEAR: Final = 1e-7
PACE: Final = Pace(close=NEAR, slack=1e-7)

#: A standard deviation below this is 0; above that, answers are the same at all visits, and no estimate fits best.
NONE: Final = 1e-3
WIDE: Final = 50.0

#: Where the standard deviation starts, and what it does to the cuts (the SD of a logistic is 1.7 that of a normal).
FIRST: Final = 1.0
STRETCH: Final = math.sqrt(1.0 + 0.346 * FIRST**2)


class PersonWorkspace(NamedTuple):
    """Room for a fit of W = L - 1 cuts, Q coefficients and the standard deviation, with V visits.

    Attributes
    ----------
    theta, step, gradient : (W + Q + 1,) all parameters, in this order
    whole, info, lower : (W + Q + 1)^2 information given u, and as observed with its factor
    mode : (N,) of each participant's intercept, in standard deviations
    up, down, own, other : (V,) constants of each value: exp of the cut below and above, 1 - their ratio and the inverse of that
    local, mean : (2 V + 1,) gradient by the cut below and above each value, and by the standard deviation; its mean over points
    square : (2 V + 1)^2 its mean square, then variance
    bent : (V, 6) means of the information of each value: both cuts, their product, and the bends with and without u
    turned : (V, Q) variances of predictors times the design
    places, chances : of the points
    """

    theta: FloatArray
    step: FloatArray
    gradient: FloatArray
    whole: FloatArray
    info: FloatArray
    lower: FloatArray
    mode: FloatArray
    up: FloatArray
    down: FloatArray
    own: FloatArray
    other: FloatArray
    local: FloatArray
    mean: FloatArray
    square: FloatArray
    bent: FloatArray
    turned: FloatArray
    places: FloatArray
    chances: FloatArray


def mixed_room(people: int, levels: int, columns: int, visits: int) -> PersonWorkspace:
    """Room for at most so many."""
    size, local = levels + columns, 2 * visits + 1
    of_all, of_visit = [np.zeros(size) for _ in range(3)], [np.zeros(visits) for _ in range(4)]
    theta, step, gradient = of_all
    up, down, own, other = of_visit
    return PersonWorkspace(
        theta, step, gradient, np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size)), np.zeros(people), up,
        down, own, other, np.zeros(local), np.zeros(local), np.zeros((local, local)), np.zeros((visits, 6)), np.zeros((visits,
        columns)), np.zeros(EVEN), np.zeros(EVEN),
    )  # fmt: skip


@part
def _constants(cells: Cells, first: int, visits: int, levels: int, q: int, room: PersonWorkspace) -> bool:
    """Exponentials of the cuts around each value of a participant; whether all cuts are in order."""
    theta = room.theta
    for v in range(visits):
        i, base = first + v, 0.0
        y = cells.level[i]
        for k in range(q):
            base += cells.design[i, k] * theta[levels - 1 + k]
        room.up[v] = math.exp(theta[y - 1] + base) if y > 0 else 0.0
        room.down[v] = math.exp(theta[y] + base) if y < levels - 1 else 0.0
        room.own[v], room.other[v] = 1.0, 0.0
        if 0 < y < levels - 1:
            room.own[v] = -math.expm1(theta[y] - theta[y - 1])
            room.other[v] = 1.0 - room.own[v]
            if not room.own[v] > 0.0:
                return False
    return True


@part
def _mode(
    cells: Cells, first: int, visits: int, levels: int, sigma: float, u: float, room: PersonWorkspace
) -> tuple[float, float]:
    """The mode of the integrand from ``u``, and its curvature there: Newton's method between the ends of an interval."""
    low, high, curvature = -np.inf, np.inf, 1.0
    for _ in range(100):
        x = math.exp(sigma * u)
        slope, bent = 0.0, 0.0
        for v in range(visits):
            y = cells.level[first + v]
            one, two = 1.0, 0.0
            if y > 0:
                one = 1.0 - 1.0 / (1.0 + room.up[v] * x)
                bent += one * (1.0 - one)
            if y < levels - 1:
                two = 1.0 - 1.0 / (1.0 + room.down[v] * x)
                bent += two * (1.0 - two)
            slope += 1.0 - one - two
        curvature = 1.0 + sigma * sigma * bent
        rest = u - sigma * slope
        if rest > 0.0:
            high = u
        else:
            low = u
        step = rest / curvature
        if abs(step) < 1e-9 * (1.0 + abs(u)):
            break
        new = u - step
        if not low < new < high:
            new = 0.5 * (low + high) if high - low < np.inf else (u + 1.0 if rest < 0.0 else u - 1.0)
        u = new
    return u, curvature


@part
def _point(cells: Cells, first: int, visits: int, levels: int, sigma: float, u: float, room: PersonWorkspace) -> float:
    """The chance of all values given u; fill ``local`` with its gradient."""
    x, chance, moved = math.exp(sigma * u), 1.0, 0.0
    for v in range(visits):
        y = cells.level[first + v]
        up, down = room.up[v] * x, room.down[v] * x
        low, over = 1.0 / (1.0 + up), 1.0 / (1.0 + down)
        if y == 0:
            a, b = 0.0, -down * over
            chance *= over
        elif y == levels - 1:
            a, b = low, 0.0
            chance *= up * low
        else:
            a = low * (1.0 + down) / room.own[v]
            b = -room.other[v] * over * (1.0 + up) / room.own[v]
            chance *= up * low * over * room.own[v]
        room.local[2 * v] = a
        room.local[2 * v + 1] = b
        moved += a + b
    room.local[2 * visits] = u * moved
    return chance


@part
def _add_point(
    cells: Cells, first: int, visits: int, levels: int, sigma: float, u: float, p: float, room: PersonWorkspace
) -> None:
    """Add a point to the means over u with the weight ``p``."""
    x, last = math.exp(sigma * u), 2 * visits
    for v in range(visits):
        y = cells.level[first + v]
        a, b = room.local[2 * v], room.local[2 * v + 1]
        low = high = 0.0
        if y > 0:
            one = 1.0 / (1.0 + room.up[v] * x)
            low = p * one * (1.0 - one)
        if y < levels - 1:
            two = 1.0 / (1.0 + room.down[v] * x)
            high = p * two * (1.0 - two)
        room.bent[v, 0] += low
        room.bent[v, 1] += high
        room.bent[v, 2] -= p * a * b
        room.bent[v, 3] += u * low
        room.bent[v, 4] += u * high
        room.bent[v, 5] += u * u * (low + high)
    for i in range(last + 1):
        size = p * room.local[i]
        room.mean[i] += size
        for j in range(i + 1):
            room.square[i, j] += size * room.local[j]


@part
def _spread(cells: Cells, first: int, visits: int, levels: int, q: int, room: PersonWorkspace) -> None:
    """Add the means of one participant to gradient and information of all parameters."""
    cuts, last, sigma_at = levels - 1, 2 * visits, levels - 1 + q
    for i in range(last + 1):
        for j in range(i + 1):
            room.square[i, j] -= room.mean[i] * room.mean[j]
            room.square[j, i] = room.square[i, j]
    room.gradient[sigma_at] += room.mean[last]
    room.info[sigma_at, sigma_at] -= room.square[last, last]
    for v in range(visits):
        i, y = first + v, cells.level[first + v]
        low, high, both = room.bent[v, 0], room.bent[v, 1], room.bent[v, 2]
        with_low, with_high = room.bent[v, 3], room.bent[v, 4]
        moved = room.mean[2 * v] + room.mean[2 * v + 1]
        room.whole[sigma_at, sigma_at] += room.bent[v, 5]
        if y > 0:
            room.gradient[y - 1] += room.mean[2 * v]
            room.whole[y - 1, y - 1] += low + both
            room.whole[sigma_at, y - 1] += with_low
        if y < cuts:
            room.gradient[y] += room.mean[2 * v + 1]
            room.whole[y, y] += high + both
            room.whole[sigma_at, y] += with_high
            if y > 0:
                room.whole[y, y - 1] -= both
        for k in range(q):
            x = cells.design[i, k]
            room.turned[v, k] = 0.0
            for w in range(visits):
                variance = room.square[2 * v, 2 * w] + room.square[2 * v, 2 * w + 1]
                variance += room.square[2 * v + 1, 2 * w] + room.square[2 * v + 1, 2 * w + 1]
                room.turned[v, k] += variance * cells.design[first + w, k]
            if x == 0.0:
                continue
            room.gradient[cuts + k] += moved * x
            if y > 0:
                room.whole[cuts + k, y - 1] += low * x
            if y < cuts:
                room.whole[cuts + k, y] += high * x
            room.whole[sigma_at, cuts + k] += (with_low + with_high) * x
            for n in range(k + 1):
                room.whole[cuts + k, cuts + n] += (low + high) * x * cells.design[i, n]
    _spread_variance(cells, first, visits, levels, q, room)


@part
def _spread_variance(cells: Cells, first: int, visits: int, levels: int, q: int, room: PersonWorkspace) -> None:
    """Take the variance of the gradient of one participant off the information."""
    cuts, last, sigma_at = levels - 1, 2 * visits, levels - 1 + q
    for i in range(last):
        v = i // 2
        c = cells.level[first + v] - 1 + i % 2
        if c < 0 or c >= cuts:
            continue
        room.info[sigma_at, c] -= room.square[last, i]
        for j in range(last):
            w = j // 2
            other = cells.level[first + w] - 1 + j % 2
            if 0 <= other <= c and other < cuts:
                room.info[c, other] -= room.square[i, j]
        for w in range(visits):
            value = room.square[i, 2 * w] + room.square[i, 2 * w + 1]
            for k in range(q):
                room.info[cuts + k, c] -= value * cells.design[first + w, k]
    for v in range(visits):
        value = room.square[last, 2 * v] + room.square[last, 2 * v + 1]
        for k in range(q):
            x = cells.design[first + v, k]
            if x == 0.0:
                continue
            room.info[sigma_at, cuts + k] -= value * x
            for n in range(k + 1):
                room.info[cuts + k, cuts + n] -= x * room.turned[v, n]


@part
def _likelihood(
    cells: Cells, start: IntArray, people: int, levels: int, q: int, room: PersonWorkspace
) -> tuple[float, bool]:
    """The log likelihood; fill its gradient and both kinds of information, of which :func:`_aim` chooses one."""
    size = levels + q
    sigma, total = room.theta[size - 1], 0.0
    for i in range(size):
        room.gradient[i] = 0.0
        for j in range(i + 1):
            room.whole[i, j] = 0.0
            room.info[i, j] = 0.0
    places, chances = room.places, room.chances
    begin, count = (0, POINTS) if abs(sigma) < LARGE else (POINTS, MORE)
    even = abs(sigma) >= LARGER
    if even:
        begin, count = POINTS + MORE, EVEN
    for s in range(people):
        first, visits = start[s], start[s + 1] - start[s]
        if not _constants(cells, first, visits, levels, q, room):
            return -np.inf, False
        u, scale, unit, whole = 0.0, 1.0, APART, 0.0
        if not even:
            u, curvature = _mode(cells, first, visits, levels, sigma, room.mode[s], room)
            room.mode[s] = u
            scale = unit = math.sqrt(2.0 / curvature)
        for i in range(2 * visits + 1):
            room.mean[i] = 0.0
            for j in range(i + 1):
                room.square[i, j] = 0.0
        for v in range(visits):
            for j in range(6):
                room.bent[v, j] = 0.0
        for k in range(count):
            places[k] = u + scale * NODES[begin + k]
            chance = _point(cells, first, visits, levels, sigma, places[k], room)
            chances[k] = chance * math.exp(LOG_WEIGHTS[begin + k] - 0.5 * places[k] ** 2)
            whole += chances[k]
            _add_point(cells, first, visits, levels, sigma, places[k], chances[k], room)
        if not 0.0 < whole < np.inf:
            return -np.inf, False
        total += math.log(whole * unit / math.sqrt(2.0 * math.pi))
        for i in range(2 * visits + 1):
            room.mean[i] /= whole
            for j in range(i + 1):
                room.square[i, j] /= whole
        for v in range(visits):
            for j in range(6):
                room.bent[v, j] /= whole
        _spread(cells, first, visits, levels, q, room)
    for i in range(size):
        for j in range(i + 1):
            room.info[i, j] += room.whole[i, j]
    return total, True


@part
def _aim(_: int, __: Cells, ___: IntArray, ____: int, levels: int, q: int, room: PersonWorkspace) -> tuple[float, int]:
    """The next step. Where the observed information is not positive definite it uses that given u, and is not the last."""
    size = levels + q
    fine = factor(room.info, room.lower, size)
    if not fine and not factor(room.whole, room.lower, size):
        return np.inf, LOST
    solve(room.lower, room.gradient, room.step, size)
    largest = 0.0 if fine else NEAR
    for i in range(size):
        largest = max(largest, abs(room.step[i]))
    return largest, LOST if abs(room.theta[size - 1] + room.step[size - 1]) > WIDE else ON


@part
def _go(size: float, _: Cells, __: IntArray, ___: int, levels: int, q: int, room: PersonWorkspace) -> None:
    for i in range(levels + q):
        room.theta[i] += size * room.step[i]


climb_mixed: Final = newton(_likelihood, _aim, _go)


@part
def start_mixed(people: int, levels: int, q: int, fit: LogitWorkspace, room: PersonWorkspace) -> None:
    """From the fit without random effects."""
    for j in range(1, levels):
        room.theta[j - 1] = fit.cut[j] * STRETCH
    for k in range(q):
        room.theta[levels - 1 + k] = fit.beta[k] * STRETCH
    room.theta[levels - 1 + q] = FIRST
    for s in range(people):
        room.mode[s] = 0.0


@part
def rises(cells: Cells, start: IntArray, people: int, levels: int, fit: LogitWorkspace) -> float:
    """Twice the slope of the log likelihood along the variance, where that is 0 and everything else fits best."""
    total = 0.0
    for s in range(people):
        moved = bent = 0.0
        for i in range(start[s], start[s + 1]):
            y = cells.level[i]
            one = 1.0 / (1.0 + math.exp(-fit.cut[y] - fit.eta[i])) if y > 0 else 1.0
            two = 1.0 / (1.0 + math.exp(-fit.cut[y + 1] - fit.eta[i])) if y < levels - 1 else 0.0
            moved += 1.0 - one - two
            bent += one * (1.0 - one) + two * (1.0 - two)
        total += moved * moved - bent
    return total
