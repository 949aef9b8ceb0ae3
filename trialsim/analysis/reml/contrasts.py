"""Tests of contrasts: t of one, F of several, with degrees of freedom that come from the uncertainty of the covariance."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.reml.kernel import FLAT
from trialsim.analysis.reml.model import Fits
from trialsim.analysis.rows import BOUNDARY, OK, FloatArray, Rows, make_rows, noted
from trialsim.analysis.tails import f_p, nothing_varies, t_rows


def t_test(fits: Fits, *, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """The first contrast, with Satterthwaite's degrees of freedom; Kenward and Roger's are the same of one contrast.

    References
    ----------
    Satterthwaite 1946, Biometrics Bulletin 2:110, doi:10.2307/3002019. Kenward and Roger 1997, doi:10.2307/2533558.
    """
    variance, slope = fits.variance[:, 0, 0], fits.slopes[:, :, 0, 0]
    with np.errstate(all="ignore"):
        df = 2.0 * variance**2 / np.einsum("rk,rkl,rl->r", slope, fits.spread, slope)
        se = np.sqrt(fits.adjusted[:, 0, 0])
    df = np.where(np.isnan(fits.free), df, fits.free)
    rows = t_rows(
        fits.estimate[:, 0], se, df=df, n=fits.n, status=_code(fits), tiny=fits.tiny, null=null, alternative=alternative,
        level=level,
    )  # fmt: skip
    return noted(rows, BOUNDARY, fits.status == BOUNDARY)


def f_test(fits: Fits, *, adjusted: bool) -> Rows:
    """All M contrasts together: no estimate; ``df`` is that of the denominator.

    Without ``adjusted`` as Fai and Cornelius (as lmerTest does), with it as Kenward and Roger, whose F is scaled.

    References
    ----------
    Fai and Cornelius 1996, J Stat Comput Simul 54:363, doi:10.1080/00949659608811740.
    Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558.
    """
    count = fits.estimate.shape[1]
    code = _code(fits)
    fine = (code == OK) & (fits.status != FLAT)
    identity = np.eye(count)
    variance = np.where(fine[:, None, None], fits.variance, identity)
    with np.errstate(all="ignore"):
        if adjusted:
            scale, df = _kenward_roger(variance, fits.slopes, fits.spread)
            whole = np.where(fine[:, None, None], fits.adjusted, identity)
            squares = np.einsum("ri,rij,rj->r", fits.estimate, np.linalg.inv(whole), fits.estimate)
            statistic = scale * squares / count
        else:
            statistic, df = _fai_cornelius(fits.estimate, variance, fits.slopes, fits.spread)
        df = np.where(np.isnan(fits.free), df, fits.free)
        p = f_p(np.maximum(statistic, 0.0), float(count), df)
        same = np.abs(fits.estimate).max(axis=1) <= fits.tiny
    status, calm = nothing_varies(code, flat=fits.status == FLAT, same=same)
    rows = make_rows(np.where(calm, 0.0, statistic), np.where(calm, 1.0, p), n=fits.n, status=status, df=df)
    return noted(rows, BOUNDARY, fits.status == BOUNDARY)


def _code(fits: Fits) -> np.ndarray:
    """(R,) the status, OK also where something is only to be noted."""
    return np.where((fits.status == FLAT) | (fits.status == BOUNDARY), OK, fits.status).astype(np.int8)


def _fai_cornelius(
    estimate: FloatArray, variance: FloatArray, slopes: FloatArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """F (R,) and the degrees of freedom of its denominator: independent contrasts, each with its own."""
    count = estimate.shape[1]
    size, axes = np.linalg.eigh(variance)
    squares = np.einsum("rim,ri->rm", axes, estimate) ** 2 / size
    slope = np.einsum("rim,rkij,rjm->rkm", axes, slopes, axes)
    df = 2.0 * size**2 / np.einsum("rkm,rkl,rlm->rm", slope, spread, slope)
    total = (df / (df - 2.0)).sum(axis=1)
    found = np.where((df <= 2.0).any(axis=1), 2.0, 2.0 * total / (total - count))
    alike = np.abs(df - df[:, :1]).max(axis=1) < 1e-8 * df[:, 0]
    return squares.sum(axis=1) / count, np.where(alike, df[:, 0], found)


def _kenward_roger(variance: FloatArray, slopes: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What F is multiplied by, and the degrees of freedom (R,): equations 4 to 9 of the paper."""
    count = variance.shape[1]
    per = np.einsum("rij,rkjm->rkim", np.linalg.inv(variance), slopes)
    traces = np.einsum("rkii->rk", per)
    first = np.einsum("rkl,rk,rl->r", spread, traces, traces)
    second = np.einsum("rkl,rkij,rlji->r", spread, per, per)
    b = (first + 6.0 * second) / (2.0 * count)
    g = ((count + 1) * first - (count + 4) * second) / ((count + 2) * second)
    below = 3.0 * count + 2.0 * (1.0 - g)
    c1, c2, c3 = g / below, (count - g) / below, (count + 2 - g) / below
    mean = 1.0 / (1.0 - second / count)
    v = 2.0 / count * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
    df = 4.0 + (count + 2) / (count * v / (2.0 * mean**2) - 1.0)
    return df / (mean * (df - 2.0)), df
