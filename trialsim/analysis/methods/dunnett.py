"""Dunnett's test: several arms against one control, by numerical integration of its one-factor form.

The m statistics T_i = (Z_i - common part) / S have correlations lambda_i lambda_j with lambda_i^2 = n_i / (n_i + n_0),
so given the control's standard normal part z and the residual SD s they are independent:

P(all T_i <= t) = E_s E_z prod_i Phi((t s + lambda_i z) / sqrt(1 - lambda_i^2)).

References
----------
Dunnett 1955, J Am Stat Assoc 50:1096, doi:10.1080/01621459.1955.10501294.
Both integrals are trapezoid sums over smooth densities that vanish at both ends, which converge exponentially
(Trefethen and Weideman 2014, SIAM Review 56:385, doi:10.1137/130932132).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.heavy import special
from trialsim.kinds.designs import WAY

Z_REACH = 8.5
Z_STEP = 0.6  # with SD_NODES: within 1e-9 of 10 times as many nodes, from 3 df on; within 1e-6 below
SD_NODES = ((60.0, 20), (20.0, 30), (3.0, 80), (0.0, 320))
BLOCK = 128
TABLE_NODES = 65  # nodes for |t| where all arms are equal; twice as many for t on both sides of 0
TABLE_REACH = 9.0


@lru_cache(maxsize=4096)
def residual_sd(df: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of S = sqrt(chi-square(df) / df), by a trapezoid sum in log S."""
    low = np.log(2.0 * special.gammaincinv(df / 2.0, 1e-15) / df) / 2.0
    high = np.log(2.0 * special.gammainccinv(df / 2.0, 1e-17) / df) / 2.0
    count = next(nodes for least, nodes in SD_NODES if df >= least)
    x = np.linspace(low, high, count)
    log_density = df * x - 0.5 * df * np.exp(2.0 * x)
    weight = np.exp(log_density - log_density.max())
    return np.asarray(np.exp(x)), np.asarray(weight / weight.sum())


