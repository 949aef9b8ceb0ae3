"""The mixed model of a stepped wedge, fitted by restricted maximum likelihood from sums of the cells (a site in a period).

With s and p the variances of sites and of cells over the residual variance, H = I + p C + s S is the covariance over the residual
variance, where C and S join the members of a cell and of a site. Within a cell of n members the inverse of I + p C takes
1 / d = 1 / (1 + n p) of a sum, and within a site with the total W of w = n / d, the inverse of H takes 1 / g = 1 / (1 + s W) of
what is left. So nothing larger than the number of coefficients is ever factored.

With P the projection that leaves H^-1 of what the fixed effects do not explain, the deviance is (n - q) log y'Py + log |H| +
log |X'H^-1X|; its derivatives need traces of P C, P S and of their products only.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from trialsim.analysis.newton import factor, solve
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part

#: Newton's steps at most, and halvings of one.
STEPS: Final = 60
HALVINGS: Final = 30

#: A step that lowers the deviance by less than this is the last one.
ARRIVED: Final = 1e-13

#: The largest variance of sites or cells, over that of the residual.
LARGEST: Final = 1e8


class CellSums(NamedTuple):
    """The sums of one trial; M cells that have members, S sites, Q coefficients.

    Attributes
    ----------
    size, site : (M,) members of a cell, and its site
    x : (M, Q) sums of the columns; y : (M,) sums of the values
    square, product : (Q, Q) X'X and (Q,) X'y
    """

    size: FloatArray
    site: IntArray
    x: FloatArray
    y: FloatArray
    square: FloatArray
    product: FloatArray


class FitRoom(NamedTuple):
    """What a fit works with.

    Attributes
    ----------
    d, w : (M,) 1 + n p, and n / d; total, g : (S,) sums of w, and 1 + s total
    k, e : (M, Q) C'H^-1 X and (M,) C'H^-1 (y - X beta) of the cells; ks, es : (S, Q) and (S,) the same of the sites
    a, lower, inverse : (Q, Q) X'H^-1X, its factor and its inverse
    beta, right, column : (Q,)
    traces : (2,) of P C and P S; quadratic : (2,) of them in the values
    pair, second : (2, 2) traces of products, and the same quadratics in the values or in the weights of the contrast
    sums : (5, Q, Q) products of k and ks
    three : (4, 3, 3) of the three variances: traces, what is added, a factor; and three vectors
    """

    d: FloatArray
    w: FloatArray
    total: FloatArray
    g: FloatArray
    k: FloatArray
    e: FloatArray
    ks: FloatArray
    es: FloatArray
    a: FloatArray
    lower: FloatArray
    inverse: FloatArray
    beta: FloatArray
    right: FloatArray
    column: FloatArray
    traces: FloatArray
    quadratic: FloatArray
    pair: FloatArray
    second: FloatArray
    sums: FloatArray
    three: FloatArray


def cells_of(most: int, columns: int) -> CellSums:
    """Room for the sums of ``most`` cells."""
    return CellSums(
        np.empty(most), np.empty(most, np.int64), np.empty((most, columns)), np.empty(most),
        np.empty((columns, columns)), np.empty(columns),
    )  # fmt: skip


def room_of(most: int, sites: int, columns: int) -> FitRoom:
    """Room for a fit."""
    q = columns
    return FitRoom(
        np.empty(most), np.empty(most), np.empty(sites), np.empty(sites), np.empty((most, q)), np.empty(most),
        np.empty((sites, q)), np.empty(sites), np.empty((q, q)), np.empty((q, q)), np.empty((q, q)), np.empty(q),
        np.empty(q), np.empty(q), np.empty(2), np.empty(2), np.empty((2, 2)), np.empty((2, 2)), np.empty((5, q, q)),
        np.empty((4, 3, 3)),
    )  # fmt: skip


@part
def deviance(cells, m, sites, q, yy, n, cell, site, room):  # type: ignore[no-untyped-def]
    """The deviance at the variances ``cell`` and ``site`` over the residual's, and y'Py; NaN where it does not exist.

    Fills the coefficients and everything up to ``inverse`` in the room.
    """
    log_size = 0.0
    for i in range(sites):
        room.total[i] = 0.0
        room.es[i] = 0.0
        for j in range(q):
            room.ks[i, j] = 0.0
    for c in range(m):
        room.d[c] = 1.0 + cells.size[c] * cell
        room.w[c] = cells.size[c] / room.d[c]
        log_size += math.log(room.d[c])
        i = cells.site[c]
        room.total[i] += room.w[c]
        room.es[i] += cells.y[c] / room.d[c]
        for j in range(q):
            room.ks[i, j] += cells.x[c, j] / room.d[c]
    for j in range(q):
        room.right[j] = cells.product[j]
        for h in range(q):
            room.a[j, h] = cells.square[j, h]
    rest = yy
    for c in range(m):
        share = cell / room.d[c]
        rest -= share * cells.y[c] ** 2
        for j in range(q):
            room.right[j] -= share * cells.x[c, j] * cells.y[c]
            for h in range(q):
                room.a[j, h] -= share * cells.x[c, j] * cells.x[c, h]
    for i in range(sites):
        room.g[i] = 1.0 + site * room.total[i]
        log_size += math.log(room.g[i])
        share = site / room.g[i]
        rest -= share * room.es[i] ** 2
        for j in range(q):
            room.right[j] -= share * room.ks[i, j] * room.es[i]
            for h in range(q):
                room.a[j, h] -= share * room.ks[i, j] * room.ks[i, h]
    if not factor(room.a, room.lower, q):
        return math.nan, math.nan
    solve(room.lower, room.right, room.beta, q)
    for j in range(q):
        log_size += 2.0 * math.log(room.lower[j, j])
        rest -= room.right[j] * room.beta[j]
    return ((n - q) * math.log(rest) + log_size if rest > 0.0 else -math.inf), rest


@part
def project(cells, m, sites, q, site, room):  # type: ignore[no-untyped-def]
    """After :func:`deviance`: what cells and sites have of the columns and of the residuals, and the inverse."""
    for c in range(m):
        i = cells.site[c]
        share = site / room.g[i] * room.w[c]
        room.e[c] = cells.y[c] / room.d[c] - share * room.es[i]
        for j in range(q):
            room.k[c, j] = cells.x[c, j] / room.d[c] - share * room.ks[i, j]
            room.e[c] -= room.k[c, j] * room.beta[j]
    for i in range(sites):
        room.es[i] /= room.g[i]
        for j in range(q):
            room.ks[i, j] /= room.g[i]
            room.es[i] -= room.ks[i, j] * room.beta[j]
    for j in range(q):
        for h in range(q):
            room.right[h] = 1.0 if h == j else 0.0
        solve(room.lower, room.right, room.column, q)
        for h in range(q):
            room.inverse[h, j] = room.column[h]


@part
def traces(cells, m, sites, q, site, room):  # type: ignore[no-untyped-def]
    """Traces of P C and P S, and of the products of two of them."""
    own, own_s, d_cells, d_sites, mixed = room.sums[0], room.sums[1], room.sums[2], room.sums[3], room.sums[4]
    for j in range(q):
        for h in range(q):
            own[j, h] = own_s[j, h] = d_cells[j, h] = d_sites[j, h] = mixed[j, h] = 0.0
    trace_c = trace_s = square_c = square_s = square_m = 0.0
    c = 0
    for i in range(sites):
        share, squares = site / room.g[i], 0.0
        for j in range(q):
            room.column[j] = 0.0
        while c < m and cells.site[c] == i:
            w = room.w[c]
            trace_c += w - share * w * w
            squares += w * w
            square_c += w * w * (1.0 - 2.0 * share * w)
            for j in range(q):
                room.column[j] += w * room.k[c, j]
                for h in range(q):
                    own[j, h] += room.k[c, j] * room.k[c, h]
                    d_cells[j, h] += w * room.k[c, j] * room.k[c, h]
            c += 1
        square_c += share * share * squares * squares
        square_m += squares / room.g[i] ** 2
        trace_s += room.total[i] / room.g[i]
        square_s += (room.total[i] / room.g[i]) ** 2
        for j in range(q):
            for h in range(q):
                d_cells[j, h] -= share * room.column[j] * room.column[h]
                own_s[j, h] += room.ks[i, j] * room.ks[i, h]
                d_sites[j, h] += room.total[i] / room.g[i] * room.ks[i, j] * room.ks[i, h]
                mixed[j, h] += room.ks[i, j] * room.column[h] / room.g[i]
    room.traces[0] = trace_c - _dot(room.inverse, own, q)
    room.traces[1] = trace_s - _dot(room.inverse, own_s, q)
    room.pair[0, 0] = square_c - 2.0 * _dot(room.inverse, d_cells, q) + _twice(room.inverse, own, own, q)
    room.pair[1, 1] = square_s - 2.0 * _dot(room.inverse, d_sites, q) + _twice(room.inverse, own_s, own_s, q)
    room.pair[0, 1] = square_m - 2.0 * _dot(room.inverse, mixed, q) + _twice(room.inverse, own_s, own, q)
    room.pair[1, 0] = room.pair[0, 1]


@part
def _dot(a, b, q):  # type: ignore[no-untyped-def]
    """The trace of a symmetric matrix times another."""
    total = 0.0
    for j in range(q):
        for h in range(q):
            total += a[j, h] * b[j, h]
    return total


@part
def _twice(inverse, a, b, q):  # type: ignore[no-untyped-def]
    """The trace of inverse A inverse B, all symmetric."""
    total = 0.0
    for j in range(q):
        for h in range(q):
            left = right = 0.0
            for f in range(q):
                left += inverse[j, f] * a[f, h]
                right += inverse[h, f] * b[f, j]
            total += left * right
    return total


@part
def quadratics(cells, m, sites, q, site, room, e, es):  # type: ignore[no-untyped-def]
    """Sums of squares of ``e`` (M,) and ``es`` (S,), and with P between two of them: e'P e, e'P es and es'P es."""
    for j in range(q):
        room.right[j] = room.column[j] = 0.0
    plain = plain_s = inner = inner_s = inner_m = 0.0
    c = 0
    for i in range(sites):
        share, along = site / room.g[i], 0.0
        plain_s += es[i] * es[i]
        inner_s += room.total[i] / room.g[i] * es[i] * es[i]
        while c < m and cells.site[c] == i:
            plain += e[c] * e[c]
            inner += room.w[c] * e[c] * e[c]
            along += room.w[c] * e[c]
            for j in range(q):
                room.right[j] += room.k[c, j] * e[c]
            c += 1
        inner -= share * along * along
        inner_m += es[i] * along / room.g[i]
        for j in range(q):
            room.column[j] += room.ks[i, j] * es[i]
    for j in range(q):
        for h in range(q):
            inner -= room.right[j] * room.inverse[j, h] * room.right[h]
            inner_m -= room.column[j] * room.inverse[j, h] * room.right[h]
            inner_s -= room.column[j] * room.inverse[j, h] * room.column[h]
    room.quadratic[0], room.quadratic[1] = plain, plain_s
    room.second[0, 0], room.second[1, 1] = inner, inner_s
    room.second[0, 1] = room.second[1, 0] = inner_m


