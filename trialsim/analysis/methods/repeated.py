"""Repeated-measures analysis of variance: visits within participants, arms between them, without an estimate.

Three tests of one table: ``interaction`` (do the arms differ in their course over the visits?), ``visit`` (do the means
change over the visits, every arm counting the same?) and ``arm`` (do the arms differ in the mean over the visits?).
Complete cases: a participant with a missing visit is left out.

The tests within participants assume sphericity; their degrees of freedom are multiplied by an estimate of how far that
holds: Greenhouse and Geisser's, or Huynh and Feldt's in Lecoutre's correction for several groups, at most 1. With two
visits both are 1.

If nothing varies within the arms and nothing differs, F is 0 and p is 1; if something differs, the test has failed ("no
spread").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_values
from trialsim.analysis.cross_moments import CrossMoments, cross_moments
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.means import anova
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.moments import moments
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    TOO_FEW,
    FloatArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import ROUNDING, f_p, nothing_varies
from trialsim.kinds.tests.options import GREENHOUSE_GEISSER, INTERACTION, OF_ARMS, SPHERICITY_ASSUMED


def rm_anova(
    values: FloatArray,
    arm: NDArray[np.int8],
    *,
    arms: int,
    at: str = INTERACTION,
    sphericity: str = GREENHOUSE_GEISSER,
) -> Rows:
    """One of the three F tests, as R's ``anova`` of a multivariate linear model with ``test = "Spherical"``.

    ``df`` is that of the denominator after the correction. The visits are tested at the unweighted mean of the arms (sums
    of squares of type III, as SPSS and SAS print them); for arms and interaction all types agree.

    Parameters
    ----------
    values : (R, N, V) one value a visit, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place
    arms : K; with 1 only the visits can be tested
    at : interaction, visit or arm (:data:`trialsim.kinds.tests.options.REPEATED_EFFECTS`)
    sphericity : greenhouse-geisser, huynh-feldt or assumed

    References
    ----------
    Greenhouse and Geisser 1959, Psychometrika 24:95, doi:10.1007/BF02289823.
    Huynh and Feldt 1976, J Educ Stat 1:69, doi:10.3102/10769986001001069.
    Lecoutre 1991, J Educ Stat 16:371, doi:10.3102/10769986016004371.
    """
    y = as_values(values)
    if at == OF_ARMS:
        mean = y[:, :, 0] + (y - y[:, :, :1]).mean(axis=2)
        return anova(moments(mean, arm, arms=arms))
    away = _contrasts(y)
    m = cross_moments(away[:, :, -1], away[:, :, :-1], arm, arms=arms)
    with np.errstate(all="ignore"):
        between, df_between = _interaction(m) if at == INTERACTION else _visit(m)
    return _within(m, between, df_between, sphericity=sphericity, tiny=_tiny(y))


def _contrasts(y: FloatArray) -> FloatArray:
    """(R, N, V - 1) orthonormal contrasts of the visits: each with the mean of those before it (Helmert)."""
    visits = y.shape[2]
    away = y - y[:, :, :1]
    out = np.empty((*y.shape[:2], visits - 1))
    total = np.zeros(y.shape[:2])
    for v in range(1, visits):
        total = total + away[:, :, v - 1]
        out[:, :, v - 1] = (away[:, :, v] - total / v) * np.sqrt(v / (v + 1.0))
    return out


def _tiny(y: FloatArray) -> FloatArray:
    """(R,) size of rounding errors."""
    return np.asarray(ROUNDING * np.abs(np.where(np.isnan(y), 0.0, y)).max(axis=(1, 2), initial=0.0))


def _interaction(m: CrossMoments) -> tuple[FloatArray, float]:
    """Sum of squares (R,) of the arms in all contrasts, and its degrees of freedom."""
    weight = m.n[:, :, None] / m.n.sum(axis=1)[:, None, None]
    away = m.mean - (weight * m.mean).sum(axis=1)[:, None, :]
    return (m.n[:, :, None] * away**2).sum(axis=(1, 2)), float((m.n.shape[1] - 1) * m.mean.shape[2])


def _visit(m: CrossMoments) -> tuple[FloatArray, float]:
    """Sum of squares (R,) of the unweighted mean of the arms in all contrasts, and its degrees of freedom."""
    arms = m.n.shape[1]
    spread = (1.0 / m.n).sum(axis=1) / arms**2
    return (m.mean.mean(axis=1) ** 2).sum(axis=1) / spread, float(m.mean.shape[2])


def _within(m: CrossMoments, between: FloatArray, df_between: float, *, sphericity: str, tiny: FloatArray) -> Rows:
    contrasts = m.mean.shape[2]
    n = m.n.sum(axis=1)
    df = np.asarray(n - m.n.shape[1], dtype=np.float64)
    with np.errstate(all="ignore"):
        error = np.einsum("rpp->r", m.within)
        factor = epsilon(m.within, df, sphericity=sphericity)
        statistic = between / df_between / (error / (df * contrasts))
        flat = np.sqrt(error / (df * contrasts)) <= tiny
        same = np.sqrt(between / n) <= tiny
        df_error = df * contrasts * factor
        p = f_p(np.maximum(statistic, 0.0), df_between * factor, df_error)
    status = first_reason([(EMPTY_ARM, (m.n == 0).any(axis=1)), (TOO_FEW, df < 1.0)])
    status, calm = nothing_varies(status, flat=flat, same=same)
    df_error = np.where(calm, df * contrasts, df_error)
    return make_rows(np.where(calm, 0.0, statistic), np.where(calm, 1.0, p), n=n, status=status, df=df_error)


def epsilon(within: FloatArray, df: FloatArray, *, sphericity: str) -> FloatArray:
    """(R,) what the degrees of freedom are multiplied by, from the products (R, P, P) of orthonormal contrasts within arms.

    ``df`` (R,) is participants minus arms. With 1, or as few as the spread has dimensions, Huynh and Feldt's is not defined,
    and Greenhouse and Geisser's is taken.
    """
    contrasts = within.shape[1]
    if sphericity == SPHERICITY_ASSUMED:
        return np.ones(len(within))
    with np.errstate(all="ignore"):
        lower = np.einsum("rpp->r", within) ** 2 / (contrasts * (within**2).sum(axis=(1, 2)))
        if sphericity == GREENHOUSE_GEISSER:
            return np.asarray(lower)
        room = df - contrasts * lower
        upper = ((df + 1.0) * contrasts * lower - 2.0) / (contrasts * room)
    return np.asarray(np.where(room > 1e-9 * df, np.minimum(upper, 1.0), lower))


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    values = data.repeated(call.repeated, call.choice)
    return rm_anova(values, data.arm, arms=data.arms, at=call.at, sphericity=call.sphericity)


_REASON = "The power depends on the means and on all correlations of the visits, not on one effect size."

METHODS: Methods = {("rm-anova", "all"): Method(_run, NoClosedForm(_REASON), None, ())}
