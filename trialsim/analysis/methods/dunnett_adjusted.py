"""Dunnett's test of adjusted means: several arms against one control after an analysis of covariance.

The adjusted difference of arm i from the control has the variance s^2 (1/n_i + 1/n_0 + g_i'g_i), where g_i is what the
covariates of the two arms differ by, whitened by their spread within arms, and two of them have the covariance
s^2 (1/n_0 + g_i'g_j): the baselines that chance gave the arms move all comparisons. Written with the vector
v_i = (1/sqrt(n_0), g_i), T_i = (own part + v_i'z) / (SD_i S) with independent standard normals z, so that given z and S
the comparisons are independent. The first of these directions is turned to where the arms agree and summed by the
trapezoid rule, as in `methods.dunnett`; the others are small, and are summed by Gauss and Hermite's rule (one) or
by a rule of degree 5 (more). With two or three comparisons one direction is nearly always enough, and the sum exact.

References
----------
Bretz, Hothorn and Westfall 2010, Multiple Comparisons Using R, section 3.1 (what multcomp computes). Stroud 1971,
Approximate Calculation of Multiple Integrals, formula E_n^{r^2} 5-2.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from trialsim.analysis.methods.dunnett import Z_REACH, Z_STEP, residual_sd
from trialsim.analysis.rows import BoolArray, FloatArray, IntArray
from trialsim.compiled import kernel
from trialsim.kinds.designs import WAY

HERMITE = {1: 6, 2: 4, 3: 4}  # nodes in each of so many further directions
LEAST = 1e-13  # terms of a smaller weight are left out: together below 1e-8


def dunnett_adjusted(
    statistic: FloatArray,
    df: FloatArray,
    n: IntArray,
    gaps: FloatArray,
    *,
    alternative: str = "two-sided",
) -> FloatArray:
    """Adjusted (single-step) p-values of m comparisons with one control, given covariates.

    Parameters
    ----------
    statistic : (R, m) t statistics of `linear.ancova`, arm - control
    df : (R,) residual degrees of freedom
    n : (R, m + 1) complete cases, the control first
    gaps : (R, m, P) `linear.adjusted_gaps`

    Returns
    -------
    (R, m) : NaN where a statistic is missing; such a comparison leaves the family
    """
    p = np.full(statistic.shape, np.nan)
    way = WAY[alternative]
    two_sided = way == 0
    t = np.abs(statistic) if two_sided else way * statistic
    there = np.isfinite(statistic)
    rows = np.flatnonzero(np.isfinite(df) & (df > 0.0) & there.any(axis=1) & (n[:, 0] > 0))
    if not rows.size:
        return p
    first, further, own = _directions(n[rows], gaps[rows], there[rows])
    one = (further == 0.0).all(axis=(1, 2))
    for alone in (True, False):
        node, weight = (np.zeros((1, 1)), np.ones(1)) if alone else _further_nodes(further.shape[2])
        for value in np.unique(df[rows][one == alone]):
            chosen = np.flatnonzero((one == alone) & (df[rows] == value))
            s, s_weight = residual_sd(float(value))
            inside = np.full((chosen.size, t.shape[1]), np.nan)
            parts = further[chosen][:, :, : node.shape[1]].copy()
            _inside_kernel(
                t[rows[chosen]], first[chosen], parts, own[chosen], s, s_weight, node, weight, two_sided, inside
            )
            p[rows[chosen]] = np.clip(1.0 - inside, 0.0, 1.0)
    return p


def _directions(n: IntArray, gaps: FloatArray, there: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The part of each comparison in the common direction (R, m), in the others (R, m, P), and its own (R, m).

    Their squares add up to 1. Missing comparisons have no part in anything.
    """
    with np.errstate(all="ignore"):
        shared = np.concatenate([np.broadcast_to(n[:, :1, None] ** -0.5, (*gaps.shape[:2], 1)), gaps], axis=2)
        alone = np.where(there, 1.0 / n[:, 1:], 1.0)
        shared = np.where(there[:, :, None], shared, 0.0)
        size = np.sqrt(alone + (shared**2).sum(axis=2))
        shared = shared / size[:, :, None]
        exact, single = _single(shared, there)
        direction = shared.sum(axis=1)
        direction /= np.sqrt((direction**2).sum(axis=1))[:, None]
    # Householder's reflection that turns the common direction to the first axis.
    mirror = direction.copy()
    mirror[:, 0] += np.where(direction[:, 0] >= 0.0, 1.0, -1.0)
    scale = 2.0 / (mirror**2).sum(axis=1)
    turned = shared - (scale[:, None] * (shared * mirror[:, None, :]).sum(axis=2))[:, :, None] * mirror[:, None, :]
    first = np.where(exact[:, None], single, turned[:, :, 0])
    further = np.where(exact[:, None, None], 0.0, turned[:, :, 1:])
    own = np.sqrt(np.maximum(1.0 - first**2 - (further**2).sum(axis=2), 1e-12))
    return np.ascontiguousarray(first), np.ascontiguousarray(further), np.ascontiguousarray(own)