@part
def climb(cells, m, sites, q, yy, n, with_cells, room, found):  # type: ignore[no-untyped-def]
    """Fill ``found`` (2,) with the variances of cells and sites, over the residual's, of the lowest deviance: y'Py, or NaN.

    Newton's method on the variances that are above 0; a variance leaves 0 where that lowers the deviance.
    """
    found[0], found[1] = (0.05 if with_cells else 0.0), 0.05
    here, rest = deviance(cells, m, sites, q, yy, n, found[0], found[1], room)
    if not here > -math.inf:
        return math.nan
    for _ in range(STEPS):
        project(cells, m, sites, q, found[1], room)
        traces(cells, m, sites, q, found[1], room)
        quadratics(cells, m, sites, q, found[1], room, room.e, room.es)
        scale = (n - q) / rest
        grad0 = room.traces[0] - scale * room.quadratic[0]
        grad1 = room.traces[1] - scale * room.quadratic[1]
        free0 = with_cells and (found[0] > 0.0 or grad0 < 0.0)
        free1 = found[1] > 0.0 or grad1 < 0.0
        if not (free0 or free1):
            return rest
        step0, step1, decrement = _direction(room, scale, n - q, grad0, grad1, free0, free1)
        if math.isnan(decrement):
            return math.nan
        length, there, rest_there, low, high = 1.0, math.nan, math.nan, 0.0, 0.0
        for _ in range(HALVINGS):
            low = min(max(found[0] - length * step0, 0.0), LARGEST)
            high = min(max(found[1] - length * step1, 0.0), LARGEST)
            there, rest_there = deviance(cells, m, sites, q, yy, n, low, high, room)
            if there <= here + 1e-9:
                break
            length *= 0.5
        if not there <= here + 1e-9:
            return math.nan
        moved = abs(low - found[0]) + abs(high - found[1])
        found[0], found[1], here, rest = low, high, there, rest_there
        if decrement < ARRIVED or moved == 0.0:
            return rest
    return math.nan


