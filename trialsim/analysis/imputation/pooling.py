"""Rubin's rules: one result of the results of many imputed data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.rows import OK, FloatArray, IntArray, Rows
from trialsim.analysis.tails import t_rows


@dataclass(frozen=True)
class PooledEstimate:
    """The pooled estimate of R trials, before any test; all arrays (R,).

    Attributes
    ----------
    constant : whether nothing varies in any imputed data set
    null : the number that an estimate without spread is compared with
    """

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    n: IntArray
    status: NDArray[np.int8]
    constant: NDArray[np.bool_]
    null: float

    def rows(self, *, null: float, alternative: str, level: float) -> Rows:
        """The t test of the pooled estimate against ``null``, with its interval."""
        tiny = np.where(self.constant, np.maximum(np.abs(self.estimate - self.null), self.se) * (1 + 1e-9), 0.0)
        return t_rows(
            self.estimate, self.se, df=self.df, n=self.n, status=self.status, tiny=tiny,
            null=null, alternative=alternative, level=level,
        )  # fmt: skip


def rubin(estimate: FloatArray, se: FloatArray, df: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """PooledEstimate estimate, standard error and degrees of freedom of M imputed data sets, arrays (M, R).

    The total variance is W + (1 + 1/M) B, of the mean W of the squared standard errors and the variance B of the estimates. The
    degrees of freedom are Barnard and Rubin's; with B = 0 (nothing that matters is missing) they are those of the test.

    References
    ----------
    Rubin 1987, "Multiple imputation for nonresponse in surveys", doi:10.1002/9780470316696, equations 3.1.2 to 3.1.5. Barnard
    and Rubin 1999, Biometrika 86:948, doi:10.1093/biomet/86.4.948.
    """
    count = estimate.shape[0]
    first = estimate[0]
    away = estimate - first  # imputed data sets that are equal have no variance at all
    mean = away.mean(axis=0)
    between = ((away - mean) ** 2).sum(axis=0) / (count - 1)
    within = (se**2).mean(axis=0)
    complete = df.mean(axis=0)
    with np.errstate(all="ignore"):
        extra = (1.0 + 1.0 / count) * between
        total = within + extra
        share = extra / total
        old = (count - 1) / share**2
        observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - share)
        pooled_df = np.where(between > 0.0, old * observed / (old + observed), complete)
    return first + mean, np.sqrt(total), pooled_df


def pool(results: list[Rows], *, drawn: NDArray[np.bool_], lacking: int, null: float) -> PooledEstimate:
    """Pool the results of the M imputed data sets.

    Parameters
    ----------
    drawn : (R,) whether values could be imputed
    lacking : the status where they could not
    null : the number that the results were tested against
    """
    estimate, se, df = (np.stack([getattr(one, name) for one in results]) for name in ("estimate", "se", "df"))
    status = np.stack([one.status for one in results])
    first_fault = np.take_along_axis(status, (status != OK).argmax(axis=0)[None], axis=0)[0]
    pooled, error, freedom = rubin(estimate, se, df)
    return PooledEstimate(
        estimate=pooled,
        se=error,
        df=freedom,
        n=np.max([one.n for one in results], axis=0),
        status=np.where(drawn, first_fault, np.int8(lacking)).astype(np.int8),
        constant=np.all([np.isnan(one.low) & (one.status == OK) for one in results], axis=0),
        null=null,
    )