def _single(shared: FloatArray, there: BoolArray) -> tuple[BoolArray, FloatArray]:
    """Loadings (R, m) on one direction with exactly these correlations, and where there are any: up to 3 comparisons."""
    count = there.sum(axis=1)
    correlation = (shared[:, :, None, :] * shared[:, None, :, :]).sum(axis=3)
    found = np.zeros(there.shape)
    ok = count == 1
    for r in np.flatnonzero((count == 2) | (count == 3)):
        place = np.flatnonzero(there[r])
        a, b = place[0], place[1]
        rab = correlation[r, a, b]
        if count[r] == 2:
            squares = [rab, rab]
        else:
            rac, rbc = correlation[r, a, place[2]], correlation[r, b, place[2]]
            squares = [rab * rac / rbc, rab * rbc / rac, rac * rbc / rab] if min(rab, rac, rbc) > 0.0 else [-1.0]
        if min(squares) > 0.0 and max(squares) < 1.0:
            found[r, place] = np.sqrt(squares)
            ok[r] = True
    return ok, found


@lru_cache(maxsize=16)
def _further_nodes(dimensions: int) -> tuple[FloatArray, FloatArray]:
    """Nodes (G, P) and weights (G,) for independent standard normals: symmetric about 0."""
    if dimensions in HERMITE:
        node, weight = np.polynomial.hermite_e.hermegauss(HERMITE[dimensions])
        nodes = np.array(list(product(node, repeat=dimensions)))
        weights = np.array([math.prod(each) for each in product(weight / weight.sum(), repeat=dimensions)])
        return nodes, weights
    reach = dimensions + 2.0
    steps = [(i, sign) for i in range(dimensions) for sign in (-1.0, 1.0)]
    nodes, weights = np.zeros((1 + 2 * dimensions**2, dimensions)), np.full(1 + 2 * dimensions**2, reach**-2)
    weights[0] = 2.0 / reach
    for row, (i, sign) in enumerate(steps, start=1):
        nodes[row, i], weights[row] = sign * math.sqrt(reach), (4.0 - dimensions) / (2.0 * reach**2)
    apart = [(a, b) for a, b in combinations(steps, 2) if a[0] != b[0]]
    for row, ((i, sign), (j, other)) in enumerate(apart, start=1 + 2 * dimensions):
        nodes[row, i], nodes[row, j] = sign * math.sqrt(reach / 2.0), other * math.sqrt(reach / 2.0)
    return nodes, weights


@kernel
def _inside_kernel(
    t: FloatArray,
    first: FloatArray,
    further: FloatArray,
    own: FloatArray,
    s: FloatArray,
    s_weight: FloatArray,
    node: FloatArray,
    weight: FloatArray,
    two_sided: bool,
    inside: FloatArray,
) -> None:
    """P(max |T| <= t_i) or P(max T <= t_i) of every comparison i that is there, into ``inside`` (E, m)."""
    trials, arms = t.shape
    root = 1.0 / math.sqrt(2.0)
    for e in range(trials):
        finest, steepest = 1.0, 1e-6
        for k in range(arms):
            if not np.isnan(t[e, k]):
                finest = min(finest, own[e, k])
                steepest = max(steepest, abs(first[e, k]))
        step = min(Z_STEP, 0.7 * finest / steepest)
        count = int(math.ceil(Z_REACH / step))
        for i in range(arms):
            if np.isnan(t[e, i]):
                continue
            total = 0.0
            mass = 0.0
            for place in range(0 if two_sided else -count, count + 1):
                z = step * place
                z_weight = math.exp(-0.5 * z * z) * (0.5 if two_sided and place == 0 else 1.0)
                mass += z_weight
                for g in range(weight.shape[0]):
                    for j in range(s.shape[0]):
                        if z_weight * abs(weight[g]) * s_weight[j] < LEAST:
                            continue
                        reach = t[e, i] * s[j]
                        product = 1.0
                        for k in range(arms):
                            if not np.isnan(t[e, k]):
                                middle = first[e, k] * z
                                for q in range(node.shape[1]):
                                    middle += further[e, k, q] * node[g, q]
                                scale = root / own[e, k]
                                factor = 0.5 * math.erfc(-(reach + middle) * scale)
                                if two_sided:
                                    factor -= 0.5 * math.erfc((reach - middle) * scale)
                                product *= factor
                        total += z_weight * weight[g] * s_weight[j] * product
            inside[e, i] = total / mass