@part
def _direction(room, scale, df, grad0, grad1, free0, free1):  # type: ignore[no-untyped-def]
    """Newton's step for the variances that are free, by the observed curvature, else by the expected one; and what it gains."""
    step0 = step1 = 0.0
    for expected in range(2):
        if expected:
            h00 = room.pair[0, 0] - room.traces[0] ** 2 / df
            h11 = room.pair[1, 1] - room.traces[1] ** 2 / df
            h01 = room.pair[0, 1] - room.traces[0] * room.traces[1] / df
        else:
            h00 = -room.pair[0, 0] + 2.0 * scale * room.second[0, 0] - (scale * room.quadratic[0]) ** 2 / df
            h11 = -room.pair[1, 1] + 2.0 * scale * room.second[1, 1] - (scale * room.quadratic[1]) ** 2 / df
            h01 = -room.pair[0, 1] + 2.0 * scale * room.second[0, 1]
            h01 -= scale * scale * room.quadratic[0] * room.quadratic[1] / df
        det = h00 * h11 - h01 * h01
        if free0 and free1:
            good = h00 > 0.0 and h11 > 0.0 and det > 1e-10 * h00 * h11
            if good:
                step0, step1 = (h11 * grad0 - h01 * grad1) / det, (h00 * grad1 - h01 * grad0) / det
        elif free0:
            good = h00 > 0.0
            step0 = grad0 / h00 if good else 0.0
        else:
            good = h11 > 0.0
            step1 = grad1 / h11 if good else 0.0
        if good:
            return step0, step1, step0 * grad0 + step1 * grad1
    return step0, step1, math.nan