def _z_nodes(steepest: float, *, two_sided: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the control's part; finer the larger lambda. Two-sided is symmetric: half of them do."""
    step = min(Z_STEP, 0.7 * float(np.sqrt(1.0 - steepest**2)) / steepest)
    count = int(np.ceil(Z_REACH / step))
    z = step * np.arange(-count, count + 1)
    weight = np.exp(-0.5 * z * z)
    if two_sided:
        z, weight = z[count:], weight[count:]
        weight[0] *= 0.5
    return np.asarray(z, np.float64), np.asarray(weight / weight.sum())


def _inside(t: FloatArray, df: float, lam: FloatArray, *, two_sided: bool) -> FloatArray:
    """P(max |T_i| <= t) or P(max T_i <= t) for many t (E,) with one df and one lambda (m,)."""
    s, s_weight = residual_sd(df)
    z, z_weight = _z_nodes(float(lam.max()), two_sided=two_sided)
    out = np.empty(t.size)
    for start in range(0, t.size, BLOCK):
        reach = t[start : start + BLOCK, None, None] * s[:, None]
        product = np.ones((reach.shape[0], s.size, z.size))
        for loading in lam:
            scale = 1.0 / np.sqrt(1.0 - loading**2)
            factor = special.ndtr((reach + loading * z) * scale)
            if two_sided:
                factor -= special.ndtr((loading * z - reach) * scale)
            product *= factor
        out[start : start + BLOCK] = ((product * z_weight).sum(axis=2) * s_weight).sum(axis=1)  # not BLAS
    return out


@lru_cache(maxsize=256)
def _nodes(df: float, lam: tuple[float, ...], *, two_sided: bool) -> tuple[FloatArray, FloatArray]:
    """Chebyshev nodes on [-9 or 0, 9] and the probabilities there."""
    low = 0.0 if two_sided else -TABLE_REACH
    count = TABLE_NODES if two_sided else 2 * TABLE_NODES - 1
    angle = np.pi * np.arange(count) / (count - 1)
    node = 0.5 * (low + TABLE_REACH) + 0.5 * (TABLE_REACH - low) * np.cos(angle)
    return node, _inside(node, df, np.array(lam), two_sided=two_sided)


def _interpolated(t: FloatArray, df: float, lam: FloatArray, *, two_sided: bool) -> FloatArray:
    """As `_inside`, through its Chebyshev interpolant; statistics beyond its ends are computed directly."""
    node, value = _nodes(df, tuple(lam.tolist()), two_sided=two_sided)
    weight = np.where(np.arange(node.size) % 2 == 0, 1.0, -1.0)
    weight[[0, -1]] *= 0.5
    gap = t[:, None] - node
    with np.errstate(all="ignore"):
        ratio = weight / gap
        out = (ratio * value).sum(axis=1) / ratio.sum(axis=1)
    exact = gap == 0.0
    on_node = exact.any(axis=1)
    out[on_node] = value[exact.argmax(axis=1)[on_node]]
    beyond = (t > TABLE_REACH) | (t < (0.0 if two_sided else -TABLE_REACH))
    out[beyond] = _inside(t[beyond], df, lam, two_sided=two_sided)
    return np.asarray(out)


def loadings(n: IntArray) -> FloatArray:
    """lambda_i = sqrt(n_i / (n_i + n_0)) from sample sizes (m + 1,), the control first."""
    return np.asarray(np.sqrt(n[1:] / (n[1:] + n[0])))


def dunnett(statistic: FloatArray, df: FloatArray, n: IntArray, *, alternative: str = "two-sided") -> FloatArray:
    """Adjusted (single-step) p-values of m comparisons with one control.

    Parameters
    ----------
    statistic : (R, m) t statistics with a common residual variance (`means.anova_pair`, arm - control)
    df : (R,) residual degrees of freedom
    n : (R, m + 1) sample sizes, the control first

    Returns
    -------
    (R, m) : NaN where a statistic, its df or a sample size is missing; such a comparison leaves the family,
        because an arm without values has no statistic to be large

    Notes
    -----
    For the one-way layout without covariates; after ANCOVA see `dunnett_adjusted`.
    """
    p = np.full(statistic.shape, np.nan)
    way = WAY[alternative]
    two_sided = way == 0
    t = np.abs(statistic) if two_sided else way * statistic
    usable = np.isfinite(df) & (df > 0.0) & np.isfinite(statistic).any(axis=1) & (n[:, 0] > 0)
    rows = np.flatnonzero(usable)
    if not rows.size:
        return p
    design = np.column_stack([df[rows], np.where(np.isfinite(statistic[rows]), n[rows, 1:], 0), n[rows, 0]])
    kinds, inverse = np.unique(design, axis=0, return_inverse=True)
    member = np.argsort(inverse.reshape(-1), kind="stable")
    bounds = np.cumsum(np.bincount(inverse.reshape(-1)))
    for kind, chunk in zip(kinds, np.split(rows[member], bounds[:-1]), strict=True):
        arms = np.flatnonzero(kind[1:-1] > 0.0)
        lam = loadings(np.concatenate((kind[-1:], kind[1:-1][arms])))
        values = t[np.ix_(chunk, arms)].ravel()
        # Depends on the sizes only, never on how many replicates share them: a replicate's p must not depend on its batch.
        equal = bool((kind[1:-1][arms] == kind[-1]).all())
        compute = _interpolated if equal else _inside
        inside = compute(values, float(kind[0]), lam, two_sided=two_sided)
        p[np.ix_(chunk, arms)] = np.clip(1.0 - inside, 0.0, 1.0).reshape(chunk.size, arms.size)
    return p


def dunnett_critical(df: float, n: IntArray, *, alpha: float = 0.05, alternative: str = "two-sided") -> float:
    """Critical value of the largest (absolute) statistic, by bisection to 1e-12.

    Examples
    --------
    >>> round(dunnett_critical(30, np.array([1, 1, 1])), 3)  # Dunnett's table, two-sided .05
    2.321
    """
    lam = loadings(np.asarray(n))
    low, high = 0.0, 1e3
    while high - low > 1e-12 * high:
        middle = 0.5 * (low + high)
        inside = _inside(np.array([middle]), float(df), lam, two_sided=WAY[alternative] == 0)[0]
        low, high = (middle, high) if inside < 1.0 - alpha else (low, middle)
    return 0.5 * (low + high)