@part
def explain(cells, m, sites, q, n, found, rest, room, adjust):  # type: ignore[no-untyped-def]
    """The variance of the last coefficient and Satterthwaite's degrees of freedom; Kenward and Roger's variance with ``adjust``.

    A variance of 0 counts as known.
    """
    cell, site = found[0], found[1]
    deviance(cells, m, sites, q, 0.0, n, cell, site, room)
    project(cells, m, sites, q, site, room)
    traces(cells, m, sites, q, site, room)
    for c in range(m):
        room.e[c] = 0.0
        for j in range(q):
            room.e[c] += room.k[c, j] * room.inverse[j, q - 1]
    for i in range(sites):
        room.es[i] = 0.0
        for j in range(q):
            room.es[i] += room.ks[i, j] * room.inverse[j, q - 1]
    quadratics(cells, m, sites, q, site, room, room.e, room.es)
    unit, residual = room.inverse[q - 1, q - 1], rest / (n - q)
    _information(room, n - q, unit, cell, site)
    t, lower, gain, out, right = room.three[0], room.three[2], room.three[3, 0], room.three[3, 1], room.three[3, 2]
    if not factor(t, lower, 3):
        return math.nan, 0.0
    solve(lower, gain, out, 3)
    curved = out[0] * gain[0] + out[1] * gain[1] + out[2] * gain[2]
    more = 0.0
    for k in range(3 if adjust else 0):
        for h in range(3):
            right[h] = 1.0 if h == k else 0.0
        solve(lower, right, out, 3)
        for h in range(3):
            more += 4.0 * out[h] * room.three[1, k, h]
    return residual * (unit + more), unit * unit / curved


@part
def _information(room, df, unit, cell, site):  # type: ignore[no-untyped-def]
    """Fill the derivatives by the variances of cells, of sites and of the residual, from those of cells and sites.

    The traces of P V P V', what Kenward and Roger add for two variances, and the derivative of the variance of the contrast: the
    residual's follow, since p P C P + s P S P + P P is P. The row of a variance of 0 is that of nothing else.
    """
    t, z, gain = room.three[0], room.three[1], room.three[3, 0]
    for k in range(2):
        gain[k] = room.quadratic[k]
        for h in range(2):
            t[k, h], z[k, h] = room.pair[k, h], room.second[k, h]
    for k in range(2):
        t[k, 2] = t[2, k] = room.traces[k] - cell * t[k, 0] - site * t[k, 1]
        z[k, 2] = z[2, k] = -cell * z[k, 0] - site * z[k, 1]
    t[2, 2] = df - cell * (room.traces[0] + t[2, 0]) - site * (room.traces[1] + t[2, 1])
    z[2, 2] = -cell * z[2, 0] - site * z[2, 1]
    gain[2] = unit - cell * gain[0] - site * gain[1]
    for k in range(2):
        if (cell if k == 0 else site) == 0.0:
            for h in range(3):
                t[k, h] = t[h, k] = z[k, h] = z[h, k] = 0.0
            t[k, k], gain[k] = 1.0, 0.0
